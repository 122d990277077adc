//! Where a trial takes place: a directory with a store, the program run in it with a bound on its time, work on all cores.

use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
    sync::{
        atomic::{AtomicUsize, Ordering},
        mpsc,
    },
    thread,
    time::Duration,
};

use anyhow::{Context, Result, ensure};
use tempfile::TempDir;

pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_lineage");

/// No command on a small log takes longer, however slow the machine.
pub(crate) const SOON: Duration = Duration::from_secs(5);

pub(crate) struct Scene {
    dir: TempDir,
}

impl Scene {
    /// A directory with a store of `val_loss`, lower is better.
    pub(crate) fn new() -> Result<Self> {
        Self::in_dir(tempfile::tempdir()?)
    }

    pub(crate) fn in_dir(dir: TempDir) -> Result<Self> {
        let scene = Self { dir };
        scene.ok(&["init", "--metric", "val_loss", "--direction", "minimize"])?;
        Ok(scene)
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub(crate) fn log(&self) -> PathBuf {
        self.path(".lineage/results.tsv")
    }

    pub(crate) fn bytes(&self) -> Result<Vec<u8>> {
        fs::read(self.log()).context("the log")
    }

    pub(crate) fn lineage(&self, args: &[&str]) -> Command {
        self.under(&[], args)
    }

    /// The program as the last argument of another one, such as `prlimit`.
    pub(crate) fn under(&self, wrapper: &[&str], args: &[&str]) -> Command {
        let words = [wrapper, &[PROGRAM], args].concat();
        let mut command = Command::new(words[0]);
        command
            .args(&words[1..])
            .current_dir(self.dir.path())
            .env_clear();
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command
    }

    /// Runs a command that must succeed, and returns what it printed.
    pub(crate) fn ok(&self, args: &[&str]) -> Result<String> {
        let output = run(self.lineage(args), SOON)?;
        ensure!(
            output.status.success(),
            "lineage {}: {}",
            args.join(" "),
            said(&output)
        );
        Ok(String::from_utf8(output.stdout)?)
    }

    /// The ids that a list shows, oldest first.
    pub(crate) fn ids(&self, list: &[&str]) -> Result<Vec<String>> {
        let shown = self.ok(&[list, &["--format", "jsonl", "-q"]].concat())?;
        shown
            .lines()
            .map(|line| Ok(field(&serde_json::from_str(line)?, "exp_id")))
            .collect()
    }

    pub(crate) fn has_check() -> bool {
        Command::new(PROGRAM)
            .args(["check", "--help"])
            .output()
            .is_ok_and(|output| output.status.success())
    }
}

pub(crate) fn field(row: &serde_json::Value, name: &str) -> String {
    row[name].as_str().unwrap_or_default().to_owned()
}

/// Runs a command, and kills it when it takes longer than `limit`.
pub(crate) fn run(command: Command, limit: Duration) -> Result<Output> {
    run_with_stdin(command, b"", limit)
}

pub(crate) fn run_with_stdin(
    mut command: Command,
    stdin: &[u8],
    limit: Duration,
) -> Result<Output> {
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command
        .spawn()
        .with_context(|| format!("{} does not start", command.get_program().display()))?;
    let (done, finished) = mpsc::channel::<()>();
    let pid = child.id();
    let watch = thread::spawn(move || {
        let late = finished.recv_timeout(limit) == Err(mpsc::RecvTimeoutError::Timeout);
        late && signal("-KILL", pid).is_ok()
    });
    let written = child.stdin.take().expect("a pipe").write_all(stdin);
    drop(written); // a program that refuses its arguments does not read
    let output = child.wait_with_output()?;
    drop(done);
    let late = watch.join().expect("the watch does not panic");
    ensure!(
        !late,
        "hangs: still running after {} s: {command:?}",
        limit.as_secs()
    );
    Ok(output)
}

/// Sends a signal as `kill` does.
pub(crate) fn signal(name: &str, pid: u32) -> Result<()> {
    let status = Command::new("kill")
        .args([name, &pid.to_string()])
        .status()?;
    ensure!(status.success(), "kill {name} {pid}: {status}");
    Ok(())
}

/// Neither a panic nor a signal.
pub(crate) fn ended_well(output: &Output) -> bool {
    matches!(output.status.code(), Some(0..=2))
}

/// The exit status and stderr, for a person.
pub(crate) fn said(output: &Output) -> String {
    let stderr: String = String::from_utf8_lossy(&output.stderr)
        .chars()
        .take(600)
        .collect();
    format!("{}: {}", output.status, stderr.trim_end())
}

/// Whether a program is there to be run.
pub(crate) fn is_there(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|dir| dir.join(program).is_file())
}

/// Does `jobs` jobs on `threads` threads; the first error is the answer.
pub(crate) fn share<T: Send>(
    jobs: usize,
    threads: usize,
    job: impl Fn(usize) -> Result<T> + Sync,
) -> Result<Vec<T>> {
    let next = AtomicUsize::new(0);
    let work = || -> Result<Vec<(usize, T)>> {
        let mut done = Vec::new();
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            if at >= jobs {
                return Ok(done);
            }
            let answer = job(at).inspect_err(|_| next.store(jobs, Ordering::Relaxed))?;
            done.push((at, answer));
        }
    };
    let done = thread::scope(|scope| {
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        let join =
            |worker: thread::ScopedJoinHandle<_>| worker.join().expect("a worker does not panic");
        workers.into_iter().map(join).collect::<Result<Vec<_>>>()
    })?;
    let mut done: Vec<_> = done.into_iter().flatten().collect();
    done.sort_by_key(|(at, _)| *at);
    Ok(done.into_iter().map(|(_, answer)| answer).collect())
}

pub(crate) fn cores() -> usize {
    thread::available_parallelism().map_or(2, usize::from)
}

/// A file of the tests, such as a writer in another language.
pub(crate) fn companion(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/stress")
        .join(name)
}
