//! What is wrong with a log, line by line and as a whole.

use std::{collections::HashMap, path::PathBuf};

use jiff::Timestamp;
use memchr::memchr;

use super::{
    Query, TreeBuilder, TreeFault,
    anomalies::{find_anomalies, is_control},
};
use crate::log::{
    Damage, Ending, ExpId, Number, Role, Row, Schema, Status, has_text_after_quote, parse_time,
    signed_delta,
};

/// One problem.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The file that has the problem, if it is not the log.
    pub path: Option<PathBuf>,
    /// The line of the log; 0 if the problem has none.
    pub line: u64,
    /// The id of the trial, if it can be read.
    pub id: Option<String>,
    /// A word for scripts.
    pub kind: &'static str,
    pub text: String,
}

/// A row that names a snapshot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedSnapshot {
    pub line: u64,
    pub id: String,
    /// The `snapshot_path` in the log.
    pub path: String,
}

/// Checks every line of a log; `finish` adds what only the whole log shows.
#[derive(Default)]
pub struct Audit {
    has_carriage_returns: bool,
    pub rows: u64,
    pub snapshots: Vec<NamedSnapshot>,
    findings: Vec<Finding>,
    tree: TreeBuilder,
    /// The lines of the trials in the tree, in its order.
    lines: Vec<u64>,
    best: Option<f64>,
    /// Scores of the trials that others may be measured against.
    scores: HashMap<ExpId, f64>,
    /// The time of the last row, and its text.
    last_time: Option<(Timestamp, Vec<u8>)>,
}

impl Audit {
    /// `has_carriage_returns`: whether the header ends with one; the other lines must then, too.
    pub fn new(has_carriage_returns: bool) -> Self {
        Self {
            has_carriage_returns,
            ..Self::default()
        }
    }

    fn report(&mut self, row: &Row, kind: &'static str, text: impl Into<String>) {
        self.findings.push(Finding {
            path: None,
            line: row.number,
            id: row.id().map(|_| row.name()),
            kind,
            text: text.into(),
        });
    }

    fn report_line(&mut self, line: u64, kind: &'static str, text: impl Into<String>) {
        self.findings.push(Finding {
            path: None,
            line,
            id: None,
            kind,
            text: text.into(),
        });
    }

    pub fn check_header(&mut self, schema: &Schema, has_byte_order_mark: bool) {
        if has_byte_order_mark {
            let text = "byte order mark: other readers take it for a part of the first name";
            self.report_line(1, "bom", text);
        }
        for (column, name) in schema.names().iter().enumerate() {
            if schema.find(name).is_some_and(|first| first < column) {
                let text = format!("column '{name}' occurs twice; the first one is read");
                self.report_line(1, "column", text);
            } else if name.is_empty() {
                let text = format!("column {} has no name", column + 1);
                self.report_line(1, "column", text);
            }
        }
    }

    /// Adds a line of an external log that is not a row.
    pub fn add_skipped(&mut self, line: u64, reason: &str) {
        self.rows += 1;
        self.report_line(line, "unread", reason);
    }

    /// Checks one line, also a blank one.
    pub fn check_line(&mut self, row: &Row) {
        if let Some(damage) = row.damage {
            self.report(row, damage_kind(damage), damage.to_string());
        }
        if row.damage == Some(Damage::Blank) {
            return;
        }
        self.rows += 1;
        self.check_bytes(row);
        self.check_ending(row);
        let id = row.id();
        if id.is_some() {
            self.lines.push(row.number);
            self.tree.observe(row);
        } else if row.damage != Some(Damage::RepeatedHeader) {
            self.report(row, "no_id", "no id");
        }
        if row.damage.is_none() {
            self.check_cells(row, id);
        }
    }

    fn check_bytes(&mut self, row: &Row) {
        if row.is_space_separated() {
            let text = "spaces instead of tabs after the hypothesis; read as if they were tabs";
            self.report(row, "cells", text);
        }
        if row.lines > 1 {
            let text = format!("a cell spans {} lines", row.lines);
            self.report(row, "lines", text);
        }
        let anomalies = find_anomalies(row.cells.line);
        if anomalies.has_broken_utf8 {
            self.report(row, "utf8", "bytes that are not UTF-8");
        }
        if memchr(b'"', row.cells.line).is_some() {
            self.check_quotes(row);
        }
        let is_line_break = |b: u8| row.lines > 1 && matches!(b, b'\n' | b'\r');
        let mut bytes = row.cells.line.iter().copied();
        if anomalies.has_controls
            && let Some(byte) = bytes.find(|&b| is_control(b) && !is_line_break(b))
        {
            self.report(row, "control", format!("control character 0x{byte:02x}"));
        }
    }

    fn check_quotes(&mut self, row: &Row) {
        let quoted = || row.cells.iter().filter(|cell| cell.starts_with(b"\""));
        if quoted().any(|cell| cell.contains(&b'\t')) {
            self.report(row, "control", "a tab inside a cell");
        }
        if row.damage.is_none() && quoted().any(has_text_after_quote) {
            self.report(row, "quote", "text after a closing quote");
        }
    }

    fn check_ending(&mut self, row: &Row) {
        match row.ending {
            Ending::Missing => {
                let text = "the last line has no newline; the next append adds it";
                self.report(row, "no_newline", text);
            }
            Ending::CarriageReturn if !self.has_carriage_returns => {
                let text = "ends with a carriage return, unlike the header";
                self.report(row, "ending", text);
            }
            Ending::Newline if self.has_carriage_returns => {
                let text = "ends without a carriage return, unlike the header";
                self.report(row, "ending", text);
            }
            _ => {}
        }
    }

