//! Number formats: one function for each quantity.

use jiff::Timestamp;

use crate::analysis::Rate;
use crate::text::NOTHING;

/// A number in a sentence: at most six decimals, no trailing zeros, and zero only for zero.
pub fn number(value: f64) -> String {
    if value.abs() >= 1e15 {
        return format!("{value:e}");
    }
    let text = format!("{value:.6}");
    match text.trim_end_matches('0').trim_end_matches('.') {
        "0" | "-0" if value != 0.0 => format!("{value:e}"),
        short => short.to_owned(),
    }
}

/// A number with its thousands separated: `16,000,012`.
pub fn amount(value: f64) -> String {
    let text = number(value);
    let (whole, rest) = text.split_at(text.find(['.', 'e']).unwrap_or(text.len()));
    let (sign, digits) = whole.split_at(usize::from(whole.starts_with('-')));
    let mut out = sign.to_owned();
    for (at, digit) in digits.char_indices() {
        if at > 0 && (digits.len() - at) % 3 == 0 {
            out.push(',');
        }
        out.push(digit);
    }
    out + rest
}

/// A duration in the unit that fits: `12 s`, `3.4 min`, `342.7 h`.
pub fn duration(seconds: f64) -> String {
    if seconds >= 3600.0 {
        format!("{:.1} h", seconds / 3600.0)
    } else if seconds >= 60.0 {
        format!("{:.1} min", seconds / 60.0)
    } else if seconds >= 10.0 || seconds == 0.0 {
        format!("{seconds:.0} s")
    } else {
        format!("{seconds:.1} s")
    }
}

/// Hours of compute.
pub fn hours(hours: f64) -> String {
    duration(hours * 3600.0)
}

/// How long ago something was, in the unit that fits: `40 s`, `3 min`, `2 h`, `5 d`. A time to come is now.
pub fn age(now: Timestamp, time: Timestamp) -> String {
    match now.duration_since(time).as_secs().max(0) {
        seconds @ 0..60 => format!("{seconds} s"),
        seconds @ 60..3600 => format!("{} min", seconds / 60),
        seconds @ 3600..172_800 => format!("{} h", seconds / 3600),
        seconds => format!("{} d", seconds / 86_400),
    }
}

/// A part of a whole as per cent with one decimal; a dash if the whole is nothing.
pub fn share(part: u64, whole: u64) -> String {
    let rate = Rate { part, whole }.value();
    rate.map_or_else(|| NOTHING.to_owned(), percent)
}

/// A ratio as per cent with one decimal: `46.4 %`.
pub fn percent(ratio: f64) -> String {
    format!("{:.1} %", 100.0 * ratio)
}

/// A change in per cent of where it started, for a sentence: ` (-0.73 %)`; nothing if the start is 0 or almost.
pub fn change_percent(change: f64, start: f64) -> String {
    let percent = 100.0 * (change / start.abs());
    if percent.abs() < 1e6 {
        format!(" ({percent:+.2} %)")
    } else {
        String::new()
    }
}

/// A signed difference with two significant digits, for a sentence: `-0.0010`, `+12`.
pub fn short_delta(delta: f64) -> String {
    let magnitude = delta.abs().log10().floor();
    if delta == 0.0 {
        "+0".to_owned()
    } else if (-9.0..15.0).contains(&magnitude) {
        #[allow(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "0 to 10"
        )]
        let decimals = (1.0 - magnitude).max(0.0) as usize;
        format!("{delta:+.decimals$}")
    } else {
        format!("{delta:+.1e}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_short_and_zero_only_if_it_is_zero() {
        assert_eq!([1.5, 0.0, 1e-9, 3.0].map(number), ["1.5", "0", "1e-9", "3"]);
        assert_eq!([1e308, -2e15].map(number), ["1e308", "-2e15"]);
        assert_eq!(change_percent(-0.0079, 1.081), " (-0.73 %)");
        assert_eq!(change_percent(1.0, 0.0) + &change_percent(1.0, 1e-300), "");
    }

    #[test]
    fn an_amount_has_its_thousands_separated() {
        let texts = [16_000_012.0, 1232.0, -999.0, 599.6, -1234.5, 0.0].map(amount);
        assert_eq!(texts.join(" "), "16,000,012 1,232 -999 599.6 -1,234.5 0");
    }

    #[test]
    fn a_short_delta_never_prints_as_zero() {
        let texts = [-0.001, 0.00108, 0.066, -12.345, 3e-9, 1e-20, 0.0].map(short_delta);
        let expected = "-0.0010 +0.0011 +0.066 -12 +0.0000000030 +1.0e-20 +0";
        assert_eq!(texts.join(" "), expected);
    }
}
