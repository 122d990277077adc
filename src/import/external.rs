//! Decides whether a log is external, and translates it; the file is not changed.

use std::{fs::File, path::Path, sync::Arc};

use anyhow::{Context, Result, bail};

use super::{
    ImportOptions,
    interpret::interpret,
    merge::translate_own,
    parse::{STATED_COLUMN, is_export, parse, spool::Spool, states_direction, table::Table},
    translate::{Translation, Translator, translate},
};
use crate::{
    files::{cannot, directory_of, open_input},
    log::{
        Direction, Log, LogOptions, Schema, Source, encode_row, has_own_columns, has_word,
        read_header,
    },
    store::{Settings, Store},
    text::shell_word,
};

/// Columns that only lineage's logs have besides `exp_id` and `status`.
const OWN_COLUMNS: &str =
    "core_metric val_bpb delta_vs_best parent_exp baseline_exp expected_delta";
const SCORE_COLUMNS: &str = "core_metric val_bpb";
/// How many bytes are read to find out whether a log has scores.
const HEAD: usize = 64 * 1024;

/// An external log as a log of lineage.
pub struct ExternalLog {
    source: Source,
    len: u64,
    first_row: u64,
    /// Whether the rows are in the reverse order of their lines in the file.
    is_reversed: bool,
    /// How to read it; `None` if it is an export of lineage that does not say it, which is read like its own logs.
    score: Option<(String, Direction)>,
    /// Without the rows.
    translation: Translation,
}

impl ExternalLog {
    /// Opens the log that was written from the file at `path`.
    pub fn open(self, path: &Path, mut options: LogOptions) -> Result<Log> {
        if let Some((metric, direction)) = self.score {
            options.metric = None;
            options.own_metric = Some(metric);
            options.direction = Some(direction);
        }
        let mut log = Log::open(path, self.source, self.len, &options)?;
        log.first_row = self.first_row;
        log.is_reversed = self.is_reversed;
        Arc::make_mut(&mut log.schema).aliases = self.translation.columns;
        log.notes.extend(self.translation.notes);
        log.skipped = self.translation.skipped;
        log.repeated_ids = self.translation.repeated_ids;
        Ok(log)
    }
}

/// How a log of lineage differs from an external log.
pub struct OwnHeader<'a> {
    pub settings: &'a Settings,
    /// The metric that a flag names.
    pub metric: Option<&'a str>,
    /// Whether `--map` demands that any log is read as external.
    pub is_mapped: bool,
}

impl<'a> OwnHeader<'a> {
    /// How the logs of a store with these settings look.
    pub fn new(settings: &'a Settings, metric: Option<&'a str>) -> Self {
        Self {
            settings,
            metric,
            is_mapped: false,
        }
    }

    /// Whether these are the columns of a log of lineage. Another tool may have `exp_id` and `status`, too, and a log
    /// without a column for the score is read like those of other tools.
    pub fn matches(&self, names: &[String]) -> bool {
        let has_metric = self.settings.metric.is_some();
        let is_score = |name: &String| has_word(SCORE_COLUMNS, name) || self.metric == Some(name);
        let is_own_column = |name: &String| has_word(OWN_COLUMNS, name);
        let has_score = names.iter().any(is_score) && names.iter().any(is_own_column);
        let is_stated = !has_metric && states_direction(names);
        let is_own = has_own_columns(names) && (has_metric || has_score) && !is_stated;
        is_own || self.is_torn(names)
    }

    /// Whether these are the first bytes of a header that was not finished.
    fn is_torn(&self, names: &[String]) -> bool {
        let names = names.join("\t");
        let standard = Schema::standard_names(&self.settings.columns).join("\t");
        !names.is_empty() && standard.starts_with(&names)
    }
}

/// Whether these columns are like those of a log of lineage, but for the score, which may be in any column.
pub fn is_own_but_for_score(names: &[String]) -> bool {
    let is_own_column = |name: &String| has_word(OWN_COLUMNS, name);
    has_own_columns(names) && names.iter().any(is_own_column) && !states_direction(names)
}

