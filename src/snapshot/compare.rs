//! Comparison of a snapshot with files on disk, and of two snapshots with each other.

use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use anyhow::{Context, Result, bail, ensure};
use blake3::{Hash, Hasher};

use super::Snapshot;
use super::dir::{Dir, FileId, Kind, Meta};
use super::manifest::Entry;

/// A longer file is not compared line by line.
const MAX_TEXT_BYTES: u64 = 32 * 1024 * 1024;

/// A file with a NUL in so many first bytes is binary, as in git.
const BINARY_PROBE_BYTES: u64 = 8000;

/// Hashes of files, so that one with several hard links is read once.
pub(super) type HashCache = HashMap<FileId, Hash>;

fn cached_hash(hashes: &mut HashCache, dir: &Dir, path: &Path, meta: &Meta) -> io::Result<Hash> {
    if let Some(hash) = hashes.get(&meta.id) {
        return Ok(*hash);
    }
    let hash = hash_file(&mut dir.open_file(path)?)?;
    hashes.insert(meta.id, hash);
    Ok(hash)
}

/// Computes the hash of a file.
pub(super) fn hash_file(file: &mut File) -> io::Result<Hash> {
    let mut hasher = Hasher::new();
    hasher.update_reader(file)?;
    Ok(hasher.finalize())
}

/// Describes a difference of permissions.
pub(super) fn describe_modes(found: u32, wanted: u32) -> String {
    format!("has permissions {found:03o}, not {wanted:03o}")
}

/// What a directory has at the path of an entry.
pub(super) enum State {
    Missing,
    Same,
    /// The same contents with other permissions.
    OtherMode(Meta),
    /// Something else, described for a person.
    Different(String),
}

impl State {
    pub(super) fn is_kept(&self) -> bool {
        matches!(self, Self::Same | Self::OtherMode(_))
    }
}

impl Snapshot {
    /// What is wrong with the frozen file of an entry, whatever its permissions are.
    pub(super) fn find_damage(&self, entry: &Entry, hashes: &mut HashCache) -> Option<String> {
        match self.compare_entry(entry, entry.frozen_mode(), &self.dir, hashes) {
            // Git does not preserve empty directories; the manifest has them.
            State::Missing if entry.kind == Kind::Dir => None,
            State::Missing => Some("is missing".to_owned()),
            State::Different(difference) => Some(difference),
            _ => None,
        }
    }

    /// Fails if the frozen file of an entry is not what was frozen.
    pub(super) fn check_entry(&self, entry: &Entry, hashes: &mut HashCache) -> Result<()> {
        let Some(damage) = self.find_damage(entry, hashes) else {
            return Ok(());
        };
        let (trial, path) = (&self.trial, entry.path.display());
        bail!(
            "the snapshot of trial {trial} is damaged: {path} {damage}; `lineage check` lists all damage"
        )
    }

    /// Compares an entry with what is at its path in `dir`, which should have the permissions `mode`.
    pub(super) fn compare_entry(
        &self,
        entry: &Entry,
        mode: u32,
        dir: &Dir,
        hashes: &mut HashCache,
    ) -> State {
        let compared = self.try_compare(entry, mode, dir, hashes);
        compared.unwrap_or_else(|error| State::Different(format!("cannot be read: {error:#}")))
    }

    fn try_compare(
        &self,
        entry: &Entry,
        mode: u32,
        dir: &Dir,
        hashes: &mut HashCache,
    ) -> Result<State> {
        let path = &entry.path;
        let Some(meta) = dir.find(path)? else {
            return Ok(State::Missing);
        };
        if meta.kind != entry.kind {
            return Ok(State::Different(format!("is {}", meta.kind.describe())));
        }
        if entry.kind == Kind::Link {
            let target = dir.read_link(path)?;
            if target != entry.target {
                let target = target.display();
                return Ok(State::Different(format!("points to {target}")));
            }
            return Ok(State::Same);
        }
        if entry.kind == Kind::File
            && (entry.len != meta.len
                || self.content_hash(entry)? != cached_hash(hashes, dir, path, &meta)?)
        {
            return Ok(State::Different("has different contents".to_owned()));
        }
        if meta.mode == mode {
            return Ok(State::Same);
        }
        Ok(State::OtherMode(meta))
    }

