//! What an append must know of the log: the best as it stands, the next id, which of the names it mentions are there.

use std::collections::HashMap;

use anyhow::Result;

use crate::log::{Direction, ExpId, Role, Row, shown_id};
use crate::{
    analysis::{Query, Summary},
    index::IndexedLog,
};

/// A trial that another may name: its id as it is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known(pub String);

/// Asks only for the ids and the jobs that it is told of, so that its size is that of the question.
pub struct LogState {
    direction: Direction,
    /// Score and id of the best trial.
    best: Option<(f64, String)>,
    /// One more than the largest number that is an id.
    next: u64,
    ids: HashMap<ExpId, Option<Known>>,
    jobs: HashMap<String, Option<Known>>,
}

impl LogState {
    /// A ledger that will know whether the log has these ids and jobs.
    pub fn new(
        direction: Direction,
        ids: impl IntoIterator<Item = ExpId>,
        jobs: impl IntoIterator<Item = String>,
    ) -> Self {
        Self {
            direction,
            best: None,
            next: 0,
            ids: ids.into_iter().map(|id| (id, None)).collect(),
            jobs: jobs.into_iter().map(|job| (job, None)).collect(),
        }
    }

    /// What an append must know of this log.
    pub fn read(
        log: &IndexedLog,
        ids: impl IntoIterator<Item = ExpId>,
        jobs: impl IntoIterator<Item = String>,
    ) -> Result<Self> {
        let ids: Vec<ExpId> = ids.into_iter().collect();
        let jobs: Vec<String> = jobs.into_iter().collect();
        // Only the rows say which jobs there are.
        if jobs.is_empty()
            && let Some(summary) = log.summary()
        {
            return Self::from_stored(log, summary, ids);
        }
        log.ask(Self::new(log.schema.direction, ids, jobs))
    }

    fn from_stored(log: &IndexedLog, summary: &Summary, ids: Vec<ExpId>) -> Result<Self> {
        let mut state = Self::new(log.schema.direction, [], []);
        state.next = summary.next_id();
        if let Some((offset, score)) = summary.best() {
            state.best = Some((score, log.at(offset)?.row().name()));
        }
        for id in ids {
            let is_new = id
                .counted()
                .is_some_and(|number| number >= summary.next_id());
            let trial = if is_new { None } else { log.find(&id)? };
            let known = trial.map(|trial| Known(trial.row().name()));
            state.ids.insert(id, known);
        }
        Ok(state)
    }

    pub fn best(&self) -> Option<(f64, &str)> {
        self.best.as_ref().map(|(score, id)| (*score, id.as_str()))
    }

    pub fn next_id(&self) -> ExpId {
        ExpId::Number(self.next)
    }

    /// The trial of this id, of those that the ledger was told of.
    pub fn trial(&self, id: &ExpId) -> Option<&Known> {
        self.ids.get(id)?.as_ref()
    }

    /// The first trial of this job, of those that the ledger was told of.
    pub fn job(&self, job: &str) -> Option<&Known> {
        self.jobs.get(job)?.as_ref()
    }

    /// Whether a score would beat the best; any does where there is none.
    pub fn beats_best(&self, score: f64) -> bool {
        self.best
            .as_ref()
            .is_none_or(|(best, _)| self.direction.better(score, *best))
    }

    /// Enters one trial, of the log or about to be written to it.
    pub fn enter(
        &mut self,
        id: Option<&ExpId>,
        name: &str,
        job: &str,
        eligible_score: Option<f64>,
    ) {
        if let Some(number) = id.and_then(ExpId::counted) {
            self.next = self.next.max(number + 1);
        }
        if let Some(slot) = id.and_then(|id| self.ids.get_mut(id)) {
            slot.get_or_insert_with(|| Known(name.to_owned()));
        }
        if let Some(slot) = self.jobs.get_mut(job) {
            slot.get_or_insert_with(|| Known(name.to_owned()));
        }
        if let Some(score) = eligible_score
            && self.beats_best(score)
        {
            self.best = Some((score, name.to_owned()));
        }
    }
}

impl Query for LogState {
    fn observe(&mut self, row: &Row) {
        let id = row.id();
        let job = if self.jobs.is_empty() || row.damage.is_some() {
            "".into()
        } else {
            row.text(Role::Job)
        };
        let name = id
            .as_ref()
            .map(|_| shown_id(&row.text(Role::Id)))
            .unwrap_or_default();
        self.enter(id.as_ref(), &name, &job, row.eligible_score());
    }
}
