//! Trials in progress: `lineage run` keeps one small file for each in `running/`. Readers write nothing; they ignore the
//! files that killed runs left behind, and the next run removes them.

use std::{
    fs,
    path::{Path, PathBuf},
    process,
    time::Duration,
};

#[cfg(feature = "postgres")]
use jiff::SignedDuration;
use jiff::Timestamp;
use rustix::process::Pid;
use serde::{Deserialize, Serialize};

#[cfg(feature = "postgres")]
use crate::files::replace_file;
use crate::files::{MAX_TEXT_BYTES, read_input};

use super::{Store, process::read_process, prompts::file_name, shared::host};

const DIR: &str = "running";

/// How the files of trials start that the database of a shared store knows of.
const MIRRORED: &str = "shared-";

/// A trial of another host is taken for dead this long after its last heartbeat, or before it: then a clock is wrong.
const MAX_SILENCE: Duration = Duration::from_mins(10);

/// A trial that `lineage run` has started and not yet logged.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default)]
pub struct RunningTrial {
    pub specialist: String,
    pub parent_exp: String,
    pub domain: String,
    pub hypothesis: String,
    pub job_name: String,
    /// When the command was started.
    pub started: Timestamp,
    pub heartbeat: Timestamp,
    #[serde(flatten)]
    pub process: RunningProcess,
}

/// The process that runs a trial.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default)]
pub struct RunningProcess {
    pub host: String,
    /// Numbers of processes mean something only within it; empty if the system has none.
    pub pid_namespace: String,
    pub pid: u32,
    /// In the system's own unit; tells the process from a later one with the same number. 0 if it is unknown.
    pub pid_start: u64,
}

/// A file in `running/`.
pub(crate) struct RunningFile {
    pub(crate) path: PathBuf,
    /// `None` if the file cannot be read as a trial.
    pub(crate) trial: Option<RunningTrial>,
    pub(crate) is_stale: bool,
}

impl RunningFile {
    /// Whether its run was killed: a trial that only the database knows of may go on.
    pub(crate) fn is_abandoned(&self) -> bool {
        let name = self.path.file_name().unwrap_or_default();
        self.is_stale && !name.as_encoded_bytes().starts_with(MIRRORED.as_bytes())
    }
}

impl Store {
    /// The trials in progress, in the order in which they were started.
    pub fn running_trials(&self, now: Timestamp) -> Vec<RunningTrial> {
        let files = self.running_files(now).into_iter();
        let mut trials: Vec<_> = files
            .filter(|file| !file.is_stale)
            .filter_map(|file| file.trial)
            .collect();
        trials.sort_by_key(|trial| (trial.started, trial.process.pid));
        trials
    }

    /// Every file in `running/`. What cannot be read is left out: no command depends on it.
    pub(crate) fn running_files(&self, now: Timestamp) -> Vec<RunningFile> {
        let Some(Ok(entries)) = self.running_dir().map(fs::read_dir) else {
            return Vec::new();
        };
        let host = RunningProcess::current();
        let paths = entries.flatten().map(|entry| entry.path());
        paths
            .filter_map(|path| read_file(path, &host, now))
            .collect()
    }

    /// Makes the files of trials of other hosts those of the database: an id, the trial and the seconds since its last heartbeat.
    /// No command depends on them, so failures are ignored.
    #[cfg(feature = "postgres")]
    pub(crate) fn mirror_running(&self, trials: Vec<(String, String, f64)>) {
        let Some(dir) = self.running_dir() else {
            return;
        };
        let mut names = Vec::new();
        for (id, json, silence) in trials {
            let Ok(mut trial) = serde_json::from_str::<RunningTrial>(&json) else {
                continue;
            };
            if dir.join(trial.process.file_name()).exists() {
                continue; // a trial of this store
            }
            // By this host's clock: the other's may be wrong.
            let silence = SignedDuration::try_from_secs_f64(silence).unwrap_or_default();
            trial.heartbeat = Timestamp::now() - silence;
            let name = format!("{MIRRORED}{id}.json");
            let _ = fs::create_dir_all(&dir);
            let json = serde_json::to_vec(&trial).unwrap_or_default();
            let _ = replace_file(&dir.join(&name), &json, self.derived_mode());
            names.push(name);
        }
        for entry in fs::read_dir(&dir).into_iter().flatten().flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            if name.starts_with(MIRRORED) && !names.contains(&name) {
                let _ = fs::remove_file(entry.path());
            }
        }
    }

    /// The directory of the files; `None` for a log that is read in place.
    pub(crate) fn running_dir(&self) -> Option<PathBuf> {
        Some(self.dir()?.join(DIR))
    }
}

