//! The insights: Markdown that a person writes. It keeps its structure, but it cannot swallow what follows.

use super::trim::{Section, top_headings};
use crate::text::escape_hidden;

/// A heading that shows whether something before it is still open.
const PROBE: &str = "## What follows";

/// What closes a block of HTML.
const HTML_ENDS: [&str; 8] = [
    "-->",
    "?>",
    "]]>",
    ">",
    "</pre>",
    "</script>",
    "</style>",
    "</textarea>",
];

/// One row, which is shown whole or not at all. `is_quoted` shows it as a quotation, which ends where its lines end.
pub(super) fn section(text: &str, is_quoted: bool) -> Option<Section> {
    let text = text.trim_end();
    if text.trim().is_empty() {
        return None;
    }
    let lines = text.lines().map(|line| escape_hidden(line).into_owned());
    let text = lines.collect::<Vec<_>>().join("\n");
    let text = match close(&text) {
        Some(closed) if !is_quoted => closed + "\n",
        _ => quote(&text),
    };
    Some(Section::new("## Key insights", "", vec![text]))
}

/// The text with what is open at its end closed; `None` if that is not possible.
fn close(text: &str) -> Option<String> {
    let fences = ['`', '~'].map(|c| c.to_string().repeat(longest_run(text, c).max(3)));
    let ends = fences.iter().map(String::as_str).chain(HTML_ENDS);
    let closed = ends.map(|end| format!("{text}\n{end}"));
    let mut candidates = std::iter::once(text.to_owned()).chain(closed);
    candidates.find(|text| {
        let page = format!("{text}\n\n{PROBE}\n");
        top_headings(&page).last() == Some(&PROBE)
    })
}

fn quote(text: &str) -> String {
    let lines = text
        .lines()
        .map(|line| format!("> {line}").trim_end().to_owned() + "\n");
    lines.collect()
}

fn longest_run(text: &str, c: char) -> usize {
    text.split(|other| other != c)
        .map(str::len)
        .max()
        .unwrap_or(0)
}
