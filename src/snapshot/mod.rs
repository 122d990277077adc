//! Snapshots: the files of a trial as they were frozen, stored read-only under `snapshots/` with a manifest. Nothing outside
//! the store and the directory of a checkout is read or written: every path is opened below a `dir::Dir`.
//!
//! `walk` finds the files to freeze, `staging` copies them before the log is locked, `freeze` fills the copy, `transfer` copies
//! snapshots of another store, `guard` protects the store from a checkout into it.

mod backups;
mod checkout;
mod compare;
mod dir;
mod freeze;
mod guard;
mod manifest;
mod prune;
mod staging;
mod transfer;
mod verify;
mod walk;
mod workdir;

use std::fs::File;
use std::io::{self, ErrorKind::NotFound, Seek};
use std::path::Path;

use anyhow::{Context, Result, bail, ensure};

use self::compare::hash_file;
use self::dir::{Dir, Kind, check_relative, file_id};
use self::prune::is_pruned;
pub use self::{
    backups::remove_backups,
    checkout::{CheckoutOptions, CheckoutOutcome, check_out},
    compare::{Change, Side, compare_snapshots},
    freeze::freeze,
    manifest::Entry,
    prune::{list_stored, prune_snapshots},
    staging::{StagedSnapshot, remove_unfinished_snapshots},
    transfer::{SnapshotCopier, verify_snapshot},
    verify::{list_snapshots, verify_snapshots},
    workdir::{WorkFile, Workdir, read_workdir},
};
use crate::files::{cannot, open_input, read_bounded};
use crate::index::IndexedLog;
use crate::log::{ExpId, Log, Role, Row, Source, Trial};
use crate::store::Store;
use crate::text::nearest;

/// The directory of all snapshots in a store.
const SNAPSHOTS: &str = "snapshots";

/// A manifest has the name of its snapshot with this suffix.
const MANIFEST_SUFFIX: &str = ".manifest";
const PRUNED_SUFFIX: &str = ".pruned";

/// Enough for a million files.
const MAX_MANIFEST_BYTES: u64 = 256 * 1024 * 1024;

/// Called with how much is done and how much there is to do.
pub type Progress<'p> = &'p mut dyn FnMut(u64, u64);

/// An open snapshot.
#[derive(Debug)]
pub struct Snapshot {
    /// The id of the trial, as it is shown.
    pub trial: String,
    dir: Dir,
    /// Sorted by path.
    entries: Vec<Entry>,
}

/// Whether a trial has a snapshot that can be opened.
pub fn has_usable_snapshot(store: &Store, row: &Row) -> bool {
    let path = row.text(Role::Snapshot);
    let is_named = !path.is_empty() && row.damage.is_none();
    is_named && Snapshot::open(store, Path::new(&*path), &row.name()).is_ok()
}

/// Whether the snapshot that a trial had was pruned.
pub fn has_pruned_snapshot(store: &Store, row: &Row) -> bool {
    row.damage.is_none() && is_pruned(store, Path::new(&*row.text(Role::Snapshot)))
}

/// Opens the snapshot of a trial. If it has none, the error names the nearest ancestor that has one.
pub fn open_snapshot(store: &Store, log: &IndexedLog, row: &Row) -> Result<Snapshot> {
    let (trial, path) = (row.name(), row.text(Role::Snapshot));
    let path = Path::new(&*path);
    let problem = if path.as_os_str().is_empty() || row.damage.is_some() {
        let verb = if row.is_imported() {
            "imported"
        } else {
            "logged"
        };
        format!("trial {trial} was {verb} without a snapshot")
    } else if is_pruned(store, path) {
        format!("the snapshot of trial {trial} was pruned")
    } else if let Some(place) = store.elsewhere(path) {
        format!("the snapshot of trial {trial} is on another host, at {place}")
    } else {
        match Snapshot::open(store, path, &trial) {
            Err(error) if is_not_found(&error) => {
                format!(
                    "the snapshot of trial {trial} is missing ({})",
                    path.display()
                )
            }
            opened => {
                let context = || format!("the snapshot of trial {trial} cannot be used");
                return opened.with_context(context);
            }
        }
    };
    let ancestor = describe_nearest_snapshot(store, log, row)?;
    bail!("{problem}, so its files cannot be restored; {ancestor}")
}

