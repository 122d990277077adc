//! Which snapshots are kept when the others are pruned.

use std::collections::HashSet;

use super::{Best, Leaderboard, Query, TreeBuilder};
use crate::log::{Role, Row};

/// Collects the snapshots of a log, its best trials, and the trials that these came from.
pub struct Retention {
    last: usize,
    best: Best,
    leaderboard: Leaderboard,
    tree: TreeBuilder,
    /// Offset and `snapshot_path` of each row that names a snapshot.
    snapshots: Vec<(u64, String)>,
}

impl Retention {
    /// Keeps the snapshots of so many best trials and their ancestors, and of so many last trials that have one.
    pub fn new(best: usize, last: usize) -> Self {
        Self {
            last,
            best: Best::default(),
            leaderboard: Leaderboard::new(best),
            tree: TreeBuilder::default(),
            snapshots: Vec::new(),
        }
    }

    /// The snapshots that are kept and those that are not, each once, in the order of the log.
    pub fn split(self) -> (Vec<String>, Vec<String>) {
        let tree = self.tree.into_tree();
        let mut offsets = HashSet::new();
        let best = self.leaderboard.into_offsets().into_iter();
        for offset in best.chain(self.best.offset()) {
            offsets.insert(offset);
            offsets.extend(tree.chain_of_row(offset).offsets);
        }
        let last = self.snapshots.iter().rev().take(self.last);
        offsets.extend(last.map(|(offset, _)| *offset));
        let (mut kept, mut removed) = (Vec::new(), Vec::new());
        let mut seen = HashSet::new();
        // A path may be named twice: it is kept if one of its trials is.
        for is_kept in [true, false] {
            let paths = if is_kept { &mut kept } else { &mut removed };
            for (offset, path) in &self.snapshots {
                if offsets.contains(offset) == is_kept && seen.insert(path) {
                    paths.push(path.clone());
                }
            }
        }
        (kept, removed)
    }
}

impl Query for Retention {
    fn observe(&mut self, row: &Row) {
        self.best.observe(row);
        self.leaderboard.observe(row);
        self.tree.observe(row);
        let path = row.text(Role::Snapshot);
        if row.damage.is_none() && !path.is_empty() {
            self.snapshots.push((row.offset, path.into_owned()));
        }
    }
}
