//! Former names of functions in `crate::text` and `output::format`, until their callers use those.

pub use super::format::{bytes, number, share};
pub use crate::text::*;

pub fn head(text: impl AsRef<[u8]>, max: usize) -> String {
    cut_visible(&String::from_utf8_lossy(text.as_ref()), max)
}

pub fn marked(line: &str) -> String {
    escape_hidden(line).into_owned()
}
