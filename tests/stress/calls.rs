//! Makes each system call of an append fail, or kills the append at it, from the opening of the log on.
//! `strace` injects the fault at the N-th call, N = 1, 2, … until an append runs without a fault.

use std::{collections::BTreeMap, fs, process::Output, time::Duration};

use crate::{
    Options, Outcome,
    harness::{count_cores, describe, is_installed, run_parallel, run_under},
    raw_log::{RawLog, sorted_ids},
    sandbox::Sandbox,
};

/// Calls that fail if the disk or the lock fails. Other calls are only killed at.
#[rustfmt::skip]
const FALLIBLE: [&str; 9] =
    ["openat", "statx", "newfstatat", "pread64", "read", "flock", "write", "fdatasync", "fsync"];
/// The calls that the short form tries.
const ESSENTIAL: [&str; 5] = ["statx", "newfstatat", "flock", "write", "fdatasync"];
const ERRORS: [&str; 4] = ["ENOSPC", "EIO", "EINTR", "ENOLCK"];
#[rustfmt::skip]
const APPEND: [&str; 8] =
    ["append", "--once", "--job-name", "job", "--status", "crash", "--lock-timeout", "0.3"];
/// Ends a process that loops.
const CPU_LIMIT: &str = "--cpu=10";
const TIMEOUT: Duration = Duration::from_secs(30);

/// The log before the append.
#[derive(Clone, Copy, Debug)]
enum Start {
    Rows,
    NoLog,
    TornHeader,
    TornRow,
    /// The last row is the appended trial, without its newline.
    NoNewline,
}

const STARTS: [Start; 5] = [
    Start::Rows,
    Start::NoLog,
    Start::TornHeader,
    Start::TornRow,
    Start::NoNewline,
];

struct Fault {
    start: Start,
    call: String,
    /// The number of calls of this name before the log is opened.
    skipped: usize,
    /// As `strace` takes it: `error=EIO` or `signal=KILL`.
    effect: String,
    /// `+` if all later calls fail, too.
    repeat: &'static str,
}

#[derive(Clone, Copy, PartialEq)]
enum After {
    Unchanged,
    Whole,
    Torn,
}

pub(crate) fn run(options: &Options) -> Outcome {
    if !is_installed("strace") || !is_installed("prlimit") {
        return Outcome::Skipped("strace or prlimit is not installed");
    }
    let starts = options.pick(&STARTS[..1], &STARTS[..]);
    let faults: Vec<Fault> = starts
        .iter()
        .flat_map(|start| list_faults(*start, options.long))
        .collect();
    let results =
        run_parallel(faults.len(), count_cores(), |index| inject(&faults[index])).concat();
    check_failed_undo();
    let count = |after| results.iter().filter(|result| **result == after).count();
    Outcome::Passed(format!(
        "{} faults at the calls of an append ({} kinds): {} left the log unchanged, {} the whole row, \
         {} a torn row; --once never added it twice, the next append always worked",
        results.len(),
        faults.len(),
        count(After::Unchanged),
        count(After::Whole),
        count(After::Torn),
    ))
}

/// Faults for every call that an append without faults makes from the opening of the log on.
fn list_faults(start: Start, long: bool) -> Vec<Fault> {
    let (_, trace) = append_traced(&prepare(start), &["-e", "trace=all"]);
    let mut counts: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    let mut is_open = false;
    for line in trace.lines() {
        let Some((call, _)) = line.split(' ').find_map(|word| word.split_once('(')) else {
            continue;
        };
        is_open |= line.contains("results.tsv\", O_RDWR");
        let (before, after) = counts.entry(call).or_default();
        *(if is_open { after } else { before }) += 1;
    }
    assert!(is_open, "strace shows no opening of the log: {trace}");
    let mut faults = Vec::new();
    for (call, (skipped, after)) in counts {
        if after == 0 || call == "exit_group" || !(long || ESSENTIAL.contains(&call)) {
            continue;
        }
        let mut add = |effect: String, repeat| {
            faults.push(Fault {
                start,
                call: call.to_owned(),
                skipped,
                effect,
                repeat,
            });
        };
        add("signal=KILL".to_owned(), "");
        if FALLIBLE.contains(&call) {
            for error in ERRORS {
                add(format!("error={error}"), "");
            }
            add("error=EIO".to_owned(), "+");
        }
    }
    faults
}

/// Injects the fault at each call of its name, in an append of its own.
fn inject(fault: &Fault) -> Vec<After> {
    let Fault {
        start,
        call,
        skipped,
        effect,
        repeat,
    } = fault;
    let mut results = Vec::new();
    for number in skipped + 1.. {
        let expression = format!("inject={call}:{effect}:when={number}{repeat}");
        let sandbox = prepare(*start);
        let before = fs::read(sandbox.log()).unwrap_or_default();
        let trace_call = format!("trace={call}");
        let (output, trace) = append_traced(&sandbox, &["-e", &trace_call, "-e", &expression]);
        if !trace.contains("INJECTED") && !trace.contains("SIGKILL") {
            break;
        }
        let context = format!("{start:?}, {expression}: {}", describe(&output));
        results.push(check_log(&sandbox, &before, &output, fault, &context));
        check_retry(&sandbox, &context);
    }
    results
}

