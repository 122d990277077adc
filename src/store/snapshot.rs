//! Frozen work: the files of a trial as they were when it was logged, under `snapshots/` in the store, read-only, each with a
//! manifest beside it. No path leads out of the store or out of the directory of a checkout.

mod beneath;
mod checkout;
mod compare;
mod copy;
mod crew;
mod dir;
mod freeze;
mod guard;
mod ignored;
mod manifest;
mod target;
mod temporary;
mod verify;
mod walk;

use std::{
    fs::File,
    io::{self, ErrorKind::NotFound, Seek},
    path::{Component, Path, PathBuf},
};

use anyhow::{Context, Result, bail, ensure};

use self::beneath::Beneath;
use self::dir::{Dir, Kind};
use self::manifest::{Contents, Entry, What};
pub use self::{
    checkout::{Checkout, Outcome},
    compare::{Pair, Side, compare},
    freeze::{Frozen, Placed},
};
use super::{IndexedLog, Store};
use crate::{
    append::nearest,
    log::Role,
    log::{ExpId, Row, Trial},
};

/// The directory of a store that holds them.
const SNAPSHOTS: &str = "snapshots";

/// Is told how much of how much is done.
type Progress<'p> = &'p mut (dyn FnMut(u64, u64) + Send);

/// The manifest of a snapshot is beside it, under its name with this behind it.
const MANIFEST: &str = ".manifest";

fn manifest_name(snapshot: &str) -> String {
    format!("{snapshot}{MANIFEST}")
}

/// The frozen work of one trial, open.
#[derive(Debug)]
pub struct Snapshot {
    /// The trial, as it is shown.
    pub trial: String,
    tree: Beneath,
    entries: Vec<Entry>,
}

impl Store {
    /// Opens the snapshot that a row names, wherever the cell comes from: beneath the store, or not at all.
    pub fn snapshot(&self, row: &Row) -> Result<Snapshot> {
        let trial = row.name();
        let cell = row.text(Role::Snapshot);
        ensure!(
            !cell.is_empty() && row.damage.is_none(),
            "trial {trial} has no snapshot; `lineage append --snapshot` makes one"
        );
        let (tree, entries) = self.snapshot_at(&cell).map_err(|error| {
            let is_gone = error
                .root_cause()
                .downcast_ref::<io::Error>()
                .map(io::Error::kind)
                == Some(NotFound);
            let what = if is_gone {
                "is gone; `lineage check` lists what else is"
            } else {
                "cannot be used"
            };
            error.context(format!("the snapshot of trial {trial} {what}"))
        })?;
        Ok(Snapshot {
            trial,
            tree,
            entries,
        })
    }

    /// What is at a `snapshot_path`.
    fn snapshot_at(&self, cell: &str) -> Result<(Beneath, Vec<Entry>)> {
        let relative = Path::new(cell);
        snapshot_names(relative)?;
        let mut tree = Beneath::new(open_down(self.root(), relative)?);
        let entries = match self.manifest(relative)? {
            Some(entries) => entries,
            None => listed(&mut tree)
                .with_context(|| format!("cannot read {}", self.root().join(relative).display()))?,
        };
        Ok((tree, entries))
    }

    /// The manifest beside a snapshot; `None` where another program has frozen it.
    fn manifest(&self, relative: &Path) -> Result<Option<Vec<Entry>>> {
        let name = relative.file_name().unwrap_or_default().to_string_lossy();
        let relative = relative.with_file_name(manifest_name(&name));
        let path = self.root().join(&relative);
        let mut file = match Beneath::new(open_root(self.root())?).file(&relative) {
            Ok(file) => file,
            Err(error) if error.kind() == NotFound => return Ok(None),
            Err(error) => {
                return Err(error).with_context(|| format!("cannot open {}", path.display()));
            }
        };
        let mut text = Vec::new();
        io::Read::read_to_end(&mut file, &mut text)
            .with_context(|| format!("cannot read {}", path.display()))?;
        manifest::parse(&text, &path).map(Some)
    }

    /// The directory that a `snapshot_path` is relative to.
    fn root(&self) -> &Path {
        let beside = || {
            self.log_path()
                .parent()
                .filter(|dir| !dir.as_os_str().is_empty())
        };
        self.dir().or_else(beside).unwrap_or(Path::new("."))
    }
}

impl IndexedLog {
    /// The nearest trial that has a snapshot, of `id` and those above it.
    pub fn nearest_frozen(&self, id: &ExpId) -> Result<Option<Trial>> {
        let chain = if self.find(id)?.is_some() {
            self.chain(Some(id))?
        } else {
            None
        };
        let Some(chain) = chain else { return Ok(None) };
        for &offset in chain.offsets.iter().rev() {
            let trial = self.at(offset)?;
            if trial.row().damage.is_none() && !trial.row().bytes(Role::Snapshot).is_empty() {
                return Ok(Some(trial));
            }
        }
        Ok(None)
    }
}

