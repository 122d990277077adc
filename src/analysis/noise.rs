//! How large a difference must be to mean anything, and which discards were too close to tell.

use std::{cmp::Ordering, collections::VecDeque};

use serde::{Deserialize, Serialize};

use super::{
    Query, Summary,
    specialist::{median, push_bounded},
};
use crate::log::{ExpId, Role, Row, Status};

/// How many near misses are shown.
const MAX_NEAR_MISSES: usize = 5;

/// The noise is that of the last discards: old ones say little about how the scores scatter now.
const MAX_DELTAS: usize = 500;

/// A discard whose delta is close to zero.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct NearMiss {
    pub offset: u64,
    pub delta: f64,
}

/// The deltas of the discards: trials that completed and did not improve.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Noise {
    /// The last absolute deltas, newest last.
    deltas: VecDeque<f64>,
    /// The discards closest to zero with their baselines, closest first: twice as many as are shown, and at most
    /// `MAX_NEAR_MISSES` of one baseline, so that enough are left whatever baseline the best is.
    nearest: Vec<(ExpId, NearMiss)>,
}

impl Noise {
    /// The median absolute delta of the last discards.
    pub fn epsilon(&self) -> Option<f64> {
        median(self.deltas.iter().copied().collect())
    }

    /// The discards closest to zero, below `epsilon`, whose baseline is not the best any more: they may be worth another
    /// try. Closest first; the newest first in a tie.
    pub fn near_misses(&self, best: Option<&ExpId>, epsilon: f64) -> Vec<NearMiss> {
        let mut misses = Vec::new();
        for (baseline, miss) in &self.nearest {
            if Some(baseline) != best && miss.delta.abs() < epsilon {
                misses.push(*miss);
            }
        }
        misses.truncate(MAX_NEAR_MISSES);
        misses
    }

    fn add_near_miss(&mut self, row: &Row, delta: f64) {
        let miss = NearMiss {
            offset: row.offset,
            delta,
        };
        let is_full = self.nearest.len() == 2 * MAX_NEAR_MISSES;
        if let Some((_, farthest)) = self.nearest.last()
            && is_full
            && compare(farthest, &miss).is_lt()
        {
            return;
        }
        let Some(baseline) = ExpId::parse(&row.text(Role::Baseline)) else {
            return;
        };
        let at = self
            .nearest
            .partition_point(|(_, other)| compare(other, &miss).is_lt());
        self.nearest.insert(at, (baseline.clone(), miss));
        let mut of_baseline = 0;
        self.nearest.retain(|(other, _)| {
            of_baseline += usize::from(*other == baseline);
            *other != baseline || of_baseline <= MAX_NEAR_MISSES
        });
        self.nearest.truncate(2 * MAX_NEAR_MISSES);
    }
}

/// Closest to zero first, then newest first.
fn compare(a: &NearMiss, b: &NearMiss) -> Ordering {
    let by_delta = a.delta.abs().total_cmp(&b.delta.abs());
    by_delta.then(b.offset.cmp(&a.offset))
}

impl Query for Noise {
    fn observe(&mut self, row: &Row) {
        if row.status() != Status::Discard {
            return;
        }
        if let Some(delta) = row.number_in(Role::Delta) {
            push_bounded(&mut self.deltas, delta.abs(), MAX_DELTAS);
            self.add_near_miss(row, delta);
        }
    }

    fn answer_from(&self, summary: &Summary) -> Option<Self> {
        Some(summary.noise.clone())
    }
}
