//! A chain, link by link: each with its step, the difference to the score of the link before it.

use super::{
    Look,
    sheet::{self, Column},
    status_style,
    table::{cell, table},
    text::{NOTHING, visible},
};
use crate::{
    schema::{Role, Schema},
    trial::{Row, Trial, signed_delta},
};

/// The columns of the log, and the step.
pub fn columns(schema: &Schema) -> Vec<Column> {
    let mut columns = sheet::columns(schema);
    columns.push(Column::number("step"));
    columns
}

/// Remembers the score of the link before.
#[derive(Default)]
pub struct Steps(Option<f64>);

impl Steps {
    /// The step to this link; nothing where it or the one before has no score.
    fn step(&mut self, row: &Row) -> String {
        let before = self.0;
        self.0 = row.score();
        self.0.zip(before).map(|(score, before)| signed_delta(score - before)).unwrap_or_default()
    }

    pub fn cells(&mut self, row: &Row) -> Vec<String> {
        let mut cells = sheet::cells(row);
        cells.push(self.step(row));
        cells
    }

    pub fn table(&mut self, links: &[Trial], schema: &Schema, look: Look) -> String {
        let rows: Vec<_> = links
            .iter()
            .map(|trial| {
                let row = trial.row();
                let step = self.step(&row);
                let cells = vec![
                    visible(&row.name()).into_owned(),
                    cell(&row, Role::Specialist),
                    row.damage.map_or_else(|| cell(&row, Role::Status), |_| "damaged".to_owned()),
                    cell(&row, Role::Score),
                    if step.is_empty() { NOTHING.to_owned() } else { step },
                    cell(&row, Role::Hypothesis),
                ];
                (cells, status_style(row.status()))
            })
            .collect();
        table(&["exp", "specialist", "status", &visible(&schema.label), "step", "hypothesis"], &[3, 4], &rows, look)
    }
}
