//! The noun: one proposal and its measured outcome. No I/O here, and no text for people.

mod id;
mod number;
mod row;
mod status;

pub use id::{ExpId, shown_id};
pub use number::{Direction, Number, signed_delta};
pub use row::{Cell, Damage, Ending, Place, Row, Trial};
pub use status::Status;
