//! Reading the log: what its columns mean, how a line becomes a row, and the log as it was just after a given trial.

pub(crate) mod amendments;
mod cells;
mod damage;
mod direction;
mod extent;
mod id;
pub(crate) mod lines;
mod metric_name;
mod number;
mod open;
mod row;
mod rows;
mod scan;
mod schema;
mod score_column;
mod since;
mod source;
mod status;
mod time;

pub(crate) use amendments::is_amendable;
pub use amendments::{Amendment, AmendmentProblem, Amendments};
pub use cells::{
    Cells, decode, encode, encode_row, has_text_after_quote, split_cells, split_line, unquote,
};
pub use damage::{DamageReport, SkippedLine};
pub use extent::{BatchRecord, Extent};
pub use id::{ExpId, shown_id};
pub use metric_name::{
    direction_in_sentence, direction_of_name, has_word, matches_pattern, normalize, normalize_name,
    parse_direction, stated_direction,
};
pub use number::{Direction, Number, Tie, is_difference, signed_delta};
pub use open::{Header, Log, LogOptions, has_own_columns, read_header};
pub use row::{Damage, Ending, Place, Row, Trial};
pub use rows::split_space_separated;
pub use schema::{NUMBERS, Role, SOURCE_COLUMN, SOURCE_NOTE, STANDARD, Schema};
pub use since::{Since, Start};
pub(crate) use source::SourceReader;
pub use source::{Source, read_file_at};
pub use status::{AUTO, Status, parse_status};
pub use time::{parse_seconds, parse_time, read_time, unit_seconds};
