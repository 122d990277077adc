//! How a trial ended: its status, its score and other numbers, and its notes.

use std::{
    collections::HashSet,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, ensure};
use signal_hook::{
    consts::{SIGABRT, SIGKILL},
    low_level::signal_name,
};

use super::{
    command::{Finished, RESULT_VARIABLE},
    failure::describe_failure,
    report::{FileVersion, Report, ReportedValue, file_version, read_report},
    supervisor::{Ending, Stop},
};
use crate::log::{NUMBERS, Number, STANDARD, Status, parse_status};

/// The exit status after a timeout, as `timeout` has it.
const TIMED_OUT: i32 = 124;

/// What decides how a trial ended.
pub struct Rules {
    /// The names of the numbers that were looked for; the first is that of the metric.
    pub names: Vec<String>,
    /// Other names of the score in a file.
    pub score_names: Vec<String>,
    /// Holds the score, as JSON.
    pub metric_file: Option<PathBuf>,
    /// The status of a trial with a score.
    pub status: String,
    /// Statuses by exit status.
    pub on_exit: Vec<(i32, String)>,
    pub timeout_status: String,
    /// The time limit as it was given.
    pub timeout: String,
}

/// The outcome of one run of the command.
#[derive(Clone, Debug, Default)]
pub struct Attempt {
    pub status: String,
    /// Whether the command ended well and left a score.
    pub is_completed: bool,
    pub score: Option<Number>,
    /// Values of other columns.
    pub values: Vec<(String, String)>,
    /// What the command itself said in its result file; it replaces everything else.
    pub said: Vec<(String, String)>,
    pub notes: String,
    pub exit_code: u8,
    pub seconds: f64,
    pub warnings: Vec<String>,
}

impl Rules {
    /// The version of the metric file before the command runs: an old file does not count.
    pub fn metric_file_version(&self) -> FileVersion {
        file_version(self.metric_file.as_ref()?)
    }

    /// Judges one run. `before` is the version of the metric file before it.
    pub fn judge(&self, finished: &Finished, result: &Path, before: &FileVersion) -> Attempt {
        let mut attempt = Attempt {
            seconds: finished.seconds,
            exit_code: exit_code(finished),
            values: self.name_numbers(&finished.found),
            ..Attempt::default()
        };
        if let Some(error) = &finished.log_error {
            attempt.warnings.push(format!(
                "--log: the file lacks a part of the output: {error}"
            ));
        }
        let mut why_no_score = None;
        if let Some(path) = &self.metric_file {
            // Then the output does not tell the score.
            attempt.values.retain(|(name, _)| *name != self.names[0]);
            match self.read_metrics(path, before) {
                Ok(values) => attempt.replace_values(values),
                Err(error) => why_no_score = Some(format!("{error:#}")),
            }
        }
        match read_report(result) {
            Ok(report) => self.take_reported_values(&mut attempt, report.unwrap_or_default()),
            Err(error) => attempt.warn(&format!("{error:#}")),
        }
        let found = take_scores(&mut attempt.values, |name| name == self.names[0]);
        attempt.score = found.first().and_then(|text| text.parse().ok());
        why_no_score = self.take_reported_score(&mut attempt).or(why_no_score);
        self.decide(&mut attempt, finished, why_no_score);
        attempt
    }

    /// Takes the values of the result file. Without numbers such as NaN, and without what was found elsewhere in their place.
    fn take_reported_values(&self, attempt: &mut Attempt, report: Report) {
        for value in self.sort(report, &mut attempt.warnings) {
            let ReportedValue { name, text, .. } = &value;
            let has_numbers = NUMBERS.contains(&name.as_str());
            let is_number = has_numbers || value.is_number && !STANDARD.contains(&name.as_str());
            if is_number && !self.is_score(name) && Number::is_not_finite(text) {
                attempt.values.retain(|(other, _)| other != name);
                attempt.warn(&format!(
                    "{name} {text} is not a finite number and was left out"
                ));
            } else {
                attempt.said.push((value.name, value.text));
            }
        }
    }

