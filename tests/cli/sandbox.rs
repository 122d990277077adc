//! A directory of its own, an environment without surprises, and transcripts to compare.

use std::{fs, io::Write, path::PathBuf};

use assert_cmd::Command;
use tempfile::TempDir;

/// Says that a test was skipped, past the capture of the test runner.
pub(crate) fn skipped(why: &str) {
    let _ = writeln!(std::io::stderr(), "skipped: {why}");
}

pub(crate) struct Sandbox {
    dir: TempDir,
}

impl Sandbox {
    /// An empty directory.
    pub(crate) fn new() -> Self {
        Self {
            dir: tempfile::tempdir().expect("a temporary directory"),
        }
    }

    /// A directory with a store of `val_loss`, lower is better.
    pub(crate) fn with_store() -> Self {
        let sandbox = Self::new();
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
        String::from_utf8_lossy(&fs::read(self.log()).expect("a log")).into_owned()
    }

    /// Writes a file, and the directories that it is in.
    pub(crate) fn write(&self, name: &str, text: impl AsRef<[u8]>) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().expect("a directory")).expect("directories");
        fs::write(path, text).expect("a file");
    }

    pub(crate) fn read(&self, name: &str) -> String {
        String::from_utf8_lossy(&fs::read(self.path(name)).expect("a file")).into_owned()
    }

    /// Makes a named pipe, on which a reader would wait for ever.
    #[cfg(unix)]
    pub(crate) fn pipe(&self, name: &str) {
        let made = std::process::Command::new("mkfifo")
            .arg(self.path(name))
            .status();
        assert!(made.expect("mkfifo").success());
    }

    /// Everything below a directory, a line each: kind, permissions, and what is in it.
    #[cfg(unix)]
    pub(crate) fn tree(&self, name: &str) -> String {
        use std::os::unix::fs::PermissionsExt;
        let root = self.path(name);
        let mut lines = Vec::new();
        let mut waiting = vec![root.clone()];
        while let Some(dir) = waiting.pop() {
            for entry in fs::read_dir(&dir).expect("a directory") {
                let path = entry.expect("an entry").path();
                let metadata = fs::symlink_metadata(&path).expect("metadata");
                let shown = path
                    .strip_prefix(&root)
                    .expect("below")
                    .to_string_lossy()
                    .escape_debug()
                    .to_string();
                let mode = metadata.permissions().mode() & 0o777;
                lines.push(if metadata.is_dir() {
                    waiting.push(path);
                    format!("{shown}/")
                } else if metadata.is_symlink() {
                    format!(
                        "{shown} -> {}",
                        fs::read_link(&path).expect("a link").display()
                    )
                } else {
                    let text = String::from_utf8_lossy(&fs::read(&path).expect("a file"))
                        .escape_debug()
                        .to_string();
                    format!("{shown} {mode:03o} {text}")
                });
            }
        }
        lines.sort();
        lines.join("\n")
    }

    /// The rows of the log, split at their tabs.
    pub(crate) fn rows(&self) -> Vec<Vec<String>> {
        self.read_log()
            .lines()
            .skip(1)
            .map(|line| line.split('\t').map(str::to_owned).collect())
            .collect()
    }

    pub(crate) fn lineage(&self, args: &[&str]) -> Command {
        let mut command = Command::new(assert_cmd::cargo::cargo_bin!("lineage"));
        command.current_dir(self.dir.path()).env_clear().args(args);
        command
    }

    /// Another program, whose home and configuration directories are in the sandbox.
    pub(crate) fn command(&self, program: &str) -> std::process::Command {
        let mut command = std::process::Command::new(program);
        command.current_dir(self.dir.path()).env_clear();
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
        for variable in ["HOME", "ZDOTDIR", "TMPDIR"] {
            command.env(variable, self.dir.path());
        }
        for variable in [
            "XDG_CONFIG_HOME",
            "XDG_DATA_HOME",
            "XDG_CACHE_HOME",
            "XDG_STATE_HOME",
            "XDG_RUNTIME_DIR",
        ] {
            command.env(variable, self.path(variable));
        }
        command
    }

    /// Runs a command that must succeed, and returns what it printed.
    pub(crate) fn ok(&self, args: &[&str]) -> String {
        let output = self.lineage(args).output().expect("the program starts");
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "lineage {args:?}: {stderr}");
        String::from_utf8(output.stdout).expect("UTF-8")
    }

    /// What a command prints that may have findings.
    pub(crate) fn ok_or_findings(&self, args: &[&str]) -> String {
        let output = self.lineage(args).output().expect("the program starts");
        String::from_utf8(output.stdout).expect("UTF-8")
    }

    /// What a person would see: the command, stdout, stderr, the exit status.
    pub(crate) fn transcript(&self, args: &[&str]) -> String {
        self.transcript_of(self.lineage(args), args)
    }

    pub(crate) fn transcript_with_stdin(&self, args: &[&str], stdin: impl Into<Vec<u8>>) -> String {
        let mut command = self.lineage(args);
        command.write_stdin(stdin);
        self.transcript_of(command, args)
    }

    fn transcript_of(&self, mut command: Command, args: &[&str]) -> String {
        let output = command.output().expect("the program starts");
        let dir = self.dir.path().to_string_lossy().into_owned();
        let redact = |bytes: &[u8]| String::from_utf8_lossy(bytes).replace(&dir, "[DIR]");
        let (stdout, stderr) = (redact(&output.stdout), redact(&output.stderr));
        let mark: String = stderr.lines().map(|line| format!("! {line}\n")).collect();
        let code = output
            .status
            .code()
            .map_or_else(|| "killed".to_owned(), |code| code.to_string());
        format!("$ lineage {}\n{stdout}{mark}= {code}\n", args.join(" "))
    }
}
