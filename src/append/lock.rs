//! Writing to the log. Only a `LockedLog`, which holds the lock, can write. Rows are appended. Changed rows, by `amend` or in
//! the mirror of a shared log, replace the whole file. It is truncated only to undo an incomplete write: this process's own, or
//! the batch of a writer that was killed.

use std::{
    fs::{self, File},
    io::{self, ErrorKind, Write},
    mem,
    time::Duration,
};

use anyhow::{Context, Result, anyhow, bail, ensure};
use fs4::FileExt;
use jiff::Timestamp;

use super::{
    amend::CellChange,
    file_lock::{open_locked, warn_once},
    log_end::{end_carriage_return, find_missing, record_batch, remove_unfinished_batch},
};
use crate::{
    files::{cannot, flush_directory_of},
    import::{OwnHeader, describe_external},
    index::{FileState, IndexedLog, index_path},
    log::{BatchRecord, Direction, Log, Role, Row, Schema, Source, encode_row, lines::MAX_ROW},
    store::{Durability, Store},
};

/// The exclusive lock on a log, and the log as it is under the lock. The lock is released when the value is dropped or the process ends.
pub struct LockedLog {
    pub(super) file: File,
    pub(super) log: IndexedLog,
    /// The header to write if the log has none.
    pub(super) header: String,
    durability: Durability,
    was_empty: bool,
    /// The transaction in the database of a shared log.
    pub(super) transaction: Option<Box<dyn Transaction>>,
    /// What went wrong after the rows were safe in the database.
    pub(super) warnings: Vec<String>,
}

/// Which duplicates the database of a shared log refuses. For a local log, the caller has looked under the lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Uniqueness {
    Ids,
    IdsAndJobs,
}

/// A transaction in the database of a shared log, which locks its run. Each change goes to the database first, then into the
/// log.
pub(super) trait Transaction {
    /// The time of the database.
    fn now(&self) -> Result<Timestamp>;

    /// Adds lines, each with the job that no other line may have.
    fn append(
        self: Box<Self>,
        locked: &mut LockedLog,
        lines: &str,
        jobs: &[Option<&str>],
    ) -> Result<()>;

    fn amend(
        self: Box<Self>,
        locked: &mut LockedLog,
        row: &Row,
        changes: &[CellChange],
        why: &str,
    ) -> Result<()>;

    /// Resumes an append that may already have been committed; `first` is the UUID of its first row. Returns whether the
    /// database has it.
    #[cfg(feature = "postgres")]
    fn resume(&mut self, first: uuid::Uuid) -> Result<bool>;
}

/// The trials are in the log, but something failed afterwards. They must not be appended again.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Written(pub String);

impl Store {
    /// Takes the lock on the log, waiting no longer than `wait`, and reads the log as it is then.
    pub(super) fn lock_file(
        &self,
        direction: Option<Direction>,
        wait: Duration,
    ) -> Result<LockedLog> {
        let path = self.log_path();
        if !path.exists() {
            self.check_not_lost()?; // before it is created
            self.settings.check_columns()?;
        }
        let has_settings = self.has_settings_file();
        let file = open_locked(path, has_settings, wait)?;
        // Under the lock: a writer that was waited for may have written the first trial.
        self.check_not_lost()?;
        let header = encode_row(&Schema::standard_names(&self.settings.columns));
        let context = cannot("read", path);
        remove_unfinished_batch(path, &file).with_context(context)?;
        let (len, missing) = find_missing(path, &file, &header)?;
        let reader = Source::File(file.try_clone().with_context(context)?);
        // If only a newline is missing, the last line is complete: the next write ends it.
        let lacks_header = !matches!(missing, "" | "\n");
        if lacks_header {
            self.settings.check_columns()?;
        }
        let end = if lacks_header { 0 } else { len };
        let options = self.settings.log_options(None, direction);
        let log = Log::open(path, reader, end, &options)?;
        let own = OwnHeader::new(&self.settings, None);
        ensure!(own.matches(log.schema.names()), describe_external(self));
        // The index is built for the direction in the settings. For another one it would be rebuilt every time.
        let is_usual_direction = direction.is_none() || direction == self.settings.direction;
        let has_index = has_settings && is_usual_direction;
        Ok(LockedLog {
            file,
            log: IndexedLog::new(log, has_index.then(|| index_path(path))),
            header,
            durability: self.settings.durability,
            was_empty: len == 0,
            transaction: None,
            warnings: Vec::new(),
        })
    }
}

impl LockedLog {
    /// A warning if locks may not work on the file system of the log; once for each log.
    pub fn take_file_system_warning(&self) -> Option<String> {
        warn_once(&self.file, self.log.path())
    }

    /// The log under the lock: no other process can add to it.
    pub fn log(&self) -> &IndexedLog {
        &self.log
    }

    /// The time of the next trial: that of the database, if it has one.
    pub fn now(&self) -> Result<Timestamp> {
        match &self.transaction {
            Some(transaction) => transaction.now(),
            None => Ok(Timestamp::now()),
        }
    }

    /// What went wrong after the rows were safe.
    pub fn take_warnings(&mut self) -> Vec<String> {
        mem::take(&mut self.warnings)
    }

