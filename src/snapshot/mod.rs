//! Snapshots: the files of a trial as they were when it was logged, stored read-only under
//! `snapshots/` with a manifest. No path leads out of the store or of the directory of a checkout.

mod checkout;
mod compare;
mod copy;
mod dir;
mod freeze;
mod guard;
mod manifest;
mod staging;
mod verify;
mod walk;
mod workdir;

use std::fs::File;
use std::io::{self, ErrorKind::NotFound, Read, Seek};
use std::path::{Component, Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};

use self::compare::hash_file;
use self::dir::{Dir, Kind, check_relative};
use self::manifest::{Content, FileContent};
pub use self::{
    checkout::{CheckoutOptions, CheckoutOutcome, check_out},
    compare::{Change, Side, compare_snapshots},
    freeze::freeze,
    manifest::Entry,
    staging::StagedSnapshot,
    verify::{list_snapshots, verify_snapshots},
    workdir::{WorkFile, Workdir, read_workdir},
};
use crate::log::Role;
use crate::log::{ExpId, Row, Trial};
use crate::store::{IndexedLog, Store};
use crate::text::nearest;

/// The directory of all snapshots in a store.
const SNAPSHOTS: &str = "snapshots";

/// A manifest has the name of its snapshot with this suffix.
const MANIFEST_SUFFIX: &str = ".manifest";

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

/// Opens the snapshot that a row names.
pub fn open_snapshot(store: &Store, row: &Row) -> Result<Snapshot> {
    let trial = row.name();
    let path = row.text(Role::Snapshot);
    ensure!(
        !path.is_empty() && row.damage.is_none(),
        "trial {trial} has no snapshot; `lineage append --snapshot` makes one"
    );
    Snapshot::open(store, &path, &trial).map_err(|error| {
        let mut problem = "cannot be used";
        if is_not_found(&error) {
            problem = "is missing; `lineage check` lists all that are";
        }
        error.context(format!("the snapshot of trial {trial} {problem}"))
    })
}

fn is_not_found(error: &anyhow::Error) -> bool {
    let cause = error.root_cause().downcast_ref::<io::Error>();
    cause.is_some_and(|cause| cause.kind() == NotFound)
}

/// Finds the nearest trial with a snapshot, from `id` upwards.
pub fn find_nearest_snapshot(log: &IndexedLog, id: &ExpId) -> Result<Option<Trial>> {
    if log.find(id)?.is_none() {
        return Ok(None);
    }
    let Some(chain) = log.chain(Some(id))? else {
        return Ok(None);
    };
    for &offset in chain.offsets.iter().rev() {
        let trial = log.at(offset)?;
        if trial.row().damage.is_none() && !trial.row().bytes(Role::Snapshot).is_empty() {
            return Ok(Some(trial));
        }
    }
    Ok(None)
}

impl Snapshot {
    /// Opens the snapshot at a `snapshot_path`.
    fn open(store: &Store, path: &str, trial: &str) -> Result<Self> {
        let path = Path::new(path);
        let dir = open_snapshot_dir(store, path)?;
        let entries = match read_manifest(store, path)? {
            Some(entries) => entries,
            None => list_entries(&dir).with_context(cannot("read", path))?,
        };
        let trial = trial.to_owned();
        Ok(Self {
            trial,
            dir,
            entries,
        })
    }

    fn find_entry(&self, path: &Path) -> Option<&Entry> {
        let at = self
            .entries
            .binary_search_by(|entry| entry.path.as_path().cmp(path));
        at.ok().map(|at| &self.entries[at])
    }

    fn find_file(&self, path: &Path) -> Option<(&Entry, &FileContent)> {
        let entry = self.find_entry(path)?;
        match &entry.content {
            Content::File(file) => Some((entry, file)),
            _ => None,
        }
    }

    /// Opens a file of the snapshot, whatever it contains now.
    fn open_file(&self, path: &Path) -> io::Result<File> {
        self.dir.open_file(path).map_err(|error| {
            let (path, trial) = (path.display(), &self.trial);
            let message = format!("cannot open {path} in the snapshot of trial {trial}: {error}");
            io::Error::new(error.kind(), message)
        })
    }

