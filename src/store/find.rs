//! Where the store is: found as git finds its own, or named.

use std::{
    io::ErrorKind,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail};

use super::Settings;

pub(super) const DIR: &str = ".lineage";
pub(super) const LOG: &str = "results.tsv";
pub(super) const SETTINGS: &str = "lineage.toml";
pub(super) const INSIGHTS: &str = "insights.md";

/// A place that holds a log, with its settings.
#[derive(Debug)]
pub struct Store {
    /// The directory of the store; `None` for a log file read in place.
    dir: Option<PathBuf>,
    log: PathBuf,
    pub settings: Settings,
}

impl Store {
    /// The store at `path` (a store, a directory that holds a `results.tsv`, or a log file), else the nearest
    /// `.lineage` upwards from the current directory.
    pub fn find(path: Option<&Path>) -> Result<Self> {
        match path {
            Some(path) => Self::at(path),
            None => {
                Self::upwards(&std::env::current_dir().context("the current directory is gone")?)
            }
        }
    }

    fn at(path: &Path) -> Result<Self> {
        let metadata = match std::fs::metadata(path) {
            Ok(metadata) => metadata,
            Err(error) if error.kind() == ErrorKind::NotFound => {
                bail!(
                    "there is no store at {0}; `lineage init {0}` makes one",
                    path.display()
                )
            }
            Err(error) => bail!(
                "cannot look at {}: {error}{}",
                path.display(),
                way_out(&error)
            ),
        };
        if metadata.is_file() {
            return Ok(Self {
                dir: None,
                log: path.to_owned(),
                settings: Settings::default(),
            });
        }
        if !metadata.is_dir() {
            bail!(
                "{} is neither a directory nor a regular file; --store takes a store or a log",
                path.display()
            );
        }
        let inner = path.join(DIR);
        if holds(path)? {
            Self::in_dir(path)
        } else if holds(&inner)? {
            Self::in_dir(&inner)
        } else {
            bail!(
                "{0} holds neither {SETTINGS} nor {LOG}; `lineage init {0}` makes a store there",
                path.display()
            )
        }
    }

    fn upwards(from: &Path) -> Result<Self> {
        match from
            .ancestors()
            .map(|dir| dir.join(DIR))
            .find(|dir| dir.is_dir())
        {
            Some(dir) if holds(&dir)? => Self::in_dir(&dir),
            Some(dir) => {
                bail!(
                    "{0} holds neither {SETTINGS} nor {LOG}; `lineage init {0}` makes a store there",
                    dir.display()
                )
            }
            None => bail!(
                "no {DIR} in {} or above it; `lineage init` makes one here, --store PATH names one elsewhere",
                from.display()
            ),
        }
    }

    fn in_dir(dir: &Path) -> Result<Self> {
        let settings = Settings::read(&dir.join(SETTINGS))?;
        Ok(Self {
            dir: Some(dir.to_owned()),
            log: dir.join(LOG),
            settings,
        })
    }

    /// The directory of the store; `None` for a log read in place.
    pub(crate) fn dir(&self) -> Option<&Path> {
        self.dir.as_deref()
    }

    /// The path of the log.
    pub fn log_path(&self) -> &Path {
        &self.log
    }

    /// The work that the settings say is to be frozen: they speak of the directory that the store is in.
    pub fn work(&self) -> Option<PathBuf> {
        let path = self.settings.snapshot.path.as_ref()?;
        let around = self.dir.as_ref().map(|dir| dir.join(".."));
        Some(around.map_or_else(|| path.clone(), |around| around.join(path)))
    }

    /// Whether an append may make the log: only in a store, never where a path was mistyped.
    pub(crate) fn may_create_log(&self) -> bool {
        self.dir
            .as_ref()
            .is_some_and(|dir| dir.join(SETTINGS).exists())
    }

    /// The hand-written key insights; empty where there are none.
    pub fn insights(&self) -> Result<String> {
        let Some(dir) = &self.dir else {
            return Ok(String::new());
        };
        let path = dir.join(INSIGHTS);
        match std::fs::read(&path) {
            Ok(bytes) => Ok(String::from_utf8_lossy(&bytes).into_owned()),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(String::new()),
            Err(error) => Err(error).with_context(|| format!("cannot read {}", path.display())),
        }
    }
}

/// Whether a directory is a store, or holds a log.
fn holds(dir: &Path) -> Result<bool> {
    for name in [SETTINGS, LOG] {
        let path = dir.join(name);
        match std::fs::symlink_metadata(&path) {
            Ok(_) => return Ok(true),
            Err(error) if error.kind() == ErrorKind::PermissionDenied => {
                bail!(
                    "cannot look at {}: {error}{}",
                    path.display(),
                    way_out(&error)
                )
            }
            Err(_) => {}
        }
    }
    Ok(false)
}

/// Whether a log can be at a path: nothing else may be there. A FIFO would keep its reader for ever.
pub(crate) fn check_regular(path: &Path) -> Result<()> {
    match std::fs::metadata(path) {
        Ok(metadata) if metadata.is_dir() => {
            bail!("{} is a directory, not a log; move it away", path.display())
        }
        Ok(metadata) if !metadata.is_file() => bail!(
            "{} is no regular file, so no log; move it away",
            path.display()
        ),
        _ => Ok(()), // what is not there, or cannot be seen, is said by whoever opens it
    }
}

/// What to do about a file that cannot be opened.
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
