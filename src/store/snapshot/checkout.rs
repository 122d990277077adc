//! The way back: a snapshot's files into a directory. All of it, on both sides, is looked at before any of it is touched, and
//! what has to give way is moved aside, never removed.

use std::{
    collections::HashSet,
    io,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail, ensure};

use super::{
    Entry, Progress, Snapshot, What,
    beneath::Beneath,
    copy::hash_of,
    dir::{Dir, Kind, Meta, word},
    guard::Guard,
    target::Target,
    walk::{self, is_git},
};
use crate::store::Store;

/// So many names are said where a checkout is refused.
const NAMED: usize = 5;

/// The permissions of all but the owner.
const FOR_OTHERS: u32 = 0o077;

/// Where to, and what may give way.
#[derive(Clone, Copy, Debug)]
pub struct Checkout<'a> {
    pub dir: &'a Path,
    /// Replace what differs.
    pub force: bool,
    /// Move away what the snapshot does not have.
    pub clean: bool,
}

/// What a checkout has done.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    pub written: u64,
    /// Files that were there already, as they should be.
    pub same: u64,
    /// Where what gave way is kept, and how much that is.
    pub aside: Option<PathBuf>,
    pub moved: u64,
    /// Files that the directory's own ignore files left out, and those of the snapshot do not; with `clean`, they are moved.
    pub no_longer_ignored: Vec<PathBuf>,
}

/// What the directory has where the snapshot has something.
pub(super) enum Found {
    Nothing,
    Same,
    /// The same contents with other permissions: these.
    OtherMode(u32),
    Different(String),
}

/// The permissions that an entry gets: those it had, and its owner can always write to it.
pub(super) fn mode(entry: &Entry) -> u32 {
    entry.mode
        | if entry.what == What::Dir {
            0o700
        } else {
            0o200
        }
}

impl Store {
    /// Puts the files of a snapshot into a directory. `progress` is told how many of how many entries are done.
    pub fn check_out(
        &self,
        snapshot: &mut Snapshot,
        order: Checkout,
        progress: Progress,
    ) -> Result<Outcome> {
        let entries = snapshot.entries().to_vec();
        let guard = Guard::of(self)?;
        let (full, is_there) =
            full(order.dir).with_context(|| format!("cannot use {}", order.dir.display()))?;
        allow(&full, order.dir, &entries, &guard)?;
        let mut found: Vec<Found> = entries.iter().map(|_| Found::Nothing).collect();
        let mut extra = Vec::new();
        let mut seen_before = HashSet::new();
        let mut tree = None;
        if is_there {
            let root =
                Dir::open(&full).with_context(|| format!("cannot open {}", order.dir.display()))?;
            found = look(tree.insert(Beneath::new(root)), snapshot, &entries, &guard)
                .with_context(|| format!("cannot compare {}", order.dir.display()))?;
            let ignores = |entry: &Entry| {
                walk::IGNORE_FILES
                    .iter()
                    .any(|name| entry.path.ends_with(name))
            };
            if order.clean
                || entries
                    .iter()
                    .zip(&found)
                    .any(|(entry, found)| ignores(entry) && !is_kept(found))
            {
                let before = walk::look(order.dir, &guard, None);
                match (walk::look(order.dir, &guard, Some(snapshot)), before) {
                    (Ok(now), Ok(before)) => {
                        extra = now.entries;
                        seen_before = before.entries.into_iter().map(|(path, _)| path).collect();
                    }
                    (Err(error), _) | (_, Err(error)) if order.clean => return Err(error),
                    _ => {} // nothing is to be moved, and who cannot be asked tells nothing
                }
            }
        }
        refuse(snapshot, order, &entries, &found)?;
        for (entry, _) in entries
            .iter()
            .zip(&found)
            .filter(|(_, found)| matches!(found, Found::Different(_)))
        {
            let Some(tree) = &mut tree else { break };
            let (dir, name) = tree.at(&entry.path)?;
            guard.lets_go(dir, name, &full.join(&entry.path))?;
        }
        let to_be_written = entries
            .iter()
            .zip(&found)
            .filter(|(_, found)| !is_kept(found))
            .map(|(entry, _)| entry);
        snapshot
            .verify(to_be_written)
            .with_context(|| format!("nothing was changed in {}", order.dir.display()))?;
        let wanted: HashSet<&Path> = entries.iter().map(|entry| entry.path.as_path()).collect();
        extra.retain(|(path, _)| !wanted.contains(path.as_path()));
        let newly_seen = extra
            .iter()
            .filter(|(path, meta)| meta.kind != Kind::Dir && !seen_before.contains(path));
        let no_longer_ignored = newly_seen.map(|(path, _)| path.clone()).collect();
        if !order.clean {
            extra.clear();
        }

        let mut target = Target::make(order.dir, &full, &guard, snapshot)?;
        let applied = target.apply(snapshot, &entries, &found, &extra, progress);
        applied.with_context(|| match &target.outcome.aside {
            Some(aside) => format!(
                "stopped half-way; what gave way so far is in {}",
                aside.display()
            ),
            None => format!(
                "cannot put the snapshot of trial {} into {}",
                snapshot.trial,
                order.dir.display()
            ),
        })?;
        Ok(Outcome {
            no_longer_ignored,
            ..target.outcome
        })
    }
}

fn is_kept(found: &Found) -> bool {
    matches!(found, Found::Same | Found::OtherMode(_))
}

