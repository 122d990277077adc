//! What of an append is done before the lock is taken: its work is copied, if the trial is one that is going to be frozen.

use std::path::PathBuf;

use anyhow::{Result, bail, ensure};

use super::Append;
use crate::{
    commands::{Context, Usage},
    draft::Draft,
    lineage::Ledger,
    schema::Role,
    store::{Frozen, Reading, Store},
};

pub(super) fn before_the_lock(
    drafts: &[Draft],
    args: &Append,
    store: &Store,
    reading: &Reading,
    context: &Context,
) -> Result<Option<Frozen>> {
    let asked = args.snapshot.as_ref().filter(|path| !path.is_empty()).map(PathBuf::from);
    let [draft] = drafts else {
        ensure!(asked.is_none(), Usage("--snapshot is of one trial, and these are several".to_owned()));
        return Ok(None);
    };
    if asked.is_some() && draft.get("snapshot_path").is_some() {
        bail!(Usage("a trial has one snapshot: --snapshot or a snapshot_path".to_owned()));
    }
    // The work of trials that come as JSON may long have gone on: it is frozen only where that is asked for.
    let by_setting = store.work().filter(|_| !args.json && draft.get("snapshot_path").is_none());
    let was_asked = asked.is_some();
    let Some(source) = asked.or(by_setting) else { return Ok(None) };

    // A look at the log without the lock: a trial that does not beat the best now will not beat it later.
    let log = store.read(reading)?;
    let once = draft.job().filter(|_| args.once).map(str::to_owned);
    let ledger = log.ask(Ledger::new(log.schema.direction, draft.mentioned(), once))?;
    if draft.job().is_some_and(|job| ledger.job(job).is_some()) {
        return Ok(None);
    }
    let status = draft.outcome(&log.schema, &ledger)?;
    if !store.settings.snapshot.wants(status) {
        if was_asked {
            context.ui.note(&format!(
                "a {} is not frozen, unless [snapshot] in lineage.toml has always = true",
                status.name()
            ));
        }
        return Ok(None);
    }
    ensure!(
        log.schema.column(Role::Snapshot).is_some(),
        "{} has no column `snapshot_path` to name a snapshot in; leave --snapshot out",
        log.path().display()
    );
    let base = draft.likely_parent(&ledger).map(|parent| log.nearest_frozen(&parent)).transpose()?.flatten();
    let mut progress = context.ui.progress("freezing");
    let base = base.map(|base| base.row().text(Role::Snapshot).into_owned());
    let frozen = store.freeze(&source, base.as_deref(), &mut |done, total| progress.at(done, total))?;
    drop(progress);
    for note in &frozen.notes {
        context.ui.warn(note);
    }
    Ok(Some(frozen))
}
