//! What is wrong with a log, line by line and as a whole.

use std::{collections::HashMap, path::PathBuf};

use super::{Fault, Query, TreeBuilder, anomalies::find_anomalies, difference::is_difference};
use crate::{
    log::{Damage, Ending, ExpId, Row, Status, has_text_after_quote, parse_time},
    log::{Role, Schema},
};

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The file that it is about, where that is not the log.
    pub path: Option<PathBuf>,
    /// The line of the log; 0 where it is about no line.
    pub line: u64,
    /// The id of the trial, where it can be read.
    pub id: Option<String>,
    /// A word for scripts.
    pub kind: &'static str,
    pub text: String,
}

/// A row that names a snapshot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    pub line: u64,
    pub id: String,
    /// The `snapshot_path` as the log has it.
    pub path: String,
}

/// Sees every line of a log; `finish` adds what only the whole log shows.
#[derive(Default)]
pub struct Audit {
    crlf: bool,
    pub rows: u64,
    /// The rows that name a snapshot.
    pub named: Vec<Named>,
    findings: Vec<Finding>,
    forest: TreeBuilder,
    /// Lines of the trials that the forest has, in its order.
    places: Vec<u64>,
    best: Option<f64>,
    /// Scores of the trials that others may be measured against.
    scores: HashMap<ExpId, f64>,
    /// The time of the row before, and its text, in memory that is used again for each.
    time: Option<jiff::Timestamp>,
    time_text: Vec<u8>,
}

impl Audit {
    /// `crlf`: whether the header ends as on Windows; the other lines should then, too.
    pub fn new(crlf: bool) -> Self {
        Self {
            crlf,
            ..Self::default()
        }
    }

    fn find(&mut self, row: &Row, kind: &'static str, text: impl Into<String>) {
        let id = row.id().map(|_| row.name());
        self.findings.push(Finding {
            path: None,
            line: row.number,
            id,
            kind,
            text: text.into(),
        });
    }

    /// Looks at the header.
    pub fn header(&mut self, schema: &Schema, bom: bool) {
        let mut find = |kind, text: String| {
            self.findings.push(Finding {
                path: None,
                line: 1,
                id: None,
                kind,
                text,
            })
        };
        if bom {
            find(
                "bom",
                "begins with a byte order mark, which other readers take for a part of the first name".to_owned(),
            );
        }
        for (at, name) in schema.names().iter().enumerate() {
            match schema.find(name) {
                Some(first) if first < at => {
                    find(
                        "column",
                        format!("the column `{name}` stands twice; the first one is read"),
                    );
                }
                _ if name.is_empty() => find("column", format!("column {} has no name", at + 1)),
                _ => {}
            }
        }
    }

    /// Takes over a line that was found to be no row before.
    pub fn unread(&mut self, line: u64, why: &str) {
        self.rows += 1;
        self.findings.push(Finding {
            path: None,
            line,
            id: None,
            kind: "unread",
            text: why.to_owned(),
        });
    }

    /// Looks at one line, blank ones too.
    pub fn line(&mut self, row: &Row) {
        if let Some(damage) = row.damage {
            self.find(row, damage_kind(damage), damage.to_string());
        }
        if row.damage == Some(Damage::Blank) {
            return;
        }
        self.rows += 1;
        if row.is_space_separated() {
            self.find(
                row,
                "cells",
                "single spaces stand for the tabs behind the hypothesis; it is read as what it was",
            );
        }
        self.check_bytes(row);
        self.check_ending(row);
        let id = row.id();
        if id.is_some() {
            self.places.push(row.number);
            self.forest.observe(row);
        } else if row.damage != Some(Damage::RepeatedHeader) {
            self.find(row, "no_id", "no id");
        }
        if row.damage.is_none() {
            let score = row.score();
            self.check_status(row, score);
            self.check_delta(row, score);
            if let (Some(score), Some(id), true) = (score, id, row.status().can_be_best()) {
                self.stand(row, score, id);
            }
            self.check_time(row);
            if !row.bytes(Role::Snapshot).is_empty() {
                let path = row.text(Role::Snapshot).into_owned();
                self.named.push(Named {
                    line: row.number,
                    id: row.name(),
                    path,
                });
            }
        }
    }

    fn check_bytes(&mut self, row: &Row) {
        if row.lines > 1 {
            self.find(
                row,
                "lines",
                format!("a cell that spans {} lines", row.lines),
            );
        }
        let odd = find_anomalies(row.cells.line);
        if odd.not_utf8 {
            self.find(row, "utf8", "bytes that are not UTF-8");
        }
        if memchr::memchr(b'"', row.cells.line).is_some() {
            self.check_quotes(row);
        }
        let in_a_cell = |&b: &u8| is_control(b) && !(row.lines > 1 && (b == b'\n' || b == b'\r'));
        if odd.controls
            && let Some(byte) = row.cells.line.iter().copied().find(in_a_cell)
        {
            self.find(row, "control", format!("a control character, 0x{byte:02x}"));
        }
    }

