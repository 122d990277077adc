//! A snapshot in the making: a directory `.freezing-…` next to the snapshots. Its writer holds a shared
//! lock on the directory of all snapshots. A process that can lock it alone knows that the others are dead.

use std::fs::{File, TryLockError, create_dir_all, remove_dir_all};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use anyhow::{Context, Result, ensure};
use tempfile::TempDir;

use super::dir::{Dir, Kind, set_mode};
use super::manifest::{Entry, format_manifest};
use super::{SNAPSHOTS, cannot, has_pruned_mark, manifest_name, open_all};
use crate::log::ExpId;
use crate::store::{Durability, Store};

const PREFIX: &str = ".freezing-";
const TREE: &str = "tree";
const MANIFEST: &str = "manifest";

/// Up to so many files are flushed one by one, more by flushing the file system.
#[cfg(target_os = "linux")]
const MAX_SINGLE_FLUSHES: usize = 32;

/// No other user may write to a snapshot.
const NO_WRITE_FOR_OTHERS: u32 = !0o022;

/// So many characters of a domain become part of a name.
const MAX_DOMAIN_CHARS: usize = 64;

/// The directory of all snapshots, locked by a writer.
#[derive(Clone)]
pub(super) struct Staging {
    pub(super) snapshots: Rc<Dir>,
    path: PathBuf,
    /// The permissions of manifests.
    mode: u32,
    durability: Durability,
}

impl Staging {
    /// Locks the directory of all snapshots, which is created if necessary, and removes what dead writers left.
    pub(super) fn open(store: &Store) -> Result<Self> {
        let log = store.log_path().display();
        ensure!(
            store.dir().is_some(),
            "{log} has no store for snapshots; `lineage init` makes one"
        );
        let path = store.snapshot_root().join(SNAPSHOTS);
        create_dir_all(&path).with_context(cannot("create the directory", &path))?;
        let snapshots = open_all(store)?;
        remove_abandoned(&snapshots, &path);
        // If the file system has no locks, no other process can lock it alone either.
        let _ = snapshots.handle().lock_shared();
        Ok(Self {
            snapshots: Rc::new(snapshots),
            path,
            mode: store.derived_mode() & 0o444,
            durability: store.settings.durability,
        })
    }

    /// Creates a directory with an empty `tree`, which gets the permissions of the work.
    pub(super) fn create(&self, mode: u32) -> Result<StagedSnapshot> {
        let temporary = tempfile::Builder::new()
            .prefix(PREFIX)
            .tempdir_in(&self.path);
        let staged = StagedSnapshot {
            staging: self.clone(),
            name: String::new(),
            notes: Vec::new(),
            temporary: temporary.with_context(cannot("create a directory in", &self.path))?,
        };
        let tree = staged
            .dir()
            .and_then(|dir| dir.create_dir(TREE, mode & NO_WRITE_FOR_OTHERS));
        tree.with_context(cannot("open", staged.temporary.path()))?;
        Ok(staged)
    }
}

/// A snapshot whose row is not written yet. Dropping it removes it, unless `keep` is called. It holds no
/// open file, because an import may have thousands of them.
pub struct StagedSnapshot {
    /// Removes the directory in the end; the next writer removes what is left.
    temporary: TempDir,
    staging: Staging,
    /// The final name, once it is placed; empty when it is kept.
    name: String,
    /// Messages for the user.
    pub notes: Vec<String>,
}

impl Drop for StagedSnapshot {
    fn drop(&mut self) {
        // Under a final name, nothing is removed in part. `lineage check` finds what stays.
        if !self.name.is_empty()
            && let Ok(dir) = self.dir()
        {
            let manifest = manifest_name(&self.name);
            let snapshots = &self.staging.snapshots;
            let _ = snapshots.rename(&*self.name, &dir, TREE);
            let _ = snapshots.rename(&*manifest, &dir, MANIFEST);
        }
    }
}

impl StagedSnapshot {
    fn dir(&self) -> io::Result<Dir> {
        let name = self.temporary.path().file_name().unwrap_or_default();
        self.staging.snapshots.open_dir(name)
    }

    /// The directory for the files of the snapshot.
    pub(super) fn tree(&self) -> io::Result<Dir> {
        self.dir()?.open_dir(TREE)
    }

