//! One file after the other: shared with the parent's snapshot where that has it already, else copied and hashed in one go.

use std::{
    collections::HashMap,
    fs::File,
    io::{ErrorKind, Read, Seek, Write},
    path::{Path, PathBuf},
    sync::atomic::{AtomicU64, Ordering::Relaxed},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use anyhow::{Context, Error, Result, ensure};
use blake3::{Hash, Hasher};

use super::{
    Contents, Entry, What,
    beneath::Beneath,
    dir::{Kind, Meta, set_mode, set_modified},
    manifest::Seen,
};
use crate::output::text;

pub(super) const CHUNK: usize = 256 * 1024;

/// A file that something else writes to is read this often in the hope that it holds still.
const ATTEMPTS: u32 = 3;

/// A file touched so lately may be touched again without its times showing it: the coarsest file systems count in seconds.
const SETTLED: Duration = Duration::from_secs(2);

/// The permissions of a frozen file: those it had, without writing, and never out of our own reach.
pub(super) fn frozen_mode(mode: u32) -> u32 {
    mode & !0o222 | 0o400
}

/// What all hands that freeze a tree have in common.
pub(super) struct Job {
    /// The files that the parent's snapshot has.
    base: HashMap<PathBuf, (u32, Contents)>,
    /// Bytes that came to be frozen, and how many may.
    bytes: AtomicU64,
    limit: u64,
    now: i128,
}

/// One worker: the trees that it reads from and writes to, opened for itself.
pub(super) struct Hand<'j> {
    pub(super) job: &'j Job,
    pub(super) work: Beneath,
    /// The name in `work` of the one file that there is.
    pub(super) only: Option<PathBuf>,
    pub(super) tree: Beneath,
    pub(super) base: Option<Beneath>,
    pub(super) buffer: Vec<u8>,
    /// The device that was asked about last, and whether the times of its files tell nothing.
    pub(super) in_memory: Option<(u64, bool)>,
    /// Files that were written to while they were copied.
    pub(super) restless: Vec<PathBuf>,
}

impl Job {
    pub(super) fn new(base: &[Entry], limit: u64) -> Self {
        let now = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        let now = i128::try_from(now.as_nanos()).unwrap_or_default();
        let file = |entry: &Entry| match entry.what {
            What::File(contents) => Some((entry.path.clone(), (entry.mode, contents))),
            _ => None,
        };
        Self {
            base: base.iter().filter_map(file).collect(),
            bytes: AtomicU64::new(0),
            limit,
            now,
        }
    }

    /// By what the file is known again, where it was not touched just now.
    fn seen(&self, meta: &Meta) -> Option<Seen> {
        let settled = i128::try_from(SETTLED.as_nanos()).unwrap_or_default();
        (meta.modified.max(meta.changed) + settled < self.now).then(|| Seen::of(meta))
    }

    /// Counts bytes before they are written: a file may have grown since it was looked at, and something may write for ever.
    fn count(&self, bytes: u64) -> Result<()> {
        let before = self.bytes.fetch_add(bytes, Relaxed);
        ensure!(
            before.saturating_add(bytes) <= self.limit,
            "something is writing to it: more than {} came to be copied, which is what a snapshot may have",
            text::bytes(self.limit)
        );
        Ok(())
    }
}

