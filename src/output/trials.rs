//! Trials for a person: a table, a chain, one trial with every column, or with its whole texts.

use super::table::{Cell, format_table};
use super::{BOLD, Look, column_text, delta_style, visible_or_dash};
use crate::log::Role::{self, Delta, Hypothesis, Id, Parent, Score, Specialist, Status};
use crate::log::{Row, Schema, Trial, signed_delta};
use crate::text::{NOTHING, visible};

/// The name of a column in a table; that of the score is `score`.
pub fn column_title(role: Role, score: &str) -> &str {
    match role {
        Id => "exp",
        Parent => "parent",
        Specialist => "specialist",
        Status => "status",
        Delta => "Δ best",
        Hypothesis => "hypothesis",
        _ => score,
    }
}

/// The columns of a list of trials.
const LIST: [Role; 7] = [Id, Parent, Specialist, Status, Score, Delta, Hypothesis];

/// The columns of a chain; the step takes the place of the difference from the best.
const CHAIN: [Role; 6] = [Id, Specialist, Status, Score, Delta, Hypothesis];

/// Formats trials, one per line. The id of the trial at `best` is bold.
pub fn format_trials(trials: &[Trial], best: Option<usize>, look: Look) -> String {
    let Some(first) = trials.first() else {
        return String::new();
    };
    let mut rows: Vec<Vec<Cell>> = Vec::new();
    for trial in trials {
        let row = trial.row();
        rows.push(LIST.map(|role| Cell::of(&row, role)).to_vec());
    }
    if let Some(best) = best {
        rows[best][0].style = BOLD;
    }
    let label = visible(&first.row().schema.label).into_owned();
    let names = LIST.map(|role| column_title(role, &label));
    format_table(&names, &[4, 5], rows, look)
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

    /// The table cells of the next trial; the id of the best trial is bold.
    pub fn cells(&mut self, row: &Row, is_best: bool) -> Vec<Cell> {
        let mut cells = CHAIN.map(|role| Cell::of(row, role)).to_vec();
        let step = self.next(row);
        let style = delta_style(&step, row.schema.direction);
        cells[4] = Cell::new(visible_or_dash(&step), style);
        if row.damage.is_some() {
            cells[2] = Cell::from("damaged".to_owned());
        }
        if is_best {
            cells[0].style = BOLD;
        }
        cells
    }
}

pub fn format_chain(rows: Vec<Vec<Cell>>, schema: &Schema, look: Look) -> String {
    let label = visible(&schema.label);
    let mut names = CHAIN.map(|role| column_title(role, &label));
    names[4] = "step";
    format_table(&names, &[3, 4], rows, look)
}

/// Every column, one per line, nothing cut or wrapped.
pub fn format_record(row: &Row, look: Look) -> String {
    let names = row.schema.names();
    let width = names.iter().map(String::len).max().unwrap_or(0);
    let mut out = String::new();
    for (column, name) in names.iter().enumerate() {
        let name = look.paint(BOLD, &format!("{:width$}", visible(name)));
        let text = column_text(row, column);
        out += format!("{name}  {}", visible(&text)).trim_end();
        out.push('\n');
    }
    out
}

/// Each trial with its numbers in one line, then its hypothesis and notes in full.
pub fn format_details(trials: &[Trial], look: Look) -> String {
    let mut out = String::new();
    for trial in trials {
        let row = trial.row();
        let cell = |role| {
            let cell = Cell::of(&row, role);
            look.paint(cell.style, &cell.text)
        };
        let [id, status, score] = [Id, Status, Score].map(cell);
        let [specialist, parent, time] = [Specialist, Parent, Role::Time].map(cell);
        let mut delta = cell(Delta);
        if delta != NOTHING {
            delta = format!("Δ best {delta}");
        }
        out += &format!("{id}  {status}  {score}  {delta}  {specialist}  from {parent}  {time}\n");
        for role in [Hypothesis, Role::Notes] {
            let text = row.text(role);
            if !text.is_empty() {
                out += &format!("    {}\n", visible(&text));
            }
        }
    }
    out
}
