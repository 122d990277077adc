//! The newest failures of each class, by where their rows begin.

use std::collections::{BTreeMap, VecDeque};

use serde::{Deserialize, Serialize};

use super::{Query, Summary};
use crate::log::{Row, Status};

/// How many of a class are looked at for their reasons.
const NEWEST: usize = 20;

/// The last failures of every class, newest last.
#[derive(Clone, Default, Serialize, Deserialize)]
pub struct Failures(pub BTreeMap<Status, VecDeque<u64>>);

impl Query for Failures {
    fn observe(&mut self, row: &Row) {
        let status = row.status();
        if status.is_failure() {
            let newest = self.0.entry(status).or_default();
            if newest.len() == NEWEST {
                newest.pop_front();
            }
            newest.push_back(row.offset);
        }
    }

    fn from_summary(&self, summary: &Summary) -> Option<Self> {
        Some(summary.failures.clone())
    }
}
