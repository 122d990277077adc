//! Opening inputs, and creating files that are complete from the moment they have their name.

use std::{
    fs::{File, OpenOptions, Permissions},
    io::{self, ErrorKind, Read, Seek, Write},
    os::unix::fs::{OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
    thread::sleep,
    time::Duration,
};

use anyhow::{Context, Result};
use rustix::{
    fs::{OFlags, fcntl_setfl},
    io::Errno,
};
use tempfile::{NamedTempFile, PersistError};

use crate::text::byte_count;

/// The most bytes of a file that a person writes: settings and insights.
pub(crate) const MAX_TEXT_BYTES: u64 = 16 * 1024 * 1024;

/// The most bytes of trials that wait for a database.
#[cfg(feature = "postgres")]
pub(crate) const MAX_OUTBOX_BYTES: u64 = 256 * 1024 * 1024;

/// How the names of files start that get their own name once they are complete.
pub(crate) const NEW_FILE: &str = ".lineage-new-";
pub(crate) const NEW_INDEX: &str = ".results.idx-";

/// The same of a copy that is to replace a log.
pub(crate) fn copy_prefix(log: &Path) -> String {
    let name = log.file_name().unwrap_or_default().to_string_lossy();
    format!(".{name}.amend-")
}

/// The context of an error: "cannot open PATH".
pub(crate) fn cannot(verb: &str, path: &Path) -> impl Fn() -> String + Copy {
    move || format!("cannot {verb} {}", path.display())
}

/// Opens a regular file. Never waits for the other end of a FIFO, and never reads a device.
pub(crate) fn open_regular(
    options: &mut OpenOptions,
    flags: OFlags,
    path: &Path,
) -> io::Result<File> {
    let flags = flags | OFlags::NONBLOCK | OFlags::NOCTTY;
    let file = options
        .custom_flags(flags.bits().cast_signed())
        .open(path)?;
    if !file.metadata()?.is_file() {
        return Err(io::Error::other("it is not a regular file"));
    }
    Ok(file)
}

/// Opens a regular file to read it.
pub(crate) fn open_input(path: &Path) -> io::Result<File> {
    open_regular(OpenOptions::new().read(true), OFlags::empty(), path)
}

/// The bytes of a regular file of at most `max` bytes.
pub(crate) fn read_input(path: &Path, max: u64) -> io::Result<Vec<u8>> {
    let file = open_input(path)?;
    let len = file.metadata()?.len();
    if len > max {
        return Err(too_long(max)); // without reading it
    }
    read_bounded(file, max)
}

/// The same; `None` if there is no such file.
pub(crate) fn read_if_exists(path: &Path, max: u64) -> Result<Option<Vec<u8>>> {
    match read_input(path, max) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        bytes => bytes.map(Some).with_context(cannot("read", path)),
    }
}

/// All bytes of an input of at most `max` bytes.
pub(crate) fn read_bounded(input: impl Read, max: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    input.take(max.saturating_add(1)).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > max {
        return Err(too_long(max));
    }
    Ok(bytes)
}

fn too_long(max: u64) -> io::Error {
    let max = byte_count(max).replace(".0 ", " ");
    io::Error::other(format!("it is longer than {max}"))
}

/// The permissions of a file to read and write it: what is derived from the file gets no more.
pub(crate) fn permissions_of(path: &Path) -> io::Result<u32> {
    Ok(path.metadata()?.permissions().mode() & 0o666)
}

/// Starts a file that is to appear in the directory of `path`. Its permissions are `mode` without what the umask removes.
pub(crate) fn temporary_file_beside(path: &Path, mode: u32) -> io::Result<NamedTempFile> {
    tempfile::Builder::new()
        .prefix(NEW_FILE)
        .permissions(Permissions::from_mode(mode))
        .tempfile_in(directory_of(path))
}

/// Gives a temporary file its name once its content is on disk. Fails if a file of that name exists.
pub(crate) fn persist_new(file: NamedTempFile, path: &Path) -> io::Result<()> {
    file.as_file().sync_all()?;
    persist(file, |file| file.persist_noclobber(path))?;
    Ok(())
}

/// Names a temporary file, again if a signal interrupts that.
pub(crate) fn persist(
    mut file: NamedTempFile,
    name: impl Fn(NamedTempFile) -> Result<File, PersistError>,
) -> io::Result<File> {
    loop {
        match name(file) {
            Err(error) if error.error.kind() == ErrorKind::Interrupted => file = error.file,
            named => return Ok(named?),
        }
    }
}

/// Copies the rest of an input to a new file, whatever signals interrupt that, and returns the length of the file.
pub(crate) fn copy_to_file(input: &mut impl Read, file: &mut File) -> io::Result<u64> {
    loop {
        match io::copy(input, file) {
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            copied => {
                copied?;
                return file.stream_position();
            }
        }
    }
}

/// Creates a file that must not exist, with this text and these permissions.
pub(crate) fn create_file(path: &Path, text: &str, mode: u32) -> io::Result<()> {
    let mut file = temporary_file_beside(path, mode)?;
    file.write_all(text.as_bytes())?;
    persist_new(file, path)
}

/// Replaces a file, so that a reader sees the old one or the new one. Its permissions are at most `mode`, and at most those
/// of the old file. What is not a regular file is written to: a link keeps its target, and `/dev/stdout` is not replaced.
pub(crate) fn replace_file(path: &Path, bytes: &[u8], mode: u32) -> io::Result<()> {
    let path = std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let mode = match std::fs::metadata(&path) {
        Ok(metadata) if !metadata.is_file() => return open_to_write(&path)?.write_all(bytes),
        Ok(metadata) => mode & metadata.permissions().mode(),
        Err(_) => mode,
    };
    let mut file = temporary_file_beside(&path, mode)?;
    file.write_all(bytes)?;
    persist(file, |file| file.persist(&path))?;
    Ok(())
}

/// Opens a device or a FIFO to write to it. Waits two seconds for the reader of a FIFO.
fn open_to_write(path: &Path) -> io::Result<File> {
    let flags = (OFlags::NONBLOCK | OFlags::NOCTTY).bits().cast_signed();
    for _ in 0..40 {
        match OpenOptions::new()
            .write(true)
            .custom_flags(flags)
            .open(path)
        {
            Err(error) if error.raw_os_error() == Some(Errno::NXIO.raw_os_error()) => {
                sleep(Duration::from_millis(50));
            }
            file => {
                let file = file?;
                fcntl_setfl(&file, OFlags::empty())?;
                return Ok(file);
            }
        }
    }
    Err(io::Error::other("nothing reads from it"))
}

/// A path without links. Its last component need not exist.
pub(crate) fn resolve(path: &Path) -> Option<PathBuf> {
    if let Ok(path) = path.canonicalize() {
        return Some(path);
    }
    let directory = directory_of(path).canonicalize().ok()?;
    Some(directory.join(path.file_name()?))
}

/// Flushes the directory that holds a new file. Without it, the file may be gone after a power cut.
pub(crate) fn flush_directory_of(path: &Path) -> io::Result<()> {
    match File::open(directory_of(path)) {
        Err(error) if error.kind() == ErrorKind::PermissionDenied => Ok(()), // not readable, so it cannot be flushed
        directory => directory?.sync_all(),
    }
}

pub(crate) fn directory_of(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}
