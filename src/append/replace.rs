//! Replacing one row of the log: the changed log is written to a temporary file, the old row is appended to `amended.tsv`,
//! and the temporary file takes the place of the log in one step.

use std::{
    fs::{self, File, OpenOptions, Permissions},
    io::{self, Read, Seek, SeekFrom, Write},
    ops::Range,
    os::unix::fs::{MetadataExt, PermissionsExt, fchown},
    path::Path,
};

use anyhow::{Context, Result, anyhow, ensure};
use fs4::FileExt;
use rustix::fs::OFlags;
use tempfile::NamedTempFile;

use super::{
    LockedLog, Written,
    amend::{CellChange, encode_changed},
    draft::format_time,
    lock::write_counted,
    log_end::find_missing,
};
use crate::{
    files::{copy_prefix, copy_to_file, flush_directory_of, open_regular, persist},
    log::{
        Log, Row, Source, Trial,
        amendments::{amendments_path, header_of},
        encode,
        lines::MAX_ROW,
        read_file_at,
    },
};

impl LockedLog {
    /// Changes cells of a row, and records when and why. Writers that wait for the lock find that the log was replaced and start over.
    pub fn amend(
        mut self,
        trial: &Trial,
        changes: &[CellChange],
        why: &str,
    ) -> Result<Vec<String>> {
        let row = trial.row();
        if let Some(transaction) = self.transaction.take() {
            transaction.amend(&mut self, &row, changes, why)?;
            return Ok(self.take_warnings());
        }
        // A link to the log stays one.
        let path = fs::canonicalize(self.log.path())?;
        let shown = path.display();
        let len = self.file.metadata()?.len();
        let copy = self.write_copy(&path, &row, changes, len);
        let copy =
            copy.with_context(|| format!("cannot write a copy of {shown}, which is unchanged"))?;
        let reason = format!("{}\t{}\t", format_time(self.now()?), encode(why));
        record_old_row(&path, &self.log, &row, &reason)?;
        ensure!(
            self.file.metadata()?.len() == len,
            "a program that does not take the lock has written to {shown}; stop it and try again"
        );
        let copy = persist(copy, |copy| copy.persist(&path))
            .with_context(|| format!("cannot replace {shown}"))?;
        self.switch_to(copy, &path).map_err(|error| {
            anyhow!(Written(format!(
                "the log is changed, but not known to be on disk ({error})"
            )))
        })?;
        Ok(Vec::new())
    }

    /// Writes the changed log to a temporary file that has the lock, the owner and the permissions of the log.
    fn write_copy(
        &self,
        path: &Path,
        row: &Row,
        changes: &[CellChange],
        len: u64,
    ) -> Result<NamedTempFile> {
        let mut line = encode_changed(row, changes);
        ensure!(
            line.len() < MAX_ROW,
            "the row would be longer than {MAX_ROW} bytes"
        );
        line.extend_from_slice(if self.log.has_carriage_returns {
            b"\r\n"
        } else {
            b"\n"
        });
        let mut copy = start_copy(path)?;
        copy_range(&self.file, 0..row.offset, copy.as_file_mut())?;
        copy.write_all(&line)?;
        copy_range(
            &self.file,
            self.log.end_of(row.offset)?..len,
            copy.as_file_mut(),
        )?;
        self.finish_copy(copy.as_file())?;
        Ok(copy)
    }

    /// Gives a copy the owner and the permissions of the log, and flushes it.
    pub(super) fn finish_copy(&self, file: &File) -> Result<()> {
        let metadata = self.file.metadata()?;
        let owner = (metadata.uid(), metadata.gid());
        let copied = file.metadata()?;
        if owner != (copied.uid(), copied.gid()) {
            fchown(file, Some(owner.0), Some(owner.1))
                .context("only the owner of the log can amend it")?;
        }
        file.set_permissions(Permissions::from_mode(metadata.mode() & 0o7777))?;
        file.sync_all()?;
        Ok(())
    }

    /// Goes on with the file that replaced the log: its index is made anew.
    pub(super) fn switch_to(&mut self, file: File, path: &Path) -> io::Result<()> {
        flush_directory_of(path)?;
        self.log.log_mut().source = Source::File(file.try_clone()?);
        self.log.record_append(&file, None, 0);
        self.file = file;
        Ok(())
    }
}

/// Starts a copy beside the log, and removes those of amendments that were killed: under the lock, there is no other.
pub(super) fn start_copy(path: &Path) -> Result<NamedTempFile> {
    let dir = path.parent().context("the log has no directory")?;
    let prefix = copy_prefix(path);
    for entry in fs::read_dir(dir)?.flatten() {
        if entry.file_name().to_string_lossy().starts_with(&prefix) {
            let _ = fs::remove_file(entry.path());
        }
    }
    let copy = tempfile::Builder::new().prefix(&prefix).tempfile_in(dir)?;
    // A writer that opens the new log waits until it is complete and indexed.
    FileExt::lock(copy.as_file())?;
    Ok(copy)
}

fn copy_range(mut from: &File, range: Range<u64>, to: &mut File) -> Result<()> {
    from.seek(SeekFrom::Start(range.start))?;
    let len = range.end - range.start;
    let start = to.stream_position()?;
    let copied = copy_to_file(&mut from.take(len), to)? - start;
    ensure!(copied == len, "the log was shortened while it was copied");
    Ok(())
}

/// Appends the row as it is, after the cells of time and reason, to `amended.tsv` beside the log, and flushes it.
fn record_old_row(log_path: &Path, log: &Log, row: &Row, reason: &str) -> Result<()> {
    let path = amendments_path(log_path);
    let shown = path.display();
    let mut options = OpenOptions::new();
    let options = options.read(true).append(true).create(true);
    let file = open_regular(options, OFlags::NOFOLLOW, &path);
    let file = file.with_context(|| format!("cannot write to {shown}"))?;
    let header = header_of(&log.schema);
    check_header(&file, &header, &path)?;
    let (len, missing) = find_missing(&path, &file, &header)?;
    let allowed = fs::metadata(log_path)?.mode() & 0o777;
    let mode = file.metadata()?.mode() & 0o777;
    if len == 0 {
        file.set_permissions(Permissions::from_mode(allowed))?;
    } else if mode & !allowed != 0 {
        file.set_permissions(Permissions::from_mode(mode & allowed))?; // the log was made private since
    }
    let bytes = [missing.as_bytes(), reason.as_bytes(), row.cells.line, b"\n"].concat();
    if let (_, Err(error)) = write_counted(&file, &bytes) {
        let undone = file.set_len(len);
        let state = if undone.is_ok() {
            "unchanged"
        } else {
            "torn at its end"
        };
        return Err(error).context(format!("cannot write to {shown}, which is {state}"));
    }
    file.sync_data()?;
    flush_directory_of(&path)?;
    Ok(())
}

/// Fails if the file has another header than the amendments of this log.
fn check_header(file: &File, header: &str, path: &Path) -> Result<()> {
    let mut start = vec![0; header.len()];
    let read = read_file_at(file, &mut start, 0)?;
    ensure!(
        header.as_bytes().starts_with(&start[..read]),
        "{} has other columns than the log; move it away and try again",
        path.display()
    );
    Ok(())
}
