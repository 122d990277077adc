//! Trials in, text out. Width and colour are arguments; nothing here writes to a stream.

pub mod amendments;
pub mod columns;
pub mod compare;
pub mod course;
pub mod diff;
pub mod format;
pub mod import_summary;
pub mod json;
pub mod karpathy;
pub mod limits;
pub mod markdown;
pub mod plot;
pub mod records;
pub mod report;
pub mod search;
pub mod similar;
pub mod stats;
pub mod table;
pub mod tree;
pub mod trials;

use anstyle::{AnsiColor, Style};

use crate::log::{Direction, Number, Row, Status, shown_id};
use crate::text::{NOTHING, visible};

/// What the destination of a text can show.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Look {
    /// Columns of the terminal; `None` if it is not a terminal: nothing is cut then.
    pub width: Option<usize>,
    pub color: bool,
}

impl Look {
    pub fn is_terminal(self) -> bool {
        self.width.is_some()
    }

    /// Applies a style, if colour is on.
    pub fn paint(self, style: Style, text: &str) -> String {
        let mut out = String::new();
        self.push(style, text, &mut out);
        out
    }

    /// Adds a text in a style to `out`.
    pub fn push(self, style: Style, text: &str, out: &mut String) {
        if self.color && style != Style::new() && !text.is_empty() {
            *out += &format!("{style}{text}{style:#}");
        } else {
            *out += text;
        }
    }
}

pub const BOLD: Style = Style::new().bold();

/// The colour of an outcome: green for trials that can be best, red for failures.
pub fn status_style(status: Status) -> Style {
    match status {
        Status::Keep | Status::Baseline => AnsiColor::Green.on_default(),
        Status::Discard => Style::new(),
        Status::HarnessAbort | Status::Other => Style::new().dimmed(),
        _ => AnsiColor::Red.on_default(),
    }
}

/// The colour of a difference between scores: green for an improvement, red for the opposite.
pub fn delta_style(delta: &str, direction: Direction) -> Style {
    match Number::value_of(delta) {
        Some(delta) if direction.better(delta, 0.0) => AnsiColor::Green.on_default(),
        Some(delta) if direction.better(0.0, delta) => AnsiColor::Red.on_default(),
        _ => Style::new(),
    }
}

/// The text of a column, with ids as they are shown everywhere.
pub fn column_text(row: &Row, column: usize) -> String {
    let text = row.text_at(column);
    if row.schema.is_id(column) {
        shown_id(&text)
    } else {
        text.into_owned()
    }
}

/// Marks the score of a failed trial, so that it cannot be read as a record.
pub fn mark_invalid(score: String, row: &Row) -> String {
    if row.status().is_failure() && row.score().is_some() {
        return score + INVALID;
    }
    score
}

pub const INVALID: &str = " (invalid)";

/// A text for a table: visible, and a dash if it is empty.
pub fn visible_or_dash(text: &str) -> String {
    let text = visible(text);
    let text = if text.is_empty() { NOTHING } else { &text };
    text.to_owned()
}
