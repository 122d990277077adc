//! Follows a log: prints trials as they are logged, until it is interrupted or stdout is closed.

use std::{fs, os::unix::fs::MetadataExt, time::Duration};

use anyhow::{Result, bail};

use super::Tail;
use crate::commands::filter::Filter;
use crate::commands::trial_writer::TrialWriter;
use crate::commands::{Context, Usage};
use crate::index::IndexedLog;
use crate::log::{ExpId, Trial};
use crate::open::{fetch_new, open_log};
use crate::output::records::Format;
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

pub(super) fn run(args: &Tail, context: &Context) -> Result<()> {
    if args.output.format == Format::Json {
        let message = "a JSON array would never end; use --format jsonl with --follow";
        bail!(Usage(message.to_owned()));
    }
    let store = wait_for_store(context)?;
    let n = args.n.or(args.short).unwrap_or(10);
    let options = args.filter.read_options();
    let mut version = wait_for_change(&store, None, context)?;
    let log = open_log(&store, &options)?;
    context.ui.note_all(&log.notes);
    let filter = args.filter.filter_of_new_trials(&log)?;
    let mut lines = Lines::new(args, context);
    lines.print(&log.last(n, |row| filter.accepts(row))?, &log)?;
    let mut position = Position::at_end(&log, version)?;
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
    fn at_end(log: &IndexedLog, version: FileVersion) -> Result<Self> {
        let last = log.last(1, |_| true)?;
        Ok(Self {
            version,
            end: log.end(),
            last: last.first().and_then(|trial| trial.row().id()),
        })
    }

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
        let mut rows = log.rows_from(from);
        while let Some(row) = rows.next()? {
            if is_known {
                is_known = false;
            } else if row.damage.is_none() {
                self.last = row.id().or(self.last.take());
                if filter.accepts(&row) {
                    new.push(row.to_trial());
                }
            }
        }
        self.version = version;
        self.end = log.end();
        Ok(new)
    }
}

/// Prints trials in the format that is asked for.
struct Lines<'a> {
    args: &'a Tail,
    context: &'a Context,
    /// The columns of the log that the writer was made for.
    columns: Vec<String>,
    writer: Option<TrialWriter>,
    /// The header that was printed last.
    header: String,
}

impl<'a> Lines<'a> {
    fn new(args: &'a Tail, context: &'a Context) -> Self {
        Self {
            args,
            context,
            columns: Vec::new(),
            writer: None,
            header: String::new(),
        }
    }

    fn print(&mut self, trials: &[Trial], log: &IndexedLog) -> Result<()> {
        let (schema, look) = (&log.schema, self.context.ui.look);
        if self.args.full {
            return self.context.ui.print(&format_details(trials, look));
        }
        let mut text = String::new();
        if self.columns != schema.names() {
            self.columns = schema.names().to_vec();
            self.writer = None;
        }
        let writer = match &mut self.writer {
            Some(writer) => writer,
            none => {
                let columns = TrialColumns::of_tail(trials, schema, look);
                let writer = TrialWriter::new(&self.args.output, columns, schema, look)?;
                let header = writer.header();
                if self.header != header {
                    text += &header;
                    self.header = header;
                }
                none.insert(writer)
            }
        };
        for trial in trials {
            text += &writer.add(&trial.row(), String::new(), false);
        }
        text += &writer.flush();
        self.context.ui.print(&text)
    }
}
