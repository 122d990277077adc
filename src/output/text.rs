//! Former names of functions in `crate::text` and `output::format`, until their callers use those.

pub use super::format::{bytes, number, share};
pub use crate::text::*;

pub fn head(text: impl AsRef<[u8]>, max: usize) -> String {
    cut_visible(&String::from_utf8_lossy(text.as_ref()), max)
}

pub fn marked(line: &str) -> String {
    escape_hidden(line).into_owned()
}

pub fn hours(hours: f64) -> String {
    let shows = |text: &String| text.bytes().any(|b| (b'1'..=b'9').contains(&b));
    let mut texts = (1..=6).map(|decimals| format!("{hours:.decimals$}"));
    texts.find(shows).unwrap_or_else(|| "0".to_owned())
}
