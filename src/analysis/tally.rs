//! What happened, in numbers.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Query, Summary};
use crate::{
    log::Role,
    log::{Direction, Row, Status},
};

/// How many trials ended in one way, and how long they took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Count {
    trials: u64,
    /// A sum of whole numbers is the same in whatever order they are added up.
    microseconds: i128,
}

/// A trial that took longer, in seconds, did not: what cannot be a time does not spoil the sum.
const LONGEST: f64 = 1e12;

impl Count {
    fn one(seconds: Option<f64>) -> Self {
        let microseconds = seconds.unwrap_or(0.0).clamp(-LONGEST, LONGEST) * 1e6;
        #[allow(clippy::cast_possible_truncation, reason = "clamped")]
        let whole = microseconds as i64;
        #[allow(
            clippy::cast_precision_loss,
            reason = "it was rounded towards zero, which is exact"
        )]
        let rest = microseconds - whole as f64;
        let round = i64::from(rest >= 0.5) - i64::from(rest <= -0.5); // without a call, as every row needs it
        Self {
            trials: 1,
            microseconds: (whole + round).into(),
        }
    }

    fn add(&mut self, other: Self) {
        self.trials += other.trials;
        self.microseconds += other.microseconds;
    }
}

#[allow(
    clippy::cast_precision_loss,
    reason = "to a microsecond for the first three hundred years"
)]
fn hours(microseconds: i128) -> f64 {
    microseconds as f64 / 3.6e9
}

/// One outcome of a group.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    pub status: Status,
    /// As the log has it.
    pub word: String,
    pub trials: u64,
    pub hours: f64,
}

/// Counts and hours of some trials; damaged rows are not counted.
#[derive(Clone, Default, Serialize, Deserialize)]
pub struct Group {
    /// In the order of `Status::ALL`.
    known: [Count; Status::ALL.len()],
    /// Words that are no status.
    other: BTreeMap<String, Count>,
    /// Score, its text and the id of the best.
    pub best: Option<(f64, String, String)>,
    /// Which way is better, once there is a best.
    direction: Option<Direction>,
}

impl Group {
    pub(super) fn see(&mut self, row: &Row<'_>) {
        let count = Count::one(row.number_in(Role::TotalSeconds));
        match self.known.get_mut(row.status() as usize) {
            Some(known) => known.add(count),
            None => self
                .other
                .entry(row.text(Role::Status).into_owned())
                .or_default()
                .add(count),
        }
        let direction = row.schema.direction;
        if let Some(score) = row.eligible_score()
            && self
                .best
                .as_ref()
                .is_none_or(|(best, ..)| direction.better(score, *best))
        {
            self.enter(
                Some(direction),
                (score, row.text(Role::Score).into_owned(), row.name()),
            );
        }
    }

    fn counts(&self) -> impl Iterator<Item = (Status, &str, Count)> {
        let known = Status::ALL
            .into_iter()
            .zip(self.known)
            .map(|(status, count)| (status, status.name(), count));
        let other = self
            .other
            .iter()
            .map(|(word, count)| (Status::Other, word.as_str(), *count));
        known.chain(other).filter(|(.., count)| count.trials > 0)
    }

    /// Every outcome that occurs: the statuses in their order, then other words in theirs.
    pub fn entries(&self) -> impl Iterator<Item = Entry> {
        self.counts().map(|(status, word, count)| Entry {
            status,
            word: word.to_owned(),
            trials: count.trials,
            hours: hours(count.microseconds),
        })
    }

    fn enter(&mut self, direction: Option<Direction>, best: (f64, String, String)) {
        self.direction = direction;
        let is_better =
            |than: f64| direction.is_some_and(|direction| direction.better(best.0, than));
        if self.best.as_ref().is_none_or(|(than, ..)| is_better(*than)) {
            self.best = Some(best);
        }
    }

    /// Trials and time of the statuses that `wanted` takes.
    fn sum(&self, wanted: &dyn Fn(Status) -> bool) -> Count {
        let mut sum = Count::default();
        self.counts()
            .filter(|(status, ..)| wanted(*status))
            .for_each(|(.., count)| sum.add(count));
        sum
    }

    /// Trials of the statuses that `wanted` takes.
    pub fn trials(&self, wanted: impl Fn(Status) -> bool) -> u64 {
        self.sum(&wanted).trials
    }

    /// Hours of the statuses that `wanted` takes.
    pub fn hours(&self, wanted: impl Fn(Status) -> bool) -> f64 {
        hours(self.sum(&wanted).microseconds)
    }

    /// Trials that count in a rate: all but the quarantined.
    pub fn rated(&self) -> u64 {
        self.trials(|status| !status.is_ignored())
    }

    pub fn all(&self) -> u64 {
        self.trials(|_| true)
    }
}

/// The whole log in numbers, and by the values of one column where that is asked for.
#[derive(Clone, Default, Serialize, Deserialize)]
pub struct Tally {
    #[serde(skip)]
    by: Option<Role>,
    pub total: Group,
    pub groups: BTreeMap<String, Group>,
    /// The first baseline's score and its text; where no row says `baseline`, the first keep's.
    pub baseline: Option<(f64, String)>,
    baseline_is_named: bool,
    /// Trials after the last keep, all of them where there is none; the quarantined do not count.
    pub since_keep: u64,
    pub last_keep: Option<String>,
}

impl Tally {
    pub fn new(by: Option<Role>) -> Self {
        Self {
            by,
            ..Self::default()
        }
    }
}

impl Query for Tally {
    fn observe(&mut self, row: &Row) {
        if row.damage.is_some() {
            return;
        }
        self.total.see(&row);
        if let Some(role) = self.by {
            let key = row.text(role);
            match self.groups.get_mut(key.as_ref()) {
                Some(group) => group.see(&row),
                None => self.groups.entry(key.into_owned()).or_default().see(&row),
            }
        }
        let status = row.status();
        if let Some(score) = row.eligible_score() {
            let named = status == Status::Baseline;
            if self.baseline.is_none() || named && !self.baseline_is_named {
                self.baseline = Some((score, row.text(Role::Score).into_owned()));
                self.baseline_is_named = named;
            }
        }
        if status == Status::Keep {
            self.since_keep = 0;
            self.last_keep = Some(row.name());
        } else if !status.is_ignored() {
            self.since_keep += 1;
        }
    }

    fn from_summary(&self, summary: &Summary) -> Option<Self> {
        self.by.is_none().then(|| summary.tally.clone())
    }
}
