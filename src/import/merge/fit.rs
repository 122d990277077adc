//! Fits the cells of a file into the columns of a log.

use super::origin::{RowOrigin, SOURCE_COLUMN};
use crate::{
    import::translate::Translation,
    log::{Role, Schema},
};

/// The cells of a row in the columns of the log. What has no column goes into the notes, and the score into the column of the
/// store's metric.
pub(super) fn fit_cells(
    translation: &Translation,
    cells: &[String],
    schema: &Schema,
) -> Vec<String> {
    let mut fitted = vec![String::new(); schema.names().len()];
    let mut others = Vec::new();
    let mut score = None;
    for (name, cell) in translation.names.iter().zip(cells) {
        if name == "core_metric" {
            score = Some(cell);
        }
        if name == SOURCE_COLUMN && RowOrigin::parse(cell).is_some() {
            continue;
        }
        match schema.find(name).filter(|_| name != SOURCE_COLUMN) {
            Some(column) => fitted[column].clone_from(cell),
            None if cell.is_empty() => {}
            None => others.push(format!("{name}: {cell}")),
        }
    }
    if let (Some(column), Some(score)) = (schema.column(Role::Score), score)
        && fitted[column].is_empty()
    {
        fitted[column].clone_from(score);
    }
    if !others.is_empty() {
        add_note(&mut fitted, schema, &others.join("; "));
    }
    fitted
}

/// Adds a text to the notes, in brackets.
pub(super) fn add_note(cells: &mut [String], schema: &Schema, text: &str) {
    if let Some(column) = schema.column(Role::Notes) {
        let notes = &mut cells[column];
        let space = if notes.is_empty() { "" } else { " " };
        *notes += &format!("{space}[{text}]");
    }
}
