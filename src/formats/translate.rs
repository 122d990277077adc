//! The rows of a table as trials: ids given, parents set, verdicts as statuses, sentinels emptied, differences computed.

use std::collections::BTreeMap;

use super::{
    Table, Unread, Wanted,
    cells::{Scores, Statuses},
    plan::Plan,
    roles::Part,
    writer::Writer,
};
use crate::{
    schema::STANDARD,
    store::encode_row,
    trial::{Direction, Status},
};

/// A log in lineage's own shape, with what was done to make it.
pub struct Translation {
    pub names: Vec<String>,
    /// Line of the file, and the cells of the trial.
    pub rows: Vec<(u64, Vec<String>)>,
    pub metric: String,
    pub direction: Direction,
    /// What was guessed, and how to say otherwise.
    pub notes: Vec<String>,
    pub unread: Vec<Unread>,
    pub first_row: u64,
    /// Column of the file, and what it became.
    pub columns: Vec<(String, String)>,
    /// Word of the file, and the status that it became; how often.
    pub words: BTreeMap<(String, String), u64>,
    /// Lines whose score stood for none.
    pub emptied: Vec<u64>,
    /// Lines whose score is no number.
    pub odd: Vec<(u64, String)>,
}

impl Translation {
    /// As the bytes of a log in which every row stands in the line that it has in the file.
    pub fn bytes(&self) -> Vec<u8> {
        let mut out = encode_row(&self.names);
        let mut line = self.first_row;
        for (number, cells) in &self.rows {
            out.extend((line..*number).map(|_| '\n'));
            out += &encode_row(cells);
            line = number + 1;
        }
        out.into_bytes()
    }

    pub fn extra(&self) -> &[String] {
        &self.names[STANDARD.len() - 3..self.names.len() - 3]
    }
}

/// Translates a table; the error says what flag would settle it.
pub fn translate(mut table: Table, wanted: &Wanted) -> Result<Translation, String> {
    let plan = Plan::new(&table, wanted)?;
    let width = table.names.len();
    if !plan.joins_surplus(width) {
        table.widen();
    }
    let statuses = Statuses::new(&table, &plan);
    let mut scores = Scores::default();
    let mut trials = Vec::with_capacity(table.rows.len());
    let mut unread = Vec::new();
    for (at, row) in table.rows.iter().enumerate() {
        let cell = |column: usize| row.cells.get(column).map_or("", |cell| cell.trim());
        let (status, word) = statuses.of(at, &table, &plan);
        let score = scores.read(row.line, cell(plan.score), status, word.is_empty());
        let (status, word) = match (&plan.verdict, &score) {
            (None, Some(_)) => (Status::Keep, "keep".to_owned()),
            _ => (status, word),
        };
        if score.is_none() && word.is_empty() && row.cells.len() < width {
            unread.push(Unread { line: row.line, why: "neither a score nor a verdict".to_owned(), usual: false });
            continue;
        }
        trials.push(Trial { at, status, word, score });
    }
    if scores.found == 0 && wanted.metric.is_none() && wanted.map.get(Part::Score).is_none() {
        return Err("no row has a score; --map score=COLUMN names its column".to_owned());
    }
    Ok(Writer { table, plan, trials }.write(wanted, scores, unread))
}

/// A row, understood.
pub(super) struct Trial {
    /// Its row in the table.
    pub(super) at: usize,
    pub(super) status: Status,
    pub(super) word: String,
    pub(super) score: Option<(String, f64)>,
}
