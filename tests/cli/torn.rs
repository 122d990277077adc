//! Writers that died: whatever they left at the end, the next append is right and no complete row is lost.

use std::fs;

use crate::sandbox::Sandbox;

#[test]
fn a_log_cut_at_any_byte_reads_and_goes_on() {
    let whole = Sandbox::with_store();
    for (score, hypothesis) in [
        ("3.2", "seed"),
        ("3.1", "a \"quoted\" text"),
        ("3.0", "the last"),
    ] {
        whole.ok(&[
            "append",
            "--status",
            "auto",
            "--metric",
            score,
            "--hypothesis",
            hypothesis,
            "--notes",
            "n",
        ]);
    }
    let bytes = fs::read(whole.log()).unwrap();
    let header = bytes.iter().position(|&b| b == b'\n').unwrap() + 1;
    let cut = Sandbox::with_store();
    for length in header..bytes.len() {
        fs::write(cut.log(), &bytes[..length]).unwrap();
        let complete = memchr::memchr_iter(b'\n', &bytes[header..length]).count();
        let shown = cut.ok(&["tail", "--format", "jsonl", "-q"]);
        assert_eq!(shown.lines().count(), complete, "cut at {length}");

        let id = cut.ok(&["append", "--status", "crash", "--notes", "after", "-q"]);
        let log = fs::read(cut.log()).unwrap();
        assert!(
            log.starts_with(&bytes[..length]),
            "cut at {length}: what was there is there still"
        );
        let shown = cut.ok(&["tail", "--format", "jsonl", "-q"]);
        let last = shown.lines().last().unwrap();
        assert!(
            last.contains(&format!("\"exp_id\":\"{}\"", id.trim())) && last.contains("after"),
            "cut at {length}: {last}"
        );
        assert!(shown.lines().count() > complete, "cut at {length}: {shown}");
    }
}

#[test]
fn a_header_cut_at_any_byte_is_completed() {
    let whole = Sandbox::with_store();
    let header = fs::read(whole.log()).unwrap();
    for length in 0..header.len() {
        fs::write(whole.log(), &header[..length]).unwrap();
        assert_eq!(
            whole.ok(&["append", "--status", "crash", "-q"]),
            "000\n",
            "cut at {length}"
        );
        let log = fs::read(whole.log()).unwrap();
        assert!(
            log.starts_with(&header),
            "cut at {length}: {}",
            String::from_utf8_lossy(&log)
        );
        assert_eq!(whole.rows().len(), 1);
    }
}

#[test]
fn once_answers_for_a_trial_only_when_its_newline_is_there() {
    let sandbox = Sandbox::with_store();
    let append = ["append", "--status", "crash", "--job-name", "job", "--once"];
    sandbox.ok(&append);
    let log = sandbox.read_log();
    fs::write(sandbox.log(), log.trim_end_matches('\n')).unwrap();
    assert_eq!(sandbox.ok(&append), "000\n");
    assert_eq!(sandbox.read_log(), log);
}

#[test]
fn a_complete_last_line_without_its_newline_is_a_trial_for_the_next_append() {
    let sandbox = Sandbox::with_store();
    sandbox.ok(&["append", "--status", "auto", "--metric", "3"]);
    let log = sandbox.read_log();
    fs::write(sandbox.log(), log.trim_end_matches('\n')).unwrap();
    let shown = sandbox.transcript(&["best", "--field", "exp_id"]);
    assert!(
        shown.contains("the last line has no newline and does not count yet"),
        "{shown}"
    );
    assert_eq!(
        sandbox.ok(&["append", "--status", "auto", "--metric", "2"]),
        "001\n"
    );
    assert_eq!(sandbox.ok(&["chain", "--field", "exp_id"]), "000\n001\n");
}

#[test]
fn a_last_line_without_its_ending_gets_that_of_the_header() {
    let sandbox = Sandbox::with_store();
    sandbox.ok(&["append", "--status", "crash"]);
    let log = sandbox.read_log().replace('\n', "\r\n");
    for missing in [1, 2] {
        sandbox.write(".lineage/results.tsv", &log[..log.len() - missing]);
        sandbox.ok(&["append", "--status", "crash"]);
        assert!(sandbox.read_log().starts_with(&log), "{missing}");
    }
}
