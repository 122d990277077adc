//! Who came from whom. A few words a trial: the rows themselves stay in the log and are read again where they are shown.

use std::collections::{HashMap, HashSet};

use super::{
    Query,
    nodes::{Key, NAMES, Node, Nodes},
    walk::cycles,
};
use crate::{
    log::Role,
    log::{ExpId, Row, Status, short},
};

/// Every trial's place in the log and its parent. Grow it over the rows, then ask `into_tree`.
#[derive(Default)]
pub struct TreeBuilder {
    nodes: Nodes,
    names: HashMap<String, Key>,
}

impl TreeBuilder {
    fn key(&mut self, id: ExpId) -> Key {
        match small(&id) {
            Some(number) => number,
            None => {
                let next = NAMES
                    + Key::try_from(self.names.len()).expect("fewer names than bytes of memory");
                *self.names.entry(id.to_string()).or_insert(next)
            }
        }
    }

    /// Settles which trial each parent is: an id that stands twice names the first.
    pub fn into_tree(self) -> Tree {
        let mut first = HashMap::new();
        if !self.nodes.is_sorted() {
            for (index, node) in self.nodes.iter().enumerate() {
                first.entry(node.id).or_insert(index);
            }
        }
        Tree {
            nodes: self.nodes,
            names: self.names,
            first,
        }
    }
}

impl Query for TreeBuilder {
    fn observe(&mut self, row: &Row) {
        let Some(id) = row
            .short_number(Role::Id)
            .or_else(|| row.id().map(|id| self.key(id)))
        else {
            return;
        };
        let parent = row
            .short_number(Role::Parent)
            .or_else(|| row.parent().map(|parent| self.key(parent)));
        self.nodes.push(Node {
            id,
            parent,
            offset: row.offset,
            status: row.status(),
        });
    }
}

/// The grown forest. Its answers name a trial by where its row begins in the log; a walk, by how many stand before it.
pub struct Tree {
    pub(super) nodes: Nodes,
    pub(super) names: HashMap<String, Key>,
    /// Where each id stands first; empty where the ids only grow.
    first: HashMap<Key, usize>,
}

/// The way from a root to a trial.
#[derive(Default)]
pub struct Chain {
    /// Where the rows begin, root first.
    pub offsets: Vec<u64>,
    pub end: ChainEnd,
}

/// Why a chain goes no further back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum ChainEnd {
    #[default]
    Root,
    /// The root names a parent that the log does not have.
    MissingParent,
    /// The root's parent is a trial that the chain has already passed.
    Cycle,
}

/// What can be wrong with an id or a parent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The id stands already, at that place.
    Twice {
        first: usize,
    },
    OwnParent,
    MissingParent(String),
    LaterParent(String),
    /// The parent leads back to the trial.
    Cycle(String),
}

impl Tree {
    pub(super) fn find(&self, id: Key) -> Option<usize> {
        if self.nodes.is_sorted() {
            self.nodes.find(id)
        } else {
            self.first.get(&id).copied()
        }
    }

    /// Every trial, and which one is its parent. Half of a word is enough: there are fewer trials than keys.
    pub(super) fn with_parents(&self) -> impl Iterator<Item = (Node, Option<u32>)> {
        let has_gaps = self.nodes.is_sorted() && !self.nodes.is_dense();
        let ids: Vec<Key> = if has_gaps {
            self.nodes.iter().map(|node| node.id).collect()
        } else {
            Vec::new()
        };
        let find = move |id| {
            if has_gaps {
                ids.binary_search(&id).ok()
            } else {
                self.find(id)
            }
        };
        let mut last = (None, None);
        self.nodes.iter().map(move |node| {
            if node.parent != last.0 {
                last = (node.parent, node.parent.and_then(&find).map(short));
            }
            (node, last.1) // nearly always that of the one before
        })
    }

