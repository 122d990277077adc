//! Which trial came from which. A few words per trial: the rows stay in the log and are read again if they are shown.

use std::collections::{HashMap, HashSet};

use super::{Query, walk::find_cycles};
use crate::log::{ExpId, Row, Status};

/// An id as a number: numbers below `FIRST_NAME` are themselves, other ids count up from it.
pub(super) type Key = u64;
pub(super) const FIRST_NAME: Key = 1 << 62;

#[derive(Clone, Copy, Debug)]
pub(super) struct Node {
    pub(super) id: Key,
    pub(super) parent: Option<Key>,
    pub(super) offset: u64,
    pub(super) status: Status,
}

/// Collects every trial that has an id, with its parent.
#[derive(Debug, Default)]
pub struct TreeBuilder {
    nodes: Vec<Node>,
    names: HashMap<String, Key>,
}

impl TreeBuilder {
    fn key(&mut self, id: ExpId) -> Key {
        match id {
            ExpId::Number(number) if number < FIRST_NAME => number,
            id => {
                let next = FIRST_NAME + self.names.len() as Key;
                *self.names.entry(id.to_string()).or_insert(next)
            }
        }
    }

    pub fn into_tree(self) -> Tree {
        let is_sorted = self.nodes.is_sorted_by(|a, b| a.id < b.id);
        let mut first = HashMap::new();
        if !is_sorted {
            for (index, node) in self.nodes.iter().enumerate() {
                first.entry(node.id).or_insert(index);
            }
        }
        Tree {
            nodes: self.nodes,
            names: self.names,
            is_sorted,
            first,
        }
    }
}

impl Query for TreeBuilder {
    fn observe(&mut self, row: &Row) {
        let Some(id) = row.id() else {
            return;
        };
        let node = Node {
            id: self.key(id),
            parent: row.parent().map(|parent| self.key(parent)),
            offset: row.offset,
            status: row.status(),
        };
        self.nodes.push(node);
    }
}

/// All trials and their parents. An id that occurs twice names the first trial. Trials are identified by the offset of
/// their row, or by their index among the trials that have an id.
#[derive(Debug)]
pub struct Tree {
    pub(super) nodes: Vec<Node>,
    pub(super) names: HashMap<String, Key>,
    /// Whether the ids only grow, so that a binary search finds them.
    pub(super) is_sorted: bool,
    /// Where each id occurs first; empty if the ids are sorted.
    first: HashMap<Key, usize>,
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

/// What is wrong with the id or the parent of a trial.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TreeFault {
    /// The trial with this index already has the id.
    DuplicateId {
        first: usize,
    },
    OwnParent,
    MissingParent(String),
    LaterParent(String),
    /// The parent leads back to the trial.
    Cycle(String),
}

impl Tree {
    fn find(&self, id: Key) -> Option<usize> {
        if self.is_sorted {
            self.nodes.binary_search_by_key(&id, |node| node.id).ok()
        } else {
            self.first.get(&id).copied()
        }
    }

    pub(super) fn find_id(&self, id: &ExpId) -> Option<usize> {
        match id {
            ExpId::Number(number) if *number < FIRST_NAME => self.find(*number),
            id => self.find(*self.names.get(&id.to_string())?),
        }
    }

    /// The index of the trial whose row starts at `offset`.
    pub fn at(&self, offset: u64) -> Option<usize> {
        let index = self.nodes.binary_search_by_key(&offset, |node| node.offset);
        index.ok()
    }

    /// The offset of the row of a trial.
    ///
    /// # Panics
    ///
    /// If there are not that many trials.
    pub fn offset(&self, index: usize) -> u64 {
        self.nodes[index].offset
    }

    /// The index of the parent of each trial.
    pub(super) fn parents(&self) -> Vec<Option<usize>> {
        let mut last = (None, None);
        let mut parents = Vec::with_capacity(self.nodes.len());
        for node in &self.nodes {
            // Most trials have the parent of the one before.
            if node.parent != last.0 {
                last = (node.parent, node.parent.and_then(|id| self.find(id)));
            }
            parents.push(last.1);
        }
        parents
    }

    /// The chain to a trial; `None` if the log does not have it.
    pub fn chain(&self, id: &ExpId) -> Option<Chain> {
        self.find_id(id).map(|index| self.chain_to(index))
    }

