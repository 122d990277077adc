//! The amendments of a log: `amended.tsv` beside it has each row as it was before, with the time and the reason.

use std::{
    collections::HashMap,
    fs::{self, File},
    io::ErrorKind,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
use jiff::Timestamp;

use super::{
    ExpId, Extent, Log, LogOptions, Role, Row, STANDARD, Schema, Source, Trial, encode_row,
    parse_time, read_header,
};
use crate::files::{cannot, open_input};

/// The columns before those of the log.
const OWN: [&str; 2] = ["amended_at", "why"];

/// Columns that an amendment never changes.
const FIXED: [Role; 3] = [Role::Id, Role::Time, Role::Parent];

/// Whether a column can be amended.
pub(crate) fn is_amendable(schema: &Schema, column: usize) -> bool {
    let is_this = |&role: &Role| schema.column(role) == Some(column);
    !FIXED.iter().any(is_this)
}

/// Every amendment of a log, in the order in which they were made.
#[derive(Default)]
pub struct Amendments {
    pub path: PathBuf,
    /// The lines of the file: time and reason, then the row as it was.
    entries: Vec<Trial>,
    /// Lines that cannot be read, and why.
    damaged: Vec<(u64, String)>,
}

/// An amendment of one trial.
pub struct Amendment {
    pub time: String,
    pub why: String,
    /// Column, cell before and cell after; empty if the amendment was not carried out.
    pub changes: Vec<[String; 3]>,
}

/// A line of the file that cannot be read, or does not fit the log.
pub struct AmendmentProblem {
    /// 0 if it is the last, incomplete one.
    pub line: u64,
    pub id: Option<String>,
    pub text: String,
}

/// Where the amendments of a log are.
pub(crate) fn amendments_path(log: &Path) -> PathBuf {
    match log.file_stem() {
        Some(stem) if stem != "results" => {
            let stem = stem.to_string_lossy();
            log.with_file_name(format!("{stem}.amended.tsv"))
        }
        _ => log.with_file_name("amended.tsv"),
    }
}

/// The first line of the file.
pub(crate) fn header_of(schema: &Schema) -> String {
    let own = OWN.map(str::to_owned).into_iter();
    let names: Vec<String> = own.chain(schema.names().iter().cloned()).collect();
    encode_row(&names)
}

impl Amendments {
    /// Reads the amendments of a log. There are none of an external log.
    pub fn read(log: &Log) -> Result<Self> {
        if log.is_external() {
            return Ok(Self::default());
        }
        let Ok(path) = fs::canonicalize(log.path()) else {
            return Ok(Self::default());
        };
        let path = amendments_path(&path);
        let context = cannot("read", &path);
        let file = match open_input(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Self::default()),
            file => file.with_context(context)?,
        };
        let extent = Extent::measure(&path, &file).with_context(context)?;
        let complete = extent.complete.unwrap_or(0);
        let mut amendments = Self::default();
        amendments.read_lines(log, &path, file, complete)?;
        if extent.len > complete {
            let text = "the last line has no newline: writing it was interrupted";
            amendments.damaged.push((0, text.to_owned()));
        }
        amendments.path = path;
        Ok(amendments)
    }

    fn read_lines(&mut self, log: &Log, path: &Path, file: File, end: u64) -> Result<()> {
        let source = Source::File(file);
        let Some(header) = read_header(&source, end)? else {
            return Ok(());
        };
        let names = OWN.iter().copied();
        let expected = names.chain(log.schema.names().iter().map(String::as_str));
        if !header.names.iter().map(String::as_str).eq(expected) {
            let text = "other columns than the log";
            self.damaged.push((1, text.to_owned()));
            return Ok(());
        }
        let options = LogOptions {
            own_metric: Some(log.schema.metric.clone()),
            direction: Some(log.schema.direction),
            ..LogOptions::default()
        };
        Log::open(path, source, end, &options)?.for_each_line(|row| {
            match row.damage {
                Some(damage) => self.damaged.push((row.number, damage.to_string())),
                None => self.entries.push(row.to_trial()),
            }
            Ok(())
        })
    }

    /// The amendments of the trial whose row is `current`, oldest first.
    pub fn of(&self, current: &Row) -> Vec<Amendment> {
        let id = current.id();
        let mut found = Vec::new();
        let mut new = current.texts();
        for entry in self.entries.iter().rev().map(Trial::row) {
            if id.is_none() || entry.id() != id {
                continue;
            }
            let old = cells_of(&entry);
            let mut changes = Vec::new();
            for (name, (old, new)) in current.schema.names().iter().zip(old.iter().zip(new)) {
                if *old != new {
                    changes.push([name.clone(), old.clone(), new]);
                }
            }
            found.push(Amendment {
                time: entry.text_at(0).into_owned(),
                why: entry.text_at(1).into_owned(),
                changes,
            });
            new = old;
        }
        found.reverse();
        found
    }

    /// The rows before each amendment, with the ids of their trials.
    pub fn former_rows(&self) -> impl Iterator<Item = (ExpId, Vec<String>)> {
        let rows = self.entries.iter().map(Trial::row);
        rows.filter_map(|row| Some((row.id()?, cells_of(&row))))
    }

    /// The scores that could be the best before they were amended: later rows may be measured against them.
    pub fn former_scores(&self) -> Vec<f64> {
        let rows = self.entries.iter().map(Trial::row);
        rows.filter_map(|row| row.eligible_score()).collect()
    }

    /// What cannot be read, and what does not fit the log.
    pub fn verify(&self, log: &Log) -> Result<Vec<AmendmentProblem>> {
        let mut problems = Vec::new();
        for (line, text) in &self.damaged {
            let (line, id, text) = (*line, None, text.clone());
            problems.push(AmendmentProblem { line, id, text });
        }
        let rows = self.find_rows(log)?;
        let mut last_time = None;
        for row in self.entries.iter().map(Trial::row) {
            let found = row.id().and_then(|id| rows.get(&id));
            let is_last = found.is_some_and(|(_, last)| *last == row.number);
            let current = found.and_then(|(trial, _)| trial.as_ref());
            for text in find_problems(&row, current, is_last, &mut last_time) {
                let (line, id) = (row.number, Some(row.name()));
                problems.push(AmendmentProblem { line, id, text });
            }
        }
        Ok(problems)
    }

    /// For each trial that was amended: its first row in the log, and the line of its last amendment.
    fn find_rows(&self, log: &Log) -> Result<HashMap<ExpId, (Option<Trial>, u64)>> {
        let mut found = HashMap::new();
        for entry in self.entries.iter().map(Trial::row) {
            if let Some(id) = entry.id() {
                found.insert(id, (None, entry.number));
            }
        }
        let mut rows = log.rows();
        while !found.is_empty()
            && let Some(row) = rows.next()?
        {
            if let Some((trial, _)) = row.id().and_then(|id| found.get_mut(&id)) {
                trial.get_or_insert_with(|| row.to_trial());
            }
        }
        Ok(found)
    }
}

