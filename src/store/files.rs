//! Creating files that are complete from the moment they have their name, and flushing directories.

use std::{
    fs::{File, Permissions},
    io::{self, ErrorKind, Write},
    os::unix::fs::PermissionsExt,
    path::Path,
};

use tempfile::NamedTempFile;

/// Starts a file that is to appear in the directory of `path`. Its permissions are `mode` without what the umask removes.
pub(crate) fn temporary_file_beside(path: &Path, mode: u32) -> io::Result<NamedTempFile> {
    tempfile::Builder::new()
        .prefix(".lineage-new-")
        .permissions(Permissions::from_mode(mode))
        .tempfile_in(directory_of(path))
}

/// Gives a temporary file its name once its content is on disk. Fails if a file of that name exists.
pub(crate) fn persist_new(file: NamedTempFile, path: &Path) -> io::Result<()> {
    file.as_file().sync_all()?;
    file.persist_noclobber(path)?;
    Ok(())
}

/// Creates a file that must not exist, with this text.
pub(crate) fn create_file(path: &Path, text: &str) -> io::Result<()> {
    let mut file = temporary_file_beside(path, 0o666)?;
    file.write_all(text.as_bytes())?;
    persist_new(file, path)
}

/// Flushes the directory that holds a new file. Without it, the file may be gone after a power cut.
pub(crate) fn flush_directory_of(path: &Path) -> io::Result<()> {
    match File::open(directory_of(path)) {
        Err(error) if error.kind() == ErrorKind::PermissionDenied => Ok(()), // not readable, so it cannot be flushed
        directory => directory?.sync_all(),
    }
}

fn directory_of(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}
