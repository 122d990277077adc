//! A temporary directory to run the program in, with an empty environment.

use std::{
    fs,
    io::Write,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process,
    time::Duration,
};

use assert_cmd::Command;
use tempfile::TempDir;

/// A command that takes longer hangs.
const TIMEOUT: Duration = Duration::from_mins(1);

/// Reports a skipped test. Unlike `eprintln!`, this is not captured by the test runner.
pub(crate) fn skipped(reason: &str) {
    let _ = writeln!(std::io::stderr(), "skipped: {reason}");
}

pub(crate) struct Sandbox {
    dir: TempDir,
}

impl Sandbox {
    pub(crate) fn new() -> Self {
        Self {
            dir: tempfile::tempdir().expect("a temporary directory"),
        }
    }

    /// A sandbox with a store whose metric is `val_loss`, lower is better.
    pub(crate) fn with_store() -> Self {
        Self::with_store_in(&std::env::temp_dir())
    }

    pub(crate) fn with_store_in(parent: &Path) -> Self {
        let dir = tempfile::tempdir_in(parent).expect("a temporary directory");
        let sandbox = Self { dir };
        sandbox.ok(&["init", "--metric", "val_loss", "--direction", "minimize"]);
        sandbox
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub(crate) fn log(&self) -> PathBuf {
        self.path(".lineage/results.tsv")
    }

    pub(crate) fn read_log(&self) -> String {
        self.read(".lineage/results.tsv")
    }

    /// The rows of the log without its header, split at tabs.
    pub(crate) fn rows(&self) -> Vec<Vec<String>> {
        let split = |line: &str| line.split('\t').map(str::to_owned).collect();
        self.read_log().lines().skip(1).map(split).collect()
    }

    pub(crate) fn read(&self, name: &str) -> String {
        let bytes = fs::read(self.path(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// Writes a file and creates its parent directories.
    pub(crate) fn write(&self, name: &str, text: impl AsRef<[u8]>) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().expect("a parent directory")).expect("a new directory");
        fs::write(path, text).expect("a new file");
    }

    /// Creates a named pipe. A reader that opens it would wait forever.
    pub(crate) fn pipe(&self, name: &str) {
        let status = process::Command::new("mkfifo")
            .arg(self.path(name))
            .status();
        assert!(status.expect("mkfifo").success());
    }

    /// Lists everything below a directory, one entry per line: path, permissions and content.
    pub(crate) fn tree(&self, name: &str) -> String {
        let root = self.path(name);
        let mut lines = Vec::new();
        let mut pending = vec![root.clone()];
        while let Some(dir) = pending.pop() {
            for entry in fs::read_dir(&dir).expect("a directory") {
                let path = entry.expect("an entry").path();
                lines.push(describe_entry(&root, &path));
                if path.is_dir() && !path.is_symlink() {
                    pending.push(path);
                }
            }
        }
        lines.sort();
        lines.join("\n")
    }

    pub(crate) fn lineage(&self, args: &[&str]) -> Command {
        let mut command = Command::new(assert_cmd::cargo::cargo_bin!("lineage"));
        command.current_dir(&self.dir).env_clear().args(args);
        command.timeout(TIMEOUT);
        command
    }

    /// Another program, with its home, configuration and temporary directories in the sandbox.
    pub(crate) fn command(&self, program: &str) -> process::Command {
        let mut command = process::Command::new(program);
        command.current_dir(&self.dir).env_clear();
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
        for variable in ["HOME", "ZDOTDIR", "TMPDIR", "XDG_RUNTIME_DIR"] {
            command.env(variable, self.dir.path());
        }
        for variable in [
            "XDG_CONFIG_HOME",
            "XDG_DATA_HOME",
            "XDG_CACHE_HOME",
            "XDG_STATE_HOME",
        ] {
            command.env(variable, self.path(variable));
        }
        command
    }

    /// Runs a command that must succeed, and returns its stdout.
    pub(crate) fn ok(&self, args: &[&str]) -> String {
        let output = self.lineage(args).output().expect("the program runs");
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "lineage {args:?}: {stderr}");
        String::from_utf8(output.stdout).expect("UTF-8")
    }

    /// Logs a trial with status auto, a fixed time and a snapshot of `work`.
    pub(crate) fn freeze(&self, args: &[&str]) -> String {
        let trial = ["append", "--timestamp", "2026-03-01T00:00:00Z", "-q"];
        let outcome = ["--status", "auto", "--snapshot", "work"];
        self.ok(&[&trial[..], &outcome, args].concat())
    }

    /// Runs a command that may exit with 1 because it reports problems, and returns its stdout.
    pub(crate) fn ok_or_findings(&self, args: &[&str]) -> String {
        let output = self.lineage(args).output().expect("the program runs");
        String::from_utf8(output.stdout).expect("UTF-8")
    }

    /// The command, its stdout, its stderr after `!`, and its exit status after `=`.
    pub(crate) fn transcript(&self, args: &[&str]) -> String {
        self.transcript_with_stdin(args, "")
    }

    pub(crate) fn transcript_with_stdin(&self, args: &[&str], stdin: impl Into<Vec<u8>>) -> String {
        let output = self
            .lineage(args)
            .write_stdin(stdin)
            .output()
            .expect("the program runs");
        let stdout = self.redact(&output.stdout);
        let stderr = self.redact(&output.stderr);
        let stderr: String = stderr.lines().map(|line| format!("! {line}\n")).collect();
        let code = match output.status.code() {
            Some(code) => code.to_string(),
            None => "killed".to_owned(),
        };
        format!("$ lineage {}\n{stdout}{stderr}= {code}\n", args.join(" "))
    }

    /// Replaces the path of the sandbox, which differs in each run.
    fn redact(&self, bytes: &[u8]) -> String {
        let dir = self.dir.path().to_string_lossy();
        String::from_utf8_lossy(bytes).replace(&*dir, "[DIR]")
    }
}

fn describe_entry(root: &Path, path: &Path) -> String {
    let name = path.strip_prefix(root).expect("a path below the root");
    let name = name.to_string_lossy().escape_debug().to_string();
    let metadata = fs::symlink_metadata(path).expect("metadata");
    if metadata.is_dir() {
        return format!("{name}/");
    }
    if metadata.is_symlink() {
        let target = fs::read_link(path).expect("a link");
        return format!("{name} -> {}", target.display());
    }
    let mode = metadata.permissions().mode() & 0o777;
    let bytes = fs::read(path).expect("a file");
    let text = String::from_utf8_lossy(&bytes).escape_debug().to_string();
    format!("{name} {mode:03o} {text}")
}
