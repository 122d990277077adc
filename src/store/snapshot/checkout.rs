//! The way back: a snapshot's files into a directory. All of it is looked at before any of it is touched, and what has to give
//! way is moved aside, never removed.

use std::{
    collections::HashSet,
    ffi::OsString,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail, ensure};

use super::{
    Entry, Progress, Snapshot, What,
    beneath::{Beneath, Dir, Kind, Meta, names, set_mode, word},
    copy::{copy_checked, hash_of},
    walk::{self, ASIDE},
};
use crate::store::Store;

/// So many names are said where a checkout is refused.
const NAMED: usize = 5;

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
}

/// What the directory has where the snapshot has something.
enum Found {
    Nothing,
    Same,
    /// The same contents with other permissions.
    OtherMode,
    Different(String),
}

impl Store {
    /// Puts the files of a snapshot into a directory. `progress` is told how many of how many entries are done.
    pub fn check_out(&self, snapshot: &mut Snapshot, order: Checkout, progress: Progress) -> Result<Outcome> {
        let entries = snapshot.entries().to_vec();
        for entry in &entries {
            snapshot.probe(entry)?;
        }
        let mut target = Target::open(self, order.dir, &entries)?;
        let found = target.look(snapshot, &entries)?;
        let extra = if order.clean { extra(self, order.dir, &entries)? } else { Vec::new() };
        refuse(snapshot, order, &entries, &found)?;
        let applied = target.apply(snapshot, &entries, &found, &extra, progress);
        applied.with_context(|| match &target.outcome.aside {
            Some(aside) => format!("stopped half-way; what gave way so far is in {}", aside.display()),
            None => format!("cannot put the snapshot of trial {} into {}", snapshot.trial, order.dir.display()),
        })?;
        Ok(target.outcome)
    }
}

fn refuse(snapshot: &Snapshot, order: Checkout, entries: &[Entry], found: &[Found]) -> Result<()> {
    let different = |(entry, found): (&Entry, &Found)| match found {
        Found::Different(how) => Some(format!("{} {how}", entry.path.display())),
        _ => None,
    };
    let different: Vec<_> = entries.iter().zip(found).filter_map(different).collect();
    if different.is_empty() || order.force {
        return Ok(());
    }
    let more = different.len().saturating_sub(NAMED);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    bail!(
        "nothing was changed in {}: it is not as trial {} has it: {}{more}; --force replaces that, and keeps it aside",
        order.dir.display(),
        snapshot.trial,
        different[..different.len().min(NAMED)].join(", ")
    )
}

/// What would be frozen here, and the snapshot does not have: neither what is ignored nor `.git` nor the store.
fn extra(store: &Store, dir: &Path, entries: &[Entry]) -> Result<Vec<(PathBuf, Kind)>> {
    let wanted: HashSet<&Path> = entries.iter().map(|entry| entry.path.as_path()).collect();
    let work = walk::look(dir, store.dir())?;
    let extra = work.entries.into_iter().filter(|(path, _)| !wanted.contains(path.as_path()));
    Ok(extra.map(|(path, meta)| (path, meta.kind)).collect())
}

/// The directory that a snapshot is put into.
struct Target {
    path: PathBuf,
    tree: Beneath,
    aside: Option<Beneath>,
    outcome: Outcome,
}

impl Target {
    fn open(store: &Store, path: &Path, entries: &[Entry]) -> Result<Self> {
        std::fs::create_dir_all(path).with_context(|| format!("cannot make the directory {}", path.display()))?;
        let full = |path: &Path| path.canonicalize().with_context(|| format!("cannot open {}", path.display()));
        let (dir, kept) = (full(path)?, full(store.root())?);
        let is_store = store.dir().is_some();
        ensure!(!is_store || !dir.starts_with(&kept), "{} is in the store; name another directory", path.display());
        let store_inside = kept.strip_prefix(&dir).ok().filter(|_| is_store);
        for entry in entries {
            let reaches_git = entry.path.iter().any(|name| name.eq_ignore_ascii_case(".git"));
            let reaches_store = store_inside.is_some_and(|store| entry.path.starts_with(store));
            if reaches_git || reaches_store {
                bail!("the snapshot has {}, which a checkout never writes to", entry.path.display());
            }
        }
        let root = Dir::open(&dir).with_context(|| format!("cannot open {}", path.display()))?;
        Ok(Self { path: path.to_owned(), tree: Beneath::new(root), aside: None, outcome: Outcome::default() })
    }

    /// What is there, for each entry; nothing is followed and nothing is changed.
    fn look(&mut self, snapshot: &mut Snapshot, entries: &[Entry]) -> Result<Vec<Found>> {
        // Below a directory that is missing, or that something else stands in for, there is nothing.
        let mut nothing_below: Option<&Path> = None;
        let mut found = Vec::with_capacity(entries.len());
        for entry in entries {
            if nothing_below.is_some_and(|dir| entry.path.starts_with(dir)) {
                found.push(Found::Nothing);
                continue;
            }
            let (dir, name) = self.tree.at(&entry.path)?;
            let meta = dir.look(name)?;
            let here = match meta {
                None => Found::Nothing,
                Some(meta) => self
                    .compare(snapshot, entry, &meta)
                    .with_context(|| format!("cannot compare {}", self.path.join(&entry.path).display()))?,
            };
            if entry.what == What::Dir && !matches!(here, Found::Same) {
                nothing_below = Some(&entry.path);
            }
            found.push(here);
        }
        Ok(found)
    }

