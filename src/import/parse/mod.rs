//! A file of any format as a table.

pub(crate) mod align;
mod declared;
mod delimited;
mod document;
mod header;
mod json;
mod json_rows;
mod optuna;
mod split;
pub(crate) mod spool;
pub(crate) mod table;
mod text;

use anyhow::{Result, bail};

use crate::log::Source;
use table::Table;

const NOT_A_LOG: &str = "not a log: expected TSV, CSV or a Markdown table with a header, or JSON; `lineage init` starts a log";

/// Parses a file. Of JSON lines in several segments, it reads the given one, else the last.
pub fn parse(source: Source, segment: Option<u64>) -> Result<Table> {
    let text = text::Text::new(source)?;
    for line in text.lines() {
        let (_, line) = line?;
        if header::is_blank_or_comment(&line) {
            continue;
        }
        if is_json(line.trim_start()) {
            return json::parse(text.read_all()?, segment);
        }
        break;
    }
    if segment.is_some() {
        bail!("--segment is for JSON lines; this log has no segments");
    }
    delimited::parse(&text)
}

/// Whether a line begins JSON, and not a Markdown text with a link.
fn is_json(line: &str) -> bool {
    let list = line.strip_prefix('[').map(str::trim_start);
    line.starts_with('{')
        || list.is_some_and(|list| list.starts_with(['{', '[', '"']) || !list.contains("]("))
}
