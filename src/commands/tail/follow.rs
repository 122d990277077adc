//! Follows a log: prints trials as they are logged, until it is interrupted or stdout is closed.

use std::{fs, os::unix::fs::MetadataExt, time::Duration};

use anyhow::{Result, bail};

use super::Tail;
use crate::commands::args::format_cell;
use crate::commands::filter::Filter;
use crate::commands::{Context, Usage};
use crate::index::IndexedLog;
use crate::log::{ExpId, Trial};
use crate::open::{ReadOptions, fetch_new, open_log};
use crate::output::columns::{self, pick};
use crate::output::records::{Format, RecordWriter};
use crate::output::table::Table;
use crate::output::trials::{TrialColumns, format_details};
use crate::store::Store;

/// How often the file is looked at.
const INTERVAL: Duration = Duration::from_millis(200);

/// So many intervals pass before new trials of a shared store are fetched.
const FETCH_EVERY: u32 = 10;

/// What tells whether a file has changed.
#[derive(Clone, Copy, PartialEq, Eq)]
struct FileVersion {
    /// Another file has another one.
    file: (u64, u64),
    len: u64,
}

/// Up to where a log was read.
struct Position {
    version: FileVersion,
    end: u64,
    /// The id of its last trial.
    last: Option<ExpId>,
}

pub(super) fn run(mut args: Tail, context: &Context) -> Result<()> {
    if args.output.format == Format::Json {
        let message = "a JSON array would never end; use --format jsonl with --follow";
        bail!(Usage(message.to_owned()));
    }
    let store = wait_for_store(context)?;
    let n = args.n.or(args.short).unwrap_or(10);
    let since = args.read.take_time();
    let options = ReadOptions::from(&args.read);
    let mut version = wait_for_change(&store, None, context)?;
    let log = open_log(&store, &options)?;
    context.print_notes(&log);
    let filter = std::mem::take(&mut args.filter).filter_of_new_trials(since, &log)?;
    let mut lines = Lines::new(&args, context);
    lines.print(&log.last(n, |row| filter.accepts(row))?, &log)?;
    let last = log.last(1, |_| true)?;
    let mut position = Position {
        version,
        end: log.end(),
        last: last.first().and_then(|trial| trial.row().id()),
    };
    let mut failure = None;
    loop {
        version = wait_for_change(&store, Some(position.version), context)?;
        match open_log(&store, &options) {
            Ok(log) => {
                let new = position.advance(version, &log, &filter, context)?;
                lines.print(&new, &log)?;
                failure = None;
            }
            // Something else than a log is there, perhaps one that is still being written.
            Err(error) => {
                let message = format!("{error:#}");
                if failure.as_ref() != Some(&message) {
                    context.ui.warn(&message);
                    failure = Some(message);
                }
                position.version = version;
            }
        }
    }
}

/// The store; waits for it if there is nothing at its path yet.
fn wait_for_store(context: &Context) -> Result<Store> {
    let mut is_waiting = false;
    loop {
        let path = context.store.as_deref();
        match context.store() {
            Err(error) if path.is_none_or(|path| !path.exists()) => {
                if !is_waiting {
                    context.ui.note(&format!("waiting for the log: {error:#}"));
                }
                is_waiting = true;
            }
            result => return result,
        }
        context.ui.wait(INTERVAL)?;
    }
}

/// Waits until there is a file that is not as it was `before`.
fn wait_for_change(
    store: &Store,
    before: Option<FileVersion>,
    context: &Context,
) -> Result<FileVersion> {
    let path = store.log_path();
    let mut is_waiting = before.is_some();
    let mut intervals = 0_u32;
    loop {
        intervals += 1;
        if intervals.is_multiple_of(FETCH_EVERY) {
            let _ = fetch_new(store); // opening the log says what is wrong
        }
        let found = fs::metadata(path).ok().map(|metadata| FileVersion {
            file: (metadata.dev(), metadata.ino()),
            len: metadata.len(),
        });
        match found {
            Some(found) if Some(found) != before => return Ok(found),
            None if !is_waiting => {
                context.ui.note(&format!("waiting for {}", path.display()));
                is_waiting = true;
            }
            _ => {}
        }
        context.ui.wait(INTERVAL)?;
    }
}