impl Hand<'_> {
    /// Freezes one file under the same path.
    pub(super) fn file(&mut self, path: &Path, meta: Meta) -> Result<Contents> {
        match self.share(path, meta) {
            Some(contents) => {
                self.job.count(contents.bytes)?;
                Ok(contents)
            }
            None => self.copy(path, meta.mode),
        }
    }

    /// Makes a directory under the same path; its owner can write to it, because all is yet to come.
    pub(super) fn dir(&mut self, path: &Path, meta: Meta) -> Result<What> {
        let (dir, name) = self.tree.at(path)?;
        dir.make_dir(name, 0o700)?;
        dir.child(name)?.set_mode(meta.mode)?;
        Ok(What::Dir)
    }

    pub(super) fn link(&mut self, path: &Path) -> Result<What> {
        let (dir, name) = self.work.at(path)?;
        let target = dir.target(name)?;
        let (dir, name) = self.tree.at(path)?;
        dir.make_link(name, &target)?;
        Ok(What::Link(target))
    }

    /// Takes the file over from the base, if it has the same; whatever stands in the way, copying is always right.
    fn share(&mut self, path: &Path, meta: Meta) -> Option<Contents> {
        let &(mode, known) = self.job.base.get(path)?;
        if mode != meta.mode || known.bytes != meta.len {
            return None;
        }
        let is_seen = known.seen == Some(Seen::of(&meta)) && self.has_times(path, &meta);
        if !is_seen {
            let mut file = self.work_file(path).ok()?;
            let hash = hash(&mut file, &mut self.buffer).ok()?;
            if known.hash != Some(hash) || Meta::of_file(&file).ok()? != meta {
                return None;
            }
        }
        let (dir, name) = self.base.as_mut()?.at(path).ok()?;
        let frozen = dir.meta(name).ok()?;
        let intact = frozen.kind == Kind::File
            && frozen.len == known.bytes
            && frozen.modified == known.modified
            && frozen.mode == frozen_mode(mode);
        if !intact {
            return None;
        }
        // Where the work was read anyway, so is what is shared: what its times do not show is not handed on.
        if !is_seen && known.hash != hash(&mut dir.file(name).ok()?, &mut self.buffer).ok() {
            return None;
        }
        let (new_dir, new_name) = self.tree.at(path).ok()?;
        dir.share(name, new_dir, new_name).ok()?;
        let seen = self.seen(path, &meta);
        Some(Contents { seen, ..known })
    }

    /// Opens the original of what is frozen under a path.
    fn work_file(&mut self, path: &Path) -> std::io::Result<File> {
        self.work.file(self.only.as_deref().unwrap_or(path))
    }

    /// By what the file is known again, where its times can be trusted.
    fn seen(&mut self, path: &Path, meta: &Meta) -> Option<Seen> {
        self.job.seen(meta).filter(|_| self.has_times(path, meta))
    }

    /// Whether a file cannot be written to without its times showing it.
    fn has_times(&mut self, path: &Path, meta: &Meta) -> bool {
        let (device, in_memory) = match self.in_memory {
            Some(known) if known.0 == meta.dev => known,
            _ => {
                let asked = self.work.at(path).and_then(|(dir, _)| dir.is_in_memory());
                (meta.dev, asked.unwrap_or(true))
            }
        };
        self.in_memory = Some((device, in_memory));
        !in_memory
    }

    fn copy(&mut self, path: &Path, mode: u32) -> Result<Contents> {
        let mut from = self.work_file(path).map_err(|error| match error.kind() {
            ErrorKind::NotFound => Error::msg(
                "it was there when it was looked at, and is gone: something is at work there",
            ),
            _ => error.into(),
        })?;
        let (dir, name) = self.tree.at(path)?;
        let mut to = dir.create(name)?;
        let mut attempt = 1;
        let (before, bytes, hash, still) = loop {
            let before = Meta::of_file(&from)?;
            let (bytes, hash) = copy(&mut from, &mut to, &mut self.buffer, |bytes| {
                self.job.count(bytes)
            })?;
            let still = Meta::of_file(&from)? == before && bytes == before.len;
            if still || attempt == ATTEMPTS {
                break (before, bytes, hash, still);
            }
            attempt += 1;
            self.job.bytes.fetch_sub(bytes, Relaxed);
            from.rewind()?;
            to.rewind()?;
            to.set_len(0)?;
        };
        if !still {
            self.restless.push(path.to_owned());
        }
        set_mode(&to, frozen_mode(mode))?;
        set_modified(&to, before.modified)?;
        let seen = if still {
            self.seen(path, &before)
        } else {
            None
        };
        Ok(Contents {
            bytes,
            hash: Some(hash),
            modified: before.modified,
            seen,
        })
    }
}

/// Copies and hashes; `count` is told of every piece before it is written.
fn copy(
    from: &mut File,
    to: &mut File,
    buffer: &mut [u8],
    mut count: impl FnMut(u64) -> Result<()>,
) -> Result<(u64, Hash)> {
    let mut hasher = Hasher::new();
    let mut bytes = 0_u64;
    loop {
        let read = from.read(buffer)?;
        if read == 0 {
            return Ok((bytes, hasher.finalize()));
        }
        bytes += read as u64;
        count(read as u64)?;
        hasher.update(&buffer[..read]);
        to.write_all(&buffer[..read])?;
    }
}

fn hash(file: &mut File, buffer: &mut [u8]) -> std::io::Result<Hash> {
    let mut hasher = Hasher::new();
    loop {
        let read = file.read(buffer)?;
        if read == 0 {
            return Ok(hasher.finalize());
        }
        hasher.update(&buffer[..read]);
    }
}

/// The hash of a file, with a buffer of its own.
pub(super) fn hash_of(file: &mut File) -> Result<Hash> {
    let mut buffer = vec![0; CHUNK];
    hash(file, &mut buffer).context("cannot read it")
}
