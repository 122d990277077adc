//! A table whose columns are understood, as a log of lineage.

mod layout;
mod notes;
mod rows;

pub(in crate::import) use rows::{RowSink, TranslatedRow, compare_to_best, translate_to};
pub use rows::{Translation, translate};
