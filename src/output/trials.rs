//! Trials for a person: a table, one trial with every column, or trials with their whole texts.

use jiff::Timestamp;

use super::columns::pick;
use super::format::age;
use super::table::{Cell, Table};
use super::{BOLD, Look, column_text, delta_style, mark_invalid, visible_or_dash};
use crate::log::Role::{
    self, Delta, Hypothesis, Id, Notes, Parent, Score, Specialist, Status, Time,
};
use crate::log::{Number, Row, Schema, Trial, parse_time, signed_delta};
use crate::text::{NOTHING, escape_hidden, visible};

/// The name of a column in a table; that of the score is `score`.
pub fn column_title(role: Role, score: &str) -> &str {
    match role {
        Id => "exp",
        Time => "time",
        Parent => "parent",
        Specialist => "specialist",
        Status => "status",
        Delta => "Δ best",
        Hypothesis => "hypothesis",
        _ => score,
    }
}

/// The columns of a list of trials.
pub const LIST: [Role; 7] = [Id, Parent, Specialist, Status, Score, Delta, Hypothesis];

/// The columns of the last trials.
const TAIL: [Role; 8] = [
    Id, Time, Parent, Specialist, Status, Score, Delta, Hypothesis,
];

/// A terminal of so many columns has room for the parents of the last trials.
const WIDE: usize = 120;

/// What a column of a table of trials shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shown {
    Role(Role),
    Column(usize),
    /// The difference from the score of the trial before it in a chain.
    Step,
}

impl Shown {
    pub fn of_column(column: usize, schema: &Schema) -> Self {
        let mut roles = [Score].iter().chain(&TAIL);
        match roles.find(|&&role| schema.column(role) == Some(column)) {
            Some(&role) => Self::Role(role),
            None if column == schema.names().len() => Self::Step,
            None => Self::Column(column),
        }
    }
}

/// The columns of a table of trials, with their titles.
#[derive(Clone, Debug)]
pub struct TrialColumns {
    pub columns: Vec<(String, Shown)>,
    /// If it is known, times are shown as ages.
    pub now: Option<Timestamp>,
}

impl TrialColumns {
    pub fn new(roles: &[Role], schema: &Schema) -> Self {
        let label = visible(&schema.label);
        let columns = roles
            .iter()
            .map(|&role| (column_title(role, &label).to_owned(), Shown::Role(role)));
        Self {
            columns: columns.collect(),
            now: None,
        }
    }

    /// The columns of the last trials, with their ages on a terminal. Times are left out if there are none, parents if
    /// the terminal is narrow.
    pub fn of_tail(trials: &[Trial], schema: &Schema, look: Look) -> Self {
        let mut columns = Self::new(&TAIL, schema);
        columns.now = look.is_terminal().then(Timestamp::now);
        let mut times = trials.iter().map(|trial| trial.row().bytes(Time).len());
        let has_time = schema.column(Time).is_some() && (trials.is_empty() || times.any(|n| n > 0));
        let is_narrow = look.width.is_some_and(|width| width < WIDE);
        columns.columns.retain(|(_, shown)| match shown {
            Shown::Role(Time) => has_time,
            Shown::Role(Parent) => !is_narrow,
            _ => true,
        });
        columns
    }

    /// The columns of a chain.
    pub fn of_chain(schema: &Schema) -> Self {
        let mut columns = Self::new(&[Id, Specialist, Status, Score, Hypothesis], schema);
        columns.columns.insert(4, ("step".to_owned(), Shown::Step));
        columns
    }

    /// Whether the log's own columns are followed by `step`.
    pub fn has_step(&self) -> bool {
        self.columns.iter().any(|(_, shown)| *shown == Shown::Step)
    }

    /// The cells of a trial; the id of the best one is bold.
    pub fn cells(&self, row: &Row, step: &str, is_best: bool) -> Vec<Cell> {
        let cells = self.columns.iter().map(|&(_, shown)| match shown {
            Shown::Role(Id) if is_best => Cell::new(Cell::of(row, Id).text, BOLD),
            Shown::Role(Status) if row.damage.is_some() => Cell::from("damaged".to_owned()),
            Shown::Role(Time) => self.time_cell(row),
            Shown::Role(role) => Cell::of(row, role),
            Shown::Column(column) => visible_or_dash(&column_text(row, column)).into(),
            Shown::Step => Cell::new(
                visible_or_dash(step),
                delta_style(step, row.schema.direction),
            ),
        });
        cells.collect()
    }