    /// Where the row of the `index`-th trial begins.
    ///
    /// # Panics
    ///
    /// Where there are fewer trials.
    pub fn offset(&self, index: usize) -> u64 {
        self.nodes.get(index).expect("one of the trials").offset
    }

    /// Which trial has the row that begins at `offset`.
    pub fn at(&self, offset: u64) -> Option<usize> {
        self.nodes.at(offset)
    }

    pub(super) fn find_id(&self, id: &ExpId) -> Option<usize> {
        match small(id) {
            Some(number) => self.find(number),
            None => self.find(*self.names.get(&id.to_string())?),
        }
    }

    /// The way to a trial; `None` where the log does not have it.
    pub fn chain(&self, id: &ExpId) -> Option<Chain> {
        self.find_id(id).map(|index| self.chain_to(index))
    }

    /// The way to the trial whose row begins at `offset`; nothing where none does. Where an id stands twice, it names the
    /// first, but the best may be the second.
    pub fn chain_of_row(&self, offset: u64) -> Chain {
        self.nodes
            .at(offset)
            .map(|index| self.chain_to(index))
            .unwrap_or_default()
    }

    fn chain_to(&self, mut at: usize) -> Chain {
        let (mut way, mut offsets) = (Vec::new(), Vec::new());
        // Who was passed, once a parent comes later in the log than its child: before that nobody can be passed twice.
        let mut passed: Option<HashSet<usize>> = None;
        let end = loop {
            let Some(node) = self.nodes.get(at) else {
                break ChainEnd::Root;
            };
            way.push(at);
            offsets.push(node.offset);
            let Some(parent) = node.parent else {
                break ChainEnd::Root;
            };
            let Some(next) = self.find(parent) else {
                break ChainEnd::MissingParent;
            };
            if next >= at && passed.is_none() {
                passed = Some(way.iter().copied().collect());
            }
            if let Some(passed) = &mut passed
                && !passed.insert(next)
            {
                break ChainEnd::Cycle;
            }
            at = next;
        };
        offsets.reverse();
        Chain { offsets, end }
    }

    /// What is wrong with the ids and parents: the trial's place among those that have an id, its id, the fault.
    pub fn faults(&self) -> Vec<(usize, String, Fault)> {
        let (nodes, parents): (Vec<Node>, Vec<_>) = self.with_parents().unzip();
        let cut = cycles(&parents);
        let names: HashMap<Key, &str> = self
            .names
            .iter()
            .map(|(name, &key)| (key, name.as_str()))
            .collect();
        let name = |key: Key| {
            names.get(&key).map_or_else(
                || ExpId::Number(key.into()).to_string(),
                |name| (*name).to_owned(),
            )
        };
        let mut faults = Vec::new();
        for (index, node) in nodes.iter().enumerate() {
            if let Some(&first) = self.first.get(&node.id).filter(|&&first| first < index) {
                faults.push((index, name(node.id), Fault::Twice { first }));
            }
            let Some(parent) = node.parent else { continue };
            let fault = match parents[index] {
                _ if parent == node.id => Fault::OwnParent,
                None => Fault::MissingParent(name(parent)),
                Some(_) if cut.contains(&index) => Fault::Cycle(name(parent)),
                Some(at) if at as usize > index => Fault::LaterParent(name(parent)),
                Some(_) => continue,
            };
            faults.push((index, name(node.id), fault));
        }
        faults
    }

    /// The trials that a number names, the first of each: the number, and where the row begins.
    pub fn numbered(&self) -> impl Iterator<Item = (u64, u64)> {
        let is_first = |(index, node): &(usize, Node)| {
            node.id < NAMES && self.first.get(&node.id).is_none_or(|first| first == index)
        };
        self.nodes
            .iter()
            .enumerate()
            .filter(is_first)
            .map(|(_, node)| (node.id.into(), node.offset))
    }

