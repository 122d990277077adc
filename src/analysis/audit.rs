//! What is wrong with a log, line by line and as a whole.

use std::{collections::HashMap, mem, path::PathBuf};

use jiff::Timestamp;
use memchr::memchr;

use super::{KeepSigns, Query, TreeBuilder, walk::find_cycles};
use crate::log::{
    Damage, Ending, ExpId, Role, Row, Schema, Status, has_text_after_quote, is_difference,
    parse_time, signed_delta,
};

const SPACES: &str = "spaces instead of tabs after the hypothesis; read as if they were tabs";
const BROKEN_UTF8: &str = "bytes that are not UTF-8";
const NO_NEWLINE: &str = "the last line has no newline; the next append adds it";
const CARRIAGE_RETURN: &str = "ends with a carriage return, unlike the header";
const NO_CARRIAGE_RETURN: &str = "ends without a carriage return, unlike the header";

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
    pub keep_signs: KeepSigns,
    findings: Vec<Finding>,
    tree: TreeBuilder,
    /// The lines of the trials in the tree, in its order.
    lines: Vec<u64>,
    best: Option<f64>,
    former_scores: Vec<f64>,
    /// Scores of the trials that others may be measured against.
    scores: HashMap<ExpId, f64>,
    /// The time of the last row that was not imported, and its text.
    last_time: Option<(Timestamp, String)>,
}

impl Audit {
    /// `has_carriage_returns`: whether the header ends with one; the other lines must then, too. `former_scores` were
    /// the best before they were amended.
    pub fn new(has_carriage_returns: bool, former_scores: Vec<f64>) -> Self {
        Self {
            has_carriage_returns,
            former_scores,
            ..Self::default()
        }
    }

    fn report(
        &mut self,
        line: u64,
        id: Option<String>,
        kind: &'static str,
        text: impl Into<String>,
    ) {
        self.findings.push(Finding {
            path: None,
            line,
            id,
            kind,
            text: text.into(),
        });
    }

    fn report_row(&mut self, row: &Row, kind: &'static str, text: impl Into<String>) {
        let id = row.id().map(|_| row.name());
        self.report(row.number, id, kind, text);
    }

    pub fn check_header(&mut self, schema: &Schema, has_byte_order_mark: bool) {
        if has_byte_order_mark {
            let text = "byte order mark: other readers take it for a part of the first name";
            self.report(1, None, "bom", text);
        }
        for (column, name) in schema.names().iter().enumerate() {
            if schema.find(name).is_some_and(|first| first < column) {
                let text = format!("column '{name}' occurs twice; the first one is read");
                self.report(1, None, "column", text);
            } else if name.is_empty() {
                let text = format!("column {} has no name", column + 1);
                self.report(1, None, "column", text);
            }
        }
    }

    /// Adds a line of an external log that is not a row.
    pub fn add_skipped(&mut self, line: u64, reason: &str) {
        self.rows += 1;
        self.report(line, None, "unread", reason);
    }

    /// Checks one line, also a blank one.
    pub fn check_line(&mut self, row: &Row) {
        if let Some(damage) = row.damage {
            self.report_row(row, damage_kind(damage), damage.to_string());
        }
        if row.damage == Some(Damage::Blank) {
            return;
        }
        self.rows += 1;
        let has_id = self.tree.add(row);
        if has_id {
            self.lines.push(row.number);
        }
        self.check_bytes(row, has_id);
        self.check_ending(row);
        self.keep_signs.observe(row);
        if row.damage.is_none() {
            let (score, delta) = (row.score(), row.number_in(Role::Delta));
            self.check_cells(row, score, delta);
            self.check_delta(row, score, delta);
            self.check_time(row);
            self.add_score(row);
            self.add_snapshot(row);
        }
    }

    /// Checks what can be checked of a damaged row, too.
    fn check_bytes(&mut self, row: &Row, has_id: bool) {
        let line = row.cells.line;
        let has_quotes = memchr(b'"', line).is_some();
        let any_cell = |is_bad: fn(&[u8]) -> bool| has_quotes && row.cells.iter().any(is_bad);
        let has_tab = any_cell(|cell| cell.starts_with(b"\"") && cell.contains(&b'\t'));
        let has_text = row.damage.is_none() && any_cell(has_text_after_quote);
        let problems = [
            (row.is_space_separated(), "cells", SPACES),
            (str::from_utf8(line).is_err(), "utf8", BROKEN_UTF8),
            (has_tab, "control", "a tab inside a cell"),
            (has_text, "quote", "text after a closing quote"),
            (!has_id && row.damage.is_none(), "no_id", "no id"),
        ];
        for (is_found, kind, text) in problems {
            if is_found {
                self.report_row(row, kind, text);
            }
        }
        if row.lines > 1 {
            let text = format!("a cell spans {} lines", row.lines);
            self.report_row(row, "lines", text);
        }
        let is_line_break = |b: u8| row.lines > 1 && matches!(b, b'\n' | b'\r');
        let is_bad = |&b: &u8| is_control(b) && !is_line_break(b);
        if has_control(line)
            && let Some(byte) = line.iter().copied().find(is_bad)
        {
            self.report_row(row, "control", format!("control character 0x{byte:02x}"));
        }
    }

