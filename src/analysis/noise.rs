//! How large a difference must be to mean anything, and which discards were too close to tell.

use std::collections::VecDeque;

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
#[derive(Clone, Debug, Serialize, Deserialize)]
struct NearMiss {
    offset: u64,
    /// The absolute delta.
    delta: f64,
    baseline: ExpId,
}

/// The deltas of the discards: trials that completed and did not improve.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Noise {
    /// The last absolute deltas, newest last.
    deltas: VecDeque<f64>,
    /// The discards closest to zero, closest first, the newest first in a tie. Twice as many as are shown, and at most
    /// `MAX_NEAR_MISSES` of one baseline, so that enough are left whatever baseline the best is.
    nearest: Vec<NearMiss>,
}

impl Noise {
    /// The median absolute delta of the last discards.
    pub fn epsilon(&self) -> Option<f64> {
        median(self.deltas.iter().copied().collect())
    }

    /// The offsets of the discards closest to zero, below `epsilon`, whose baseline is not the best any more: they may be
    /// worth another try. Closest first; the newest first in a tie.
    pub fn near_misses(&self, best: Option<&ExpId>, epsilon: f64) -> Vec<u64> {
        let misses = self.nearest.iter();
        misses
            .filter(|miss| Some(&miss.baseline) != best && miss.delta < epsilon)
            .map(|miss| miss.offset)
            .take(MAX_NEAR_MISSES)
            .collect()
    }

    fn add_near_miss(&mut self, row: &Row, delta: f64) {
        let nearest = &mut self.nearest;
        let at = nearest.partition_point(|other| other.delta < delta);
        if at == 2 * MAX_NEAR_MISSES {
            return;
        }
        let Some(baseline) = ExpId::parse(&row.text(Role::Baseline)) else {
            return;
        };
        let miss = NearMiss {
            offset: row.offset,
            delta,
            baseline,
        };
        nearest.insert(at, miss);
        let is_of_baseline = |&other: &usize| nearest[other].baseline == nearest[at].baseline;
        if let Some(surplus) = (0..nearest.len())
            .filter(is_of_baseline)
            .nth(MAX_NEAR_MISSES)
        {
            nearest.remove(surplus);
        }
        nearest.truncate(2 * MAX_NEAR_MISSES);
    }
}

impl Query for Noise {
    fn observe(&mut self, row: &Row) {
        if row.status() == Status::Discard
            && let Some(delta) = row.number_in(Role::Delta)
        {
            push_bounded(&mut self.deltas, delta.abs(), MAX_DELTAS);
            self.add_near_miss(row, delta.abs());
        }
    }

    fn answer_from(&self, summary: &Summary) -> Option<Self> {
        Some(summary.noise.clone())
    }
}
