//! Where work is copied before it has its final name: a directory of one's own beside the snapshots, locked for as long as its
//! writer lives. Until the row is written it says in its name which snapshot it is about, so that `lineage check` does not
//! complain of one that is about to be named.

use std::{
    ffi::{OsStr, OsString},
    fs::File,
    io::{self, ErrorKind, Write},
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail};

use super::{
    Entry, What,
    beneath::Beneath,
    dir::{Dir, set_mode},
    manifest,
};
use crate::store::Durability;

const PREFIX: &str = ".freezing-";

/// Stands before the name of the snapshot; in no such name.
const ABOUT: char = '@';

const TREE: &str = "tree";
const MANIFEST: &str = "manifest";

/// So many files and directories are flushed one by one.
#[cfg(target_os = "linux")]
const FEW: usize = 32;

/// Whoever may write to the work has no business in what is frozen of it.
const NOT_FOR_OTHERS: u32 = !0o022;

/// So many names are tried: others may have them, or a sweep may come past.
const ATTEMPTS: u32 = 1000;

pub(super) struct Temporary {
    /// The directory of the snapshots.
    parent: PathBuf,
    name: String,
    pub(super) dir: Dir,
}

impl Drop for Temporary {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(self.path()); // what stays is swept up by the next one
    }
}

impl Temporary {
    /// A new directory that is locked, with an empty one for the tree in it, which has the
    /// permissions of the work. Between making and locking it a sweep may have
    /// come past: then it is given up for another one.
    pub(super) fn make(snapshots: &Dir, path: &Path, permissions: u32) -> Result<Self> {
        let place = || format!("cannot make a directory in {}", path.display());
        for n in 0..ATTEMPTS {
            let name = format!("{PREFIX}{}-{n}", std::process::id());
            match snapshots.make_dir(name.as_ref(), 0o700) {
                Err(error) if error.kind() == ErrorKind::AlreadyExists => continue,
                made => made.with_context(place)?,
            }
            let opened = snapshots.child(name.as_ref()).inspect_err(|_| {
                let _ = snapshots.remove_empty_dir(name.as_ref());
            });
            let dir = match opened {
                Err(error) if error.kind() == ErrorKind::NotFound => continue,
                opened => opened.with_context(place)?,
            };
            // Where directories cannot be locked, no sweep can take it away either.
            if !dir.try_lock().unwrap_or(true) {
                continue;
            }
            let temporary = Self {
                parent: path.to_owned(),
                name,
                dir,
            };
            match temporary.dir.make_dir(TREE.as_ref(), 0o700) {
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                made => {
                    made.and_then(|()| temporary.tree()?.set_mode(permissions & NOT_FOR_OTHERS))
                        .with_context(place)?;
                    return Ok(temporary);
                }
            }
        }
        bail!("{}: {ATTEMPTS} others are there already", place())
    }

    pub(super) fn path(&self) -> PathBuf {
        self.parent.join(&self.name)
    }

    /// The directory that the tree is copied into.
    pub(super) fn tree(&self) -> io::Result<Dir> {
        self.dir.child(TREE.as_ref())
    }

    /// Writes the manifest, and waits for the disk where the store wants that: a row may name the snapshot only then.
    pub(super) fn finish(&self, entries: &[Entry], durability: Durability) -> io::Result<()> {
        let mut file = self.dir.create(MANIFEST.as_ref())?;
        file.write_all(manifest::print(entries).as_bytes())?;
        set_mode(&file, 0o444)?;
        if durability == Durability::Full {
            self.flush(&file, entries)
        } else {
            Ok(())
        }
    }

    /// Waits until all of it is on the disk. To wait for the whole file system is far less than to wait for each of thousands of
    /// files; for a few it would be more, where something else has just written gigabytes.
    fn flush(&self, manifest: &File, entries: &[Entry]) -> io::Result<()> {
        #[cfg(target_os = "linux")]
        if entries.len() > FEW {
            return self.dir.sync_file_system();
        }
        let mut tree = Beneath::new(self.tree()?);
        for entry in entries {
            match entry.what {
                What::File(_) => tree.file(&entry.path)?.sync_all()?,
                What::Dir => tree.dir(&entry.path)?.sync()?,
                What::Link(_) => {} // is in its directory
            }
        }
        manifest.sync_all()?;
        tree.root().sync()?;
        self.dir.sync()
    }

    /// Gives tree and manifest their final names, and says so in its own name before.
    pub(super) fn place(&mut self, snapshots: &Dir, name: &str) -> io::Result<()> {
        let about = format!("{}{ABOUT}{name}", self.name);
        snapshots.rename(self.name.as_ref(), snapshots, about.as_ref())?;
        self.name = about;
        // The manifest first: a directory under a final name always has one.
        self.dir.rename(
            MANIFEST.as_ref(),
            snapshots,
            super::manifest_name(name).as_ref(),
        )?;
        self.dir.rename(TREE.as_ref(), snapshots, name.as_ref())
    }

    /// Takes both back, as far as they are there. Best effort: `lineage check` finds what stays.
    pub(super) fn take_back(&self, snapshots: &Dir, name: &str) {
        let _ = snapshots.rename(name.as_ref(), &self.dir, TREE.as_ref());
        let _ = snapshots.rename(
            super::manifest_name(name).as_ref(),
            &self.dir,
            MANIFEST.as_ref(),
        );
    }
}

/// What the directories of living writers are about: snapshots whose rows are being written.
pub(super) fn about_to_be_named(snapshots: &Dir) -> Vec<OsString> {
    // Another user's, which cannot be opened, may be at work: nobody can tell, and nothing of his is called lost.
    let alive = |name: &OsStr| match snapshots.child(name) {
        Ok(dir) => !dir.try_lock().unwrap_or(false),
        Err(error) => error.kind() == ErrorKind::PermissionDenied,
    };
    let about = |name: &OsString| {
        let (_, about) = name.to_str()?.split_once(ABOUT)?;
        alive(name).then(|| about.into())
    };
    snapshots
        .names()
        .unwrap_or_default()
        .iter()
        .filter(|name| is_one(name))
        .filter_map(about)
        .collect()
}

/// Removes what writers that died have left: a directory whose lock nobody holds.
pub(super) fn sweep(snapshots: &Dir, path: &Path) {
    for name in snapshots
        .names()
        .unwrap_or_default()
        .iter()
        .filter(|name| is_one(name))
    {
        if let Ok(dir) = snapshots.child(name)
            && dir.try_lock().unwrap_or(false)
        {
            let _ = std::fs::remove_dir_all(path.join(name)); // the next one tries again
        }
    }
}

fn is_one(name: &OsStr) -> bool {
    name.as_encoded_bytes().starts_with(PREFIX.as_bytes())
}
