//! What the names of columns, numbers and the words of verdicts mean, in tables.

pub(in crate::import) mod names;
pub(in crate::import) mod number;
pub mod verdicts;