    /// Whether a trial names a parent that the log does not have before it.
    pub fn has_strays(&self) -> bool {
        let mut last = None;
        self.nodes.iter().enumerate().any(|(index, node)| {
            let is_sibling = std::mem::replace(&mut last, node.parent) == node.parent;
            let is_stray = |parent| self.find(parent).is_none_or(|parent| parent >= index);
            !is_sibling && node.parent.is_some_and(is_stray)
        })
    }

    /// The parent that is missing at the root of the chain to the trial whose row begins at `offset`, if one is.
    pub fn missing_above(&self, offset: u64) -> Option<ExpId> {
        let chain = self.chain_of_row(offset);
        let root = self.nodes.get(self.nodes.at(*chain.offsets.first()?)?)?;
        let parent = root
            .parent
            .filter(|_| chain.end == ChainEnd::MissingParent)?;
        self.name_of(parent)
    }

    /// The id of the trial whose row begins at `offset`, where it names that trial and not an earlier one.
    pub fn name_of_row(&self, offset: u64) -> Option<ExpId> {
        let index = self.nodes.at(offset)?;
        let key = self.nodes.get(index)?.id;
        if self.find(key) != Some(index) {
            return None;
        }
        self.name_of(key)
    }

    fn name_of(&self, key: Key) -> Option<ExpId> {
        let name = || {
            self.names
                .iter()
                .find(|(_, other)| **other == key)
                .and_then(|(name, _)| ExpId::parse(name))
        };
        if key < NAMES {
            Some(ExpId::Number(key.into()))
        } else {
            name()
        }
    }

    /// The children of the trial whose row begins at `offset`, in the order of the log, without the quarantined: where their
    /// rows begin, and how they ended.
    pub fn children_of_row(&self, offset: u64) -> Vec<(u64, Status)> {
        let Some(index) = self.nodes.at(offset) else {
            return Vec::new();
        };
        let named = self
            .nodes
            .get(index)
            .map(|node| node.id)
            .filter(|&id| self.find(id) == Some(index));
        let Some(id) = named else {
            return Vec::new(); // the id names an earlier trial, so nobody can name this one as a parent
        };
        let is_child = |node: &Node| node.id != id && !node.status.is_ignored();
        self.nodes
            .children(id)
            .filter(is_child)
            .map(|node| (node.offset, node.status))
            .collect()
    }
}

/// An id that is its own key.
fn small(id: &ExpId) -> Option<Key> {
    match id {
        ExpId::Number(number) => Key::try_from(*number).ok().filter(|&number| number < NAMES),
        ExpId::Name(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A forest of `(id, parent)`; the offset of a row is its place in the list.
    fn tree(rows: &[(&str, &str)]) -> Tree {
        let mut forest = TreeBuilder::default();
        for (offset, (id, parent)) in rows.iter().enumerate() {
            let id = forest.key(ExpId::parse(id).unwrap());
            let parent = ExpId::parse(parent).map(|parent| forest.key(parent));
            let status = if offset % 2 == 0 {
                Status::Keep
            } else {
                Status::Discard
            };
            forest.nodes.push(Node {
                id,
                parent,
                offset: offset as u64,
                status,
            });
        }
        forest.into_tree()
    }

    fn walked(tree: &Tree) -> Vec<(usize, usize, ChainEnd)> {
        tree.branches(None, None)
            .unwrap()
            .walk()
            .map(|visit| (visit.index, visit.depth, visit.end))
            .collect()
    }

    #[test]
    fn siblings_come_by_id_and_below_their_parent() {
        let tree = tree(&[("0", ""), ("2", "0"), ("1", "exp_000"), ("3", "2")]);
        let root = ChainEnd::Root;
        assert_eq!(
            walked(&tree),
            [(0, 0, root), (2, 1, root), (1, 1, root), (3, 2, root)]
        );
    }

    #[test]
    fn orphans_and_cycles_become_marked_roots_and_every_trial_is_seen_once() {
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
    fn an_id_that_stands_twice_names_the_first() {
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
    fn depth_costs_no_stack() {
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
    fn a_status_is_shown_with_the_way_to_it() {
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
