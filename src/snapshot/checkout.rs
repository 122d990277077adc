//! Puts the files of a snapshot into a directory. Everything on both sides is checked before anything
//! is touched, and what has to be replaced is moved to a backup directory, never removed.

mod target;

use std::collections::HashSet;
use std::io::ErrorKind::NotFound;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};

use self::target::Target;
use super::compare::{Difference, HashCache};
use super::dir::{Dir, Kind, Meta};
use super::guard::StoreGuard;
use super::manifest::{Content, Entry};
use super::walk::{IGNORE_FILES, is_git, list_work};
use super::{Progress, Snapshot};
use crate::snapshot::cannot;
use crate::store::Store;

/// A refusal names so many files.
const MAX_NAMED: usize = 5;

const PERMISSIONS_OF_OTHERS: u32 = 0o077;

#[derive(Clone, Copy, Debug)]
pub struct CheckoutOptions<'a> {
    pub dir: &'a Path,
    /// Replace what differs.
    pub force: bool,
    /// Move away what the snapshot does not have.
    pub clean: bool,
}

#[derive(Clone, Debug, Default)]
pub struct CheckoutOutcome {
    pub written: u64,
    pub unchanged: u64,
    /// Where replaced files were moved to, and how many.
    pub backup: Option<PathBuf>,
    pub moved: u64,
    /// Files that only the directory's own ignore files ignored; with `clean`, they are moved.
    pub no_longer_ignored: Vec<PathBuf>,
}

/// What the directory has at the path of an entry.
#[derive(Debug)]
pub(super) enum State {
    Missing,
    Same,
    /// The same contents with these permissions.
    OtherMode(u32),
    Different(Difference),
}

impl State {
    fn is_kept(&self) -> bool {
        matches!(self, Self::Same | Self::OtherMode(_))
    }
}

/// What a checkout is going to do.
struct Plan<'a> {
    snapshot: &'a Snapshot,
    options: CheckoutOptions<'a>,
    guard: StoreGuard,
    /// The directory without links.
    full: PathBuf,
    entries: Vec<(&'a Entry, State)>,
    /// What the snapshot does not have and is moved away.
    extra: Vec<(PathBuf, Meta)>,
    no_longer_ignored: Vec<PathBuf>,
}

/// The permissions that an entry gets: the original ones, and its owner can write.
fn checkout_mode(entry: &Entry) -> u32 {
    match entry.content {
        Content::Dir => entry.mode | 0o700,
        _ => entry.mode | 0o200,
    }
}

/// Puts the files of a snapshot into a directory. `progress` counts entries.
pub fn check_out(
    store: &Store,
    snapshot: &Snapshot,
    options: CheckoutOptions,
    progress: Progress,
) -> Result<CheckoutOutcome> {
    let shown = options.dir.display();
    let full = resolve(options.dir).with_context(cannot("use", options.dir))?;
    let mut plan = Plan {
        snapshot,
        options,
        guard: StoreGuard::new(store)?,
        full,
        entries: Vec::new(),
        extra: Vec::new(),
        no_longer_ignored: Vec::new(),
    };
    plan.make()?;
    let mut target = Target::open(&plan)?;
    let applied = target.apply(&plan, progress);
    applied.with_context(|| match &target.outcome.backup {
        Some(backup) => format!("stopped half-way; a backup is in {}", backup.display()),
        None => format!("cannot write to {shown}"),
    })?;
    target.outcome.no_longer_ignored = plan.no_longer_ignored;
    Ok(target.outcome)
}

/// The path of a directory without links. The directory need not exist yet.
fn resolve(dir: &Path) -> Result<PathBuf> {
    let error = match dir.canonicalize() {
        Ok(full) if full.is_dir() => return Ok(full),
        Ok(_) => bail!("it is not a directory"),
        Err(error) => error,
    };
    if error.kind() != NotFound {
        return Err(error.into());
    }
    ensure!(!dir.is_symlink(), "it is a symbolic link to nothing");
    let absolute = std::path::absolute(dir)?;
    let (Some(parent), Some(name)) = (absolute.parent(), absolute.file_name()) else {
        bail!("its parent directory is not there");
    };
    Ok(resolve(parent)?.join(name))
}

