//! The best trial and the leaderboard. A trial is identified by the offset of its row.

use serde::{Deserialize, Serialize};

use super::{Query, Summary};
use crate::log::{Direction, Row, Status};

/// The best trial: among `keep` and `baseline` rows only; the earliest wins a tie.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Best(pub(super) Option<(u64, f64)>);

impl Best {
    pub fn offset(&self) -> Option<u64> {
        self.0.map(|(offset, _)| offset)
    }

    pub fn score(&self) -> Option<f64> {
        self.0.map(|(_, score)| score)
    }
}

impl Query for Best {
    fn observe(&mut self, row: &Row) {
        if let Some(score) = row.eligible_score()
            && self
                .0
                .is_none_or(|(_, best)| row.schema.direction.better(score, best))
        {
            self.0 = Some((row.offset, score));
        }
    }

    fn answer_from(&self, summary: &Summary) -> Option<Self> {
        Some(summary.best.clone())
    }
}

/// The best `keep` rows, best first; the earlier one first in a tie.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Leaderboard {
    size: usize,
    /// Offset and cost: the score, or its negative if higher is better. Sorted up to the last call of `rank`.
    trials: Vec<(u64, f64)>,
}

impl Leaderboard {
    pub fn new(size: usize) -> Self {
        Self {
            size,
            trials: Vec::new(),
        }
    }

    fn rank(&mut self) {
        self.trials.sort_by(|(_, a), (_, b)| a.total_cmp(b));
        self.trials.truncate(self.size);
    }

    /// The offsets of the rows, best first.
    pub fn into_offsets(mut self) -> Vec<u64> {
        self.rank();
        self.trials.iter().map(|&(offset, _)| offset).collect()
    }
}

impl Query for Leaderboard {
    fn observe(&mut self, row: &Row) {
        if row.status() == Status::Keep
            && let Some(score) = row.score()
        {
            let is_lower_better = row.schema.direction == Direction::Minimize;
            let cost = if is_lower_better { score } else { -score };
            self.trials.push((row.offset, cost));
            // Not after each row: inserting the best one would move all others.
            if self.trials.len() >= self.size.saturating_mul(2).max(64) {
                self.rank();
            }
        }
    }

    fn answer_from(&self, summary: &Summary) -> Option<Self> {
        let mut stored = summary.leaderboard.clone();
        if self.size > stored.size {
            return None;
        }
        stored.size = self.size;
        Some(stored)
    }
}
