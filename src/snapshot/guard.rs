//! Protects the store, its log and every link on the way to them: they are never part of a snapshot,
//! and a checkout never writes to them or moves them.

use std::collections::HashSet;
use std::io::{self, ErrorKind::NotFound};
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use anyhow::{Context, Result, ensure};

use super::dir::{Dir, FileId, Kind, Meta, file_id};
use super::{SNAPSHOTS, cannot};
use crate::store::Store;

/// The protected files by identity, because a bind mount or a hard link is another path to the same
/// file.
pub(super) struct StoreGuard(HashSet<FileId>);

impl StoreGuard {
    pub(super) fn new(store: &Store) -> Result<Self> {
        let mut guard = Self(HashSet::new());
        let mut paths = vec![
            store.log_path().to_owned(),
            store.snapshot_root().join(SNAPSHOTS),
        ];
        if let Some(dir) = store.dir() {
            paths.extend([dir.to_owned(), dir.join("lineage.toml")]);
        }
        for path in paths {
            match guard.add(&path) {
                Err(error) if error.kind() == NotFound => {} // nothing to protect
                added => added.with_context(cannot("look at", &path))?,
            }
        }
        Ok(guard)
    }

    /// Adds what is at a path, and every link on the way to it.
    fn add(&mut self, path: &Path) -> io::Result<()> {
        self.add_links(&std::path::absolute(path)?)?;
        self.0.insert(file_id(path)?);
        Ok(())
    }

    fn add_links(&mut self, path: &Path) -> io::Result<()> {
        for prefix in path.ancestors() {
            let meta = prefix.symlink_metadata()?;
            if meta.is_symlink() && self.0.insert((meta.dev(), meta.ino())) {
                let parent = prefix.parent().unwrap_or(Path::new("/"));
                self.add_links(&parent.join(prefix.read_link()?))?;
            }
        }
        Ok(())
    }

    pub(super) fn protects(&self, meta: &Meta) -> bool {
        self.0.contains(&meta.id)
    }

    /// Fails if a path is in the store. It need not exist yet.
    pub(super) fn check_outside(&self, full: &Path, shown: &Path) -> Result<()> {
        for path in full.ancestors() {
            let is_protected = match file_id(path) {
                Err(error) if error.kind() == NotFound => false,
                id => self.0.contains(&id.with_context(cannot("look at", path))?),
            };
            ensure!(
                !is_protected,
                "{} is in the store; use another directory",
                shown.display()
            );
        }
        Ok(())
    }

    /// Fails if what is at a path is protected or contains what is.
    pub(super) fn check_movable(&self, dir: &Dir, path: &Path) -> Result<()> {
        let meta = dir.metadata(path)?;
        let mut is_protected = self.protects(&meta);
        if meta.kind == Kind::Dir {
            let contents = dir.open_dir(path)?.walk(|_, _| Ok(true))?;
            is_protected |= contents.iter().any(|(_, meta)| self.protects(meta));
        }
        ensure!(
            !is_protected,
            "{} is or contains the store or its log, which is never moved",
            path.display()
        );
        Ok(())
    }
}
