//! Trials in, text out. Pure: width and colour come in as arguments, and nothing here knows stdout. The only place that
//! makes text harmless, cuts it, or formats a number.

pub mod chain;
pub mod diff;
pub mod format;
pub mod karpathy;
pub mod markdown;
pub mod records;
pub mod stats;
pub mod table;
pub mod text;
pub mod tree;
pub mod trial;
mod visible;

use anstyle::{AnsiColor, Style};
use records::Format;

use crate::{
    log::Schema,
    log::{Status, Trial},
};

/// What the place that a text is for can show.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Look {
    /// Columns of the terminal; `None` where there is none, and nothing is cut to fit.
    pub width: Option<usize>,
    pub color: bool,
}

impl Look {
    /// Whether a person is looking, and a control character would do something.
    pub fn is_terminal(self) -> bool {
        self.width.is_some()
    }

    /// The text in a style, where there is colour.
    pub fn paint(self, style: Style, text: &str) -> String {
        if self.color && style != Style::new() {
            format!("{style}{text}{style:#}")
        } else {
            text.to_owned()
        }
    }
}

/// The colour of an outcome: what was kept stands out, what failed is red, the rest is plain.
pub fn status_style(status: Status) -> Style {
    match status {
        Status::Keep | Status::Baseline => AnsiColor::Green.on_default(),
        Status::Discard => Style::new(),
        Status::HarnessAbort | Status::Other => Style::new().dimmed(),
        _ => AnsiColor::Red.on_default(),
    }
}

/// Trials in the order given: a table for a person, or a sheet of every column.
pub fn list(schema: &Schema, trials: &[Trial], format: Format, look: Look) -> String {
    match format {
        Format::Table => table::trials(trials, look),
        format => records::sheet(
            format,
            records::columns(schema),
            trials.iter().map(|trial| records::cells(&trial.row())),
        ),
    }
}

/// One trial as a JSON object, or `null`.
pub fn object_or_null(trial: Option<&Trial>) -> String {
    trial.map_or_else(
        || "null".to_owned(),
        |trial| records::json(&records::row_value(trial)),
    ) + "\n"
}
