//! Writing. A trial counts once its newline is on disk; the log is never rewritten, renamed or shortened, but to undo
//! one's own failed write. The lock is a value: only `LockedLog` can write a line.

use std::{
    borrow::Cow,
    fmt,
    fs::{File, OpenOptions},
    io::{self, Write},
    path::Path,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, anyhow, bail};
use fs4::{FileExt, TryLockError};

use crate::{
    index::{FileState, IndexedLog, index_path},
    log::{Log, Schema, Source, encode_row, lines::MAX_ROW, measure_lines, read_file_at},
    store::{Durability, ReadOptions, Store, check_regular, way_out},
};

/// The exclusive lock on a log, and the log as it is under it. The lock ends with the value, or with the process.
pub struct LockedLog {
    file: File,
    log: IndexedLog,
    /// The header of a log that has none yet.
    header: String,
    durability: Durability,
}

/// A write that did not succeed.
pub struct Unwritten {
    pub error: anyhow::Error,
    /// Where there was no room, and the log is as it was before: the lock, for who can do with less.
    pub without_room: Option<Box<LockedLog>>,
}

impl<E: Into<anyhow::Error>> From<E> for Unwritten {
    fn from(error: E) -> Self {
        Self {
            error: error.into(),
            without_room: None,
        }
    }
}

/// The row is in the log, but the disk did not say that it has it.
#[derive(Debug)]
pub struct NotFlushed(io::Error);

impl fmt::Display for NotFlushed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "the trial is written, but not known to be on disk ({}); do not append it again",
            self.0
        )
    }
}

impl std::error::Error for NotFlushed {}

impl Store {
    /// Takes the lock on the log, waiting no longer than `wait`, and reads the log as it is then.
    pub fn lock(&self, reading: &ReadOptions, wait: Duration) -> Result<LockedLog> {
        let path = self.log_path();
        let file = lock_file(path, self.may_create_log(), wait)?;
        let context = || format!("cannot read {}", path.display());
        let header = encode_row(&Schema::standard_names(&self.settings.columns));
        let (len, missing) = missing(&file, &header).with_context(context)?;
        let reader = file.try_clone().with_context(context)?;
        // A last line that only lacks its newline is a trial; it gets its newline with the next write, so it counts here.
        // A header that was torn counts for nothing: it is completed with the next write.
        let end = if missing.len() > 1 { 0 } else { len };
        let source = Some(Source::File(reader));
        let log = Log::open(path, source, end, &self.log_options(reading))?;
        // What is kept is of the log as the settings read it; another reading, now and then, would make it anew each time.
        let is_usual = reading
            .direction
            .is_none_or(|asked| self.settings.direction == Some(asked));
        let index = (self.may_create_log() && is_usual).then(|| index_path(path));
        Ok(LockedLog {
            file,
            log: IndexedLog::new(log, index),
            header,
            durability: self.settings.durability,
        })
    }
}

/// The length of a log, and what must be written before a row: a header, the rest of a torn one, the newline of the last line.
fn missing<'a>(file: &File, header: &'a str) -> io::Result<(u64, Cow<'a, str>)> {
    let (len, whole) = measure_lines(file)?;
    if len > 0 && len == whole {
        return Ok((len, "".into()));
    }
    if whole == 0 && len < header.len() as u64 {
        let mut torn = vec![0; header.len()];
        let read = read_file_at(file, &mut torn, 0)?;
        if header.as_bytes().starts_with(&torn[..read]) {
            return Ok((len, header[read..].into()));
        }
    }
    // Torn, the last line stays a damaged row and is never glued to.
    Ok((len, "\n".into()))
}

/// Why nothing was written, and whether nothing is left of it.
struct Failed {
    kind: io::ErrorKind,
    is_undone: bool,
    error: anyhow::Error,
}

fn is_full(kind: io::ErrorKind) -> bool {
    matches!(
        kind,
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded
    )
}

impl LockedLog {
    /// The log under the lock: nobody else can add to it.
    pub fn log(&self) -> &IndexedLog {
        &self.log
    }

