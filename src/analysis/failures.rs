//! The last failures of each status.

use std::collections::{BTreeMap, VecDeque};

use serde::{Deserialize, Serialize};

use super::{Query, Summary, specialist::push_bounded};
use crate::log::{Role, Row, Status};

/// How many failures of a status are searched for their reasons.
const MAX_PER_STATUS: usize = 20;

/// The offsets of the last failures of every status, newest last.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Failures(pub BTreeMap<Status, VecDeque<u64>>);

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
        if status.is_failure() || is_unknown_failure(row) {
            let offsets = self.0.entry(status).or_default();
            push_bounded(offsets, row.offset, MAX_PER_STATUS);
        }
    }

    fn answer_from(&self, summary: &Summary) -> Option<Self> {
        Some(summary.failures.clone())
    }
}
