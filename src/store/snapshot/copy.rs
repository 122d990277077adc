//! One file after the other: shared with the parent's snapshot where that has it already, else copied and hashed in one go.

use std::{
    collections::HashMap,
    fs::File,
    io::{Read, Seek, Write},
    path::{Path, PathBuf},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use anyhow::{Context, Result, ensure};
use blake3::{Hash, Hasher};

use super::{
    Contents, Snapshot, What,
    beneath::{Beneath, Kind, Meta, set_mode, set_modified},
    manifest::Seen,
    walk::Work,
};
use crate::{store::Durability, view::text};

const CHUNK: usize = 256 * 1024;

/// A file that something else writes to is read this often in the hope that it holds still.
const ATTEMPTS: u32 = 3;

/// A file touched so lately may be touched again without its times showing it: the coarsest file systems count in seconds.
const SETTLED: Duration = Duration::from_secs(2);

/// The permissions of a frozen file: those it had, without writing, and never out of our own reach.
pub(super) fn frozen_mode(mode: u32) -> u32 {
    mode & !0o222 | 0o400
}

pub(super) struct Copier {
    work: Work,
    base: Option<Base>,
    /// Bytes that may still be copied.
    left: u64,
    limit: u64,
    durability: Durability,
    now: i128,
    buffer: Vec<u8>,
}

/// The snapshot that files are shared with.
struct Base {
    tree: Beneath,
    files: HashMap<PathBuf, (u32, Contents)>,
}

impl Copier {
    pub(super) fn new(work: Work, base: Option<Snapshot>, limit: u64, durability: Durability) -> Self {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let now = i128::try_from(now.as_nanos()).unwrap_or_default();
        let base = base.map(Base::new);
        Self { work, base, left: limit, limit, durability, now, buffer: vec![0; CHUNK] }
    }

    pub(super) fn take_planned(&mut self) -> Vec<(PathBuf, Meta)> {
        std::mem::take(&mut self.work.entries)
    }

    pub(super) fn into_notes(self) -> Vec<String> {
        self.work.notes
    }

    /// Freezes one file, directory or link under the same path in `tree`.
    pub(super) fn entry(&mut self, path: &Path, meta: Meta, tree: &mut Beneath) -> Result<What> {
        match meta.kind {
            Kind::Dir => {
                let (dir, name) = tree.at(path)?;
                dir.make_dir(name, meta.mode | 0o700)?;
                Ok(What::Dir)
            }
            Kind::Link => {
                let (dir, name) = self.work.root.at(path)?;
                let target = dir.target(name)?;
                let (dir, name) = tree.at(path)?;
                dir.make_link(name, &target)?;
                Ok(What::Link(target))
            }
            Kind::File | Kind::Other => {
                let contents = match self.share(path, meta, tree) {
                    Some(contents) => contents,
                    None => self.copy(path, meta.mode, tree)?,
                };
                let left = self.left.checked_sub(contents.bytes);
                let limit = self.limit;
                self.left = left.with_context(|| too_much(limit))?;
                Ok(What::File(contents))
            }
        }
    }

    /// Takes the file over from the base, if it has the same; whatever stands in the way, copying is always right.
    fn share(&mut self, path: &Path, meta: Meta, tree: &mut Beneath) -> Option<Contents> {
        let base = self.base.as_mut()?;
        let &(mode, known) = base.files.get(path)?;
        if mode != meta.mode || known.bytes != meta.len {
            return None;
        }
        if known.seen != Some(Seen::of(&meta)) {
            let mut file = self.work.root.file(path).ok()?;
            let hash = hash(&mut file, &mut self.buffer).ok()?;
            if known.hash != Some(hash) || Meta::of_file(&file).ok()? != meta {
                return None;
            }
        }
        let (dir, name) = base.tree.at(path).ok()?;
        let frozen = dir.meta(name).ok()?;
        let intact = frozen.kind == Kind::File
            && frozen.len == known.bytes
            && frozen.modified == known.modified
            && frozen.mode == frozen_mode(mode);
        if !intact {
            return None;
        }
        let (new_dir, new_name) = tree.at(path).ok()?;
        dir.share(name, new_dir, new_name).ok()?;
        Some(Contents { seen: self.seen(&meta), ..known })
    }

    fn copy(&mut self, path: &Path, mode: u32, tree: &mut Beneath) -> Result<Contents> {
        let mut from = self.work.root.file(path)?;
        let (dir, name) = tree.at(path)?;
        let mut to = dir.create(name)?;
        let mut attempt = 1;
        let (before, bytes, hash, still) = loop {
            let before = Meta::of_file(&from)?;
            let (bytes, hash) =
                copy(&mut from, &mut to, self.left, &mut self.buffer)?.with_context(|| too_much(self.limit))?;
            let still = Meta::of_file(&from)? == before && bytes == before.len;
            if still || attempt == ATTEMPTS {
                break (before, bytes, hash, still);
            }
            attempt += 1;
            from.rewind()?;
            to.rewind()?;
            to.set_len(0)?;
        };
        if !still {
            let note = format!("{} was written to while it was copied; it is frozen as it was read", path.display());
            self.work.notes.push(note);
        }
        set_mode(&to, frozen_mode(mode))?;
        set_modified(&to, before.modified)?;
        if self.durability == Durability::Full && !cfg!(target_os = "linux") {
            to.sync_all()?; // Linux flushes all at once, at the end
        }
        let seen = self.seen(&before).filter(|_| still);
        Ok(Contents { bytes, hash: Some(hash), modified: before.modified, seen })
    }

    /// By what the file is known again, where its times can be trusted.
    fn seen(&self, meta: &Meta) -> Option<Seen> {
        let settled = i128::try_from(SETTLED.as_nanos()).unwrap_or_default();
        (meta.modified.max(meta.changed) + settled < self.now).then(|| Seen::of(meta))
    }
}

impl Base {
    fn new(snapshot: Snapshot) -> Self {
        let (tree, entries) = snapshot.into_parts();
        let file = |entry: super::Entry| match entry.what {
            What::File(contents) => Some((entry.path, (entry.mode, contents))),
            _ => None,
        };
        Self { tree, files: entries.into_iter().filter_map(file).collect() }
    }
}

fn too_much(limit: u64) -> String {
    format!(
        "more than {} came to be copied, which is what a snapshot may have; something is writing to it",
        text::bytes(limit)
    )
}

/// Copies and hashes; `None` where there is more than `most`.
pub(super) fn copy(from: &mut File, to: &mut File, most: u64, buffer: &mut [u8]) -> Result<Option<(u64, Hash)>> {
    let mut hasher = Hasher::new();
    let mut bytes = 0_u64;
    loop {
        let read = from.read(buffer)?;
        if read == 0 {
            return Ok(Some((bytes, hasher.finalize())));
        }
        bytes += read as u64;
        if bytes > most {
            return Ok(None);
        }
        hasher.update(&buffer[..read]);
        to.write_all(&buffer[..read])?;
    }
}

pub(super) fn hash(file: &mut File, buffer: &mut [u8]) -> std::io::Result<Hash> {
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
pub(super) fn hash_of(mut file: File) -> Result<Hash> {
    let mut buffer = vec![0; CHUNK];
    hash(&mut file, &mut buffer).context("cannot read it")
}

/// A copy whose hash must be the one that was frozen.
pub(super) fn copy_checked(from: &mut File, to: &mut File, wanted: Option<Hash>) -> Result<()> {
    let mut buffer = vec![0; CHUNK];
    let copied = copy(from, to, u64::MAX, &mut buffer)?;
    let intact = copied.is_some_and(|(_, hash)| wanted.is_none_or(|wanted| wanted == hash));
    ensure!(intact, "the frozen file is not what was frozen; `lineage check` says more");
    Ok(())
}
