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

use crate::log::{Source, has_own_columns};
use table::Table;

const NOT_A_LOG: &str = "not a log: expected TSV, CSV or a Markdown table with a header, or JSON; `lineage init` starts a log";

/// The column in which an export of lineage states metric and direction.
pub const STATED_COLUMN: &str = "metric_direction";

/// Whether `export` wrote these columns: no other tool has all of them.
pub(super) fn is_export(names: &[String]) -> bool {
    let has = |wanted: &str| names.iter().any(|name| name == wanted);
    let has_standard = has("parent_exp") && has("delta_vs_best") && has("core_metric");
    has_own_columns(names) && (has_standard || states_direction(names))
}

pub(super) fn states_direction(names: &[String]) -> bool {
    has_own_columns(names) && names.iter().any(|name| name == STATED_COLUMN)
}

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
