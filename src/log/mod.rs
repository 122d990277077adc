//! ReadOptions the log: what its columns mean, how a line becomes a row, and the log as it was at a given trial.

mod cells;
pub(crate) mod damaged;
mod header;
mod id;
pub(crate) mod lines;
mod number;
mod open;
mod row;
mod rows;
mod scan;
mod schema;
pub(crate) mod source;
mod spaced;
pub(crate) mod split;
mod status;
mod time;

pub use cells::{Cells, closing_quote, find_byte, has_text_behind_quote, short, text, value};
pub(crate) use damaged::Damaged;
pub(crate) use header::{is_own, read_header};
pub use id::{ExpId, shown_id};
pub use number::{Direction, Number, signed_delta};
pub(crate) use open::measure;
pub use open::{Log, ReadOptions};
pub use row::{Damage, Ending, Place, Row, Trial};
pub use scan::no_such_trial;
pub use schema::{Role, STANDARD, Schema};
pub(crate) use source::Source;
pub use spaced::separate_text;
pub use split::{encode, encode_row, escape_controls};
pub use status::Status;
pub use time::parse_time;
