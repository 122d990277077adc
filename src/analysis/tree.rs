//! Which trial came from which. A few words per trial: the rows stay in the log and are read again if they are shown.

use std::{collections::HashSet, hash::Hash};

use super::Query;
use crate::log::{ExpId, Row, Status};

#[derive(Debug)]
pub(super) struct Node {
    pub(super) id: ExpId,
    pub(super) parent: Option<ExpId>,
    offset: u64,
    status: Status,
}

/// Collects every trial that has an id, with its parent.
#[derive(Debug, Default)]
pub struct TreeBuilder(Vec<Node>);

impl TreeBuilder {
    /// Adds a trial, unless it has no id. Returns whether it was added.
    pub fn add(&mut self, row: &Row) -> bool {
        let Some(id) = row.id() else {
            return false;
        };
        self.0.push(Node {
            id,
            parent: row.parent(),
            offset: row.offset,
            status: row.status(),
        });
        true
    }

    pub fn into_tree(self) -> Tree {
        let nodes = self.0;
        let mut by_id: Vec<usize> = (0..nodes.len()).collect();
        by_id.sort_by_key(|&index| &nodes[index].id);
        Tree { nodes, by_id }
    }
}

impl Query for TreeBuilder {
    fn observe(&mut self, row: &Row) {
        self.add(row);
    }
}

/// All trials and their parents. An id that occurs twice names the first trial. Trials are identified by the offset of
/// their row, or by their index among the trials that have an id.
#[derive(Debug)]
pub struct Tree {
    pub(super) nodes: Vec<Node>,
    /// The indices sorted by id, and by themselves if an id occurs twice.
    pub(super) by_id: Vec<usize>,
}

/// The ancestors of a trial and the trial itself.
#[derive(Clone, Debug, Default)]
pub struct Chain {
    /// The offsets of the rows, root first.
    pub offsets: Vec<u64>,
    pub end: ChainEnd,
}

/// Why a chain goes no further back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum ChainEnd {
    #[default]
    Root,
    /// The first trial names a parent that is not in the log.
    MissingParent,
    /// The first trial's parent is a later trial of the chain.
    Cycle,
}

impl Tree {
    /// The index of the first trial with this id.
    pub(super) fn find(&self, id: &ExpId) -> Option<usize> {
        let at = self
            .by_id
            .partition_point(|&index| self.nodes[index].id < *id);
        let index = *self.by_id.get(at)?;
        (self.nodes[index].id == *id).then_some(index)
    }

    /// The index of the trial whose row starts at `offset`.
    pub fn at(&self, offset: u64) -> Option<usize> {
        let index = self.nodes.binary_search_by_key(&offset, |node| node.offset);
        index.ok()
    }

    /// The offset of the row of a trial.
    pub fn offset(&self, index: usize) -> u64 {
        self.nodes[index].offset
    }

    pub fn status(&self, index: usize) -> Status {
        self.nodes[index].status
    }

    /// The index of the parent of each trial.
    pub(super) fn parents(&self) -> Vec<Option<usize>> {
        let parents = self.nodes.iter().map(|node| node.parent.as_ref());
        parents.map(|parent| self.find(parent?)).collect()
    }

    /// The chain to a trial; `None` if the log does not have it.
    pub fn chain(&self, id: &ExpId) -> Option<Chain> {
        self.find(id).map(|index| self.chain_to(index))
    }

    /// The chain to the trial whose row starts at `offset`; empty if none does.
    pub fn chain_of_row(&self, offset: u64) -> Chain {
        let chain = self.at(offset).map(|index| self.chain_to(index));
        chain.unwrap_or_default()
    }

    fn chain_to(&self, index: usize) -> Chain {
        let (chain, end) = follow_parents(index, |index| {
            let parent = self.nodes[index].parent.as_ref();
            let parent = parent.ok_or(ChainEnd::Root)?;
            self.find(parent).ok_or(ChainEnd::MissingParent)
        });
        let offsets = chain.iter().rev().map(|&index| self.offset(index));
        Chain {
            offsets: offsets.collect(),
            end,
        }
    }

    /// The offsets and statuses of the children of the trial whose row starts at `offset`, in the order of the log.
    pub fn children_of_row(&self, offset: u64) -> impl Iterator<Item = (u64, Status)> {
        let id = self.id_of_row(offset);
        let is_child =
            move |node: &&Node| id.is_some() && node.parent.as_ref() == id && Some(&node.id) != id;
        let children = self.nodes.iter().filter(is_child);
        children.map(|node| (node.offset, node.status))
    }

    /// The id of the trial whose row starts at `offset`, unless it names an earlier trial.
    pub fn id_of_row(&self, offset: u64) -> Option<&ExpId> {
        let index = self.at(offset)?;
        let id = &self.nodes[index].id;
        (self.find(id) == Some(index)).then_some(id)
    }

    /// Whether a trial names a parent that is not before it in the log.
    pub fn has_stray_parents(&self) -> bool {
        let mut nodes = self.nodes.iter().zip(self.parents()).enumerate();
        nodes.any(|(index, (node, parent))| {
            node.parent.is_some() && parent.is_none_or(|parent| parent >= index)
        })
    }

    /// The parent that the row at `offset` names.
    pub fn parent_of_row(&self, offset: u64) -> Option<&ExpId> {
        self.nodes[self.at(offset)?].parent.as_ref()
    }
}

/// A trial and its ancestors, youngest first, and why there are no more.
pub fn follow_parents<T: Copy + Eq + Hash>(
    trial: T,
    mut find_parent: impl FnMut(T) -> Result<T, ChainEnd>,
) -> (Vec<T>, ChainEnd) {
    let mut chain = vec![trial];
    let mut visited = HashSet::from([trial]);
    let mut last = trial;
    loop {
        match find_parent(last) {
            Ok(parent) if visited.insert(parent) => last = parent,
            Ok(_) => return (chain, ChainEnd::Cycle),
            Err(end) => return (chain, end),
        }
        chain.push(last);
    }
}
