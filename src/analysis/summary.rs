//! The answers to the usual queries. Their size does not grow with the log, so they can be stored beside it and updated row
//! by row.

use serde::{Deserialize, Serialize};

use super::{
    Best, BestLineage, Chain, Failures, Leaderboard, Noise, Query, Tally, Tree, TreeBuilder,
    lineage::STORED, specialist::AllSpecialists,
};
use crate::log::{ExpId, Row};

/// How many rows of the leaderboard are stored.
const STORED_KEEPS: usize = 64;

/// The answers for a whole log.
#[derive(Serialize, Deserialize)]
pub struct Summary {
    pub(super) best: Best,
    pub(super) leaderboard: Leaderboard,
    pub(super) tally: Tally,
    pub(super) failures: Failures,
    pub(super) noise: Noise,
    pub(super) specialists: AllSpecialists,
    pub(super) lineage: BestLineage,
    /// The id of the best trial, unless it names an earlier trial.
    best_id: Option<ExpId>,
    /// Whether a trial names a parent that is not before it. A new best may then already have children.
    has_stray_parents: bool,
    /// The missing parent of the root of the best trial's chain.
    missing_ancestor: Option<ExpId>,
    /// Rows that have an id.
    rows: u64,
    /// One more than the largest number that is an id.
    next_id: u64,
}

/// Makes the summary of a log.
pub struct SummaryBuilder {
    summary: Summary,
    tree: TreeBuilder,
}

impl Default for SummaryBuilder {
    fn default() -> Self {
        Self {
            summary: Summary {
                best: Best::default(),
                leaderboard: Leaderboard::new(STORED_KEEPS),
                tally: Tally::default(),
                failures: Failures::default(),
                noise: Noise::default(),
                specialists: AllSpecialists::default(),
                lineage: BestLineage::default(),
                best_id: None,
                has_stray_parents: false,
                missing_ancestor: None,
                rows: 0,
                next_id: 0,
            },
            tree: TreeBuilder::default(),
        }
    }
}

impl Query for SummaryBuilder {
    fn observe(&mut self, row: &Row) {
        self.summary.count(row);
        self.tree.observe(row);
    }
}

impl SummaryBuilder {
    pub fn into_parts(self) -> (Summary, Tree) {
        let mut summary = self.summary;
        let tree = self.tree.into_tree();
        let best = summary.best.offset();
        summary.lineage = BestLineage::new(&tree, best, STORED, STORED);
        summary.has_stray_parents = tree.has_stray_parents();
        if let Some(best) = best {
            summary.best_id = tree.id_of_row(best);
            summary.missing_ancestor = tree.missing_ancestor(best);
        }
        (summary, tree)
    }
}

impl Summary {
    /// The offset of the best trial's row, and its score.
    pub fn best(&self) -> Option<(u64, f64)> {
        self.best.offset().zip(self.best.score())
    }

    pub fn is_best(&self, id: &ExpId) -> bool {
        self.best_id.as_ref() == Some(id)
    }

    /// One more than the largest number that is an id.
    pub fn next_id(&self) -> u64 {
        self.next_id
    }

    /// How many rows have an id.
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// Updates everything but the lineage.
    fn count(&mut self, row: &Row) {
        self.best.observe(row);
        self.leaderboard.observe(row);
        self.tally.observe(row);
        self.failures.observe(row);
        self.noise.observe(row);
        self.specialists.observe(row);
        if let Some(id) = row.id() {
            self.rows += 1;
            if let Some(number) = id.counted() {
                self.next_id = self.next_id.max(number + 1);
            }
        }
    }

    /// Adds a row whose id is new and whose parent, if any, is before it. `find_chain` returns the chain to the row; it is
    /// needed if the row is the new best and not a child of the old one. False if the summary must be made again.
    pub fn add(&mut self, row: &Row, find_chain: impl FnOnce() -> Option<Chain>) -> bool {
        let Some(id) = row.id() else {
            return false;
        };
        let parent = row.parent();
        let is_own_parent = parent.as_ref() == Some(&id);
        let is_missing_ancestor = self.missing_ancestor.as_ref() == Some(&id);
        if row.damage.is_some() || is_own_parent || is_missing_ancestor {
            return false;
        }
        let old_best = self.best.offset();
        self.count(row);
        let is_child_of_best = parent.is_some_and(|parent| self.is_best(&parent));
        if self.best.offset() == old_best {
            if is_child_of_best {
                self.lineage.add_child(row);
            }
            return true;
        }
        if self.has_stray_parents {
            return false;
        }
        if is_child_of_best {
            self.lineage.descend_to(row.offset);
        } else {
            let Some(chain) = find_chain() else {
                return false;
            };
            self.lineage = BestLineage::at_end_of(chain);
            self.missing_ancestor = None;
        }
        self.best_id = Some(id);
        true
    }
}