/// The cells of the row that an entry has, without its own columns.
fn cells_of(entry: &Row) -> Vec<String> {
    entry.texts().split_off(OWN.len())
}

/// What is wrong with one entry, given the row of its trial in the log.
fn find_problems(
    entry: &Row,
    current: Option<&Trial>,
    is_last: bool,
    last_time: &mut Option<Timestamp>,
) -> Vec<String> {
    let mut problems = Vec::new();
    let time = parse_time(&entry.bytes_at(0));
    if time.is_none() {
        problems.push(format!("'{}' is not a time", entry.text_at(0)));
    } else if time < *last_time {
        problems.push("amended before the line above".to_owned());
    }
    *last_time = time.or(*last_time);
    if entry.text_at(1).is_empty() {
        problems.push("no reason".to_owned());
    }
    let Some(current) = current.map(Trial::row) else {
        problems.push("the trial is not in the log".to_owned());
        return problems;
    };
    for role in FIXED {
        let (old, new) = (entry.text(role), current.text(role));
        if old != new {
            let name = STANDARD[role as usize];
            problems.push(format!("{name} was '{old}', in the log it is '{new}'"));
        }
    }
    if is_last && current.damage.is_none() && cells_of(entry) == current.texts() {
        problems.push("the log still has the old row: amend it again".to_owned());
    }
    problems
}
