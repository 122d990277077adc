//! The noun: one proposal and its measured outcome. No I/O here, and no text for people.

mod cells;
mod id;
mod number;
mod row;
mod status;
mod time;

pub use cells::{Cells, closing_quote, find_byte, has_text_behind_quote, short, text, value};
pub use id::{ExpId, shown_id};
pub use number::{Direction, Number, signed_delta};
pub use row::{Damage, Ending, Place, Row, Trial};
pub use status::Status;
pub use time::read_time;
