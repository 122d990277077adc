//! Puts the files of a snapshot into a directory. Everything on both sides is checked before anything
//! is touched, and what has to be replaced is moved to a backup directory, with the last backups.

mod target;

use std::collections::HashSet;
use std::io::ErrorKind::NotFound;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};

use self::target::Target;
use super::backups::{MAX_BACKUPS, remove_backups};
use super::compare::{HashCache, State, describe_modes};
use super::dir::{Dir, Kind};
use super::guard::StoreGuard;
use super::manifest::Entry;
use super::walk::{IGNORE_FILES, check_outside_git, is_git, list_work};
use super::{Progress, Snapshot, cannot};
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

/// What a checkout is going to do.
struct Plan<'a> {
    snapshot: &'a Snapshot,
    options: CheckoutOptions<'a>,
    guard: StoreGuard,
    /// `None` if it is going to be created.
    dir: Option<Dir>,
    entries: Vec<(&'a Entry, State)>,
    /// What is moved to the backup, if it was not moved with its directory.
    moved: Vec<PathBuf>,
    /// The directories that the snapshot does not have; those that are empty in the end are removed.
    extra_dirs: Vec<PathBuf>,
    no_longer_ignored: Vec<PathBuf>,
}

/// Puts the files of a snapshot into a directory. `progress` counts entries.
pub fn check_out(
    store: &Store,
    snapshot: &Snapshot,
    options: CheckoutOptions,
    progress: Progress,
) -> Result<CheckoutOutcome> {
    let full = resolve(options.dir).with_context(cannot("use", options.dir))?;
    let guard = StoreGuard::new(store)?;
    guard.check_outside(&full, options.dir)?;
    check_outside_git(&full, options.dir)?;
    let dir = full.exists().then(|| Dir::open(&full)).transpose();
    let mut plan = Plan {
        snapshot,
        options,
        guard,
        dir: dir.with_context(cannot("open", options.dir))?,
        entries: Vec::new(),
        moved: Vec::new(),
        extra_dirs: Vec::new(),
        no_longer_ignored: Vec::new(),
    };
    plan.make()?;
    let dir = match plan.dir.take() {
        Some(dir) => dir,
        None => create_dir(&full, snapshot).with_context(cannot("create", options.dir))?,
    };
    let mut target = Target::new(options.dir, dir);
    let applied = target.apply(&plan, progress);
    applied.with_context(|| match &target.outcome.backup {
        Some(backup) => format!("stopped half-way; a backup is in {}", backup.display()),
        None => format!("cannot write to {}", options.dir.display()),
    })?;
    target.outcome.no_longer_ignored = plan.no_longer_ignored;
    if target.outcome.backup.is_some() {
        let _ = remove_backups(options.dir, MAX_BACKUPS); // what is left is removed the next time
    }
    Ok(target.outcome)
}

/// The path of a directory without links. The directory need not exist yet.
fn resolve(dir: &Path) -> Result<PathBuf> {
    match dir.canonicalize() {
        Ok(full) if full.is_dir() => return Ok(full),
        Ok(_) => bail!("it is not a directory"),
        Err(error) if error.kind() != NotFound => return Err(error.into()),
        Err(_) => {}
    }
    ensure!(!dir.is_symlink(), "it is a symbolic link to nothing");
    let absolute = std::path::absolute(dir)?;
    let (Some(parent), Some(name)) = (absolute.parent(), absolute.file_name()) else {
        bail!("its parent directory is not there");
    };
    Ok(resolve(parent)?.join(name))
}

/// Creates a directory with no more access than the umask allows and the original had.
fn create_dir(full: &Path, snapshot: &Snapshot) -> Result<Dir> {
    std::fs::create_dir_all(full)?;
    let dir = Dir::open(full)?;
    dir.set_mode(dir.mode()? & snapshot.dir.mode()?)?;
    Ok(dir)
}

impl Plan<'_> {
    fn make(&mut self) -> Result<()> {
        let shown = self.options.dir.display();
        let compared = self.compare();
        compared.with_context(cannot("compare", self.options.dir))?;
        let found = self.find_extra();
        if self.options.clean {
            found?; // otherwise nothing is moved, and an error does no harm
        }
        self.refuse_changes()?;
        if let Some(dir) = &self.dir {
            for path in &self.moved {
                self.guard.check_movable(dir, path)?;
            }
        }
        let checked = self.check_intact();
        checked.with_context(|| format!("nothing was changed in {shown}"))
    }

    /// Compares the directory with every entry of the snapshot.
    fn compare(&mut self) -> Result<()> {
        let mut hashes = HashCache::new();
        let mut replaced_dir: Option<&Path> = None;
        for entry in &self.snapshot.entries {
            let path = entry.path.as_path();
            let mut is_allowed = !path.iter().any(is_git);
            let mut state = State::Missing;
            if let Some(dir) = &self.dir
                && !replaced_dir.is_some_and(|replaced| path.starts_with(replaced))
            {
                let found = dir.find(path)?;
                is_allowed &= !found.is_some_and(|meta| self.guard.protects(&meta));
                let mode = entry.checkout_mode();
                state = self.snapshot.compare_entry(entry, mode, dir, &mut hashes);
                if let State::OtherMode(meta) = &state
                    && meta.kind == Kind::File
                    && meta.hard_links > 1
                {
                    // Its other names, perhaps in a snapshot, would get the permissions too.
                    state = State::Different(describe_modes(meta.mode, mode));
                }
                if entry.kind == Kind::Dir && !state.is_kept() {
                    replaced_dir = Some(path);
                }
            }
            ensure!(
                is_allowed,
                "the snapshot has {}, which a checkout never writes to",
                path.display()
            );
            if let State::Different(_) = state {
                self.moved.push(path.to_owned());
            }
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
        if self.dir.is_none() || !(clean || self.entries.iter().any(is_replaced_rule)) {
            return Ok(());
        }
        let before = list_work(dir, &self.guard, None)?;
        let before: HashSet<PathBuf> = before.entries.into_iter().map(|(path, _)| path).collect();
        let after = list_work(dir, &self.guard, Some(self.snapshot))?;
        for (path, meta) in after.entries {
            if self.snapshot.find_entry(&path).is_some() {
                continue;
            }
            let is_dir = meta.kind == Kind::Dir;
            if !is_dir && !before.contains(&path) {
                self.no_longer_ignored.push(path.clone());
            }
            if clean && is_dir {
                self.extra_dirs.push(path);
            } else if clean {
                self.moved.push(path);
            }
        }
        Ok(())
    }

    fn refuse_changes(&self) -> Result<()> {
        let mut changes = Vec::new();
        for (entry, state) in &self.entries {
            let (path, mode) = (entry.path.display(), entry.checkout_mode());
            match state {
                State::Different(difference) => changes.push(format!("{path} {difference}")),
                // Access for others that was removed is not restored unasked.
                State::OtherMode(meta) if mode & PERMISSIONS_OF_OTHERS & !meta.mode != 0 => {
                    changes.push(format!("{path} {}", describe_modes(meta.mode, mode)));
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
        let mut hashes = HashCache::new();
        for (entry, _) in self.entries.iter().filter(|(_, state)| !state.is_kept()) {
            self.snapshot.check_entry(entry, &mut hashes)?;
        }
        Ok(())
    }
}
