//! The part of `append` under the lock: trials are completed and written, and messages are collected for later. Nothing is
//! printed here: a terminal that does not read would block every other writer.

use std::collections::HashMap;

use anyhow::{Context as _, Error, Result, anyhow};
use jiff::Timestamp;

use super::{freeze::Staged, logging::Format};
use crate::{
    append::{CompletedTrial, Draft, LockedLog, LogState, LoggedJob, Uniqueness, is_out_of_space},
    commands::Context,
    log::{ExpId, Role, Schema, Status},
    output::{
        columns,
        json::{json, object, row_value},
    },
    snapshot::StagedSnapshot,
    store::Store,
};

/// The rows of one append, and what is printed once they are written.
#[derive(Default)]
pub(in crate::commands) struct Batch {
    format: Format,
    /// Trials of jobs that are logged are not written again.
    pub(super) once: bool,
    min_delta: f64,
    now: Timestamp,
    rows: Vec<Vec<String>>,
    /// The index of the row of each new trial.
    row_of: HashMap<String, usize>,
    answers: Vec<Answer>,
    /// The snapshots that rows name, each with its row and its trial.
    snapshots: Vec<(usize, ExpId, StagedSnapshot)>,
    pub(in crate::commands) outcomes: Vec<Outcome>,
    pub(in crate::commands) notes: Vec<String>,
    pub(in crate::commands) warnings: Vec<String>,
    /// The notes on how the log is read.
    pub(super) log_notes: Vec<String>,
}

/// What a message says of a trial that is written.
pub(in crate::commands) struct Outcome {
    pub(in crate::commands) id: ExpId,
    pub(in crate::commands) status: Status,
    pub(in crate::commands) score: Option<f64>,
    /// The best before it.
    pub(in crate::commands) best: Option<(f64, String)>,
    pub(in crate::commands) is_new_best: bool,
}

/// The answer for one trial: a row of the batch, or the text for a trial that the log already has.
enum Answer {
    Row(usize),
    Logged(String),
}

impl Batch {
    pub(in crate::commands) fn new(format: Format, once: bool, min_delta: f64) -> Self {
        Self {
            format,
            once,
            min_delta,
            ..Self::default()
        }
    }

    /// Completes the drafts from the log.
    pub(in crate::commands) fn complete(
        &mut self,
        drafts: &[Draft],
        works: &mut [Staged],
        store: &Store,
        locked: &LockedLog,
    ) -> Result<()> {
        let log = locked.log();
        let ids = drafts.iter().flat_map(Draft::mentioned);
        let jobs = drafts.iter().filter_map(Draft::job);
        let mut state = LogState::read(log, ids, jobs.filter(|_| self.once))?;
        state.min_delta = self.min_delta;
        self.now = locked.now()?;
        for (at, (draft, work)) in drafts.iter().zip(works).enumerate() {
            let job = draft.job().unwrap_or_default();
            let mut added = match state.job(&job) {
                Some(logged) => self.add_logged(draft, logged, locked),
                None => self.add_new(draft, work.take(), &mut state, store, locked),
            };
            if drafts.len() > 1 {
                added = added.with_context(|| format!("trial {} of {}", at + 1, drafts.len()));
            }
            added?;
        }
        self.warnings.extend(log.damage_message());
        self.warnings.extend(locked.take_file_system_warning());
        Ok(())
    }

    /// Adds the answer for a trial whose job is in the log.
    fn add_logged(&mut self, draft: &Draft, logged: &LoggedJob, locked: &LockedLog) -> Result<()> {
        let (id, job) = (&logged.id, draft.job().unwrap_or_default());
        let of_batch = self.row_of.get(id).and_then(|&row| self.find_answer(row));
        let place = match of_batch {
            Some(at) => format!("trial {} of this batch", at + 1), // it may never get its id
            None => format!("logged as trial {id}"),
        };
        draft.check_logged(logged, &place, &locked.log().schema)?;
        self.notes.push(format!(
            "job {job} is already logged as trial {id}; nothing is written for it"
        ));
        let answer = match (self.row_of.get(id), self.format) {
            (Some(row), _) => Answer::Row(*row),
            (None, Format::Id) => Answer::Logged(format!("{id}\n")),
            (None, Format::Json) => {
                let id = ExpId::parse(id).context("the trial has no id")?;
                Answer::Logged(json(&row_value(&locked.log().trial(&id)?)) + "\n")
            }
        };
        self.answers.push(answer);
        Ok(())
    }

