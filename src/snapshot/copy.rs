//! Copies the listed files into a new snapshot. A file that the parent's snapshot already has is
//! hard-linked instead.

use std::fs::File;
use std::io::{self, ErrorKind::NotFound, Read, Write};
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, ensure};
use blake3::{Hash, Hasher};

use super::compare::hash_file;
use super::dir::{Dir, Kind, Meta, set_mode};
use super::manifest::{Content, Entry, FileContent, format_seen};
use super::walk::Work;
use super::{Progress, Snapshot};

const BUFFER_BYTES: usize = 64 * 1024;

/// A file that was changed so recently may change again without a new time: the clocks of some file
/// systems tick in seconds.
const MIN_AGE_NANOS: i128 = 2_000_000_000;

/// The permissions of a frozen file: the original ones, read-only, and readable by its owner.
pub(super) fn frozen_mode(mode: u32) -> u32 {
    mode & !0o222 | 0o400
}

pub(super) struct Copier<'a> {
    pub(super) work: &'a mut Work,
    pub(super) base: Option<Snapshot>,
    pub(super) tree: Dir,
    pub(super) bytes_left: u64,
}

impl Copier<'_> {
    /// Copies everything, and returns what the manifest says about it.
    pub(super) fn copy_all(&mut self, progress: Progress) -> Result<Vec<Entry>> {
        let mut entries = Vec::with_capacity(self.work.entries.len());
        let (mut done, total) = (0, self.work.total_bytes());
        for (path, meta) in std::mem::take(&mut self.work.entries) {
            let content = self.copy_entry(&path, &meta);
            let content = content.with_context(|| path.display().to_string())?;
            if let Content::File(file) = &content {
                done += file.len;
                progress(done, total);
            }
            let mode = meta.mode;
            entries.push(Entry {
                path,
                mode,
                content,
            });
        }
        Ok(entries)
    }

    fn copy_entry(&mut self, path: &Path, meta: &Meta) -> Result<Content> {
        if meta.kind == Kind::Dir {
            self.tree.create_dir(path, meta.mode)?;
            return Ok(Content::Dir);
        }
        if meta.kind == Kind::Link {
            let target = self.work.dir.read_link(path)?;
            self.tree.create_link(path, &target)?;
            return Ok(Content::Link(target));
        }
        if let Some(shared) = self.share_file(path, meta) {
            return Ok(Content::File(shared));
        }
        self.copy_file(path, meta.mode).map(Content::File)
    }

    fn open_original(&self, path: &Path) -> io::Result<File> {
        let path = self.work.single_file.as_deref().unwrap_or(path);
        self.work.dir.open_file(path)
    }

    /// Links the file of the base, if it is the same. `None` after any error: a copy is always right.
    fn share_file(&mut self, path: &Path, meta: &Meta) -> Option<FileContent> {
        let base = self.base.as_ref()?;
        let (entry, known) = base.find_file(path)?;
        let frozen = base.dir.metadata(path).ok()?;
        let is_untouched = frozen.kind == Kind::File
            && (frozen.len, frozen.modified) == (known.len, known.modified)
            && frozen.mode == frozen_mode(entry.mode);
        if !is_untouched || (meta.mode, meta.len) != (entry.mode, known.len) {
            return None;
        }
        let seen = self.identify(path, meta);
        if seen.is_empty() || seen != known.seen {
            let mut original = self.open_original(path).ok()?;
            let has_same_hash = known.hash.is_some()
                && hash_file(&mut original).ok() == known.hash
                && hash_file(&mut base.dir.open_file(path).ok()?).ok() == known.hash;
            if !has_same_hash || Meta::of_file(&original).ok()? != *meta {
                return None;
            }
        }
        base.dir.hard_link(path, &self.tree, path).ok()?;
        let known = known.clone();
        self.bytes_left = self.bytes_left.saturating_sub(known.len);
        Some(FileContent { seen, ..known })
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

    fn copy_file(&mut self, path: &Path, mode: u32) -> Result<FileContent> {
        let mut original = self
            .open_original(path)
            .map_err(|error| match error.kind() {
                NotFound => io::Error::other("it was removed while the snapshot was made"),
                _ => error,
            })?;
        let mut copy = self.tree.create_file(path)?;
        let before = Meta::of_file(&original)?;
        let time = original.metadata()?.modified()?;
        let (len, hash) = self.copy_bytes(&mut original, &mut copy)?;
        let mut seen = self.identify(path, &before);
        if len != before.len || Meta::of_file(&original)? != before {
            let note = format!("{} changed while it was copied", path.display());
            self.work.notes.push(note);
            seen.clear();
        }
        set_mode(&copy, frozen_mode(mode))?;
        copy.set_modified(time)?;
        let (hash, modified) = (Some(hash), before.modified);
        Ok(FileContent {
            len,
            hash,
            modified,
            seen,
        })
    }

    /// Counts the bytes before it writes them: a file may grow while it is copied.
    fn copy_bytes(&mut self, original: &mut File, copy: &mut File) -> Result<(u64, Hash)> {
        let mut buffer = vec![0; BUFFER_BYTES];
        let mut hasher = Hasher::new();
        loop {
            let read = original.read(&mut buffer)?;
            if read == 0 {
                return Ok((hasher.count(), hasher.finalize()));
            }
            let is_allowed = read as u64 <= self.bytes_left;
            ensure!(
                is_allowed,
                "the files grew beyond max_bytes while they were copied"
            );
            self.bytes_left -= read as u64;
            hasher.update(&buffer[..read]);
            copy.write_all(&buffer[..read])?;
        }
    }
}
