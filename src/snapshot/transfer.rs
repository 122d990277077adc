//! Copies snapshots from one store into another. Each file is compared with its manifest first, then hard-linked if
//! both stores are on one file system.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, Error, Result, bail, ensure};

use super::compare::{HashCache, hash_file};
use super::dir::{Dir, FileId, Kind, Meta, set_mode};
use super::manifest::Entry;
use super::prune::is_pruned;
use super::staging::{StagedSnapshot, Staging};
use super::{Snapshot, cannot};
use crate::files::copy_to_file;
use crate::store::Store;

/// Copies the snapshots of one store into another.
pub struct SnapshotCopier<'s> {
    source: &'s Store,
    staging: Staging,
    hashes: HashCache,
    /// The copies of files of the source, so that what it stores once is stored once.
    copies: HashMap<FileId, PathBuf>,
}

/// Fails if the snapshot at a `snapshot_path` is missing or damaged.
pub fn verify_snapshot(store: &Store, path: &str) -> Result<()> {
    open_intact(store, path, &mut HashCache::new()).map(drop)
}

fn open_intact(store: &Store, path: &str, hashes: &mut HashCache) -> Result<Snapshot> {
    ensure!(!is_pruned(store, Path::new(path)), "it was pruned");
    let snapshot = Snapshot::open(store, Path::new(path), "")?;
    for entry in &snapshot.entries {
        if let Some(damage) = snapshot.find_damage(entry, hashes) {
            bail!("{path}/{} {damage}", entry.path.display());
        }
    }
    Ok(snapshot)
}

impl<'s> SnapshotCopier<'s> {
    pub fn new(source: &'s Store, target: &Store) -> Result<Self> {
        Ok(Self {
            source,
            staging: Staging::open(target)?,
            hashes: HashCache::new(),
            copies: HashMap::new(),
        })
    }

    /// Copies a snapshot aside, to be placed once its trial has its id.
    pub fn copy(&mut self, path: &str) -> Result<StagedSnapshot> {
        let mut snapshot = open_intact(self.source, path, &mut self.hashes)?;
        let staged = self.staging.create(snapshot.dir.mode()?)?;
        let tree = staged.tree()?;
        let mut entries = std::mem::take(&mut snapshot.entries);
        for entry in &mut entries {
            let copied = match entry.kind {
                Kind::Dir => tree
                    .create_dir(&entry.path, entry.mode)
                    .map(drop)
                    .map_err(Error::from),
                Kind::Link => tree
                    .create_link(&entry.path, &entry.target)
                    .map_err(Error::from),
                _ => self.copy_file(&snapshot, entry, &tree, &staged),
            };
            copied.with_context(cannot("copy", &entry.path))?;
        }
        staged
            .finish(&entries)
            .context("cannot write the manifest")?;
        Ok(staged)
    }

    fn copy_file(
        &mut self,
        snapshot: &Snapshot,
        entry: &mut Entry,
        tree: &Dir,
        staged: &StagedSnapshot,
    ) -> Result<()> {
        let path = &entry.path;
        let mut original = snapshot.open_file(path)?;
        let meta = Meta::of_file(&original)?;
        // What identified the original is not true of the machine or the path of another store.
        entry.seen.clear();
        entry.modified = meta.modified;
        if entry.hash.is_none() {
            entry.hash = Some(hash_file(&mut snapshot.open_file(path)?)?);
        }
        let is_frozen = meta.mode == entry.frozen_mode();
        if is_frozen && snapshot.dir.hard_link(path, tree, path).is_ok() {
            return Ok(());
        }
        if let Some(copy) = self.copies.get(&meta.id)
            && self.staging.snapshots.hard_link(copy, tree, path).is_ok()
        {
            return Ok(());
        }
        let mut copy = tree.create_file(path)?;
        let copied = copy_to_file(&mut original, &mut copy)?;
        ensure!(copied == entry.len, "its length has just changed");
        set_mode(&copy, entry.frozen_mode())?;
        copy.set_modified(original.metadata()?.modified()?)?;
        self.copies.insert(meta.id, staged.path_of(path));
        Ok(())
    }
}