fn describe_nearest_snapshot(store: &Store, log: &IndexedLog, row: &Row) -> Result<String> {
    let nearest = match row.parent() {
        Some(parent) => find_nearest_snapshot(store, log, &parent)?,
        None => None,
    };
    Ok(match nearest {
        Some(nearest) => {
            let name = nearest.row().name();
            format!("the nearest ancestor with a snapshot is trial {name}")
        }
        None => "none of its ancestors has a snapshot".to_owned(),
    })
}

fn is_not_found(error: &anyhow::Error) -> bool {
    let cause = error.root_cause().downcast_ref::<io::Error>();
    cause.is_some_and(|cause| cause.kind() == NotFound)
}

/// Finds the nearest trial whose snapshot is there, from `id` upwards.
pub fn find_nearest_snapshot(store: &Store, log: &IndexedLog, id: &ExpId) -> Result<Option<Trial>> {
    if log.find(id)?.is_none() {
        return Ok(None);
    }
    let Some(chain) = log.chain(Some(id))? else {
        return Ok(None);
    };
    for &offset in chain.offsets.iter().rev() {
        let trial = log.at(offset)?;
        let row = trial.row();
        let path = row.text(Role::Snapshot);
        if row.damage.is_none() && can_open(store, Path::new(&*path)) {
            return Ok(Some(trial));
        }
    }
    Ok(None)
}

fn can_open(store: &Store, path: &Path) -> bool {
    !path.as_os_str().is_empty()
        && !is_pruned(store, path)
        && open_snapshot_dir(store, path).is_ok()
}

impl Snapshot {
    /// Opens the snapshot at a `snapshot_path`.
    fn open(store: &Store, path: &Path, trial: &str) -> Result<Self> {
        let dir = open_snapshot_dir(store, path)?;
        let entries = match read_manifest(store, path)? {
            Some(entries) => entries,
            None => list_entries(&dir).with_context(cannot("read", path))?,
        };
        Ok(Self {
            trial: trial.to_owned(),
            dir,
            entries,
        })
    }

    fn find_entry(&self, path: &Path) -> Option<&Entry> {
        let at = self
            .entries
            .binary_search_by(|entry| (*entry.path).cmp(path));
        at.ok().map(|at| &self.entries[at])
    }

    fn find_file(&self, path: &Path) -> Option<&Entry> {
        self.find_entry(path)
            .filter(|entry| entry.kind == Kind::File)
    }

    fn describe_file(&self, path: &Path) -> String {
        format!("{} in the snapshot of trial {}", path.display(), self.trial)
    }

    /// Opens a file of the snapshot, whatever it contains now.
    fn open_file(&self, path: &Path) -> Result<File> {
        let opened = self.dir.open_file(path);
        opened.with_context(|| format!("cannot open {}", self.describe_file(path)))
    }

    fn suggest_file(&self, path: &Path) -> String {
        let files = self.entries.iter().filter(|entry| entry.kind == Kind::File);
        let names = files.take(1000).map(|entry| entry.path.to_string_lossy());
        let names: Vec<_> = names.collect();
        nearest(&path.to_string_lossy(), names.iter().map(AsRef::as_ref))
    }

    /// Opens a file of the snapshot, if it is what was frozen.
    pub fn open_verified(&self, path: &Path) -> Result<File> {
        let path = match path.strip_prefix(".") {
            Ok(below) if below != Path::new("") => below,
            _ => path,
        };
        let mut file = match self.open_file(path) {
            Err(_) if self.find_entry(path).is_none() => {
                let (trial, shown) = (&self.trial, path.display());
                let help = self.suggest_file(path);
                bail!("the snapshot of trial {trial} has no file '{shown}'; {help}")
            }
            opened => opened?,
        };
        let place = self.describe_file(path);
        let entry = self.find_file(path);
        let entry =
            entry.with_context(|| format!("{place} was added later; it is not in the manifest"))?;
        // Without a hash, another program made the snapshot.
        if entry.hash.is_some() {
            let hash = hash_file(&mut file).with_context(|| format!("cannot read {place}"))?;
            ensure!(
                Some(hash) == entry.hash,
                "{place} is not what was frozen any more; `lineage check` lists all damage"
            );
            file.rewind()?;
        }
        Ok(file)
    }
}

