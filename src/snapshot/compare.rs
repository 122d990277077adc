//! Comparison of a snapshot with files on disk, and of two snapshots with each other.

use std::collections::{BTreeMap, HashMap};
use std::ffi::OsString;
use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use anyhow::{Context, Result, ensure};
use blake3::{Hash, Hasher};

use super::Snapshot;
use super::dir::{Dir, FileId, Kind, Meta};
use super::manifest::{Content, Entry, FileContent};

/// A longer file is not compared line by line.
const MAX_TEXT_BYTES: u64 = 32 * 1024 * 1024;

/// A file with a NUL in so many first bytes is binary, as in git.
const BINARY_PROBE_BYTES: u64 = 8000;

/// How a file on disk differs from an entry of a snapshot.
#[derive(Debug)]
pub(super) enum Difference {
    Kind(Kind),
    Content,
    Target(OsString),
    /// The permissions that it has and should have.
    Mode(u32, u32),
    HardLink,
    Unreadable(String),
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Kind(kind) => write!(f, "is {}", kind.describe()),
            Self::Content => f.write_str("has different contents"),
            Self::Target(target) => write!(f, "points to {}", target.display()),
            Self::Mode(found, wanted) => {
                write!(f, "has permissions {found:03o}, not {wanted:03o}")
            }
            Self::HardLink => f.write_str("is a hard link to the frozen file"),
            Self::Unreadable(error) => write!(f, "cannot be read: {error}"),
        }
    }
}

impl From<io::Error> for Difference {
    fn from(error: io::Error) -> Self {
        Self::Unreadable(error.to_string())
    }
}

/// Hashes of files, so that one with several hard links is read once.
#[derive(Default)]
pub(super) struct HashCache(HashMap<FileId, Hash>);

impl HashCache {
    fn hash(&mut self, dir: &Dir, path: &Path, meta: &Meta) -> io::Result<Hash> {
        if let Some(hash) = self.0.get(&meta.id) {
            return Ok(*hash);
        }
        let hash = hash_file(&mut dir.open_file(path)?)?;
        self.0.insert(meta.id, hash);
        Ok(hash)
    }
}

/// Computes the hash of a file.
pub(super) fn hash_file(file: &mut File) -> io::Result<Hash> {
    let mut hasher = Hasher::new();
    hasher.update_reader(file)?;
    Ok(hasher.finalize())
}

impl Snapshot {
    /// Compares an entry with what is at its path in `dir`, without its permissions.
    pub(super) fn compare_entry(
        &self,
        entry: &Entry,
        dir: &Dir,
        meta: &Meta,
        hashes: &mut HashCache,
    ) -> Result<(), Difference> {
        let path = &entry.path;
        match (&entry.content, meta.kind) {
            (Content::Dir, Kind::Dir) => {}
            (Content::Link(target), Kind::Link) => {
                let found = dir.read_link(path)?;
                if found != *target {
                    return Err(Difference::Target(found));
                }
            }
            (Content::File(frozen), Kind::File) => {
                if frozen.len != meta.len
                    || self.content_hash(path, frozen)? != hashes.hash(dir, path, meta)?
                {
                    return Err(Difference::Content);
                }
            }
            (_, kind) => return Err(Difference::Kind(kind)),
        }
        Ok(())
    }

    /// The hash of a file: from the manifest or, without one, of the frozen file.
    fn content_hash(&self, path: &Path, frozen: &FileContent) -> io::Result<Hash> {
        match frozen.hash {
            Some(hash) => Ok(hash),
            None => hash_file(&mut self.dir.open_file(path)?),
        }
    }

    /// Reads an entry, to show it in a diff.
    pub fn read_side(&self, entry: &Entry) -> Result<Side> {
        let executable = is_executable(entry);
        let frozen = match &entry.content {
            Content::Link(target) => return Ok(Side::Link(target.clone())),
            Content::File(frozen) => frozen,
            Content::Dir => return Ok(Side::Binary { executable }),
        };
        let place = format!(
            "{} in the snapshot of trial {}",
            entry.path.display(),
            self.trial
        );
        let mut file = self.open_file(&entry.path)?;
        let mut bytes = Vec::new();
        let probe = (&mut file).take(BINARY_PROBE_BYTES).read_to_end(&mut bytes);
        probe.with_context(|| format!("cannot read {place}"))?;
        if memchr::memchr(0, &bytes).is_some() {
            return Ok(Side::Binary { executable });
        }
        if file.metadata()?.len() > MAX_TEXT_BYTES {
            return Ok(Side::TooLong { executable });
        }
        file.read_to_end(&mut bytes)
            .with_context(|| format!("cannot read {place}"))?;
        let is_intact = frozen.hash.is_none_or(|hash| hash == blake3::hash(&bytes));
        ensure!(
            is_intact,
            "{place} has changed; `lineage check` lists all damage"
        );
        Ok(Side::Text { executable, bytes })
    }
}

/// A path that differs between two snapshots: added if `before` is `None`, removed if `after` is.
#[derive(Clone, Debug)]
pub struct Change {
    pub before: Option<Entry>,
    pub after: Option<Entry>,
}

impl Change {
    fn new(before: Option<&Entry>, after: Option<&Entry>) -> Self {
        let (before, after) = (before.cloned(), after.cloned());
        Self { before, after }
    }

    pub fn path(&self) -> &Path {
        match (&self.before, &self.after) {
            (Some(entry), _) | (None, Some(entry)) => &entry.path,
            (None, None) => Path::new(""),
        }
    }
}

/// One side of a change, read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Side {
    Text { executable: bool, bytes: Vec<u8> },
    Binary { executable: bool },
    TooLong { executable: bool },
    Link(OsString),
}

/// Lists every file and link that differs, by path. Files with the same hash in both manifests are
/// not read.
pub fn compare_snapshots(before: &Snapshot, after: &Snapshot) -> Result<Vec<Change>> {
    let mut paths: BTreeMap<&Path, (Option<&Entry>, Option<&Entry>)> = BTreeMap::new();
    for entry in &before.entries {
        paths.entry(&entry.path).or_default().0 = Some(entry);
    }
    for entry in &after.entries {
        paths.entry(&entry.path).or_default().1 = Some(entry);
    }
    let mut changes = Vec::new();
    for (old, new) in paths.into_values() {
        let old = old.filter(|entry| entry.content != Content::Dir);
        let new = new.filter(|entry| entry.content != Content::Dir);
        match (old, new) {
            (None, None) => {}
            (Some(old), Some(new)) if is_link(old) != is_link(new) => {
                // A patch removes the one and adds the other.
                changes.push(Change::new(Some(old), None));
                changes.push(Change::new(None, Some(new)));
            }
            (Some(old), Some(new)) if !differ(before, old, after, new)? => {}
            (old, new) => changes.push(Change::new(old, new)),
        }
    }
    Ok(changes)
}

fn differ(before: &Snapshot, old: &Entry, after: &Snapshot, new: &Entry) -> Result<bool> {
    if let (Content::File(old_file), Content::File(new_file)) = (&old.content, &new.content) {
        if is_executable(old) != is_executable(new) || old_file.len != new_file.len {
            return Ok(true);
        }
        let old_hash = before.content_hash(&old.path, old_file)?;
        return Ok(old_hash != after.content_hash(&new.path, new_file)?);
    }
    Ok(old.content != new.content)
}

fn is_link(entry: &Entry) -> bool {
    matches!(entry.content, Content::Link(_))
}

/// Only this permission is part of a diff; the others depend on the umask.
fn is_executable(entry: &Entry) -> bool {
    entry.mode & 0o100 != 0
}
