//! The index changes no answer: not if it is missing, damaged, outdated or made from another log, and not after any change
//! of the log.

use std::{
    fs,
    process::{Command, Stdio},
    time::Duration,
};

use proptest::{prelude::*, test_runner::Config};

use crate::{
    index_events::{
        Before, Event, append, append_bytes, append_once, apply, compare, cut, edit, event, index,
        long_store, overwrite, trials,
    },
    sandbox::Sandbox,
};

proptest! {
    #![proptest_config(Config { cases: 12, failure_persistence: None, ..Config::default() })]
    #[test]
    fn the_index_never_changes_an_answer(odd: bool, events in prop::collection::vec(event(), 1..9)) {
        let sandbox = long_store(odd);
        append(&sandbox, &trials("discard", 300, None, "opt", None, 1));
        let before = Before { log: fs::read(sandbox.log()).unwrap(), index: fs::read(index(&sandbox)).unwrap() };
        for event in events {
            apply(&event, &sandbox, &before);
            compare(&sandbox, &event);
        }
    }
}

#[test]
fn an_edit_that_keeps_the_length_is_noticed() {
    let sandbox = long_store(false);
    append(&sandbox, &trials("discard", 300, None, "opt", None, 1));
    for from in [1001, 60_001, 0] {
        edit(&sandbox, from);
        compare(&sandbox, &Event::Edit(from));
        append(&sandbox, &trials("discard", 300, None, "opt", None, 1));
        compare(&sandbox, &Event::Edit(from));
    }
}

#[test]
fn a_job_is_found_with_a_damaged_index_and_in_rows_of_other_programs() {
    for odd in [false, true] {
        let sandbox = long_store(odd);
        append_once(&sandbox, &[1]);
        for step in 0..6_usize {
            append_once(&sandbox, &[2, 1]);
            match step {
                0 => overwrite(index(&sandbox), 524_288 + 220 * 8 + 1, |byte| !byte),
                1 => cut(index(&sandbox), 524_288 + 100 * 8),
                2 => append_bytes(
                    &sandbox,
                    b"500\t\t\t\t\t\t\t\tcrash\t\t\t\t\t\tjob-30\t\tn\n",
                ),
                3 => append_bytes(
                    &sandbox,
                    b"name\t\t\t\t\t\t\t\tcrash\t\t\t\t\t\tjob-31\t\tn\n",
                ),
                _ => {}
            }
            append_once(&sandbox, &[7, 8, u32::try_from(step).unwrap() + 20]);
            append_once(&sandbox, &[30, 31][..step.saturating_sub(1).min(2)]);
        }
        let jobs = sandbox
            .rows()
            .into_iter()
            .filter(|row| row.len() == 17 && row[14].starts_with("job-"))
            .count();
        assert_eq!(
            jobs, 12,
            "1, 2, 7, 8, one of each of the six steps, and 30 and 31 of another program"
        );
    }
}

#[test]
fn a_short_log_and_an_external_log_have_no_index() {
    let sandbox = Sandbox::with_store();
    sandbox.ok(&["append", "--status", "crash"]);
    assert!(!index(&sandbox).exists());
    let long = long_store(false);
    let bare = long.path("bare.tsv");
    fs::copy(long.log(), &bare).unwrap();
    long.ok(&[
        "append",
        "--status",
        "crash",
        "--store",
        &bare.to_string_lossy(),
    ]);
    assert!(!long.path("bare.idx").exists());
    assert!(!index(&long).exists());
}

#[test]
fn a_new_best_has_the_same_chain_and_children_as_without_an_index() {
    let sandbox = long_store(false);
    let event = Event::Replace;
    for (status, score, parent) in [
        ("keep", 90, None),
        ("discard", 300, None),
        ("crash", 0, None),
        ("keep", 80, Some(17)),
        ("keep", 70, Some(225)),
        ("crash", 0, None),
    ] {
        append(&sandbox, &trials(status, score, parent, "tok", None, 2));
        compare(&sandbox, &event);
    }
}

#[test]
fn a_missing_parent_that_is_appended_completes_the_chain_of_the_best() {
    let sandbox = long_store(false);
    let log = sandbox.read_log().replace(
        "\n17\t2026-05-01T00:17:00Z\topt\t",
        "\n17\t2026-05-01T00:17:00Z\topt\t221 was ",
    );
    let best = "300\t\topt\t222\t\t\th\t\tkeep\t0.1\t0.1\t\t1\t1\t\t\tn\n";
    fs::write(
        sandbox.log(),
        log.replacen("\n200\t", &format!("\n{best}200\t"), 1),
    )
    .unwrap();
    for id in [220, 221, 222, 223] {
        append(
            &sandbox,
            &trials("discard", 300, Some(5), "opt", Some(id), 1),
        );
        compare(&sandbox, &Event::Replace);
    }
    assert!(
        sandbox
            .ok(&["chain", "--field", "exp_id"])
            .ends_with("005\n222\n300\n")
    );
}