impl Plan<'_> {
    fn make(&mut self) -> Result<()> {
        let shown = self.options.dir.display();
        self.guard.check_outside(&self.full, self.options.dir)?;
        let mut dir = None;
        if self.full.exists() {
            let opened = Dir::open(&self.full);
            dir = Some(opened.with_context(cannot("open", self.options.dir))?);
        }
        let inspected = self.inspect(dir.as_ref());
        inspected.with_context(cannot("compare", self.options.dir))?;
        let found = self.find_extra();
        if self.options.clean {
            found?; // otherwise nothing is moved, and an error does no harm
        }
        self.refuse_changes()?;
        for (entry, state) in &self.entries {
            if let (State::Different(_), Some(dir)) = (state, &dir) {
                self.guard.check_movable(dir, &entry.path)?;
            }
        }
        let checked = self.check_intact();
        checked.with_context(|| format!("nothing was changed in {shown}"))
    }

    /// Compares the directory with every entry of the snapshot.
    fn inspect(&mut self, dir: Option<&Dir>) -> Result<()> {
        let mut hashes = HashCache::default();
        let mut missing_dir: Option<&Path> = None;
        for entry in &self.snapshot.entries {
            let path = entry.path.as_path();
            let mut is_allowed = !path.iter().any(is_git);
            let mut state = State::Missing;
            if let Some(dir) = dir
                && !missing_dir.is_some_and(|missing| path.starts_with(missing))
            {
                let found = dir.find(path);
                if let Some(meta) = found.with_context(|| path.display().to_string())? {
                    is_allowed &= !self.guard.protects(&meta);
                    state = self.snapshot.inspect(entry, dir, &meta, &mut hashes)?;
                }
                if entry.content == Content::Dir && !state.is_kept() {
                    missing_dir = Some(path);
                }
            }
            let shown = path.display();
            ensure!(
                is_allowed,
                "the snapshot has {shown}, which a checkout never writes to"
            );
            self.entries.push((entry, state));
        }
        Ok(())
    }

    /// Finds what the snapshot does not have, and what only those ignore files ignored that are going to
    /// be replaced.
    fn find_extra(&mut self) -> Result<()> {
        let CheckoutOptions { dir, clean, .. } = self.options;
        let is_replaced_rule = |(entry, state): &(&Entry, State)| {
            !state.is_kept() && IGNORE_FILES.iter().any(|name| entry.path.ends_with(name))
        };
        if !self.full.exists() || !(clean || self.entries.iter().any(is_replaced_rule)) {
            return Ok(());
        }
        let before = list_work(dir, &self.guard, None)?;
        let before: HashSet<PathBuf> = before.entries.into_iter().map(|(path, _)| path).collect();
        let after = list_work(dir, &self.guard, Some(self.snapshot))?;
        for (path, meta) in after.entries {
            if self.snapshot.find_entry(&path).is_some() {
                continue;
            }
            if meta.kind != Kind::Dir && !before.contains(&path) {
                self.no_longer_ignored.push(path.clone());
            }
            if clean {
                self.extra.push((path, meta));
            }
        }
        Ok(())
    }

    fn refuse_changes(&self) -> Result<()> {
        let mut changes = Vec::new();
        for (entry, state) in &self.entries {
            let path = entry.path.display();
            let mode = checkout_mode(entry);
            match state {
                State::Different(difference) => changes.push(format!("{path} {difference}")),
                // Access for others that was removed is not restored unasked.
                State::OtherMode(found) if mode & PERMISSIONS_OF_OTHERS & !found != 0 => {
                    let change = Difference::Mode(*found, mode);
                    changes.push(format!("{path} {change}"));
                }
                _ => {}
            }
        }
        if changes.is_empty() || self.options.force {
            return Ok(());
        }
        let more = changes.len().saturating_sub(MAX_NAMED);
        changes.truncate(MAX_NAMED);
        if more > 0 {
            changes.push(format!("and {more} more"));
        }
        let (dir, changes) = (self.options.dir.display(), changes.join(", "));
        bail!("{dir} has local changes ({changes}); use --force to replace them (a backup is kept)")
    }

    /// Fails if a file that is going to be written is not what was frozen.
    fn check_intact(&self) -> Result<()> {
        let Snapshot { trial, dir, .. } = self.snapshot;
        let damaged = format!("the snapshot of trial {trial} is damaged");
        let mut hashes = HashCache::default();
        for (entry, _) in self.entries.iter().filter(|(_, state)| !state.is_kept()) {
            let path = entry.path.display();
            let found = dir.metadata(&entry.path);
            let meta = found.with_context(|| format!("{damaged}: {path}"))?;
            let compared = self.snapshot.compare_entry(entry, dir, &meta, &mut hashes);
            if let Err(difference) = compared {
                bail!("{damaged}: {path} {difference}; `lineage check` lists all damage");
            }
        }
        Ok(())
    }
}

impl Snapshot {
    /// Compares an entry with what is at its path in `dir`.
    pub(super) fn inspect(
        &self,
        entry: &Entry,
        dir: &Dir,
        meta: &Meta,
        hashes: &mut HashCache,
    ) -> Result<State> {
        let frozen = self.dir.find(&entry.path)?;
        if meta.kind == Kind::File && frozen.is_some_and(|frozen| frozen.id == meta.id) {
            // If its owner could write to it, he could write to the snapshot.
            return Ok(State::Different(Difference::HardLink));
        }
        if let Err(difference) = self.compare_entry(entry, dir, meta, hashes) {
            return Ok(State::Different(difference));
        }
        let mode = checkout_mode(entry);
        if meta.kind == Kind::Link || meta.mode == mode {
            return Ok(State::Same);
        }
        if meta.kind == Kind::File && meta.hard_links > 1 {
            // Its other names, perhaps in another snapshot, would get the permissions too.
            return Ok(State::Different(Difference::Mode(meta.mode, mode)));
        }
        Ok(State::OtherMode(meta.mode))
    }
}
