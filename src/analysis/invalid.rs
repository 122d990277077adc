//! Failed trials whose score beats the best: they show what is possible once a limit is met.

use std::cmp::Reverse;

use serde::{Deserialize, Serialize};

use super::{Best, Query, Summary};
use crate::log::{Direction, Row};

/// How many are stored.
const MAX_TRIALS: usize = 64;

/// The failed trials with a better score than the best trial.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct BetterInvalid {
    best: Best,
    /// Offset and score, in the order of the log.
    trials: Vec<(u64, f64)>,
}

impl BetterInvalid {
    /// How many there are; of more than 64, only the best are counted. None beats a best that is not there.
    pub fn count(&self) -> usize {
        match self.best.score() {
            Some(_) => self.trials.len(),
            None => 0,
        }
    }

    /// The offsets of at most `max` trials: half of them the best ones, the others the newest. Newest first.
    pub fn select(&self, max: usize) -> Vec<u64> {
        let mut newest_first: Vec<_> = self.trials.iter().rev().copied().collect();
        newest_first.truncate(self.count());
        let newest = (max - max / 2).min(newest_first.len());
        let gap = |score: f64| (score - self.best.score().unwrap_or(score)).abs();
        let older = &mut newest_first[newest..];
        older.sort_by(|(_, a), (_, b)| gap(*b).total_cmp(&gap(*a)));
        newest_first.truncate(max);
        newest_first.sort_by_key(|&(offset, _)| Reverse(offset));
        newest_first.iter().map(|&(offset, _)| offset).collect()
    }

    /// Drops the trials that the best beats by now.
    fn drop_beaten(&mut self, best: f64, direction: Direction) {
        self.trials
            .retain(|&(_, score)| direction.better(score, best) && !is_placeholder(score, best));
    }

    fn drop_worst(&mut self, direction: Direction) {
        let scores = self.trials.iter().enumerate();
        let worst = scores.reduce(|worst, other| {
            let is_worse = direction.better(worst.1.1, other.1.1);
            if is_worse { other } else { worst }
        });
        if let Some((at, _)) = worst {
            self.trials.remove(at);
        }
    }
}

/// Whether a score stands for "none": some harnesses write 0 or -1 for a trial that failed.
fn is_placeholder(score: f64, best: f64) -> bool {
    best != 0.0 && score * best <= 0.0
}

impl Query for BetterInvalid {
    fn observe(&mut self, row: &Row) {
        let direction = row.schema.direction;
        let before = self.best.score();
        self.best.observe(row);
        match self.best.score() {
            Some(best) if before != Some(best) => self.drop_beaten(best, direction),
            best if row.status().is_failure() => {
                let Some(score) = row.score() else { return };
                let is_better =
                    |best| direction.better(score, best) && !is_placeholder(score, best);
                if best.is_none_or(is_better) && row.has_id() {
                    self.trials.push((row.offset, score));
                }
                if self.trials.len() > MAX_TRIALS {
                    self.drop_worst(direction);
                }
            }
            _ => {}
        }
    }

    fn answer_from(&self, summary: &Summary) -> Option<Self> {
        Some(summary.better_invalid.clone())
    }
}