    fn check_ending(&mut self, row: &Row) {
        if row.damage.is_some() {
            return; // one row, one problem
        }
        let (kind, text) = match (row.ending, self.has_carriage_returns) {
            (Ending::Missing, _) => ("no_newline", NO_NEWLINE),
            (Ending::CarriageReturn, false) => ("ending", CARRIAGE_RETURN),
            (Ending::Newline, true) => ("ending", NO_CARRIAGE_RETURN),
            _ => return,
        };
        self.report_row(row, kind, text);
    }

    fn check_cells(&mut self, row: &Row, score: Option<f64>, delta: Option<f64>) {
        let status = row.status();
        if status == Status::Other {
            let word = row.text(Role::Status);
            let text = format!("unknown status '{word}'; it can never be best");
            self.report_row(row, "status", text);
        }
        if row.bytes(Role::Score).is_empty() && status.needs_score() {
            let text = format!("{} without a score", status.name());
            self.report_row(row, "no_score", text);
        }
        for (role, number, kind, name) in [
            (Role::Score, score, "score", "score"),
            (Role::Delta, delta, "delta", "delta_vs_best"),
        ] {
            let cell = row.text(role);
            if !cell.is_empty() && number.is_none() {
                self.report_row(row, kind, format!("{name} '{cell}' is not a finite number"));
            }
        }
    }

    /// Checks `delta_vs_best`, which may be rounded.
    fn check_delta(&mut self, row: &Row, score: Option<f64>, delta: Option<f64>) {
        let (Some(score), Some(delta), Some(best)) = (score, delta, self.best) else {
            return;
        };
        let cell = row.text(Role::Delta);
        if !row.status().is_completed() || is_difference(delta, &cell, score, best) {
            return;
        }
        // With parallel workers, it is the difference from the baseline that the row names.
        let baseline = ExpId::parse_bytes(&row.bytes(Role::Baseline));
        let baseline = baseline.and_then(|id| self.scores.get(&id));
        let mut bases = baseline.into_iter().chain(&self.former_scores);
        if !bases.any(|&base| is_difference(delta, &cell, score, base)) {
            let expected = signed_delta(score - best);
            let text = format!("delta_vs_best is {cell}, but score minus best is {expected}");
            self.report_row(row, "delta", text);
        }
    }

    fn check_time(&mut self, row: &Row) {
        let cell = row.text(Role::Time);
        let Some(time) = parse_time(cell.as_bytes()) else {
            if !cell.is_empty() {
                self.report_row(row, "time", format!("'{cell}' is not a time"));
            }
            return;
        };
        if row.is_imported() {
            return;
        }
        if let Some((last, shown)) = &self.last_time
            && time < *last
        {
            let text = format!("time {cell} is before {shown} in the row above");
            self.report_row(row, "time_backwards", text);
        }
        self.last_time = Some((time, cell.into_owned()));
    }

    fn add_score(&mut self, row: &Row) {
        if let Some(score) = row.eligible_score()
            && let Some(id) = row.id()
        {
            self.scores.entry(id).or_insert(score);
            let direction = row.schema.direction;
            if self.best.is_none_or(|best| direction.better(score, best)) {
                self.best = Some(score);
            }
        }
    }

    fn add_snapshot(&mut self, row: &Row) {
        let path = row.text(Role::Snapshot).into_owned();
        if !path.is_empty() {
            let (line, id) = (row.number, row.name());
            self.snapshots.push(NamedSnapshot { line, id, path });
        }
    }

    /// Takes all findings, sorted by line.
    pub fn finish(&mut self) -> Vec<Finding> {
        let tree = mem::take(&mut self.tree).into_tree();
        let parents = tree.parents();
        let cycles = find_cycles(&parents);
        for (index, node) in tree.nodes.iter().enumerate() {
            let line = self.lines[index];
            if let Some(first) = tree.find(&node.id)
                && first < index
            {
                let text = format!("id already used in line {}", self.lines[first]);
                self.report(line, Some(node.id.to_string()), "id_twice", text);
            }
            let Some(parent) = &node.parent else {
                continue;
            };
            let (kind, text) = match parents[index] {
                _ if *parent == node.id => ("own_parent", "the trial is its own parent".to_owned()),
                None => ("no_parent", format!("parent {parent} is not in the log")),
                Some(_) if cycles.contains(&index) => {
                    ("cycle", format!("parent {parent} leads back to the trial"))
                }
                Some(at) if at > index => ("later_parent", format!("parent {parent} comes later")),
                Some(_) => continue,
            };
            self.report(line, Some(node.id.to_string()), kind, text);
        }
        self.findings.sort_by_key(|finding| finding.line);
        mem::take(&mut self.findings)
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

/// Whether a line has control characters other than tabs, or bytes that are not UTF-8.
pub fn has_anomalies(line: &[u8]) -> bool {
    has_control(line) || str::from_utf8(line).is_err()
}

/// Whether a line has a control character. Without an early exit, the compiler compares many bytes at once.
fn has_control(line: &[u8]) -> bool {
    line.iter().fold(false, |found, &b| found | is_control(b))
}

/// Whether a byte is an ASCII control character other than the tab between cells.
fn is_control(b: u8) -> bool {
    b.is_ascii_control() && b != b'\t'
}
