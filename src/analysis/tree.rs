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
    /// How many trials were collected.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
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
        if let Some(id) = row.id() {
            self.0.push(Node {
                id,
                parent: row.parent(),
                offset: row.offset,
                status: row.status(),
            });
        }
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

#[cfg(test)]
mod tests {
    use super::{super::walk::keep_ancestors, *};

    /// A tree of `(id, parent)`; the offset of a row is its index.
    fn tree(rows: &[(&str, &str)]) -> Tree {
        let mut builder = TreeBuilder::default();
        for (offset, (id, parent)) in rows.iter().enumerate() {
            let status = if offset % 2 == 0 {
                Status::Keep
            } else {
                Status::Discard
            };
            builder.0.push(Node {
                id: ExpId::parse(id).unwrap(),
                parent: ExpId::parse(parent),
                offset: offset as u64,
                status,
            });
        }
        builder.into_tree()
    }

    fn walked(tree: &Tree) -> Vec<(usize, usize, ChainEnd)> {
        let visits = tree.walk(None, None).unwrap();
        visits
            .iter()
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
        let children: Vec<u64> = tree.children_of_row(0).map(|(offset, _)| offset).collect();
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
            let visits = tree.walk(None, None).unwrap();
            keep_ancestors(visits, |visit| tree.nodes[visit.index].status == status)
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
