//! What is never work and never gives way: the store, its log, and every link on the way to them.

use std::{
    collections::VecDeque,
    ffi::OsString,
    io,
    path::{Component, Path, PathBuf},
};

use anyhow::{Context, Result, ensure};

use super::SNAPSHOTS;
use crate::store::Store;

/// More links than this lead nowhere, as for the system itself.
const MOST_LINKS: usize = 40;

/// Paths without a link in them, but for the last component of some.
#[derive(Debug)]
pub(super) struct Guard(Vec<PathBuf>);

impl Guard {
    pub(super) fn of(store: &Store) -> Result<Self> {
        let mut guarded = Vec::new();
        let snapshots = store.root().join(SNAPSHOTS);
        for path in [Some(store.log_path()), store.dir(), Some(&snapshots)].into_iter().flatten() {
            match trail(path) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => {} // nothing there to be guarded
                found => guarded.extend(found.with_context(|| format!("cannot look at {}", path.display()))?),
            }
        }
        Ok(Self(guarded))
    }

    /// Whether it is guarded itself.
    pub(super) fn is(&self, path: &Path) -> bool {
        self.0.iter().any(|guarded| guarded == path)
    }

    /// Whether it is guarded, or in a directory that is.
    pub(super) fn is_in(&self, path: &Path) -> bool {
        self.0.iter().any(|guarded| path.starts_with(guarded))
    }

    /// Fails where what is at a path is guarded, or holds what is: without it, the store would be gone.
    pub(super) fn lets_go(&self, path: &Path) -> Result<()> {
        let held = self.0.iter().any(|guarded| guarded.starts_with(path));
        ensure!(!held, "{} is or holds the store or its log, which never gives way", path.display());
        Ok(())
    }
}

/// Where a path leads, behind every link that it passes.
fn trail(path: &Path) -> io::Result<Vec<PathBuf>> {
    let full = std::path::absolute(path)?;
    let mut left: VecDeque<OsString> = full.components().map(|part| part.as_os_str().to_owned()).collect();
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
        let parts = target.components().filter(|part| *part != Component::CurDir);
        parts.rev().for_each(|part| left.push_front(part.as_os_str().to_owned()));
        passed.push(next);
    }
    passed.push(at);
    Ok(passed)
}
