//! Rows with more cells than the header: one of their texts contains the separator and is not quoted.

use super::{
    numbers::{NumberFormat, is_empty_word},
    roles::ColumnRoles,
    table::{ExternalLog, ExternalRow},
    verdicts::parse_verdict,
};
use crate::log::Role;

const TEXTS: [Role; 2] = [Role::Hypothesis, Role::Notes];

/// Whether further cells belong to the last column.
pub(super) fn is_last_column_text(roles: &ColumnRoles, width: usize) -> bool {
    TEXTS
        .iter()
        .any(|role| roles.column(*role) == Some(width - 1))
}

/// Joins the parts of a text if the score and the verdict are then in their columns. Notes the rows for which this fails.
pub(super) fn join_texts(log: &mut ExternalLog, roles: &ColumnRoles) {
    let width = log.names.len();
    let format = NumberFormat::of(log, roles.score);
    let has_verdict = |cells: &[String]| match roles.verdict.verdict {
        Some((column, kind)) => parse_verdict(&cells[column], kind).is_some(),
        None => true,
    };
    let has_score = |cells: &[String]| {
        let cell = cells[roles.score].trim();
        is_empty_word(cell) || format.parse(cell).is_some()
    };
    let fits = |cells: &[String]| has_verdict(cells) && has_score(cells);
    let mut failed = Vec::new();
    for row in log.rows.iter_mut().filter(|row| row.cells.len() > width) {
        if fits(&row.cells) {
            continue;
        }
        let columns = TEXTS.iter().filter_map(|role| roles.column(*role));
        let mut joined = columns.map(|column| join_cells(row, column, width, log.separator));
        if let Some(cells) = joined.find(|cells| fits(cells)) {
            row.cells = cells;
        } else if !has_verdict(&row.cells) {
            failed.push((row.line, row.cells.len()));
        }
    }
    if let [(line, cells), more @ ..] = &failed[..] {
        let others = match more.len() {
            0 => String::new(),
            count => format!(" (and {count} more rows)"),
        };
        log.notes.push(format!(
            "line {line}: {cells} cells under {width} columns, and no known verdict{others}; quote texts that contain the separator"
        ));
    }
}

/// The cells of a row with its surplus joined to the text in a column.
fn join_cells(row: &ExternalRow, column: usize, width: usize, separator: char) -> Vec<String> {
    let end = column + row.cells.len() - width + 1;
    let text = row.cells[column..end].join(&separator.to_string());
    [&row.cells[..column], &[text], &row.cells[end..]].concat()
}
