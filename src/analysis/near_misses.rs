//! Discards that were close to zero: they may be worth another try from another trial.

use serde::{Deserialize, Serialize};

use super::{Query, Summary};
use crate::log::{ExpId, Role, Row, Status};

/// How many are stored of one baseline.
const MAX_NEAR_MISSES: usize = 5;

/// How many baselines are stored. What was close to an older one says little about the best of today.
const MAX_BASELINES: usize = 4;

#[derive(Clone, Debug, Serialize, Deserialize)]
struct NearMiss {
    offset: u64,
    /// The absolute delta.
    delta: f64,
}

/// The discards that were closest to a baseline, closest first, the newest first in a tie.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Baseline {
    id: ExpId,
    misses: Vec<NearMiss>,
}

/// The near misses of the last baselines, by the last discard of each.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct NearMisses(Vec<Baseline>);

impl NearMisses {
    /// The offsets of the discards below `threshold` whose baseline is not the best any more, closest first.
    pub fn find(&self, best: Option<&ExpId>, threshold: f64) -> Vec<u64> {
        let mut found = Vec::new();
        for baseline in self.0.iter().rev() {
            if Some(&baseline.id) != best {
                found.extend(&baseline.misses);
            }
        }
        found.retain(|miss| miss.delta < threshold);
        found.sort_by(|a, b| a.delta.total_cmp(&b.delta));
        found.into_iter().map(|miss| miss.offset).collect()
    }

    /// Adds a discard; its baseline becomes the last one.
    fn add(&mut self, id: ExpId, offset: u64, delta: f64) {
        let known = self.0.iter().position(|baseline| baseline.id == id);
        let mut misses = known.map_or_else(Vec::new, |at| self.0.remove(at).misses);
        let at = misses.partition_point(|other: &NearMiss| other.delta < delta);
        misses.insert(at, NearMiss { offset, delta });
        misses.truncate(MAX_NEAR_MISSES);
        self.0.push(Baseline { id, misses });
        if self.0.len() > MAX_BASELINES {
            self.0.remove(0);
        }
    }
}

impl Query for NearMisses {
    /// An edit that changed nothing is not a near miss.
    fn observe(&mut self, row: &Row) {
        if row.status() != Status::Discard {
            return;
        }
        let delta = row.number_in(Role::Delta).map_or(0.0, f64::abs);
        let baseline = ExpId::parse(&row.text(Role::Baseline));
        if delta > 0.0
            && let Some(baseline) = baseline
        {
            self.add(baseline, row.offset, delta);
        }
    }

    fn answer_from(&self, summary: &Summary) -> Option<Self> {
        Some(summary.near_misses.clone())
    }
}
