//! Aligned columns for a person: one line a row, the last column cut to what is left of the terminal.

use anstyle::Style;
use comfy_table::{CellAlignment, ContentArrangement, Table, presets};
use unicode_width::UnicodeWidthStr;

use super::{
    Look, status_style,
    text::{NOTHING, cut, fit, head, visible},
};
use crate::{
    log::Role,
    log::{Row, Trial, shown_id},
};

/// How much of a hypothesis a line has where there is no terminal to fit.
const UNFITTED: usize = 100;

/// How wide a cell may be that is not the last: one of more columns than a `u16` counts would become several lines.
const WIDEST: usize = 10_000;

/// The least that is left for the last column, on however narrow a terminal.
const NARROWEST: usize = 16;

/// A table: `numbers` are the columns to align at the right.
pub fn table(
    head: &[&str],
    numbers: &[usize],
    mut rows: Vec<(Vec<String>, Style)>,
    look: Look,
) -> String {
    let last = head.len() - 1;
    for cell in rows
        .iter_mut()
        .flat_map(|(row, _)| &mut row[..last])
        .filter(|cell| cell.len() > WIDEST)
    {
        *cell = cut(cell, WIDEST).into_owned();
    }
    let width = |column: usize| {
        rows.iter()
            .map(|(row, _)| row[column].width())
            .chain([head[column].width()])
            .max()
    };
    let before: usize = (0..last).map(|column| width(column).unwrap_or(0) + 2).sum();
    let room = look
        .width
        .map(|width| width.saturating_sub(before).max(NARROWEST));
    let shorten = |text: &mut String| {
        *text = match room {
            Some(room) => fit(text, room).into_owned(),
            None => cut(text, UNFITTED).into_owned(),
        };
    };
    // The last column begins where the others end: as text behind them, it need not be measured.
    let aligned = if numbers.contains(&last) {
        head.len()
    } else {
        last
    };
    let mut table = Table::new();
    table
        .load_style(presets::NOTHING)
        .set_content_arrangement(ContentArrangement::Disabled);
    table.set_header(head[..aligned].to_vec());
    let mut behind = vec![(head[aligned..].concat(), Style::new().bold())];
    for (mut row, style) in rows {
        shorten(&mut row[last]);
        behind.push((row.split_off(aligned).concat(), style));
        table.add_row(row);
    }
    for column in 0..aligned {
        let Some(column_of_table) = table.column_mut(column) else {
            continue;
        };
        column_of_table.set_padding((0, if column == last { 0 } else { 2 }));
        if numbers.contains(&column) {
            column_of_table.set_cell_alignment(CellAlignment::Right);
        }
    }
    let line = |(line, (text, style)): (String, (String, Style))| {
        look.paint(style, (line + &text).trim_end()) + "\n"
    };
    table.lines().zip(behind).map(line).collect()
}

/// Trials, one a line.
pub fn trials(trials: &[Trial], look: Look) -> String {
    let Some(first) = trials.first() else {
        return String::new();
    };
    let row = first.row();
    let head = [
        "exp",
        "parent",
        "specialist",
        "status",
        &visible(&row.schema.label),
        "Δ",
        "hypothesis",
    ];
    let rows: Vec<_> = trials
        .iter()
        .map(|trial| line(&trial.row(), look))
        .collect();
    table(&head, &[4, 5], rows, look)
}

fn line(row: &Row, look: Look) -> (Vec<String>, Style) {
    let cells = vec![
        id(row, Role::Id),
        id(row, Role::Parent),
        cell(row, Role::Specialist),
        cell(row, Role::Status),
        cell(row, Role::Score),
        cell(row, Role::Delta),
        beginning(row, Role::Hypothesis, look),
    ];
    (cells, status_style(row.status()))
}

fn id(row: &Row, role: Role) -> String {
    or_nothing(&visible(&shown_id(&row.text(role))))
}

/// A cell as a person sees it.
pub fn cell(row: &Row, role: Role) -> String {
    or_nothing(&visible(&row.text(role)))
}

/// As much of a long cell as a line has; of a terminal only the table knows how much that is.
pub fn beginning(row: &Row, role: Role, look: Look) -> String {
    if look.is_terminal() {
        cell(row, role)
    } else {
        or_nothing(&head(row.bytes(role), UNFITTED))
    }
}

fn or_nothing(text: &str) -> String {
    if text.is_empty() {
        NOTHING.to_owned()
    } else {
        text.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_fits_its_terminal() {
        let rows = vec![(
            vec![
                "007".to_owned(),
                "日本語 a long text that goes on".to_owned(),
            ],
            Style::new(),
        )];
        let look = Look {
            width: Some(30),
            color: false,
        };
        assert_eq!(
            table(&["exp", "hypothesis"], &[], rows.clone(), look),
            "exp  hypothesis\n007  日本語 a long text that…\n"
        );
        let wide = table(&["exp", "hypothesis"], &[], rows, Look::default());
        assert!(wide.ends_with("goes on\n"), "{wide}");
    }

    #[test]
    fn a_row_is_a_line_however_wide_its_cells() {
        let rows = [("x".repeat(70_000), "first"), ("2".to_owned(), "second")];
        let rows = rows.map(|(exp, text)| (vec![exp, text.to_owned()], Style::new()));
        let text = table(&["exp", "hypothesis"], &[], rows.to_vec(), Look::default());
        let ends: Vec<_> = text
            .lines()
            .map(|line| line.rsplit(' ').next().unwrap_or_default())
            .collect();
        assert_eq!(ends, ["hypothesis", "first", "second"]);
    }
}