    /// The chain to the trial whose row starts at `offset`; empty if none does.
    pub fn chain_of_row(&self, offset: u64) -> Chain {
        match self.at(offset) {
            Some(index) => self.chain_to(index),
            None => Chain::default(),
        }
    }

    fn chain_to(&self, index: usize) -> Chain {
        let mut offsets = vec![self.nodes[index].offset];
        let mut visited = HashSet::from([index]);
        let mut at = index;
        let mut end = ChainEnd::Root;
        while let Some(parent) = self.nodes[at].parent {
            let Some(next) = self.find(parent) else {
                end = ChainEnd::MissingParent;
                break;
            };
            if !visited.insert(next) {
                end = ChainEnd::Cycle;
                break;
            }
            offsets.push(self.nodes[next].offset);
            at = next;
        }
        offsets.reverse();
        Chain { offsets, end }
    }

    /// The children of the trial whose row starts at `offset`, in the order of the log, without ignored ones: the offsets
    /// of their rows and their statuses.
    pub fn children_of_row(&self, offset: u64) -> Vec<(u64, Status)> {
        let Some(index) = self.at(offset) else {
            return Vec::new();
        };
        let id = self.nodes[index].id;
        if self.find(id) != Some(index) {
            return Vec::new(); // the id names an earlier trial
        }
        let mut children = Vec::new();
        for node in &self.nodes {
            if node.parent == Some(id) && node.id != id && !node.status.is_ignored() {
                children.push((node.offset, node.status));
            }
        }
        children
    }

    /// Number and offset of every trial that is named by a number.
    pub fn numbered(&self) -> impl Iterator<Item = (u64, u64)> {
        let nodes = self.nodes.iter().enumerate();
        nodes.filter_map(|(index, node)| {
            let is_named =
                node.id < FIRST_NAME && (self.is_sorted || self.find(node.id) == Some(index));
            is_named.then_some((node.id, node.offset))
        })
    }

    /// Whether a trial names a parent that is not before it in the log.
    pub fn has_stray_parents(&self) -> bool {
        let parents = self.parents();
        self.nodes.iter().enumerate().any(|(index, node)| {
            node.parent.is_some() && parents[index].is_none_or(|parent| parent >= index)
        })
    }

    /// The missing parent of the root of the chain to the row at `offset`, if it has one.
    pub fn missing_ancestor(&self, offset: u64) -> Option<ExpId> {
        let chain = self.chain_of_row(offset);
        if chain.end != ChainEnd::MissingParent {
            return None;
        }
        let root = self.at(*chain.offsets.first()?)?;
        self.to_id(self.nodes[root].parent?)
    }

    /// The id of the trial whose row starts at `offset`, unless it names an earlier trial.
    pub fn id_of_row(&self, offset: u64) -> Option<ExpId> {
        let index = self.at(offset)?;
        let id = self.nodes[index].id;
        if self.find(id) != Some(index) {
            return None;
        }
        self.to_id(id)
    }

    fn to_id(&self, key: Key) -> Option<ExpId> {
        if key < FIRST_NAME {
            return Some(ExpId::Number(key));
        }
        let (name, _) = self.names.iter().find(|(_, other)| **other == key)?;
        ExpId::parse(name)
    }