/// The path of a directory without links, whether or not it is there yet.
fn full(dir: &Path) -> Result<(PathBuf, bool)> {
    match dir.canonicalize() {
        Ok(full) => {
            ensure!(full.is_dir(), "it is not a directory");
            Ok((full, true))
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            ensure!(
                dir.symlink_metadata().is_err(),
                "it is a symbolic link to nothing"
            );
            let absolute = std::path::absolute(dir)?;
            let (Some(above), Some(name)) = (absolute.parent(), absolute.file_name()) else {
                bail!("the directory above it is not there");
            };
            Ok((full(above)?.0.join(name), false))
        }
        Err(error) => Err(error.into()),
    }
}

/// Fails where a checkout would reach the store, or a repository's own files.
fn allow(full: &Path, dir: &Path, entries: &[Entry], guard: &Guard) -> Result<()> {
    ensure!(
        !guard.is_reached(full)?,
        "{} is in the store; name another directory",
        dir.display()
    );
    for entry in entries {
        if entry.path.iter().any(is_git) || guard.is_in(&full.join(&entry.path)) {
            bail!("{}", never(entry));
        }
    }
    Ok(())
}

fn never(entry: &Entry) -> String {
    format!(
        "the snapshot has {}, which a checkout never writes to",
        entry.path.display()
    )
}

fn refuse(snapshot: &Snapshot, order: Checkout, entries: &[Entry], found: &[Found]) -> Result<()> {
    let different = |(entry, found): (&Entry, &Found)| match found {
        Found::Different(how) => Some(format!("{} {how}", entry.path.display())),
        // Whoever has closed a file to others is asked before it is opened to them again.
        Found::OtherMode(here) if mode(entry) & FOR_OTHERS & !here != 0 => Some(format!(
            "{} has the permissions {here:03o}, not {:03o}",
            entry.path.display(),
            mode(entry)
        )),
        _ => None,
    };
    let different: Vec<_> = entries.iter().zip(found).filter_map(different).collect();
    if different.is_empty() || order.force {
        return Ok(());
    }
    let more = different.len().saturating_sub(NAMED);
    let more = if more > 0 {
        format!(" and {more} more")
    } else {
        String::new()
    };
    bail!(
        "nothing was changed in {}: it is not as trial {} has it: {}{more}; --force replaces that, and keeps it aside",
        order.dir.display(),
        snapshot.trial,
        different[..different.len().min(NAMED)].join(", ")
    )
}

/// What is there, for each entry; nothing is followed and nothing is changed.
fn look(
    tree: &mut Beneath,
    snapshot: &mut Snapshot,
    entries: &[Entry],
    guard: &Guard,
) -> Result<Vec<Found>> {
    // Below a directory that is missing, or that something else stands in for, there is nothing.
    let mut nothing_below: Option<&Path> = None;
    let mut found = Vec::with_capacity(entries.len());
    for entry in entries {
        if nothing_below.is_some_and(|dir| entry.path.starts_with(dir)) {
            found.push(Found::Nothing);
            continue;
        }
        let meta = tree.at(&entry.path).and_then(|(dir, name)| dir.look(name));
        let here = match meta.with_context(|| entry.path.display().to_string())? {
            None => Found::Nothing,
            Some(meta) if guard.has(&meta) => bail!("{}", never(entry)),
            Some(meta) => compare(tree, snapshot, entry, &meta)
                .with_context(|| entry.path.display().to_string())?,
        };
        if entry.what == What::Dir && !is_kept(&here) {
            nothing_below = Some(&entry.path);
        }
        found.push(here);
    }
    Ok(found)
}

fn compare(
    tree: &mut Beneath,
    snapshot: &mut Snapshot,
    entry: &Entry,
    meta: &Meta,
) -> Result<Found> {
    let (dir, name) = tree.at(&entry.path)?;
    let same = match (&entry.what, meta.kind) {
        (What::Dir, Kind::Dir) => true,
        (What::Link(target), Kind::Link) => dir.target(name)? == *target,
        (What::File(contents), Kind::File) if contents.bytes != meta.len => false,
        // To let its owner write to it would be to let him write to the snapshot.
        (What::File(_), Kind::File) if snapshot.is_same_file(&entry.path, meta)? => {
            return Ok(Found::Different(
                "is the frozen file itself, by a hard link".to_owned(),
            ));
        }
        (What::File(contents), Kind::File) => match dir.file(name) {
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
                return Ok(Found::Different("cannot be read".to_owned()));
            }
            here => {
                hash_of(&mut here?)?
                    == contents
                        .hash
                        .map_or_else(|| hash_of(&mut snapshot.file(&entry.path)?), Ok)?
            }
        },
        (_, kind) => return Ok(Found::Different(format!("is {}", word(kind)))),
    };
    Ok(match same {
        false => Found::Different("differs".to_owned()),
        // Its other names, in another snapshot perhaps, would get the permissions too.
        true if meta.kind == Kind::File && meta.mode != mode(entry) && meta.names > 1 => {
            Found::Different("has other permissions, and other names by hard links".to_owned())
        }
        true if meta.kind != Kind::Link && meta.mode != mode(entry) => Found::OtherMode(meta.mode),
        true => Found::Same,
    })
}

impl Snapshot {
    fn is_same_file(&mut self, path: &Path, meta: &Meta) -> io::Result<bool> {
        let (dir, name) = self.tree.at(path)?;
        let frozen = dir.meta(name)?;
        Ok((frozen.dev, frozen.ino) == (meta.dev, meta.ino))
    }

    /// Makes sure that the files that are wanted of it are what was frozen.
    fn verify<'e>(&mut self, entries: impl Iterator<Item = &'e Entry>) -> Result<()> {
        for entry in entries {
            self.probe(entry)?;
            if let What::File(_) = entry.what {
                self.checked(&entry.path)?;
            }
        }
        Ok(())
    }
}