    /// Writes rows at the end, with one write, ends the lock, and flushes them; all of them, or none. Those who wait for the lock
    /// need not wait for the disk: what they write is flushed with this. Without rows, the last line still gets its newline and
    /// is flushed, so that a trial that is already there counts for every reader.
    pub fn write<S: AsRef<str>>(mut self, rows: &[Vec<S>]) -> Result<(), Unwritten> {
        let rows = self.encode(rows)?;
        // Measured again: a writer that knows nothing of the lock may have been there.
        let context = || format!("cannot read {}", self.log.path().display());
        let before = FileState::of(&self.file);
        let (len, missing) = missing(&self.file, &self.header).with_context(context)?;
        let bytes = missing.into_owned() + &rows;
        let mut written = self.put(len, bytes.as_bytes());
        if written.as_ref().is_err_and(|failed| is_full(failed.kind)) && self.log.discard_index() {
            written = self.put(len, bytes.as_bytes()); // there is a little more room now
        }
        if let Err(Failed {
            kind,
            is_undone,
            error,
        }) = written
        {
            let has_no_room = is_undone && (is_full(kind) || kind == io::ErrorKind::FileTooLarge);
            return Err(Unwritten {
                error,
                without_room: has_no_room.then(|| Box::new(self)),
            });
        }
        self.log
            .record_append(&self.file, before, bytes.len() as u64);
        let _ = FileExt::unlock(&self.file); // it ends with the file, too
        if self.durability == Durability::Full {
            self.flush(len == 0).map_err(NotFlushed)?;
        }
        Ok(())
    }

    /// Writes at the end, or takes back what it could of it.
    fn put(&self, len: u64, bytes: &[u8]) -> Result<(), Failed> {
        let (written, result) = write_counted(&self.file, bytes);
        result.map_err(|error| self.undo(&error, len, written as u64))
    }

    fn encode<S: AsRef<str>>(&self, rows: &[Vec<S>]) -> Result<String> {
        let mut out = String::new();
        for row in rows {
            let mut line = encode_row(row);
            if line.len() > MAX_ROW {
                let len = line.len();
                bail!(
                    "the row has {len} bytes, a trial may have {MAX_ROW}: put the text in a file and name it in the notes"
                );
            }
            if self.log.has_carriage_returns() {
                line.insert(line.len() - 1, '\r');
            }
            out += &line;
        }
        Ok(out)
    }

    /// Takes back a write that did not succeed, if nobody has written behind it. What cannot be taken back is closed by the
    /// next append.
    fn undo(&self, error: &io::Error, len: u64, written: u64) -> Failed {
        let path = self.log.path().display();
        let undone = match self.file.metadata() {
            _ if written == 0 => Ok(()),
            Ok(metadata) if metadata.len() == len + written => self.file.set_len(len),
            Ok(_) => Err(io::Error::other(
                "another writer, which does not take the lock, has written behind it",
            )),
            Err(error) => Err(error),
        };
        let is_undone = undone.is_ok();
        let said = match undone {
            Ok(()) => anyhow!("cannot write to {path}: {error}; the log is as it was before"),
            Err(undo) => {
                anyhow!(
                    "cannot write to {path}: {error}; and cannot undo it: {undo}; the next append closes the line"
                )
            }
        };
        Failed {
            kind: error.kind(),
            is_undone,
            error: said,
        }
    }

    fn flush(&self, is_new: bool) -> io::Result<()> {
        self.file.sync_data()?;
        if is_new {
            flush_dir(self.log.path())
        } else {
            Ok(())
        }
    }
}

/// Writes with one write where the system lets it, and says how much was written.
fn write_counted(mut file: &File, bytes: &[u8]) -> (usize, io::Result<()>) {
    let mut written = 0;
    while written < bytes.len() {
        match file.write(&bytes[written..]) {
            Ok(0) => return (written, Err(io::ErrorKind::WriteZero.into())),
            Ok(count) => written += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return (written, Err(error)),
        }
    }
    (written, Ok(()))
}

