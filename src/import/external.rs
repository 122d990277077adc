//! Decides whether a log is external, and translates it in memory; the file is not changed.

use std::path::Path;

use anyhow::{Context as _, Result, bail};

use super::{
    ImportOptions,
    parse::parse,
    table::ExternalLog,
    translate::{Translation, translate},
};
use crate::log::{Direction, Schema, SkippedLine, Source, has_own_columns, has_word, read_header};

/// Columns that only lineage's logs have besides `exp_id` and `status`.
const OWN_COLUMNS: &str =
    "core_metric val_bpb delta_vs_best parent_exp baseline_exp expected_delta";

/// An external log as the bytes of a log of lineage.
pub struct ExternalBytes {
    pub bytes: Vec<u8>,
    /// The number of the line of the first row.
    pub first_row: u64,
    pub notes: Vec<String>,
    pub skipped: Vec<SkippedLine>,
    /// How to read it; `None` if it is an export of lineage, which is read like its own logs.
    pub score: Option<(String, Direction)>,
}

/// How a log of lineage differs from an external log.
pub struct OwnHeader<'a> {
    /// Columns of the store's log besides the 17.
    pub extra_columns: &'a [String],
    /// Whether the settings name a metric.
    pub has_metric: bool,
    /// Whether `--map` demands that any log is read as external.
    pub is_mapped: bool,
}

/// Opens the log at `path` if it is external. Of a log of lineage it reads only the header.
pub fn open_external(
    path: &Path,
    source: &Source,
    len: u64,
    own: &OwnHeader,
    options: &ImportOptions,
) -> Result<Option<ExternalBytes>> {
    let header =
        read_header(source, len).with_context(|| format!("cannot read {}", path.display()))?;
    if !own.is_mapped && header.is_none_or(|header| own.matches(&header.names)) {
        return Ok(None);
    }
    let log = read_external(path, options)?;
    if !own.is_mapped && is_export(&log.names) {
        return Ok(Some(copy_export(log)));
    }
    let translation = translate(log, options).with_context(|| path.display().to_string())?;
    Ok(Some(ExternalBytes {
        bytes: translation.to_bytes(),
        first_row: translation.first_row,
        notes: translation.notes,
        skipped: translation.skipped,
        score: Some((translation.metric, translation.direction)),
    }))
}

/// Translates a log of any shape.
pub fn translate_file(path: &Path, options: &ImportOptions) -> Result<Translation> {
    let log = read_external(path, options)?;
    translate(log, options).with_context(|| path.display().to_string())
}

fn read_external(path: &Path, options: &ImportOptions) -> Result<ExternalLog> {
    let path_text = path.display();
    match std::fs::metadata(path) {
        Ok(metadata) if metadata.is_dir() => {
            bail!("{path_text} is a directory; name the log in it")
        }
        Ok(metadata) if !metadata.is_file() => bail!("{path_text} is not a regular file"),
        _ => {} // reading reports what is wrong
    }
    let bytes = std::fs::read(path).with_context(|| format!("cannot read {path_text}"))?;
    let log = match (options.segment, options.stored_segment) {
        // The segment of one file need not exist in another.
        (None, Some(stored)) => parse(&bytes, Some(stored)).or_else(|_| parse(&bytes, None)),
        (segment, _) => parse(&bytes, segment),
    };
    log.with_context(|| path_text.to_string())
}

impl OwnHeader<'_> {
    /// Whether these are the columns of a log of lineage. Another tool may have `exp_id` and `status`, too.
    pub fn matches(&self, names: &[String]) -> bool {
        let is_own_column = |name: &String| has_word(OWN_COLUMNS, name);
        let is_own = has_own_columns(names) && (self.has_metric || names.iter().any(is_own_column));
        is_own || self.is_torn(names)
    }

    /// Whether these are the first bytes of a header that was not finished.
    fn is_torn(&self, names: &[String]) -> bool {
        let names = names.join("\t");
        let standard = Schema::standard_names(self.extra_columns).join("\t");
        !names.is_empty() && standard.starts_with(&names)
    }
}

/// Whether `export` wrote these columns: no other tool has all of them.
fn is_export(names: &[String]) -> bool {
    let has = |wanted: &str| names.iter().any(|name| name == wanted);
    has_own_columns(names) && has("parent_exp") && has("delta_vs_best")
}

/// An export in CSV or JSON as the log that it was written from.
fn copy_export(mut log: ExternalLog) -> ExternalBytes {
    // JSON cannot write the plus of +0.1.
    if let Some(delta) = log.names.iter().position(|name| name == "delta_vs_best") {
        for row in &mut log.rows {
            match row.cells.get_mut(delta) {
                Some(cell) if cell.starts_with(|c: char| c.is_ascii_digit()) => cell.insert(0, '+'),
                _ => {}
            }
        }
    }
    ExternalBytes {
        bytes: log.to_bytes(),
        first_row: log.first_row,
        notes: log.notes,
        skipped: log.skipped,
        score: None,
    }
}
