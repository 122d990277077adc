//! A log that was moved away is not taken for an empty one.

use std::{fs, io::Write, os::unix::fs::symlink, thread, time::Duration};

use crate::sandbox::Sandbox;

/// A store whose log is gone.
fn without_log() -> Sandbox {
    let sandbox = Sandbox::with_store();
    sandbox.write("work/train.py", "lr = 1");
    sandbox.ok(&[
        "append",
        "--status",
        "baseline",
        "--metric",
        "1",
        "--snapshot",
        "work",
    ]);
    sandbox.ok(&["render", "--for", "x", "--save"]);
    fs::rename(sandbox.log(), sandbox.path("old.tsv")).unwrap();
    sandbox
}

#[test]
fn reading_commands_say_that_the_log_is_missing() {
    let sandbox = without_log();
    for args in [
        &["tail"][..],
        &["best"],
        &["stats"],
        &["tree"],
        &["chain"],
        &["check"],
        &["export"],
        &["show", "0"],
        &["diff", "0"],
        &["render", "--for", "x"],
        &["checkout", "0", "out"],
    ] {
        let shown = sandbox.transcript(args);
        let said = "results.tsv is missing, but its store has 1 snapshot, 1 saved prompt; restore the log, or start \
                    another with `lineage append --new-log`";
        assert!(shown.contains(said) && shown.ends_with("= 1\n"), "{shown}");
        assert!(!sandbox.log().exists(), "{args:?}");
    }
}

#[test]
fn append_does_not_start_again_at_000_unless_it_is_told_to() {
    let sandbox = without_log();
    let shown = sandbox.transcript(&["append", "--status", "crash"]);
    assert!(
        shown.contains("{\"status\":\"crash\"")
            && shown.contains("--new-log")
            && shown.ends_with("= 1\n"),
        "{shown}"
    );
    assert!(!sandbox.log().exists());
    assert_eq!(
        sandbox.ok(&["append", "--status", "crash", "--new-log"]),
        "000\n"
    );
    assert_eq!(sandbox.ok(&["append", "--status", "crash"]), "001\n");
}

#[test]
fn a_log_that_is_restored_is_used_again() {
    let sandbox = without_log();
    fs::rename(sandbox.path("old.tsv"), sandbox.log()).unwrap();
    assert_eq!(sandbox.ok(&["append", "--status", "crash"]), "001\n");
}

#[test]
fn a_log_behind_a_link_to_nothing_or_without_the_first_trial_is_lost() {
    let sandbox = without_log();
    symlink("unmounted/results.tsv", sandbox.log()).unwrap();
    fs::create_dir(sandbox.path(".lineage/unmounted")).unwrap();
    let shown = sandbox.transcript(&["append", "--status", "crash"]);
    assert!(shown.contains("is missing, but its store has"), "{shown}");
    fs::remove_file(sandbox.log()).unwrap();
    let old = sandbox.read("old.tsv");
    let header = old.lines().next().unwrap().to_owned() + "\n";
    sandbox.write(".lineage/results.tsv", header);
    let shown = sandbox.transcript(&["append", "--status", "crash"]);
    let said = "has no trial, but its store has 1 saved prompt";
    assert!(shown.contains(said) && shown.ends_with("= 1\n"), "{shown}");
}

#[test]
fn an_index_shows_that_there_were_trials() {
    let sandbox = Sandbox::with_store();
    fs::remove_file(sandbox.log()).unwrap();
    sandbox.write(".lineage/results.idx", "");
    let shown = sandbox.transcript(&["append", "--status", "crash"]);
    assert!(shown.contains("its store has an index"), "{shown}");
}

#[test]
fn without_traces_of_trials_the_next_append_makes_the_log() {
    let sandbox = Sandbox::with_store();
    fs::remove_file(sandbox.log()).unwrap();
    let shown = sandbox.transcript(&["tail"]);
    assert!(
        shown.contains("results.tsv is missing; the next `lineage append` creates it")
            && shown.ends_with("= 1\n"),
        "{shown}"
    );
    sandbox.write("work/train.py", "lr = 1");
    let args = [
        "append",
        "--status",
        "baseline",
        "--metric",
        "1",
        "--snapshot",
        "work",
    ];
    assert_eq!(sandbox.ok(&args), "000\n");
}

