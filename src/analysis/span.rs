//! When a search ran, and how its best score developed. Bounded in size, so that the index can store it.

use serde::{Deserialize, Serialize};

use super::{Query, Summary};
use crate::log::{Role, Row, parse_time};

/// More points are thinned to half of them.
const MAX_POINTS: usize = 96;

/// The first and the last time of the trials, and the best score after every so many of them.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct RunSpan {
    /// Empty if no trial has a time in UTC.
    pub first: String,
    pub last: String,
    /// How many trials have a time.
    pub timed: u64,
    /// The best score after each step; `None` before the first one.
    pub curve: Vec<Option<f64>>,
    /// How many trials a step has.
    step: u64,
    trials: u64,
    best: Option<f64>,
}

impl Query for RunSpan {
    fn observe(&mut self, row: &Row) {
        if row.damage.is_some() || row.status().is_ignored() {
            return;
        }
        let time = row.bytes(Role::Time);
        // Times in this form are in order if their texts are.
        if time.len() == 20
            && time.ends_with(b"Z")
            && let Ok(time) = std::str::from_utf8(&time)
        {
            self.add_time(time);
        }
        if let Some(score) = row.eligible_score()
            && self
                .best
                .is_none_or(|best| row.schema.direction.better(score, best))
        {
            self.best = Some(score);
        }
        self.add_point();
    }

    fn answer_from(&self, summary: &Summary) -> Option<Self> {
        Some(summary.span.clone())
    }
}

/// Whether a text is a time of day, `T23:59:59Z`.
fn is_clock(text: &[u8]) -> bool {
    let highest = b"T29:59:59Z";
    let mut bytes = text.iter().zip(highest);
    text < b"T24".as_slice()
        && bytes.all(|(byte, highest)| match highest {
            b'0'..=b'9' => (b'0'..=*highest).contains(byte),
            separator => byte == separator,
        })
}

impl RunSpan {
    fn add_time(&mut self, time: &str) {
        let is_first = self.first.is_empty() || time < self.first.as_str();
        let is_last = time > self.last.as_str();
        // Parsing is slow: the clock of a day that is known to exist is compared as text.
        let same_day = self.last.get(..11) == time.get(..11) && is_clock(&time.as_bytes()[10..]);
        if (is_first || is_last) && !same_day && parse_time(time.as_bytes()).is_none() {
            return;
        }
        self.timed += 1;
        if is_first {
            time.clone_into(&mut self.first);
        }
        if is_last {
            time.clone_into(&mut self.last);
        }
    }

    fn add_point(&mut self) {
        self.step = self.step.max(1);
        self.trials += 1;
        if self.trials.is_multiple_of(self.step) {
            self.curve.push(self.best);
        }
        if self.curve.len() == MAX_POINTS {
            let mut at = 0;
            self.curve.retain(|_| {
                at += 1;
                at % 2 == 0
            });
            self.step *= 2;
        }
    }
}