    /// Takes the score of the result file. Also NaN replaces what was found elsewhere, but a text that is not a number does not.
    /// Returns why there is no score.
    fn take_reported_score(&self, attempt: &mut Attempt) -> Option<String> {
        let mut why = None;
        for text in take_scores(&mut attempt.said, |name| self.is_score(name)) {
            let score: Result<Number, String> = text.parse();
            match score {
                Ok(score) => {
                    attempt.score = Some(score);
                    return None;
                }
                Err(_) if text.is_empty() => continue,
                Err(error) => why = Some(format!("${RESULT_VARIABLE}: score {error}")),
            }
            attempt.warnings.extend(why.clone());
            if Number::is_not_finite(&text) {
                attempt.score = None;
                break;
            }
        }
        why
    }

    /// The numbers that were found in the output, with their names.
    fn name_numbers(&self, found: &[Option<Number>]) -> Vec<(String, String)> {
        let mut named = Vec::new();
        for (name, number) in self.names.iter().zip(found) {
            if let Some(number) = number {
                named.push((name.clone(), number.text().to_owned()));
            }
        }
        named
    }

    /// The values of a report, those that count first: of the outer objects before the inner ones, finite numbers before others,
    /// and named as the metric before other names of the score.
    fn sort(&self, mut report: Report, warnings: &mut Vec<String>) -> Vec<ReportedValue> {
        if report.is_repaired {
            let text = "half a surrogate pair became U+FFFD";
            warnings.push(format!("${RESULT_VARIABLE}: {text}"));
        }
        let is_metric = |name: &str| name.eq_ignore_ascii_case(&self.names[0]);
        report.values.sort_by_key(|value| {
            let is_last = Number::is_not_finite(&value.text);
            (value.depth, is_last, !is_metric(&value.name))
        });
        let mut names = HashSet::new();
        let mut sorted = report.values;
        sorted.retain(|value| names.insert(value.name.clone()));
        sorted
    }

    /// The numbers in the metric file that were looked for.
    fn read_metrics(&self, path: &Path, before: &FileVersion) -> Result<Vec<(String, String)>> {
        let shown = path.display();
        ensure!(
            before.is_none() || file_version(path) != *before,
            "{shown} is from before this run"
        );
        let report = read_report(path)?.with_context(|| format!("there is no {shown}"))?;
        let mut found: Vec<(String, String)> = Vec::new();
        for ReportedValue { name, text, .. } in self.sort(report, &mut Vec::new()) {
            let mut names = self.names.iter();
            let column = match names.find(|known| known.eq_ignore_ascii_case(&name)) {
                Some(column) => column,
                None if self.is_score(&name) => &self.names[0],
                None => continue,
            };
            let is_new = found.iter().all(|(earlier, _)| earlier != column);
            if is_new && (Number::value_of(&text).is_some() || Number::is_not_finite(&text)) {
                found.push((column.clone(), text));
            }
        }
        found.retain(|(_, text)| !Number::is_not_finite(text));
        Ok(found)
    }

    fn is_score(&self, name: &str) -> bool {
        let mut names = self.score_names.iter().chain(self.names.first());
        names.any(|known| known.eq_ignore_ascii_case(name))
    }

    fn decide(&self, attempt: &mut Attempt, finished: &Finished, why_no_score: Option<String>) {
        let word = self.choose_status(attempt, finished);
        attempt.said.retain(|(name, _)| name != "status");
        let needs_score = match Status::from_input(&word) {
            Some(status) => status.needs_score(),
            None => true,
        };
        let has_no_score = needs_score && attempt.score.is_none();
        attempt.is_completed = needs_score && !has_no_score;
        attempt.status = if has_no_score {
            "crash".to_owned()
        } else {
            word
        };
        if attempt.is_completed {
            return;
        }
        let (mut ending, mut is_certain) = self.describe_ending(finished);
        if finished.ending == Ending::Exited(0) && finished.stop.is_none() {
            ending = format!("reported as {}, with exit status 0", attempt.status);
        }
        if has_no_score {
            let why = why_no_score.map_or_else(String::new, |why| format!(": {why}"));
            (ending, is_certain) = (format!("finished without a score{why}"), true);
        }
        attempt.notes = describe_failure(&ending, is_certain, &finished.stdout, &finished.stderr);
    }

