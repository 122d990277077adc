//! Which trials are best.

use super::Question;
use crate::trial::{Row, Status, Trial};

/// The best trial: among `keep` and `baseline` rows, and no others; the earliest wins a tie.
#[derive(Default)]
pub struct Best(Option<(f64, Trial)>);

impl Best {
    pub fn trial(&self) -> Option<&Trial> {
        self.0.as_ref().map(|(_, trial)| trial)
    }

    pub fn into_trial(self) -> Option<Trial> {
        self.0.map(|(_, trial)| trial)
    }
}

impl Question for Best {
    fn see(&mut self, row: Row<'_>) {
        let Some(score) = row.eligible_score() else { return };
        if self.0.as_ref().is_none_or(|(best, _)| row.schema.direction.better(score, *best)) {
            self.0 = Some((score, row.to_trial()));
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

    pub fn into_trials(self) -> Vec<Trial> {
        self.ranked.into_iter().map(|(_, trial)| trial).collect()
    }
}

impl Question for Board {
    fn see(&mut self, row: Row<'_>) {
        let Some(score) = row.score().filter(|_| row.status() == Status::Keep) else { return };
        let direction = row.schema.direction;
        let rank = self.ranked.partition_point(|(ranked, _)| !direction.better(score, *ranked));
        if rank < self.size {
            self.ranked.insert(rank, (score, row.to_trial()));
            self.ranked.truncate(self.size);
        }
    }
}
