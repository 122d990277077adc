//! A chain, link by link: each with its step, the difference to the score of the link before it.

use anstyle::Style;

use super::{
    Look,
    records::{self, Column},
    status_style,
    table::{beginning, cell, table},
    text::{NOTHING, visible},
};
use crate::{
    log::{Role, Schema},
    log::{Row, signed_delta},
};

/// The columns of the log, and the step.
pub fn columns(schema: &Schema) -> Vec<Column> {
    let mut columns = records::columns(schema);
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
        self.0
            .zip(before)
            .map(|(score, before)| signed_delta(score - before))
            .unwrap_or_default()
    }

    pub fn cells(&mut self, row: &Row) -> Vec<String> {
        let mut cells = records::cells(row);
        cells.push(self.step(row));
        cells
    }

    /// The line of a link in a table, and how it looks.
    pub fn line(&mut self, row: &Row, look: Look) -> (Vec<String>, Style) {
        let step = self.step(row);
        let cells = vec![
            visible(&row.name()).into_owned(),
            cell(row, Role::Specialist),
            row.damage
                .map_or_else(|| cell(row, Role::Status), |_| "damaged".to_owned()),
            cell(row, Role::Score),
            if step.is_empty() {
                NOTHING.to_owned()
            } else {
                step
            },
            beginning(row, Role::Hypothesis, look),
        ];
        (cells, status_style(row.status()))
    }
}

pub fn links(lines: Vec<(Vec<String>, Style)>, schema: &Schema, look: Look) -> String {
    table(
        &[
            "exp",
            "specialist",
            "status",
            &visible(&schema.label),
            "step",
            "hypothesis",
        ],
        &[3, 4],
        lines,
        look,
    )
}
