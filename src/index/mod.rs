//! What is remembered beside the log, so that an answer costs the same at any length. It is derived from the log and never
//! needed: only `append` writes it, under the lock that it holds anyway; a reader believes it where it was made from this very
//! state of the log, and reads the log itself where it was not.
//!
//! The file: two slots, each with a state of the log and the answers in it, of which the older one is overwritten, so that a
//! reader finds a whole one at any instant; then a table of sixteen bytes a number, which says where its trial is and marks its
//! job.

mod query;
mod slot;
mod table;

use std::{
    fs::{self, File, OpenOptions, Permissions},
    io::{self, ErrorKind},
    os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
};

use rustix::fs::OFlags;
use serde::{Deserialize, Serialize};

pub(crate) use query::Beside;

use self::{
    slot::{hash, read_head},
    table::{Table, climb, place, weight},
};
use crate::{
    analysis::{Chain, Summary, SummaryBuilder, job_of},
    log::{Damaged, ExpId, Log, Source, Trial},
};

/// This much of the end of the log is hashed.
const LAST: u64 = 4096;

/// What tells one state of one file from any other. To edit a file changes its times, and nobody can set back the second.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Stamp {
    device: u64,
    inode: u64,
    pub(crate) len: u64,
    modified: (i64, i64),
    changed: (i64, i64),
}

impl Stamp {
    pub(crate) fn of(file: &File) -> io::Result<Self> {
        let metadata = file.metadata()?;
        let modified = (metadata.mtime(), metadata.mtime_nsec());
        let changed = (metadata.ctime(), metadata.ctime_nsec());
        Ok(Self {
            device: metadata.dev(),
            inode: metadata.ino(),
            len: metadata.len(),
            modified,
            changed,
        })
    }
}

/// A state of the log, and the answers in it.
#[derive(Serialize, Deserialize)]
struct Kept {
    stamp: Stamp,
    /// A hash of how the log was read: its columns, the metric, the direction, the version of this program.
    reading: u64,
    /// A hash of the end of the log.
    last: u64,
    damaged: Damaged,
    /// A sum over the jobs in the table; `None` where they are not all there. Of a damaged table it is another one, so that nobody
    /// takes a job for new that is not.
    jobs: Option<u64>,
    /// `None` where the answers have no room: nobody need find that out again.
    summary: Option<Summary>,
}

/// An index that was made from the log as it is.
pub(crate) struct Index {
    file: File,
    /// The slot that it was read from.
    slot: u64,
    kept: Kept,
}

/// What became of looking for an index.
pub(crate) enum Found {
    Fits(Box<Index>),
    /// It is of a shorter log: a writer may be about to carry it on.
    Behind,
    No,
}

impl Index {
    pub(crate) fn open(path: &Path, log: &Log) -> Found {
        let Some(stamp) = log.stamp.filter(|stamp| stamp.len == log.end) else {
            return Found::No;
        };
        let Some(file) = open_file(path, log.is_locked) else {
            return Found::No;
        };
        let heads = [read_head(&file, 0), read_head(&file, 1)];
        for (slot, head) in (0..).zip(&heads) {
            let kept = head
                .as_ref()
                .filter(|head| head.len == stamp.len)
                .and_then(|head| head.read(&file, slot));
            if let Some(kept) = kept.filter(|kept| kept.fits(log, stamp)) {
                return Found::Fits(Box::new(Self { file, slot, kept }));
            }
        }
        let is_behind = heads
            .iter()
            .flatten()
            .map(|head| head.len)
            .max()
            .is_some_and(|len| len < stamp.len);
        if is_behind { Found::Behind } else { Found::No }
    }

    pub(crate) fn summary(&self) -> Option<&Summary> {
        self.kept.summary.as_ref()
    }

    pub(crate) fn damaged(&self) -> &Damaged {
        &self.kept.damaged
    }

    /// The trial with this id, where the table and the log agree on it; `None` says nothing.
    pub(crate) fn trial(&self, log: &Log, id: &ExpId) -> Option<Trial> {
        table::trial(&self.file, log, id)
    }

    /// The way to the row that begins at `offset`; `None` where the table does not lead to a root.
    pub(crate) fn chain(&self, log: &Log, offset: u64) -> Option<Chain> {
        climb(&self.file, log, offset)
    }

    /// Whether the log has one of the jobs with these marks; `None` where the table cannot tell.
    pub(crate) fn has_job(&self, marks: &[u64]) -> Option<bool> {
        table::has_job(
            &self.file,
            self.summary()?.next_id(),
            self.kept.jobs?,
            marks,
        )
    }