#[test]
fn a_file_that_is_not_an_index_is_not_replaced() {
    let sandbox = long_store(false);
    for is_file in [true, false] {
        if is_file {
            fs::write(index(&sandbox), "mine").unwrap();
        } else {
            fs::remove_file(index(&sandbox)).unwrap();
            fs::create_dir(index(&sandbox)).unwrap();
        }
        append(&sandbox, &trials("keep", 90, None, "tok", None, 2));
        assert!(if is_file {
            fs::read(index(&sandbox)).unwrap() == b"mine"
        } else {
            index(&sandbox).is_dir()
        });
        assert!(!sandbox.path(".lineage/results.idx-new").exists());
        assert!(
            sandbox
                .ok(&["best", "--field", "metric"])
                .starts_with("0.89")
        );
    }
}

#[test]
fn an_index_has_the_permissions_of_its_log_and_is_not_larger() {
    use std::os::unix::fs::{MetadataExt, PermissionsExt};
    let sandbox = long_store(false);
    fs::set_permissions(sandbox.log(), fs::Permissions::from_mode(0o600)).unwrap();
    append(
        &sandbox,
        &trials("crash", 0, None, "opt", Some(20_250_101), 1),
    );
    let (log, index_file) = (
        fs::metadata(sandbox.log()).unwrap(),
        fs::metadata(index(&sandbox)).unwrap(),
    );
    assert_eq!(index_file.mode() & 0o777, 0o600);
    assert!(
        index_file.blocks() <= log.blocks(),
        "{} blocks",
        index_file.blocks()
    );
    compare(&sandbox, &Event::Replace);
}

/// A program that takes no lock writes between two steps of an append.
#[test]
fn a_row_written_between_the_steps_of_an_append_is_read() {
    if Command::new("strace")
        .arg("-V")
        .stdout(Stdio::null())
        .status()
        .is_err()
    {
        crate::sandbox::skipped("no strace");
        return;
    }
    let sandbox = long_store(false);
    append(&sandbox, &trials("discard", 300, None, "opt", None, 1));
    let steps = (3..11).map(|step| format!("pread64:delay_exit=60000:when={step}"));
    for (n, step) in steps
        .chain(["write:delay_enter=60000:when=1".to_owned()])
        .enumerate()
    {
        let mut traced = Command::new("strace")
            .args(["-f", "-o", "/dev/null", "-e", &format!("inject={step}")])
            .arg(assert_cmd::cargo::cargo_bin!("lineage"))
            .args([
                "append", "--status", "discard", "--metric", "1.9", "--store",
            ])
            .arg(sandbox.path(".lineage"))
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(Duration::from_millis(35));
        let row = format!(
            "{}\t\topt\t0\t\t\th\t\tkeep\t0.{}\t\t\t1\t1\t\t\tn\n",
            900 + n,
            90 - n
        );
        append_bytes(&sandbox, row.as_bytes());
        traced.wait().unwrap();
        compare(&sandbox, &Event::External(row.into_bytes()));
    }
}

#[test]
fn a_writer_killed_at_any_time_leaves_no_wrong_index_that_is_used() {
    let sandbox = long_store(false);
    let mut micros = 300;
    for round in 0..60 {
        let mut child = Command::new(assert_cmd::cargo::cargo_bin!("lineage"))
            .args([
                "append",
                "--status",
                "keep",
                "--metric",
                &format!("{}", 1.0 - f64::from(round) * 0.001),
            ])
            .args([
                "--lock-timeout",
                "5",
                "--notes",
                &"killed ".repeat(700),
                "--store",
            ])
            .arg(sandbox.path(".lineage"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(Duration::from_micros(micros));
        let _ = child.kill();
        child.wait().unwrap();
        micros = if micros > 12_000 { 300 } else { micros + 217 };
        let event = Event::Replace;
        if round % 6 == 5 {
            compare(&sandbox, &event);
        }
    }
    append(&sandbox, &trials("keep", 1, None, "tok", None, 1));
    compare(&sandbox, &Event::RemoveIndex);
}
