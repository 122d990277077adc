//! Finding the store: the nearest `.lineage` upwards, as git finds a repository, or a path that is given.

use std::{
    cell::OnceCell,
    io::ErrorKind,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, anyhow, bail, ensure};

use super::{
    DIR, INSIGHTS, LOG, OWN_NAMES, SETTINGS, Settings,
    git::{find_main_worktree, find_main_worktree_above},
    lost::{describe_lost_log, has_lost_trials},
};
use crate::files::{MAX_TEXT_BYTES, permissions_of, read_if_exists, resolve};
use crate::log::{BatchRecord, amendments::amendments_path};
use crate::text::{Usage, shell_word};

/// The place of a log, and its settings.
#[derive(Debug)]
pub struct Store {
    /// The directory of the store; `None` for a log file that is read in place.
    dir: Option<PathBuf>,
    log: PathBuf,
    pub settings: Settings,
    /// If the store is that of the main worktree of git: the same directory in the linked worktree.
    linked_dir: Option<PathBuf>,
    is_new_log_allowed: bool,
    /// Why no command asks the database of a shared store any more.
    pub(super) offline: OnceCell<String>,
}

impl Store {
    /// The store at `path` (a store, a directory with a `results.tsv`, or a log file), else the nearest `.lineage` upwards
    /// from the current directory.
    pub fn find(path: Option<&Path>) -> Result<Self> {
        match path {
            Some(path) => Self::find_at(path),
            None => {
                let from = current_dir()?;
                Self::find_upwards(&from)?.ok_or_else(|| no_store(&from))
            }
        }
    }

    /// The store that commands use if no path is given, if there is one.
    pub(crate) fn find_default() -> Result<Option<Self>> {
        Self::find_upwards(&current_dir()?)
    }

    fn find_at(path: &Path) -> Result<Self> {
        let shown = path.display();
        match std::fs::metadata(path) {
            Ok(metadata) if metadata.is_file() => {
                Ok(Self::new(None, path.to_owned(), Settings::default()))
            }
            Ok(metadata) if metadata.is_dir() => {
                let inner = path.join(DIR);
                let is_outside = !has_store_files(path)? && has_store_files(&inner)?;
                Self::in_dir(if is_outside { &inner } else { path })
            }
            Ok(_) => bail!(
                "{shown} is neither a directory nor a regular file; --store and LINEAGE_STORE take a store or a log"
            ),
            Err(error) if error.kind() == ErrorKind::NotFound => {
                bail!(
                    "no file or directory at {shown}; check the path, or make a store with `lineage init {}`",
                    shell_word(&path.to_string_lossy())
                )
            }
            Err(error) => bail!("cannot access {shown}: {error}{}", way_out(&error)),
        }
    }

    /// Looks in a linked worktree of git, then where a search in the main worktree would look, then above.
    fn find_upwards(from: &Path) -> Result<Option<Self>> {
        for dir in from.ancestors() {
            if dir.join(DIR).is_dir() {
                return Self::in_dir(&dir.join(DIR)).map(Some);
            }
            let Some(found) = find_main_worktree(dir) else {
                continue;
            };
            let below = from.strip_prefix(dir).unwrap_or(Path::new(""));
            for above in found.join(below).ancestors() {
                if above.join(DIR).is_dir() {
                    let mut store = Self::in_dir(&above.join(DIR))?;
                    let same = above.strip_prefix(&found).ok();
                    store.linked_dir = same.map(|below| dir.join(below));
                    return Ok(Some(store));
                }
            }
        }
        Ok(None)
    }

    fn in_dir(dir: &Path) -> Result<Self> {
        ensure!(
            has_store_files(dir)?,
            "no {SETTINGS} or {LOG} in {}; `lineage init {}` makes a store there",
            dir.display(),
            shell_word(&dir.to_string_lossy())
        );
        let settings = Settings::read(&dir.join(SETTINGS))?;
        Ok(Self::new(Some(dir.to_owned()), dir.join(LOG), settings))
    }

    fn new(dir: Option<PathBuf>, log: PathBuf, settings: Settings) -> Self {
        Self {
            dir,
            log,
            settings,
            linked_dir: None,
            is_new_log_allowed: false,
            offline: OnceCell::new(),
        }
    }

    /// The directory of the store; `None` for a log that is read in place.
    pub(crate) fn dir(&self) -> Option<&Path> {
        self.dir.as_deref()
    }

    pub fn log_path(&self) -> &Path {
        &self.log
    }

    /// The permissions of what is derived from the log: a user who may not read the log may not read that either.
    pub(crate) fn derived_mode(&self) -> u32 {
        permissions_of(&self.log).unwrap_or(0o600)
    }

    /// Whether a path leads to the log.
    fn is_log(&self, path: &Path) -> bool {
        match (path.canonicalize(), self.log.canonicalize()) {
            (Ok(path), Ok(log)) => path == log,
            _ => false,
        }
    }