    fn check_quotes(&mut self, row: &Row) {
        let quoted = || row.cells.iter().filter(|cell| cell.starts_with(b"\""));
        if quoted().any(|cell| memchr::memchr(b'\t', cell).is_some()) {
            self.find(row, "control", "a tab inside of a cell");
        }
        if row.damage.is_none() && quoted().any(has_text_after_quote) {
            self.find(row, "quote", "text behind a closing quote");
        }
    }

    fn check_ending(&mut self, row: &Row) {
        match row.ending {
            Ending::Missing => {
                self.find(
                    row,
                    "no_newline",
                    "the last line has no newline; the next append gives it one",
                );
            }
            Ending::CarriageReturn if !self.crlf => {
                self.find(
                    row,
                    "ending",
                    "ends with a carriage return, the header does not",
                );
            }
            Ending::Newline if self.crlf => {
                self.find(
                    row,
                    "ending",
                    "ends without a carriage return, the header with one",
                );
            }
            _ => {}
        }
    }

    fn check_status(&mut self, row: &Row, score: Option<f64>) {
        let status = row.status();
        if status == Status::Other {
            self.find(
                row,
                "status",
                format!(
                    "`{}` is no status; it can never be best",
                    row.text(Role::Status)
                ),
            );
        }
        if score.is_some() {
            return;
        }
        let score = row.text(Role::Score);
        if !score.is_empty() {
            self.find(
                row,
                "score",
                format!("the score `{score}` is no finite decimal number"),
            );
        } else if status.needs_score() {
            self.find(
                row,
                "no_score",
                format!("{} without a score", status.name()),
            );
        }
    }

    /// The difference to the best as it stood; it may be as coarse as its own last digit.
    fn check_delta(&mut self, row: &Row, score: Option<f64>) {
        let delta = row.number_in(Role::Delta);
        if let (Some(score), Some(delta), Some(best), true) =
            (score, delta, self.best, row.status().is_completed())
        {
            // Where trials run side by side, the difference is one to the baseline that the row names.
            let baseline = || {
                ExpId::parse_bytes(&row.bytes(Role::Baseline))
                    .and_then(|id| self.scores.get(&id).copied())
            };
            let fits = |base: f64| is_difference(row, delta, score, base);
            if !fits(best) && !baseline().is_some_and(fits) {
                let (text, measured) = (
                    row.text(Role::Delta),
                    crate::log::signed_delta(score - best),
                );
                self.find(
                    row,
                    "delta",
                    format!("delta_vs_best is {text}, but score minus best is {measured}"),
                );
            }
        } else if delta.is_none() && !row.bytes(Role::Delta).is_empty() {
            let text = row.text(Role::Delta);
            self.find(
                row,
                "delta",
                format!("delta_vs_best `{text}` is no finite decimal number"),
            );
        }
    }

    /// Takes a score that later ones may be measured against.
    fn stand(&mut self, row: &Row, score: f64, id: ExpId) {
        self.scores.entry(id).or_insert(score);
        if self
            .best
            .is_none_or(|best| row.schema.direction.better(score, best))
        {
            self.best = Some(score);
        }
    }

    fn check_time(&mut self, row: &Row) {
        let cell = row.bytes(Role::Time);
        let Some(time) = parse_time(&cell) else {
            if !cell.is_empty() {
                self.find(
                    row,
                    "time",
                    format!("`{}` is no time", row.text(Role::Time)),
                );
            }
            return;
        };
        if self.time.is_some_and(|before| time < before) {
            let (text, shown) = (
                row.text(Role::Time),
                String::from_utf8_lossy(&self.time_text),
            );
            let text = format!("the time {text} is before {shown}, that of the row before");
            self.find(row, "time_backwards", text);
        }
        self.time = Some(time);
        self.time_text.clear();
        self.time_text.extend_from_slice(&cell);
    }

    /// All findings, by line.
    pub fn finish(mut self) -> Vec<Finding> {
        for (index, id, fault) in self.forest.into_tree().faults() {
            let line = self.places[index];
            let (kind, text) = match fault {
                Fault::Twice { first } => (
                    "id_twice",
                    format!(
                        "the id stands in line {} already; it names that trial",
                        self.places[first]
                    ),
                ),
                Fault::OwnParent => ("own_parent", "the trial is its own parent".to_owned()),
                Fault::MissingParent(parent) => (
                    "no_parent",
                    format!("its parent {parent} is not in the log"),
                ),
                Fault::LaterParent(parent) => {
                    ("later_parent", format!("its parent {parent} comes later"))
                }
                Fault::Cycle(parent) => ("cycle", format!("its parent {parent} leads back to it")),
            };
            self.findings.push(Finding {
                path: None,
                line,
                id: Some(id),
                kind,
                text,
            });
        }
        self.findings.sort_by_key(|finding| finding.line);
        self.findings
    }
}

fn is_control(b: u8) -> bool {
    b.is_ascii_control() && b != b'\t'
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
