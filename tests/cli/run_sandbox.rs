//! What the tests of `lineage run` share.

use std::{
    fs,
    path::Path,
    process::{Child, Command, Output, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process, test_kill_process};

use crate::sandbox::Sandbox;

/// A store with room for what a command may measure.
pub(crate) fn store() -> Sandbox {
    let sandbox = Sandbox::new();
    let columns = "artifact_bytes,score_std";
    sandbox.ok(&[
        "init",
        "--metric",
        "val_loss",
        "--direction",
        "minimize",
        "--columns",
        columns,
    ]);
    sandbox
}

/// Runs a shell script as a trial. Returns the exit status, stdout and stderr.
pub(crate) fn run(
    sandbox: &Sandbox,
    flags: &[&str],
    script: &str,
) -> (Option<i32>, Vec<u8>, String) {
    let args = [&["run"], flags, &["--", "sh", "-c", script]].concat();
    run_args(sandbox, &args)
}

pub(crate) fn run_args(sandbox: &Sandbox, args: &[&str]) -> (Option<i32>, Vec<u8>, String) {
    let mut command = sandbox.lineage(args);
    command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
    let output = command.output().expect("the program runs");
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    (output.status.code(), output.stdout, stderr)
}

/// A cell of the last trial; empty if it has none.
pub(crate) fn last(sandbox: &Sandbox, column: &str) -> String {
    let json = sandbox.ok(&["tail", "-n", "1", "--format", "jsonl"]);
    let trial: serde_json::Value = serde_json::from_str(&json).expect("a trial");
    let column = if column == "metric" {
        "core_metric"
    } else {
        column
    };
    match &trial[column] {
        serde_json::Value::Null => String::new(),
        serde_json::Value::String(text) => text.clone(),
        value => value.to_string(),
    }
}

pub(crate) fn expect_last(sandbox: &Sandbox, cells: &[(&str, &str)]) {
    for (column, text) in cells {
        assert_eq!(last(sandbox, column), *text, "{column}");
    }
}

/// `lineage run` of a shell script, as a process that can get signals.
pub(crate) fn command(sandbox: &Sandbox, flags: &[&str], script: &str) -> Command {
    let mut command = Command::new(assert_cmd::cargo::cargo_bin!("lineage"));
    command.current_dir(sandbox.path("")).env_clear();
    command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
    command
        .arg("run")
        .args(flags)
        .args(["--", "sh", "-c", script]);
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

pub(crate) fn run_output(sandbox: &Sandbox, flags: &[&str], script: &str) -> Output {
    command(sandbox, flags, script)
        .output()
        .expect("the program runs")
}

pub(crate) fn send(child: &Child, signal: Signal) {
    let pid = Pid::from_raw(child.id().cast_signed()).expect("a process");
    kill_process(pid, signal).expect("it runs");
}

pub(crate) fn wait_for(what: &str, is_there: impl Fn() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while !is_there() {
        assert!(Instant::now() < deadline, "{what}");
        sleep(Duration::from_millis(5));
    }
}

/// Waits until a script has written its process id to a file, and returns it.
pub(crate) fn wait_for_pid(path: &Path) -> Pid {
    let read = || fs::read_to_string(path).unwrap_or_default();
    wait_for("a process id", || read().ends_with('\n'));
    Pid::from_raw(read().trim().parse().expect("a process id")).expect("a process id")
}

pub(crate) fn is_alive(pid: Pid) -> bool {
    // Without its parent, it may stay as a zombie for a moment.
    let stat = fs::read_to_string(format!("/proc/{}/stat", pid.as_raw_nonzero()));
    test_kill_process(pid).is_ok() && stat.is_ok_and(|stat| !stat.contains(") Z "))
}

pub(crate) fn status(sandbox: &Sandbox) -> String {
    sandbox.rows().last().expect("a trial")[8].clone()
}

pub(crate) fn running(sandbox: &Sandbox) -> usize {
    fs::read_dir(sandbox.path(".lineage/running")).map_or(0, Iterator::count)
}