/// Flushes the directory that holds a new file, or the file may be gone after a power cut.
#[cfg(unix)]
pub(crate) fn flush_dir(path: &Path) -> io::Result<()> {
    let dir = path
        .parent()
        .filter(|dir| !dir.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    match File::open(dir) {
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => Ok(()), // not ours to read, so not to flush
        dir => dir?.sync_all(),
    }
}

/// A directory cannot be opened to be flushed here.
#[cfg(not(unix))]
pub(crate) fn flush_dir(_: &Path) -> io::Result<()> {
    Ok(())
}

/// Opens and locks the file that is at the path *after* the lock was taken: a lock stays with the inode, so a log that
/// was replaced meanwhile would leave us with the lock of a ghost.
fn lock_file(path: &Path, create: bool, wait: Duration) -> Result<File> {
    let deadline = Instant::now() + wait;
    loop {
        check_regular(path)?;
        let file = OpenOptions::new()
            .read(true) // to read it under the lock; and Windows cannot lock what is open for appending only
            .append(true)
            .create(create)
            .open(path)
            .map_err(|error| {
                anyhow!(
                    "cannot append to {}: {error}{}",
                    path.display(),
                    way_out(&error)
                )
            })?;
        acquire(&file, path, deadline, wait)?;
        if is_at(&file, path) {
            return Ok(file);
        }
        if Instant::now() >= deadline {
            bail!(
                "{} is replaced again and again, or the disk does not say what is there; nothing was written",
                path.display()
            );
        }
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// Polls, with growing pauses: a blocking lock could wait for a stopped process for ever.
fn acquire(file: &File, path: &Path, deadline: Instant, wait: Duration) -> Result<()> {
    let mut pause = Duration::from_micros(100);
    loop {
        match FileExt::try_lock(file) {
            Ok(()) => return Ok(()),
            Err(TryLockError::WouldBlock) => {}
            Err(TryLockError::Error(error)) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(TryLockError::Error(error)) => {
                return Err(error).with_context(|| {
                    format!(
                        "cannot lock {}; some network file systems have no locks: keep the log on a local disk",
                        path.display()
                    )
                });
            }
        }
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            let holder = holder(file)
                .map(|holder| format!(" by {holder}"))
                .unwrap_or_default();
            bail!(
                "{} has been locked{holder} for {} s; nothing was written",
                path.display(),
                wait.as_secs_f64()
            );
        }
        std::thread::sleep(pause.min(left));
        pause = (pause * 2).min(Duration::from_millis(20));
    }
}

#[cfg(unix)]
fn is_at(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    match (file.metadata(), std::fs::metadata(path)) {
        (Ok(held), Ok(there)) => held.dev() == there.dev() && held.ino() == there.ino(),
        _ => false,
    }
}

/// An open file cannot be replaced on Windows.
#[cfg(not(unix))]
fn is_at(_: &File, _: &Path) -> bool {
    true
}

/// Who holds the lock, where the system can say (`/proc/locks`: `… FLOCK ADVISORY WRITE <pid> <major>:<minor>:<inode> …`).
#[cfg(unix)]
fn holder(file: &File) -> Option<String> {
    use std::os::unix::fs::MetadataExt;
    let metadata = file.metadata().ok()?;
    let (device, inode) = (metadata.dev(), metadata.ino());
    // As the C library's `major` and `minor` take a Linux device apart.
    let (major, minor) = (
        (device >> 8) & 0xfff | (device >> 32) & !0xfff,
        device & 0xff | (device >> 12) & !0xff,
    );
    let inode = format!("{major:02x}:{minor:02x}:{inode}");
    let locks = std::fs::read_to_string("/proc/locks").ok()?;
    let held = |line: &&str| !line.contains("->") && line.contains("FLOCK");
    let pid = locks.lines().filter(held).find_map(|line| {
        let mut fields = line.split_whitespace().skip(4);
        let pid = fields.next()?;
        (fields.next()? == inode).then_some(pid)
    })?;
    let name = std::fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default();
    Some(
        format!("process {pid} {}", name.trim())
            .trim_end()
            .to_owned(),
    )
}

#[cfg(not(unix))]
fn holder(_: &File) -> Option<String> {
    None
}
