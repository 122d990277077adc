//! What a line may hold that no row should.

/// Whether a line has control characters other than tabs, and bytes that are not UTF-8.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Anomalies {
    pub has_controls: bool,
    pub has_broken_utf8: bool,
}

pub fn find_anomalies(line: &[u8]) -> Anomalies {
    Anomalies {
        has_controls: line.iter().any(|&b| is_control(b)),
        has_broken_utf8: std::str::from_utf8(line).is_err(),
    }
}

/// Whether a byte is an ASCII control character other than the tab between cells.
pub(super) fn is_control(b: u8) -> bool {
    b.is_ascii_control() && b != b'\t'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_anomaly_is_found_anywhere_in_a_line() {
        assert_eq!(find_anomalies("a\tä→b".as_bytes()), Anomalies::default());
        for at in 0..5 {
            let mut line = b"abcde".to_vec();
            line[at] = 0x1b;
            assert!(find_anomalies(&line).has_controls);
            line[at] = 0xff;
            let found = find_anomalies(&line);
            assert!(found.has_broken_utf8 && !found.has_controls);
        }
    }
}
