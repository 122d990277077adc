//! What is never work and never gives way: the store, its log, and every link on the way to them.

use std::{
    collections::VecDeque,
    ffi::{OsStr, OsString},
    io,
    path::{Component, Path, PathBuf},
};

use anyhow::{Context, Result, bail, ensure};

use super::{
    SNAPSHOTS,
    beneath::Beneath,
    dir::{Dir, Identity, Kind, Meta, identity},
};
use crate::store::{Store, find::SETTINGS};

/// More links than this lead nowhere, as for the system itself.
const MOST_LINKS: usize = 40;

/// What is guarded, by path and by itself: a bind mount or a hard link is another path to the same thing.
#[derive(Debug)]
pub(super) struct Guard {
    /// Without a link in them, but for the last component of some.
    paths: Vec<PathBuf>,
    identities: Vec<Identity>,
}

impl Guard {
    pub(super) fn of(store: &Store) -> Result<Self> {
        let mut guard = Self {
            paths: Vec::new(),
            identities: Vec::new(),
        };
        let snapshots = store.root().join(SNAPSHOTS);
        let settings = store.dir().map(|dir| dir.join(SETTINGS));
        for path in [
            Some(store.log_path()),
            store.dir(),
            Some(&snapshots),
            settings.as_deref(),
        ]
        .into_iter()
        .flatten()
        {
            let place = || format!("cannot look at {}", path.display());
            match trail(path) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => {} // nothing there to be guarded
                found => {
                    guard.paths.extend(found.with_context(place)?);
                    guard.identities.push(identity(path).with_context(place)?);
                }
            }
        }
        Ok(guard)
    }

    /// Whether it is guarded itself.
    pub(super) fn is(&self, path: &Path) -> bool {
        self.paths.iter().any(|guarded| guarded == path)
    }

    /// Whether what the file system says this of is guarded, whatever path leads to it.
    pub(super) fn has(&self, meta: &Meta) -> bool {
        self.identities.contains(&meta.identity())
    }

    /// Whether a path is guarded, or beneath one that is.
    pub(super) fn is_in(&self, path: &Path) -> bool {
        self.paths.iter().any(|guarded| path.starts_with(guarded))
    }

    /// Whether a path leads to what is guarded or into it: the same for each directory on the way, by whatever name.
    pub(super) fn is_reached(&self, full: &Path) -> Result<bool> {
        if self.is_in(full) {
            return Ok(true);
        }
        for path in full.ancestors() {
            match identity(path) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => {} // is yet to be made
                found => {
                    let found =
                        found.with_context(|| format!("cannot look at {}", path.display()))?;
                    if self.identities.contains(&found) {
                        return Ok(true);
                    }
                }
            }
        }
        Ok(false)
    }

    /// Fails where what is at a path is guarded, or holds what is: without it, the store would be gone.
    pub(super) fn lets_go(&self, dir: &Dir, name: &OsStr, path: &Path) -> Result<()> {
        let holds = self.paths.iter().any(|guarded| guarded.starts_with(path));
        let place = || format!("cannot tell whether {} holds the store", path.display());
        let meta = dir.meta(name).with_context(place)?;
        let holds = holds
            || self.has(&meta)
            || meta.kind == Kind::Dir && {
                let all = dir.child(name).and_then(|child| Beneath::new(child).list());
                all.with_context(place)?
                    .iter()
                    .any(|(_, meta)| self.has(meta))
            };
        ensure!(
            !holds,
            "{} is or holds the store or its log, which never gives way",
            path.display()
        );
        Ok(())
    }

    /// Fails where an open directory is guarded after all, or in what is.
    pub(super) fn lets_in(&self, root: &Dir, full: &Path) -> Result<()> {
        if self.has(&root.itself()?) || self.is_reached(full)? {
            bail!("{} is in the store; name another directory", full.display());
        }
        Ok(())
    }
}

/// Where a path leads, behind every link that it passes.
fn trail(path: &Path) -> io::Result<Vec<PathBuf>> {
    let full = std::path::absolute(path)?;
    let mut left: VecDeque<OsString> = full
        .components()
        .map(|part| part.as_os_str().to_owned())
        .collect();
    let (mut at, mut passed) = (PathBuf::new(), Vec::new());
    while let Some(name) = left.pop_front() {
        if name == ".." {
            at.pop();
            continue;
        }
        let next = at.join(&name); // the root replaces what was before it
        if !next.symlink_metadata()?.is_symlink() {
            at = next;
            continue;
        }
        if passed.len() == MOST_LINKS {
            return Err(io::Error::other("too many symbolic links"));
        }
        let target = next.read_link()?;
        let parts = target
            .components()
            .filter(|part| *part != Component::CurDir);
        parts
            .rev()
            .for_each(|part| left.push_front(part.as_os_str().to_owned()));
        passed.push(next);
    }
    passed.push(at);
    Ok(passed)
}