    /// The status before it is known whether there is a score for it.
    fn choose_status(&self, attempt: &mut Attempt, finished: &Finished) -> String {
        if let Some(Stop::Interrupted(_)) = finished.stop {
            return Status::HarnessAbort.name().to_owned();
        }
        if let Some((_, word)) = attempt.said.iter().find(|(name, _)| name == "status") {
            match parse_status(word) {
                Ok(status) => return status,
                Err(error) => attempt.warn(&format!("{error:#}")),
            }
        }
        if finished.stop == Some(Stop::TimedOut) {
            return self.timeout_status.clone();
        }
        let code = i32::from(attempt.exit_code);
        if let Some((_, status)) = self.on_exit.iter().find(|(mapped, _)| *mapped == code) {
            return status.clone();
        }
        match finished.ending {
            Ending::Exited(0) => self.status.clone(),
            _ => Status::Crash.name().to_owned(),
        }
    }

    /// How the command ended, and whether that is the reason of a failure by itself.
    fn describe_ending(&self, finished: &Finished) -> (String, bool) {
        match (finished.stop, &finished.ending) {
            (Some(Stop::TimedOut), _) => (format!("timed out after {}", self.timeout), true),
            (Some(Stop::Interrupted(signal)), _) => {
                (format!("interrupted by {}", name_signal(signal)), true)
            }
            (None, Ending::NotStarted(_, message)) => (message.clone(), true),
            (None, Ending::Exited(code)) => (format!("exit status {code}"), false),
            (None, Ending::Killed(signal)) => {
                let name = name_signal(*signal);
                let hint = if *signal == SIGKILL {
                    ", perhaps out of memory"
                } else {
                    ""
                };
                // Before it aborts, a program says why.
                (format!("killed by {name}{hint}"), *signal != SIGABRT)
            }
        }
    }
}

impl Attempt {
    /// The attempt of a command that could not be watched.
    pub fn aborted(error: &anyhow::Error) -> Self {
        Self {
            status: Status::HarnessAbort.name().to_owned(),
            notes: format!("cannot run the command: {error:#}"),
            exit_code: 1,
            ..Self::default()
        }
    }

    /// Adds a warning about the result file.
    fn warn(&mut self, text: &str) {
        self.warnings.push(format!("${RESULT_VARIABLE}: {text}"));
    }

    fn replace_values(&mut self, values: Vec<(String, String)>) {
        self.values
            .retain(|(name, _)| values.iter().all(|(new, _)| new != name));
        self.values.extend(values);
    }
}

/// Takes the values that are the score out; the first number counts.
fn take_scores(values: &mut Vec<(String, String)>, is_score: impl Fn(&str) -> bool) -> Vec<String> {
    let scores = values.extract_if(.., |(name, _)| is_score(name));
    scores.map(|(_, text)| text).collect()
}

fn exit_code(finished: &Finished) -> u8 {
    let code = match (&finished.stop, &finished.ending) {
        (Some(Stop::TimedOut), _) => TIMED_OUT,
        (Some(Stop::Interrupted(signal)), _) | (None, Ending::Killed(signal)) => 128 + *signal,
        (None, Ending::Exited(code) | Ending::NotStarted(code, _)) => *code,
    };
    u8::try_from(code).unwrap_or(u8::MAX)
}

fn name_signal(signal: i32) -> String {
    signal_name(signal).map_or_else(|| format!("signal {signal}"), str::to_owned)
}
