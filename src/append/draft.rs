//! A trial on its way into the log: what was given for it, checked, and completed from the log as it stands.

use std::path::{Component, Path};

use anyhow::{Context, Result, anyhow, bail, ensure};
use jiff::Timestamp;

use super::LogState;
use crate::log::{ExpId, Number, Role, Schema, Status, escape_controls, signed_delta};

/// The word for "no parent" and "no baseline".
const NONE: &str = "none";

/// What a script or an agent gave, under the names of the columns (`metric`, `parent` and `baseline` stand for the score,
/// `parent_exp` and `baseline_exp`). What was given empty counts as not given.
#[derive(Clone, Debug, Default)]
pub struct Draft {
    given: Vec<(String, String)>,
    /// Who proposed it, where that was not given and the log has a column for it.
    specialist: Option<String>,
}

/// A draft that has every cell.
pub struct Complete {
    /// One text a column of the log, in its order.
    pub cells: Vec<String>,
    pub id: ExpId,
    pub status: Status,
    pub eligible_score: Option<f64>,
    /// What is written all the same, but should be looked at.
    pub warning: Option<String>,
}

impl Draft {
    /// Collects what was given; nothing is checked yet, so that it can be shown even where it cannot be used.
    pub fn new(given: impl IntoIterator<Item = (String, String)>) -> Self {
        let own_name = |name: String| match name.as_str() {
            "parent" => "parent_exp".to_owned(),
            "baseline" => "baseline_exp".to_owned(),
            _ => name,
        };
        let given = given.into_iter().filter(|(_, text)| !text.is_empty());
        // As the log will have them, so that what is compared with the log, or answered, is what is written.
        let given = given.map(|(name, text)| (own_name(name), escape_controls(&text).into_owned()));
        Self {
            given: given.collect(),
            specialist: None,
        }
    }

    /// The same, with a specialist for where none was given.
    #[must_use]
    pub fn by_default(self, specialist: Option<String>) -> Self {
        Self {
            specialist: specialist.filter(|name| !name.is_empty()),
            ..self
        }
    }

    /// What was given, to be shown where it cannot be written.
    pub fn given(&self) -> &[(String, String)] {
        &self.given
    }

    pub fn get(&self, name: &str) -> Option<&str> {
        self.given
            .iter()
            .find(|(given, _)| given == name)
            .map(|(_, text)| text.as_str())
    }

    pub fn job(&self) -> Option<&str> {
        self.get("job_name")
    }

    /// Every trial that the draft mentions.
    pub fn mentioned(&self) -> impl Iterator<Item = ExpId> {
        ["exp_id", "parent_exp", "baseline_exp"]
            .into_iter()
            .filter_map(|name| ExpId::parse(self.get(name)?))
    }

    /// Checks what needs no log: the status, numbers, the time, the id.
    pub fn check(&self) -> Result<()> {
        for (at, (name, _)) in self.given.iter().enumerate() {
            ensure!(
                self.given[..at].iter().all(|(earlier, _)| earlier != name),
                "`{name}` is given twice"
            );
        }
        let status = self
            .get("status")
            .context("a trial needs a status: --status keep, or auto")?;
        if status != "auto" && Status::parse(status.as_bytes()) == Status::Other {
            let words = Status::ALL.map(Status::name);
            bail!(
                "unknown status `{}`; {}",
                status.escape_debug(),
                nearest(status, words.into_iter().chain(["auto"]))
            );
        }
        for name in ["metric", "core_metric", "val_bpb", "delta_vs_best"] {
            self.number(name)?;
        }
        self.time()?;
        if let Some(text) = self.get("exp_id") {
            let usable = ExpId::parse(text).filter(|id| id.may_be_new() && text != NONE);
            ensure!(
                usable.is_some(),
                "`{}` cannot be an id; a number of up to 15 digits can, or a name of up to 64 of A-Z a-z 0-9 . _ -",
                text.escape_debug()
            );
        }
        Ok(())
    }

