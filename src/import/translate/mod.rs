//! A table whose columns are understood, as a log of lineage.

mod layout;
mod notes;
mod rows;
mod translation;

pub use rows::translate;
pub(in crate::import) use rows::{Translator, compare_to_best, interpret};
pub(in crate::import) use translation::TranslatedRow;
pub use translation::Translation;
