//! The file of a trial in progress: written before the command starts, renewed while it runs, removed in the end.

use std::{
    fs, io,
    path::PathBuf,
    time::{Duration, Instant},
};

use anyhow::{Context, Result};
use jiff::Timestamp;

#[cfg(feature = "postgres")]
use crate::shared::Announced;
use crate::store::{RunningProcess, RunningTrial, Store};

/// How often the file is renewed. Readers on other hosts give up after ten minutes.
const HEARTBEAT: Duration = Duration::from_mins(1);

/// Dropping it removes the file.
pub struct RunningEntry {
    path: PathBuf,
    trial: RunningTrial,
    renewed: Instant,
    /// The same in the database of a shared store.
    #[cfg(feature = "postgres")]
    announced: Option<Announced>,
}

impl RunningEntry {
    /// Lists a trial as in progress. `None` for a log that is read in place: it has no store.
    pub fn create(store: &Store, trial: RunningTrial, now: Timestamp) -> Result<Option<Self>> {
        let Some(dir) = store.running_dir() else {
            return Ok(None);
        };
        let process = RunningProcess::current();
        let mut entry = Self {
            path: dir.join(process.file_name()),
            trial: RunningTrial {
                started: now,
                process,
                ..trial
            },
            renewed: Instant::now(),
            #[cfg(feature = "postgres")]
            announced: None,
        };
        let created = fs::create_dir_all(&dir).and_then(|()| entry.write(now));
        created.with_context(|| format!("cannot list the trial in {}", dir.display()))?;
        #[cfg(feature = "postgres")]
        if let Some(shared) = store.settings.shared.as_ref().filter(|_| store.is_online()) {
            let json = serde_json::to_string(&entry.trial)?;
            entry.announced = Some(Announced::new(shared, json));
        }
        Ok(Some(entry))
    }

    /// Renews the file if it is time to. A failure only makes the trial look dead to other hosts.
    pub fn beat(&mut self) {
        if self.renewed.elapsed() >= HEARTBEAT {
            self.renewed = Instant::now();
            let _ = self.write(Timestamp::now());
            #[cfg(feature = "postgres")]
            if let Some(announced) = &self.announced {
                announced.beat();
            }
        }
    }

    /// Replaces the file in one step, so that no reader sees a part of it.
    fn write(&mut self, now: Timestamp) -> io::Result<()> {
        self.trial.heartbeat = now;
        let new = self.path.with_extension("new");
        fs::write(&new, serde_json::to_vec(&self.trial)?)?;
        fs::rename(&new, &self.path)
    }
}

impl Drop for RunningEntry {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.path);
    }
}

/// Removes the files of runs that were killed, and returns their trials.
pub fn remove_stale_entries(store: &Store, now: Timestamp) -> Vec<RunningTrial> {
    let mut removed = Vec::new();
    for file in store.running_files(now) {
        if file.is_abandoned() && fs::remove_file(&file.path).is_ok() {
            removed.extend(file.trial);
        }
    }
    removed
}
