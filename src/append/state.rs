//! What an append needs to know of the log: the best trial, the next id, and which of the trials it names exist.

use std::collections::HashMap;

use anyhow::Result;

use crate::{
    analysis::{Query, Summary},
    index::IndexedLog,
    log::{Direction, ExpId, Role, Row, Status, Tie},
};

/// The trial that a job has logged, and its outcome.
#[derive(Clone, Debug, PartialEq)]
pub struct LoggedJob {
    pub id: String,
    pub status: Status,
    pub score: Option<f64>,
}

/// Remembers only the ids and jobs it is asked about, so its size does not grow with the log.
pub struct LogState {
    direction: Direction,
    /// By how much a score has to beat the best to be kept.
    pub min_delta: f64,
    tie: Tie,
    /// Score and id of the best trial.
    best: Option<(f64, String)>,
    /// One more than the largest number that is an id.
    next: u64,
    /// The ids that are asked about; if there is a trial, with its id as the log has it.
    ids: HashMap<ExpId, Option<String>>,
    jobs: HashMap<String, Option<LoggedJob>>,
}

impl LogState {
    /// The state of an empty log that will tell whether these ids and jobs exist.
    pub fn new(
        direction: Direction,
        tie: Tie,
        ids: impl IntoIterator<Item = ExpId>,
        jobs: impl IntoIterator<Item = String>,
    ) -> Self {
        Self {
            direction,
            min_delta: 0.0,
            tie,
            best: None,
            next: 0,
            ids: ids.into_iter().map(|id| (id, None)).collect(),
            jobs: jobs.into_iter().map(|job| (job, None)).collect(),
        }
    }

    /// What an append needs to know of this log.
    pub fn read(
        log: &IndexedLog,
        ids: impl IntoIterator<Item = ExpId>,
        jobs: impl IntoIterator<Item = String>,
    ) -> Result<Self> {
        let mut state = Self::new(log.schema.direction, log.schema.tie, ids, jobs);
        if let Some(summary) = log.summary()
            && state.jobs.is_empty()
            && state.fill_from(summary, log)?
        {
            return Ok(state);
        }
        log.ask(state)
    }

    /// Takes everything from the index. Returns false if the log has to be read: the index does not list the jobs, and does not
    /// show that no trial has a given name.
    fn fill_from(&mut self, summary: &Summary, log: &IndexedLog) -> Result<bool> {
        let next = summary.next_id();
        for (id, known) in &mut self.ids {
            let is_new = id.counted().is_some_and(|number| number >= next);
            *known = log.find_in_index(id).map(|trial| trial.row().name());
            if known.is_none() && !is_new {
                return Ok(false);
            }
        }
        if let Some((offset, score)) = summary.best() {
            self.best = Some((score, log.at(offset)?.row().name()));
        }
        self.next = next;
        Ok(true)
    }

    /// Score and id of the best trial.
    pub fn best(&self) -> Option<(f64, &str)> {
        self.best.as_ref().map(|(score, id)| (*score, id.as_str()))
    }

    /// The id of the best trial, or an empty text.
    pub fn best_id(&self) -> &str {
        self.best.as_ref().map_or("", |(_, id)| id)
    }

    pub fn next_id(&self) -> ExpId {
        ExpId::Number(self.next)
    }

    /// The id of a trial as the log has it, if it is one of those asked about.
    pub fn trial(&self, id: &ExpId) -> Option<&str> {
        self.ids.get(id)?.as_deref()
    }

    /// The first trial of this job, if it is one of those asked about.
    pub fn job(&self, job: &str) -> Option<&LoggedJob> {
        self.jobs.get(job)?.as_ref()
    }

    /// Whether a score is better than the best; true if there is no best yet.
    pub fn beats_best(&self, score: f64) -> bool {
        let best = self.best.as_ref();
        best.is_none_or(|(best, _)| self.direction.better(score, *best))
    }

    /// Whether a score beats the best by more than `min_delta`. Differences that only rounding makes do not count.
    pub fn is_worth_keeping(&self, score: f64) -> bool {
        let Some((best, _)) = self.best() else {
            return true;
        };
        let rounding = 4.0 * f64::EPSILON * score.abs().max(best.abs());
        self.beats_best(score)
            && (self.min_delta == 0.0 || (score - best).abs() > self.min_delta + rounding)
    }

    /// Whether a keep with this score would be the best, as one that ties can be by the settings.
    pub fn replaces_best(&self, score: f64) -> bool {
        let best = self.best.as_ref();
        best.is_none_or(|(best, _)| self.tie.replaces_best(score, *best, self.direction))
    }

    /// Adds the trial of a job, if it is one of those asked about and this is its first.
    pub fn enter_job(&mut self, job: &str, logged: impl FnOnce() -> LoggedJob) {
        if let Some(slot) = self.jobs.get_mut(job) {
            slot.get_or_insert_with(logged);
        }
    }

    /// Adds one trial of the log, or one that is about to be written.
    pub fn enter(&mut self, id: Option<&ExpId>, name: &str, eligible_score: Option<f64>) {
        if let Some(id) = id {
            if let Some(number) = id.counted() {
                self.next = self.next.max(number + 1);
            }
            if let Some(slot) = self.ids.get_mut(id) {
                slot.get_or_insert_with(|| name.to_owned());
            }
        }
        if let Some(score) = eligible_score
            && self.replaces_best(score)
        {
            self.best = Some((score, name.to_owned()));
        }
    }
}

impl Query for LogState {
    fn observe(&mut self, row: &Row) {
        if !self.jobs.is_empty() && row.damage.is_none() {
            self.enter_job(&row.text(Role::Job), || LoggedJob {
                id: row.name(),
                status: row.status(),
                score: row.score(),
            });
        }
        if let Some(id) = row.id() {
            self.enter(Some(&id), &row.name(), row.eligible_score());
        }
    }
}