    /// The hash of a file: from the manifest or, without one, of the frozen file.
    fn content_hash(&self, entry: &Entry) -> Result<Hash> {
        match entry.hash {
            Some(hash) => Ok(hash),
            None => Ok(hash_file(&mut self.open_file(&entry.path)?)?),
        }
    }

    /// Reads an entry, to show it in a diff.
    pub fn read_side(&self, entry: &Entry) -> Result<Side> {
        let mut mode = "120000";
        let mut text = Ok(entry.target.as_encoded_bytes().to_vec());
        if entry.kind == Kind::File {
            mode = if is_executable(entry) {
                "100755"
            } else {
                "100644"
            };
            text = self.read_text(entry)?;
        }
        Ok(Side { mode, text })
    }

    fn read_text(&self, entry: &Entry) -> Result<Result<Vec<u8>, &'static str>> {
        let place = self.describe_file(&entry.path);
        let mut file = self.open_file(&entry.path)?;
        let mut bytes = Vec::new();
        let probe = (&mut file).take(BINARY_PROBE_BYTES).read_to_end(&mut bytes);
        probe.with_context(|| format!("cannot read {place}"))?;
        if memchr::memchr(0, &bytes).is_some() {
            return Ok(Err("it is binary"));
        }
        if file.metadata()?.len() > MAX_TEXT_BYTES {
            return Ok(Err("it is too long"));
        }
        let read = file.read_to_end(&mut bytes);
        read.with_context(|| format!("cannot read {place}"))?;
        let is_intact = entry.hash.is_none_or(|hash| hash == blake3::hash(&bytes));
        ensure!(
            is_intact,
            "{place} is not what was frozen any more; `lineage check` lists all damage"
        );
        Ok(Ok(bytes))
    }
}

/// A path that differs between two snapshots: added if `before` is `None`, removed if `after` is.
#[derive(Clone, Copy, Debug)]
pub struct Change<'a> {
    pub path: &'a Path,
    pub before: Option<&'a Entry>,
    pub after: Option<&'a Entry>,
}

impl<'a> Change<'a> {
    fn new(path: &'a Path, before: Option<&'a Entry>, after: Option<&'a Entry>) -> Self {
        Self {
            path,
            before,
            after,
        }
    }
}

/// One side of a change, read.
#[derive(Clone, Debug)]
pub struct Side {
    /// In git's format.
    pub mode: &'static str,
    /// The text of a file or the target of a link, or why it cannot be shown.
    pub text: Result<Vec<u8>, &'static str>,
}

/// Lists every file and link that differs, by path. Files with the same hash in both manifests are
/// not read.
pub fn compare_snapshots<'a>(before: &'a Snapshot, after: &'a Snapshot) -> Result<Vec<Change<'a>>> {
    let mut paths: BTreeMap<&Path, (Option<&Entry>, Option<&Entry>)> = BTreeMap::new();
    let is_listed = |entry: &&Entry| entry.kind != Kind::Dir;
    for entry in before.entries.iter().filter(is_listed) {
        paths.entry(&entry.path).or_default().0 = Some(entry);
    }
    for entry in after.entries.iter().filter(is_listed) {
        paths.entry(&entry.path).or_default().1 = Some(entry);
    }
    let mut changes = Vec::new();
    for (path, (old, new)) in paths {
        if let (Some(old), Some(new)) = (old, new) {
            if old.kind != new.kind {
                // A patch removes the one and adds the other.
                changes.push(Change::new(path, Some(old), None));
                changes.push(Change::new(path, None, Some(new)));
                continue;
            }
            if !differ(before, old, after, new)? {
                continue;
            }
        }
        changes.push(Change::new(path, old, new));
    }
    Ok(changes)
}

fn differ(before: &Snapshot, old: &Entry, after: &Snapshot, new: &Entry) -> Result<bool> {
    if old.kind == Kind::Link {
        return Ok(old.target != new.target);
    }
    Ok(is_executable(old) != is_executable(new)
        || old.len != new.len
        || before.content_hash(old)? != after.content_hash(new)?)
}

/// Only this permission is part of a diff; the others depend on the umask.
fn is_executable(entry: &Entry) -> bool {
    entry.mode & 0o100 != 0
}
