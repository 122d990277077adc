//! A trial as it was given: its values by column, and whether they are valid by themselves.

use anyhow::{Context, Result, anyhow, bail, ensure};
use jiff::Timestamp;

use super::nearest;
use crate::log::{ExpId, Number, Status, escape_controls};

/// The text for "no parent" and "no baseline".
pub(super) const NONE: &str = "none";

/// The status that stands for keep, discard or baseline, whichever the score makes it.
pub(super) const AUTO: &str = "auto";

/// Where the values of a draft come from; error messages name them accordingly.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    Flags,
    Json,
}

/// What was given for a trial, by column. An empty value counts as not given.
#[derive(Clone, Debug)]
pub struct Draft {
    origin: Origin,
    given: Vec<(String, String)>,
    /// Used if no specialist was given and the log has a column for it.
    pub default_specialist: Option<String>,
}

impl Draft {
    /// Collects what was given, without checking it, so that it can also be shown if it is refused.
    pub fn new(origin: Origin, given: impl IntoIterator<Item = (String, String)>) -> Self {
        let mut draft = Self {
            origin,
            given: Vec::new(),
            default_specialist: None,
        };
        for (name, text) in given {
            if !text.is_empty() {
                draft.given.push(normalize(name, &text));
            }
        }
        draft
    }

    /// What was given, for showing it if it cannot be written.
    pub fn given(&self) -> &[(String, String)] {
        &self.given
    }

    pub fn get(&self, name: &str) -> Option<&str> {
        for (given, text) in &self.given {
            if given == name {
                return Some(text);
            }
        }
        None
    }

    pub fn job(&self) -> Option<&str> {
        self.get("job_name")
    }

    /// Every trial that the draft names.
    pub fn mentioned(&self) -> impl Iterator<Item = ExpId> {
        ["exp_id", "parent_exp", "baseline_exp"]
            .into_iter()
            .filter_map(|name| ExpId::parse(self.get(name)?))
    }

    /// A column that was given twice, if there is one.
    pub fn find_duplicate(&self) -> Option<&str> {
        for (at, (name, _)) in self.given.iter().enumerate() {
            if self.given[..at].iter().any(|(earlier, _)| earlier == name) {
                return Some(name);
            }
        }
        None
    }

    /// Checks what needs no log: the status, numbers, the time and the id.
    pub fn check(&self) -> Result<()> {
        if let Some(name) = self.find_duplicate() {
            bail!("'{name}' is given twice");
        }
        self.check_status()?;
        for name in ["metric", "core_metric", "val_bpb", "delta_vs_best"] {
            self.number(name)?;
        }
        self.time()?;
        self.check_id()
    }

    fn check_status(&self) -> Result<()> {
        let status = self
            .get("status")
            .context("no status; give keep, discard, crash … or auto")?;
        if status != AUTO && Status::from_input(status).is_none() {
            let words = Status::ALL.map(Status::name).into_iter().chain([AUTO]);
            bail!(
                "unknown status '{}'; {}",
                status.escape_debug(),
                nearest(&status.to_lowercase(), words)
            );
        }
        Ok(())
    }

    fn check_id(&self) -> Result<()> {
        let Some(text) = self.get("exp_id") else {
            return Ok(());
        };
        let id = ExpId::parse(text);
        ensure!(
            text != NONE && id.is_some_and(|id| id.may_be_new()),
            "{}: '{}' cannot be an id; use a number of up to 15 digits, or up to 64 of A-Z a-z 0-9 . _ -",
            self.label("exp_id"),
            text.escape_debug()
        );
        Ok(())
    }

    pub(super) fn number(&self, name: &str) -> Result<Option<Number>> {
        let Some(text) = self.get(name) else {
            return Ok(None);
        };
        match text.parse() {
            Ok(number) => Ok(Some(number)),
            Err(error) => Err(anyhow!("{}: {error}", self.label(name))),
        }
    }

    /// The time that was given, as the log writes it.
    pub(super) fn time(&self) -> Result<Option<String>> {
        let Some(text) = self.get("timestamp") else {
            return Ok(None);
        };
        match text.trim().parse() {
            Ok(time) => Ok(Some(format_time(time))),
            Err(_) => bail!(
                "{}: '{}' is not a time; write 2026-05-01T14:03:30Z",
                self.label("timestamp"),
                text.escape_debug()
            ),
        }
    }

    /// The name under which a value was given: a flag, or a key.
    pub(super) fn label(&self, name: &str) -> String {
        match name {
            _ if self.origin == Origin::Json => name.to_owned(),
            "parent_exp" => "--parent".to_owned(),
            "baseline_exp" => "--baseline".to_owned(),
            "metric" | "val_bpb" | "exp_id" | "timestamp" => {
                format!("--{}", name.replace('_', "-"))
            }
            _ => format!("--set {name}"),
        }
    }
}

/// A name and a text as the log has them, so that what is compared, shown and written is the same.
fn normalize(name: String, text: &str) -> (String, String) {
    let text = escape_controls(text).into_owned();
    match name.as_str() {
        "parent" => ("parent_exp".to_owned(), text),
        "baseline" => ("baseline_exp".to_owned(), text),
        "status" => (name, normalize_status(text)),
        _ => (name, text),
    }
}

/// The canonical word for a status; an unknown one stays as it is.
fn normalize_status(text: String) -> String {
    match Status::from_input(&text) {
        Some(status) => status.name().to_owned(),
        None if text.trim().eq_ignore_ascii_case(AUTO) => AUTO.to_owned(),
        None => text,
    }
}

/// A time as the log writes it.
pub fn format_time(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}
