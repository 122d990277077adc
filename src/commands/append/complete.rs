//! What of an append is done under the lock: trials get their ids, and what else only the log as it stands can tell.

use anyhow::{Context as _, Error, Result, anyhow};
use jiff::Timestamp;

use super::{Answer, Append, freeze::Work};
use crate::{
    append::{Complete, Draft, LogState},
    commands::Context,
    log::ExpId,
    log::{Role, Schema},
    output::records,
    store::{Frozen, LockedLog, Placed, Store},
};

/// What an append comes to, under the lock.
#[derive(Default)]
pub(super) struct Completed {
    answers: Vec<Said>,
    pub(super) rows: Vec<Vec<String>>,
    /// The snapshots that the rows name: which row, and of which trial.
    pub(super) placed: Vec<(usize, ExpId, Placed)>,
    /// Why some of the rows name none.
    pub(super) unfrozen: Vec<String>,
}

/// The answer to one trial.
enum Said {
    /// The row of this number, as it is written.
    Row(usize, String),
    Text(String),
}

impl Completed {
    /// What is printed once the rows are written.
    pub(super) fn answers(&self, format: Answer, schema: &Schema) -> String {
        let answer = |said: &Said| match (said, format) {
            (Said::Text(text), _) => text.clone(),
            (Said::Row(_, id), Answer::Id) => format!("{id}\n"),
            (Said::Row(row, _), Answer::Json) => {
                records::object(&records::columns(schema), &self.rows[*row]) + "\n"
            }
        };
        self.answers.iter().map(answer).collect()
    }

    /// Gives the snapshots up, so that there is room for the rows.
    pub(super) fn make_room(&mut self, schema: &Schema) {
        for (row, id, _) in self.placed.drain(..) {
            if let Some(column) = schema.column(Role::Snapshot) {
                self.rows[row][column].clear();
            }
            self.unfrozen.push(unfrozen(
                &id,
                &anyhow!("there is no room for it and the row of the trial"),
            ));
        }
    }
}

fn unfrozen(id: &ExpId, why: &Error) -> String {
    format!("trial {id} is logged without its work, which is not frozen: {why:#}")
}

pub(super) fn complete(
    drafts: &[Draft],
    args: &Append,
    store: &Store,
    locked: &LockedLog,
    works: Vec<Work>,
    context: &Context,
) -> Result<Completed> {
    let log = locked.log();
    let ids = drafts.iter().flat_map(Draft::mentioned);
    let jobs = drafts.iter().filter_map(Draft::job).map(str::to_owned);
    let mut ledger = LogState::read(log, ids, jobs.filter(|_| args.once))?;
    let mut out = Completed::default();
    for (at, (draft, work)) in drafts.iter().zip(works).enumerate() {
        if let Some(known) = draft.job().and_then(|job| ledger.job(job)) {
            let job = draft.job().unwrap_or_default();
            context.ui.note(&format!(
                "job {job} is there already, as trial {}; nothing is written for it",
                known.0
            ));
            let said = written_before(&known.0, args, locked, &out.rows)?;
            out.answers.push(said);
            continue;
        }
        let complete = draft.complete(&log.schema, &ledger, Timestamp::now());
        let Complete {
            mut cells,
            id,
            status,
            eligible_score,
            warning,
        } = if drafts.len() > 1 {
            complete.with_context(|| format!("trial {} of {}", at + 1, drafts.len()))
        } else {
            complete
        }?;
        ledger.enter(
            Some(&id),
            &id.to_string(),
            draft.job().unwrap_or_default(),
            eligible_score,
        );
        if let Some(warning) = warning {
            context.ui.warn(&warning);
        }
        if let Some(work) = work.filter(|_| store.settings.snapshot.wants(status)) {
            place(work, &id, &mut cells, locked, &mut out);
        }
        out.answers.push(Said::Row(out.rows.len(), id.to_string()));
        out.rows.push(cells);
    }
    Ok(out)
}

/// Puts the snapshot of a row into its place and into its cell; a row whose work could not be frozen is written without.
fn place(
    work: Result<Frozen>,
    id: &ExpId,
    cells: &mut [String],
    locked: &LockedLog,
    out: &mut Completed,
) {
    let schema = &locked.log().schema;
    let domain = schema
        .column(Role::Domain)
        .map_or("", |column| &cells[column]);
    match work.and_then(|frozen| frozen.place(locked, id, domain)) {
        Ok(snapshot) => {
            if let Some(column) = schema.column(Role::Snapshot) {
                cells[column] = snapshot.snapshot_path();
            }
            out.placed.push((out.rows.len(), id.clone(), snapshot));
        }
        Err(error) => {
            out.unfrozen.push(unfrozen(id, &error));
        }
    }
}

/// The answer to a trial that is in the log already.
fn written_before(
    id: &str,
    args: &Append,
    locked: &LockedLog,
    rows: &[Vec<String>],
) -> Result<Said> {
    let column = locked.log().schema.column(Role::Id);
    let is_it = |cells: &Vec<String>| column.is_some_and(|column| cells[column] == id);
    Ok(match (args.format, rows.iter().position(is_it)) {
        (_, Some(row)) => Said::Row(row, id.to_owned()),
        (Answer::Id, None) => Said::Text(format!("{id}\n")),
        (Answer::Json, None) => {
            let id = ExpId::parse(id).context("a trial without an id")?;
            Said::Text(crate::output::object_or_null(
                locked.log().find(&id)?.as_ref(),
            ))
        }
    })
}