    /// The path of one of its files below the directory of all snapshots.
    pub(super) fn path_of(&self, path: &Path) -> PathBuf {
        let name = self.temporary.path().file_name().unwrap_or_default();
        Path::new(name).join(TREE).join(path)
    }

    /// Writes the manifest, and flushes everything if the store wants that.
    pub(super) fn finish(&self, entries: &[Entry]) -> io::Result<()> {
        let dir = self.dir()?;
        let mut file = dir.create_file(MANIFEST)?;
        file.write_all(format_manifest(entries).as_bytes())?;
        set_mode(&file, self.staging.mode)?;
        match self.staging.durability {
            Durability::Full => self.flush(&dir, &file, entries),
            Durability::None => Ok(()),
        }
    }

    /// For thousands of files, one flush of the file system is much faster. For a few, it would also
    /// wait for gigabytes that others may have written.
    fn flush(&self, dir: &Dir, manifest: &File, entries: &[Entry]) -> io::Result<()> {
        #[cfg(target_os = "linux")]
        if entries.len() > MAX_SINGLE_FLUSHES {
            return Ok(rustix::fs::syncfs(dir.handle())?);
        }
        let tree = self.tree()?;
        for entry in entries {
            match entry.kind {
                Kind::File => tree.open_file(&entry.path)?.sync_all()?,
                Kind::Dir => tree.open_dir(&entry.path)?.handle().sync_all()?,
                _ => {} // a link is flushed with its directory
            }
        }
        manifest.sync_all()?;
        tree.handle().sync_all()?;
        dir.handle().sync_all()
    }

    /// Gives the snapshot its final name, `<id>_<domain>`. Must be called with the log locked, because
    /// only then the id is certain. If the name is taken, a number is added to it. A snapshot that is placed stays there.
    pub fn place(self, id: &ExpId, domain: &str) -> Result<Self> {
        if !self.name.is_empty() {
            return Ok(self);
        }
        let placed = self.place_unflushed(id, domain)?;
        let flushed = placed.flush_names();
        flushed.with_context(|| describe_unplaced(&placed.name))?;
        Ok(placed)
    }

    /// The same, but `flush_names` of any of the snapshots that are placed together has to follow.
    pub fn place_unflushed(mut self, id: &ExpId, domain: &str) -> Result<Self> {
        let name = snapshot_name(id, domain);
        let placed = self.publish(&name);
        placed.with_context(|| describe_unplaced(&name))?;
        Ok(self)
    }

    fn publish(&mut self, name: &str) -> io::Result<()> {
        let (dir, snapshots) = (self.dir()?, &self.staging.snapshots);
        self.name = find_free_name(snapshots, name)?;
        // The manifest first: a directory with a final name always has one.
        dir.rename(MANIFEST, snapshots, &manifest_name(&self.name))?;
        dir.rename(TREE, snapshots, &self.name)
    }

    /// Flushes the final names of all snapshots.
    pub fn flush_names(&self) -> io::Result<()> {
        match self.staging.durability {
            Durability::Full => self.staging.snapshots.handle().sync_all(),
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

fn describe_unplaced(name: &str) -> String {
    format!("cannot put the snapshot {name} into the store")
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
    let mut n = 1;
    while snapshots.find(&candidate)?.is_some() || has_pruned_mark(snapshots, &candidate)? {
        n += 1;
        candidate = format!("{name}.{n}");
    }
    Ok(candidate)
}

/// Whether a writer is between its snapshot and its row.
pub(super) fn has_writer(snapshots: &Dir) -> bool {
    matches!(snapshots.handle().try_lock(), Err(TryLockError::WouldBlock))
}

/// Removes what killed writers left, if the store has snapshots and no writer is between its snapshot and its row.
pub fn remove_unfinished_snapshots(store: &Store) {
    if store.dir().is_some()
        && let Ok(snapshots) = open_all(store)
    {
        remove_abandoned(&snapshots, &store.snapshot_root().join(SNAPSHOTS));
    }
}

/// Removes what dead writers left. What cannot be removed is tried again by the next writer.
fn remove_abandoned(snapshots: &Dir, path: &Path) {
    if snapshots.handle().try_lock().is_err() {
        return;
    }
    for name in snapshots.list(Path::new("")).unwrap_or_default() {
        if name.to_string_lossy().starts_with(PREFIX) {
            let _ = remove_dir_all(path.join(name));
        }
    }
}
