//! `append --json` writes all trials of a batch or none, also if it is killed.

use std::{fs, io::Write, os::unix::fs::symlink, process::Stdio, thread, time::Duration};

use crate::sandbox::{Sandbox, skipped};

const BATCH: usize = 200;

fn batch(notes: usize) -> String {
    let line = format!(
        "{{\"status\":\"crash\",\"notes\":\"{}\"}}\n",
        "n".repeat(notes)
    );
    line.repeat(BATCH)
}

fn count_trials(sandbox: &Sandbox) -> usize {
    let tail = ["tail", "-n", "100000", "--format", "jsonl", "-q"];
    sandbox.ok(&tail).lines().count()
}

/// Writes a batch, and puts back the record that was removed once it was complete.
fn with_record(sandbox: &Sandbox) -> Vec<u8> {
    let start = sandbox.read_log().len();
    let shown = sandbox.transcript_with_stdin(&["append", "--json", "-q"], batch(100));
    assert!(shown.ends_with("= 0\n"), "{shown}");
    let log = fs::read(sandbox.log()).unwrap();
    let record = format!("lineage batch at {start}\n").into_bytes();
    sandbox.write(".lineage/results.batch", [&record, &log[start..]].concat());
    log
}

#[test]
fn a_batch_that_is_cut_anywhere_counts_as_none_and_is_removed_by_the_next_append() {
    let sandbox = Sandbox::with_store();
    sandbox.ok(&["append", "--status", "baseline", "--metric", "1"]);
    let before = sandbox.read_log();
    let log = with_record(&sandbox);
    let record = fs::read(sandbox.path(".lineage/results.batch")).unwrap();
    let lengths = [
        before.len(),
        before.len() + 1,
        before.len() + 131,
        log.len() - 131,
        log.len() - 1,
    ];
    for len in lengths {
        fs::write(sandbox.log(), &log[..len]).unwrap();
        fs::write(sandbox.path(".lineage/results.batch"), &record).unwrap();
        assert_eq!(count_trials(&sandbox), 1, "{len}");
        let found = sandbox.transcript(&["check"]);
        let bytes = len - before.len();
        if bytes > 0 {
            let said = format!("the last {bytes} bytes are a batch whose writer was killed");
            assert!(found.contains(&said) && found.ends_with("= 1\n"), "{found}");
            let note = "an unfinished batch at the end does not count yet";
            assert!(sandbox.transcript(&["best"]).contains(note));
        }
        assert_eq!(
            sandbox.ok(&["append", "--status", "crash"]),
            "001\n",
            "{len}"
        );
        assert!(sandbox.read_log().starts_with(&before));
        assert_eq!(sandbox.rows().len(), 2);
        assert!(!sandbox.path(".lineage/results.batch").exists());
        sandbox.ok(&["check"]);
    }
}

#[test]
fn a_batch_whose_last_byte_is_there_counts_whatever_its_record_says() {
    let sandbox = Sandbox::with_store();
    with_record(&sandbox);
    assert_eq!(count_trials(&sandbox), BATCH);
    assert_eq!(
        sandbox.ok(&["append", "--status", "crash"]),
        format!("{BATCH:03}\n")
    );
    assert_eq!(count_trials(&sandbox), BATCH + 1);
}

#[test]
fn rows_that_another_program_wrote_after_a_batch_that_was_cut_are_not_removed() {
    let sandbox = Sandbox::with_store();
    let mut log = with_record(&sandbox);
    log.truncate(log.len() / 2);
    let cut = log.iter().rposition(|&b| b == b'\n').unwrap() + 1;
    log.truncate(cut);
    let row = sandbox
        .read_log()
        .lines()
        .nth(1)
        .unwrap()
        .replacen("000", "777", 1)
        + "\n";
    log.extend_from_slice(row.as_bytes());
    fs::write(sandbox.log(), &log).unwrap();
    assert!(
        sandbox
            .ok(&["tail", "-q", "--format", "jsonl"])
            .contains("\"exp_id\":\"777\"")
    );
    assert_eq!(sandbox.ok(&["append", "--status", "crash"]), "778\n");
    assert!(fs::read(sandbox.log()).unwrap().starts_with(&log));
}

#[test]
fn a_file_of_the_same_name_that_is_no_record_is_left_alone() {
    let sandbox = Sandbox::with_store();
    sandbox.write(".lineage/results.batch", "12\nmine\n");
    let shown = sandbox.transcript_with_stdin(&["append", "--json", "-q"], batch(1));
    assert!(shown.ends_with("= 0\n"), "{shown}");
    assert_eq!(sandbox.read(".lineage/results.batch"), "12\nmine\n");
    assert_eq!(count_trials(&sandbox), BATCH);
}

