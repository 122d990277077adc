//! The part of `append` before the lock: copies the files of trials that get a snapshot. If that
//! fails, the trial is logged without a snapshot, because its measurement cannot be repeated.

use std::{
    ffi::OsStr,
    path::{Path, PathBuf},
};

use anyhow::{Result, bail};

use super::Append;
use crate::append::{Draft, LogState};
use crate::commands::{Context, Usage};
use crate::index::IndexedLog;
use crate::log::{Role, Status};
use crate::open::open_log_to_append;
use crate::snapshot::{StagedSnapshot, find_nearest_snapshot, freeze, remove_unfinished_snapshots};
use crate::store::Store;

/// The copied files of a trial, or why they could not be copied; `None` if it gets no snapshot.
pub(in crate::commands) type Staged = Option<Result<StagedSnapshot>>;

/// Copies the files of every draft that may get a snapshot.
pub(super) fn stage_snapshots(
    drafts: &[Draft],
    args: &Append,
    store: &Store,
    context: &Context,
) -> Result<Vec<Staged>> {
    let flag = args.snapshot.as_deref().filter(|path| !path.is_empty());
    if flag.is_some() && drafts.len() > 1 {
        let text = "--snapshot is for one trial; with several, give each its own \"snapshot\"";
        bail!(Usage(text.to_owned()));
    }
    let mut all: Vec<Staged> = drafts.iter().map(|_| None).collect();
    if !has_source(drafts, flag, store) {
        return Ok(all);
    }
    remove_unfinished_snapshots(store);
    if !drafts.iter().any(|draft| may_get_snapshot(draft, store)) {
        if let Some(path) = flag {
            warn_if_missing(Path::new(path), context);
        }
        return Ok(all);
    }
    // Read without the lock: a trial that is not better than the best now will not be later.
    let log = open_log_to_append(store, &args.logging.read_options())?;
    let mentioned = drafts.iter().flat_map(Draft::mentioned);
    let jobs = drafts.iter().filter_map(Draft::job).filter(|_| args.once);
    let mut state = LogState::read(&log, mentioned, jobs)?;
    state.min_delta = args.logging.min_delta(store);
    let stager = Stager {
        store,
        log: &log,
        state: &state,
        context,
    };
    for (draft, staged) in drafts.iter().zip(&mut all) {
        let source = stager.find_source(draft, flag, drafts.len() == 1)?;
        *staged = source.and_then(|source| stager.stage(draft, &source));
    }
    Ok(all)
}

/// Whether a flag, the settings or a draft may name files to freeze.
fn has_source(drafts: &[Draft], flag: Option<&OsStr>, store: &Store) -> bool {
    flag.is_some()
        || store.work().is_some()
        || drafts.iter().any(|draft| draft.get("snapshot").is_some())
}

/// The log decides later; this only avoids reading it for a trial that certainly gets no snapshot.
fn may_get_snapshot(draft: &Draft, store: &Store) -> bool {
    match draft.get("status").and_then(Status::from_input) {
        Some(status) => store.settings.snapshot.wants(status),
        None => true,
    }
}

/// A wrong path would otherwise be noticed at the first keep only.
fn warn_if_missing(source: &Path, context: &Context) {
    if let Err(error) = source.metadata() {
        let source = source.display();
        let warning = format!("nothing to freeze at {source}: {error}");
        context.ui.warn(&warning);
    }
}

/// Copies the files of trials, as far as the log is known.
pub(in crate::commands) struct Stager<'a> {
    pub(in crate::commands) store: &'a Store,
    pub(in crate::commands) log: &'a IndexedLog,
    pub(in crate::commands) state: &'a LogState,
    pub(in crate::commands) context: &'a Context,
}

impl Stager<'_> {
    /// Copies the files of a trial before its command changes them. Whether it is kept is not known yet.
    pub(in crate::commands) fn stage_proposal(
        &self,
        draft: &Draft,
        path: Option<&OsStr>,
    ) -> Result<Staged> {
        let path = path.filter(|path| !path.is_empty());
        let Some(source) = self.find_source(draft, path, true)? else {
            return Ok(None);
        };
        let staged = self.copy_files(draft, &source);
        if let Err(error) = &staged {
            let warning = format!("the trial will have no snapshot: {error:#}");
            self.context.ui.warn(&warning);
        }
        Ok(Some(staged))
    }

    /// The path that a draft wants frozen, if any.
    fn find_source(
        &self,
        draft: &Draft,
        flag: Option<&OsStr>,
        is_only_one: bool,
    ) -> Result<Option<PathBuf>> {
        // In a log with a column of that name, `snapshot` is a cell.
        let in_json = match self.log.schema.find("snapshot") {
            None => draft.get("snapshot").map(Path::new),
            Some(_) => None,
        };
        match (flag.map(Path::new).or(in_json), draft.get("snapshot_path")) {
            (Some(_), Some(_)) => {
                let text = "a trial has one snapshot: --snapshot or a snapshot_path";
                bail!(Usage(text.to_owned()))
            }
            (None, Some(_)) => Ok(None),
            (Some(path), None) => Ok(Some(path.to_owned())),
            // Of several trials, at most one can have left its files there, and it is unknown which.
            (None, None) => Ok(self.store.work().filter(|_| is_only_one)),
        }
    }

    fn stage(&self, draft: &Draft, source: &Path) -> Staged {
        if draft
            .job()
            .is_some_and(|job| self.state.job(&job).is_some())
        {
            return None; // already logged
        }
        let status = draft.outcome(&self.log.schema, self.state).ok()?; // completing the draft reports errors
        if !self.store.settings.snapshot.wants(status) {
            warn_if_missing(source, self.context);
            return None;
        }
        Some(self.copy_files(draft, source))
    }

    fn copy_files(&self, draft: &Draft, source: &Path) -> Result<StagedSnapshot> {
        let (store, log, ui) = (self.store, self.log, &self.context.ui);
        if log.schema.column(Role::Snapshot).is_none() {
            let log = log.path().display();
            bail!("{log} has no column 'snapshot_path' for it");
        }
        let mut base = None;
        if let Some(parent) = draft.likely_parent(self.state)
            && let Some(nearest) = find_nearest_snapshot(store, log, &parent)?
        {
            base = Some(nearest.row().text(Role::Snapshot).into_owned());
        }
        let mut progress = ui.progress("freezing");
        let staged = freeze(store, source, base.as_deref(), &mut |done, total| {
            progress.at(done, total);
        })?;
        drop(progress);
        ui.warn_all(&staged.notes);
        Ok(staged)
    }
}
