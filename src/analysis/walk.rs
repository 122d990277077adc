//! The tree from its roots down: every trial once, parents before children. Iterative, so depth does not matter.

use std::collections::{BTreeSet, HashMap};

use super::tree::{ChainEnd, FIRST_NAME, Key, Tree};
use crate::log::{ExpId, Status};

/// One trial on a walk through the tree.
#[derive(Clone, Copy, Debug)]
pub struct Visit {
    /// Index among the trials that have an id.
    pub index: usize,
    pub status: Status,
    pub depth: usize,
    /// Whether no sibling follows.
    pub last: bool,
    /// Why a root is one.
    pub end: ChainEnd,
}

/// The children of every trial, and the roots of a walk.
pub struct Branches {
    statuses: Vec<Status>,
    /// The children of trial `i` are `children[starts[i]..starts[i + 1]]`.
    starts: Vec<usize>,
    children: Vec<usize>,
    roots: Vec<(usize, ChainEnd)>,
    max_depth: usize,
}

impl Tree {
    /// Every trial below `root` (all of them without one), at most `depth` below it. A cycle is cut at its trial that
    /// comes first in the log. `None` if the log does not have the root.
    pub fn branches(&self, root: Option<&ExpId>, depth: Option<usize>) -> Option<Branches> {
        let mut branches = Branches::new(self);
        branches.max_depth = depth.unwrap_or(usize::MAX);
        if let Some(id) = root {
            branches.roots = vec![(self.find_id(id)?, ChainEnd::Root)];
        }
        Some(branches)
    }

    /// The trials in the order in which siblings are shown: by number, then by name.
    fn display_order(&self) -> Vec<usize> {
        let mut order: Vec<usize> = (0..self.nodes.len()).collect();
        if self.is_sorted && self.names.is_empty() {
            return order;
        }
        let names: HashMap<Key, &str> = self
            .names
            .iter()
            .map(|(name, key)| (*key, name.as_str()))
            .collect();
        order.sort_by_key(|&index| {
            let id = self.nodes[index].id;
            (id.min(FIRST_NAME), names.get(&id), index)
        });
        order
    }
}

impl Branches {
    fn new(tree: &Tree) -> Self {
        let mut parents = tree.parents();
        let cycles = find_cycles(&parents);
        for &index in &cycles {
            parents[index] = None;
        }
        let order = tree.display_order();
        let mut roots = Vec::new();
        for &index in &order {
            if parents[index].is_none() {
                let end = match tree.nodes[index].parent {
                    None => ChainEnd::Root,
                    Some(_) if cycles.contains(&index) => ChainEnd::Cycle,
                    Some(_) => ChainEnd::MissingParent,
                };
                roots.push((index, end));
            }
        }
        let (starts, children) = group_children(&parents, &order);
        Self {
            statuses: tree.nodes.iter().map(|node| node.status).collect(),
            starts,
            children,
            roots,
            max_depth: usize::MAX,
        }
    }

    /// Every trial once, parents before children.
    pub fn walk(&self) -> impl Iterator<Item = Visit> {
        let mut roots = self.roots.iter();
        // The children still to be visited at each depth.
        let mut stack: Vec<&[usize]> = Vec::new();
        std::iter::from_fn(move || {
            while stack.last().is_some_and(|children| children.is_empty()) {
                stack.pop();
            }
            let depth = stack.len();
            let (index, last, end) = match stack.last_mut() {
                Some(children) => {
                    let (&child, rest) = children.split_first()?;
                    *children = rest;
                    (child, rest.is_empty(), ChainEnd::Root)
                }
                None => roots.next().map(|&(root, end)| (root, true, end))?,
            };
            let children = self.starts[index]..self.starts[index + 1];
            let is_cut = depth >= self.max_depth;
            stack.push(if is_cut {
                &[]
            } else {
                &self.children[children]
            });
            Some(Visit {
                index,
                status: self.statuses[index],
                depth,
                last,
                end,
            })
        })
    }

    /// The same walk with only the wanted trials and their ancestors.
    pub fn walk_to(&self, is_wanted: impl Fn(&Visit) -> bool) -> Vec<Visit> {
        let visits: Vec<Visit> = self.walk().collect();
        let mut kept = Vec::new();
        // Backwards, so that children come before their parent. The next trial at `parent_depth` is an ancestor of one that
        // was kept; `has_later[d]` says whether a later sibling at depth `d` was kept.
        let mut parent_depth = None;
        let mut has_later: Vec<bool> = Vec::new();
        for mut visit in visits.into_iter().rev() {
            if parent_depth != Some(visit.depth) && !is_wanted(&visit) {
                continue;
            }
            parent_depth = visit.depth.checked_sub(1);
            has_later.truncate(visit.depth + 1);
            has_later.resize(visit.depth + 1, false);
            visit.last = !has_later[visit.depth] || visit.depth == 0;
            has_later[visit.depth] = true;
            kept.push(visit);
        }
        kept.reverse();
        kept
    }
}

/// The children of every trial in display order, one after another, and where those of each trial start.
fn group_children(parents: &[Option<usize>], order: &[usize]) -> (Vec<usize>, Vec<usize>) {
    let mut starts = vec![0; parents.len() + 1];
    for parent in parents.iter().flatten() {
        starts[parent + 1] += 1;
    }
    for index in 0..parents.len() {
        starts[index + 1] += starts[index];
    }
    let mut next = starts.clone();
    let mut children = vec![0; starts[parents.len()]];
    for &index in order {
        if let Some(parent) = parents[index] {
            children[next[parent]] = index;
            next[parent] += 1;
        }
    }
    (starts, children)
}

/// One trial of every cycle: the one that comes first in the log.
pub(super) fn find_cycles(parents: &[Option<usize>]) -> BTreeSet<usize> {
    let mut cycles = BTreeSet::new();
    // A cycle needs a parent that comes later than its child.
    let has_later_parent =
        |(index, parent): (usize, &Option<usize>)| parent.is_some_and(|parent| parent >= index);
    if !parents.iter().enumerate().any(has_later_parent) {
        return cycles;
    }
    // The trial from which a walk upwards first came by; 0 is none.
    let mut visited_from = vec![0; parents.len()];
    for start in 0..parents.len() {
        let mut at = start;
        while visited_from[at] == 0 {
            visited_from[at] = start + 1;
            match parents[at] {
                Some(parent) => at = parent,
                None => break,
            }
        }
        if visited_from[at] == start + 1 && parents[at].is_some() {
            cycles.insert(first_of_cycle(at, parents));
        }
    }
    cycles
}

fn first_of_cycle(start: usize, parents: &[Option<usize>]) -> usize {
    let mut first = start;
    let mut at = start;
    while let Some(parent) = parents[at]
        && parent != start
    {
        first = first.min(parent);
        at = parent;
    }
    first
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_cycle_is_cut_at_its_first_trial() {
        // 1 -> 2 -> 3 -> 1, and 4 leads into it; 5 is its own parent; 6 is a root.
        let parents = [None, Some(2), Some(3), Some(1), Some(2), Some(5), None];
        assert_eq!(find_cycles(&parents), BTreeSet::from([1, 5]));
        assert_eq!(find_cycles(&[None, Some(0), Some(1)]), BTreeSet::new());
    }

    #[test]
    fn children_are_grouped_in_display_order() {
        let parents = [None, Some(0), Some(0), Some(1)];
        let (starts, children) = group_children(&parents, &[0, 2, 1, 3]);
        assert_eq!(starts, [0, 2, 3, 3, 3]);
        assert_eq!(children, [2, 1, 3]);
    }
}
