//! How large a difference must be to mean anything, and which discards were too close to call.

use std::collections::BTreeMap;

use super::{Question, axis::median};
use crate::{
    schema::Role,
    trial::{ExpId, Row, Status},
};

/// How many discards near zero are kept for each baseline.
const NEAR: usize = 5;

/// A discard that hardly moved.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct NearMiss {
    pub offset: u64,
    pub delta: f64,
}

/// The differences of the discards: completed trials that did not improve.
#[derive(Default)]
pub struct Noise {
    deltas: Vec<f64>,
    /// The smallest differences, by what they were measured against.
    near: BTreeMap<Option<ExpId>, Vec<NearMiss>>,
}

impl Noise {
    /// The noise of the log: the median absolute difference of completed trials that did not improve.
    pub fn epsilon(&self) -> Option<f64> {
        median(self.deltas.clone())
    }

    fn enter(&mut self, baseline: Option<ExpId>, miss: NearMiss) {
        let near = self.near.entry(baseline).or_default();
        let at = near.partition_point(|other| nearest(other, &miss).is_lt());
        if at < NEAR {
            near.insert(at, miss);
            near.truncate(NEAR);
        }
    }

    /// The discards nearest to zero, below `epsilon`, that were measured against another trial than the best there is now:
    /// the base has moved, they may be worth another try. Nearest first, the newest first where they are equal.
    pub fn near_misses(&self, best: Option<&ExpId>, epsilon: f64) -> Vec<NearMiss> {
        let moved = self.near.iter().filter(|(baseline, _)| baseline.is_some() && baseline.as_ref() != best);
        let mut misses: Vec<NearMiss> = moved.flat_map(|(_, near)| near).copied().collect();
        misses.retain(|miss| miss.delta.abs() < epsilon);
        misses.sort_by(nearest);
        misses.truncate(NEAR);
        misses
    }
}

fn nearest(a: &NearMiss, b: &NearMiss) -> std::cmp::Ordering {
    a.delta.abs().total_cmp(&b.delta.abs()).then(b.offset.cmp(&a.offset))
}

impl Question for Noise {
    fn see(&mut self, row: Row<'_>) {
        if row.status() != Status::Discard {
            return;
        }
        let Some(delta) = row.number_in(Role::Delta) else { return };
        self.deltas.push(delta.abs());
        self.enter(ExpId::read(&row.text(Role::Baseline)), NearMiss { offset: row.offset, delta });
    }

    fn fresh(&self) -> Self {
        Self::default()
    }

    fn then(&mut self, later: Self) {
        self.deltas.extend(later.deltas);
        for (baseline, misses) in later.near {
            for miss in misses {
                self.enter(baseline.clone(), miss);
            }
        }
    }
}
