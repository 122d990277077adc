//! The tree from its roots down: every trial once, parents before children. Iterative, so depth does not matter.

use std::{collections::BTreeSet, iter};

use super::tree::{ChainEnd, Tree};
use crate::log::ExpId;

/// One trial on a walk through the tree.
#[derive(Clone, Copy, Debug)]
pub struct Visit {
    /// Index among the trials that have an id.
    pub index: usize,
    pub depth: usize,
    /// Whether no sibling follows.
    pub last: bool,
    /// Whether it has no children at all, also none that the walk leaves out.
    pub is_leaf: bool,
    /// Why a root is one.
    pub end: ChainEnd,
}

impl Visit {
    fn root(index: usize, end: ChainEnd) -> Self {
        Self {
            index,
            depth: 0,
            last: true,
            is_leaf: true, // until the walk reaches it
            end,
        }
    }

    fn child(&self, index: usize, last: bool) -> Self {
        Self {
            depth: self.depth + 1,
            last,
            ..Self::root(index, ChainEnd::Root)
        }
    }
}

impl Tree {
    /// Every trial below `root` (all of them without one), at most `max_depth` below it. Siblings are sorted by id; a
    /// cycle is cut at its trial that comes first in the log. `None` if the log does not have the root.
    pub fn walk(&self, root: Option<&ExpId>, max_depth: Option<usize>) -> Option<Vec<Visit>> {
        let parents = self.parents();
        let cycles = find_cycles(&parents);
        let mut roots = Vec::new();
        let mut last_child = vec![None; parents.len()];
        let mut previous_sibling = vec![None; parents.len()];
        for &index in &self.by_id {
            match parents[index] {
                Some(_) if cycles.contains(&index) => {
                    roots.push(Visit::root(index, ChainEnd::Cycle));
                }
                Some(parent) => previous_sibling[index] = last_child[parent].replace(index),
                None if self.nodes[index].parent.is_some() => {
                    roots.push(Visit::root(index, ChainEnd::MissingParent));
                }
                None => roots.push(Visit::root(index, ChainEnd::Root)),
            }
        }
        if let Some(id) = root {
            roots = vec![Visit::root(self.find(id)?, ChainEnd::Root)];
        }
        let mut visits = Vec::new();
        roots.reverse();
        let mut stack = roots;
        while let Some(mut visit) = stack.pop() {
            let last = last_child[visit.index];
            visit.is_leaf = last.is_none();
            visits.push(visit);
            if max_depth == Some(visit.depth) {
                continue;
            }
            for index in iter::successors(last, |&child| previous_sibling[child]) {
                stack.push(visit.child(index, last == Some(index)));
            }
        }
        Some(visits)
    }

    /// Groups a walk: a run of failed siblings without children is one group, any other trial is its own.
    pub fn fold_failures<'v>(&self, visits: &'v [Visit]) -> Vec<&'v [Visit]> {
        let is_failed_leaf = |visit: &Visit| {
            visit.is_leaf && visit.end == ChainEnd::Root && self.status(visit.index).is_failure()
        };
        // A leaf and the next trial at its depth are siblings.
        let groups =
            visits.chunk_by(|a, b| a.depth == b.depth && is_failed_leaf(a) && is_failed_leaf(b));
        groups.collect()
    }
}

/// Keeps the wanted trials of a walk and their ancestors.
pub fn keep_ancestors(visits: Vec<Visit>, is_wanted: impl Fn(&Visit) -> bool) -> Vec<Visit> {
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
        has_later.resize(visit.depth + 1, false);
        visit.last = !has_later[visit.depth] || visit.depth == 0;
        has_later[visit.depth] = true;
        kept.push(visit);
    }
    kept.reverse();
    kept
}

/// One trial of every cycle: the one that comes first in the log.
pub(super) fn find_cycles(parents: &[Option<usize>]) -> BTreeSet<usize> {
    let mut cycles = BTreeSet::new();
    // The trial from which a walk upwards first came by.
    let mut visited_from = vec![None; parents.len()];
    for start in 0..parents.len() {
        let mut next = Some(start);
        while let Some(at) = next
            && visited_from[at].is_none()
        {
            visited_from[at] = Some(start);
            next = parents[at];
        }
        if let Some(at) = next
            && visited_from[at] == Some(start)
        {
            let cycle =
                iter::successors(next, |&trial| parents[trial].filter(|&parent| parent != at));
            cycles.extend(cycle.min());
        }
    }
    cycles
}
