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
    ranked: Vec<(f64, Trial)>,
}

impl Board {
    pub fn new(size: usize) -> Self {
        Self { size, ranked: Vec::new() }
    }

    fn enter(&mut self, direction: Direction, score: f64, trial: impl FnOnce() -> Trial) {
        let rank = self.ranked.partition_point(|(ranked, _)| !direction.better(score, *ranked));
        if rank < self.size {
            self.ranked.insert(rank, (score, trial()));
            self.ranked.truncate(self.size);
        }
    }

    pub fn into_trials(self) -> Vec<Trial> {
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