    fn compare(&mut self, snapshot: &mut Snapshot, entry: &Entry, meta: &Meta) -> Result<Found> {
        let (dir, name) = self.tree.at(&entry.path)?;
        let same = match (&entry.what, meta.kind) {
            (What::Dir, Kind::Dir) => true,
            (What::Link(target), Kind::Link) => dir.target(name)? == *target,
            (What::File(contents), Kind::File) => {
                contents.bytes == meta.len && {
                    let here = hash_of(dir.file(name)?)?;
                    here == contents.hash.map_or_else(|| hash_of(snapshot.file(&entry.path)?), Ok)?
                }
            }
            (_, kind) => return Ok(Found::Different(format!("is {}", word(kind)))),
        };
        Ok(match same {
            false => Found::Different("differs".to_owned()),
            true if meta.kind == Kind::File && meta.mode != entry.mode => Found::OtherMode,
            true => Found::Same,
        })
    }

    fn apply(
        &mut self,
        snapshot: &mut Snapshot,
        entries: &[Entry],
        found: &[Found],
        extra: &[(PathBuf, Kind)],
        progress: Progress,
    ) -> Result<()> {
        let replaced: HashSet<&Path> = entries
            .iter()
            .zip(found)
            .filter(|(_, found)| matches!(found, Found::Different(_)))
            .map(|(entry, _)| entry.path.as_path())
            .collect();
        self.clean(extra, &replaced)?;
        for (at, (entry, found)) in entries.iter().zip(found).enumerate() {
            let path = &entry.path;
            match found {
                Found::Same => self.outcome.same += u64::from(entry.what != What::Dir),
                Found::OtherMode => {
                    set_mode(&self.tree.file(path)?, entry.mode)?;
                    self.outcome.same += 1;
                }
                Found::Nothing | Found::Different(_) => {
                    if matches!(found, Found::Different(_)) {
                        self.move_aside(path)?;
                    }
                    self.write(snapshot, entry).with_context(|| format!("cannot write {}", path.display()))?;
                }
            }
            progress(at as u64 + 1, entries.len() as u64);
        }
        Ok(())
    }

    /// Moves away what is too much: files first, then the directories that this has emptied.
    fn clean(&mut self, extra: &[(PathBuf, Kind)], replaced: &HashSet<&Path>) -> Result<()> {
        let goes_anyway = |path: &Path| path.ancestors().any(|above| replaced.contains(above));
        for (path, kind) in extra {
            if *kind != Kind::Dir && !goes_anyway(path) {
                self.move_aside(path)?;
            }
        }
        for (path, kind) in extra.iter().rev() {
            if *kind == Kind::Dir && !goes_anyway(path) {
                let (dir, name) = self.tree.at(path)?;
                let _ = dir.remove_empty_dir(name); // what is ignored may be left in it
            }
        }
        Ok(())
    }

    /// Moves something out of the way, under the same path in a directory of its own.
    fn move_aside(&mut self, path: &Path) -> Result<()> {
        if self.aside.is_none() {
            let (name, dir) = make_aside(self.tree.root()).context("cannot make a directory for what gives way")?;
            self.outcome.aside = Some(self.path.join(name));
            self.aside = Some(Beneath::new(dir));
        }
        let aside = self.aside.as_mut().expect("just made");
        let parents: Vec<&Path> = path.ancestors().skip(1).filter(|above| !above.as_os_str().is_empty()).collect();
        for above in parents.into_iter().rev() {
            let (dir, name) = aside.at(above)?;
            if dir.look(name)?.is_none() {
                dir.make_dir(name, 0o755)?;
            }
        }
        let (from, name) = self.tree.at(path)?;
        let (to, _) = aside.at(path)?;
        from.rename(name, to, name).with_context(|| format!("cannot move {} aside", path.display()))?;
        self.outcome.moved += 1;
        Ok(())
    }

    /// Writes what is not there; where it came to be there meanwhile, that is an error and not overwritten.
    fn write(&mut self, snapshot: &mut Snapshot, entry: &Entry) -> Result<()> {
        let contents = match &entry.what {
            What::Dir => {
                let (dir, name) = self.tree.at(&entry.path)?;
                return Ok(dir.make_dir(name, entry.mode | 0o700)?);
            }
            What::Link(target) => {
                let (dir, name) = self.tree.at(&entry.path)?;
                dir.make_link(name, target)?;
                self.outcome.written += 1;
                return Ok(());
            }
            What::File(contents) => contents,
        };
        let mut frozen = snapshot.file(&entry.path)?;
        let (dir, name) = self.tree.at(&entry.path)?;
        let mut file = dir.create(name)?;
        let written =
            copy_checked(&mut frozen, &mut file, contents.hash).and_then(|()| Ok(set_mode(&file, entry.mode)?));
        if written.is_err() {
            let _ = dir.remove_file(name); // it is ours: only half of it, or not what was frozen
        }
        self.outcome.written += 1;
        written
    }
}

/// A directory in `root` that nobody else has: `.lineage-aside-1`, or the next number.
fn make_aside(root: &Dir) -> Result<(OsString, Dir)> {
    for n in 1.. {
        let name = OsString::from(format!("{ASIDE}{n}"));
        match root.make_dir(&name, 0o755) {
            Ok(()) => {
                debug_assert!(names(Path::new(&name)).is_ok());
                let dir = root.child(&name)?;
                return Ok((name, dir));
            }
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error.into()),
        }
    }
    unreachable!("there are more numbers than directories")
}
