//! The best trial, the leaderboard, and whether keeps improved by a lower or by a higher score. A trial is identified by the
//! offset of its row.

use serde::{Deserialize, Serialize};

use super::{Query, Summary};
use crate::log::{Direction, Role, Row, Status, Tie};

/// The best trial: among `keep` and `baseline` rows only; the setting says which one wins a tie.
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
                .is_none_or(|(_, best)| row.schema.replaces_best(score, best))
        {
            self.0 = Some((row.offset, score));
        }
    }

    fn answer_from(&self, summary: &Summary) -> Option<Self> {
        Some(summary.best.clone())
    }
}

/// The best `keep` rows, best first; in a tie, the one first that would be the best.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Leaderboard {
    size: usize,
    /// Whether trials of every status are ranked, not only keeps.
    #[serde(skip)]
    pub ranks_all: bool,
    /// Offset and cost: the score, or its negative if higher is better. Sorted up to the last call of `rank`.
    trials: Vec<(u64, f64)>,
    tie: Tie,
}

impl Leaderboard {
    pub fn new(size: usize) -> Self {
        Self {
            size,
            ..Self::default()
        }
    }

    fn rank(&mut self) {
        let tie = self.tie;
        self.trials.sort_by(|a, b| {
            let by_place = match tie {
                Tie::First => a.0.cmp(&b.0),
                Tie::Last => b.0.cmp(&a.0),
            };
            a.1.total_cmp(&b.1).then(by_place)
        });
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
        if (self.ranks_all || row.status() == Status::Keep)
            && row.has_id()
            && let Some(score) = row.score()
        {
            self.tie = row.schema.tie;
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
        if self.size > stored.size || self.ranks_all {
            return None;
        }
        stored.size = self.size;
        Some(stored)
    }
}

/// How many keeps had a lower and a higher score than the best before, as evidence for the direction.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct KeepSigns {
    lower: u64,
    higher: u64,
}

impl KeepSigns {
    /// How many of how many keeps went the other way, if most did. A single one is no evidence.
    pub fn contradict(&self, direction: Direction) -> Option<(u64, u64)> {
        let against = match direction {
            Direction::Minimize => self.higher,
            Direction::Maximize => self.lower,
        };
        let all = self.lower + self.higher;
        (all > 1 && against * 2 > all).then_some((against, all))
    }
}

impl Query for KeepSigns {
    fn observe(&mut self, row: &Row) {
        if row.status() == Status::Keep
            && let Some(delta) = row.number_in(Role::Delta)
        {
            self.lower += u64::from(delta < 0.0);
            self.higher += u64::from(delta > 0.0);
        }
    }

    fn answer_from(&self, summary: &Summary) -> Option<Self> {
        Some(summary.keep_signs.clone())
    }
}
