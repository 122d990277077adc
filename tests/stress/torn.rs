//! Cuts a log at every byte of its last three rows, as a killed writer does: every whole row is read,
//! the next append is right, and nothing that was there changes.

use std::fs;

use crate::{
    Options, Outcome,
    harness::{TIMEOUT, count_cores, describe, list_ids, run as run_command, run_parallel},
    sandbox::Sandbox,
};

const TEXTS: [&str; 6] = [
    "plain",
    "say \"x\"",
    "Grüße, 世界 \u{1f600}",
    "\"",
    "an \"open quote",
    "the last, with a \t tab and a \n newline",
];

pub(crate) fn run(options: &Options) -> Outcome {
    let bytes = write_log();
    let newlines: Vec<usize> = memchr::memchr_iter(b'\n', &bytes).collect();
    let first = newlines[newlines.len() - 4] + 1;
    let cuts: Vec<usize> = (first..bytes.len()).step_by(options.pick(7, 1)).collect();
    run_parallel(cuts.len(), count_cores(), |index| {
        check_cut(&bytes, cuts[index]);
    });
    Outcome::Passed(format!(
        "{} cuts: every whole row was read, the next append was right, `check` named the torn row",
        cuts.len(),
    ))
}

fn write_log() -> Vec<u8> {
    let sandbox = Sandbox::with_store();
    for text in TEXTS {
        let texts = ["--hypothesis", text, "--notes", text];
        sandbox.ok(&[&["append", "--status", "auto", "--metric", "3"], &texts[..]].concat());
    }
    fs::read(sandbox.log()).unwrap()
}

fn check_cut(bytes: &[u8], cut: usize) {
    let sandbox = Sandbox::with_store();
    let before = &bytes[..cut];
    fs::write(sandbox.log(), before).unwrap();
    let whole_rows = memchr::memchr_iter(b'\n', before).count() - 1;
    assert_eq!(
        list_ids(&sandbox).len(),
        whole_rows,
        "cut at {cut}: rows before the append"
    );

    let id = sandbox.ok(&["append", "--status", "crash", "--notes", "after", "-q"]);
    let after = fs::read(sandbox.log()).unwrap();
    assert!(
        after.starts_with(before) && after.ends_with(b"\tafter\n"),
        "cut at {cut}: the log"
    );
    let ids = list_ids(&sandbox);
    assert_eq!(
        ids.last().map(String::as_str),
        Some(id.trim_end()),
        "cut at {cut}: the last id"
    );
    let torn = before.rsplit(|&byte| byte == b'\n').next().unwrap();
    let is_readable = is_complete(torn);
    let expected = whole_rows + 1 + usize::from(is_readable);
    assert_eq!(ids.len(), expected, "cut at {cut}: rows after the append");
    assert_check_reports(&sandbox, whole_rows + 2, !torn.is_empty() && !is_readable);
}

/// Whether a torn row has all its cells and no open quote. It may still lack the end of its notes.
fn is_complete(row: &[u8]) -> bool {
    let quotes = memchr::memchr_iter(b'"', row).count();
    memchr::memchr_iter(b'\t', row).count() == 16 && quotes.is_multiple_of(2)
}

fn assert_check_reports(sandbox: &Sandbox, line: usize, is_damaged: bool) {
    let output = run_command(sandbox.lineage(&["check"]), TIMEOUT);
    let place = format!("results.tsv:{line}: ");
    let is_reported = String::from_utf8_lossy(&output.stdout).contains(&place);
    let expected = (Some(i32::from(is_damaged)), is_damaged);
    assert_eq!(
        (output.status.code(), is_reported),
        expected,
        "line {line}: {}",
        describe(&output)
    );
}