impl Snapshot {
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Whether an entry is there and, as far as that can be told without reading it, what was frozen.
    fn probe(&mut self, entry: &Entry) -> Result<()> {
        let context = || {
            format!(
                "the snapshot of trial {} is damaged; `lineage check` says how",
                self.trial
            )
        };
        let (dir, name) = self.tree.at(&entry.path).with_context(context)?;
        let meta = dir.meta(name).with_context(context)?;
        let intact = match &entry.what {
            What::Dir => meta.kind == Kind::Dir,
            What::Link(_) => meta.kind == Kind::Link,
            What::File(contents) => meta.kind == Kind::File && meta.len == contents.bytes,
        };
        ensure!(
            intact,
            "{}: {} is {}",
            context(),
            entry.path.display(),
            dir::word(meta.kind)
        );
        Ok(())
    }

    fn has_file(&self, path: &Path) -> bool {
        let at = self
            .entries
            .binary_search_by(|entry| entry.path.as_path().cmp(path));
        at.is_ok_and(|at| matches!(self.entries[at].what, What::File(_)))
    }

    /// Opens a file beneath the snapshot, whatever it holds now.
    fn file(&mut self, path: &Path) -> Result<File> {
        let opened = beneath::names(path).and_then(|_| self.tree.file(path));
        opened.with_context(|| {
            let files = self
                .entries
                .iter()
                .filter(|entry| matches!(entry.what, What::File(_)));
            let names: Vec<_> = files
                .take(1000)
                .map(|entry| entry.path.display().to_string())
                .collect();
            let known = self.entries.iter().any(|entry| entry.path == path) || names.is_empty();
            let hint = if known {
                String::new()
            } else {
                format!(
                    " ({})",
                    nearest(&path.to_string_lossy(), names.iter().map(String::as_str))
                )
            };
            format!(
                "cannot open {} in the snapshot of trial {}{hint}",
                path.display(),
                self.trial
            )
        })
    }

    /// Opens one frozen file, and makes sure that it is what was frozen, as far as a manifest says that.
    pub fn checked(&mut self, path: &Path) -> Result<File> {
        let plain: PathBuf = path
            .components()
            .filter(|part| *part != Component::CurDir)
            .collect();
        let path = if plain.as_os_str().is_empty() {
            path
        } else {
            &plain
        };
        let mut file = self.file(path)?;
        let entry = self
            .entries
            .binary_search_by(|entry| entry.path.as_path().cmp(path))
            .map(|at| &self.entries[at].what);
        let Ok(What::File(contents)) = entry else {
            bail!(
                "{} is in the snapshot of trial {}, but was not frozen with it",
                path.display(),
                self.trial
            )
        };
        if let Some(wanted) = contents.hash {
            let context = || format!("{} in the snapshot of trial {}", path.display(), self.trial);
            let found = copy::hash_of(&mut file).with_context(context)?;
            ensure!(
                found == wanted,
                "{} is not what was frozen; `lineage check` says more",
                context()
            );
            file.rewind()?;
        }
        Ok(file)
    }
}

/// Checks that a `snapshot_path` leads down from the store, and not to all snapshots at once.
fn snapshot_names(relative: &Path) -> io::Result<()> {
    if beneath::names(relative)? == [SNAPSHOTS] {
        return Err(io::Error::other(format!(
            "{SNAPSHOTS} is the directory of all snapshots, not one of them"
        )));
    }
    Ok(())
}

fn open_root(root: &Path) -> Result<Dir> {
    Dir::open(root).with_context(|| format!("cannot open {}", root.display()))
}

/// Opens a directory further down from one that a person has named; no link on the way is followed.
fn open_down(root: &Path, relative: &Path) -> Result<Dir> {
    let full = || format!("cannot open {}", root.join(relative).display());
    Beneath::new(open_root(root)?)
        .dir(relative)
        .with_context(full)
}

/// A snapshot without a manifest: what is there, as far as that can be told without reading it.
fn listed(tree: &mut Beneath) -> io::Result<Vec<Entry>> {
    let mut entries = Vec::new();
    for (path, meta) in tree.list()? {
        let what = match meta.kind {
            Kind::Dir => What::Dir,
            Kind::File => What::File(Contents {
                bytes: meta.len,
                hash: None,
                modified: meta.modified,
                seen: None,
            }),
            Kind::Link => {
                let (dir, name) = tree.at(&path)?;
                What::Link(dir.target(name)?)
            }
            Kind::Other => continue,
        };
        let mode = if meta.kind == Kind::File {
            meta.mode | 0o200
        } else {
            meta.mode
        };
        entries.push(Entry { path, mode, what });
    }
    entries.sort_unstable_by(|a, b| a.path.cmp(&b.path));
    Ok(entries)
}
