//! Which trials have words in their hypothesis or notes.

use super::Scorer;
use crate::analysis::Query;
use crate::log::{Role, Row};

/// What a word in the notes counts; one in the hypothesis counts 1.
const NOTES: f64 = 0.1;

/// Scores the hypothesis and the notes of each trial that `is_wanted` accepts.
pub struct Search<F> {
    hypotheses: Scorer,
    notes: Scorer,
    is_wanted: F,
    offsets: Vec<u64>,
}

impl<F: Fn(&Row) -> bool> Search<F> {
    pub fn new(words: &str, is_wanted: F) -> Self {
        Self {
            hypotheses: Scorer::new(words),
            notes: Scorer::new(words),
            is_wanted,
            offsets: Vec::new(),
        }
    }

    /// The offsets and scores of the best `n` trials that have one of the words; the newer one first in a tie.
    pub fn rank(&self, n: usize) -> Vec<(u64, f64)> {
        let fields = self
            .hypotheses
            .scores()
            .into_iter()
            .zip(self.notes.scores());
        let scores = fields.map(|(hypothesis, notes)| hypothesis + NOTES * notes);
        let mut found: Vec<_> = self.offsets.iter().copied().zip(scores).collect();
        found.retain(|&(_, score)| score > 0.0);
        found.reverse();
        found.sort_by(|(_, a), (_, b)| b.total_cmp(a));
        found.truncate(n);
        found
    }
}

impl<F: Fn(&Row) -> bool> Query for Search<F> {
    fn observe(&mut self, row: &Row) {
        if row.damage.is_none() {
            let is_candidate = (self.is_wanted)(row);
            self.hypotheses
                .add(&row.text(Role::Hypothesis), is_candidate);
            self.notes.add(&row.text(Role::Notes), is_candidate);
            if is_candidate {
                self.offsets.push(row.offset);
            }
        }
    }
}
