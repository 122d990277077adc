//! The tree from its roots down: every trial once, parents before children. With a stack of its own, so that depth costs none.

use std::collections::HashMap;

use super::forest::{ChainEnd, Key, NAMES, Tree};
use crate::trial::{ExpId, Status};

/// One trial on a walk through the tree.
#[derive(Clone, Copy, Debug)]
pub struct Visit {
    pub offset: u64,
    /// How many trials with an id stand before it in the log.
    pub index: usize,
    pub status: Status,
    pub depth: usize,
    /// Whether no sibling follows.
    pub last: bool,
    /// Why a root is one.
    pub end: ChainEnd,
}

impl Tree {
    /// Every trial below `root` (all of them without one), parents before children, siblings by id, no deeper than
    /// `depth`. With `shown`, only trials of these statuses and those on the way to them. A cycle is cut at its trial
    /// that stands first in the log. `None` where the log has no such root.
    pub fn walk(&self, root: Option<&ExpId>, depth: Option<usize>, shown: Option<&[Status]>) -> Option<Vec<Visit>> {
        let branches = Branches::new(self);
        let roots = match root {
            Some(id) => vec![(self.find_id(id)?, ChainEnd::Root)],
            None => branches.roots.clone(),
        };
        let mut visits: Vec<Visit> = Vec::new();
        let mut stack: Vec<(usize, usize, bool, ChainEnd)> = Vec::new();
        for (index, end) in roots {
            stack.push((index, 0, true, end));
            while let Some((index, level, last, end)) = stack.pop() {
                let node = self.nodes[index];
                visits.push(Visit { offset: node.offset(), index, status: node.status(), depth: level, last, end });
                if depth.is_none_or(|depth| level < depth) {
                    let children = branches.of(index);
                    let below =
                        |(n, &child): (usize, &usize)| (child, level + 1, n + 1 == children.len(), ChainEnd::Root);
                    stack.extend(children.iter().enumerate().map(below).rev());
                }
            }
        }
        if let Some(shown) = shown {
            prune(&mut visits, shown);
        }
        Some(visits)
    }
}

/// Keeps what has one of the statuses, and what is above such a trial.
fn prune(visits: &mut Vec<Visit>, shown: &[Status]) {
    let mut kept = Vec::new();
    // From the end, so that children come before their parent: `needed` is the depth whose next trial is above one kept,
    // and `open` says at which depths a later sibling was kept.
    let mut needed = 0;
    let mut open: Vec<bool> = Vec::new();
    for mut visit in visits.drain(..).rev() {
        let above = visit.depth + 1 == needed;
        if !above && !shown.contains(&visit.status) {
            continue;
        }
        needed = visit.depth;
        open.truncate(visit.depth + 1);
        open.resize(visit.depth + 1, false);
        visit.last = !std::mem::replace(&mut open[visit.depth], true) || visit.depth == 0;
        kept.push(visit);
    }
    kept.reverse();
    *visits = kept;
}

/// The children of every trial, and the roots.
struct Branches {
    /// The children of node `i` are `children[starts[i]..starts[i + 1]]`.
    starts: Vec<usize>,
    children: Vec<usize>,
    roots: Vec<(usize, ChainEnd)>,
}

impl Branches {
    fn new(tree: &Tree) -> Self {
        let mut order: Vec<usize> = (0..tree.nodes.len()).collect();
        if !tree.sorted {
            let names: HashMap<Key, &str> = tree.names.iter().map(|(name, &key)| (key, name.as_str())).collect();
            order.sort_by_key(|&index| {
                let id = tree.nodes[index].id;
                let name = names.get(&id).copied();
                let number = name.map(|name| name.parse().unwrap_or(u64::MAX)); // of more digits than a key has room for
                (id.min(NAMES), number, name, index)
            });
        }
        let parents: Vec<Option<usize>> =
            tree.nodes.iter().map(|node| node.parent().and_then(|parent| tree.find(parent))).collect();
        let cut = cycles(&parents);
        let parent_of = |index: usize| parents[index].filter(|_| !cut[index]);
        let mut starts = vec![0; tree.nodes.len() + 1];
        for index in 0..tree.nodes.len() {
            if let Some(parent) = parent_of(index) {
                starts[parent + 1] += 1;
            }
        }
        for index in 0..tree.nodes.len() {
            starts[index + 1] += starts[index];
        }
        let mut next = starts.clone();
        let mut children = vec![0; starts[tree.nodes.len()]];
        let mut roots = Vec::new();
        for index in order {
            match parent_of(index) {
                Some(parent) => {
                    children[next[parent]] = index;
                    next[parent] += 1;
                }
                None if cut[index] => roots.push((index, ChainEnd::Cycle)),
                None if tree.nodes[index].parent().is_some() => roots.push((index, ChainEnd::MissingParent)),
                None => roots.push((index, ChainEnd::Root)),
            }
        }
        Self { starts, children, roots }
    }

    fn of(&self, index: usize) -> &[usize] {
        &self.children[self.starts[index]..self.starts[index + 1]]
    }
}

/// One trial of every cycle, the one that stands first in the log: there it is cut.
pub(super) fn cycles(parents: &[Option<usize>]) -> Vec<bool> {
    let mut cut = vec![false; parents.len()];
    // The trial from which a way upwards first came past; 0 is nobody.
    let mut seen = vec![0_usize; parents.len()];
    for from in 0..parents.len() {
        let mut at = from;
        while seen[at] == 0 {
            seen[at] = from + 1;
            match parents[at] {
                Some(parent) => at = parent,
                None => break,
            }
        }
        if seen[at] == from + 1 && parents[at].is_some() {
            let mut first = at;
            let mut round = parents[at];
            while let Some(next) = round.filter(|&next| next != at) {
                first = first.min(next);
                round = parents[next];
            }
            cut[first] = true;
        }
    }
    cut
}
