//! What a line may hold that no row should.

/// Whether a line has control characters other than tabs, or bytes that are not UTF-8.
pub fn has_anomalies(line: &[u8]) -> bool {
    has_control(line) || str::from_utf8(line).is_err()
}

/// Whether a line has a control character. Without an early exit, the compiler compares many bytes at once.
pub(super) fn has_control(line: &[u8]) -> bool {
    line.iter().fold(false, |found, &b| found | is_control(b))
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
        assert!(!has_anomalies("a\tä→b".as_bytes()));
        for at in 0..5 {
            for byte in [0x1b, 0xff] {
                let mut line = b"abcde".to_vec();
                line[at] = byte;
                assert!(has_anomalies(&line));
            }
        }
    }
}
