//! The exclusive lock on a file, with a bounded wait; the error names the process that holds the lock. On some file systems,
//! locks may not reach every writer: a log there is safe only if all writers use one mount of one host.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, ErrorKind},
    os::unix::fs::MetadataExt,
    path::Path,
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

use anyhow::{Result, anyhow, bail};
use fs4::{FileExt, TryLockError};
use rustix::fs::OFlags;

use crate::files::{create_file, open_regular};
use crate::store::{check_regular, way_out};

/// Types of shared file systems that the kernel reports, see statfs(2).
const SHARED: [(i64, &str); 13] = [
    (0x6969, "NFS"),
    (0x517b, "SMB"),
    (0xff53_4d42, "SMB"),
    (0xfe53_4d42, "SMB"),
    (0x6573_5546, "FUSE"),
    (0x0102_1997, "9P"),
    (0x5346_414f, "AFS"),
    (0x00c3_6400, "Ceph"),
    (0x7375_7245, "Coda"),
    (0x0bd0_0bd0, "Lustre"),
    (0x1983_0326, "BeeGFS"),
    (0x4750_4653, "GPFS"),
    (0x786f_4256, "VirtualBox"),
];

/// Opens and locks the file at the path, waiting no longer than `wait`.
pub(crate) fn open_locked(path: &Path, create: bool, wait: Duration) -> Result<File> {
    let deadline = Instant::now() + wait;
    loop {
        check_regular(path)?;
        let mut options = OpenOptions::new();
        let options = options.read(true).append(true).create(create);
        let file = open_regular(options, OFlags::empty(), path).map_err(|error| {
            let help = way_out(&error);
            anyhow!("cannot append to {}: {error}{help}", path.display())
        })?;
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

/// Waits in the kernel's queue, so that the lock goes to the next writer at once. The thread that waits ends with the process
/// if the time is over: the lock may be that of a stopped process.
fn acquire(file: &File, path: &Path, deadline: Instant, wait: Duration) -> Result<()> {
    let locked = match FileExt::try_lock(file) {
        Ok(()) => Ok(()),
        Err(TryLockError::Error(error)) if error.kind() != ErrorKind::Interrupted => Err(error),
        Err(_) => {
            let (sender, receiver) = mpsc::channel();
            let file = file.try_clone()?;
            thread::spawn(move || sender.send(lock(&file)));
            let left = deadline.saturating_duration_since(Instant::now());
            let timed_out = Err(ErrorKind::TimedOut.into());
            receiver.recv_timeout(left).unwrap_or(timed_out)
        }
    };
    let Err(error) = locked else {
        return Ok(());
    };
    if error.kind() == ErrorKind::TimedOut {
        let holder = find_holder(file).unwrap_or_default();
        let (path, wait) = (path.display(), wait.as_secs_f64());
        bail!("{path} has been locked{holder} for {wait} s; nothing was written");
    }
    let path = path.display();
    bail!(
        "cannot lock {path}: {error}; some network file systems have no locks: keep the log on a local disk"
    );
}

fn lock(file: &File) -> io::Result<()> {
    loop {
        match FileExt::lock(file) {
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            result => return result,
        }
    }
}

fn is_file_at(file: &File, path: &Path) -> bool {
    match (file.metadata(), fs::metadata(path)) {
        (Ok(held), Ok(found)) => held.dev() == found.dev() && held.ino() == found.ino(),
        _ => false,
    }
}

/// Who holds the lock, as ` by process <pid> <name>`, if the system tells. A line of `/proc/locks` is
/// `1: FLOCK ADVISORY WRITE <pid> <major>:<minor>:<inode> 0 EOF`; one with `->` is waiting.
fn find_holder(file: &File) -> Option<String> {
    let stat = rustix::fs::fstat(file).ok()?;
    let (major, minor) = (
        rustix::fs::major(stat.st_dev),
        rustix::fs::minor(stat.st_dev),
    );
    let wanted = format!("{major:02x}:{minor:02x}:{}", stat.st_ino);
    for line in fs::read_to_string("/proc/locks").ok()?.lines() {
        let fields: Vec<&str> = line.split_whitespace().collect();
        if let [_, "FLOCK", _, _, pid, inode, ..] = fields[..]
            && inode == wanted
        {
            let name = fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default();
            let holder = format!(" by process {pid} {name}");
            return Some(holder.trim_end().to_owned());
        }
    }
    None
}

/// A warning for the first append to a log on a shared file system. A file beside the log remembers it.
pub(super) fn warn_once(file: &File, log: &Path) -> Option<String> {
    #[allow(clippy::unnecessary_cast)] // its type differs between systems
    let kind = rustix::fs::fstatfs(file).ok()?.f_type as i64;
    let (_, name) = SHARED.iter().find(|(shared, _)| *shared == kind)?;
    let text = format!(
        "{} is on a file system of type {name}, whose locks may not reach other mounts and hosts; let all writers \
         use this mount of this host",
        log.display()
    );
    let note = format!("{text}\nDelete this file to be warned again.\n");
    let is_first = create_file(&log.with_extension("warned"), &note, 0o666).is_ok();
    is_first.then_some(text)
}
