//! Which earlier trials a hypothesis is like.
//!
//! `log.ask(Similar::new(text, filter))` reads the log once; `rank` then names the closest trials by the offsets of their rows.
//! Trials in progress, which have no row, are added after the log with `add_running`.

mod outcomes;
mod scorer;
mod search;
mod tokens;
mod words;

pub use self::outcomes::Outcomes;
pub use self::scorer::Scorer;
pub use self::search::Search;
pub use self::tokens::{Token, find_changes, for_each_token};

use std::{cmp::Reverse, collections::BTreeSet};

use self::tokens::normalize;
use super::Query;
use crate::log::{Role, Row};

/// From this score on, half of the trials are the same edit and most others the same knob.
pub const CLOSE: f64 = 0.42;

/// Another value costs a short text most of its score. Below this, texts have hardly a word in common.
const OTHER_VALUE: f64 = 0.1;

/// What a score means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Label {
    /// The texts differ at most in case, punctuation, the spelling of numbers and stop words.
    Identical,
    /// Similar texts that name different changes `a→b`, usually other values of the same setting.
    OtherValue,
    Close,
    Far,
}

impl Label {
    pub fn name(self) -> &'static str {
        match self {
            Self::Identical => "identical",
            Self::OtherValue => "other value",
            Self::Close => "close",
            Self::Far => "far",
        }
    }
}

/// Where the text of a match is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// The row at this offset of the log.
    Row(u64),
    /// The trial in progress with this number, in the order in which they were added.
    Running(usize),
}

/// A trial, and how much its hypothesis is like the text.
#[derive(Clone, Copy, Debug)]
pub struct Match {
    pub place: Place,
    pub score: f64,
    pub is_identical: bool,
}

impl Match {
    /// Whether the label may be `identical` or `close`; another value may be named too.
    pub fn may_be_close(&self) -> bool {
        self.is_identical || self.score >= CLOSE
    }

    /// The label, given the changes of the text that was looked for and the hypothesis of the trial.
    pub fn label(&self, changes: &BTreeSet<String>, hypothesis: &str) -> Label {
        if self.is_identical {
            return Label::Identical;
        }
        if self.score >= OTHER_VALUE && !changes.is_empty() {
            let others = find_changes(hypothesis);
            if !others.is_empty() && changes.is_disjoint(&others) {
                return Label::OtherValue;
            }
        }
        if self.score >= CLOSE {
            Label::Close
        } else {
            Label::Far
        }
    }
}

/// Compares a text with the hypotheses of a log. Ignored trials are left out; every other trial tells how rare words are,
/// but only those that `is_wanted` accepts are found.
pub struct Similar<F> {
    scorer: Scorer,
    normalized: String,
    is_wanted: F,
    /// The place of each candidate, and whether it is identical.
    candidates: Vec<(Place, bool)>,
}

impl<F: Fn(&Row) -> bool> Similar<F> {
    pub fn new(text: &str, is_wanted: F) -> Self {
        Self {
            scorer: Scorer::new(text),
            normalized: normalize(text),
            is_wanted,
            candidates: Vec::new(),
        }
    }

    /// Adds a trial in progress as the row that it may become. They come after the log, oldest first.
    pub fn add_running(&mut self, number: usize, row: &Row) {
        self.add(Place::Running(number), row);
    }

    fn add(&mut self, place: Place, row: &Row) {
        let text = row.text(Role::Hypothesis);
        if row.damage.is_some() || row.status().is_ignored() || text.is_empty() {
            return;
        }
        let is_candidate = (self.is_wanted)(row);
        let may_be_identical = self.scorer.add(&text, is_candidate);
        if is_candidate {
            let is_identical = may_be_identical
                && !self.normalized.is_empty()
                && normalize(&text) == self.normalized;
            self.candidates.push((place, is_identical));
        }
    }

    /// Every candidate, best first: identical ones, then by score; the newer one first in a tie.
    pub fn rank(self) -> Vec<Match> {
        let mut matches = Vec::with_capacity(self.candidates.len());
        for (score, (place, is_identical)) in self.scorer.scores().into_iter().zip(self.candidates)
        {
            matches.push(Match {
                place,
                score,
                is_identical,
            });
        }
        matches.reverse();
        matches.sort_by(|a, b| {
            let order = Reverse(a.is_identical).cmp(&Reverse(b.is_identical));
            order.then(b.score.total_cmp(&a.score))
        });
        matches
    }
}

impl<F: Fn(&Row) -> bool> Query for Similar<F> {
    fn observe(&mut self, row: &Row) {
        self.add(Place::Row(row.offset), row);
    }
}
