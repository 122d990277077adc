//! The end of a log: what has to be written there before a row, so that it is a line of its own, and the record of a batch
//! with which the next writer undoes the batch of a writer that was killed.

use std::{
    fs::{self, File, OpenOptions, Permissions},
    io::{self, ErrorKind, Write},
    os::unix::fs::PermissionsExt,
    path::Path,
};

use anyhow::{Context, Result, ensure};

use crate::{
    files::{cannot, permissions_of, persist_new, temporary_file_beside},
    log::{BatchRecord, Extent, lines::MAX_ROW, read_file_at},
};

/// The length of a log, and what has to be written before a row: a header, the rest of a torn header, the newline of the
/// last line, or nothing. An incomplete last row is ended, not repaired.
pub(super) fn find_missing<'h>(
    path: &Path,
    file: &File,
    header: &'h str,
) -> Result<(u64, &'h str)> {
    let (shown, context) = (path.display(), cannot("read", path));
    let Extent { len, complete, .. } = Extent::measure(path, file).with_context(context)?;
    let rest = len - complete.unwrap_or(0);
    ensure!(
        rest <= MAX_ROW as u64,
        "cannot append to {shown}: it ends in {rest} bytes without a newline, more than any row has; cut them off"
    );
    if len > 0 && rest == 0 {
        return Ok((len, ""));
    }
    if complete == Some(0) && len < header.len() as u64 {
        let mut torn = vec![0; header.len()];
        let read = read_file_at(file, &mut torn, 0).with_context(context)?;
        if header.as_bytes().starts_with(&torn[..read]) {
            return Ok((len, &header[read..]));
        }
    }
    Ok((len, "\n"))
}

/// The rest of the last line ending of a log with carriage returns.
pub(super) fn end_carriage_return(file: &File, len: u64) -> io::Result<&'static str> {
    let mut last = [0];
    read_file_at(file, &mut last, len - 1)?;
    Ok(if last == *b"\r" { "\n" } else { "\r\n" })
}

/// Records a batch that is about to be written, as private as its log.
pub(super) fn record_batch(log: &Path, start: u64, batch: &[u8]) -> io::Result<()> {
    let path = BatchRecord::path(log);
    let mode = permissions_of(log)?;
    let mut file = temporary_file_beside(&path, mode)?;
    // Whatever the umask is: who may write to the log must be able to undo the batch.
    file.as_file()
        .set_permissions(Permissions::from_mode(mode))?;
    file.write_all(&BatchRecord::encode(start, batch))?;
    if path.metadata().is_ok_and(|record| record.len() == 0) {
        let _ = fs::remove_file(&path); // what another user could not remove
    }
    persist_new(file, &path)
}

/// Undoes the batch of a writer that was killed.
pub(super) fn remove_unfinished_batch(log: &Path, file: &File) -> io::Result<()> {
    let Some(batch) = BatchRecord::open(log) else {
        return Ok(());
    };
    if batch.is_unfinished(file, file.metadata()?.len())? {
        let _ = file.set_len(batch.start); // impossible if the file is append-only: then its whole rows count
    }
    let path = BatchRecord::path(log);
    match fs::remove_file(&path) {
        // In a sticky directory, only its owner can remove it.
        Err(error) if error.kind() == ErrorKind::PermissionDenied => {
            let _ = OpenOptions::new().write(true).truncate(true).open(path);
            Ok(())
        }
        removed => removed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_may_write_to_the_log_may_write_to_its_record() {
        let dir = tempfile::tempdir().unwrap();
        let log = dir.path().join("results.tsv");
        fs::write(&log, "").unwrap();
        fs::set_permissions(&log, Permissions::from_mode(0o666)).unwrap();
        fs::write(BatchRecord::path(&log), "").unwrap();
        record_batch(&log, 0, b"rows").unwrap();
        assert_eq!(permissions_of(&BatchRecord::path(&log)).unwrap(), 0o666);
    }
}
