//! A snapshot in the making: a directory `.freezing-…` next to the snapshots, locked while its writer
//! lives. A writer that dies leaves it unlocked, and the next one removes it.

use std::fs::{File, TryLockError, remove_dir_all};
use std::io::{self, ErrorKind::NotFound, ErrorKind::PermissionDenied, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use super::dir::{Dir, Kind, set_mode};
use super::manifest::{Content, Entry, format_manifest};
use super::{SNAPSHOTS, cannot, manifest_name};
use crate::log::ExpId;
use crate::store::Durability;

const PREFIX: &str = ".freezing-";

/// Separates the name of the directory from the name that its snapshot is about to get.
const NAME_SEPARATOR: char = '@';

const TREE: &str = "tree";
const MANIFEST: &str = "manifest";

/// Up to so many files are flushed one by one, more by flushing the file system.
#[cfg(target_os = "linux")]
const MAX_SINGLE_FLUSHES: usize = 32;

/// Nobody else may write to a snapshot.
const NO_WRITE_FOR_OTHERS: u32 = !0o022;

/// So many characters of a domain become part of a name.
const MAX_DOMAIN_CHARS: usize = 64;

const MAX_ATTEMPTS: u32 = 100;

/// A snapshot whose row is not written yet. Dropping it removes it, unless `keep` is called.
pub struct StagedSnapshot {
    /// The directory of all snapshots.
    snapshots: Dir,
    path: PathBuf,
    dir: Dir,
    durability: Durability,
    /// The final name, once it is placed; empty when it is kept.
    name: String,
    /// Messages for the user.
    pub notes: Vec<String>,
}

impl Drop for StagedSnapshot {
    fn drop(&mut self) {
        // `lineage check` finds what cannot be removed, and the next writer tries again.
        if !self.name.is_empty() {
            let manifest = manifest_name(&self.name);
            let _ = self.snapshots.rename(&*self.name, &self.dir, TREE);
            let _ = self.snapshots.rename(&*manifest, &self.dir, MANIFEST);
        }
        let _ = remove_dir_all(&self.path);
    }
}

impl StagedSnapshot {
    /// Creates a locked directory with an empty `tree`, which gets the permissions of the work.
    pub(super) fn create(
        snapshots: &Dir,
        path: &Path,
        mode: u32,
        durability: Durability,
    ) -> Result<Self> {
        for _ in 0..MAX_ATTEMPTS {
            match Self::try_create(snapshots, path, mode, durability) {
                Err(error) if error.kind() == NotFound => {} // taken for abandoned
                created => return created.with_context(cannot("create a directory in", path)),
            }
        }
        bail!(
            "other writers keep removing the new directory in {}",
            path.display()
        )
    }

    /// Fails with `NotFound` if another writer removed the directory before it was locked.
    fn try_create(
        snapshots: &Dir,
        path: &Path,
        mode: u32,
        durability: Durability,
    ) -> io::Result<Self> {
        let temporary = tempfile::Builder::new().prefix(PREFIX).tempdir_in(path)?;
        let dir = snapshots.open_dir(temporary.path().file_name().unwrap_or_default())?;
        // If the file system has no locks, nobody else can lock and remove it either.
        if let Err(TryLockError::WouldBlock) = dir.handle().try_lock() {
            return Err(NotFound.into());
        }
        dir.create_dir(TREE, mode & NO_WRITE_FOR_OTHERS)?;
        let (snapshots, path) = (snapshots.open_dir("")?, temporary.keep());
        let (name, notes) = (String::new(), Vec::new());
        Ok(Self {
            snapshots,
            path,
            dir,
            durability,
            name,
            notes,
        })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// The directory for the files of the snapshot.
    pub(super) fn tree(&self) -> io::Result<Dir> {
        self.dir.open_dir(TREE)
    }

    /// Writes the manifest, and flushes everything if the store wants that.
    pub(super) fn finish(&self, entries: &[Entry]) -> io::Result<()> {
        let mut file = self.dir.create_file(MANIFEST)?;
        file.write_all(format_manifest(entries).as_bytes())?;
        set_mode(&file, 0o444)?;
        if self.durability == Durability::Full {
            self.flush(&file, entries)?;
        }
        Ok(())
    }

    /// For thousands of files, one flush of the file system is much faster. For a few, it would also
    /// wait for gigabytes that others may have written.
    fn flush(&self, manifest: &File, entries: &[Entry]) -> io::Result<()> {
        #[cfg(target_os = "linux")]
        if entries.len() > MAX_SINGLE_FLUSHES {
            return Ok(rustix::fs::syncfs(self.dir.handle())?);
        }
        let tree = self.tree()?;
        for entry in entries {
            match entry.content {
                Content::File(_) => tree.open_file(&entry.path)?.sync_all()?,
                Content::Dir => tree.open_dir(&entry.path)?.handle().sync_all()?,
                Content::Link(_) => {} // flushed with its directory
            }
        }
        manifest.sync_all()?;
        tree.handle().sync_all()?;
        self.dir.handle().sync_all()
    }

    /// Gives the snapshot its final name, `<id>_<domain>`. Must be called with the log locked, because
    /// only then the id is certain. If the name is taken, a number is added to it.
    pub fn place(mut self, id: &ExpId, domain: &str) -> Result<Self> {
        let name = snapshot_name(id, domain);
        let placed = self.publish(&name);
        placed.with_context(|| format!("cannot put the snapshot {name} into the store"))?;
        Ok(self)
    }

    fn publish(&mut self, name: &str) -> io::Result<()> {
        let name = find_free_name(&self.snapshots, name)?;
        // Until the row is written, the directory tells `lineage check` which snapshot to expect.
        let old_name = self.path.file_name().unwrap_or_default().to_string_lossy();
        let new_name = format!("{old_name}{NAME_SEPARATOR}{name}");
        self.snapshots
            .rename(&*old_name, &self.snapshots, &new_name)?;
        self.path.set_file_name(new_name);
        self.name = name;
        // The manifest first: a directory with a final name always has one.
        let manifest = manifest_name(&self.name);
        self.dir.rename(MANIFEST, &self.snapshots, &manifest)?;
        self.dir.rename(TREE, &self.snapshots, &self.name)?;
        match self.durability {
            Durability::Full => self.snapshots.handle().sync_all(),
            Durability::None => Ok(()),
        }
    }

    /// The path for the row, relative to the store.
    pub fn snapshot_path(&self) -> String {
        format!("{SNAPSHOTS}/{}", self.name)
    }

    /// Keeps the snapshot, now that its row is written.
    pub fn keep(mut self) {
        self.name.clear();
    }
}

/// The domain is free text: all but letters, digits, `_` and `-` become `-`.
fn snapshot_name(id: &ExpId, domain: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    let domain: String = domain.chars().take(MAX_DOMAIN_CHARS).collect();
    if domain.is_empty() {
        return id.to_string();
    }
    format!("{id}_{}", domain.replace(|c| !is_plain(c), "-"))
}

/// A snapshot without a row may have the name, if its writer was killed; it is never touched.
fn find_free_name(snapshots: &Dir, name: &str) -> io::Result<String> {
    let mut candidate = name.to_owned();
    for n in 2.. {
        let manifest = snapshots.find(manifest_name(&candidate))?;
        let is_replaceable = manifest.is_none_or(|meta| meta.kind == Kind::File);
        if is_replaceable && snapshots.find(&candidate)?.is_none() {
            break;
        }
        candidate = format!("{name}.{n}");
    }
    Ok(candidate)
}

/// The snapshots whose rows are being written, by the directories of living writers.
pub(super) fn list_pending(snapshots: &Dir) -> Vec<String> {
    let mut pending = Vec::new();
    for name in list_staging_dirs(snapshots) {
        let is_alive = match snapshots.open_dir(&name) {
            Ok(dir) => dir.handle().try_lock().is_err(),
            // Another user's; assume the best.
            Err(error) => error.kind() == PermissionDenied,
        };
        if let Some((_, snapshot)) = name.split_once(NAME_SEPARATOR)
            && is_alive
        {
            pending.push(snapshot.to_owned());
        }
    }
    pending
}

/// Removes what dead writers left.
pub(super) fn remove_abandoned(snapshots: &Dir, path: &Path) {
    for name in list_staging_dirs(snapshots) {
        if let Ok(dir) = snapshots.open_dir(&name)
            && dir.handle().try_lock().is_ok()
        {
            let _ = remove_dir_all(path.join(name)); // the next writer tries again
        }
    }
}

fn list_staging_dirs(snapshots: &Dir) -> Vec<String> {
    let names = snapshots.names().unwrap_or_default();
    let names = names.iter().filter_map(|name| name.to_str());
    let names = names.filter(|name| name.starts_with(PREFIX));
    names.map(str::to_owned).collect()
}
