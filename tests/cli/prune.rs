//! `prune`: what is removed, what is kept, and what the other commands say afterwards.

use std::fs;

use insta::assert_snapshot;

use crate::sandbox::Sandbox;

/// Trials 000 to 006, each with a snapshot: a chain 000, 001, 003, the best, and others made from 000 or from 002.
fn searched() -> Sandbox {
    let sandbox = Sandbox::with_store();
    for (id, (status, score, parent)) in [
        ("baseline", "9", "none"),
        ("keep", "8", "0"),
        ("keep", "7", "0"),
        ("keep", "1", "1"),
        ("keep", "6", "2"),
        ("keep", "5", "4"),
        ("keep", "4", "0"),
    ]
    .into_iter()
    .enumerate()
    {
        sandbox.write("work/train.py", format!("{id}\n"));
        let trial = [
            "append", "--status", status, "--metric", score, "--parent", parent,
        ];
        let time = ["--timestamp", "2026-05-01T00:00:00Z"]; // `diff --columns` shows times that differ
        sandbox.ok(&[&trial[..], &time, &["--snapshot", "work", "-q"]].concat());
    }
    sandbox
}

fn snapshots(sandbox: &Sandbox) -> Vec<String> {
    let entries = fs::read_dir(sandbox.path(".lineage/snapshots")).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = names.filter(|name| !name.contains('.')).collect();
    names.sort();
    names
}

#[test]
fn the_best_their_ancestors_and_the_last_are_kept() {
    let sandbox = searched();
    assert_snapshot!(sandbox.transcript(&[
        "prune",
        "--keep-best",
        "1",
        "--keep-last",
        "2",
        "--dry-run"
    ]));
    assert_eq!(snapshots(&sandbox).len(), 7);
    let log = sandbox.read_log();
    assert_snapshot!(sandbox.transcript(&["prune", "--keep-best", "1", "--keep-last", "2"]));
    assert_eq!(snapshots(&sandbox), ["000", "001", "003", "005", "006"]);
    assert_eq!(sandbox.read_log(), log);
    assert!(sandbox.transcript(&["check"]).contains("no problems found"));
    let again = sandbox.transcript(&["prune", "--keep-best", "1", "--keep-last", "2"]);
    assert!(again.contains("removed 0 snapshots; 5 left"), "{again}");
    sandbox.ok(&["prune", "--keep-last", "0"]);
    assert_eq!(
        snapshots(&sandbox),
        ["000", "001", "003"],
        "the best is always kept"
    );
}

#[test]
fn a_pruned_snapshot_is_named_with_the_nearest_ancestor_that_has_one() {
    let sandbox = searched();
    sandbox.ok(&["prune", "--keep-best", "1", "-q"]);
    let said: Vec<String> = [
        &["checkout", "5", "out"][..],
        &["show", "5", "--file", "train.py"],
        &["diff", "5"],
        &["diff", "5", "3"],
        &["diff", "3", "4"],
        &["diff", "5", "3", "--columns", "--format", "tsv"],
    ]
    .map(|args| sandbox.transcript(args))
    .into();
    assert_snapshot!(said.join("\n"));
    assert!(!sandbox.path("out").exists());
}

#[test]
fn a_trial_after_a_prune_is_compared_with_what_is_left() {
    let sandbox = searched();
    sandbox.ok(&["prune", "--keep-best", "1", "-q"]);
    sandbox.write("work/train.py", "new\n");
    let trial = [
        "append", "--status", "keep", "--metric", "3", "--parent", "5",
    ];
    sandbox.ok(&[&trial[..], &["--snapshot", "work"]].concat());
    let said = sandbox.transcript(&["diff", "7", "--name-only"]);
    assert!(
        said.contains("comparing with 000: 005, the parent of 007, has no snapshot"),
        "{said}"
    );
    assert!(sandbox.transcript(&["check"]).contains("no problems found"));
}

#[test]
fn what_a_killed_prune_left_is_removed_by_the_next() {
    let sandbox = searched();
    // Between the mark and the removal.
    let at = |name: &str| sandbox.path(&format!(".lineage/snapshots/{name}"));
    fs::rename(at("002.manifest"), at("002.pruned")).unwrap();
    assert!(sandbox.transcript(&["check"]).contains("no problems found"));
    sandbox.ok(&["prune", "--keep-best", "1"]);
    assert!(!at("002").exists() && at("002.pruned").exists());
    assert!(sandbox.transcript(&["check"]).contains("no problems found"));
}

#[test]
fn something_to_keep_has_to_be_named() {
    let sandbox = searched();
    assert!(sandbox.transcript(&["prune"]).ends_with("= 2\n"));
    assert!(
        sandbox
            .transcript(&["prune", "--keep-best", "0"])
            .ends_with("= 2\n")
    );
    fs::copy(sandbox.log(), sandbox.path("log.tsv")).unwrap();
    let said = sandbox.transcript(&["--store", "log.tsv", "prune", "--keep-best", "1"]);
    assert!(
        said.contains("nothing can be pruned") && said.ends_with("= 1\n"),
        "{said}"
    );
    assert_eq!(snapshots(&sandbox).len(), 7);
}

#[test]
fn nothing_is_pruned_while_the_settings_contradict_the_log() {
    let sandbox = Sandbox::with_store();
    sandbox.write("work/train.py", "lr = 1\n");
    for score in ["3", "2", "1"] {
        let trial = ["append", "--status", "keep", "--metric", score];
        sandbox.ok(&[
            &trial[..],
            &["--parent", "none", "--snapshot", "work", "-q"],
        ]
        .concat());
    }
    let settings = sandbox.read(".lineage/lineage.toml");
    let flipped = settings.replace("\"minimize\"", "\"maximize\"");
    sandbox.write(".lineage/lineage.toml", flipped);
    assert_snapshot!(sandbox.transcript(&["prune", "--keep-best", "1"]));
    assert_eq!(snapshots(&sandbox).len(), 3);
    let shown = sandbox.transcript(&["prune", "--keep-best", "1", "--dry-run"]);
    assert!(
        shown.contains("warning: lineage.toml says direction"),
        "{shown}"
    );
    let prune = ["prune", "--keep-best", "1", "--direction", "minimize"];
    sandbox.ok(&prune);
    assert_eq!(snapshots(&sandbox), ["002"]);
}

#[test]
fn show_says_that_a_snapshot_was_pruned() {
    let sandbox = searched();
    sandbox.ok(&["prune", "--keep-best", "1", "-q"]);
    let shown = sandbox.transcript(&["show", "5", "--field", "snapshot_path"]);
    assert!(
        shown.contains("note: the snapshot of trial 005 was pruned"),
        "{shown}"
    );
    let shown = sandbox.transcript(&["show", "3"]);
    assert!(!shown.contains("pruned"), "{shown}");
}
