//! The record of a batch that is being written, with which the next writer undoes the batch of a writer that was killed.

use std::{
    fs::{self, File, OpenOptions, Permissions},
    io::{self, ErrorKind, Write},
    os::unix::fs::PermissionsExt,
    path::Path,
};

use crate::{
    files::{permissions_of, persist_new, temporary_file_beside},
    log::BatchRecord,
};

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
