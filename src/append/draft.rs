//! A trial as it was given: its values by column, and whether they are valid by themselves.

use std::collections::HashSet;

use anyhow::{Context, Result, anyhow, bail, ensure};
use jiff::{Timestamp, tz::TimeZone};

use super::long_text::shorten;
use crate::log::{ExpId, NUMBERS, Number, SOURCE_NOTE, parse_status, read_time};
use crate::text::escape_controls;

/// The text for "no parent" and "no baseline".
pub(super) const NONE: &str = "none";

/// Columns whose cells have to be numbers; those of the others in `NUMBERS` only should be.
const CHECKED_NUMBERS: [&str; 4] = ["metric", "core_metric", "val_bpb", "delta_vs_best"];

/// Other values around which white space means nothing, by the names that are given.
const TRIMMED: [&str; 8] = [
    "exp_id",
    "timestamp",
    "status",
    "parent",
    "parent_exp",
    "baseline",
    "baseline_exp",
    "attempt",
];

/// Columns in which a number is a text, too.
const FREE_TEXTS: [&str; 6] = [
    "specialist",
    "domain",
    "hypothesis",
    "snapshot_path",
    "job_name",
    "notes",
];

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
    /// What was changed so that the trial can be logged.
    pub(super) warnings: Vec<String>,
    /// How far the scores of repeated runs are apart.
    pub spread: Option<f64>,
}

impl Draft {
    /// Collects what was given, without checking it, so that it can also be shown if it is refused.
    pub fn new(origin: Origin, given: impl IntoIterator<Item = (String, String)>) -> Self {
        let given = given.into_iter().map(normalize);
        let mut draft = Self {
            origin,
            given: given.filter(|(_, text)| !text.is_empty()).collect(),
            default_specialist: None,
            warnings: Vec::new(),
            spread: None,
        };
        draft.quote_origins();
        draft
    }

    /// A quoted note of an imported trial must not make this trial an imported one.
    fn quote_origins(&mut self) {
        for (name, text) in &mut self.given {
            if let Some(quoted) = quote_origin(text).filter(|_| name == "notes") {
                *text = quoted;
                self.warnings.push(QUOTED_ORIGIN.to_owned());
            }
        }
    }

    /// Cuts texts of more than `max` bytes in the middle.
    pub fn shorten_texts(&mut self, max: usize) {
        for (name, text) in &mut self.given {
            if let Some(short) = shorten(text, max) {
                self.warnings.push(format!(
                    "{name} has {} bytes and was cut to {max}",
                    text.len()
                ));
                *text = short;
            }
        }
    }

    /// Whether a number is `NaN` or infinite and is left empty. Scripts that write JSON cannot always avoid it, and the
    /// other trials would be lost, too.
    pub(super) fn is_left_empty(&self, name: &str) -> bool {
        self.origin == Origin::Json && self.get(name).is_some_and(Number::is_not_finite)
    }

    /// What was given, for showing it if it cannot be written.
    pub fn given(&self) -> &[(String, String)] {
        &self.given
    }

    pub fn get(&self, name: &str) -> Option<&str> {
        let (_, text) = self.given.iter().find(|(given, _)| given == name)?;
        Some(text)
    }

    /// Gives a value, or replaces it; an empty one removes it.
    pub fn set(&mut self, name: &str, text: &str) {
        let (name, text) = normalize((name.to_owned(), text.to_owned()));
        self.given.retain(|(given, _)| *given != name);
        if !text.is_empty() {
            self.given.push((name, text));
        }
        self.quote_origins();
    }

    /// What identifies the trial for `--once`: the job name, and the number of the attempt from the second on.
    pub fn job(&self) -> Option<String> {
        let job = self.get("job_name")?;
        Some(match self.attempt() {
            None | Some(1) => job.to_owned(),
            Some(attempt) => format!("{job}#{attempt}"),
        })
    }

    /// The number of the attempt; `None` if none is given, or if a column of that name has another text.
    pub(super) fn attempt(&self) -> Option<u64> {
        let attempt = self.get("attempt")?.parse().ok();
        attempt.filter(|attempt| *attempt > 0)
    }

    /// The flag or key that logs this job once more.
    pub fn next_attempt(&self) -> String {
        let next = self.attempt().unwrap_or(1) + 1;
        match self.origin {
            Origin::Flags => format!("--attempt {next}"),
            Origin::Json => format!("\"attempt\":{next}"),
        }
    }

    /// Every trial that the draft names.
    pub fn mentioned(&self) -> impl Iterator<Item = ExpId> {
        ["exp_id", "parent_exp", "baseline_exp"]
            .into_iter()
            .filter_map(|name| ExpId::parse(self.get(name)?))
    }