/// What `append`, `append --json` and `init` say of a store whose trials are lost.
fn refusals(sandbox: &Sandbox) {
    let before = fs::read(sandbox.log()).ok();
    let init = ["init", "--metric", "val_loss"];
    for args in [
        &["append", "--status", "crash"][..],
        &init,
        &["run", "--", "true"],
    ] {
        let shown = sandbox.transcript(args);
        assert!(shown.ends_with("= 1\n"), "{shown}");
        let is_named = shown.contains("--new-log") || shown.contains("already exists");
        assert!(is_named, "{shown}");
        assert_eq!(fs::read(sandbox.log()).ok(), before, "{args:?}");
    }
    let new = ["append", "--status", "crash", "--new-log"];
    assert_eq!(sandbox.ok(&new), "000\n");
    assert_eq!(sandbox.ok(&["append", "--status", "crash"]), "001\n");
}

#[test]
fn init_does_not_replace_a_lost_log() {
    refusals(&without_log());
}

#[test]
fn a_log_that_was_emptied_is_lost_too() {
    for text in ["", "header"] {
        let sandbox = Sandbox::with_store();
        let header = sandbox.read_log();
        sandbox.write("work/train.py", "lr = 1");
        for _ in 0..2 {
            let trial = ["append", "--status", "keep", "--metric", "1"];
            sandbox.ok(&[&trial[..], &["--snapshot", "work"]].concat());
        }
        if text == "header" {
            sandbox.ok(&["render", "--for", "x", "--save"]);
        }
        sandbox.write(
            ".lineage/results.tsv",
            if text == "header" { &header } else { text },
        );
        refusals(&sandbox);
    }
}

#[test]
fn old_rows_of_amendments_show_that_there_were_trials() {
    let sandbox = Sandbox::with_store();
    sandbox.ok(&["append", "--status", "keep", "--metric", "1"]);
    sandbox.ok(&["amend", "0", "--status", "discard", "--why", "x"]);
    fs::remove_file(sandbox.log()).unwrap();
    refusals(&sandbox);
}

#[test]
fn without_settings_init_asks_to_move_the_rest_away() {
    let sandbox = without_log();
    fs::remove_file(sandbox.path(".lineage/lineage.toml")).unwrap();
    let shown = sandbox.transcript(&["init"]);
    assert!(
        shown.contains("restore the log, or move these away") && shown.ends_with("= 1\n"),
        "{shown}"
    );
}

#[test]
fn what_a_killed_first_writer_leaves_does_not_stop_the_next() {
    let sandbox = Sandbox::with_store();
    for name in ["000_opt", "001_opt"] {
        sandbox.write(&format!(".lineage/snapshots/{name}/train.py"), "lr = 1");
    }
    sandbox.ok(&["render", "--for", "x", "--save"]);
    assert_eq!(sandbox.ok(&["append", "--status", "crash"]), "000\n");
}

#[test]
fn a_log_that_another_writer_is_starting_is_not_lost() {
    let sandbox = Sandbox::with_store();
    let header = sandbox.read_log();
    sandbox.write(".lineage/results.tsv", "");
    let writer = fs::OpenOptions::new().append(true).open(sandbox.log());
    let mut writer = writer.unwrap();
    writer.lock().unwrap();
    sandbox.write(".lineage/snapshots/001_opt/train.py", "lr = 1");
    let waiting = thread::spawn({
        let mut append = sandbox.lineage(&["append", "--status", "crash"]);
        move || append.output().unwrap()
    });
    thread::sleep(Duration::from_millis(300));
    let row = "001".to_owned() + &"\t".repeat(header.matches('\t').count());
    writeln!(writer, "{header}{row}").unwrap();
    writer.unlock().unwrap();
    let output = waiting.join().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stdout), "002\n");
}
