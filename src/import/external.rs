//! Decides whether a log is external, and translates it; the file is not changed.

use std::{fs::File, io::Write, path::Path};

use anyhow::{Context, Result, bail};

use super::{
    ImportOptions, parse_source,
    table::{Entry, Table},
    translate::{RowSink, TranslatedRow, Translation, translate, translate_to},
    translate_own,
};
use crate::log::{
    Direction, Log, LogOptions, Schema, SkippedLine, Source, encode_row, has_own_columns, has_word,
    read_header,
};

/// Columns that only lineage's logs have besides `exp_id` and `status`.
const OWN_COLUMNS: &str =
    "core_metric val_bpb delta_vs_best parent_exp baseline_exp expected_delta";
const SCORE_COLUMNS: &str = "core_metric val_bpb";
/// The column in which an export states metric and direction.
pub const STATED_COLUMN: &str = "metric_direction";
/// A translation larger than this is in a temporary file.
const MAX_IN_MEMORY: usize = 1 << 20;

/// An external log as a log of lineage.
pub struct ExternalLog {
    pub source: Source,
    pub len: u64,
    /// The number of the line of the first row.
    pub first_row: u64,
    pub notes: Vec<String>,
    pub skipped: Vec<SkippedLine>,
    /// The column of the numbers of runs, if they are repeated and so cannot be the ids.
    pub repeated_ids: Option<usize>,
    /// How to read it; `None` if it is an export of lineage that does not say it, which is read like its own logs.
    pub score: Option<(String, Direction)>,
    /// The columns of the file, and what they became.
    pub columns: Vec<(String, String)>,
}

/// How a log of lineage differs from an external log.
pub struct OwnHeader<'a> {
    /// Columns of the store's log besides the 17.
    pub extra_columns: &'a [String],
    /// Whether the settings name a metric.
    pub has_metric: bool,
    /// The metric that a flag names.
    pub metric: Option<&'a str>,
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
) -> Result<Option<ExternalLog>> {
    let header =
        read_header(source, len).with_context(|| format!("cannot read {}", path.display()))?;
    if !own.is_mapped && header.is_none_or(|header| own.matches(&header.names)) {
        return Ok(None);
    }
    let table = read_table(path, options)?;
    let log = if !own.is_mapped && is_export(&table.names) {
        copy_export(table, options)
    } else {
        translate_external(table, options)
    };
    log.with_context(|| path.display().to_string()).map(Some)
}

/// Translates a log of any shape.
pub fn translate_file(path: &Path, options: &ImportOptions) -> Result<Translation> {
    let table = read_table(path, options)?;
    let translation = if options.map.is_empty() && is_export(&table.names) {
        translate_export(path, table, options)
    } else {
        translate(table, options)
    };
    translation.with_context(|| path.display().to_string())
}

/// Takes the rows of an export over as they are.
fn translate_export(path: &Path, table: Table, options: &ImportOptions) -> Result<Translation> {
    let export = copy_export(table, options)?;
    let (stated, direction) = export.score.unzip();
    let mut log_options = LogOptions {
        direction: options.direction.or(direction),
        own_metric: stated,
        ..LogOptions::default()
    };
    log_options.own_metric = log_options.own_metric.or_else(|| options.metric.clone());
    let mut log = Log::open(path, Some(export.source), export.len, &log_options)?;
    log.first_row = export.first_row;
    log.notes.extend(export.notes);
    log.skipped = export.skipped;
    translate_own(&log)
}

fn read_table(path: &Path, options: &ImportOptions) -> Result<Table> {
    let path_text = path.display();
    match std::fs::metadata(path) {
        Ok(metadata) if metadata.is_dir() => {
            bail!("{path_text} is a directory; name the log in it")
        }
        Ok(metadata) if !metadata.is_file() => bail!("{path_text} is not a regular file"),
        _ => {} // opening reports what is wrong
    }
    let open = || File::open(path).with_context(|| format!("cannot read {path_text}"));
    let table = match (options.segment, options.stored_segment) {
        // The segment of one file need not exist in another.
        (None, Some(stored)) => match parse_source(Source::File(open()?), Some(stored)) {
            Ok(table) => Ok(table),
            Err(_) => parse_source(Source::File(open()?), None),
        },
        (segment, _) => parse_source(Source::File(open()?), segment),
    };
    table.with_context(|| path_text.to_string())
}

impl OwnHeader<'_> {
    /// Whether these are the columns of a log of lineage. Another tool may have `exp_id` and `status`, too, and a log
    /// without a column for the score is read like those of other tools.
    pub fn matches(&self, names: &[String]) -> bool {
        let is_score = |name: &String| has_word(SCORE_COLUMNS, name) || self.metric == Some(name);
        let is_own_column = |name: &String| has_word(OWN_COLUMNS, name);
        let has_score = names.iter().any(is_score) && names.iter().any(is_own_column);
        let is_stated = !self.has_metric && states_direction(names);
        let is_own = has_own_columns(names) && (self.has_metric || has_score) && !is_stated;
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
    let has_standard = has("parent_exp") && has("delta_vs_best") && has("core_metric");
    has_own_columns(names) && (has_standard || states_direction(names))
}

