//! Makes a snapshot. The files are copied before the log is locked, however long that takes; under
//! the lock, the copy is only renamed. A file that the parent's snapshot already has is hard-linked.

use std::fs::File;
use std::io::{
    self,
    ErrorKind::{Interrupted, NotFound},
    Read, Write,
};
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, bail};
use blake3::{Hash, Hasher};

use super::compare::hash_file;
use super::dir::{Dir, Kind, Meta, set_mode};
use super::guard::StoreGuard;
use super::manifest::{Entry, format_seen};
use super::staging::{StagedSnapshot, Staging};
use super::walk::{Work, list_work};
use super::{Progress, Snapshot, cannot};
use crate::store::Store;
use crate::text::byte_count;

const BUFFER_BYTES: usize = 64 * 1024;

/// A file that was changed so recently may change again without a new time: the clocks of some file
/// systems tick in seconds.
const MIN_AGE_NANOS: i128 = 2_000_000_000;

/// Copies files aside, to be placed once the trial has its id. Files that the snapshot at the path
/// `base` already has are shared with it.
pub fn freeze(
    store: &Store,
    source: &Path,
    base: Option<&str>,
    progress: Progress,
) -> Result<StagedSnapshot> {
    let mut work = list_work(source, &StoreGuard::new(store)?, None)?;
    let total = check_size(&work, source, store.settings.snapshot.max_bytes)?;
    let mut staged = Staging::open(store)?.create(work.dir.mode()?)?;
    let mut copier = Copier {
        // A damaged base costs space, not the snapshot; `lineage check` reports the damage.
        base: base.and_then(|base| Snapshot::open(store, Path::new(base), "").ok()),
        tree: staged.tree()?,
        work: &mut work,
    };
    let entries = copier.copy_all(total, progress);
    let entries = entries.with_context(cannot("freeze", source))?;
    staged
        .finish(&entries)
        .context("cannot write the manifest")?;
    staged.notes = work.notes;
    Ok(staged)
}

/// The total size of the files; fails if it is more than the limit.
fn check_size(work: &Work, source: &Path, max_bytes: u64) -> Result<u64> {
    let files = work
        .entries
        .iter()
        .filter(|(_, meta)| meta.kind == Kind::File);
    let total = files
        .clone()
        .fold(0, |total: u64, (_, meta)| total.saturating_add(meta.len));
    if total <= max_bytes {
        return Ok(total);
    }
    let mut largest = String::new();
    if let Some((path, meta)) = files.max_by_key(|(_, meta)| meta.len) {
        largest = format!(" ({} alone {})", path.display(), byte_count(meta.len));
    }
    bail!(
        "{} has {}{largest}, more than the limit of {}; ignore files with .lineageignore, or raise \
         max_bytes under [snapshot] in lineage.toml",
        source.display(),
        byte_count(total),
        byte_count(max_bytes)
    )
}

struct Copier<'a> {
    work: &'a mut Work,
    base: Option<Snapshot>,
    tree: Dir,
}

