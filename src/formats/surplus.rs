//! Rows with more cells than the header: a text in their middle held the separator, and was not quoted.

use super::{Raw, Table, numbers::Form, plan::Plan, roles::Part, words};

/// Puts the texts of such rows together again, where their score and their verdict stand in their columns then; where that
/// cannot be, and the verdict is no word that is known, the row is said.
pub(super) fn join(table: &mut Table, plan: &Plan) {
    let width = table.names.len();
    let form = Form::of(table, plan.score);
    let cell = |cells: &[String], at: usize| {
        cells
            .get(at)
            .map_or(String::new(), |cell| cell.trim().to_owned())
    };
    let has_verdict = |cells: &[String]| {
        plan.verdict
            .is_none_or(|(at, speech)| words::verdict(&cell(cells, at), speech).is_some())
    };
    let has_score = |cells: &[String]| {
        let score = cell(cells, plan.score);
        words::is_nothing(&score) || form.number(&score).is_some()
    };
    let mut lost = Vec::new();
    for row in table.rows.iter_mut().filter(|row| row.cells.len() > width) {
        if has_verdict(&row.cells) && has_score(&row.cells) {
            continue;
        }
        let texts = [Part::Hypothesis, Part::Notes]
            .into_iter()
            .filter_map(|part| plan.column(part));
        let mut mended = texts.map(|text| joined(row, text, width, table.separator));
        match mended.find(|cells| has_verdict(cells) && has_score(cells)) {
            Some(cells) => {
                row.print = Some(row.fingerprint());
                row.cells = cells;
            }
            None if has_verdict(&row.cells) => {}
            None => lost.push((row.line, row.cells.len())),
        }
    }
    if let [(line, cells), more @ ..] = &lost[..] {
        let others = if more.is_empty() {
            String::new()
        } else {
            format!(" (and {} more)", more.len())
        };
        table.notes.push(format!(
            "line {line}: {cells} cells under {width} columns, and no verdict that is known in its column; quote what holds the \
             separator{others}"
        ));
    }
}

/// The cells of a row of which one text has fallen into several.
fn joined(row: &Raw, text: usize, width: usize, separator: char) -> Vec<String> {
    let end = text + row.cells.len() - width + 1;
    let whole = row.cells[text..end].join(&separator.to_string());
    [&row.cells[..text], &[whole], &row.cells[end..]].concat()
}