    fn number(&self, name: &str) -> Result<Option<Number>> {
        self.get(name)
            .map(|text| text.parse().map_err(|error| anyhow!("{name}: {error}")))
            .transpose()
    }

    fn time(&self) -> Result<Option<String>> {
        let Some(text) = self.get("timestamp") else {
            return Ok(None);
        };
        let time: Timestamp = text.trim().parse().map_err(|_| {
            anyhow!(
                "`{}` is no time; write it as 2026-05-01T14:03:30Z",
                text.escape_debug()
            )
        })?;
        Ok(Some(format_time(time)))
    }

    /// Fills in what was not given, from the log as the ledger knows it. The ledger must have been told of what the draft
    /// mentions.
    pub fn complete(&self, schema: &Schema, ledger: &LogState, now: Timestamp) -> Result<Complete> {
        self.check()?;
        self.check_columns(schema)?;
        let score = self.score(schema)?;
        let status = self.status(score.as_ref(), ledger)?;
        let id = self.id(ledger)?;
        let best = ledger.best();
        let by_default = best.map_or("", |(_, id)| id);
        let parent = if status == Status::Baseline {
            ""
        } else {
            by_default
        };
        let mut cells: Vec<String> = schema
            .names()
            .iter()
            .map(|name| self.get(name).unwrap_or_default().to_owned())
            .collect();
        let mut fill = |role: Role, text: String| {
            if let Some(column) = schema.column(role) {
                cells[column] = text;
            }
        };
        fill(Role::Id, id.to_string());
        fill(Role::Time, self.time()?.unwrap_or_else(|| format_time(now)));
        fill(Role::Status, status.name().to_owned());
        fill(Role::Parent, self.known("parent_exp", ledger, parent)?);
        fill(
            Role::Baseline,
            self.known("baseline_exp", ledger, by_default)?,
        );
        let specialist = self.get("specialist").or(self.specialist.as_deref());
        fill(Role::Specialist, specialist.unwrap_or_default().to_owned());
        fill(
            Role::Domain,
            self.get("domain")
                .or(specialist)
                .unwrap_or_default()
                .to_owned(),
        );
        let delta = score
            .as_ref()
            .zip(best)
            .map(|(score, (best, _))| score.value() - best);
        if let (true, None, Some(delta)) = (
            status.is_completed(),
            self.get("delta_vs_best"),
            delta.filter(|d| d.is_finite()),
        ) {
            fill(Role::Delta, signed_delta(delta));
        }
        if let Some(score) = &score {
            fill(Role::Score, score.text().to_owned());
            if let (Some(column), None) = (schema.find("core_metric"), self.get("core_metric")) {
                score.text().clone_into(&mut cells[column]);
            }
        }
        let warning = self.warning(&id, status, score.as_ref(), ledger);
        let eligible_score = score
            .map(|score| score.value())
            .filter(|_| status.can_be_best());
        Ok(Complete {
            cells,
            id,
            status,
            eligible_score,
            warning,
        })
    }

    /// What is written all the same, but should be looked at.
    fn warning(
        &self,
        id: &ExpId,
        status: Status,
        score: Option<&Number>,
        ledger: &LogState,
    ) -> Option<String> {
        let odd = |name: &&str| {
            self.get(name)
                .is_some_and(|text| Number::value_of(text).is_none())
        };
        let odd = ["train_s", "total_s"].into_iter().find(odd);
        let odd =
            odd.map(|name| format!("{name} of trial {id} is no number; it is written as given"));
        let beaten =
            score.filter(|score| status == Status::Keep && !ledger.beats_best(score.value()));
        let beaten = beaten.zip(ledger.best()).map(|(score, (_, best))| {
            let score = score.text();
            format!("trial {id} is a keep, but {score} does not beat the best, trial {best}; it is written as given")
        });
        let leads_down = |path: &str| {
            Path::new(path)
                .components()
                .all(|part| matches!(part, Component::Normal(_)))
        };
        let astray = self.get("snapshot_path").filter(|path| !leads_down(path));
        let astray = astray.map(|path| {
            let path = path.escape_debug();
            format!(
                "snapshot_path `{path}` of trial {id} does not lead down from the store, and is never followed; it is \
                 written as given"
            )
        });
        let warnings: Vec<_> = beaten.into_iter().chain(odd).chain(astray).collect();
        (!warnings.is_empty()).then(|| warnings.join("; "))
    }

