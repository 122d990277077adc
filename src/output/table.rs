//! Aligned tables for a person: one line per row, the last column cut to what is left of a terminal. Not comfy-table:
//! it counts widths in u16, so a long cell breaks its line, and to colour single cells it needs crossterm.

use anstyle::Style;
use unicode_width::UnicodeWidthStr;

use super::{BOLD, Look, delta_style, mark_invalid, status_style, visible_or_dash};
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
            Role::Score => Self::new(mark_invalid(visible_or_dash(&text), row), style),
            _ => Self::new(visible_or_dash(&text), style),
        }
    }

    /// The text of a cell in its colour.
    pub fn paint(row: &Row, role: Role, look: Look) -> String {
        let cell = Self::of(row, role);
        look.paint(cell.style, &cell.text)
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

/// How the rows of a table are laid out. Rows that come later use the widths of the first ones.
pub struct Table {
    names: Vec<Cell>,
    widths: Vec<usize>,
    /// The columns that are aligned right; never the last one.
    numbers: Vec<usize>,
    look: Look,
}

impl Table {
    pub fn new(names: &[&str], numbers: Vec<usize>, rows: &[Vec<Cell>], look: Look) -> Self {
        let names: Vec<_> = names.iter().map(|name| Cell::new(*name, BOLD)).collect();
        let mut widths = Vec::new();
        for (column, name) in names.iter().enumerate() {
            let cells = rows.iter().map(|row| row[column].text.width());
            widths.push(cells.max().unwrap_or(0).max(name.text.width()));
        }
        Self {
            names,
            widths,
            numbers,
            look,
        }
    }

    pub fn header(&self) -> String {
        self.line(&self.names)
    }

    pub fn line(&self, row: &[Cell]) -> String {
        let (mut line, mut used) = (String::new(), 0);
        let last = row.len() - 1;
        for (column, cell) in row[..last].iter().enumerate() {
            let padding = " ".repeat(self.widths[column].saturating_sub(cell.text.width()));
            let text = self.look.paint(cell.style, &cell.text);
            if self.numbers.contains(&column) {
                line += &(padding + &text + GAP);
            } else {
                line += &(text + &padding + GAP);
            }
            used += self.widths[column] + GAP.len();
        }
        let room = match self.look.width {
            Some(width) => width.saturating_sub(used).max(MIN_LAST_WIDTH),
            None => usize::MAX,
        };
        line += &self
            .look
            .paint(row[last].style, &fit(&row[last].text, room));
        line.trim_end().to_owned() + "\n"
    }
}

/// Formats a table; the columns in `numbers` are aligned right, and never the last one.
pub fn format_table(names: &[&str], numbers: &[usize], rows: Vec<Vec<Cell>>, look: Look) -> String {
    let table = Table::new(names, numbers.to_vec(), &rows, look);
    rows.iter()
        .fold(table.header(), |out, row| out + &table.line(row))
}
