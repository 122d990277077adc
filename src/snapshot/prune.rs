//! Removes snapshots that are no longer needed. The rows that name them stay. The manifest stays, too, under a name that
//! marks the snapshot as pruned.

use std::io::ErrorKind::NotFound;
use std::path::Path;

use anyhow::{Context, Result};

use super::{SNAPSHOTS, has_pruned_mark, manifest_name, open_all, pruned_name};
use super::{dir::Dir, staging::Staging};
use crate::store::Store;

/// Whether the snapshot at a `snapshot_path` was pruned.
pub(super) fn is_pruned(store: &Store, path: &Path) -> bool {
    let Some(name) = own_name(store.own_snapshot(path)) else {
        return false;
    };
    open_all(store).is_ok_and(|dir| has_pruned_mark(&dir, name).unwrap_or(false))
}

/// The name of a snapshot of this store; another program may have put its snapshots elsewhere.
fn own_name(path: &Path) -> Option<&str> {
    let mut parts = path.components();
    let (Some(dir), Some(name), None) = (parts.next(), parts.next(), parts.next()) else {
        return None;
    };
    (dir.as_os_str() == SNAPSHOTS).then(|| name.as_os_str().to_str())?
}

/// Those of the snapshots that are in the store.
pub fn list_stored(store: &Store, paths: Vec<String>) -> Vec<String> {
    let is_stored = |path: &String| {
        let path = store.own_snapshot(Path::new(path));
        own_name(path).is_some() && store.snapshot_root().join(path).is_dir()
    };
    paths.into_iter().filter(is_stored).collect()
}

/// Removes snapshots of the store.
pub fn prune_snapshots(store: &Store, paths: &[String]) -> Result<()> {
    let staging = Staging::open(store)?;
    // Before any mark: on a full disk, it cannot be created.
    let aside = staging.create(0o700)?;
    let aside = aside.tree()?;
    for path in paths {
        if let Some(name) = own_name(store.own_snapshot(Path::new(path))) {
            prune(&staging, name, &aside).with_context(|| format!("cannot prune {path}"))?;
        }
    }
    Ok(())
}

/// The mark comes first: without it, a snapshot that is gone would be a fault. What is moved aside is removed, at the
/// latest by the next writer.
fn prune(staging: &Staging, name: &str, aside: &Dir) -> Result<()> {
    let snapshots = &staging.snapshots;
    match snapshots.rename(&*manifest_name(name), snapshots, &*pruned_name(name)) {
        Err(error) if error.kind() == NotFound => {
            if !has_pruned_mark(snapshots, name)? {
                snapshots.create_file(pruned_name(name))?;
            }
        }
        renamed => renamed?,
    }
    snapshots.rename(name, aside, name)?;
    Ok(())
}
