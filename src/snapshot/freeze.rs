//! Makes a snapshot. The files are copied before the log is locked, however long that takes; under
//! the lock, the copy is only renamed.

use std::io::ErrorKind::AlreadyExists;
use std::path::Path;

use anyhow::{Context, Result, bail};

use super::copy::Copier;
use super::dir::Meta;
use super::guard::StoreGuard;
use super::staging::{StagedSnapshot, remove_abandoned};
use super::walk::{Work, list_work};
use super::{Progress, SNAPSHOTS, Snapshot, cannot, open_below};
use crate::output::format;
use crate::store::Store;

/// Copies files aside, to be placed once the trial has its id. Files that the snapshot at the path
/// `base` already has are shared with it.
pub fn freeze(
    store: &Store,
    source: &Path,
    base: Option<&str>,
    progress: Progress,
) -> Result<StagedSnapshot> {
    let store_dir = store.dir().with_context(|| {
        let log = store.log_path().display();
        format!("{log} has no store for snapshots; `lineage init` makes one")
    })?;
    let mut work = list_work(source, &StoreGuard::new(store)?, None)?;
    let max_bytes = store.settings.snapshot.max_bytes;
    check_size(&work, source, max_bytes)?;
    let path = store_dir.join(SNAPSHOTS);
    match std::fs::create_dir(&path) {
        Err(error) if error.kind() == AlreadyExists => {}
        created => created.with_context(cannot("create the directory", &path))?,
    }
    let snapshots = open_below(store_dir, Path::new(SNAPSHOTS))?;
    remove_abandoned(&snapshots, &path);
    let mode = Meta::of_file(work.dir.handle())?.mode;
    let mut staged = StagedSnapshot::create(&snapshots, &path, mode, store.settings.durability)?;
    let tree = staged.tree();
    let mut copier = Copier {
        // A damaged base costs space, not the snapshot; `lineage check` reports the damage.
        base: base.and_then(|base| Snapshot::open(store, base, "").ok()),
        tree: tree.with_context(cannot("open", staged.path()))?,
        work: &mut work,
        bytes_left: max_bytes,
    };
    let entries = copier.copy_all(progress);
    let entries = entries.with_context(cannot("freeze", source))?;
    let finished = staged.finish(&entries);
    finished.with_context(cannot("write", staged.path()))?;
    staged.notes = work.notes;
    Ok(staged)
}

fn check_size(work: &Work, source: &Path, max_bytes: u64) -> Result<()> {
    let total = work.total_bytes();
    if total <= max_bytes {
        return Ok(());
    }
    let mut largest = String::new();
    if let Some((path, meta)) = work.files().max_by_key(|(_, meta)| meta.len) {
        largest = format!(" ({} alone {})", path.display(), format::bytes(meta.len));
    }
    bail!(
        "{} has {}{largest}, more than the limit of {}; ignore files with .lineageignore, or raise \
         max_bytes under [snapshot] in lineage.toml",
        source.display(),
        format::bytes(total),
        format::bytes(max_bytes)
    )
}
