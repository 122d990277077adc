//! The rows of a table as trials: ids given, parents set, verdicts as statuses, sentinels emptied, differences computed.

use std::collections::BTreeMap;

use super::{
    Table, Unread, Wanted,
    cells::{Scores, Statuses},
    plan::Plan,
    roles::{Part, UNKNOWN},
    surplus,
    table::in_lines,
    words,
    writer::Writer,
};
use crate::{
    log::STANDARD,
    log::{Direction, Status},
};

/// A log in lineage's own shape, with what was done to make it.
pub struct Translation {
    pub names: Vec<String>,
    pub rows: Vec<Translated>,
    pub metric: String,
    pub direction: Direction,
    /// What was guessed, and how to say otherwise.
    pub notes: Vec<String>,
    pub unread: Vec<Unread>,
    pub first_row: u64,
    /// Column of the file, and what it became.
    pub columns: Vec<(String, String)>,
    /// The column of the file that is the verdict.
    pub verdict: Option<String>,
    /// Word of the file, and the status that it became; how often.
    pub words: BTreeMap<(String, String), u64>,
    /// Lines whose score stood for none.
    pub emptied: Vec<u64>,
    /// Lines whose score is no number.
    pub odd: Vec<(u64, String)>,
}

/// A row of the file as a trial.
pub struct Translated {
    /// Its line of the file.
    pub line: u64,
    pub cells: Vec<String>,
    /// What tells it from the other rows of the file, however the file is read.
    pub fingerprint: u64,
}

impl Translation {
    /// As the bytes of a log in which every row stands in the line that it has in the file.
    pub fn bytes(&self) -> Vec<u8> {
        in_lines(
            &self.names,
            self.first_row,
            self.rows.iter().map(|row| (row.line, &row.cells[..])),
        )
    }

    pub fn extra(&self) -> &[String] {
        &self.names[STANDARD.len() - 3..self.names.len() - 3]
    }
}

/// Translates a table; the error says what flag would settle it.
pub fn translate(mut table: Table, wanted: &Wanted) -> Result<Translation, String> {
    let plan = Plan::new(&table, wanted)?;
    surplus::join(&mut table, &plan);
    let width = table.names.len();
    if !plan.joins_surplus(width) {
        table.widen();
    }
    let statuses = Statuses::new(&table, &plan);
    let mut scores = Scores::new(&table, &plan);
    let mut trials = Vec::with_capacity(table.rows.len());
    let mut unread = Vec::new();
    for (at, row) in table.rows.iter().enumerate() {
        let cell = |column: usize| row.cells.get(column).map_or("", |cell| cell.trim());
        let (status, word) = statuses.of(at, &table, &plan);
        let score = scores.read(row.line, cell(plan.score), status, word.is_empty());
        let (status, word) = match (&plan.verdict, &score) {
            (None, Some(_)) if word.is_empty() => (Status::Keep, "keep".to_owned()),
            _ => (status, word),
        };
        let is_bare = || row.cells.len() < width || says_little(&row.cells, &plan);
        if score.is_none() && word.is_empty() && is_bare() {
            unread.push(Unread {
                line: row.line,
                reason: "neither a score nor a verdict".to_owned(),
                is_expected: false,
            });
            continue;
        }
        trials.push(Trial {
            at,
            status,
            word,
            score,
        });
    }
    let is_named = wanted.metric.is_some() || wanted.map.get(Part::Score).is_some();
    let is_known = words::candidate(&table.names[plan.score]) < UNKNOWN && scores.odd.is_empty();
    if scores.found == 0 && !table.rows.is_empty() && !is_named && !is_known {
        let name = &table.names[plan.score];
        let holds = scores
            .odd
            .first()
            .map(|(line, cell)| format!(" (line {line} has `{cell}`)"))
            .unwrap_or_default();
        return Err(format!(
            "no row has a score in {name}{holds}; --map score=COLUMN names its column"
        ));
    }
    let mere_completion = statuses.mere_completion;
    Ok(Writer {
        table,
        plan,
        trials,
        mere_completion,
    }
    .write(wanted, scores, unread))
}

/// Whether cells name no trial and tell no hypothesis, and most are empty: an event between the runs.
fn says_little(cells: &[String], plan: &Plan) -> bool {
    let is_blank = |column: usize| cells.get(column).is_none_or(|cell| cell.trim().is_empty());
    let is_unnamed = [Part::Id, Part::Hypothesis]
        .into_iter()
        .all(|part| plan.column(part).is_none_or(is_blank));
    is_unnamed && (0..cells.len()).filter(|&at| !is_blank(at)).count() * 2 < cells.len()
}

/// A row, understood.
pub(super) struct Trial {
    /// Its row in the table.
    pub(super) at: usize,
    pub(super) status: Status,
    pub(super) word: String,
    pub(super) score: Option<(String, f64)>,
}
