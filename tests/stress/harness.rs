//! Running commands with a time limit, and jobs on several threads.

use std::{
    process::Output,
    sync::atomic::{AtomicUsize, Ordering},
    thread,
    time::Duration,
};

use assert_cmd::Command;

use crate::sandbox::Sandbox;

/// No command on a small log takes longer, even on a slow machine.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(5);

/// Runs a command, which must end within `timeout`.
pub(crate) fn run(mut command: Command, timeout: Duration) -> Output {
    let output = command.timeout(timeout).output();
    output.unwrap_or_else(|error| panic!("{command:?}: {error}"))
}

/// Runs `lineage` as the last arguments of another program, such as `prlimit`.
pub(crate) fn run_under(
    sandbox: &Sandbox,
    wrapper: &[&str],
    args: &[&str],
    timeout: Duration,
) -> Output {
    let Some((program, wrapper_args)) = wrapper.split_first() else {
        return run(sandbox.lineage(args), timeout);
    };
    let mut command = sandbox.command(program);
    command.args(wrapper_args);
    command.arg(env!("CARGO_BIN_EXE_lineage")).args(args);
    run(Command::from_std(command), timeout)
}

/// Asserts that a command ended by itself, with neither a panic nor a signal.
pub(crate) fn assert_exits_normally(output: &Output, context: &str) {
    let code = output.status.code();
    assert!(
        matches!(code, Some(0..=2)),
        "{context}: {}",
        describe(output)
    );
}

/// The exit status and the start of stderr.
pub(crate) fn describe(output: &Output) -> String {
    let stderr = String::from_utf8_lossy(&output.stderr);
    let start: String = stderr.chars().take(600).collect();
    format!("{}: {}", output.status, start.trim_end())
}

/// The ids that `lineage tail` lists, oldest first.
pub(crate) fn list_ids(sandbox: &Sandbox) -> Vec<String> {
    let rows = sandbox.ok(&["tail", "-n", "1000000", "--format", "jsonl", "-q"]);
    let parse = |line| serde_json::from_str::<serde_json::Value>(line).unwrap();
    let ids = rows
        .lines()
        .map(|line| parse(line)["exp_id"].as_str().unwrap().to_owned());
    ids.collect()
}

pub(crate) fn is_installed(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|dir| dir.join(program).is_file())
}

pub(crate) fn count_cores() -> usize {
    thread::available_parallelism().map_or(2, usize::from)
}

/// Runs jobs 0 to `jobs` - 1 on `threads` threads. The results are in no particular order.
pub(crate) fn run_parallel<T: Send>(
    jobs: usize,
    threads: usize,
    job: impl Fn(usize) -> T + Sync,
) -> Vec<T> {
    let next = AtomicUsize::new(0);
    let work = || {
        let numbers = std::iter::repeat_with(|| next.fetch_add(1, Ordering::Relaxed));
        numbers
            .take_while(|&number| number < jobs)
            .map(&job)
            .collect::<Vec<T>>()
    };
    thread::scope(|scope| {
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        let results = workers
            .into_iter()
            .flat_map(|worker| worker.join().expect("a failed job"));
        results.collect()
    })
}
