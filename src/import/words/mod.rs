//! What the names of columns, numbers and the words of verdicts mean, in tables.

pub(crate) mod names;
pub(crate) mod number;
pub mod verdicts;
