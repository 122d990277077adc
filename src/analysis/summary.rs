//! The answers to the usual queries. Their size does not grow with the log, so they can be stored in its index and updated
//! row by row.

use serde::{Deserialize, Serialize};

use super::{
    Best, BestLineage, BetterInvalid, Chain, Failures, KeepSigns, Leaderboard, Limits, NearMisses,
    Query, RecentTrials, RunSpan, Tally, Tree, lineage::STORED, specialist::AllSpecialists,
};
use crate::log::{ExpId, Row};

/// How many rows of the leaderboard are stored.
const STORED_KEEPS: usize = 64;

/// The answers for a whole log: make it observe every row, then set the lineage.
#[derive(Default, Serialize, Deserialize)]
pub struct Summary {
    pub(super) best: Best,
    pub(super) leaderboard: Leaderboard,
    pub(super) tally: Tally,
    pub(super) failures: Failures,
    pub(super) near_misses: NearMisses,
    pub(super) limits: Limits,
    pub(super) keep_signs: KeepSigns,
    pub(super) recent: RecentTrials,
    pub(super) better_invalid: BetterInvalid,
    pub(super) specialists: AllSpecialists,
    pub(super) lineage: BestLineage,
    pub(super) span: RunSpan,
    /// The id of the best trial, unless it names an earlier trial.
    best_id: Option<ExpId>,
    /// Whether a trial names a parent that is not before it. A new best may then already have children.
    has_stray_parents: bool,
    /// The parent that the root of the best trial's chain names: once it is in the log, the chain is longer.
    root_parent: Option<ExpId>,
    /// One more than the largest number that is an id.
    next_id: u64,
}

impl Query for Summary {
    /// Updates everything but the lineage.
    fn observe(&mut self, row: &Row) {
        self.best.observe(row);
        self.leaderboard.observe(row);
        self.tally.observe(row);
        self.failures.observe(row);
        self.near_misses.observe(row);
        self.limits.observe(row);
        self.keep_signs.observe(row);
        self.recent.observe(row);
        self.better_invalid.observe(row);
        self.specialists.observe(row);
        self.span.observe(row);
        if let Some(number) = row.id().and_then(|id| id.counted()) {
            self.next_id = self.next_id.max(number + 1);
        }
    }
}

impl Summary {
    pub fn new() -> Self {
        Self {
            leaderboard: Leaderboard::new(STORED_KEEPS),
            ..Self::default()
        }
    }

    /// Sets the lineage of the best trial, after all rows have been observed.
    pub fn set_lineage(&mut self, tree: &Tree) {
        let best = self.best.offset();
        self.lineage = BestLineage::of(best, tree);
        self.lineage.shorten(STORED, STORED);
        self.best_id = best.and_then(|best| tree.id_of_row(best)).cloned();
        let root = self.lineage.root;
        self.root_parent = root.and_then(|root| tree.parent_of_row(root)).cloned();
        self.has_stray_parents = tree.has_stray_parents();
    }

    /// The offset of the best trial's row, and its score.
    pub fn best(&self) -> Option<(u64, f64)> {
        self.best.0
    }

    pub fn is_best(&self, id: &ExpId) -> bool {
        self.best_id.as_ref() == Some(id)
    }

    /// One more than the largest number that is an id.
    pub fn next_id(&self) -> u64 {
        self.next_id
    }

    /// Adds a row whose id is new and whose parent, if any, is before it. `find_chain` returns the chain to the row; it is
    /// needed if the row is the new best and not a child of the old one. `None` if the summary must be made again.
    pub fn add(&mut self, row: &Row, find_chain: impl FnOnce() -> Option<Chain>) -> Option<()> {
        let (id, parent) = (row.id()?, row.parent());
        let changes_chain = [&parent, &self.root_parent]
            .map(Option::as_ref)
            .contains(&Some(&id));
        if row.damage.is_some() || changes_chain {
            return None;
        }
        let is_child_of_best = parent.is_some_and(|parent| self.is_best(&parent));
        let old_best = self.best.offset();
        self.observe(row);
        if self.best.offset() == old_best {
            if is_child_of_best {
                self.lineage.add_child(row.offset, row.status());
            }
        } else if self.has_stray_parents {
            return None;
        } else if is_child_of_best {
            self.lineage.descend_to(row.offset);
            self.best_id = Some(id);
        } else {
            self.lineage = BestLineage::childless(find_chain()?);
            self.root_parent = None;
            self.best_id = Some(id);
        }
        self.lineage.shorten(STORED, STORED);
        Some(())
    }
}
