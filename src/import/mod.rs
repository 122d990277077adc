//! External logs: parsed by their content, translated into rows of lineage's own shape, and merged into a store.
//! The rules and their order are in `docs/external-logs.md`.

mod align;
mod choice;
mod columns;
mod declared;
mod delimited;
mod direction;
mod evidence;
mod external;
mod fit;
mod header;
mod interpret;
mod json;
mod json_rows;
mod layout;
mod merge;
mod names;
mod notes;
mod number;
mod optuna;
mod origin;
mod outcomes;
mod own;
mod pick;
mod recognize;
mod roles;
mod score;
mod split;
mod spool;
mod stated;
mod table;
mod text;
mod translate;
pub mod verdicts;

pub use external::{ExternalLog, OwnHeader, STATED_COLUMN, open_external, translate_file};
pub use merge::{ImportPlan, SnapshotToCopy, plan_import};
pub use origin::SOURCE_COLUMN;
pub use own::translate_own;
pub use roles::ColumnMap;
pub use translate::{Translation, translate};

use anyhow::{Result, bail};

use crate::log::{Direction, Source};
use table::Table;

const NOT_A_LOG: &str =
    "not a log: expected TSV or CSV with a header, or JSON lines; `lineage init` starts a log";

/// How an external log is read. The log itself decides what is `None`.
#[derive(Clone, Debug, Default)]
pub struct ImportOptions {
    pub metric: Option<String>,
    pub direction: Option<Direction>,
    pub map: ColumnMap,
    pub segment: Option<u64>,
    /// The segment of an earlier import, which another file need not have.
    pub stored_segment: Option<u64>,
}

/// Parses a file. Of JSON lines in several segments, it reads the given one, else the last.
pub fn parse(bytes: &[u8], segment: Option<u64>) -> Result<Table> {
    parse_source(Source::Memory(bytes.to_vec()), segment)
}

fn parse_source(source: Source, segment: Option<u64>) -> Result<Table> {
    let text = text::Text::new(source)?;
    for line in text.lines() {
        let (_, line) = line?;
        if header::is_blank_or_comment(&line) {
            continue;
        }
        if line.trim_start().starts_with(['{', '[']) {
            return json::parse(text.read_all()?, segment);
        }
        break;
    }
    if segment.is_some() {
        bail!("--segment is for JSON lines; this log has no segments");
    }
    delimited::parse(&text)
}
