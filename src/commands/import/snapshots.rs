//! Copies the snapshots of imported trials.

use std::collections::HashMap;

use anyhow::{Context as _, Result, anyhow};

use crate::{
    commands::Context,
    import::ImportPlan,
    snapshot::{SnapshotCopier, StagedSnapshot, verify_snapshot},
    store::Store,
    text::count,
};

/// The snapshots of the trials of an import, by their `snapshot_path` in the source.
#[derive(Default)]
pub(super) struct CopiedSnapshots {
    staged: HashMap<String, Result<StagedSnapshot>>,
    placed: Vec<StagedSnapshot>,
    pub(super) copied: usize,
    /// Trials that have no snapshot in the target, and why.
    missing: Vec<(String, String)>,
}

impl CopiedSnapshots {
    /// Copies the snapshots aside, before the log is locked: that may take long.
    pub(super) fn stage(
        plan: &ImportPlan,
        source: &Store,
        target: &Store,
        context: &Context,
    ) -> Result<Self> {
        let mut snapshots = Self::default();
        if plan.snapshots.is_empty() {
            return Ok(snapshots);
        }
        let mut copier = SnapshotCopier::new(source, target)?;
        let mut progress = context.ui.progress("copying snapshots");
        for (at, snapshot) in plan.snapshots.iter().enumerate() {
            if !snapshots.staged.contains_key(&snapshot.path) {
                let staged = copier.copy(&snapshot.path);
                snapshots.staged.insert(snapshot.path.clone(), staged);
            }
            progress.at(at as u64 + 1, plan.snapshots.len() as u64);
        }
        Ok(snapshots)
    }

    /// Checks the snapshots without copying them.
    pub(super) fn verify(plan: &ImportPlan, source: &Store) -> Self {
        let mut snapshots = Self::default();
        for snapshot in &plan.snapshots {
            match verify_snapshot(source, &snapshot.path) {
                Ok(()) => snapshots.copied += 1,
                Err(error) => snapshots.add_missing(snapshot.id.to_string(), &error),
            }
        }
        snapshots
    }

    /// Gives the snapshots their final names, under the lock, and the rows their paths.
    pub(super) fn place(
        &mut self,
        plan: &mut ImportPlan,
        target: &Store,
        column: Option<usize>,
    ) -> Result<()> {
        let mut paths: HashMap<&str, String> = HashMap::new();
        for snapshot in &plan.snapshots {
            if !paths.contains_key(&*snapshot.path) {
                let staged = self.staged.remove(&snapshot.path);
                let staged = staged.unwrap_or_else(|| Err(anyhow!("it has just been added")));
                match staged
                    .and_then(|staged| staged.place_unflushed(&snapshot.id, &snapshot.domain))
                {
                    Ok(placed) => {
                        let cell = target.snapshot_cell(placed.snapshot_path());
                        paths.insert(&snapshot.path, cell);
                        self.placed.push(placed);
                    }
                    Err(error) => {
                        self.add_missing(snapshot.id.to_string(), &error);
                        continue;
                    }
                }
            }
            if let Some(column) = column {
                plan.rows[snapshot.row][column].clone_from(&paths[&*snapshot.path]);
            }
            self.copied += 1;
        }
        match self.placed.last() {
            Some(placed) => placed
                .flush_names()
                .context("cannot flush the names of the snapshots"),
            None => Ok(()),
        }
    }

    /// Keeps the snapshots, now that their rows are written.
    pub(super) fn keep(&mut self) {
        for placed in self.placed.drain(..) {
            placed.keep();
        }
    }

    fn add_missing(&mut self, id: String, error: &anyhow::Error) {
        self.missing.push((id, format!("{error:#}")));
    }

    pub(super) fn warn(&self, context: &Context) {
        if let Some((id, error)) = self.missing.first() {
            let trials = count(self.missing.len() as u64, "trial");
            context.ui.warn(&format!(
                "{trials} imported without a snapshot, because it is missing or damaged (first {id}: {error})"
            ));
        }
    }
}
