//! Which trials are best.

use super::Question;
use crate::trial::{Direction, Row, Status, Trial};

/// The best trial: among `keep` and `baseline` rows, and no others; the earliest wins a tie.
#[derive(Default)]
pub struct Best(Option<(f64, Trial)>);

impl Best {
    pub fn trial(&self) -> Option<&Trial> {
        self.0.as_ref().map(|(_, trial)| trial)
    }

    fn enter(&mut self, direction: Direction, score: f64, trial: impl FnOnce() -> Trial) {
        if self.0.as_ref().is_none_or(|(best, _)| direction.better(score, *best)) {
            self.0 = Some((score, trial()));
        }
    }

    pub fn into_trial(self) -> Option<Trial> {
        self.0.map(|(_, trial)| trial)
    }
}

impl Question for Best {
    fn see(&mut self, row: Row<'_>) {
        if let Some(score) = row.eligible_score() {
            self.enter(row.schema.direction, score, || row.to_trial());
        }
    }

    fn fresh(&self) -> Self {
        Self::default()
    }

    fn then(&mut self, later: Self) {
        if let Some((score, trial)) = later.0 {
            self.enter(trial.row().schema.direction, score, || trial.clone());
        }
    }
}

/// The best `keep` rows, best first, the earlier one first where they tie.
pub struct Board {
    size: usize,
    /// In the order of the log where they tie; not ranked since `worst` was known.
    ranked: Vec<(f64, Trial)>,
    /// What must be beaten to come in, once there are `size`.
    worst: Option<f64>,
}

impl Board {
    pub fn new(size: usize) -> Self {
        Self { size, ranked: Vec::new(), worst: None }
    }

    fn enter(&mut self, direction: Direction, score: f64, trial: impl FnOnce() -> Trial) {
        if self.worst.is_some_and(|worst| !direction.better(score, worst)) {
            return;
        }
        self.ranked.push((score, trial()));
        // Ranked now and then, not for each: where every keep is better than the last, each would move all the others.
        if self.ranked.len() >= self.size.saturating_mul(2).max(64) {
            self.rank(direction);
        }
    }

    fn rank(&mut self, direction: Direction) {
        self.ranked.sort_by(|(a, _), (b, _)| match direction {
            Direction::Minimize => a.total_cmp(b),
            Direction::Maximize => b.total_cmp(a),
        });
        self.ranked.truncate(self.size);
        self.worst = self.ranked.last().map(|(score, _)| *score).filter(|_| self.ranked.len() == self.size);
    }

    pub fn into_trials(mut self) -> Vec<Trial> {
        if let Some(direction) = self.ranked.first().map(|(_, trial)| trial.row().schema.direction) {
            self.rank(direction);
        }
        self.ranked.into_iter().map(|(_, trial)| trial).collect()
    }
}

impl Question for Board {
    fn see(&mut self, row: Row<'_>) {
        if row.status() == Status::Keep
            && let Some(score) = row.score()
        {
            self.enter(row.schema.direction, score, || row.to_trial());
        }
    }

    fn fresh(&self) -> Self {
        Self::new(self.size)
    }

    fn then(&mut self, later: Self) {
        for (score, trial) in later.ranked {
            self.enter(trial.row().schema.direction, score, || trial.clone());
        }
    }
}
