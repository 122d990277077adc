//! Times of trials.

use jiff::Timestamp;

/// The moment that a cell names, or `None` if it is not a time with an offset (RFC 3339, RFC 9557).
pub fn parse_time(cell: &[u8]) -> Option<Timestamp> {
    std::str::from_utf8(cell).ok()?.parse().ok()
}
