//! The last trials, as far as they are compared with each other: what was tried again, what beat its own parent, and how
//! much the score of one and the same trial varies.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, VecDeque},
};

use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_64;

use super::{
    Query, Summary,
    specialist::{median, push_bounded},
};
use crate::log::{Direction, ExpId, Role, Row, Status};

/// How many trials are compared, and how many keeps and baselines may be their parents besides.
const MAX_TRIALS: usize = 512;
const MAX_PARENTS: usize = 256;

/// Only trials this near to the end of the log are compared, so that a long log is read fast.
const MAX_BYTES: u64 = 512 * 1024;

/// A longer id is not stored.
const MAX_ID: usize = 64;

/// Words of a hypothesis that tell the idea. A longer text that starts with the same words is the same idea.
const IDEA_WORDS: usize = 8;

/// Fewer pairs of repeated trials say nothing about noise.
const MIN_PAIRS: usize = 3;

#[derive(Clone, Debug, Serialize, Deserialize)]
struct RecentTrial {
    offset: u64,
    id: Option<ExpId>,
    parent: Option<ExpId>,
    status: Status,
    score: Option<f64>,
    /// Hashes of the hypothesis, of its first words and of the snapshot; 0 if there is none.
    hypothesis: u32,
    idea: u32,
    snapshot: u32,
}

impl RecentTrial {
    fn new(row: &Row) -> Self {
        Self {
            offset: row.offset,
            id: short_id(row.id()),
            parent: short_id(row.parent()),
            status: row.status(),
            score: row.score(),
            hypothesis: 0,
            idea: 0,
            snapshot: 0,
        }
    }

    fn with_texts(row: &Row) -> Self {
        let hypothesis = normalize(&row.text(Role::Hypothesis));
        let words = hypothesis.split_inclusive(' ').take(IDEA_WORDS);
        let idea: usize = words.map(str::len).sum();
        Self {
            hypothesis: hash(hypothesis.as_bytes()),
            idea: hash(&hypothesis.as_bytes()[..idea]),
            snapshot: hash(&row.bytes(Role::Snapshot)),
            ..Self::new(row)
        }
    }
}

/// The query for the last trials.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct RecentTrials {
    /// Earlier rows are not observed.
    #[serde(skip)]
    from: u64,
    /// Whether hypotheses and snapshots are not compared.
    #[serde(skip)]
    has_no_texts: bool,
    /// Newest last.
    trials: VecDeque<RecentTrial>,
    /// Ids and scores of the last keeps and baselines, newest last.
    parents: VecDeque<(ExpId, f64)>,
}

impl RecentTrials {
    /// The last trials of a log that ends at this offset.
    pub fn before(end: u64) -> Self {
        Self {
            from: end.saturating_sub(MAX_BYTES),
            ..Self::default()
        }
    }

    /// The same for `better_than_parent` alone: hashing all texts would double the time of `stats`.
    pub fn scores_before(end: u64) -> Self {
        Self {
            has_no_texts: true,
            ..Self::before(end)
        }
    }

    /// The discards with a better score than the trial they started from, newest first, each with the difference.
    pub fn better_than_parent(&self, direction: Direction) -> Vec<(u64, f64)> {
        let scores = self.scores();
        let mut better = Vec::new();
        for trial in self.trials.iter().rev() {
            if trial.status == Status::Discard
                && let Some(score) = trial.score
                && let Some(parent) = &trial.parent
                && let Some(&Some(parent)) = scores.get(parent)
                && direction.better(score, parent)
            {
                better.push((trial.offset, score - parent));
            }
        }
        better
    }

    /// The scores of trials that others may have started from; none for a failure.
    fn scores(&self) -> BTreeMap<&ExpId, Option<f64>> {
        let mut scores = BTreeMap::new();
        for (id, score) in &self.parents {
            scores.entry(id).or_insert(Some(*score));
        }
        for trial in &self.trials {
            if let Some(id) = &trial.id {
                let score = trial.score.filter(|_| trial.status.needs_score());
                scores.entry(id).or_insert(score);
            }
        }
        scores
    }

    /// The trials with one and the same hypothesis, oldest first; the most frequent hypothesis first, then the newest.
    pub fn repeated(&self) -> Vec<Vec<u64>> {
        let mut groups: BTreeMap<u32, Vec<u64>> = BTreeMap::new();
        for trial in self.trials.iter().filter(|trial| trial.hypothesis != 0) {
            groups
                .entry(trial.hypothesis)
                .or_default()
                .push(trial.offset);
        }
        let mut groups: Vec<_> = groups.into_values().collect();
        groups.retain(|offsets| offsets.len() > 1);
        groups.sort_by_key(|offsets| Reverse((offsets.len(), offsets.last().copied())));
        groups
    }

