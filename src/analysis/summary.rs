//! The answers to the usual questions, bounded in size whatever the length of the log, so that they can be kept beside it and
//! carried on row by row.

use serde::{Deserialize, Serialize};

use super::{
    Best, Chain, Failures, Leaderboard, Noise, Query, Tally, Tree, TreeBuilder,
    family::{BestLineage, KEPT},
    specialist::SpecialistIndex,
};
use crate::log::{ExpId, Row};

/// Rows of the leaderboard that are kept.
const BOARD: usize = 64;

/// What the usual questions have come to over a whole log.
#[derive(Serialize, Deserialize)]
pub struct Summary {
    pub(super) best: Best,
    pub(super) board: Leaderboard,
    pub(super) tally: Tally,
    pub(super) failures: Failures,
    pub(super) noise: Noise,
    pub(super) axes: SpecialistIndex,
    pub(super) family: BestLineage,
    /// The best's id, where it names it and no earlier trial.
    best_id: Option<ExpId>,
    /// Whether a trial names a parent that the log does not have before it. A new best may then have children already.
    has_strays: bool,
    /// The parent that the root of the best's chain names and that the log does not have.
    awaited: Option<ExpId>,
    /// Rows that have an id.
    rows: u64,
    /// One more than the largest number that is an id.
    next: u64,
}

/// The query whose answer is a summary and the tree.
pub struct SummaryBuilder((Sums, TreeBuilder));

type Sums = (
    ((Best, Leaderboard), (Tally, Failures)),
    ((Noise, SpecialistIndex), Ids),
);

/// Rows that have an id, and one more than the largest number that is one.
#[derive(Default)]
struct Ids {
    rows: u64,
    next: u64,
}

impl Query for Ids {
    fn observe(&mut self, row: &Row) {
        if let Some(id) = row.id() {
            self.rows += 1;
            self.next = self.next.max(id.counted().map_or(0, |number| number + 1));
        }
    }
}

impl Default for SummaryBuilder {
    fn default() -> Self {
        let shown = (Best::default(), Leaderboard::new(BOARD));
        Self((
            ((shown, Default::default()), Default::default()),
            Default::default(),
        ))
    }
}

impl Query for SummaryBuilder {
    fn observe(&mut self, row: &Row) {
        self.0.observe(row);
    }
}

impl SummaryBuilder {
    pub fn into_parts(self) -> (Summary, Tree) {
        let ((((best, board), (tally, failures)), ((noise, axes), ids)), forest) = self.0;
        let tree = forest.into_tree();
        let summary = Summary {
            family: BestLineage::of(&tree, best.offset(), KEPT, KEPT),
            best_id: best.offset().and_then(|offset| tree.name_of_row(offset)),
            has_strays: tree.has_strays(),
            awaited: best.offset().and_then(|offset| tree.missing_above(offset)),
            rows: ids.rows,
            next: ids.next,
            best,
            board,
            tally,
            failures,
            noise,
            axes,
        };
        (summary, tree)
    }
}

impl Summary {
    /// Where the best's row begins, and its score.
    pub fn best(&self) -> Option<(u64, f64)> {
        self.best.offset().zip(self.best.score())
    }

    pub fn is_best(&self, id: &ExpId) -> bool {
        self.best_id.as_ref() == Some(id)
    }

    /// One more than the largest number that is an id.
    pub fn next_id(&self) -> u64 {
        self.next
    }

    /// How many rows have an id.
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// Carries the answers on to a row that was added, whose id is new and whose parent, where it has one, stands before it.
    /// `chain` is asked for the way to the row where that does not lead through the best. False where the answers cannot be
    /// carried on: they must then be found anew.
    pub fn add(&mut self, row: &Row, chain: impl FnOnce() -> Option<Chain>) -> bool {
        let (Some(id), before) = (row.id(), self.best.offset()) else {
            return false;
        };
        let parent = row.parent();
        if row.damage.is_some()
            || parent.as_ref() == Some(&id)
            || self.awaited.as_ref() == Some(&id)
        {
            return false;
        }
        self.best.observe(row);
        self.board.observe(row);
        self.tally.observe(row);
        self.failures.observe(row);
        self.noise.observe(row);
        self.axes.observe(row);
        self.rows += 1;
        self.next = self.next.max(id.counted().map_or(0, |number| number + 1));
        let from_best = parent.is_some() && parent == self.best_id;
        if self.best.offset() == before {
            if from_best {
                self.family.add_child(row);
            }
            return true;
        }
        if self.has_strays {
            return false;
        } else if from_best {
            self.family.descend(row.offset);
        } else {
            let Some(chain) = chain() else { return false };
            self.family = BestLineage::at_end_of(chain);
            self.awaited = None;
        }
        self.best_id = Some(id);
        true
    }
}