    fn suggest_file(&self, path: &Path) -> String {
        let is_file = |entry: &&Entry| matches!(entry.content, Content::File(_));
        let files = self.entries.iter().filter(is_file).take(1000);
        let names: Vec<_> = files.map(|entry| entry.path.to_string_lossy()).collect();
        nearest(&path.to_string_lossy(), names.iter().map(AsRef::as_ref))
    }

    /// Opens a file of the snapshot, if it is what was frozen.
    pub fn open_verified(&self, path: &Path) -> Result<File> {
        let without_dots: PathBuf = path
            .components()
            .filter(|part| *part != Component::CurDir)
            .collect();
        let is_only_dots = without_dots.as_os_str().is_empty();
        let path = if is_only_dots { path } else { &without_dots };
        let mut file = match self.open_file(path) {
            Err(error) if self.find_entry(path).is_none() => {
                bail!("{error}; {}", self.suggest_file(path))
            }
            opened => opened?,
        };
        let place = format!("{} in the snapshot of trial {}", path.display(), self.trial);
        let (_, frozen) = self
            .find_file(path)
            .with_context(|| format!("{place} was added later; it is not in the manifest"))?;
        if let Some(wanted) = frozen.hash {
            let hash = hash_file(&mut file).with_context(|| format!("cannot read {place}"))?;
            ensure!(
                hash == wanted,
                "{place} has changed; `lineage check` lists all damage"
            );
            file.rewind()?;
        }
        Ok(file)
    }
}

/// The context of an error: "cannot open PATH".
fn cannot(verb: &str, path: &Path) -> impl Fn() -> String + Copy {
    move || format!("cannot {verb} {}", path.display())
}

/// The directory that `snapshot_path` is relative to.
fn root_of(store: &Store) -> &Path {
    if let Some(dir) = store.dir() {
        return dir;
    }
    match store.log_path().parent() {
        Some(dir) if !dir.as_os_str().is_empty() => dir,
        _ => Path::new("."),
    }
}

/// Opens the directory at a `snapshot_path`, which must not be that of all snapshots.
fn open_snapshot_dir(store: &Store, path: &Path) -> Result<Dir> {
    let is_all = path.components().eq(Path::new(SNAPSHOTS).components());
    ensure!(
        !is_all,
        "'{SNAPSHOTS}' is the directory of all snapshots, not a snapshot"
    );
    check_relative(path)?;
    open_below(root_of(store), path)
}

/// Opens a directory below `root`; links are followed up to `root` only.
fn open_below(root: &Path, path: &Path) -> Result<Dir> {
    let opened = Dir::open(root).and_then(|dir| dir.open_dir(path));
    opened.with_context(cannot("open", &root.join(path)))
}

fn manifest_name(snapshot: &str) -> String {
    format!("{snapshot}{MANIFEST_SUFFIX}")
}

/// Reads the manifest next to a snapshot; `None` if another program made the snapshot.
fn read_manifest(store: &Store, path: &Path) -> Result<Option<Vec<Entry>>> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let relative = path.with_file_name(manifest_name(&name));
    let path = root_of(store).join(&relative);
    let opened = Dir::open(root_of(store)).and_then(|dir| dir.open_file(&relative));
    let mut file = match opened {
        Err(error) if error.kind() == NotFound => return Ok(None),
        opened => opened.with_context(cannot("open", &path))?,
    };
    let mut text = Vec::new();
    file.read_to_end(&mut text)
        .with_context(cannot("read", &path))?;
    manifest::parse_manifest(&text, &path).map(Some)
}

/// The entries of a snapshot without a manifest.
fn list_entries(dir: &Dir) -> io::Result<Vec<Entry>> {
    let mut entries = Vec::new();
    for (path, meta) in dir.list_all()? {
        let (content, mode) = match meta.kind {
            Kind::Dir => (Content::Dir, meta.mode),
            Kind::Link => (Content::Link(dir.read_link(&path)?), meta.mode),
            Kind::File => {
                let (len, modified, seen) = (meta.len, meta.modified, String::new());
                let file = FileContent {
                    len,
                    hash: None,
                    modified,
                    seen,
                };
                (Content::File(file), meta.mode | 0o200)
            }
            Kind::Special => continue,
        };
        entries.push(Entry {
            path,
            mode,
            content,
        });
    }
    entries.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(entries)
}
