//! `[shared]` in the settings: the store mirrors a run of a PostgreSQL database.

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use rustix::system::uname;
use serde::Deserialize;

use super::Store;

/// Where the rows of the store come from.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SharedSettings {
    /// The database, without a password.
    pub url: String,
    /// The name of the run.
    pub run: String,
    /// How many milliseconds a reading command spends on new rows.
    #[serde(default = "default_fetch_ms")]
    pub fetch_ms: u64,
}

/// What a program without the feature `postgres` says.
#[cfg(not(feature = "postgres"))]
pub(crate) const NO_POSTGRES: &str = "this build of lineage has no PostgreSQL support; \
    `cargo install lineage-cli --features postgres` adds it";

fn default_fetch_ms() -> u64 {
    300
}

/// The database does not answer, or not now: trying again later may help.
#[derive(Debug, thiserror::Error)]
#[error("{reason}")]
pub struct Unreachable {
    pub reason: String,
    /// The UUID of the first row, if the database may have got the rows.
    pub sent: Option<String>,
}

impl Unreachable {
    pub fn new(reason: impl Into<String>) -> Self {
        Self {
            reason: reason.into(),
            sent: None,
        }
    }
}

impl Store {
    /// Keeps commands from asking the database of a shared store.
    pub fn go_offline(&self, why: &str) {
        let _ = self.offline.set(why.to_owned());
    }

    /// Fails if the database is not to be asked.
    pub(crate) fn check_online(&self) -> Result<(), Unreachable> {
        match self.offline.get() {
            Some(why) => Err(Unreachable::new(why)),
            None => Ok(()),
        }
    }

    /// How long ago the mirror was up to date; `None` if it never was.
    pub(crate) fn mirror_age(&self) -> Option<Duration> {
        let state = fs::metadata(mirror_state_path(self.log_path())).ok()?;
        Some(state.modified().ok()?.elapsed().unwrap_or_default())
    }

    /// The file of the trials that wait for the database.
    #[cfg(feature = "postgres")]
    pub(crate) fn outbox_path(&self) -> PathBuf {
        self.log_path().with_file_name("outbox.jsonl")
    }

    /// The directory that `snapshot_path` is relative to.
    pub(crate) fn snapshot_root(&self) -> PathBuf {
        let log = self.log_path();
        match (self.dir(), &self.settings.snapshot.dir) {
            (Some(dir), Some(shared)) => dir.join("..").join(shared),
            (Some(dir), None) => dir.to_owned(),
            (None, _) => log.parent().map_or("".into(), |dir| dir.join(".")),
        }
    }

    /// The `snapshot_path` of a snapshot of this store. In a shared log it names the host, unless all hosts have the directory.
    pub(crate) fn snapshot_cell(&self, path: String) -> String {
        if self.settings.shared.is_none() || self.settings.snapshot.dir.is_some() {
            return path;
        }
        let root = self.snapshot_root();
        let root = root.canonicalize().unwrap_or(root);
        format!("{}:{}/{path}", host(), root.display())
    }

    /// The path below the directory of this store that a `snapshot_path` means; another host's stays as it is.
    pub(crate) fn own_snapshot<'p>(&self, cell: &'p Path) -> &'p Path {
        let Some(text) = cell.to_str().filter(|_| self.settings.shared.is_some()) else {
            return cell;
        };
        let own = text
            .strip_prefix(&*host())
            .and_then(|rest| rest.strip_prefix(':'));
        let root = self.snapshot_root().canonicalize();
        match (own, root) {
            (Some(path), Ok(root)) => Path::new(path).strip_prefix(root).unwrap_or(cell),
            _ => cell,
        }
    }

    /// Where a snapshot of a shared log is, if it is not in this store: a host and a path.
    pub(crate) fn elsewhere<'p>(&self, cell: &'p Path) -> Option<&'p str> {
        let text = cell.to_str().filter(|_| self.settings.shared.is_some())?;
        let is_named = text.contains(":/") && self.own_snapshot(cell) == cell;
        is_named.then_some(text)
    }
}

/// The file that says what the mirror at this path has. Its time is when the mirror was last up to date.
pub(crate) fn mirror_state_path(log: &Path) -> PathBuf {
    log.with_file_name("mirror.json")
}

/// The name of this host.
pub(crate) fn host() -> String {
    uname().nodename().to_string_lossy().into_owned()
}