fn states_direction(names: &[String]) -> bool {
    has_own_columns(names) && names.iter().any(|name| name == STATED_COLUMN)
}

fn translate_external(table: Table, options: &ImportOptions) -> Result<ExternalLog> {
    let mut spool = Spool::default();
    let translation = translate_to(table, options, &mut spool)?;
    let (source, len) = spool.finish()?;
    Ok(ExternalLog {
        source,
        len,
        first_row: translation.first_row,
        score: Some((translation.metric.clone(), translation.direction())),
        notes: translation.notes,
        skipped: translation.skipped,
        repeated_ids: translation.repeated_ids,
        columns: translation.columns,
    })
}

/// An export in CSV or JSON as the log that it was written from.
fn copy_export(mut table: Table, options: &ImportOptions) -> Result<ExternalLog> {
    let mut spool = Spool::default();
    let delta = table.find("delta_vs_best");
    let stated = table.names.iter().position(|name| name == STATED_COLUMN);
    let mut names = table.names.clone();
    if let Some(stated) = stated {
        names.remove(stated);
    }
    spool.begin(&names, table.first_row)?;
    let (mut failure, mut statement, mut lines) = (None, String::new(), Vec::new());
    table.read(&mut |entry| {
        let mut row = match entry {
            Entry::Row(row) => row,
            Entry::Skipped(line) => return lines.push(line),
        };
        if let Some(delta) = delta.and_then(|column| row.cells.get_mut(column))
            && delta.starts_with(|c: char| c.is_ascii_digit())
        {
            delta.insert(0, '+'); // JSON cannot write it
        }
        if let Some(column) = stated.filter(|&column| column < row.cells.len()) {
            statement = row.cells.remove(column);
        }
        let row = TranslatedRow {
            line: row.line,
            cells: row.cells,
            fingerprint: row.fingerprint,
        };
        failure = failure.take().or(spool.add(row).err());
    })?;
    if let Some(error) = failure {
        return Err(error);
    }
    if let Some((metric, direction)) = statement.rsplit_once(' ') {
        table.declared.read("metric", metric);
        table.declared.read("direction", direction);
    }
    table.skipped.extend(lines);
    let (source, len) = spool.finish()?;
    let declared = table.declared;
    let direction = options.direction.or(declared.direction);
    let mut score = declared.name.zip(direction);
    score = score.filter(|(name, _)| options.metric.as_ref().is_none_or(|metric| metric == name));
    Ok(ExternalLog {
        source,
        len,
        first_row: table.first_row,
        notes: table.notes,
        skipped: table.skipped,
        repeated_ids: None,
        score,
        columns: Vec::new(),
    })
}

/// The bytes of a log: in memory, or in a temporary file without a name once they are many.
#[derive(Default)]
struct Spool {
    bytes: Vec<u8>,
    file: Option<File>,
    len: u64,
    next: u64,
}

impl RowSink for Spool {
    fn begin(&mut self, names: &[String], first_row: u64) -> Result<()> {
        self.next = first_row;
        self.write(&encode_row(names))
    }

    /// Writes a row in the line that it has in the file, with blank lines where that has no row.
    fn add(&mut self, row: TranslatedRow) -> Result<()> {
        let gap = usize::try_from(row.line.saturating_sub(self.next)).unwrap_or(0);
        self.next = row.line.max(self.next) + 1;
        self.write(&("\n".repeat(gap) + &encode_row(&row.cells)))
    }
}

impl Spool {
    fn write(&mut self, text: &str) -> Result<()> {
        self.bytes.extend_from_slice(text.as_bytes());
        self.len += text.len() as u64;
        if self.bytes.len() > MAX_IN_MEMORY {
            self.flush()?;
        }
        Ok(())
    }

    fn flush(&mut self) -> Result<()> {
        let file = match &mut self.file {
            Some(file) => file,
            // Without a place for temporary files, memory must do.
            None => match tempfile::tempfile() {
                Ok(file) => self.file.insert(file),
                Err(_) => return Ok(()),
            },
        };
        file.write_all(&self.bytes)
            .context("cannot write the translated log to a temporary file")?;
        self.bytes.clear();
        Ok(())
    }

    fn finish(mut self) -> Result<(Source, u64)> {
        if self.file.is_some() {
            self.flush()?;
        }
        let source = match self.file {
            Some(file) => Source::Temporary(file),
            None => Source::Memory(self.bytes),
        };
        Ok((source, self.len))
    }
}
