//! Where the best came from, and what was tried from it: as much of it as is shown.

use std::collections::{BTreeMap, VecDeque};

use serde::{Deserialize, Serialize};

use super::{Best, Chain, ChainEnd, Query, Summary, Tree, TreeBuilder};
use crate::log::{Row, Status};

/// The best's chain and its children. Trials are named by where their rows begin.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct BestLineage {
    pub chain: Links,
    pub children: Children,
}

/// The chain to the best, with the links between its root and the last ones left out.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Links {
    pub root: Option<u64>,
    pub left_out: usize,
    /// The last links, without the root; the best itself is the last of all.
    pub last: VecDeque<u64>,
    pub end: ChainEnd,
}

impl Links {
    fn of(chain: Chain, size: usize) -> Self {
        let mut offsets = chain.offsets.into_iter();
        let mut links = Self {
            root: offsets.next(),
            end: chain.end,
            ..Self::default()
        };
        offsets.for_each(|offset| links.push(offset, size));
        links
    }

    /// The chain goes on to this trial.
    fn push(&mut self, offset: u64, size: usize) {
        self.last.push_back(offset);
        self.shorten(size);
    }

    fn shorten(&mut self, size: usize) {
        let older = self.last.len().saturating_sub(size);
        self.left_out += self.last.drain(..older).len();
    }
}

/// What was tried from the best, without the quarantined.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Children {
    /// The newest, oldest first.
    pub newest: VecDeque<(u64, Status)>,
    /// The others, by outcome.
    pub older: BTreeMap<Status, u64>,
    /// How many of the last ones all failed to complete.
    pub failed_last: usize,
}

impl Children {
    fn push(&mut self, offset: u64, status: Status, size: usize) {
        self.failed_last = if status.is_failure() {
            self.failed_last + 1
        } else {
            0
        };
        self.newest.push_back((offset, status));
        self.shorten(size);
    }

    fn shorten(&mut self, size: usize) {
        let older = self.newest.len().saturating_sub(size);
        for (_, status) in self.newest.drain(..older) {
            *self.older.entry(status).or_insert(0) += 1;
        }
    }
}

/// How many links and children a summary keeps.
pub(super) const KEPT: usize = 64;

impl BestLineage {
    /// The family of the best, with so many links besides the root and so many children.
    pub(super) fn of(tree: &Tree, best: Option<u64>, links: usize, children: usize) -> Self {
        let mut family = Self::default();
        if let Some(best) = best {
            family.chain = Links::of(tree.chain_of_row(best), links);
            for (offset, status) in tree.children_of_row(best) {
                family.children.push(offset, status, children);
            }
        }
        family
    }

    /// A trial that has the best for its parent was added.
    pub(super) fn add_child(&mut self, row: &Row) {
        if !row.status().is_ignored() {
            self.children.push(row.offset, row.status(), KEPT);
        }
    }

    /// A child of the best, of which there are no children yet, has become the best.
    pub(super) fn descend(&mut self, offset: u64) {
        self.chain.push(offset, KEPT);
        self.children = Children::default();
    }

    /// The end of this chain, of which there are no children yet, has become the best.
    pub(super) fn at_end_of(chain: Chain) -> Self {
        Self {
            chain: Links::of(chain, KEPT),
            children: Children::default(),
        }
    }
}

/// The question for the best's family.
pub struct Relatives {
    links: usize,
    children: usize,
    grown: (Best, TreeBuilder),
    recalled: Option<BestLineage>,
}

impl Relatives {
    /// With so many links besides the root, and so many children.
    pub fn new(links: usize, children: usize) -> Self {
        Self {
            links,
            children,
            grown: Default::default(),
            recalled: None,
        }
    }

    pub fn into_family(self) -> BestLineage {
        let (best, forest) = self.grown;
        let grow = || {
            BestLineage::of(
                &forest.into_tree(),
                best.offset(),
                self.links,
                self.children,
            )
        };
        self.recalled.unwrap_or_else(grow)
    }
}

impl Query for Relatives {
    fn observe(&mut self, row: &Row) {
        self.grown.observe(row);
    }

    fn from_summary(&self, summary: &Summary) -> Option<Self> {
        let mut family = summary.family.clone();
        if self.links.max(self.children) > KEPT {
            return None;
        }
        family.chain.shorten(self.links);
        family.children.shorten(self.children);
        Some(Self {
            recalled: Some(family),
            ..Self::new(self.links, self.children)
        })
    }
}
