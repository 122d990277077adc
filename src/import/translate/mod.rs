//! A table whose columns are understood, as a log of lineage.

mod layout;
mod notes;
mod rows;
mod translation;

pub use rows::translate;
pub(in crate::import) use rows::{compare_to_best, translate_to};
pub use translation::Translation;
pub(in crate::import) use translation::{RowSink, TranslatedRow};
