//! The last failures of each status.

use std::collections::{BTreeMap, VecDeque};

use serde::{Deserialize, Serialize};

use super::{Query, Summary, specialist::push_bounded};
use crate::log::{Row, Status};

/// How many failures of a status are searched for their reasons.
const MAX_PER_STATUS: usize = 20;

/// The offsets of the last failures of every status, newest last.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Failures(pub BTreeMap<Status, VecDeque<u64>>);

impl Query for Failures {
    fn observe(&mut self, row: &Row) {
        let status = row.status();
        if status.is_failure() {
            let offsets = self.0.entry(status).or_default();
            push_bounded(offsets, row.offset, MAX_PER_STATUS);
        }
    }

    fn answer_from(&self, summary: &Summary) -> Option<Self> {
        Some(summary.failures.clone())
    }
}
