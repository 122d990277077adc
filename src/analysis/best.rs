//! The best trial and the leaderboard. A trial is identified by the offset of its row.

use serde::{Deserialize, Serialize};

use super::{Query, Summary};
use crate::log::{Direction, Row, Status};

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
struct Scored {
    score: f64,
    offset: u64,
}

/// The best trial: among `keep` and `baseline` rows only; the earliest wins a tie.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Best(Option<Scored>);

impl Best {
    pub fn offset(&self) -> Option<u64> {
        self.0.map(|best| best.offset)
    }

    pub fn score(&self) -> Option<f64> {
        self.0.map(|best| best.score)
    }
}

impl Query for Best {
    fn observe(&mut self, row: &Row) {
        let Some(score) = row.eligible_score() else {
            return;
        };
        let direction = row.schema.direction;
        if self
            .0
            .is_none_or(|best| direction.better(score, best.score))
        {
            let offset = row.offset;
            self.0 = Some(Scored { score, offset });
        }
    }

    fn answer_from(&self, summary: &Summary) -> Option<Self> {
        Some(summary.best.clone())
    }
}

/// The best `keep` rows, best first; the earlier one first in a tie.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Leaderboard {
    size: usize,
    direction: Direction,
    /// Sorted up to the last call of `rank`, then in the order of the log.
    trials: Vec<Scored>,
    /// The score that must be beaten once there are `size` trials.
    threshold: Option<f64>,
}

impl Leaderboard {
    pub fn new(size: usize) -> Self {
        Self {
            size,
            direction: Direction::Minimize,
            trials: Vec::new(),
            threshold: None,
        }
    }

    fn rank(&mut self) {
        let direction = self.direction;
        self.trials.sort_by(|a, b| match direction {
            Direction::Minimize => a.score.total_cmp(&b.score),
            Direction::Maximize => b.score.total_cmp(&a.score),
        });
        self.trials.truncate(self.size);
        if self.trials.len() == self.size {
            self.threshold = self.trials.last().map(|worst| worst.score);
        }
    }

    /// The offsets of the rows, best first.
    pub fn into_offsets(mut self) -> Vec<u64> {
        self.rank();
        self.trials.iter().map(|trial| trial.offset).collect()
    }
}

impl Query for Leaderboard {
    fn observe(&mut self, row: &Row) {
        if row.status() != Status::Keep {
            return;
        }
        let Some(score) = row.score() else {
            return;
        };
        self.direction = row.schema.direction;
        if let Some(threshold) = self.threshold
            && !self.direction.better(score, threshold)
        {
            return;
        }
        let offset = row.offset;
        self.trials.push(Scored { score, offset });
        // Not after each row: if every keep beats the last one, inserting it would move all others.
        if self.trials.len() >= self.size.saturating_mul(2).max(64) {
            self.rank();
        }
    }

    fn answer_from(&self, summary: &Summary) -> Option<Self> {
        if self.size > summary.leaderboard.size {
            return None;
        }
        let mut leaderboard = summary.leaderboard.clone();
        leaderboard.size = self.size;
        Some(leaderboard)
    }
}
