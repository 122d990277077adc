//! How large a difference must be to mean anything, and which discards were too close to call.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use super::{Query, Summary, specialist::median};

use crate::{
    log::Role,
    log::{ExpId, Row, Status},
};

/// How many near misses are told, and how many of those that were measured against one baseline are kept.
const NEAR: usize = 5;

/// The noise is that of this many discards, the newest: those of long ago tell little of how the search scatters now.
const NEWEST: usize = 500;

/// A discard that hardly moved.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct NearMiss {
    pub offset: u64,
    pub delta: f64,
}

/// The differences of the discards: completed trials that did not improve.
#[derive(Clone, Default, Serialize, Deserialize)]
pub struct Noise {
    /// The newest absolute differences, newest last.
    deltas: VecDeque<f64>,
    /// The smallest differences with what they were measured against, nearest first: twice as many as are told, and no more
    /// than `NEAR` of one baseline, so that enough are left whichever baseline is the best's.
    near: Vec<(ExpId, NearMiss)>,
}

impl Noise {
    /// The noise of the log: the median absolute difference of the newest completed trials that did not improve.
    pub fn epsilon(&self) -> Option<f64> {
        median(self.deltas.iter().copied().collect())
    }

    /// Whether a miss is near enough to be kept, whatever it was measured against.
    fn is_near(&self, miss: &NearMiss) -> bool {
        self.near.len() < 2 * NEAR
            || self
                .near
                .last()
                .is_some_and(|(_, last)| nearest(miss, last).is_lt())
    }

    fn enter(&mut self, baseline: ExpId, miss: NearMiss) {
        let at = self
            .near
            .partition_point(|(_, other)| nearest(other, &miss).is_lt());
        self.near.insert(at, (baseline.clone(), miss));
        let mut same = 0;
        self.near.retain(|(other, _)| {
            same += usize::from(*other == baseline);
            *other != baseline || same <= NEAR
        });
        self.near.truncate(2 * NEAR);
    }

    fn push(&mut self, delta: f64) {
        let deltas = &mut self.deltas;
        deltas.push_back(delta);
        if deltas.len() > NEWEST {
            deltas.pop_front();
        }
    }

    /// The discards nearest to zero, below `epsilon`, that were measured against another trial than the best there is now:
    /// the base has moved, they may be worth another try. Nearest first, the newest first where they are equal.
    pub fn near_misses(&self, best: Option<&ExpId>, epsilon: f64) -> Vec<NearMiss> {
        let moved = self
            .near
            .iter()
            .filter(|(baseline, _)| Some(baseline) != best)
            .map(|(_, miss)| *miss);
        moved
            .filter(|miss| miss.delta.abs() < epsilon)
            .take(NEAR)
            .collect()
    }
}

fn nearest(a: &NearMiss, b: &NearMiss) -> std::cmp::Ordering {
    a.delta
        .abs()
        .total_cmp(&b.delta.abs())
        .then(b.offset.cmp(&a.offset))
}

impl Query for Noise {
    fn observe(&mut self, row: &Row) {
        if row.status() != Status::Discard {
            return;
        }
        let Some(delta) = row.number_in(Role::Delta) else {
            return;
        };
        self.push(delta.abs());
        let miss = NearMiss {
            offset: row.offset,
            delta,
        };
        if self.is_near(&miss)
            && let Some(baseline) = ExpId::parse(&row.text(Role::Baseline))
        {
            self.enter(baseline, miss);
        }
    }

    fn from_summary(&self, summary: &Summary) -> Option<Self> {
        Some(summary.noise.clone())
    }
}
