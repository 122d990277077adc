//! What of an append is done before the lock is taken: the work of those trials that are going to be frozen is copied. A trial
//! whose work cannot be frozen is logged all the same, without a snapshot: the measurement is what cannot be made again.

use std::path::{Path, PathBuf};

use anyhow::{Result, anyhow, bail};

use super::Append;
use crate::{
    append::Draft,
    append::LogState,
    commands::{Context, Usage},
    log::Role,
    log::Status,
    store::{Frozen, IndexedLog, ReadOptions, Store},
};

/// The work of a trial, copied aside, or why that could not be; `None` where there is none to be frozen.
pub(super) type Work = Option<Result<Frozen>>;

/// Copies the work of each draft aside, as far as it is to be frozen.
pub(super) fn before_the_lock(
    drafts: &[Draft],
    args: &Append,
    store: &Store,
    reading: &ReadOptions,
    context: &Context,
) -> Result<Vec<Work>> {
    let flag = args.snapshot.as_ref().filter(|path| !path.is_empty());
    if flag.is_some() && drafts.len() > 1 {
        bail!(Usage(
            "--snapshot is of one trial, and these are several; give each its \"snapshot\""
                .to_owned()
        ));
    }
    let in_json = drafts.iter().any(|draft| draft.get("snapshot").is_some());
    let may_be_wanted = |draft: &Draft| {
        let status = draft.get("status").filter(|status| *status != "auto");
        status.is_none_or(|status| {
            store
                .settings
                .snapshot
                .wants(Status::parse(status.as_bytes()))
        })
    };
    if (flag.is_none() && !in_json && store.work().is_none()) || !drafts.iter().any(may_be_wanted) {
        return Ok(drafts.iter().map(|_| None).collect());
    }
    // A look at the log without the lock: a trial that does not beat the best now will not beat it later.
    let log = store.read(reading)?;
    let mentioned = drafts.iter().flat_map(Draft::mentioned);
    let jobs = drafts
        .iter()
        .filter_map(Draft::job)
        .filter(|_| args.once)
        .map(str::to_owned);
    let ledger = LogState::read(&log, mentioned, jobs)?;
    let freeze = |draft| {
        let source = source(draft, flag.map(Path::new), drafts.len() == 1, store, &log)?;
        Ok(source.and_then(|source| freeze(draft, &source, store, &log, &ledger, context)))
    };
    drafts.iter().map(freeze).collect()
}

/// Where the work of a draft is, if it may be frozen at all.
fn source(
    draft: &Draft,
    flag: Option<&Path>,
    alone: bool,
    store: &Store,
    log: &IndexedLog,
) -> Result<Option<PathBuf>> {
    let in_json = draft
        .get("snapshot")
        .filter(|_| log.schema.find("snapshot").is_none())
        .map(Path::new);
    match (flag.or(in_json), draft.get("snapshot_path")) {
        (Some(_), Some(_)) => bail!(Usage(
            "a trial has one snapshot: --snapshot or a snapshot_path".to_owned()
        )),
        (None, Some(_)) => Ok(None),
        (Some(path), None) => Ok(Some(path.to_owned())),
        // Of several trials at once, one directory can be the work of one at most: of which, nobody can tell.
        (None, None) => Ok(store.work().filter(|_| alone)),
    }
}

fn freeze(
    draft: &Draft,
    source: &Path,
    store: &Store,
    log: &IndexedLog,
    ledger: &LogState,
    context: &Context,
) -> Work {
    if draft.job().is_some_and(|job| ledger.job(job).is_some()) {
        return None;
    }
    let status = draft.outcome(&log.schema, ledger).ok()?; // an error is said when the trial is completed
    if !store.settings.snapshot.wants(status) {
        return None;
    }
    if log.schema.column(Role::Snapshot).is_none() {
        return Some(Err(anyhow!(
            "{} has no column `snapshot_path` to name a snapshot in",
            log.path().display()
        )));
    }
    let copy = || {
        let base = draft
            .likely_parent(ledger)
            .map(|parent| log.nearest_frozen(&parent))
            .transpose()?
            .flatten();
        let base = base.map(|base| base.row().text(Role::Snapshot).into_owned());
        let mut progress = context.ui.progress("freezing");
        store.freeze(source, base.as_deref(), &mut |done, total| {
            progress.at(done, total)
        })
    };
    Some(copy().inspect(|frozen| frozen.notes.iter().for_each(|note| context.ui.warn(note))))
}
