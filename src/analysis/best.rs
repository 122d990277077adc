//! Which trials are best. A trial is named by where its row begins in the log.

use serde::{Deserialize, Serialize};

use super::{Query, Summary};
use crate::log::{Direction, Row, Status};

/// A trial with a score that may be compared.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
struct Scored {
    score: f64,
    offset: u64,
}

/// The best trial: among `keep` and `baseline` rows, and no others; the earliest wins a tie.
#[derive(Clone, Default, Serialize, Deserialize)]
pub struct Best(Option<(Direction, Scored)>);

impl Best {
    /// Where its row begins.
    pub fn offset(&self) -> Option<u64> {
        self.0.map(|(_, best)| best.offset)
    }

    pub fn score(&self) -> Option<f64> {
        self.0.map(|(_, best)| best.score)
    }

    fn enter(&mut self, direction: Direction, scored: Scored) {
        if self
            .0
            .is_none_or(|(_, best)| direction.better(scored.score, best.score))
        {
            self.0 = Some((direction, scored));
        }
    }
}

impl Query for Best {
    fn observe(&mut self, row: &Row) {
        if let Some(score) = row.eligible_score() {
            self.enter(
                row.schema.direction,
                Scored {
                    score,
                    offset: row.offset,
                },
            );
        }
    }

    fn from_summary(&self, summary: &Summary) -> Option<Self> {
        Some(summary.best.clone())
    }
}

/// The best `keep` rows, best first, the earlier one first where they tie.
#[derive(Clone, Serialize, Deserialize)]
pub struct Leaderboard {
    size: usize,
    direction: Option<Direction>,
    /// In the order of the log where they tie; not ranked since `worst` was known.
    ranked: Vec<Scored>,
    /// What must be beaten to come in, once there are `size`.
    worst: Option<f64>,
}

impl Leaderboard {
    pub fn new(size: usize) -> Self {
        Self {
            size,
            direction: None,
            ranked: Vec::new(),
            worst: None,
        }
    }

    fn enter(&mut self, direction: Direction, scored: Scored) {
        if self
            .worst
            .is_some_and(|worst| !direction.better(scored.score, worst))
        {
            return;
        }
        self.direction = Some(direction);
        self.ranked.push(scored);
        // Ranked now and then, not for each: where every keep is better than the last, each would move all the others.
        if self.ranked.len() >= self.size.saturating_mul(2).max(64) {
            self.rank();
        }
    }

    fn rank(&mut self) {
        let Some(direction) = self.direction else {
            return;
        };
        self.ranked.sort_by(|a, b| match direction {
            Direction::Minimize => a.score.total_cmp(&b.score),
            Direction::Maximize => b.score.total_cmp(&a.score),
        });
        self.ranked.truncate(self.size);
        self.worst = self
            .ranked
            .last()
            .map(|scored| scored.score)
            .filter(|_| self.ranked.len() == self.size);
    }

    /// Where their rows begin.
    pub fn into_offsets(mut self) -> Vec<u64> {
        self.rank();
        self.ranked
            .into_iter()
            .map(|scored| scored.offset)
            .collect()
    }
}

impl Query for Leaderboard {
    fn observe(&mut self, row: &Row) {
        if row.status() == Status::Keep
            && let Some(score) = row.score()
        {
            self.enter(
                row.schema.direction,
                Scored {
                    score,
                    offset: row.offset,
                },
            );
        }
    }

    fn from_summary(&self, summary: &Summary) -> Option<Self> {
        (self.size <= summary.board.size).then(|| Self {
            size: self.size,
            ..summary.board.clone()
        })
    }
}
