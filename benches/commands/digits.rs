//! How numbers are written.

/// Three digits, or all before the point.
pub(super) fn figure(value: f64) -> String {
    match value {
        ..9.995 => format!("{value:.2}"),
        ..99.95 => format!("{value:.1}"),
        _ => number(format!("{value:.0}").parse().unwrap_or_default()),
    }
}

/// `1,000,000`
pub(super) fn number(value: u64) -> String {
    let digits = value.to_string();
    let group = |(index, digit): (usize, char)| {
        let comma = index > 0 && (digits.len() - index).is_multiple_of(3);
        comma.then_some(',').into_iter().chain([digit])
    };
    digits.chars().enumerate().flat_map(group).collect()
}
