//! A table whose columns are understood, as a log of lineage.

mod layout;
mod notes;
mod rows;
mod translation;

pub use rows::translate;
pub(crate) use rows::{Translator, compare_to_best};
pub(crate) use translation::TranslatedRow;
pub use translation::Translation;
