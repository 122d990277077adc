pub mod diff;
pub mod import;
pub(crate) use crate::output::{Look, text};