    /// What is wrong with ids and parents: the index of the trial, its id, the fault.
    pub fn faults(&self) -> Vec<(usize, String, TreeFault)> {
        let parents = self.parents();
        let cycles = find_cycles(&parents);
        let names: HashMap<Key, &String> =
            self.names.iter().map(|(name, key)| (*key, name)).collect();
        let name = |key: Key| match names.get(&key) {
            Some(name) => (*name).clone(),
            None => ExpId::Number(key).to_string(),
        };
        let mut faults = Vec::new();
        for (index, node) in self.nodes.iter().enumerate() {
            if let Some(&first) = self.first.get(&node.id)
                && first < index
            {
                faults.push((index, name(node.id), TreeFault::DuplicateId { first }));
            }
            let Some(parent) = node.parent else {
                continue;
            };
            let fault = match parents[index] {
                _ if parent == node.id => TreeFault::OwnParent,
                None => TreeFault::MissingParent(name(parent)),
                Some(_) if cycles.contains(&index) => TreeFault::Cycle(name(parent)),
                Some(at) if at > index => TreeFault::LaterParent(name(parent)),
                Some(_) => continue,
            };
            faults.push((index, name(node.id), fault));
        }
        faults
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A tree of `(id, parent)`; the offset of a row is its index.
    fn tree(rows: &[(&str, &str)]) -> Tree {
        let mut builder = TreeBuilder::default();
        for (offset, (id, parent)) in rows.iter().enumerate() {
            let id = builder.key(ExpId::parse(id).unwrap());
            let parent = ExpId::parse(parent).map(|parent| builder.key(parent));
            let status = if offset % 2 == 0 {
                Status::Keep
            } else {
                Status::Discard
            };
            builder.nodes.push(Node {
                id,
                parent,
                offset: offset as u64,
                status,
            });
        }
        builder.into_tree()
    }

    fn walked(tree: &Tree) -> Vec<(usize, usize, ChainEnd)> {
        tree.branches(None, None)
            .unwrap()
            .walk()
            .map(|visit| (visit.index, visit.depth, visit.end))
            .collect()
    }

    #[test]
    fn siblings_are_sorted_by_id_below_their_parent() {
        let tree = tree(&[("0", ""), ("2", "0"), ("1", "exp_000"), ("3", "2")]);
        let root = ChainEnd::Root;
        assert_eq!(
            walked(&tree),
            [(0, 0, root), (2, 1, root), (1, 1, root), (3, 2, root)]
        );
    }

    #[test]
    fn orphans_and_cycles_become_marked_roots_and_every_trial_is_visited_once() {
        let tree = tree(&[
            ("1", "9"),
            ("2", "3"),
            ("3", "4"),
            ("4", "2"),
            ("5", "5"),
            ("6", "3"),
        ]);
        let ends = walked(&tree);
        assert_eq!(ends.len(), 6);
        assert_eq!(ends[0], (0, 0, ChainEnd::MissingParent));
        assert!(ends.contains(&(1, 0, ChainEnd::Cycle)));
        assert!(ends.contains(&(4, 0, ChainEnd::Cycle)));
        assert!(ends.contains(&(5, 3, ChainEnd::Root)) || ends.contains(&(5, 2, ChainEnd::Root)));
        assert_eq!(tree.chain(&ExpId::Number(4)).unwrap().end, ChainEnd::Cycle);
    }

    #[test]
    fn a_duplicate_id_names_the_first_trial() {
        let tree = tree(&[("1", ""), ("2", "1"), ("1", ""), ("3", "1")]);
        let children: Vec<u64> = tree
            .children_of_row(0)
            .into_iter()
            .map(|(offset, _)| offset)
            .collect();
        assert_eq!(children, [1, 3]);
        assert_eq!(tree.chain(&ExpId::Number(3)).unwrap().offsets, [0, 3]);
        assert_eq!(walked(&tree).len(), 4);
    }

    #[test]
    fn depth_needs_no_stack() {
        let mut rows = vec![("0".to_owned(), String::new())];
        rows.extend((1..200_000).map(|n: u32| (n.to_string(), (n - 1).to_string())));
        let rows: Vec<_> = rows
            .iter()
            .map(|(id, parent)| (id.as_str(), parent.as_str()))
            .collect();
        let tree = tree(&rows);
        assert_eq!(
            tree.chain(&ExpId::Number(199_999)).unwrap().offsets.len(),
            200_000
        );
        assert_eq!(walked(&tree).last().unwrap().1, 199_999);
    }

    #[test]
    fn wanted_trials_are_shown_with_their_ancestors() {
        // 0 keep, 1 discard, 2 keep below 1, 3 discard below 1, 4 keep below 0
        let tree = tree(&[("0", ""), ("1", "0"), ("2", "1"), ("3", "1"), ("4", "0")]);
        let shown = |status| -> Vec<(usize, bool)> {
            let branches = tree.branches(None, None).unwrap();
            branches
                .walk_to(|visit| visit.status == status)
                .iter()
                .map(|visit| (visit.index, visit.last))
                .collect()
        };
        assert_eq!(
            shown(Status::Keep),
            [(0, true), (1, false), (2, true), (4, true)]
        );
        assert_eq!(shown(Status::Discard), [(0, true), (1, true), (3, true)]);
    }
}