    /// Appends rows with one write, all or none. Without rows, it only adds a missing last newline, so that every reader sees the
    /// trial that is reported as logged. `release_and_flush` has to follow. If it fails because
    /// the disk is full, which only happens to a local log, it may be called again with shorter rows.
    pub fn append_rows<S: AsRef<str>>(
        &mut self,
        rows: &[Vec<S>],
        uniqueness: Uniqueness,
    ) -> Result<()> {
        let encoded = self.encode(rows)?;
        let Some(transaction) = self.transaction.take() else {
            return self.append_text(&encoded, rows.len() > 1);
        };
        let job = match uniqueness {
            Uniqueness::Ids => None,
            Uniqueness::IdsAndJobs => self.log.schema.column(Role::Job),
        };
        let jobs = rows.iter().map(|row| Some(row.get(job?)?.as_ref()));
        let jobs: Vec<_> = jobs.map(|job| job.filter(|job| !job.is_empty())).collect();
        transaction.append(self, &encoded, &jobs)
    }

    fn append_text(&mut self, encoded: &str, is_batch: bool) -> Result<()> {
        let state_before = FileState::of(&self.file);
        // Measured again, because a program that ignores the lock may have written.
        let (len, missing) = find_missing(self.log.path(), &self.file, &self.header)?;
        let missing = if missing == "\n" && self.log.has_carriage_returns {
            end_carriage_return(&self.file, len)?
        } else {
            missing
        };
        let bytes = missing.to_owned() + encoded;
        if bytes.is_empty() {
            return Ok(());
        }
        let mut written = self.append_bytes(len, bytes.as_bytes(), is_batch);
        if let Err(error) = &written
            && is_out_of_space(error)
            && self.log.discard_index()
        {
            written = self.append_bytes(len, bytes.as_bytes(), is_batch); // deleting the index made room
        }
        written?;
        self.log
            .record_append(&self.file, state_before, bytes.len() as u64);
        Ok(())
    }

    /// Releases the lock without a write, and returns the log as it was under it.
    pub fn release(self) -> IndexedLog {
        let _ = FileExt::unlock(&self.file); // the log still has the file open
        self.log
    }

    /// Releases the lock, then flushes: writers that wait for the lock do not wait for the disk, and one flush may serve
    /// several of them.
    pub fn release_and_flush(self) -> Result<()> {
        let _ = FileExt::unlock(&self.file); // closing the file also releases it
        if self.durability == Durability::Full
            && let Err(error) = self.flush()
        {
            bail!(Written(format!(
                "the trial is written, but not known to be on disk ({error}); do not append it again"
            )));
        }
        Ok(())
    }

    fn flush(&self) -> io::Result<()> {
        self.file.sync_data()?;
        if self.was_empty {
            flush_directory_of(&fs::canonicalize(self.log.path())?)?;
        }
        Ok(())
    }

    fn encode<S: AsRef<str>>(&self, rows: &[Vec<S>]) -> Result<String> {
        let newline = if self.log.has_carriage_returns {
            "\r\n"
        } else {
            "\n"
        };
        let mut text = String::new();
        for row in rows {
            let line = encode_row(row);
            let len = line.len();
            ensure!(
                len <= MAX_ROW,
                "the row has {len} bytes, the maximum is {MAX_ROW}; put the text in a file and name it in the notes"
            );
            text += line.trim_end_matches('\n');
            text += newline;
        }
        Ok(text)
    }

    /// Writes at the end, where the file was opened for appending, or undoes what it could not write completely.
    pub(super) fn append_bytes(&self, len: u64, bytes: &[u8], is_batch: bool) -> Result<()> {
        let path = self.log.path();
        // Without a record, as in a directory that cannot be written, only a kill may leave a part of the batch.
        let is_recorded = is_batch && record_batch(path, len, bytes).is_ok();
        let remove_record = || is_recorded.then(|| fs::remove_file(BatchRecord::path(path)));
        let (written, result) = write_counted(&self.file, bytes);
        let Err(error) = result else {
            remove_record();
            return Ok(());
        };
        let undone = self.undo(len, written as u64);
        let path = path.display();
        match undone {
            Ok(()) => {
                remove_record();
                Err(anyhow::Error::new(error)
                    .context(format!("cannot write to {path}, which is unchanged")))
            }
            // The record of a batch stays: the next writer removes the torn batch with it.
            // Without the `io::Error` inside: `is_out_of_space` must not allow another try.
            Err(undo_error) => Err(anyhow!(
                "cannot write to {path} ({error}) and cannot undo it ({undo_error}), so its end may be torn; \
                 run `lineage check`"
            )),
        }
    }

    /// Removes the last `written` bytes, unless another program has written after them.
    fn undo(&self, len: u64, written: u64) -> io::Result<()> {
        if written == 0 {
            return Ok(());
        }
        if self.file.metadata()?.len() != len + written {
            return Err(io::Error::other(
                "a program that does not take the lock has written after it",
            ));
        }
        self.file.set_len(len)
    }
}

/// Whether a write failed for lack of space, so that a shorter one may succeed. A write that could not be undone never says so.
pub fn is_out_of_space(error: &anyhow::Error) -> bool {
    let Some(error) = error.downcast_ref::<io::Error>() else {
        return false;
    };
    matches!(
        error.kind(),
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge
    )
}

/// Writes with one call if the system allows it, and returns how many bytes were written.
pub(super) fn write_counted(mut file: &File, bytes: &[u8]) -> (usize, io::Result<()>) {
    let mut written = 0;
    while written < bytes.len() {
        match file.write(&bytes[written..]) {
            Ok(0) => return (written, Err(ErrorKind::WriteZero.into())),
            Ok(count) => written += count,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return (written, Err(error)),
        }
    }
    (written, Ok(()))
}
