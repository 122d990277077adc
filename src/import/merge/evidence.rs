//! Whether a row of an external log is what a trial was imported from, changed since.

use std::collections::HashSet;

use super::rows::FittedRow;
use crate::{
    import::words::names::COMMIT_NAMES,
    log::{Role, Schema, has_word, normalize_name},
};

/// The cells that tell the trials of a log apart.
pub(super) struct Evidence<'r> {
    /// Each column, and what an equal cell counts.
    columns: Vec<(usize, i32)>,
    score: Option<usize>,
    /// Cells that several rows of the file have.
    repeated: HashSet<(usize, &'r str)>,
}

impl<'r> Evidence<'r> {
    pub(super) fn new(rows: &'r [FittedRow], schema: &Schema) -> Self {
        let is_commit = |name: &String| {
            let name = normalize_name(name);
            has_word(COMMIT_NAMES, &name) && name != "name"
        };
        let score = schema.column(Role::Score);
        let commit = schema.names().iter().position(is_commit);
        let keys = [Role::Time, Role::Hypothesis].map(|role| schema.column(role));
        let keys = keys.into_iter().chain([score]).flatten();
        let columns: Vec<_> = keys
            .map(|at| (at, 1))
            .chain(commit.map(|at| (at, 2)))
            .collect();
        let (mut seen, mut repeated) = (HashSet::new(), HashSet::new());
        for row in rows {
            for &(column, _) in &columns {
                let cell = (column, &*row.cells[column]);
                if !seen.insert(cell) {
                    repeated.insert(cell);
                }
            }
        }
        Self {
            columns,
            score,
            repeated,
        }
    }

    /// Whether two of id, time, hypothesis and score are the same, or the commit is, and more than are different. A score may
    /// be different, because that is what is corrected. Logs of parallel workers have the same ids for other trials.
    pub(super) fn is_same_trial(&self, has_id: bool, row: &FittedRow, trial: &FittedRow) -> bool {
        let mut weight = i32::from(has_id);
        for &(column, count) in &self.columns {
            let (cell, own) = (&*row.cells[column], &*trial.cells[column]);
            if cell.is_empty() || own.is_empty() {
                continue;
            }
            if cell != own {
                weight -= i32::from(self.score != Some(column));
            } else if !self.repeated.contains(&(column, cell)) {
                weight += count;
            }
        }
        weight >= 2
    }
}