/// The columns of a log; none if it has no header.
pub fn read_names(path: &Path) -> Result<Vec<String>> {
    let read = || {
        let file = open_input(path)?;
        let len = file.metadata()?.len();
        read_header(&Source::File(file), len)
    };
    let header = read().with_context(cannot("read", path))?;
    Ok(header.map(|header| header.names).unwrap_or_default())
}

/// Why nothing is written to the external log of a store, and the way out.
pub fn describe_external(store: &Store) -> String {
    let path = store.log_path();
    let names = read_names(path).unwrap_or_default();
    let [word, dir] = [path, directory_of(path)].map(|path| shell_word(&path.to_string_lossy()));
    let import = |flag: &str| format!("`lineage import {word}{flag}` makes a store of it");
    let has_settings = store.has_settings_file();
    let lacks_metric = has_settings && store.settings.metric.is_none();
    let no_score = "has no known column of the score";
    let (what, way_out) = if lacks_metric && has_own_columns(&names) {
        let way_out = "set `metric` in lineage.toml to the column of the score";
        (no_score, way_out.to_owned())
    } else if has_settings {
        ("is the log of another tool", import(" --into STORE"))
    } else if states_direction(&names) {
        ("is an export", import(""))
    } else if is_own_but_for_score(&names) && path.ends_with("results.tsv") {
        let init = format!("`lineage init {dir} --metric COLUMN` makes a store of it");
        (no_score, init)
    } else {
        ("is the log of another tool", import(""))
    };
    format!("{} {what}; {way_out}", path.display())
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
    let names = header.map(|header| header.names).unwrap_or_default();
    let is_bare = own.settings.metric.is_none() && own.metric.is_none();
    let lacks_score = is_bare && lacks_score(source, &names)?;
    let is_own = names.is_empty() || own.matches(&names);
    if is_own && !own.is_mapped && !lacks_score {
        return Ok(None);
    }
    let table = read_table(path, options)?;
    let log = if !own.is_mapped && !lacks_score && is_export(&table.names) {
        copy_export(table, options)
    } else {
        translate_external(table, options)
    };
    log.with_context(|| path.display().to_string()).map(Some)
}

/// Whether the first rows of a log have differences to the best, but no score in a column of lineage: the score is in another
/// column.
fn lacks_score(source: &Source, names: &[String]) -> Result<bool> {
    let mut bytes = vec![0; HEAD];
    let len = source.read_at(&mut bytes, 0)?;
    let is_filled = |words: &str| {
        let mut lines = bytes[..len].split(|&b| b == b'\n').skip(1);
        lines.any(|line| {
            let mut cells = line.split(|&b| b == b'\t').zip(names);
            cells.any(|(cell, name)| has_word(words, name) && !cell.trim_ascii().is_empty())
        })
    };
    Ok(is_filled("delta_vs_best") && !is_filled(SCORE_COLUMNS))
}

/// Translates a log of any shape. The rows of an export are taken over as they are.
pub fn translate_file(path: &Path, options: &ImportOptions) -> Result<Translation> {
    let table = read_table(path, options)?;
    let translation = if options.map.is_empty() && is_export(&table.names) {
        let log_options = LogOptions {
            direction: options.direction,
            own_metric: options.metric.clone(),
            ..LogOptions::default()
        };
        copy_export(table, options).and_then(|export| {
            let stated_direction = export.translation.stated_direction;
            let translation = translate_own(&export.open(path, log_options)?)?;
            Ok(Translation {
                stated_direction,
                ..translation
            })
        })
    } else {
        translate(table, options)
    };
    translation.with_context(|| path.display().to_string())
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
    let parse = |segment| {
        let file = File::open(path).with_context(|| format!("cannot read {path_text}"))?;
        parse(Source::File(file), segment).with_context(|| path_text.to_string())
    };
    // The segment of an earlier import need not exist in another file.
    let stored = options.stored_segment.filter(|_| options.segment.is_none());
    let table = stored.and_then(|stored| parse(Some(stored)).ok());
    table.map_or_else(|| parse(options.segment), Ok)
}

