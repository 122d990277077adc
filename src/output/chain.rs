//! A chain of trials: each with its step, the difference from the score of the trial before it.

use super::records::{self, Column};
use super::table::{Cell, format_table};
use super::{BOLD, Look, delta_style, visible_or_dash};
use crate::log::{Role, Row, Schema, signed_delta};
use crate::text::visible;

/// The columns of the log, and the step.
pub fn columns(schema: &Schema) -> Vec<Column> {
    let mut columns = records::columns(schema);
    columns.push(Column::number("step"));
    columns
}

/// Computes the steps of a chain from its root on.
#[derive(Default)]
pub struct Steps {
    last_score: Option<f64>,
}

impl Steps {
    /// The step to the next trial of the chain; empty if it or the one before has no score.
    fn next(&mut self, row: &Row) -> String {
        let score = row.score();
        let before = std::mem::replace(&mut self.last_score, score);
        match (score, before) {
            (Some(score), Some(before)) => signed_delta(score - before),
            _ => String::new(),
        }
    }

    /// The record of the next trial.
    pub fn record(&mut self, row: &Row) -> Vec<String> {
        let mut cells = records::cells(row);
        cells.push(self.next(row));
        cells
    }

    /// The table cells of the next trial; the id of the best trial is bold.
    pub fn cells(&mut self, row: &Row, is_best: bool) -> Vec<Cell> {
        let mut id = Cell::id(row, Role::Id);
        if is_best {
            id.style = BOLD;
        }
        let status = if row.damage.is_some() {
            Cell::from("damaged".to_owned())
        } else {
            Cell::status(row)
        };
        let step = self.next(row);
        let style = delta_style(&step, row.schema.direction);
        vec![
            id,
            Cell::of(row, Role::Specialist),
            status,
            Cell::of(row, Role::Score),
            Cell::new(visible_or_dash(&step), style),
            Cell::of(row, Role::Hypothesis),
        ]
    }
}

/// Formats the trials of a chain.
pub fn format_chain(rows: Vec<Vec<Cell>>, schema: &Schema, look: Look) -> String {
    let label = visible(&schema.label);
    let names = ["exp", "specialist", "status", &label, "step", "hypothesis"];
    format_table(&names, &[3, 4], rows, look)
}