    /// Checks the cells of a row that is not damaged.
    fn check_cells(&mut self, row: &Row, id: Option<ExpId>) {
        let score = row.score();
        self.check_status(row, score);
        self.check_delta(row, score);
        if let (Some(score), Some(id)) = (score, id)
            && row.status().can_be_best()
        {
            self.scores.entry(id).or_insert(score);
            let direction = row.schema.direction;
            if self.best.is_none_or(|best| direction.better(score, best)) {
                self.best = Some(score);
            }
        }
        self.check_time(row);
        let path = row.text(Role::Snapshot);
        if !path.is_empty() {
            self.snapshots.push(NamedSnapshot {
                line: row.number,
                id: row.name(),
                path: path.into_owned(),
            });
        }
    }

    fn check_status(&mut self, row: &Row, score: Option<f64>) {
        let status = row.status();
        if status == Status::Other {
            let word = row.text(Role::Status);
            let text = format!("unknown status '{word}'; it can never be best");
            self.report(row, "status", text);
        }
        if score.is_some() {
            return;
        }
        let cell = row.text(Role::Score);
        if !cell.is_empty() {
            let text = format!("score '{cell}' is not a finite number");
            self.report(row, "score", text);
        } else if status.needs_score() {
            let text = format!("{} without a score", status.name());
            self.report(row, "no_score", text);
        }
    }

    /// Checks `delta_vs_best`, which may be rounded.
    fn check_delta(&mut self, row: &Row, score: Option<f64>) {
        let cell = row.text(Role::Delta);
        let Some(delta) = row.number_in(Role::Delta) else {
            if !cell.is_empty() {
                let text = format!("delta_vs_best '{cell}' is not a finite number");
                self.report(row, "delta", text);
            }
            return;
        };
        let (Some(score), Some(best)) = (score, self.best) else {
            return;
        };
        if !row.status().is_completed() || is_difference(delta, &cell, score, best) {
            return;
        }
        // With parallel workers, it is the difference from the baseline that the row names.
        let baseline = ExpId::parse_bytes(&row.bytes(Role::Baseline));
        let baseline = baseline.and_then(|id| self.scores.get(&id));
        if !baseline.is_some_and(|&baseline| is_difference(delta, &cell, score, baseline)) {
            let expected = signed_delta(score - best);
            let text = format!("delta_vs_best is {cell}, but score minus best is {expected}");
            self.report(row, "delta", text);
        }
    }

    fn check_time(&mut self, row: &Row) {
        let cell = row.bytes(Role::Time);
        let Some(time) = parse_time(&cell) else {
            if !cell.is_empty() {
                let text = format!("'{}' is not a time", row.text(Role::Time));
                self.report(row, "time", text);
            }
            return;
        };
        if let Some((last, shown)) = &self.last_time
            && time < *last
        {
            let (cell, shown) = (row.text(Role::Time), String::from_utf8_lossy(shown));
            let text = format!("time {cell} is before {shown} in the row above");
            self.report(row, "time_backwards", text);
        }
        self.last_time = Some((time, cell.into_owned()));
    }

    /// All findings, by line.
    pub fn finish(mut self) -> Vec<Finding> {
        for (index, id, fault) in self.tree.into_tree().faults() {
            let (kind, text) = match fault {
                TreeFault::DuplicateId { first } => {
                    let line = self.lines[first];
                    ("id_twice", format!("id already used in line {line}"))
                }
                TreeFault::OwnParent => ("own_parent", "the trial is its own parent".to_owned()),
                TreeFault::MissingParent(parent) => {
                    ("no_parent", format!("parent {parent} is not in the log"))
                }
                TreeFault::LaterParent(parent) => {
                    ("later_parent", format!("parent {parent} comes later"))
                }
                TreeFault::Cycle(parent) => {
                    ("cycle", format!("parent {parent} leads back to the trial"))
                }
            };
            self.findings.push(Finding {
                path: None,
                line: self.lines[index],
                id: Some(id),
                kind,
                text,
            });
        }
        self.findings.sort_by_key(|finding| finding.line);
        self.findings
    }
}

fn damage_kind(damage: Damage) -> &'static str {
    match damage {
        Damage::Blank => "blank",
        Damage::Cells { .. } => "cells",
        Damage::OpenQuote => "quote",
        Damage::TooLong { .. } => "too_long",
        Damage::RepeatedHeader => "header",
    }
}

/// Whether `delta` is `score - base`, rounded or cut off at the last digit of its text.
fn is_difference(delta: f64, text: &str, score: f64, base: f64) -> bool {
    let error = (score - base - delta).abs();
    let tolerance = 1e-12 * score.abs().max(base.abs());
    error <= tolerance || error <= 1.01 * last_digit(text) + tolerance
}

/// The value of the last digit of a decimal number: 0.01 for `1.25`.
fn last_digit(text: &str) -> f64 {
    debug_assert!(Number::value_of(text).is_some());
    let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let decimals = match mantissa.split_once('.') {
        Some((_, decimals)) => i32::try_from(decimals.trim().len()).unwrap_or(i32::MAX),
        None => 0,
    };
    let exponent = exponent.trim().parse::<i32>().unwrap_or(0);
    10_f64.powi(exponent.saturating_sub(decimals))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_delta_may_be_rounded_at_its_last_digit() {
        assert!(is_difference(-0.001, "-0.001", 1.0724, 1.0731));
        assert!(!is_difference(-0.001000, "-0.001000", 1.0724, 1.0731));
        assert!(is_difference(2e-9, "2e-9", 1.000_000_002, 1.0));
    }
}
