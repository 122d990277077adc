//! A host: a directory with a store that mirrors a run.

use std::{
    fs,
    path::PathBuf,
    process::{Child, Command, Stdio},
};

use tempfile::TempDir;

pub(crate) struct Host {
    pub(crate) dir: TempDir,
}

/// What a command printed, and its exit status.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) out: String,
    pub(crate) err: String,
    pub(crate) code: Option<i32>,
}

impl Ran {
    /// stdout of a command that succeeded.
    pub(crate) fn ok(self) -> String {
        assert_eq!(self.code, Some(0), "{}", self.err);
        self.out
    }

    /// stderr of a command that failed.
    pub(crate) fn fails(self) -> String {
        assert_eq!(self.code, Some(1), "{}{}", self.out, self.err);
        self.err
    }
}

impl Host {
    /// A host without a store.
    pub(crate) fn bare() -> Self {
        Self {
            dir: tempfile::tempdir().unwrap(),
        }
    }

    /// A host that makes or joins the run `r` of a database.
    pub(crate) fn join(url: &str) -> Self {
        let host = Self::bare();
        host.run(&["init", "--shared", url, "--run", "r"]).ok();
        host
    }

    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(program());
        command.current_dir(&self.dir).env_clear().args(args);
        command
            .env("HOME", self.dir.path())
            .env("USER", "nobody")
            .stdin(Stdio::null());
        command
    }

    pub(crate) fn run(&self, args: &[&str]) -> Ran {
        ran(&mut self.command(args))
    }

    /// Runs a command that can write no file beyond so many KiB, as on a full disk.
    pub(crate) fn run_limited(&self, kib: u32, args: &[&str]) -> Ran {
        let command = self.command(args);
        let mut limited = Command::new("bash");
        let script = format!("ulimit -f {kib}; exec \"$0\" \"$@\"");
        limited.args(["-c", &script]).arg(command.get_program());
        limited.args(command.get_args()).stdin(Stdio::null());
        limited.current_dir(&self.dir).env_clear();
        limited.env("HOME", self.dir.path());
        ran(&mut limited)
    }

    pub(crate) fn spawn(&self, args: &[&str]) -> Child {
        let mut command = self.command(args);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        command.spawn().unwrap()
    }

    /// Appends a trial with this score, and returns its id.
    pub(crate) fn append(&self, score: &str) -> String {
        let args = ["append", "--status", "auto", "--metric", score];
        self.run(&args).ok().trim().to_owned()
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(".lineage").join(name)
    }

    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap_or_default()
    }

    pub(crate) fn log(&self) -> String {
        self.read("results.tsv")
    }

    /// The cells of one column.
    pub(crate) fn column(&self, name: &str) -> Vec<String> {
        let log = self.log();
        let mut lines = log.lines().map(|line| line.split('\t').collect::<Vec<_>>());
        let at = lines
            .next()
            .unwrap()
            .iter()
            .position(|cell| *cell == name)
            .unwrap();
        lines.map(|cells| cells[at].to_owned()).collect()
    }
}

/// The program, or another one to measure.
fn program() -> String {
    std::env::var("LINEAGE").unwrap_or_else(|_| env!("CARGO_BIN_EXE_lineage").to_owned())
}

pub(crate) fn ran(command: &mut Command) -> Ran {
    let output = command.output().unwrap();
    Ran {
        out: String::from_utf8_lossy(&output.stdout).into_owned(),
        err: String::from_utf8_lossy(&output.stderr).into_owned(),
        code: output.status.code(),
    }
}
