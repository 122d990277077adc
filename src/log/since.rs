//! `--since`: where a log is read from.

use anyhow::{Context, Result};
use jiff::{Span, SpanRelativeTo, Timestamp, civil::DateTime, tz::TimeZone};
use serde::Serialize;

use super::{ExpId, Role, Row, parse_time};

/// A place in a log.
#[derive(Clone, Debug, Serialize)]
#[serde(transparent)]
pub struct Since {
    /// As it was given.
    pub text: String,
    #[serde(skip)]
    pub start: Start,
}

#[derive(Clone, Debug)]
pub enum Start {
    Trial(ExpId),
    Time(Timestamp),
}

impl Since {
    /// Parses an age, a time, or the id of a trial. The form decides: `12h` is an age, `2026-05-01` a time, `2026` an id.
    pub fn parse(text: &str) -> Result<Self> {
        let start = match (parse_age(text), parse_date(text)) {
            (Some(time), _) | (None, Some(time)) => Start::Time(time),
            (None, None) => Start::Trial(ExpId::parse(text).context("it is empty")?),
        };
        Ok(Self {
            text: text.to_owned(),
            start,
        })
    }

    pub fn is_time(&self) -> bool {
        matches!(self.start, Start::Time(_))
    }

    /// What is read, for a sentence; `text` is how it was given, escaped.
    pub fn describe(&self, text: &str) -> String {
        match self.start {
            Start::Trial(_) => format!("trial {text} and later ones"),
            Start::Time(_) if parse_age(&self.text).is_some() => {
                format!("trials of the last {text}")
            }
            Start::Time(_) => format!("trials since {text}"),
        }
    }

    /// Whether this is the trial, or one that ended at the time or later. A trial without a time is not.
    pub fn is_reached(&self, row: &Row) -> bool {
        match &self.start {
            Start::Trial(id) => row.id().as_ref() == Some(id),
            Start::Time(time) => {
                let ended = parse_time(&row.bytes(Role::Time));
                ended.is_some_and(|ended| ended >= *time)
            }
        }
    }
}

/// Numbers with a unit, counted back from now: `90m`, `1h30m`, `2d`.
fn parse_age(text: &str) -> Option<Timestamp> {
    if !text.starts_with(|first: char| first.is_ascii_digit())
        || !text.ends_with(['s', 'm', 'h', 'd', 'w'])
    {
        return None;
    }
    let age: Span = text.parse().ok()?;
    let age = age.to_duration(SpanRelativeTo::days_are_24_hours()).ok()?;
    Timestamp::now().checked_sub(age).ok()
}

/// A date with two hyphens, and perhaps a time: of UTC, if it has neither an offset nor `Z`.
fn parse_date(text: &str) -> Option<Timestamp> {
    if text.as_bytes().get(4) != Some(&b'-') {
        return None;
    }
    if let Ok(time) = text.parse() {
        return Some(time);
    }
    let time: DateTime = text.parse().ok()?;
    TimeZone::UTC.to_timestamp(time).ok()
}
