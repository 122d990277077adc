//! Reading the log: what its columns mean, how a line becomes a row, and the log as it was just after a given trial.

mod cells;
mod damage;
mod direction;
mod id;
pub(crate) mod lines;
mod number;
mod open;
mod row;
mod rows;
mod scan;
mod schema;
mod source;
mod status;
mod time;

pub use cells::{Cells, decode, encode, encode_row, has_text_after_quote, split_line, unquote};
pub use damage::{DamageReport, SkippedLine};
pub use id::{ExpId, shown_id};
pub use number::{Direction, Number, signed_delta};
pub use open::{Header, Log, LogOptions, has_own_columns, measure_lines, read_header};
pub use row::{Damage, Ending, Place, Row, Trial};
pub(crate) use rows::find_space_separated;
pub use scan::no_such_trial;
pub use schema::{Role, STANDARD, Schema};
pub use source::{Source, read_file_at};
pub use status::Status;
pub use time::parse_time;

// Names that other modules still use.
pub(crate) use compat::*;
mod compat {
    pub(crate) fn separate_text(line: &str, schema: &super::Schema) -> Option<Vec<String>> {
        let mut ends = Vec::new();
        if !line.contains('"') || super::split_line(line.as_bytes(), &mut ends).is_some() {
            return None;
        }
        let cells = super::Cells::new(line.as_bytes(), &ends);
        let ends = super::find_space_separated(cells, schema)?;
        let text = |cell| super::decode(super::unquote(cell)).into_owned();
        Some(
            super::Cells::new(line.as_bytes(), &ends)
                .iter()
                .map(text)
                .collect(),
        )
    }
}