fn translate_external(table: Table, options: &ImportOptions) -> Result<ExternalLog> {
    let log = interpret(table, options)?;
    let translator = Translator::new(&log)?;
    let (first_row, is_reversed) = (log.table.first_row, log.table.rows.is_reversed);
    let mut writer = LogWriter::new(&translator.names(), first_row, is_reversed)?;
    let translation = translator.translate_rows(|row| writer.write(row.line, &row.cells))?;
    let score = (translation.metric.clone(), translation.direction());
    writer.finish(Some(score), translation)
}

/// An export in CSV or JSON as the log that it was written from.
fn copy_export(mut table: Table, options: &ImportOptions) -> Result<ExternalLog> {
    let find = |wanted: &str| table.names.iter().position(|name| name == wanted);
    let (delta, stated) = (find("delta_vs_best"), find(STATED_COLUMN));
    let mut names = table.names.clone();
    names.retain(|name| name != STATED_COLUMN);
    let mut log = LogWriter::new(&names, table.first_row, false)?;
    let mut statement = String::new();
    table.rows.for_each(|mut row| {
        // A ragged row stays one, so that it is reported.
        if !row.is_short && !row.is_wide {
            row.cells.resize(table.names.len(), String::new());
        }
        let delta = delta.and_then(|column| row.cells.get_mut(column));
        if let Some(delta) = delta.filter(|delta| delta.starts_with(|c: char| c.is_ascii_digit())) {
            delta.insert(0, '+'); // JSON cannot write it
        }
        if let Some(column) = stated.filter(|&column| column < row.cells.len()) {
            statement = row.cells.remove(column);
        }
        log.write(row.line, &row.cells)
    })?;
    if let Some((metric, direction)) = statement.rsplit_once(' ') {
        table.declared.read("metric", metric);
        table.declared.read("direction", direction);
    }
    let direction = options.direction.or(table.declared.direction);
    let mut score = table.declared.name.zip(direction);
    score = score.filter(|(name, _)| options.metric.as_ref().is_none_or(|metric| metric == name));
    let translation = Translation {
        notes: table.notes,
        skipped: table.skipped,
        stated_direction: table.declared.direction,
        ..Translation::default()
    };
    log.finish(score, translation)
}

/// Writes a log in which every row is in the line that it has in the file, after blank lines where the file has no row.
struct LogWriter {
    spool: Spool,
    /// The line of the first row, which is the last of a file that is read from its end.
    first_row: Option<u64>,
    is_reversed: bool,
    /// How many lines follow the header.
    written: u64,
}

impl LogWriter {
    fn new(names: &[String], first_row: u64, is_reversed: bool) -> Result<Self> {
        let mut spool = Spool::default();
        spool.write(encode_row(names).as_bytes())?;
        Ok(Self {
            spool,
            first_row: (!is_reversed).then_some(first_row),
            is_reversed,
            written: 0,
        })
    }

    fn write(&mut self, line: u64, cells: &[String]) -> Result<()> {
        let at = line.abs_diff(*self.first_row.get_or_insert(line));
        let gap = usize::try_from(at.saturating_sub(self.written)).unwrap_or(0);
        self.written = at.max(self.written) + 1;
        self.spool.write("\n".repeat(gap).as_bytes())?;
        self.spool.write(encode_row(cells).as_bytes())
    }

    fn finish(
        self,
        score: Option<(String, Direction)>,
        translation: Translation,
    ) -> Result<ExternalLog> {
        Ok(ExternalLog {
            len: self.spool.len(),
            source: self.spool.finish()?,
            first_row: self.first_row.unwrap_or(1),
            is_reversed: self.is_reversed,
            score,
            translation,
        })
    }
}
