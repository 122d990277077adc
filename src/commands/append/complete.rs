//! What of an append is done under the lock: trials get their ids, and what else only the log as it stands can tell.

use anyhow::{Context as _, Result};
use jiff::Timestamp;

use super::{Answer, Append, freeze::Work};
use crate::{
    commands::Context,
    draft::{Complete, Draft},
    schema::Role,
    store::{Frozen, Locked, Placed, Store},
    trial::ExpId,
    view::sheet,
};

/// What an append comes to, under the lock.
#[derive(Default)]
pub(super) struct Completed {
    pub(super) answers: String,
    pub(super) rows: Vec<Vec<String>>,
    /// The snapshots that the rows name.
    pub(super) placed: Vec<Placed>,
    /// Why some of the rows name none.
    pub(super) unfrozen: Vec<String>,
}

pub(super) fn complete(
    drafts: &[Draft],
    args: &Append,
    store: &Store,
    locked: &Locked,
    works: Vec<Work>,
    context: &Context,
) -> Result<Completed> {
    let log = locked.log();
    let ids = drafts.iter().flat_map(Draft::mentioned);
    let jobs = drafts.iter().filter_map(Draft::job).map(str::to_owned);
    let mut ledger = log.ledger(ids, jobs.filter(|_| args.once))?;
    let mut out = Completed::default();
    for (at, (draft, work)) in drafts.iter().zip(works).enumerate() {
        if let Some(known) = draft.job().and_then(|job| ledger.job(job)) {
            let job = draft.job().unwrap_or_default();
            context.ui.note(&format!("job {job} is there already, as trial {}; nothing is written for it", known.0));
            out.answers += &written_before(&known.0, args, locked, &out.rows)?;
            continue;
        }
        let complete = draft.complete(&log.schema, &ledger, Timestamp::now());
        let Complete { mut cells, id, status, eligible_score, warning } = if drafts.len() > 1 {
            complete.with_context(|| format!("trial {} of {}", at + 1, drafts.len()))
        } else {
            complete
        }?;
        ledger.enter(Some(&id), &id.to_string(), draft.job().unwrap_or_default(), eligible_score);
        if let Some(warning) = warning {
            context.ui.warn(&warning);
        }
        if let Some(work) = work.filter(|_| store.settings.snapshot.wants(status)) {
            place(work, &id, &mut cells, locked, &mut out);
        }
        out.answers += &match args.format {
            Answer::Id => format!("{id}\n"),
            Answer::Json => sheet::object(&sheet::columns(&log.schema), &cells) + "\n",
        };
        out.rows.push(cells);
    }
    Ok(out)
}

/// Puts the snapshot of a row into its place and into its cell; a row whose work could not be frozen is written without.
fn place(work: Result<Frozen>, id: &ExpId, cells: &mut [String], locked: &Locked, out: &mut Completed) {
    let schema = &locked.log().schema;
    let domain = schema.column(Role::Domain).map_or("", |column| &cells[column]);
    match work.and_then(|frozen| frozen.place(locked, id, domain)) {
        Ok(snapshot) => {
            if let Some(column) = schema.column(Role::Snapshot) {
                cells[column] = snapshot.snapshot_path();
            }
            out.placed.push(snapshot);
        }
        Err(error) => {
            out.unfrozen.push(format!("trial {id} is logged without its work, which is not frozen: {error:#}"));
        }
    }
}

/// The answer to a trial that is in the log already.
fn written_before(id: &str, args: &Append, locked: &Locked, rows: &[Vec<String>]) -> Result<String> {
    let schema = &locked.log().schema;
    let is_it = |cells: &&Vec<String>| schema.column(Role::Id).is_some_and(|column| cells[column] == id);
    match (args.format, rows.iter().find(is_it)) {
        (Answer::Id, _) => Ok(format!("{id}\n")),
        (Answer::Json, Some(cells)) => Ok(sheet::object(&sheet::columns(schema), cells) + "\n"),
        (Answer::Json, None) => {
            let id = ExpId::read(id).context("a trial without an id")?;
            Ok(crate::view::object_or_null(locked.log().find(&id)?.as_ref()))
        }
    }
}