    /// Carries the index on to the rows from `from` on. False where it must be made anew.
    pub(crate) fn carry_on(mut self, log: &Log, from: u64) -> io::Result<bool> {
        let (Some(stamp), Some(mut rows)) = (log.stamp, log.rows_from(from)) else {
            return Ok(false);
        };
        while let Some(row) = rows.next()? {
            let Some(summary) = &mut self.kept.summary else {
                break;
            };
            let (id, job) = (row.id(), job_of(&row));
            if !summary.add(row, || climb(&self.file, log, row.offset)) {
                return Ok(false);
            }
            let rows = summary.rows();
            match id
                .as_ref()
                .and_then(ExpId::counted)
                .and_then(|number| place(number, row.offset, rows))
            {
                Some((number, place)) => {
                    table::write(&self.file, number, place, job)?;
                    self.kept.jobs = self
                        .kept
                        .jobs
                        .map(|sum| sum.wrapping_add(weight(number, job)));
                }
                None if job == 0 => {}
                None => self.kept.jobs = None,
            }
        }
        self.kept.stamp = stamp;
        self.kept.last = hash_of_end(log)?;
        self.write(1 - self.slot).map(|()| true)
    }

    /// Makes an index of the whole log, and lets it appear at `path`.
    pub(crate) fn make(path: &Path, log: &Log) -> io::Result<()> {
        if !may_give_way(path) {
            return Err(ErrorKind::AlreadyExists.into());
        }
        let unfinished = unfinished(path); // there is one writer at a time
        let _ = fs::remove_file(&unfinished);
        let made = Self::make_at(&unfinished, log).and_then(|()| fs::rename(&unfinished, path));
        made.inspect_err(|_| drop(fs::remove_file(&unfinished))) // the log may need the room
    }

    fn make_at(path: &Path, log: &Log) -> io::Result<()> {
        let (Some(stamp), Some(Source::File(own))) = (log.stamp, &log.file) else {
            return Ok(());
        };
        let mode = own.metadata()?.mode() & 0o777; // whoever may not read the log may not read this either
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create_new(true)
            .mode(mode)
            .open(path)?;
        file.set_permissions(Permissions::from_mode(mode))?;
        let (summing, damaged) = log
            .scan(SummaryBuilder::default())
            .map_err(io::Error::other)?;
        let (summary, tree, jobs) = summing.into_parts();
        let table = Table::of(&tree, &jobs, summary.rows());
        table.write(&file)?;
        let (reading, last, jobs) = (reading(log), hash_of_end(log)?, table.jobs);
        let kept = Kept {
            stamp,
            reading,
            last,
            damaged,
            jobs,
            summary: Some(summary),
        };
        Self {
            file,
            slot: 1,
            kept,
        }
        .write(0)
    }

    /// Deletes an index and what is left of another one: false where there is none.
    pub(crate) fn delete(path: &Path) -> bool {
        let deleted = may_give_way(path) && fs::remove_file(path).is_ok();
        fs::remove_file(unfinished(path)).is_ok() || deleted
    }

    fn write(&mut self, slot: u64) -> io::Result<()> {
        if !slot::write(&self.file, slot, &self.kept)? {
            self.kept.summary = None;
            slot::write(&self.file, slot, &self.kept)?;
        }
        Ok(())
    }
}

impl Kept {
    fn fits(&self, log: &Log, stamp: Stamp) -> bool {
        self.stamp == stamp
            && self.reading == reading(log)
            && hash_of_end(log).is_ok_and(|last| last == self.last)
    }
}

fn reading(log: &Log) -> u64 {
    let schema = &log.schema;
    let direction = schema.direction.to_string();
    let mut parts = vec![env!("CARGO_PKG_VERSION"), &schema.metric, &direction];
    parts.extend(schema.names().iter().map(String::as_str));
    hash(&[parts.join("\t").as_bytes(), &log.start.to_le_bytes()])
}

fn hash_of_end(log: &Log) -> io::Result<u64> {
    let from = log.end.saturating_sub(LAST);
    let mut bytes = vec![0; usize::try_from(log.end - from).map_err(io::Error::other)?];
    let read = log
        .file
        .as_ref()
        .map_or(Ok(0), |file| file.read_at(&mut bytes, from))?;
    Ok(hash(&[&bytes[..read]]))
}

/// Opens what may be an index; neither a link nor anything that would keep its reader waiting.
fn open_file(path: &Path, to_write: bool) -> Option<File> {
    let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK;
    let open = |write| {
        OpenOptions::new()
            .read(true)
            .write(write)
            .custom_flags(flags.bits().cast_signed())
            .open(path)
    };
    let file = open(to_write).or_else(|_| open(false)).ok()?; // a reader's rights are enough to be answered
    file.metadata()
        .is_ok_and(|metadata| metadata.is_file())
        .then_some(file)
}

/// Whether nothing is lost with what is there: an index, an empty file, or nothing.
fn may_give_way(path: &Path) -> bool {
    match fs::symlink_metadata(path) {
        Ok(metadata) if metadata.is_file() => {
            let is_ours = |file: File| slot::is_named(&file, 0) || slot::is_named(&file, 1);
            metadata.len() == 0 || open_file(path, false).is_some_and(is_ours)
        }
        Ok(_) => false,
        Err(error) => error.kind() == ErrorKind::NotFound,
    }
}

fn unfinished(path: &Path) -> PathBuf {
    path.with_extension("idx-new")
}

/// Where the index of a log is.
pub(crate) fn path_of(log: &Path) -> PathBuf {
    log.with_extension("idx")
}