impl Position {
    /// Moves to the end of the log and returns the accepted trials on the way.
    fn advance(
        &mut self,
        version: FileVersion,
        log: &IndexedLog,
        filter: &Filter,
        context: &Context,
    ) -> Result<Vec<Trial>> {
        let is_replaced = version.file != self.version.file || log.end() < self.end;
        // An external log is translated anew, so offsets change.
        let has_moved = is_replaced || log.is_external();
        let (mut from, mut is_known) = (self.end.max(log.start()), false);
        if has_moved {
            // If the new file has the last trial, only what follows it is new.
            let last = match &self.last {
                Some(id) => log.find_by_scan(id)?,
                None => None,
            };
            is_known = last.is_some();
            from = last.map_or(log.start(), |trial| trial.row().offset);
            if is_replaced {
                let path = log.path().display();
                context.ui.note(&format!("{path} was replaced"));
            }
        }
        let mut new = Vec::new();
        log.for_each_row_from(from, |row| {
            if is_known {
                is_known = false;
            } else if row.damage.is_none() {
                self.last = row.id().or(self.last.take());
                if filter.accepts(row) {
                    new.push(row.to_trial());
                }
            }
            true
        })?;
        self.version = version;
        self.end = log.end();
        Ok(new)
    }
}

/// Prints trials in the format that is asked for; rows that come later are aligned like the first ones.
struct Lines<'a> {
    args: &'a Tail,
    context: &'a Context,
    table: Option<(TrialColumns, Table)>,
    writer: Option<RecordWriter>,
}

impl<'a> Lines<'a> {
    fn new(args: &'a Tail, context: &'a Context) -> Self {
        Self {
            args,
            context,
            table: None,
            writer: None,
        }
    }

    fn print(&mut self, trials: &[Trial], log: &IndexedLog) -> Result<()> {
        let text = self.format(trials, log)?;
        self.context.ui.print(&text)
    }

    fn format(&mut self, trials: &[Trial], log: &IndexedLog) -> Result<String> {
        let (output, schema, look) = (&self.args.output, &log.schema, self.context.ui.look);
        if self.args.full {
            return Ok(format_details(trials, look));
        }
        if let Some(column) = output.field(schema)? {
            let lines = trials.iter().map(|trial| format_cell(&trial.row(), column));
            return Ok(lines.collect());
        }
        if output.format == Format::Table {
            let columns = TrialColumns::of_tail(trials, schema, look);
            let columns = output.table_columns(columns, schema)?;
            return Ok(self.format_table(trials, columns));
        }
        let chosen = output.record_columns(schema, false)?;
        let is_first = self.writer.is_none();
        let writer = self.writer.get_or_insert_with(|| {
            RecordWriter::new(output.format, pick(&chosen, &columns::columns(schema)))
        });
        let mut out = if is_first {
            writer.header()
        } else {
            String::new()
        };
        for trial in trials {
            out += &writer.record(&pick(&chosen, &columns::cells(&trial.row())));
        }
        Ok(out)
    }

    /// The header comes with the first trials.
    fn format_table(&mut self, trials: &[Trial], columns: TrialColumns) -> String {
        if trials.is_empty() {
            return String::new();
        }
        let columns = match &self.table {
            Some((first, _)) => TrialColumns {
                columns: first.columns.clone(),
                ..columns
            },
            None => columns,
        };
        let rows = trials
            .iter()
            .map(|trial| columns.cells(&trial.row(), "", false));
        let rows: Vec<_> = rows.collect();
        let mut out = String::new();
        let (_, table) = self.table.get_or_insert_with(|| {
            let table = columns.table(&rows, self.context.ui.look);
            out += &table.header();
            (columns, table)
        });
        out.extend(rows.iter().map(|row| table.line(row)));
        out
    }
}