#[test]
fn a_batch_that_is_killed_at_any_system_call_is_whole_or_not_there() {
    let sandbox = Sandbox::with_store();
    sandbox.write("batch.jsonl", batch(1000));
    let program = env!("CARGO_BIN_EXE_lineage");
    let mut kills = 0;
    for call in [
        "openat",
        "write",
        "fsync",
        "fdatasync",
        "renameat2",
        "unlink",
        "flock",
    ] {
        for nth in 1..40 {
            let before = count_trials(&sandbox);
            let inject = format!("inject={call}:signal=KILL:when={nth}");
            let mut strace = sandbox.command("strace");
            strace.args(["-f", "-qq", "-o", "/dev/null", "-e", &inject, program]);
            strace.args(["append", "--json", "-q"]);
            strace.stdin(fs::File::open(sandbox.path("batch.jsonl")).unwrap());
            let Ok(output) = strace.output() else {
                skipped("strace is not there");
                return;
            };
            let added = count_trials(&sandbox) - before;
            assert!(added == 0 || added == BATCH, "{call} {nth}: {added}");
            if output.status.success() {
                break;
            }
            kills += 1;
        }
    }
    assert!(kills > 10, "{kills}");
    let before = count_trials(&sandbox);
    sandbox.ok(&["append", "--status", "crash"]);
    assert_eq!(count_trials(&sandbox), before + 1);
    sandbox.ok(&["check"]);
}

#[test]
fn readers_never_see_a_part_of_a_batch_and_check_finds_no_damage() {
    let sandbox = Sandbox::with_store();
    sandbox.ok(&["append", "--status", "baseline", "--metric", "1"]);
    let json = batch(3000);
    thread::scope(|scope| {
        let writer = scope.spawn(|| {
            for _ in 0..10 {
                let mut command = sandbox.command(env!("CARGO_BIN_EXE_lineage"));
                command.args(["append", "--json", "-q"]);
                command.stdin(Stdio::piped()).stdout(Stdio::null());
                let mut child = command.spawn().unwrap();
                child
                    .stdin
                    .take()
                    .unwrap()
                    .write_all(json.as_bytes())
                    .unwrap();
                assert!(child.wait().unwrap().success());
                thread::sleep(Duration::from_millis(2));
            }
        });
        while !writer.is_finished() {
            let trials = count_trials(&sandbox);
            assert_eq!((trials - 1) % BATCH, 0, "{trials}");
            sandbox.ok(&["check", "-q"]);
        }
    });
}

#[test]
fn a_hole_of_8_gib_at_the_end_is_refused_at_once_and_hides_no_trial() {
    let sandbox = Sandbox::with_store();
    sandbox.ok(&["append", "--status", "crash"]);
    let end = sandbox.read_log().len();
    let log = fs::OpenOptions::new()
        .write(true)
        .open(sandbox.log())
        .unwrap();
    log.set_len(8 << 30).unwrap();
    let started = std::time::Instant::now();
    let shown = sandbox.transcript(&["append", "--status", "crash"]);
    assert!(
        started.elapsed() < Duration::from_secs(5),
        "{:?}",
        started.elapsed()
    );
    let rest = (8 << 30) - end;
    assert!(
        shown.contains(&format!("it ends in {rest} bytes without a newline")),
        "{shown}"
    );
    assert_eq!(count_trials(&sandbox), 1);
    log.set_len(end as u64).unwrap();
    assert_eq!(sandbox.ok(&["append", "--status", "crash"]), "001\n");
}

#[test]
fn stores_that_link_to_one_log_see_its_batch() {
    let sandbox = Sandbox::with_store();
    let log = with_record(&sandbox);
    fs::write(sandbox.log(), &log[..log.len() - 1]).unwrap();
    sandbox.ok(&["init", "other", "--metric", "val_loss"]);
    fs::remove_file(sandbox.path("other/results.tsv")).unwrap();
    symlink(sandbox.log(), sandbox.path("other/results.tsv")).unwrap();
    let append = ["append", "--store", "other", "--status", "crash"];
    assert_eq!(sandbox.ok(&append), "000\n");
    assert_eq!(sandbox.rows().len(), 1);
    assert!(!sandbox.path(".lineage/results.batch").exists());
}

#[test]
fn a_batch_that_a_slow_writer_is_writing_is_no_problem() {
    let sandbox = Sandbox::with_store();
    let log = with_record(&sandbox);
    fs::write(sandbox.log(), &log[..log.len() - 1]).unwrap();
    let writer = fs::File::open(sandbox.log()).unwrap();
    writer.lock().unwrap();
    let shown = sandbox.transcript(&["check"]);
    assert!(shown.ends_with("= 0\n"), "{shown}");
    writer.unlock().unwrap();
    let shown = sandbox.transcript(&["check"]);
    assert!(shown.contains("whose writer was killed"), "{shown}");
}