/// Opens the directory at a `snapshot_path`, which must not be that of all snapshots.
fn open_snapshot_dir(store: &Store, path: &Path) -> Result<Dir> {
    let is_all = path.components().eq(Path::new(SNAPSHOTS).components());
    ensure!(
        !is_all,
        "'{SNAPSHOTS}' is the directory of all snapshots, not a snapshot"
    );
    let path = store.own_snapshot(path);
    check_relative(path)?;
    check_owner(store, path)?;
    open_below_root(store, path)
}

/// Fails if a log beside that of a store, which is read without the store, names a snapshot that a trial of the store has.
fn check_owner(store: &Store, path: &Path) -> Result<()> {
    let root = store.snapshot_root();
    if store.dir().is_some() || !root.join("lineage.toml").exists() {
        return Ok(());
    }
    let owner = Store::find(Some(&root))?;
    let owner_id = file_id(owner.log_path()).ok();
    if owner_id.is_none() || owner_id == file_id(store.log_path()).ok() {
        return Ok(());
    }
    let shown = owner.log_path().display();
    let file = open_input(owner.log_path()).with_context(cannot("open", owner.log_path()))?;
    let len = file.metadata()?.len();
    let options = owner.settings.log_options(None, None);
    let log = Log::open(owner.log_path(), Source::File(file), len, &options)?;
    let mut is_taken = false;
    log.for_each_row(|row| is_taken |= Path::new(&*row.text(Role::Snapshot)) == path)?;
    ensure!(!is_taken, "it belongs to a trial of {shown}");
    Ok(())
}

/// Opens a directory below that of the snapshots of a store; links are followed up to the latter only.
fn open_below_root(store: &Store, path: &Path) -> Result<Dir> {
    let root = store.snapshot_root();
    let opened = Dir::open(&root).and_then(|dir| dir.open_dir(path));
    opened.with_context(cannot("open", &root.join(path)))
}

/// Opens the directory of all snapshots.
fn open_all(store: &Store) -> Result<Dir> {
    open_below_root(store, Path::new(SNAPSHOTS))
}

fn manifest_name(snapshot: &str) -> String {
    format!("{snapshot}{MANIFEST_SUFFIX}")
}

/// The name of the manifest of a snapshot that was pruned.
fn pruned_name(snapshot: &str) -> String {
    format!("{snapshot}{PRUNED_SUFFIX}")
}

/// Whether a snapshot of this name was pruned: the name is not used again.
fn has_pruned_mark(snapshots: &dir::Dir, name: &str) -> io::Result<bool> {
    Ok(snapshots.find(pruned_name(name))?.is_some())
}

/// Reads the manifest next to a snapshot; `None` if another program made the snapshot.
fn read_manifest(store: &Store, path: &Path) -> Result<Option<Vec<Entry>>> {
    let path = store.own_snapshot(path);
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let relative = path.with_file_name(manifest_name(&name));
    let path = store.snapshot_root().join(&relative);
    let opened = Dir::open(&store.snapshot_root()).and_then(|dir| dir.open_file(&relative));
    let file = match opened {
        Err(error) if error.kind() == NotFound => return Ok(None),
        opened => opened.with_context(cannot("open", &path))?,
    };
    let read = read_bounded(file, MAX_MANIFEST_BYTES);
    let text = read.with_context(cannot("read", &path))?;
    manifest::parse_manifest(&text, &path).map(Some)
}

/// The entries of a snapshot without a manifest.
fn list_entries(dir: &Dir) -> Result<Vec<Entry>> {
    let mut entries = Vec::new();
    for (path, meta) in dir.walk(|_, meta| Ok(meta.kind != Kind::Special))? {
        let mut entry = Entry::new(path, &meta);
        if entry.kind == Kind::Link {
            entry.target = dir.read_link(&entry.path)?;
        }
        entries.push(entry);
    }
    Ok(entries)
}
