//! The exclusive lock on a file, with a bounded wait that names whoever holds it.

use std::{
    fs::{File, OpenOptions},
    io,
    os::unix::fs::MetadataExt,
    path::Path,
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, anyhow, bail};
use fs4::{FileExt, TryLockError};

use crate::store::{check_regular, way_out};

const FIRST_PAUSE: Duration = Duration::from_micros(100);
const LONGEST_PAUSE: Duration = Duration::from_millis(20);

/// Opens and locks the file at the path, waiting no longer than `wait`.
pub(super) fn open_locked(path: &Path, create: bool, wait: Duration) -> Result<File> {
    let deadline = Instant::now() + wait;
    loop {
        check_regular(path)?;
        let file = open(path, create)?;
        acquire(&file, path, deadline, wait)?;
        // The lock belongs to the inode. If the log was replaced while we waited, this is the lock of a deleted file.
        if is_file_at(&file, path) {
            return Ok(file);
        }
        if Instant::now() >= deadline {
            bail!(
                "{} is replaced again and again; nothing was written",
                path.display()
            );
        }
        thread::sleep(Duration::from_millis(1));
    }
}

fn open(path: &Path, create: bool) -> Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).append(true).create(create);
    match options.open(path) {
        Ok(file) => Ok(file),
        Err(error) => bail!(
            "cannot append to {}: {error}{}",
            path.display(),
            way_out(&error)
        ),
    }
}

/// Polls with growing pauses. A blocking lock could wait for a stopped process for ever.
fn acquire(file: &File, path: &Path, deadline: Instant, wait: Duration) -> Result<()> {
    let mut pause = FIRST_PAUSE;
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
            return Err(timed_out(file, path, wait));
        }
        thread::sleep(pause.min(left));
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

fn timed_out(file: &File, path: &Path, wait: Duration) -> anyhow::Error {
    let holder = match find_holder(file) {
        Some(holder) => format!(" by {holder}"),
        None => String::new(),
    };
    anyhow!(
        "{} has been locked{holder} for {} s; nothing was written",
        path.display(),
        wait.as_secs_f64()
    )
}

fn is_file_at(file: &File, path: &Path) -> bool {
    match (file.metadata(), std::fs::metadata(path)) {
        (Ok(held), Ok(found)) => held.dev() == found.dev() && held.ino() == found.ino(),
        _ => false,
    }
}

/// The process that holds the lock, if the system tells. A line of `/proc/locks` is
/// `1: FLOCK ADVISORY WRITE <pid> <major>:<minor>:<inode> 0 EOF`; one with `->` is waiting.
fn find_holder(file: &File) -> Option<String> {
    let metadata = file.metadata().ok()?;
    let (major, minor) = (
        rustix::fs::major(metadata.dev()),
        rustix::fs::minor(metadata.dev()),
    );
    let wanted = format!("{major:02x}:{minor:02x}:{}", metadata.ino());
    for line in std::fs::read_to_string("/proc/locks").ok()?.lines() {
        let fields: Vec<&str> = line.split_whitespace().collect();
        if let [_, "FLOCK", _, _, pid, inode, ..] = fields[..]
            && inode == wanted
        {
            return Some(describe_process(pid));
        }
    }
    None
}

fn describe_process(pid: &str) -> String {
    match std::fs::read_to_string(format!("/proc/{pid}/comm")) {
        Ok(name) => format!("process {pid} {}", name.trim()),
        Err(_) => format!("process {pid}"),
    }
}
