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
use crate::log::Role;
use crate::log::Status;
use crate::open::{ReadOptions, open_log_to_append};
use crate::snapshot::{StagedSnapshot, find_nearest_snapshot, freeze};
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
    let flag = args.snapshot.as_ref().filter(|path| !path.is_empty());
    if flag.is_some() && drafts.len() > 1 {
        bail!(Usage(
            "--snapshot is for one trial; with several, give each its own \"snapshot\"".to_owned()
        ));
    }
    let has_source = flag.is_some()
        || store.work().is_some()
        || drafts.iter().any(|draft| draft.get("snapshot").is_some());
    if !has_source || !drafts.iter().any(|draft| may_get_snapshot(draft, store)) {
        if let Some(path) = flag {
            warn_if_missing(Path::new(path), context);
        }
        return Ok(drafts.iter().map(|_| None).collect());
    }
    // Read without the lock: a trial that is not better than the best now will not be later.
    let options = ReadOptions {
        direction: args.logging.direction,
        ..ReadOptions::default()
    };
    let log = open_log_to_append(store, &options)?;
    let mentioned = drafts.iter().flat_map(Draft::mentioned);
    let jobs = drafts.iter().filter_map(Draft::job).filter(|_| args.once);
    let mut state = LogState::read(&log, mentioned, jobs)?;
    state.min_delta = args.logging.min_delta(store);
    let mut staged = Vec::new();
    for draft in drafts {
        let source = find_source(draft, flag.map(Path::new), drafts.len() == 1, store, &log)?;
        staged.push(match source {
            Some(source) => stage_snapshot(draft, &source, store, &log, &state, context),
            None => None,
        });
    }
    Ok(staged)
}

/// The log decides later; this only avoids reading it for a trial that certainly gets no snapshot.
fn may_get_snapshot(draft: &Draft, store: &Store) -> bool {
    match draft.get("status").and_then(Status::from_input) {
        Some(status) => store.settings.snapshot.wants(status),
        None => true,
    }
}

/// The path that a draft wants frozen, if any.
fn find_source(
    draft: &Draft,
    flag: Option<&Path>,
    is_only_one: bool,
    store: &Store,
    log: &IndexedLog,
) -> Result<Option<PathBuf>> {
    // In a log with a column of that name, `snapshot` is a cell.
    let in_json = match log.schema.find("snapshot") {
        None => draft.get("snapshot").map(Path::new),
        Some(_) => None,
    };
    match (flag.or(in_json), draft.get("snapshot_path")) {
        (Some(_), Some(_)) => {
            bail!(Usage(
                "a trial has one snapshot: --snapshot or a snapshot_path".to_owned()
            ))
        }
        (None, Some(_)) => Ok(None),
        (Some(path), None) => Ok(Some(path.to_owned())),
        // Of several trials, at most one can have left its files there, and it is unknown which.
        (None, None) => Ok(store.work().filter(|_| is_only_one)),
    }
}

fn stage_snapshot(
    draft: &Draft,
    source: &Path,
    store: &Store,
    log: &IndexedLog,
    ledger: &LogState,
    context: &Context,
) -> Staged {
    if draft.job().is_some_and(|job| ledger.job(&job).is_some()) {
        return None; // already logged
    }
    let status = draft.outcome(&log.schema, ledger).ok()?; // completing the draft reports errors
    if !store.settings.snapshot.wants(status) {
        warn_if_missing(source, context);
        return None;
    }
    Some(copy_files(draft, source, store, log, ledger, context))
}

/// Copies the files of a trial before its command changes them. Whether it is kept is not known yet.
pub(in crate::commands) fn stage_proposal(
    draft: &Draft,
    path: Option<&OsStr>,
    store: &Store,
    log: &IndexedLog,
    state: &LogState,
    context: &Context,
) -> Result<Staged> {
    let path = path.filter(|path| !path.is_empty()).map(Path::new);
    let source = find_source(draft, path, true, store, log)?;
    let staged = source.map(|source| copy_files(draft, &source, store, log, state, context));
    if let Some(Err(error)) = &staged {
        let warning = format!("the trial will have no snapshot: {error:#}");
        context.ui.warn(&warning);
    }
    Ok(staged)
}

/// A wrong path would otherwise be noticed at the first keep only.
fn warn_if_missing(source: &Path, context: &Context) {
    if let Err(error) = source.metadata() {
        let source = source.display();
        context
            .ui
            .warn(&format!("nothing to freeze at {source}: {error}"));
    }
}

fn copy_files(
    draft: &Draft,
    source: &Path,
    store: &Store,
    log: &IndexedLog,
    ledger: &LogState,
    context: &Context,
) -> Result<StagedSnapshot> {
    if log.schema.column(Role::Snapshot).is_none() {
        let log = log.path().display();
        bail!("{log} has no column 'snapshot_path' for it");
    }
    let base = match draft.likely_parent(ledger) {
        Some(parent) => find_nearest_snapshot(store, log, &parent)?,
        None => None,
    };
    let base = base.map(|base| base.row().text(Role::Snapshot).into_owned());
    let mut progress = context.ui.progress("freezing");
    let staged = freeze(store, source, base.as_deref(), &mut |done, total| {
        progress.at(done, total);
    })?;
    drop(progress);
    for note in &staged.notes {
        context.ui.warn(note);
    }
    Ok(staged)
}
