//! The tree from its roots down: every trial once, parents before children. With a stack of its own, so that depth costs none.

use std::collections::{BTreeSet, HashMap};

use super::{
    nodes::{Key, NAMES},
    tree::{ChainEnd, Tree},
};
use crate::log::{ExpId, Status, short};

/// One trial on a walk through the tree.
#[derive(Clone, Copy, Debug)]
pub struct Visit {
    /// How many trials with an id stand before it in the log.
    pub index: usize,
    pub status: Status,
    pub depth: usize,
    /// Whether no sibling follows.
    pub last: bool,
    /// Why a root is one.
    pub end: ChainEnd,
}

/// The children of every trial, and the trials from which a walk begins.
pub struct Branches {
    statuses: Vec<Status>,
    /// The children of trial `i` are `children[starts[i]..starts[i + 1]]`.
    starts: Vec<u32>,
    children: Vec<u32>,
    roots: Vec<(usize, ChainEnd)>,
    depth: usize,
}

impl Tree {
    /// Every trial below `root` (all of them without one), no deeper than `depth` below it. A cycle is cut at its trial that
    /// stands first in the log. `None` where the log has no such root.
    pub fn branches(&self, root: Option<&ExpId>, depth: Option<usize>) -> Option<Branches> {
        let mut branches = Branches::new(self);
        branches.depth = depth.unwrap_or(usize::MAX);
        if let Some(id) = root {
            branches.roots = vec![(self.find_id(id)?, ChainEnd::Root)];
        }
        Some(branches)
    }

    /// The trials in the order in which they are shown: those without a number last, by their names.
    fn order(&self) -> Vec<usize> {
        let ids: Vec<Key> = self.nodes.iter().map(|node| node.id).collect();
        let names: HashMap<Key, &str> = self
            .names
            .iter()
            .map(|(name, &key)| (key, name.as_str()))
            .collect();
        let mut order: Vec<usize> = (0..ids.len()).collect();
        order.sort_by_key(|&index| {
            let id = ids[index];
            let name = names.get(&id).copied();
            let number = name.map(|name| name.parse().unwrap_or(u64::MAX)); // of more digits than a key has room for
            (id.min(NAMES), number, name, index)
        });
        order
    }
}

impl Branches {
    fn new(tree: &Tree) -> Self {
        let len = tree.nodes.len();
        let (mut statuses, mut parents, mut roots) =
            (Vec::with_capacity(len), Vec::with_capacity(len), Vec::new());
        tree.with_parents().for_each(|(node, parent)| {
            if parent.is_none() {
                let end = if node.parent.is_some() {
                    ChainEnd::MissingParent
                } else {
                    ChainEnd::Root
                };
                roots.push((parents.len(), end));
            }
            statuses.push(node.status);
            parents.push(parent);
        });
        let cut = cycles(&parents);
        if !cut.is_empty() {
            for index in cut {
                parents[index] = None;
                roots.push((index, ChainEnd::Cycle));
            }
            roots.sort_by_key(|&(index, _)| index);
        }
        // How many children each has; then where those of each end, and, as they are put there from the last on, where they begin.
        let mut starts = vec![0; len + 1];
        parents
            .iter()
            .flatten()
            .for_each(|&parent| starts[parent as usize] += 1);
        let mut end = 0;
        for start in &mut starts {
            end += *start;
            *start = end;
        }
        let mut children = vec![0; end as usize];
        let mut put = |index: usize| {
            if let Some(parent) = parents[index] {
                let start = &mut starts[parent as usize];
                *start -= 1;
                children[*start as usize] = short(index);
            }
        };
        if tree.nodes.is_sorted() {
            (0..len).rev().for_each(&mut put);
        } else {
            let order = tree.order();
            order.iter().rev().copied().for_each(&mut put);
            let mut rank = vec![0; len];
            order
                .iter()
                .enumerate()
                .for_each(|(at, &index)| rank[index] = at);
            roots.sort_by_key(|&(index, _)| rank[index]);
        }
        Self {
            statuses,
            starts,
            children,
            roots,
            depth: usize::MAX,
        }
    }

    /// Every trial once, parents before children, siblings by id.
    pub fn walk(&self) -> impl Iterator<Item = Visit> {
        let mut roots = self.roots.iter();
        // The children that are still to be visited at each depth below a root.
        let mut stack: Vec<&[u32]> = Vec::new();
        std::iter::from_fn(move || {
            while stack.last().is_some_and(|children| children.is_empty()) {
                stack.pop();
            }
            let depth = stack.len();
            let (index, last, end) = match stack.last_mut() {
                Some(children) => {
                    let (&child, others) = children.split_first()?;
                    *children = others;
                    (child as usize, others.is_empty(), ChainEnd::Root)
                }
                None => roots.next().map(|&(root, end)| (root, true, end))?,
            };
            let below = if depth < self.depth {
                self.starts[index]..self.starts[index + 1]
            } else {
                0..0
            };
            stack.push(&self.children[below.start as usize..below.end as usize]);
            Some(Visit {
                index,
                status: self.statuses[index],
                depth,
                last,
                end,
            })
        })
    }

    /// The same walk, past the trials that are wanted and their ancestors.
    pub fn walk_to(&self, is_wanted: impl Fn(&Visit) -> bool) -> Vec<Visit> {
        let mut visits = self.walk().collect();
        prune(&mut visits, is_wanted);
        visits
    }
}

/// Keeps the trials that are wanted and their ancestors.
fn prune(visits: &mut Vec<Visit>, is_wanted: impl Fn(&Visit) -> bool) {
    let mut kept = Vec::new();
    // From the end, so that children come before their parent: `needed` is the depth whose next trial is above one kept,
    // and `open` says at which depths a later sibling was kept.
    let mut needed = 0;
    let mut open: Vec<bool> = Vec::new();
    for mut visit in visits.drain(..).rev() {
        let above = visit.depth + 1 == needed;
        if !above && !is_wanted(&visit) {
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

/// One trial of every cycle, the one that stands first in the log: there it is cut.
pub(super) fn cycles(parents: &[Option<u32>]) -> BTreeSet<usize> {
    let parent_of = |index: usize| parents[index].map(|parent| parent as usize);
    let mut cut = BTreeSet::new();
    if (0..parents.len()).all(|index| parent_of(index).is_none_or(|parent| parent < index)) {
        return cut; // as in nearly every log: who leads back to itself has a parent that comes later
    }
    // The trial from which a way upwards first came past; 0 is nobody.
    let mut seen = vec![0_usize; parents.len()];
    for from in 0..parents.len() {
        let mut at = from;
        while seen[at] == 0 {
            seen[at] = from + 1;
            match parent_of(at) {
                Some(parent) => at = parent,
                None => break,
            }
        }
        if seen[at] == from + 1 && parent_of(at).is_some() {
            let mut first = at;
            let mut round = parent_of(at);
            while let Some(next) = round.filter(|&next| next != at) {
                first = first.min(next);
                round = parent_of(next);
            }
            cut.insert(first);
        }
    }
    cut
}