    /// A column that was given twice, if there is one.
    pub fn find_duplicate(&self) -> Option<&str> {
        let mut names = HashSet::new();
        let mut given = self.given.iter().map(|(name, _)| name.as_str());
        given.find(|name| !names.insert(*name))
    }

    /// Checks what needs no log: the status, numbers, the time and the id.
    pub fn check(&self) -> Result<()> {
        if let Some(name) = self.find_duplicate() {
            bail!("'{name}' is given twice");
        }
        self.check_status()?;
        for name in CHECKED_NUMBERS {
            self.number(name)?;
        }
        self.given_time()?;
        self.check_id()
    }

    fn check_status(&self) -> Result<()> {
        let status = self
            .get("status")
            .context("no status; give keep, discard, crash … or auto")?;
        parse_status(status).map(drop)
    }

    fn check_id(&self) -> Result<()> {
        let Some(text) = self.get("exp_id") else {
            return Ok(());
        };
        let id = ExpId::parse(text).filter(|_| text != NONE);
        let (label, text) = (self.label("exp_id"), text.escape_debug());
        ensure!(
            id.is_some_and(|id| id.may_be_new()),
            "{label}: '{text}' cannot be an id; use up to 9 digits, or up to 64 of A-Z a-z 0-9 . _ -"
        );
        Ok(())
    }

    pub(super) fn number(&self, name: &str) -> Result<Option<Number>> {
        let Some(text) = self.get(name).filter(|_| !self.is_left_empty(name)) else {
            return Ok(None);
        };
        let number: Result<Number, String> = text.parse();
        let number = number.map_err(|error| anyhow!("{}: {error}", self.label(name)))?;
        Ok(Some(number))
    }

    /// The time that was given, or now, as the log writes it.
    pub(super) fn time(&self, now: Timestamp) -> Result<String> {
        Ok(format_time(self.given_time()?.unwrap_or(now)))
    }

    fn given_time(&self) -> Result<Option<Timestamp>> {
        let Some(text) = self.get("timestamp") else {
            return Ok(None);
        };
        let (label, shown) = (self.label("timestamp"), text.escape_debug());
        let exact = text.trim().parse::<Timestamp>().ok();
        let Some(time) = exact.or_else(|| read_time(text)) else {
            bail!("{label}: '{shown}' is not a time; write 2026-05-01T14:03:30Z");
        };
        // The log writes a year with four digits.
        ensure!(
            time.to_zoned(TimeZone::UTC).year() >= 0,
            "{label}: '{shown}' is before the year 0; write 2026-05-01T14:03:30Z"
        );
        Ok(Some(time))
    }

    /// The name under which a value was given: a flag, or a key.
    pub(super) fn label(&self, name: &str) -> String {
        match name {
            _ if self.origin == Origin::Json => name.to_owned(),
            "parent_exp" => "--parent".to_owned(),
            "baseline_exp" => "--baseline".to_owned(),
            "metric" | "timestamp" | "attempt" => format!("--{name}"),
            "val_bpb" | "exp_id" => format!("--{}", name.replace('_', "-")),
            _ => format!("--set {name}"),
        }
    }
}

pub(super) const QUOTED_ORIGIN: &str =
    "[source_row: in the notes became [source row: because it marks imported trials";

/// Notes without the mark of an imported trial, if they have it.
pub(super) fn quote_origin(notes: &str) -> Option<String> {
    let has_mark = notes.contains(SOURCE_NOTE);
    has_mark.then(|| notes.replace(SOURCE_NOTE, "[source row: "))
}

/// A column and a text as the log has them, so that what is compared, shown and written is the same. An unknown status
/// stays as it is.
pub(super) fn normalize((name, text): (String, String)) -> (String, String) {
    // A file with Windows line ends leaves a carriage return after a number.
    let is_number = Number::value_of(&text).is_some() || NUMBERS.contains(&name.as_str());
    let is_plain = is_number || TRIMMED.contains(&name.as_str());
    let text = if is_plain && !FREE_TEXTS.contains(&name.as_str()) {
        text.trim()
    } else {
        &text
    };
    let text = escape_controls(text).into_owned();
    match name.as_str() {
        "parent" => ("parent_exp".to_owned(), text),
        "baseline" => ("baseline_exp".to_owned(), text),
        "status" => (name, parse_status(&text).unwrap_or(text)),
        _ => (name, text),
    }
}

/// A time as the log writes it.
pub fn format_time(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}