    fn check_columns(&self, schema: &Schema) -> Result<()> {
        for (name, _) in &self.given {
            // `snapshot` says where the work is, unless the log has a column of that name.
            if name != "metric" && name != "snapshot" && schema.find(name).is_none() {
                let names = schema.names().iter().map(String::as_str);
                bail!(
                    "the log has no column `{}`; {}",
                    name.escape_debug(),
                    nearest(name, names)
                );
            }
        }
        Ok(())
    }

    /// The score: `metric`, or the cell of the column that holds it.
    fn score(&self, schema: &Schema) -> Result<Option<Number>> {
        let metric = self.number("metric")?;
        let own = match schema.column(Role::Score) {
            Some(_) => self.number(schema.score_name())?,
            None if metric.is_some() => {
                bail!(
                    "the log has neither a column `{}` nor `core_metric` for the score",
                    schema.metric
                )
            }
            None => None,
        };
        match (&metric, &own) {
            (Some(metric), Some(own)) if metric.value().total_cmp(&own.value()).is_ne() => {
                bail!(
                    "two scores: metric {} and {} {}",
                    metric.text(),
                    schema.score_name(),
                    own.text()
                )
            }
            _ => Ok(metric.or(own)),
        }
    }

    /// How the trial would be logged if that were now. A discard stays one: the best only gets better.
    pub fn outcome(&self, schema: &Schema, ledger: &LogState) -> Result<Status> {
        self.status(self.score(schema)?.as_ref(), ledger)
    }

    /// The trial that it was made from, as far as that is known before the lock is taken.
    pub fn likely_parent(&self, ledger: &LogState) -> Option<ExpId> {
        match self.get("parent_exp") {
            Some(text) => ExpId::parse(text),
            None => ledger.best().and_then(|(_, id)| ExpId::parse(id)),
        }
    }

    fn status(&self, score: Option<&Number>, ledger: &LogState) -> Result<Status> {
        let word = self.get("status").unwrap_or_default();
        let status = match (word, score) {
            ("auto", None) => bail!(
                "status auto decides by the score: give --metric, or say how the trial failed"
            ),
            ("auto", Some(_)) if ledger.best().is_none() => Status::Baseline,
            ("auto", Some(score)) if ledger.beats_best(score.value()) => Status::Keep,
            ("auto", Some(_)) => Status::Discard,
            (word, _) => Status::parse(word.as_bytes()),
        };
        ensure!(
            !status.needs_score() || score.is_some(),
            "status {} needs a score: give --metric",
            status.name()
        );
        Ok(status)
    }

    fn id(&self, ledger: &LogState) -> Result<ExpId> {
        let Some(id) = self.get("exp_id").and_then(ExpId::parse) else {
            return Ok(ledger.next_id());
        };
        ensure!(
            ledger.trial(&id).is_none(),
            "the log has a trial `{id}` already; leave --exp-id out to get the next one"
        );
        Ok(id)
    }

    /// A trial that must be in the log, as the log writes its id.
    fn known(&self, name: &str, ledger: &LogState, default: &str) -> Result<String> {
        match self.get(name) {
            None => Ok(default.to_owned()),
            Some(NONE) => Ok(String::new()),
            Some(text) => match ExpId::parse(text).and_then(|id| ledger.trial(&id)) {
                Some(known) => Ok(known.0.clone()),
                None => bail!(
                    "{name}: no trial `{}` in the log (`none` stands for no trial)",
                    text.escape_debug()
                ),
            },
        }
    }
}

/// A time as the log has it.
pub fn format_time(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

pub use crate::text::nearest;
