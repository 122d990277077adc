//! Discards that were close to zero: they may be worth another try from another trial.

use serde::{Deserialize, Serialize};

use super::{Query, Summary};
use crate::log::{ExpId, Role, Row, Status};

/// How many are found.
const MAX_NEAR_MISSES: usize = 5;

#[derive(Clone, Debug, Serialize, Deserialize)]
struct NearMiss {
    offset: u64,
    /// The absolute delta.
    delta: f64,
    baseline: ExpId,
}

/// The discards closest to zero, closest first, the newest first in a tie. Twice as many as are found, and at most
/// `MAX_NEAR_MISSES` of one baseline, so that enough are left whatever baseline the best is.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct NearMisses(Vec<NearMiss>);

impl NearMisses {
    /// The offsets of the discards below `threshold` whose baseline is not the best any more.
    pub fn find(&self, best: Option<&ExpId>, threshold: f64) -> Vec<u64> {
        let mut offsets = Vec::new();
        for miss in &self.0 {
            if Some(&miss.baseline) != best && miss.delta < threshold {
                offsets.push(miss.offset);
            }
        }
        offsets
    }
}

impl Query for NearMisses {
    /// An edit that changed nothing is not a near miss.
    fn observe(&mut self, row: &Row) {
        if row.status() != Status::Discard {
            return;
        }
        let Some(delta) = row.number_in(Role::Delta).map(f64::abs) else {
            return;
        };
        let at = self.0.partition_point(|other| other.delta < delta);
        if delta == 0.0 || at == 2 * MAX_NEAR_MISSES {
            return;
        }
        let Some(baseline) = ExpId::parse(&row.text(Role::Baseline)) else {
            return;
        };
        let offset = row.offset;
        let is_of_baseline = |miss: &NearMiss| miss.baseline == baseline;
        let of_baseline: Vec<usize> = (0..self.0.len())
            .filter(|&other| is_of_baseline(&self.0[other]))
            .collect();
        if let Some(&last) = of_baseline.get(MAX_NEAR_MISSES - 1) {
            if last < at {
                return;
            }
            self.0.remove(last);
        }
        let miss = NearMiss {
            offset,
            delta,
            baseline,
        };
        self.0.insert(at, miss);
        self.0.truncate(2 * MAX_NEAR_MISSES);
    }

    fn answer_from(&self, summary: &Summary) -> Option<Self> {
        Some(summary.near_misses.clone())
    }
}
