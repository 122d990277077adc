//! Counts and compute by outcome.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Query, Summary};
use crate::log::{Role, Row, Status};

/// A trial cannot have taken longer, in seconds: thirty years.
const MAX_SECONDS: f64 = 1e9;

/// How long a trial took. An absurd cell counts as nothing, so that it does not spoil a sum.
pub(super) fn seconds_of(row: &Row) -> f64 {
    let seconds = row.number_in(Role::TotalSeconds);
    seconds
        .filter(|seconds| (0.0..=MAX_SECONDS).contains(seconds))
        .unwrap_or(0.0)
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
    /// Trials and seconds of each status, in the order of `Status::ALL`, and of all other words.
    counts: [(u64, f64); Status::ALL.len() + 1],
    /// Trials and seconds of words that are not a status.
    other: BTreeMap<String, (u64, f64)>,
    /// Trials that completed and have a score.
    pub completed: u64,
    /// Compute of trials that ended without a comparable score; ignored trials do not count.
    seconds_without_score: f64,
    /// Score, its text and the id of the best trial.
    pub best: Option<(f64, String, String)>,
}

impl Group {
    pub(super) fn add(&mut self, row: &Row) {
        let status = row.status();
        let count = |(trials, seconds): &mut (u64, f64)| {
            *trials += 1;
            *seconds += seconds_of(row);
        };
        count(&mut self.counts[status as usize]);
        if status == Status::Other {
            let word = row.text(Role::Status).into_owned();
            count(self.other.entry(word).or_default());
        }
        let has_score = status.needs_score() && row.score().is_some();
        self.completed += u64::from(has_score && status.is_completed());
        if !has_score && !status.is_ignored() {
            self.seconds_without_score += seconds_of(row);
        }
        if let Some(score) = row.eligible_score()
            && self
                .best
                .as_ref()
                .is_none_or(|(best, ..)| row.schema.replaces_best(score, *best))
        {
            let text = row.text(Role::Score).into_owned();
            self.best = Some((score, text, row.name()));
        }
    }

    /// Every outcome that occurs: the statuses in their order, then other words in theirs.
    pub fn entries(&self) -> impl Iterator<Item = Entry> {
        let known = Status::ALL.map(|status| (status, status.name()));
        let known = known.into_iter().zip(&self.counts);
        let other = self.other.iter();
        let other = other.map(|(word, count)| ((Status::Other, word.as_str()), count));
        let entries = known.chain(other).map(|((status, word), count)| Entry {
            status,
            word: word.to_owned(),
            trials: count.0,
            hours: count.1 / 3600.0,
        });
        entries.filter(|entry| entry.trials > 0)
    }

    pub fn trials(&self, is_wanted: impl Fn(Status) -> bool) -> u64 {
        self.wanted(is_wanted).map(|(trials, _)| trials).sum()
    }

    pub fn hours(&self, is_wanted: impl Fn(Status) -> bool) -> f64 {
        let counts = self.wanted(is_wanted);
        counts.fold(0.0, |sum, (_, seconds)| sum + seconds / 3600.0) // `sum` of nothing is -0.0
    }

    fn wanted(&self, is_wanted: impl Fn(Status) -> bool) -> impl Iterator<Item = &(u64, f64)> {
        let statuses = Status::ALL.into_iter().chain([Status::Other]);
        let counts = statuses.zip(&self.counts);
        counts.filter_map(move |(status, count)| is_wanted(status).then_some(count))
    }

    /// Compute of trials that ended without a comparable score.
    pub fn hours_without_score(&self) -> f64 {
        self.seconds_without_score / 3600.0
    }

    /// Compute of all trials but the ignored ones.
    pub fn rated_hours(&self) -> f64 {
        self.hours(|status| !status.is_ignored())
    }

    pub fn keeps(&self) -> u64 {
        self.trials(|status| status == Status::Keep)
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

    fn update_baseline(&mut self, row: &Row) {
        let is_named = row.status() == Status::Baseline;
        if (self.baseline.is_none() || is_named && !self.is_baseline_named)
            && let Some(score) = row.eligible_score()
            && (is_named || score != 0.0)
        // a first keep of 0 only tries the harness
        {
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
            let group = self.groups.entry(row.text(role).into_owned());
            group.or_default().add(row);
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