    /// Whether the idea of a trial was tried again later.
    pub fn is_tried_again(&self, offset: u64) -> bool {
        let mut trials = self.trials.iter();
        let Some(trial) = trials.find(|trial| trial.offset == offset) else {
            return false;
        };
        trial.idea != 0 && trials.any(|later| later.idea == trial.idea)
    }

    /// How much the score varies without a change: the median difference between completed trials that have the same parent
    /// and the same hypothesis or snapshot. `None` if there are too few.
    pub fn noise(&self) -> Option<f64> {
        let mut scores: BTreeMap<(Option<&ExpId>, u32, bool), Vec<f64>> = BTreeMap::new();
        for trial in self
            .trials
            .iter()
            .filter(|trial| trial.status.needs_score())
        {
            for (hash, is_snapshot) in [(trial.hypothesis, false), (trial.snapshot, true)] {
                if hash != 0
                    && let Some(score) = trial.score
                {
                    let key = (trial.parent.as_ref(), hash, is_snapshot);
                    scores.entry(key).or_default().push(score);
                }
            }
        }
        let mut differences = Vec::new();
        for scores in scores.values() {
            for (at, score) in scores.iter().enumerate() {
                differences.extend(scores[..at].iter().map(|other| (score - other).abs()));
            }
        }
        if differences.len() < MIN_PAIRS {
            return None;
        }
        median(differences)
    }

    /// The offset of the first of these trials.
    pub fn first(&self) -> Option<u64> {
        self.trials.front().map(|trial| trial.offset)
    }
}

impl Query for RecentTrials {
    fn observe(&mut self, row: &Row) {
        if row.damage.is_some() || row.status().is_ignored() {
            return;
        }
        if let Some(score) = row.eligible_score()
            && let Some(id) = short_id(row.id())
        {
            push_bounded(&mut self.parents, (id, score), MAX_PARENTS);
        }
        if row.offset >= self.from {
            let trial = if self.has_no_texts {
                RecentTrial::new(row)
            } else {
                RecentTrial::with_texts(row)
            };
            push_bounded(&mut self.trials, trial, MAX_TRIALS);
        }
    }

    fn answer_from(&self, summary: &Summary) -> Option<Self> {
        let mut stored = summary.recent.clone();
        stored.trials.retain(|trial| trial.offset >= self.from);
        Some(stored)
    }
}

/// An id, unless it is too long to be stored.
fn short_id(id: Option<ExpId>) -> Option<ExpId> {
    id.filter(|id| !matches!(id, ExpId::Name(name) if name.len() > MAX_ID))
}

/// The words of a text in lower case, each followed by a space. Signs and points count only in numbers.
fn normalize(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 1);
    for (at, c) in text.char_indices() {
        // Most characters.
        if c.is_ascii_alphanumeric() {
            out.push(c.to_ascii_lowercase());
            continue;
        }
        let is_after_word = !out.is_empty() && !out.ends_with(' ');
        let is_before_digit = || text.as_bytes().get(at + 1).is_some_and(u8::is_ascii_digit);
        let is_word = match c {
            '.' => is_before_digit(),
            '-' => out.ends_with(' ') && is_before_digit(),
            _ => c.is_alphanumeric(),
        };
        if is_word {
            out.extend(c.to_lowercase());
        } else if is_after_word {
            out.push(' ');
        }
    }
    if !out.is_empty() && !out.ends_with(' ') {
        out.push(' ');
    }
    out
}

/// A hash that is 0 only for an empty text.
#[allow(
    clippy::cast_possible_truncation,
    reason = "half of the hash is enough"
)]
fn hash(text: &[u8]) -> u32 {
    if text.is_empty() {
        0
    } else {
        (xxh3_64(text) as u32).max(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spelling_does_not_make_another_hypothesis_but_numbers_do() {
        let text = "raise min_lr 0.10 to 0.15 ";
        for same in [
            "Raise `min_lr` 0.10 to 0.15.",
            "raise  min lr, 0.10 to 0.15",
        ] {
            assert_eq!(normalize(same), normalize(text), "{same}");
        }
        for other in ["raise min_lr 0.10 to 0.16", "raise min_lr 0 10 to 0 15"] {
            assert_ne!(normalize(other), normalize(text), "{other}");
        }
        assert_ne!(normalize("bias -1"), normalize("bias 1"));
        assert_eq!(normalize("—"), "");
        assert_eq!(normalize("Ä → 3.5"), "ä 3.5 ");
    }
}
