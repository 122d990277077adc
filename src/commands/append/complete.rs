//! The part of `append` under the lock: trials are completed and written, and answers and messages are collected for later.
//! Nothing is printed here: a reader of stdout or stderr that does not read would block every other writer.

use anyhow::{Context as _, Error, Result, anyhow};
use jiff::Timestamp;

use super::{Append, Format, freeze::Work};
use crate::{
    append::{Draft, LockedLog, LogState, NotFlushed, is_out_of_space},
    log::{ExpId, Role, Schema},
    output::{object_or_null, records},
    store::{Placed, Store},
};

/// The rows of one append, and what is printed once they are written.
#[derive(Default)]
pub(super) struct Batch {
    rows: Vec<Vec<String>>,
    answers: Vec<Answer>,
    snapshots: Vec<PlacedSnapshot>,
    pub(super) notes: Vec<String>,
    pub(super) warnings: Vec<String>,
}

/// The answer for one trial.
enum Answer {
    /// The row with this number in the batch.
    Row(usize),
    /// What to print for a trial that the log already has.
    Logged(String),
}

/// A snapshot that a row of the batch names.
struct PlacedSnapshot {
    row: usize,
    id: ExpId,
    placed: Placed,
}

impl Batch {
    /// Completes the drafts from the log.
    pub(super) fn complete(
        drafts: &[Draft],
        works: Vec<Work>,
        args: &Append,
        store: &Store,
        locked: &LockedLog,
    ) -> Result<Self> {
        let log = locked.log();
        let ids = drafts.iter().flat_map(Draft::mentioned);
        let jobs = drafts.iter().filter_map(Draft::job).map(str::to_owned);
        let mut state = log.ledger(ids, jobs.filter(|_| args.once))?;
        let mut batch = Self::default();
        for (at, (draft, work)) in drafts.iter().zip(works).enumerate() {
            let number = (at + 1, drafts.len());
            if !batch.add_logged(draft, &state, args.format, locked)? {
                batch.add_new(draft, number, work, &mut state, store, locked)?;
            }
        }
        batch.warnings.extend(log.damage());
        Ok(batch)
    }

    /// Adds the answer for a trial whose job is in the log; false if it is not.
    fn add_logged(
        &mut self,
        draft: &Draft,
        state: &LogState,
        format: Format,
        locked: &LockedLog,
    ) -> Result<bool> {
        let Some(job) = draft.job() else {
            return Ok(false);
        };
        let Some(known) = state.job(job) else {
            return Ok(false);
        };
        let id = &known.0;
        self.notes.push(format!(
            "job {job} is already logged as trial {id}; nothing is written for it"
        ));
        let column = locked.log().schema.column(Role::Id);
        let is_same = |cells: &Vec<String>| column.is_some_and(|column| cells[column] == *id);
        let answer = match (self.rows.iter().position(is_same), format) {
            (Some(row), _) => Answer::Row(row),
            (None, Format::Id) => Answer::Logged(format!("{id}\n")),
            (None, Format::Json) => {
                let id = ExpId::parse(id).context("the trial has no id")?;
                Answer::Logged(object_or_null(locked.log().find(&id)?.as_ref()))
            }
        };
        self.answers.push(answer);
        Ok(true)
    }

    fn add_new(
        &mut self,
        draft: &Draft,
        (number, count): (usize, usize),
        work: Work,
        state: &mut LogState,
        store: &Store,
        locked: &LockedLog,
    ) -> Result<()> {
        let completed = draft.complete(&locked.log().schema, state, Timestamp::now());
        let mut trial = if count > 1 {
            completed.with_context(|| format!("trial {number} of {count}"))?
        } else {
            completed?
        };
        let name = trial.id.to_string();
        let job = draft.job().unwrap_or_default();
        state.enter(Some(&trial.id), &name, job, trial.eligible_score);
        self.warnings.append(&mut trial.warnings);
        if let Some(work) = work
            && store.settings.snapshot.wants(trial.status)
        {
            self.place_snapshot(work, &trial.id, &mut trial.cells, locked);
        }
        self.answers.push(Answer::Row(self.rows.len()));
        self.rows.push(trial.cells);
        Ok(())
    }

    /// Puts a snapshot in its place and names it in the row. If that fails, the row is written without it.
    fn place_snapshot(
        &mut self,
        work: Result<crate::store::Frozen>,
        id: &ExpId,
        cells: &mut [String],
        locked: &LockedLog,
    ) {
        let schema = &locked.log().schema;
        let domain = match schema.column(Role::Domain) {
            Some(column) => &cells[column],
            None => "",
        };
        match work.and_then(|frozen| frozen.place(locked, id, domain)) {
            Ok(placed) => {
                if let Some(column) = schema.column(Role::Snapshot) {
                    cells[column] = placed.snapshot_path();
                }
                self.snapshots.push(PlacedSnapshot {
                    row: self.rows.len(),
                    id: id.clone(),
                    placed,
                });
            }
            Err(error) => self.warn_no_snapshot(id, &error),
        }
    }

    fn warn_no_snapshot(&mut self, id: &ExpId, error: &Error) {
        self.warnings.push(format!(
            "trial {id} is logged without a snapshot: {error:#}"
        ));
    }

    /// Writes the rows. If the disk is too full for the rows and their snapshots, the snapshots are given up.
    pub(super) fn write(mut self, mut locked: LockedLog) -> Result<Self> {
        let mut written = locked.append_rows(&self.rows);
        if let Err(error) = &written
            && is_out_of_space(error)
            && !self.snapshots.is_empty()
        {
            self.remove_snapshots(&locked.log().schema.clone());
            written = locked.append_rows(&self.rows);
        }
        written?;
        let flushed: Result<(), NotFlushed> = locked.release_and_flush();
        // Even if the flush failed, the rows are in the log and name the snapshots.
        for snapshot in self.snapshots.drain(..) {
            snapshot.placed.keep();
        }
        flushed?;
        Ok(self)
    }

    fn remove_snapshots(&mut self, schema: &Schema) {
        for snapshot in std::mem::take(&mut self.snapshots) {
            if let Some(column) = schema.column(Role::Snapshot) {
                self.rows[snapshot.row][column].clear();
            }
            let error = anyhow!("there is no room for it and the row of the trial");
            self.warn_no_snapshot(&snapshot.id, &error);
        }
    }

    /// What is printed once the rows are written.
    pub(super) fn answer(&self, format: Format, schema: &Schema) -> String {
        let mut text = String::new();
        for answer in &self.answers {
            match (answer, format) {
                (Answer::Logged(logged), _) => text += logged,
                (Answer::Row(row), Format::Id) => {
                    if let Some(column) = schema.column(Role::Id) {
                        text += &self.rows[*row][column];
                    }
                    text.push('\n');
                }
                (Answer::Row(row), Format::Json) => {
                    text += &records::object(&records::columns(schema), &self.rows[*row]);
                    text.push('\n');
                }
            }
        }
        text
    }
}
