//! Appends a row to a file that may not grow enough (`RLIMIT_FSIZE`), for every number of bytes that
//! still fit: the log stays unchanged, and the trial on stderr can be appended later.

use std::fs;

use assert_cmd::Command;

use crate::{
    Options, Outcome,
    harness::{
        TIMEOUT, count_cores, describe, is_installed, run as run_command, run_parallel, run_under,
    },
    sandbox::Sandbox,
};

/// The append that fails. A row is about 200 bytes long.
const APPEND: [&str; 11] = [
    "append",
    "--status",
    "auto",
    "--metric",
    "2.50",
    "--hypothesis",
    "say \"x\" in\ttwo\nlines",
    "--notes",
    "Grüße, and enough text to make the row as long as rows are: what broke, where, and what to \
     try instead of it",
    "--timestamp",
    "2026-03-01T00:00:00Z",
];

pub(crate) fn run(options: &Options) -> Outcome {
    if !is_installed("prlimit") {
        return Outcome::Skipped("prlimit is not installed");
    }
    let row = row_length();
    let sizes: Vec<usize> = (0..row).step_by(options.pick(40, 1)).collect();
    run_parallel(sizes.len(), count_cores(), |index| {
        let sandbox = Sandbox::with_store();
        append_first_rows(&sandbox);
        let length = fs::read(sandbox.log()).unwrap().len();
        let limit = format!("--fsize={}", length + sizes[index]);
        fail_and_retry(&sandbox, &["prlimit", &limit], || {});
    });
    Outcome::Passed(format!(
        "room for 0 to {} of {row} bytes, {} sizes: exit 1, the log unchanged, the trial on stderr \
         appended later",
        row - 1,
        sizes.len(),
    ))
}

pub(crate) fn append_first_rows(sandbox: &Sandbox) {
    let time = ["--timestamp", "2026-03-01T00:00:00Z"];
    sandbox.ok(&[&["append", "--status", "auto", "--metric", "3"], &time[..]].concat());
    sandbox.ok(&[
        &["append", "--status", "crash", "--notes", "out of memory"],
        &time[..],
    ]
    .concat());
}

/// The length of the row that `APPEND` writes, with its newline.
pub(crate) fn row_length() -> usize {
    last_row(&log_after_append()).len()
}

fn log_after_append() -> Vec<u8> {
    let sandbox = Sandbox::with_store();
    append_first_rows(&sandbox);
    sandbox.ok(&APPEND);
    fs::read(sandbox.log()).unwrap()
}

/// Appends without room, makes room, and appends the trial that was printed to stderr.
pub(crate) fn fail_and_retry(sandbox: &Sandbox, wrapper: &[&str], make_room: impl FnOnce()) {
    let before = fs::read(sandbox.log()).unwrap();
    let output = run_under(sandbox, wrapper, &APPEND, TIMEOUT);
    let failed = output.status.code() == Some(1) && output.stdout.is_empty();
    assert!(failed, "{wrapper:?}: {}", describe(&output));
    assert_eq!(
        fs::read(sandbox.log()).unwrap(),
        before,
        "{wrapper:?}: the log changed"
    );
    let stderr = String::from_utf8(output.stderr).unwrap();
    let json = stderr
        .lines()
        .find(|line| line.starts_with('{'))
        .expect("JSON on stderr");

    make_room();
    let mut retry: Command = sandbox.lineage(&["append", "--json"]);
    retry.write_stdin(json);
    let output = run_command(retry, TIMEOUT);
    assert!(
        output.status.success(),
        "{wrapper:?}: {}",
        describe(&output)
    );
    let after = fs::read(sandbox.log()).unwrap();
    assert!(
        after.starts_with(&before),
        "{wrapper:?}: the log before the row changed"
    );
    let expected = log_after_append();
    assert_eq!(
        without_id(last_row(&after)),
        without_id(last_row(&expected)),
        "{wrapper:?}"
    );
}

fn last_row(log: &[u8]) -> &[u8] {
    log.split_inclusive(|&byte| byte == b'\n')
        .next_back()
        .unwrap()
}

fn without_id(row: &[u8]) -> &[u8] {
    &row[memchr::memchr(b'\t', row).unwrap()..]
}
