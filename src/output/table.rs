//! Aligned tables for a person: one line per row, the last column cut to what is left of a terminal. Not comfy-table:
//! it counts widths in u16, so a long cell breaks its line, and to colour single cells it needs crossterm.

use anstyle::Style;
use unicode_width::UnicodeWidthStr;

use super::{BOLD, Look, delta_style, status_style, visible_or_dash};
use crate::log::{Role, Row, shown_id};
use crate::text::fit;

const GAP: &str = "  ";

/// The least width of the last column, however narrow the terminal is.
const MIN_LAST_WIDTH: usize = 16;

/// One cell of a table. Its text must be visible already.
#[derive(Clone, Debug)]
pub struct Cell {
    pub text: String,
    pub style: Style,
}

impl Cell {
    pub fn new(text: impl Into<String>, style: Style) -> Self {
        let text = text.into();
        Self { text, style }
    }

    pub fn of(row: &Row, role: Role) -> Self {
        let (text, style) = (row.text(role), cell_style(row, role));
        match role {
            Role::Id | Role::Parent => Self::new(visible_or_dash(&shown_id(&text)), style),
            _ => Self::new(visible_or_dash(&text), style),
        }
    }
}

pub fn cell_style(row: &Row, role: Role) -> Style {
    match role {
        Role::Status => status_style(row.status()),
        Role::Delta => delta_style(&row.text(role), row.schema.direction),
        _ => Style::new(),
    }
}

impl From<String> for Cell {
    fn from(text: String) -> Self {
        Self::new(text, Style::new())
    }
}

/// Formats a table; the columns in `numbers` are aligned right, and never the last one.
pub fn format_table(
    names: &[&str],
    numbers: &[usize],
    mut rows: Vec<Vec<Cell>>,
    look: Look,
) -> String {
    rows.insert(0, names.iter().map(|name| Cell::new(*name, BOLD)).collect());
    let last = names.len() - 1;
    let mut widths = Vec::new();
    for column in 0..last {
        let cells = rows.iter().map(|row| row[column].text.width());
        widths.push(cells.max().unwrap_or(0));
    }
    if let Some(width) = look.width {
        let used: usize = widths.iter().map(|width| width + GAP.len()).sum();
        let room = width.saturating_sub(used).max(MIN_LAST_WIDTH);
        for row in &mut rows {
            row[last].text = fit(&row[last].text, room).into_owned();
        }
    }
    widths.push(0); // nothing follows the last column
    let lines = rows
        .iter()
        .map(|row| format_line(row, &widths, numbers, look));
    lines.collect()
}

fn format_line(row: &[Cell], widths: &[usize], numbers: &[usize], look: Look) -> String {
    let mut line = String::new();
    for (column, cell) in row.iter().enumerate() {
        let padding = " ".repeat(widths[column].saturating_sub(cell.text.width()));
        let text = look.paint(cell.style, &cell.text);
        if numbers.contains(&column) {
            line += &(padding + &text + GAP);
        } else {
            line += &(text + &padding + GAP);
        }
    }
    line.trim_end().to_owned() + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cells(texts: [&str; 2]) -> Vec<Cell> {
        texts.map(|text| Cell::from(text.to_owned())).to_vec()
    }

    #[test]
    fn the_last_column_is_cut_to_the_terminal_and_nowhere_else() {
        let rows = vec![cells(["007", "日本語 a long text that goes on"])];
        let look = Look {
            width: Some(30),
            color: false,
        };
        assert_eq!(
            format_table(&["exp", "hypothesis"], &[], rows.clone(), look),
            "exp  hypothesis\n007  日本語 a long text that…\n"
        );
        let piped = format_table(&["exp", "hypothesis"], &[], rows, Look::default());
        assert!(piped.ends_with("goes on\n"), "{piped}");
    }

    #[test]
    fn a_row_is_one_line_however_wide_its_cells_are() {
        let wide = "x".repeat(70_000);
        let rows = vec![cells([&wide, "first"]), cells(["2", "second"])];
        let text = format_table(&["exp", "hypothesis"], &[0], rows, Look::default());
        let ends: Vec<_> = text
            .lines()
            .map(|line| line.rsplit(' ').next().unwrap_or_default())
            .collect();
        assert_eq!(ends, ["hypothesis", "first", "second"]);
    }

    #[test]
    fn colour_does_not_change_the_alignment() {
        let style = status_style(crate::log::Status::Keep);
        let rows = vec![vec![Cell::new("keep", style), Cell::from("x".to_owned())]];
        let look = Look {
            width: None,
            color: true,
        };
        let text = format_table(&["a status", "b"], &[], rows, look);
        let line = text.lines().nth(1).unwrap();
        assert_eq!(line, format!("{style}keep{style:#}      x"));
    }
}
