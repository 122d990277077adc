//! The best trial's ancestors and children, as many as are shown. Trials are identified by the offset of their row.

use std::collections::{BTreeMap, VecDeque};

use serde::{Deserialize, Serialize};

use super::{Best, Chain, ChainEnd, Query, Summary, Tree, TreeBuilder};
use crate::log::{Row, Status};

/// How many links and children a summary stores.
pub(super) const STORED: usize = 64;

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct BestLineage {
    pub chain: ChainSummary,
    pub children: ChildrenSummary,
}

/// The chain to the best trial: its root and its last links.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ChainSummary {
    pub root: Option<u64>,
    /// How many links between the root and the last ones are left out.
    pub skipped: usize,
    /// The last links without the root; the best trial is the last one, unless it is the root.
    pub last: VecDeque<u64>,
    pub end: ChainEnd,
}

/// What was tried from the best trial, without ignored trials.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ChildrenSummary {
    /// Oldest first.
    pub newest: VecDeque<(u64, Status)>,
    /// The older ones, by status.
    pub older: BTreeMap<Status, u64>,
    /// How many of the last ones failed without a completed one among them.
    pub failed_in_a_row: usize,
}

impl ChainSummary {
    fn new(chain: Chain, max_links: usize) -> Self {
        let mut last = VecDeque::from(chain.offsets);
        let mut summary = Self {
            root: last.pop_front(),
            skipped: 0,
            last,
            end: chain.end,
        };
        summary.shorten(max_links);
        summary
    }

    fn shorten(&mut self, max_links: usize) {
        let excess = self.last.len().saturating_sub(max_links);
        self.last.drain(..excess);
        self.skipped += excess;
    }
}

impl ChildrenSummary {
    fn push(&mut self, offset: u64, status: Status) {
        if status.is_failure() {
            self.failed_in_a_row += 1;
        } else {
            self.failed_in_a_row = 0;
        }
        self.newest.push_back((offset, status));
    }

    fn shorten(&mut self, max_children: usize) {
        let excess = self.newest.len().saturating_sub(max_children);
        for (_, status) in self.newest.drain(..excess) {
            *self.older.entry(status).or_default() += 1;
        }
    }
}

impl BestLineage {
    pub(super) fn new(
        tree: &Tree,
        best: Option<u64>,
        max_links: usize,
        max_children: usize,
    ) -> Self {
        let Some(best) = best else {
            return Self::default();
        };
        let mut children = ChildrenSummary::default();
        for (offset, status) in tree.children_of_row(best) {
            children.push(offset, status);
        }
        children.shorten(max_children);
        Self {
            chain: ChainSummary::new(tree.chain_of_row(best), max_links),
            children,
        }
    }

    /// Adds a child of the best trial.
    pub(super) fn add_child(&mut self, row: &Row) {
        if !row.status().is_ignored() {
            self.children.push(row.offset, row.status());
            self.children.shorten(STORED);
        }
    }

    /// A new child of the best trial becomes the best.
    pub(super) fn descend_to(&mut self, offset: u64) {
        self.chain.last.push_back(offset);
        self.chain.shorten(STORED);
        self.children = ChildrenSummary::default();
    }

    /// The lineage of a new trial at the end of this chain.
    pub(super) fn at_end_of(chain: Chain) -> Self {
        Self {
            chain: ChainSummary::new(chain, STORED),
            children: ChildrenSummary::default(),
        }
    }
}

/// The query for the lineage of the best trial.
#[derive(Debug)]
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
            best: Best::default(),
            tree: TreeBuilder::default(),
            stored: None,
        }
    }

    pub fn into_lineage(self) -> BestLineage {
        if let Some(stored) = self.stored {
            return stored;
        }
        let tree = self.tree.into_tree();
        BestLineage::new(&tree, self.best.offset(), self.max_links, self.max_children)
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
        let mut lineage = summary.lineage.clone();
        lineage.chain.shorten(self.max_links);
        lineage.children.shorten(self.max_children);
        let mut query = Self::new(self.max_links, self.max_children);
        query.stored = Some(lineage);
        Some(query)
    }
}
