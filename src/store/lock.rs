//! Writing. A trial counts once its newline is on disk; the log is never rewritten, renamed or shortened, but to undo
//! one's own failed write. The lock is a value: only `Locked` can write a line.

use std::{
    fmt,
    fs::{File, OpenOptions},
    io::{self, Write},
    path::Path,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, anyhow, bail};
use fs4::{FileExt, TryLockError};

use super::{
    Durability, Log, Reading, Source, Store, encode_row,
    find::{check_regular, way_out},
    lines::{MAX_ROW, read_at},
    log::measure,
};
use crate::schema::Schema;

/// The exclusive lock on a log, and the log as it is under it. The lock ends with the value, or with the process.
pub struct Locked {
    file: File,
    log: Log,
    /// The length of the file as it was found.
    len: u64,
    /// What must be written before a row: a header, the rest of a torn one, the newline of the last line.
    missing: String,
    durability: Durability,
}

/// The row is in the log, but the disk did not say that it has it.
#[derive(Debug)]
pub struct NotFlushed(io::Error);

impl fmt::Display for NotFlushed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the trial is written, but not known to be on disk ({}); do not append it again", self.0)
    }
}

impl std::error::Error for NotFlushed {}

impl Store {
    /// Takes the lock on the log, waiting no longer than `wait`, and reads the log as it is then.
    pub fn lock(&self, reading: &Reading, wait: Duration) -> Result<Locked> {
        let path = self.log_path();
        let file = lock_file(path, self.may_create_log(), wait)?;
        let missing = self.missing(&file).with_context(|| format!("cannot read {}", path.display()))?;
        let len = file.metadata().with_context(|| format!("cannot read {}", path.display()))?.len();
        let reader = file.try_clone().with_context(|| format!("cannot read {}", path.display()))?;
        // A last line that only lacks its newline is a trial; it gets its newline with the next write, so it counts here.
        // A header that was torn counts for nothing: it is completed with the next write.
        let end = if missing.len() > 1 { 0 } else { len };
        let log = Log::open(path, Some(Source::File(reader)), end, &self.settings, reading)?;
        Ok(Locked { file, log, len, missing, durability: self.settings.durability })
    }

    fn missing(&self, file: &File) -> io::Result<String> {
        let (len, whole) = measure(file)?;
        if len > 0 && len == whole {
            return Ok(String::new());
        }
        let header = encode_row(&Schema::standard_names(&self.settings.columns));
        if whole == 0 && len < header.len() as u64 {
            let mut torn = vec![0; header.len()];
            let read = read_at(file, &mut torn, 0)?;
            if let Some(rest) = header.as_bytes().strip_prefix(&torn[..read]) {
                return Ok(String::from_utf8_lossy(rest).into_owned());
            }
        }
        // Torn, the last line stays a damaged row and is never glued to.
        Ok("\n".to_owned())
    }
}

impl Locked {
    /// The log under the lock: nobody else can add to it.
    pub fn log(&self) -> &Log {
        &self.log
    }

    /// Writes rows at the end, with one write, and flushes them; all of them, or none. Ends the lock. Without rows, the last
    /// line still gets its newline and is flushed, so that a trial that is already there counts for every reader.
    pub fn write<S: AsRef<str>>(self, rows: &[Vec<S>]) -> Result<()> {
        let bytes = self.encode(rows)?;
        if let Err(error) = (&self.file).write_all(bytes.as_bytes()) {
            return Err(self.undo(&error));
        }
        if self.durability == Durability::Full {
            self.flush().map_err(NotFlushed)?;
        }
        Ok(())
    }

    /// What is missing before the rows, then the rows.
    fn encode<S: AsRef<str>>(&self, rows: &[Vec<S>]) -> Result<String> {
        let mut out = self.missing.clone();
        for row in rows {
            let mut line = encode_row(row);
            if line.len() > MAX_ROW {
                bail!(
                    "the row has {} bytes, a trial may have {MAX_ROW}: put the text in a file and name it in the notes",
                    line.len()
                );
            }
            if self.log.crlf() {
                line.insert(line.len() - 1, '\r');
            }
            out += &line;
        }
        Ok(out)
    }

    /// Takes back a write that did not succeed. Best effort: what cannot be taken back is closed by the next append.
    fn undo(&self, error: &io::Error) -> anyhow::Error {
        let path = self.log.path().display();
        match self.file.set_len(self.len) {
            Ok(()) => anyhow!("cannot write to {path}: {error}; the log is as it was before"),
            Err(undo) => {
                anyhow!("cannot write to {path}: {error}; and cannot undo it: {undo}; the next append closes the line")
            }
        }
    }

    fn flush(&self) -> io::Result<()> {
        self.file.sync_data()?;
        #[cfg(unix)] // elsewhere a directory cannot be opened to be flushed
        if self.len == 0
            && let Some(dir) = self.log.path().parent()
        {
            let dir = if dir.as_os_str().is_empty() { Path::new(".") } else { dir };
            File::open(dir)?.sync_all()?;
        }
        Ok(())
    }
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
            .map_err(|error| anyhow!("cannot append to {}: {error}{}", path.display(), way_out(&error)))?;
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
            Err(TryLockError::Error(error)) if error.kind() == io::ErrorKind::Interrupted => continue,
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
            let holder = holder(file).map(|holder| format!(" by {holder}")).unwrap_or_default();
            bail!("{} has been locked{holder} for {} s; nothing was written", path.display(), wait.as_secs_f64());
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
    let inode = format!(":{}", file.metadata().ok()?.ino());
    let locks = std::fs::read_to_string("/proc/locks").ok()?;
    let held = |line: &&str| !line.contains("->") && line.contains("FLOCK");
    let pid = locks.lines().filter(held).find_map(|line| {
        let mut fields = line.split_whitespace().skip(4);
        let pid = fields.next()?;
        fields.next()?.ends_with(&inode).then_some(pid)
    })?;
    let name = std::fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default();
    Some(format!("process {pid} {}", name.trim()).trim_end().to_owned())
}

#[cfg(not(unix))]
fn holder(_: &File) -> Option<String> {
    None
}
