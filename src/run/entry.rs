//! The file of a trial in progress: written before the command starts, renewed while it runs, removed in the end.

use std::{
    fs::{self, Permissions},
    io::{self, Write},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use anyhow::{Context, Result};
use jiff::Timestamp;

use crate::files::persist;
#[cfg(feature = "postgres")]
use crate::shared::Announced;
use crate::store::{RunningProcess, RunningTrial, Store};

/// How often the file is renewed. Readers on other hosts give up after ten minutes.
const HEARTBEAT: Duration = Duration::from_mins(1);

/// Dropping it removes the file.
pub struct RunningEntry {
    path: PathBuf,
    mode: u32,
    trial: RunningTrial,
    renewed: Instant,
    interval: Duration,
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
            mode: store.derived_mode(),
            trial: RunningTrial {
                started: now,
                process,
                ..trial
            },
            renewed: Instant::now(),
            interval: HEARTBEAT,
            #[cfg(feature = "postgres")]
            announced: None,
        };
        let created = fs::create_dir_all(&dir).and_then(|()| entry.write(now));
        created.with_context(|| format!("cannot list the trial in {}", dir.display()))?;
        #[cfg(feature = "postgres")]
        if let Some(shared) = store
            .settings
            .shared
            .as_ref()
            .filter(|_| store.check_online().is_ok())
        {
            let json = serde_json::to_string(&entry.trial)?;
            entry.announced = Some(Announced::new(shared, json));
        }
        Ok(Some(entry))
    }

    /// Renews the file if it is time to. A failure only makes the trial look dead to other hosts.
    pub fn beat(&mut self) {
        if self.renewed.elapsed() >= self.interval {
            self.renewed = Instant::now();
            let _ = self.write(Timestamp::now());
            #[cfg(feature = "postgres")]
            if let Some(announced) = &self.announced {
                announced.beat();
            }
        }
    }

    /// Replaces the file in one step. The temporary file is named after the process, too, so that the next run can tell at once
    /// that its writer was killed.
    fn write(&mut self, now: Timestamp) -> io::Result<()> {
        self.trial.heartbeat = now;
        let mut prefix = self.path.file_stem().unwrap_or_default().to_owned();
        prefix.push(".");
        let mut file = tempfile::Builder::new()
            .prefix(&prefix)
            .permissions(Permissions::from_mode(self.mode))
            .tempfile_in(self.path.parent().unwrap_or(Path::new("")))?;
        file.write_all(&serde_json::to_vec(&self.trial)?)?;
        persist(file, |file| file.persist(&self.path))?;
        Ok(())
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::{Plan, Runner, Wanted};

    /// The heartbeat in the file of a trial that started long ago, as its command sees it right before its end.
    fn heartbeat_during(script: &str, interval: Duration) -> Timestamp {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("lineage.toml"), "metric = \"loss\"\n").unwrap();
        let store = Store::find(Some(dir.path())).unwrap();
        let entry = RunningEntry::create(&store, RunningTrial::default(), Timestamp::UNIX_EPOCH);
        let mut entry = entry.unwrap().unwrap();
        entry.interval = interval;
        let copy = dir.path().join("copy");
        let script = format!(
            "{script}; cp '{}' '{}'",
            entry.path.display(),
            copy.display()
        );
        let plan = Plan {
            command: ["sh", "-c", &script].map(Into::into).to_vec(),
            timeout: None,
            kill_after: Duration::ZERO,
            log: None,
            wanted: Wanted {
                score_regex: None,
                names: Vec::new(),
            },
        };
        let mut runner = Runner::new(plan).unwrap();
        runner.entry = Some(entry);
        runner.run(1, &dir.path().join("result"), &|_| {}).unwrap();
        let trial: RunningTrial = serde_json::from_slice(&fs::read(copy).unwrap()).unwrap();
        trial.heartbeat
    }

    #[test]
    fn the_heartbeat_is_renewed_while_the_command_runs() {
        let started = Timestamp::now();
        // The end of a stream wakes the run.
        let script = "exec 2>&-; sleep 0.5";
        assert!(heartbeat_during(script, Duration::from_millis(1)) >= started);
        assert_eq!(heartbeat_during(script, HEARTBEAT), Timestamp::UNIX_EPOCH);
    }
}
