//! Converts times as people and programs write them.

use jiff::{Timestamp, civil, tz::TimeZone};

use crate::{append::format_time, log::Number};

/// A time as the log has it: from ISO 8601 (UTC if it has no zone), or from seconds or milliseconds since 1970.
pub(super) fn normalize_time(cell: &str) -> Option<String> {
    let cell = cell.trim();
    let time = match Number::value_of(cell) {
        Some(number) => from_unix_time(number)?,
        None => match cell.parse::<Timestamp>() {
            Ok(time) => time,
            Err(_) => from_utc(cell)?,
        },
    };
    Some(format_time(time))
}

fn from_unix_time(number: f64) -> Option<Timestamp> {
    let milliseconds = if number > 1e11 {
        number
    } else {
        number * 1000.0
    };
    #[allow(clippy::cast_possible_truncation)] // saturates; jiff refuses what is too large
    let time = Timestamp::from_millisecond(milliseconds as i64);
    time.ok().filter(|_| number > 1e8)
}

fn from_utc(cell: &str) -> Option<Timestamp> {
    let time: civil::DateTime = cell.replacen(' ', "T", 1).parse().ok()?;
    Some(time.to_zoned(TimeZone::UTC).ok()?.timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_become_utc() {
        let wanted = Some("2026-01-01T10:00:00Z".to_owned());
        for cell in [
            "2026-01-01 10:00:00",
            "2026-01-01T12:00:00+02:00",
            "1767261600",
            "1767261600000",
        ] {
            assert_eq!(normalize_time(cell), wanted, "{cell}");
        }
        assert_eq!(normalize_time("12"), None);
    }
}