    fn time_cell(&self, row: &Row) -> Cell {
        let time = parse_time(&row.bytes(Time));
        match (self.now, time) {
            (Some(now), Some(time)) => Cell::from(age(now, time)),
            _ => Cell::of(row, Time),
        }
    }

    /// A table for these rows, with numbers aligned right.
    pub fn table(&self, rows: &[Vec<Cell>], look: Look) -> Table {
        let names: Vec<&str> = self.columns.iter().map(|(title, _)| &**title).collect();
        let is_number = |&at: &usize| match self.columns[at].1 {
            Shown::Role(role) => [Score, Delta].contains(&role),
            Shown::Step => true,
            Shown::Column(_) => rows.iter().all(|row| {
                let text = &row[at].text;
                text == NOTHING || Number::value_of(text).is_some()
            }),
        };
        let numbers = (0..names.len()).filter(is_number).collect();
        Table::new(&names, numbers, rows, look)
    }
}

/// Computes the steps of a chain from its root on: the difference from the score of the trial before.
#[derive(Default)]
pub struct Steps {
    last_score: Option<f64>,
}

impl Steps {
    /// The step to the next trial of the chain; empty if it or the one before has no score.
    pub fn next(&mut self, row: &Row) -> String {
        let score = row.score();
        let before = std::mem::replace(&mut self.last_score, score);
        match (score, before) {
            (Some(score), Some(before)) => signed_delta(score - before),
            _ => String::new(),
        }
    }
}

/// These columns, one per line. On a terminal, hypothesis and notes keep their line breaks.
pub fn format_record(row: &Row, columns: &[usize], look: Look) -> String {
    let names = pick(columns, row.schema.names());
    let width = names.iter().map(String::len).max().unwrap_or(0);
    let gap = format!("\n{}", " ".repeat(width + 2));
    let mut out = String::new();
    for (&column, name) in columns.iter().zip(&names) {
        let name = look.paint(BOLD, &format!("{:width$}", visible(name)));
        let mut text = column_text(row, column);
        if row.schema.column(Score) == Some(column) {
            text = mark_invalid(text, row);
        }
        let is_prose = [Hypothesis, Notes].map(|role| row.schema.column(role));
        let text = if look.is_terminal() && is_prose.contains(&Some(column)) {
            break_lines(&text).replace('\n', &gap)
        } else {
            visible(&text).into_owned()
        };
        for line in format!("{name}  {text}").lines() {
            out += line.trim_end();
            out.push('\n');
        }
    }
    out
}

/// A text with its line breaks and tabs, which a cell has as `\n` and `\t`.
fn break_lines(text: &str) -> String {
    let text = text
        .replace("\\r\\n", "\n")
        .replace("\\n", "\n")
        .replace("\\t", "\t");
    let lines: Vec<_> = text.trim_end().lines().map(escape_hidden).collect();
    lines.join("\n")
}

/// Each trial with its numbers in one line, then its hypothesis and notes in full.
pub fn format_details(trials: &[Trial], look: Look) -> String {
    let mut out = String::new();
    for trial in trials {
        let row = trial.row();
        let cell = |role| Cell::paint(&row, role, look);
        let [id, status, score] = [Id, Status, Score].map(cell);
        let [specialist, parent, time] = [Specialist, Parent, Time].map(cell);
        let mut delta = cell(Delta);
        if delta != NOTHING {
            delta = format!("Δ best {delta}");
        }
        out += &format!("{id}  {status}  {score}  {delta}  {specialist}  from {parent}  {time}\n");
        for role in [Hypothesis, Notes] {
            let text = row.text(role);
            if !text.is_empty() {
                out += &format!("    {}\n", visible(&text));
            }
        }
    }
    out
}