    fn add_new(
        &mut self,
        draft: &Draft,
        work: Staged,
        state: &mut LogState,
        store: &Store,
        locked: &LockedLog,
    ) -> Result<()> {
        let schema = &locked.log().schema;
        let mut trial = draft.complete(schema, state, self.now)?;
        self.warnings.extend(draft.warnings(&trial, schema, state));
        let eligible_score = trial.eligible_score();
        self.outcomes.push(Outcome {
            id: trial.id.clone(),
            status: trial.status,
            score: trial.score_value(),
            best: state.best().map(|(score, id)| (score, id.to_owned())),
            is_new_best: eligible_score.is_some_and(|score| state.replaces_best(score)),
        });
        let name = trial.id.to_string();
        state.enter(Some(&trial.id), &name, eligible_score);
        self.row_of.insert(name.clone(), self.rows.len());
        state.enter_job(&draft.job().unwrap_or_default(), || LoggedJob {
            id: name,
            status: trial.status,
            score: trial.score_value(),
        });
        if let Some(remark) = &trial.remark {
            let (id, status) = (&trial.id, trial.status.name());
            self.notes.push(format!("trial {id}, a {status}, {remark}"));
        }
        if let Some(work) = work
            && store.settings.snapshot.wants(trial.status)
        {
            self.place_snapshot(work, &mut trial, store, schema);
        }
        self.answers.push(Answer::Row(self.rows.len()));
        self.rows.push(trial.cells);
        Ok(())
    }

    fn place_snapshot(
        &mut self,
        work: Result<StagedSnapshot>,
        trial: &mut CompletedTrial,
        store: &Store,
        schema: &Schema,
    ) {
        let domain = schema.column(Role::Domain).map(|at| &*trial.cells[at]);
        let domain = domain.unwrap_or_default();
        match work.and_then(|staged| staged.place(&trial.id, domain)) {
            Ok(placed) => {
                if let Some(column) = schema.column(Role::Snapshot) {
                    trial.cells[column] = store.snapshot_cell(placed.snapshot_path());
                }
                let snapshot = (self.rows.len(), trial.id.clone(), placed);
                self.snapshots.push(snapshot);
            }
            Err(error) => self.warn_no_snapshot(&trial.id, &error),
        }
    }

    fn warn_no_snapshot(&mut self, id: &ExpId, error: &Error) {
        self.warnings.push(format!(
            "trial {id} is logged without a snapshot: {error:#}"
        ));
    }

    /// Writes the rows, and returns what to print. If the disk is too full for the rows and their snapshots, the snapshots
    /// are given up.
    pub(in crate::commands) fn write(&mut self, mut locked: LockedLog) -> Result<String> {
        let uniqueness = if self.once {
            Uniqueness::IdsAndJobs
        } else {
            Uniqueness::Ids
        };
        let mut written = locked.append_rows(&self.rows, uniqueness);
        if let Err(error) = &written
            && is_out_of_space(error)
            && !self.snapshots.is_empty()
        {
            self.remove_snapshots(&locked);
            written = locked.append_rows(&self.rows, uniqueness);
        }
        written?;
        self.warnings.extend(locked.take_warnings());
        let answer = self.answer(&locked);
        let flushed = locked.release_and_flush();
        // Even if the flush failed, the rows are in the log and name the snapshots.
        for (_, _, placed) in self.snapshots.drain(..) {
            placed.keep();
        }
        flushed?;
        Ok(answer)
    }

    pub(in crate::commands) fn print_messages(&self, context: &Context) {
        context.ui.note_all(&self.notes);
        context.ui.warn_all(&self.warnings);
    }

    /// Gives the snapshots of drafts that were not written back to them.
    pub(super) fn return_snapshots(&mut self, works: &mut [Staged]) {
        for (row, _, placed) in std::mem::take(&mut self.snapshots) {
            if let Some(at) = self.find_answer(row) {
                works[at] = Some(Ok(placed));
            }
        }
    }

    /// The draft that became a row first.
    fn find_answer(&self, row: usize) -> Option<usize> {
        let is_its_row = |answer: &Answer| matches!(answer, Answer::Row(at) if *at == row);
        self.answers.iter().position(is_its_row)
    }

    fn remove_snapshots(&mut self, locked: &LockedLog) {
        for (row, id, _) in std::mem::take(&mut self.snapshots) {
            if let Some(column) = locked.log().schema.column(Role::Snapshot) {
                self.rows[row][column].clear();
            }
            let error = anyhow!("there is no room for it and the row of the trial");
            self.warn_no_snapshot(&id, &error);
        }
    }

    fn answer(&self, locked: &LockedLog) -> String {
        let schema = &locked.log().schema;
        let mut text = String::new();
        for answer in &self.answers {
            match (answer, self.format) {
                (Answer::Logged(logged), _) => text += logged,
                (Answer::Row(row), Format::Id) => {
                    let column = schema.column(Role::Id).expect("a log has a column of ids");
                    text += &format!("{}\n", self.rows[*row][column]);
                }
                (Answer::Row(row), Format::Json) => {
                    text += &json(&object(&columns::columns(schema), &self.rows[*row]));
                    text.push('\n');
                }
            }
        }
        text
    }
}
