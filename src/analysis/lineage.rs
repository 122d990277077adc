//! The best trial's ancestors and children, as many as are shown. Trials are identified by the offset of their row.

use std::collections::{BTreeMap, VecDeque};

use serde::{Deserialize, Serialize};

use super::{Best, Chain, ChainEnd, Query, Summary, Tree, TreeBuilder};
use crate::log::{Row, Status};

/// How many links and children a summary stores.
pub(super) const STORED: usize = 64;

/// The chain to the best trial, and what was tried from it, without ignored trials.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct BestLineage {
    pub root: Option<u64>,
    /// How many links between the root and the last ones are left out.
    pub skipped_links: usize,
    /// The last links without the root; the best trial is the last one, unless it is the root.
    pub links: VecDeque<u64>,
    pub end: ChainEnd,
    /// The last children, oldest first.
    pub children: VecDeque<(u64, Status)>,
    /// The older children, by status.
    pub older_children: BTreeMap<Status, u64>,
    /// How many of the last children failed without a completed one among them.
    pub failed_children: usize,
}

impl BestLineage {
    pub(super) fn of(best: Option<u64>, tree: &Tree) -> Self {
        let Some(best) = best else {
            return Self::default();
        };
        let mut lineage = Self::childless(tree.chain_of_row(best));
        for (offset, status) in tree.children_of_row(best) {
            lineage.add_child(offset, status);
        }
        lineage
    }

    /// The lineage of a trial without children.
    pub(super) fn childless(chain: Chain) -> Self {
        let mut links = VecDeque::from(chain.offsets);
        Self {
            root: links.pop_front(),
            links,
            end: chain.end,
            ..Self::default()
        }
    }

    pub(super) fn add_child(&mut self, offset: u64, status: Status) {
        if status.is_ignored() {
            return;
        }
        self.children.push_back((offset, status));
        let failed = self.failed_children + 1;
        self.failed_children = if status.is_failure() { failed } else { 0 };
    }

    /// A new child of the best trial becomes the best.
    pub(super) fn descend_to(&mut self, offset: u64) {
        self.links.push_back(offset);
        self.children.clear();
        self.older_children.clear();
        self.failed_children = 0;
    }

    pub(super) fn shorten(&mut self, max_links: usize, max_children: usize) {
        let excess = self.links.len().saturating_sub(max_links);
        self.links.drain(..excess);
        self.skipped_links += excess;
        let excess = self.children.len().saturating_sub(max_children);
        for (_, status) in self.children.drain(..excess) {
            *self.older_children.entry(status).or_default() += 1;
        }
    }
}

/// The query for the lineage of the best trial.
#[derive(Debug, Default)]
pub struct BestLineageQuery {
    max_links: usize,
    max_children: usize,
    best: Best,
    tree: TreeBuilder,
    stored: Option<BestLineage>,
}

impl BestLineageQuery {
    /// With at most that many links besides the root, and that many children.
    pub fn new(max_links: usize, max_children: usize) -> Self {
        Self {
            max_links,
            max_children,
            ..Self::default()
        }
    }

    pub fn into_lineage(self) -> BestLineage {
        let mut lineage = match self.stored {
            Some(stored) => stored,
            None => BestLineage::of(self.best.offset(), &self.tree.into_tree()),
        };
        lineage.shorten(self.max_links, self.max_children);
        lineage
    }
}

impl Query for BestLineageQuery {
    fn observe(&mut self, row: &Row) {
        self.best.observe(row);
        self.tree.observe(row);
    }

    fn answer_from(&self, summary: &Summary) -> Option<Self> {
        if self.max_links.max(self.max_children) > STORED {
            return None;
        }
        let mut query = Self::new(self.max_links, self.max_children);
        query.stored = Some(summary.lineage.clone());
        Some(query)
    }
}