    /// Refuses to write to the log or to another file of the store.
    pub(crate) fn check_output(&self, path: &Path) -> Result<()> {
        let what = if self.is_log(path) {
            "the log of trials"
        } else if self.owns(path) {
            "a file of the store"
        } else {
            return Ok(());
        };
        let path = path.display();
        bail!(Usage(format!("{path} is {what}; write to another file")))
    }

    fn owns(&self, path: &Path) -> bool {
        let Some(full) = resolve(path) else {
            return false;
        };
        let mut own = vec![
            self.log.with_extension("idx"),
            self.log.with_extension("warned"),
            BatchRecord::path(&self.log),
            amendments_path(&self.log),
        ];
        if let Some(dir) = &self.dir {
            own.extend(OWN_NAMES.map(|name| dir.join(name)));
        }
        let is_own = |own: &PathBuf| resolve(own).is_some_and(|own| full.starts_with(own));
        own.iter().any(is_own)
    }

    /// Whether the store was found in the main worktree of git, from a linked one.
    pub fn is_in_main_worktree(&self) -> bool {
        self.linked_dir.is_some()
    }

    /// The path that the settings say to freeze. It is relative to the directory that contains the store or, in a linked
    /// worktree, to the same directory there.
    pub fn work(&self) -> Option<PathBuf> {
        let path = self.settings.snapshot.path.as_ref()?;
        if let Some(dir) = &self.linked_dir {
            return Some(dir.join(path));
        }
        Some(self.dir.as_ref()?.join("..").join(path))
    }

    /// Whether there is a settings file. Without one, a missing log is not created, because the path may be mistyped, and a log
    /// gets no index.
    pub(crate) fn has_settings_file(&self) -> bool {
        let dir = self.dir.as_ref();
        dir.is_some_and(|dir| dir.join(SETTINGS).exists())
    }

    /// What is said if the log is missing: what shows that there were trials, and what to do.
    pub(crate) fn describe_missing_log(&self) -> String {
        let log = self.log.display();
        match &self.dir {
            Some(dir) if has_lost_trials(dir) => describe_lost_log(dir),
            _ => format!("{log} is missing; the next `lineage append` creates it"),
        }
    }

    /// Fails if the log has no trial although there were some: ids would start again at 000. A shared log is never lost,
    /// because its database has it.
    pub(crate) fn check_not_lost(&self) -> Result<()> {
        if let Some(dir) = &self.dir
            && self.settings.shared.is_none()
            && !self.is_new_log_allowed
            && has_lost_trials(dir)
        {
            bail!(describe_lost_log(dir));
        }
        Ok(())
    }

    /// Allows an append to start a new log although the store has traces of another.
    pub fn allow_new_log(&mut self) {
        self.is_new_log_allowed = true;
    }

    /// The hand-written insights; empty if there are none.
    pub fn insights(&self) -> Result<String> {
        let Some(dir) = &self.dir else {
            return Ok(String::new());
        };
        let bytes = read_if_exists(&dir.join(INSIGHTS), MAX_TEXT_BYTES)?;
        Ok(String::from_utf8_lossy(&bytes.unwrap_or_default()).into_owned())
    }
}

fn current_dir() -> Result<PathBuf> {
    std::env::current_dir().context("the current directory does not exist")
}

fn no_store(from: &Path) -> anyhow::Error {
    let main = find_main_worktree_above(from);
    let from = from.display();
    let Some(main) = main else {
        return anyhow!(
            "no {DIR} in {from} or above it; `lineage init` makes one here, --store PATH names another"
        );
    };
    let shared = shell_word(&main.join(DIR).to_string_lossy());
    let main = main.display();
    anyhow!(
        "no {DIR} in {from} or above it, nor in the main worktree {main}; `lineage init {shared}` makes one for all worktrees"
    )
}

fn has_store_files(dir: &Path) -> Result<bool> {
    for name in [SETTINGS, LOG] {
        let path = dir.join(name);
        match std::fs::symlink_metadata(&path) {
            Ok(_) => return Ok(true),
            Err(error) if error.kind() == ErrorKind::PermissionDenied => {
                bail!(
                    "cannot access {}: {error}{}",
                    path.display(),
                    way_out(&error)
                )
            }
            Err(_) => {}
        }
    }
    Ok(false)
}

/// Refuses what cannot be a log.
pub(crate) fn check_regular(path: &Path) -> Result<()> {
    match std::fs::metadata(path) {
        Ok(metadata) if !metadata.is_file() => {
            let path = path.display();
            bail!("{path} is not a regular file, so not a log; move it away")
        }
        _ => Ok(()), // whoever opens it reports other errors
    }
}

/// What to do about a file that cannot be opened, as the end of an error message.
pub(crate) fn way_out(error: &std::io::Error) -> &'static str {
    match error.kind() {
        ErrorKind::PermissionDenied => {
            "; give this user the right to it (chmod, chown), or name another store with --store"
        }
        ErrorKind::ReadOnlyFilesystem => {
            "; its file system is read-only: name another store with --store"
        }
        _ => "",
    }
}
