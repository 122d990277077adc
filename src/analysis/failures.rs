//! The last failures of each status.

use std::collections::{BTreeMap, VecDeque};

use serde::{Deserialize, Serialize};

use super::{Query, Summary, specialist::push_bounded, tally::seconds_of};
use crate::log::{Role, Row, Status};

/// How many failures of a status are searched for their reasons.
const MAX_PER_STATUS: usize = 20;

/// The failures of every status.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Failures {
    /// The offsets of the last ones, newest last.
    pub last: BTreeMap<Status, VecDeque<u64>>,
    /// Trials and seconds of the failures whose word is not a status. Other trials may have the word and a score.
    pub unknown: BTreeMap<String, (u64, f64)>,
}

/// Whether a trial has no score, and a word that is not a status and says more than that it is not over.
fn is_unknown_failure(row: &Row) -> bool {
    if row.status() != Status::Other || row.damage.is_some() || row.score().is_some() {
        return false;
    }
    let word = row.text(Role::Status).trim().to_lowercase();
    let is_open = [
        "", "-", "running", "pending", "queued", "waiting", "todo", "draft",
    ];
    !is_open.contains(&word.as_str())
}

impl Query for Failures {
    fn observe(&mut self, row: &Row) {
        let status = row.status();
        if is_unknown_failure(row) {
            let word = row.text(Role::Status).into_owned();
            let (trials, seconds) = self.unknown.entry(word).or_default();
            *trials += 1;
            *seconds += seconds_of(row);
        } else if !status.is_failure() {
            return;
        }
        let offsets = self.last.entry(status).or_default();
        push_bounded(offsets, row.offset, MAX_PER_STATUS);
    }

    fn answer_from(&self, summary: &Summary) -> Option<Self> {
        Some(summary.failures.clone())
    }
}