/// Reads one file; `None` if it is none, or was removed meanwhile.
fn read_file(path: PathBuf, reader: &RunningProcess, now: Timestamp) -> Option<RunningFile> {
    let bytes = read_input(&path, MAX_TEXT_BYTES).ok()?;
    let trial: Option<RunningTrial> = serde_json::from_slice(&bytes).ok();
    let is_stale = match &trial {
        Some(trial) if trial.process.is_visible_to(reader) => !trial.process.is_alive(),
        Some(trial) => is_silent(trial.heartbeat, now),
        None => match RunningProcess::of_file(&path, reader) {
            Some(process) => !process.is_alive(),
            None => is_silent(modified_at(&path)?, now),
        },
    };
    Some(RunningFile {
        path,
        trial,
        is_stale,
    })
}

fn modified_at(path: &Path) -> Option<Timestamp> {
    Timestamp::try_from(fs::metadata(path).ok()?.modified().ok()?).ok()
}

fn is_silent(heartbeat: Timestamp, now: Timestamp) -> bool {
    now.duration_since(heartbeat).unsigned_abs() > MAX_SILENCE
}

impl RunningProcess {
    /// This process.
    pub(crate) fn current() -> Self {
        let pid = process::id();
        Self {
            host: host(),
            pid_namespace: fs::read_link("/proc/self/ns/pid")
                .map_or_else(|_| String::new(), |path| path.to_string_lossy().into()),
            pid,
            pid_start: read_process(pid).map_or(0, |process| process.start),
        }
    }

    /// The name of its file, which also tells whether it is alive if it was killed before it wrote the file.
    pub(crate) fn file_name(&self) -> String {
        format!(
            "{}-{}-{}.json",
            file_name(&self.host),
            self.pid,
            self.pid_start
        )
    }

    /// The process on the reader's host that a file is named after.
    fn of_file(path: &Path, reader: &Self) -> Option<Self> {
        let name = path.file_stem()?.to_str()?;
        let numbers = name
            .strip_prefix(&*file_name(&reader.host))?
            .strip_prefix('-')?;
        let (pid, pid_start) = numbers.split_once('-')?;
        Some(Self {
            pid: pid.parse().ok()?,
            pid_start: pid_start.parse().ok()?,
            ..reader.clone()
        })
    }

    /// Whether a reader on its host can tell if this process is alive.
    pub(crate) fn is_visible_to(&self, reader: &Self) -> bool {
        (&self.host, &self.pid_namespace) == (&reader.host, &reader.pid_namespace)
    }

    fn is_alive(&self) -> bool {
        if self.pid_start == 0 {
            let pid = i32::try_from(self.pid).ok().and_then(Pid::from_raw);
            return pid.is_some_and(|pid| rustix::process::test_kill_process(pid).is_ok());
        }
        read_process(self.pid)
            .is_some_and(|process| process.start == self.pid_start && !process.is_zombie)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether a trial of this process counts, so many seconds after its last heartbeat.
    fn counts(process: RunningProcess, silence: i64) -> bool {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("trial.json");
        let now = Timestamp::from_second(2_000_000_000).unwrap();
        let trial = RunningTrial {
            heartbeat: Timestamp::from_second(2_000_000_000 - silence).unwrap(),
            process,
            ..RunningTrial::default()
        };
        fs::write(&path, serde_json::to_vec(&trial).unwrap()).unwrap();
        let file = read_file(path, &RunningProcess::current(), now).unwrap();
        assert_eq!(file.trial, Some(trial));
        !file.is_stale
    }

    #[test]
    fn a_trial_on_this_host_counts_as_long_as_its_process_lives() {
        let this = RunningProcess::current();
        assert!(counts(this.clone(), 1_000_000));
        let pid_start = this.pid_start + 1;
        assert!(!counts(RunningProcess { pid_start, ..this }, 0));
    }

    #[test]
    fn a_trial_of_another_host_counts_for_ten_minutes_after_its_heartbeat() {
        let host = "elsewhere".to_owned();
        let this = RunningProcess::current();
        let other = RunningProcess { host, ..this };
        assert!(counts(other.clone(), 599));
        assert!(!counts(other.clone(), 601));
        assert!(counts(other.clone(), -599));
        assert!(!counts(other, -601));
    }

    #[test]
    fn a_file_that_is_no_trial_is_stale_after_a_while() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("torn.json");
        fs::write(&path, "{\"host\":").unwrap();
        let host = RunningProcess::current();
        for (age, is_stale) in [(0, false), (601, true)] {
            let now = Timestamp::now() + jiff::SignedDuration::from_secs(age);
            let file = read_file(path.clone(), &host, now).unwrap();
            assert_eq!((file.trial, file.is_stale), (None, is_stale));
        }
    }
}
