//! A log that was moved away is not taken for an empty one.

use std::fs;

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
