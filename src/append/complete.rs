//! Completing a draft from the log: one function for each default.

use std::collections::HashMap;

use anyhow::{Result, bail, ensure};
use jiff::Timestamp;

use super::{Draft, LogState, LoggedJob, draft::NONE};
use crate::log::{AUTO, ExpId, NUMBERS, Number, Role, Schema, Status, signed_delta};
use crate::text::{Usage, nearest};

/// A draft with every cell filled in.
pub struct CompletedTrial {
    /// One text for each column of the log, in its order.
    pub cells: Vec<String>,
    pub id: ExpId,
    pub status: Status,
    pub score: Option<Number>,
    /// Why a small improvement was not kept, or may be noise; also in its notes.
    pub remark: Option<String>,
}

impl CompletedTrial {
    pub fn score_value(&self) -> Option<f64> {
        self.score.as_ref().map(Number::value)
    }

    /// The score, if the trial can be the best.
    pub fn eligible_score(&self) -> Option<f64> {
        self.score_value().filter(|_| self.status.can_be_best())
    }
}

fn add_note(notes: &mut String, remark: &str) {
    let separator = if notes.is_empty() { "" } else { "; " };
    *notes += separator;
    *notes += remark;
}

impl Draft {
    /// Fills in what was not given. The state must have been asked about the trials that the draft mentions.
    pub fn complete(
        &self,
        schema: &Schema,
        state: &LogState,
        now: Timestamp,
    ) -> Result<CompletedTrial> {
        self.check()?;
        self.check_columns(schema)?;
        let score = self.score(schema)?;
        let status = self.status(score.as_ref(), schema, state)?;
        let id = self.id(state)?;
        let mut row = self.cells_without_log(schema);
        row.extend([
            ("exp_id", id.to_string()),
            ("timestamp", self.time(now)?),
            ("status", status.name().to_owned()),
            ("parent_exp", self.parent(status, state)?),
            ("baseline_exp", self.baseline(state)?),
        ]);
        if let Some(score) = &score {
            let best = state.best().map(|(best, _)| best);
            let delta = delta(status, Some(score.value()), best);
            row.insert(schema.score_name(), score.text().to_owned());
            row.entry(second_score_name(schema))
                .or_insert(score.text().to_owned());
            row.entry("delta_vs_best").or_insert(delta);
        }
        let remark = self.remark(status, score.as_ref(), state);
        if let Some(remark) = &remark {
            add_note(row.entry("notes").or_default(), remark);
        }
        let take_cell = |name: &String| row.remove(name.as_str()).unwrap_or_default();
        Ok(CompletedTrial {
            cells: schema.names().iter().map(take_cell).collect(),
            id,
            status,
            score,
            remark,
        })
    }

    /// The cells that do not depend on the log, by column.
    fn cells_without_log(&self, schema: &Schema) -> HashMap<&str, String> {
        let left_empty = self.left_empty(schema);
        let given = self.given().iter().map(|(name, text)| (&**name, text));
        let given = given.filter(|(name, _)| !left_empty.contains(name));
        let mut cells: HashMap<_, _> = given.map(|(name, text)| (name, text.clone())).collect();
        cells.extend(self.job().map(|job| ("job_name", job)));
        cells.insert("specialist", self.specialist().to_owned());
        cells.insert("domain", self.domain().to_owned());
        cells
    }

    /// The status that the trial gets if the log does not change.
    pub fn outcome(&self, schema: &Schema, state: &LogState) -> Result<Status> {
        self.status(self.score(schema)?.as_ref(), schema, state)
    }

    /// Fails if the job of this draft is logged with another outcome: status or score. `place` says where.
    pub fn check_logged(&self, logged: &LoggedJob, place: &str, schema: &Schema) -> Result<()> {
        self.check_columns(schema)?;
        let word = self.get("status").unwrap_or_default();
        let score = self.score(schema)?.map(|score| score.value());
        let is_same_status = match word {
            AUTO if self.lacks_finite_score(schema) => logged.status == Status::Crash,
            AUTO => logged.status == Status::Baseline || logged.status.is_completed(),
            _ => word == logged.status.name(),
        };
        if is_same_status && score == logged.score {
            return Ok(());
        }
        let job = self.job().unwrap_or_default();
        let old = format_outcome(logged.status.name(), logged.score);
        let new = format_outcome(word, score);
        let attempt = self.next_attempt();
        bail!("job {job} is {place} with {old}, not {new}; log this attempt with {attempt}")
    }

    /// The trial that this one started from, as far as that is known before the lock is taken.
    pub fn likely_parent(&self, state: &LogState) -> Option<ExpId> {
        ExpId::parse(self.get("parent_exp").unwrap_or(state.best_id()))
    }

    fn check_columns(&self, schema: &Schema) -> Result<()> {
        for (name, text) in self.given() {
            if schema.find(name).is_some() {
                continue;
            }
            if name == "attempt" {
                let (label, text) = (self.label(name), text.escape_debug());
                let is_attempt = self.attempt().is_some() && self.job().is_some();
                ensure!(
                    is_attempt,
                    "{label}: '{text}' is not the number of an attempt of a job; give the job name and 1, 2, 3 …"
                );
            } else if !["metric", &*schema.metric, "snapshot", "timestamp"].contains(&&**name) {
                // `snapshot` is a path to freeze, unless the log has a column of that name.
                // A trial that could not be written is printed with its time.
                let help = nearest(name, schema.names().iter().map(String::as_str));
                let name = name.escape_debug();
                bail!(Usage(format!("the log has no column '{name}'; {help}")));
            }
        }
        Ok(())
    }