impl Copier<'_> {
    /// Copies everything, and returns what the manifest says about it.
    fn copy_all(&mut self, total: u64, progress: Progress) -> Result<Vec<Entry>> {
        let mut entries = Vec::with_capacity(self.work.entries.len());
        let mut done = 0;
        for (path, meta) in std::mem::take(&mut self.work.entries) {
            let mut entry = Entry::new(path, &meta);
            let copied = self.copy_entry(&mut entry, &meta);
            copied.with_context(|| entry.path.display().to_string())?;
            if entry.kind == Kind::File {
                done += entry.len;
                progress(done, total);
            }
            entries.push(entry);
        }
        Ok(entries)
    }

    fn copy_entry(&mut self, entry: &mut Entry, meta: &Meta) -> io::Result<()> {
        match entry.kind {
            Kind::Dir => self.tree.create_dir(&entry.path, entry.mode).map(drop),
            Kind::Link => {
                entry.target = self.work.dir.read_link(&entry.path)?;
                self.tree.create_link(&entry.path, &entry.target)
            }
            _ => match self.share_file(entry, meta) {
                Some(()) => Ok(()),
                None => self.copy_file(entry),
            },
        }
    }

    fn open_original(&self, path: &Path) -> io::Result<File> {
        let path = self.work.single_file.as_deref().unwrap_or(path);
        self.work.dir.open_file(path)
    }

    /// Links the file of the base, if it is the same. `None` after any error: a copy is always right.
    fn share_file(&self, entry: &mut Entry, meta: &Meta) -> Option<()> {
        let base = self.base.as_ref()?;
        let known = base.find_file(&entry.path)?;
        let frozen = base.dir.metadata(&entry.path).ok()?;
        let is_untouched = (frozen.kind, frozen.len, frozen.modified, frozen.mode)
            == (Kind::File, known.len, known.modified, known.frozen_mode());
        if !is_untouched || (entry.mode, entry.len) != (known.mode, known.len) {
            return None;
        }
        let seen = self.identify(&entry.path, meta);
        if seen.is_empty() || seen != known.seen {
            let mut original = self.open_original(&entry.path).ok()?;
            let mut frozen = base.dir.open_file(&entry.path).ok()?;
            let has_same_hash = known.hash.is_some()
                && hash_file(&mut original).ok() == known.hash
                && hash_file(&mut frozen).ok() == known.hash;
            if !has_same_hash || Meta::of_file(&original).ok()? != *meta {
                return None;
            }
        }
        let linked = base.dir.hard_link(&entry.path, &self.tree, &entry.path);
        linked.ok()?;
        (entry.hash, entry.modified, entry.seen) = (known.hash, known.modified, seen);
        Some(())
    }

    /// What identifies the unchanged file later; empty if its times are not reliable.
    fn identify(&self, path: &Path, meta: &Meta) -> String {
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        let now = now.as_ref().map_or(0, Duration::as_nanos);
        let age = i128::try_from(now).unwrap_or(0) - meta.modified.max(meta.changed);
        let is_in_memory = self.work.dir.is_in_memory(path).unwrap_or(true);
        if age <= MIN_AGE_NANOS || is_in_memory {
            return String::new();
        }
        format_seen(meta)
    }

    fn copy_file(&mut self, entry: &mut Entry) -> io::Result<()> {
        let opened = self.open_original(&entry.path);
        let mut original = opened.map_err(|error| match error.kind() {
            NotFound => io::Error::other("it was removed while the snapshot was made"),
            _ => error,
        })?;
        let mut copy = self.tree.create_file(&entry.path)?;
        let before = Meta::of_file(&original)?;
        let time = original.metadata()?.modified()?;
        // No more than was listed: a file may grow while it is copied.
        let (len, hash) = copy_bytes(&mut (&mut original).take(entry.len), &mut copy)?;
        if len == before.len && Meta::of_file(&original)? == before {
            entry.seen = self.identify(&entry.path, &before);
        } else {
            let note = format!("{} changed while it was copied", entry.path.display());
            self.work.notes.push(note);
        }
        (entry.len, entry.hash, entry.modified) = (len, Some(hash), before.modified);
        set_mode(&copy, entry.frozen_mode())?;
        copy.set_modified(time)
    }
}

/// Copies everything, and returns its length and hash.
fn copy_bytes(original: &mut impl Read, copy: &mut File) -> io::Result<(u64, Hash)> {
    let mut buffer = vec![0; BUFFER_BYTES];
    let mut hasher = Hasher::new();
    loop {
        let read = match original.read(&mut buffer) {
            Err(error) if error.kind() == Interrupted => continue,
            read => read?,
        };
        if read == 0 {
            return Ok((hasher.count(), hasher.finalize()));
        }
        hasher.update(&buffer[..read]);
        copy.write_all(&buffer[..read])?;
    }
}
