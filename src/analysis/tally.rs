//! Counts and compute by outcome.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Query, Summary};
use crate::log::{Role, Row, Status};

/// A trial cannot have taken longer, in seconds: an absurd cell does not spoil the sum.
const MAX_SECONDS: f64 = 1e12;

/// How many trials had one outcome, and how long they took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Count {
    trials: u64,
    seconds: f64,
}

/// One outcome of a group.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    pub status: Status,
    /// The word in the log.
    pub word: String,
    pub trials: u64,
    pub hours: f64,
}

/// Counts and compute of some trials. Damaged rows are not counted.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Group {
    /// In the order of `Status::ALL`.
    known: [Count; Status::ALL.len()],
    /// Words that are not a status.
    other: BTreeMap<String, Count>,
    /// Score, its text and the id of the best trial.
    pub best: Option<(f64, String, String)>,
}

impl Group {
    pub(super) fn add(&mut self, row: &Row) {
        let count = match self.known.get_mut(row.status() as usize) {
            Some(count) => count,
            None => self
                .other
                .entry(row.text(Role::Status).into_owned())
                .or_default(),
        };
        let seconds = row.number_in(Role::TotalSeconds).unwrap_or(0.0);
        count.trials += 1;
        count.seconds += seconds.clamp(-MAX_SECONDS, MAX_SECONDS);
        if let Some(score) = row.eligible_score()
            && self.is_new_best(row, score)
        {
            let text = row.text(Role::Score).into_owned();
            self.best = Some((score, text, row.name()));
        }
    }

    fn is_new_best(&self, row: &Row, score: f64) -> bool {
        match &self.best {
            Some((best, ..)) => row.schema.direction.better(score, *best),
            None => true,
        }
    }

    /// Every outcome that occurs: the statuses in their order, then other words in theirs.
    pub fn entries(&self) -> impl Iterator<Item = Entry> {
        let known = Status::ALL
            .into_iter()
            .zip(&self.known)
            .map(|(status, count)| (status, status.name(), count));
        let other = self
            .other
            .iter()
            .map(|(word, count)| (Status::Other, word.as_str(), count));
        known
            .chain(other)
            .filter(|(.., count)| count.trials > 0)
            .map(|(status, word, count)| Entry {
                status,
                word: word.to_owned(),
                trials: count.trials,
                hours: count.seconds / 3600.0,
            })
    }

    /// Trials of the wanted statuses.
    pub fn trials(&self, is_wanted: impl Fn(Status) -> bool) -> u64 {
        let entries = self.entries().filter(|entry| is_wanted(entry.status));
        entries.map(|entry| entry.trials).sum()
    }

    /// Hours of the wanted statuses.
    pub fn hours(&self, is_wanted: impl Fn(Status) -> bool) -> f64 {
        let entries = self.entries().filter(|entry| is_wanted(entry.status));
        entries.fold(0.0, |sum, entry| sum + entry.hours)
    }

    /// Trials that count in a rate: all but the ignored ones.
    pub fn rated(&self) -> u64 {
        self.trials(|status| !status.is_ignored())
    }

    pub fn all(&self) -> u64 {
        self.trials(|_| true)
    }
}

/// The whole log in numbers, and by the values of one column if that is asked for.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Tally {
    #[serde(skip)]
    by: Option<Role>,
    pub total: Group,
    pub groups: BTreeMap<String, Group>,
    /// Score of the first baseline and its text; of the first keep if there is no baseline.
    pub baseline: Option<(f64, String)>,
    is_baseline_named: bool,
    /// Trials after the last keep, or all of them without one; ignored trials do not count.
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

    fn add_to_group(&mut self, row: &Row, role: Role) {
        let key = row.text(role);
        match self.groups.get_mut(&*key) {
            Some(group) => group.add(row),
            None => self.groups.entry(key.into_owned()).or_default().add(row),
        }
    }

    fn update_baseline(&mut self, row: &Row) {
        let is_named = row.status() == Status::Baseline;
        if self.is_baseline_named || self.baseline.is_some() && !is_named {
            return;
        }
        if let Some(score) = row.eligible_score() {
            self.baseline = Some((score, row.text(Role::Score).into_owned()));
            self.is_baseline_named = is_named;
        }
    }
}

impl Query for Tally {
    fn observe(&mut self, row: &Row) {
        if row.damage.is_some() {
            return;
        }
        self.total.add(row);
        if let Some(role) = self.by {
            self.add_to_group(row, role);
        }
        self.update_baseline(row);
        if row.status() == Status::Keep {
            self.since_keep = 0;
            self.last_keep = Some(row.name());
        } else if !row.status().is_ignored() {
            self.since_keep += 1;
        }
    }

    fn answer_from(&self, summary: &Summary) -> Option<Self> {
        self.by.is_none().then(|| summary.tally.clone())
    }
}
