//! How the trials that are close to a text ended.

use std::collections::{BTreeMap, BTreeSet};

use crate::analysis::{find_reason, kind_of};
use crate::log::{Role, Row, Status};

/// Counts of the close trials by outcome, and whether they failed in the same way.
#[derive(Debug, Default)]
pub struct Outcomes {
    words: BTreeMap<String, u64>,
    running: u64,
    failed: u64,
    /// The kinds of the reasons of crashes.
    kinds: BTreeSet<String>,
    reason: Option<String>,
}

impl Outcomes {
    pub fn add(&mut self, row: &Row) {
        let word = row.text(Role::Status).into_owned();
        *self.words.entry(word).or_default() += 1;
        if !row.status().is_failure() {
            return;
        }
        self.failed += 1;
        if matches!(row.status(), Status::Crash | Status::PreflightCrash) {
            let notes = row.text(Role::Notes);
            let reason = find_reason(&notes).unwrap_or_default();
            self.kinds.insert(kind_of(&reason));
            if !reason.is_empty() {
                self.reason = Some(reason.into_owned());
            }
        }
    }

    pub fn add_running(&mut self) {
        self.running += 1;
    }

    pub fn total(&self) -> u64 {
        self.running + self.words.values().sum::<u64>()
    }

    /// The outcomes of the trials that ended, with their counts, the most frequent first.
    pub fn ended(&self) -> Vec<(&str, u64)> {
        let mut counts: Vec<_> = self.words.iter().map(|(word, n)| (&**word, *n)).collect();
        counts.sort_by_key(|&(_, n)| std::cmp::Reverse(n));
        counts
    }

    /// The same with the trials in progress, which come last.
    pub fn counts(&self) -> Vec<(&str, u64)> {
        let mut counts = self.ended();
        if self.running > 0 {
            counts.push(("in progress", self.running));
        }
        counts
    }

    /// How many trials failed, if all that ended did.
    pub fn all_failed(&self) -> Option<u64> {
        let ended = self.total() - self.running;
        (self.failed == ended && ended > 0).then_some(ended)
    }

    /// Whether all failures have one status, and crashes one kind of reason too.
    pub fn is_same_failure(&self) -> bool {
        self.words.len() == 1 && self.kinds.len() <= 1
    }

    /// A reason of the crashes, if they have one.
    pub fn reason(&self) -> Option<&str> {
        self.reason.as_deref()
    }
}