fn check_log(
    sandbox: &Sandbox,
    before: &[u8],
    output: &Output,
    fault: &Fault,
    context: &str,
) -> After {
    let after = fs::read(sandbox.log()).unwrap_or_default();
    assert!(after.starts_with(before), "the old log changed: {context}");
    let is_whole = RawLog::parse(&after).count("job_name", "job") == 1;
    let code = output.status.code();
    let is_printed = output.stdout.ends_with(b"\n");
    assert!(
        matches!(code, None | Some(0 | 1)),
        "unexpected exit status: {context}"
    );
    assert!(
        code != Some(0) || is_whole && is_printed,
        "exit 0 without row or id: {context}"
    );
    assert!(
        output.stdout.is_empty() || is_whole,
        "an id without its row: {context}"
    );
    assert!(
        code != Some(1) || is_whole || after == before,
        "a write not undone: {context}"
    );
    if fault.call == "fdatasync" && !["signal=KILL", "error=EINTR"].contains(&&*fault.effect) {
        let stderr = String::from_utf8_lossy(&output.stderr);
        let is_reported = stderr.contains("written, but not known to be on disk");
        assert!(
            is_whole && is_reported && code == Some(1),
            "a failed flush: {context}"
        );
    }
    match after {
        after if after == before => After::Unchanged,
        _ if is_whole => After::Whole,
        _ => After::Torn,
    }
}

fn check_retry(sandbox: &Sandbox, context: &str) {
    let id = sandbox.ok(&APPEND);
    let log = RawLog::parse(&fs::read(sandbox.log()).unwrap());
    assert_eq!(
        log.count("job_name", "job"),
        1,
        "after the retry: {context}"
    );
    sandbox.ok(&["append", "--status", "crash", "--job-name", "next"]);
    let log = RawLog::parse(&fs::read(sandbox.log()).unwrap());
    sorted_ids(&log.column("exp_id"));
    let counts = ["job", "next"].map(|job| log.count("job_name", job));
    assert_eq!(counts, [1, 1], "after the next append: {context}");
    assert_eq!(
        log.count("exp_id", id.trim_end()),
        1,
        "the id of the retry: {context}"
    );
    assert_eq!(log.torn_bytes, 0, "{context}");
}

/// A full disk in the middle of a row, and a file that cannot be shortened: the error says so, and the
/// next append closes the torn row.
fn check_failed_undo() {
    let sandbox = prepare(Start::Rows);
    let before = fs::read(sandbox.log()).unwrap();
    let limit = format!("--fsize={}", before.len() + 50);
    let fault = "inject=ftruncate:error=EPERM"; // no trace file: the limit holds for it, too
    let wrapper = [
        "prlimit",
        &limit,
        "strace",
        "-f",
        "-o",
        "/dev/null",
        "-e",
        fault,
    ];
    let output = run_under(&sandbox, &wrapper, &APPEND, TIMEOUT);
    let after = fs::read(sandbox.log()).unwrap();
    assert!(
        describe(&output).contains("cannot undo it"),
        "{}",
        describe(&output)
    );
    assert!(after.len() == before.len() + 50 && after.starts_with(&before));
    check_retry(&sandbox, "after a failed undo");
}

fn prepare(start: Start) -> Sandbox {
    let sandbox = Sandbox::with_store();
    let header = fs::read(sandbox.log()).unwrap();
    sandbox.ok(&[
        "append",
        "--status",
        "auto",
        "--metric",
        "3",
        "--notes",
        "say \"x\"",
    ]);
    sandbox.ok(&[
        "append",
        "--status",
        "discard",
        "--metric",
        "4",
        "--job-name",
        "other",
    ]);
    let rows = fs::read(sandbox.log()).unwrap();
    match start {
        Start::Rows => {}
        Start::NoLog => fs::remove_file(sandbox.log()).unwrap(),
        Start::TornHeader => fs::write(sandbox.log(), &header[..header.len() / 2]).unwrap(),
        Start::TornRow => fs::write(sandbox.log(), &rows[..rows.len() - 20]).unwrap(),
        Start::NoNewline => {
            sandbox.ok(&APPEND);
            let rows = fs::read(sandbox.log()).unwrap();
            fs::write(sandbox.log(), rows.strip_suffix(b"\n").unwrap()).unwrap();
        }
    }
    sandbox
}

/// Appends under `strace`, and returns the output and the trace.
fn append_traced(sandbox: &Sandbox, flags: &[&str]) -> (Output, String) {
    let wrapper = [
        &["prlimit", CPU_LIMIT, "strace", "-f", "-o", "trace"],
        flags,
    ]
    .concat();
    let output = run_under(sandbox, &wrapper, &APPEND, TIMEOUT);
    (output, fs::read_to_string(sandbox.path("trace")).unwrap())
}
