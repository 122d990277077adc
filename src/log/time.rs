//! Times and durations as people and programs write them.

use jiff::{Timestamp, civil::DateTime, tz::TimeZone};

use super::Number;

/// Patterns of times besides ISO 8601; without a zone they are UTC.
const PATTERNS: [&str; 8] = [
    "%Y/%m/%d %H:%M:%S%.f",
    "%Y/%m/%d %H:%M",
    "%Y%m%d_%H%M%S",
    "%Y%m%d-%H%M%S",
    "%Y-%m-%d_%H-%M-%S",
    "%d.%m.%Y %H:%M",
    "%b %d, %Y %H:%M",
    "%d %b %Y %H:%M:%S",
];

/// Units of durations and their seconds.
const UNITS: [(&str, f64); 6] = [
    ("d day days", 86_400.0),
    ("h hr hrs hour hours", 3600.0),
    ("m min mins minute minutes", 60.0),
    ("s sec secs second seconds", 1.0),
    ("ms msec milliseconds millis", 0.001),
    ("us µs microseconds", 0.000_001),
];

/// The moment that a cell names, or `None` if it is not a time with an offset (RFC 3339, RFC 9557).
pub fn parse_time(cell: &[u8]) -> Option<Timestamp> {
    std::str::from_utf8(cell).ok()?.parse().ok()
}

/// A time in any known form; without a zone it is UTC. A number counts seconds or milliseconds since 1970.
pub fn read_time(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    if let Some(number) = Number::value_of(text) {
        return from_unix_time(number);
    }
    if !text.starts_with(|c: char| c.is_ascii_alphanumeric()) || text.len() > 64 {
        return None;
    }
    if let Ok(time) = text.parse() {
        return Some(time);
    }
    let text = text.trim_end_matches(" UTC").trim_end_matches(" GMT");
    if let Ok(time) = jiff::fmt::strtime::parse("%Y-%m-%d %H:%M:%S%.f %z", text) {
        return time.to_timestamp().ok();
    }
    TimeZone::UTC.to_timestamp(parse_local(text)?).ok()
}

/// A date and a time of day without a zone.
fn parse_local(text: &str) -> Option<DateTime> {
    if let Ok(time) = text.replacen(' ', "T", 1).parse() {
        return Some(time);
    }
    let mut known = PATTERNS.iter();
    known.find_map(|pattern| DateTime::strptime(pattern, text).ok())
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

/// The seconds of a duration: `12.5`, `90 s`, `1h 30m`, `00:01:00`, `0 days 00:01:00`.
pub fn parse_seconds(text: &str) -> Option<f64> {
    let text = text.trim();
    if let Some(seconds) = Number::value_of(text) {
        return Some(seconds);
    }
    if let Some((before, clock)) = text.split_once(':') {
        let (days, hours) = match before.rsplit_once([' ', ',']) {
            Some((days, hours)) => (parse_units(days.trim_end_matches([',', ' ']))?, hours),
            None => (0.0, before),
        };
        let mut seconds = hours.parse::<f64>().ok()?;
        let parts: Vec<&str> = clock.split(':').collect();
        for part in &parts {
            seconds = seconds * 60.0 + part.parse::<f64>().ok().filter(|part| *part < 60.0)?;
        }
        return (parts.len() < 3).then_some(days + seconds);
    }
    parse_units(text)
}

/// Numbers with units: `1h 30m`, `2 days`.
fn parse_units(text: &str) -> Option<f64> {
    let mut rest = text.trim();
    let mut seconds = 0.0;
    while !rest.is_empty() {
        let unit_at = rest.find(|c: char| c.is_alphabetic())?;
        let number = Number::value_of(&rest[..unit_at])?;
        let unit = &rest[unit_at..];
        let end = unit.find(|c: char| !c.is_alphabetic());
        let (unit, after) = unit.split_at(end.unwrap_or(unit.len()));
        seconds += number * unit_seconds(unit)?;
        rest = after.trim_start_matches([',', ' ']);
    }
    (!text.is_empty()).then_some(seconds)
}

/// The seconds of a unit of time.
pub fn unit_seconds(unit: &str) -> Option<f64> {
    let unit = unit.to_lowercase();
    let row = UNITS
        .iter()
        .find(|(names, _)| names.split(' ').any(|name| name == unit))?;
    Some(row.1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_become_utc() {
        for cell in [
            "2026-01-01 10:00:00",
            "2026-01-01T10:00",
            "2026-01-01T10:00:00Z",
            "2026-01-01T12:00:00+02:00",
            "2026-01-01 12:00:00+02:00",
            "2026-01-01 12:00:00 +0200",
            "2026-01-01 10:00:00 UTC",
            "2026-01-01 10:00:00.000000",
            "2026/01/01 10:00:00",
            "20260101_100000",
            "2026-01-01_10-00-00",
            "1767261600",
            "1767261600.0",
            "1767261600000",
            "Jan 01, 2026 10:00",
        ] {
            let time = read_time(cell).map(|time| time.to_string());
            assert_eq!(time.as_deref(), Some("2026-01-01T10:00:00Z"), "{cell}");
        }
        for cell in ["12", "", "soon", "2026", "v1", "3 days ago", "10:00"] {
            assert_eq!(read_time(cell), None, "{cell}");
        }
        assert!(read_time("2026-01-01").is_some());
    }

    #[test]
    fn durations_become_seconds() {
        for (cell, seconds) in [
            ("12.5", 12.5),
            ("90 s", 90.0),
            ("12.5s", 12.5),
            ("1h 30m", 5400.0),
            ("00:01:00", 60.0),
            ("01:30", 90.0),
            ("0 days 00:01:00", 60.0),
            ("1 day, 0:00:01", 86_401.0),
            ("2 days 01:00:00.5", 176_400.5),
            ("250ms", 0.25),
        ] {
            assert_eq!(parse_seconds(cell), Some(seconds), "{cell}");
        }
        for cell in ["", "fast", "1:99", "10 apples", "::"] {
            assert_eq!(parse_seconds(cell), None, "{cell}");
        }
    }
}