    /// The score: `metric`, the name of the metric, or the column that holds it.
    fn score(&self, schema: &Schema) -> Result<Option<Number>> {
        let mut score: Option<(&str, Number)> = None;
        for name in score_names(schema) {
            let Some(number) = self.number(name)? else {
                continue;
            };
            ensure!(
                schema.column(Role::Score).is_some(),
                describe_missing_score(schema)
            );
            if let Some((first, other)) = &score {
                let (one, two) = (other.text(), number.text());
                ensure!(
                    other.value().total_cmp(&number.value()).is_eq(),
                    "two different scores: {first} {one} and {name} {two}; give one"
                );
            } else {
                score = Some((name, number));
            }
        }
        Ok(score.map(|(_, number)| number))
    }

    /// The numbers that are left empty because they are not finite.
    pub(super) fn left_empty<'s>(&self, schema: &'s Schema) -> Vec<&'s str> {
        let score = Some(schema.score_name()).filter(|name| !NUMBERS.contains(name));
        let names = NUMBERS.into_iter().chain(score);
        names.filter(|name| self.is_left_empty(name)).collect()
    }

    /// Whether a score is given that is not finite: the trial ran, but cannot be compared.
    fn lacks_finite_score(&self, schema: &Schema) -> bool {
        let mut names = score_names(schema).into_iter();
        names.any(|name| self.is_left_empty(name))
    }

    fn status(&self, score: Option<&Number>, schema: &Schema, state: &LogState) -> Result<Status> {
        let is_not_finite = self.lacks_finite_score(schema);
        let word = self.get("status").unwrap_or_default();
        let status = match (word, score) {
            (AUTO, None) if is_not_finite => Status::Crash,
            (AUTO, None) => {
                bail!("status auto needs a score: give --metric, or the status of a failure")
            }
            (AUTO, Some(_)) if state.best().is_none() => Status::Baseline,
            (AUTO, Some(score)) if state.is_worth_keeping(score.value()) => Status::Keep,
            (AUTO, Some(_)) => Status::Discard,
            (word, _) => Status::parse(word.as_bytes()),
        };
        ensure!(
            !status.needs_score() || score.is_some() || is_not_finite,
            "status {} needs a score: give --metric",
            status.name()
        );
        Ok(status)
    }

    /// The id that was given, or the next one.
    fn id(&self, state: &LogState) -> Result<ExpId> {
        let Some(id) = self.get("exp_id").and_then(ExpId::parse) else {
            let next = state.next_id();
            ensure!(
                next.may_be_new(),
                "the log has trial {}, the largest id; give the next trials a name with {}",
                ExpId::MAX_COUNTED,
                self.label("exp_id")
            );
            return Ok(next);
        };
        ensure!(
            state.trial(&id).is_none(),
            "the log already has a trial '{id}'; leave out {} to get the next id",
            self.label("exp_id")
        );
        Ok(id)
    }

    /// The parent that was given, or the best; a baseline has none by default.
    fn parent(&self, status: Status, state: &LogState) -> Result<String> {
        let is_root = status == Status::Baseline;
        let default = if is_root { "" } else { state.best_id() };
        self.resolve_trial("parent_exp", state, default)
    }

    /// The baseline that was given, or the best.
    fn baseline(&self, state: &LogState) -> Result<String> {
        self.resolve_trial("baseline_exp", state, state.best_id())
    }

    /// A trial that has to be in the log, with its id as the log writes it.
    fn resolve_trial(&self, name: &str, state: &LogState, default: &str) -> Result<String> {
        let text = match self.get(name) {
            None => return Ok(default.to_owned()),
            Some(NONE) => return Ok(String::new()),
            Some(text) => text,
        };
        if let Some(id) = ExpId::parse(text)
            && let Some(known) = state.trial(&id)
        {
            return Ok(known.to_owned());
        }
        let (label, text) = (self.label(name), text.escape_debug());
        bail!("{label}: no trial '{text}' in the log; 'none' stands for no trial")
    }

    /// The specialist that was given, or the default one.
    pub fn specialist(&self) -> &str {
        let default = self.default_specialist.as_deref().unwrap_or_default();
        self.get("specialist").unwrap_or(default)
    }

    /// The domain that was given, or the specialist.
    pub fn domain(&self) -> &str {
        self.get("domain").unwrap_or(self.specialist())
    }
}

/// The names under which a score may be given.
pub(super) fn score_names(schema: &Schema) -> [&str; 3] {
    ["metric", &schema.metric, schema.score_name()]
}

/// The column that gets the score, too: `core_metric`, unless it is empty for all earlier trials.
fn second_score_name(schema: &Schema) -> &str {
    if schema.score_is_inferred {
        schema.score_name()
    } else {
        "core_metric"
    }
}

pub(super) fn describe_missing_score(schema: &Schema) -> String {
    format!(
        "the log has no column '{}' for the score; correct `metric` in lineage.toml",
        schema.metric
    )
}

/// The difference to the best; empty if the trial did not complete.
pub(crate) fn delta(status: Status, score: Option<f64>, best: Option<f64>) -> String {
    let difference = score.zip(best).map(|(score, best)| score - best);
    let difference = difference.filter(|difference| difference.is_finite());
    let difference = difference.filter(|_| status.is_completed());
    difference.map(signed_delta).unwrap_or_default()
}

fn format_outcome(status: &str, score: Option<f64>) -> String {
    match score {
        Some(score) => format!("{status} {score}"),
        None => format!("{status} without a score"),
    }
}
