//! Aligned tables for a person: one line per row, the last column cut to what is left of a terminal.

use anstyle::Style;
use unicode_width::UnicodeWidthStr;

use super::{BOLD, Look, delta_style, status_style, visible_or_dash};
use crate::log::{Role, Row, Trial, shown_id};
use crate::text::{fit, visible};

/// Spaces between columns.
const GAP: usize = 2;

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
        Self {
            text: text.into(),
            style,
        }
    }

    /// The cell of a row as a person sees it.
    pub fn of(row: &Row, role: Role) -> Self {
        visible_or_dash(&row.text(role)).into()
    }

    pub fn id(row: &Row, role: Role) -> Self {
        visible_or_dash(&shown_id(&row.text(role))).into()
    }

    pub fn status(row: &Row) -> Self {
        let text = visible_or_dash(&row.text(Role::Status));
        Self::new(text, status_style(row.status()))
    }

    /// The difference from the best at the time.
    pub fn delta(row: &Row) -> Self {
        let text = visible_or_dash(&row.text(Role::Delta));
        let style = delta_style(&text, row.schema.direction);
        Self::new(text, style)
    }
}

impl From<String> for Cell {
    fn from(text: String) -> Self {
        Self::new(text, Style::new())
    }
}

/// Formats a table; the columns in `numbers` are aligned right.
pub fn format_table(
    names: &[&str],
    numbers: &[usize],
    mut rows: Vec<Vec<Cell>>,
    look: Look,
) -> String {
    rows.insert(0, names.iter().map(|name| Cell::new(*name, BOLD)).collect());
    let last = names.len() - 1;
    let mut widths = measure_columns(&rows, last);
    if let Some(width) = look.width {
        let used: usize = widths.iter().map(|width| width + GAP).sum();
        let room = width.saturating_sub(used).max(MIN_LAST_WIDTH);
        for row in &mut rows {
            row[last].text = fit(&row[last].text, room).into_owned();
        }
    }
    let last_width = if numbers.contains(&last) {
        column_width(&rows, last)
    } else {
        0 // nothing follows it
    };
    widths.push(last_width);
    let mut out = String::new();
    for row in &rows {
        let line = format_line(row, &widths, numbers, look);
        out.push_str(line.trim_end());
        out.push('\n');
    }
    out
}

fn measure_columns(rows: &[Vec<Cell>], columns: usize) -> Vec<usize> {
    (0..columns)
        .map(|column| column_width(rows, column))
        .collect()
}

fn column_width(rows: &[Vec<Cell>], column: usize) -> usize {
    let widths = rows.iter().map(|row| row[column].text.width());
    widths.max().unwrap_or(0)
}

fn format_line(row: &[Cell], widths: &[usize], numbers: &[usize], look: Look) -> String {
    let mut line = String::new();
    for (column, cell) in row.iter().enumerate() {
        let padding = match widths[column] {
            0 => 0, // the last column
            width => width.saturating_sub(cell.text.width()),
        };
        let is_number = numbers.contains(&column);
        let before = if is_number { padding } else { 0 };
        let after = if is_number { 0 } else { padding };
        line.push_str(&" ".repeat(before));
        look.push(cell.style, &cell.text, &mut line);
        line.push_str(&" ".repeat(after + GAP));
    }
    line
}

/// Formats trials, one per line. The id of the trial at `best` is bold.
pub fn format_trials(trials: &[Trial], best: Option<usize>, look: Look) -> String {
    let Some(first) = trials.first() else {
        return String::new();
    };
    let label = visible(&first.row().schema.label).into_owned();
    let names = [
        "exp",
        "parent",
        "specialist",
        "status",
        &label,
        "Δ best",
        "hypothesis",
    ];
    let mut rows: Vec<Vec<Cell>> = trials
        .iter()
        .map(|trial| trial_cells(&trial.row()))
        .collect();
    if let Some(best) = best {
        rows[best][0].style = BOLD;
    }
    format_table(&names, &[4, 5], rows, look)
}

fn trial_cells(row: &Row) -> Vec<Cell> {
    vec![
        Cell::id(row, Role::Id),
        Cell::id(row, Role::Parent),
        Cell::of(row, Role::Specialist),
        Cell::status(row),
        Cell::of(row, Role::Score),
        Cell::delta(row),
        Cell::of(row, Role::Hypothesis),
    ]
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
