//! `lineage amend`: the score under each of its names, and the difference that follows from it.

use crate::sandbox::Sandbox;

/// A store whose log has the metric and `core_metric`.
fn store() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.ok(&["init", "--metric", "val_bpb", "--direction", "minimize"]);
    for score in ["1.5", "1.4", "1.45"] {
        sandbox.ok(&["append", "--status", "auto", "--metric", score]);
    }
    sandbox
}

fn amend(sandbox: &Sandbox, changes: &[&str]) -> String {
    let args = ["amend", "2", "--why", "x"];
    sandbox.transcript(&[&args, changes].concat())
}

fn cell(sandbox: &Sandbox, name: &str) -> String {
    sandbox.ok(&["show", "2", "--field", name])
}

#[test]
fn each_name_of_the_score_changes_both_of_its_columns() {
    let sandbox = store();
    for (name, score) in [("val_bpb", "1.3"), ("metric", "1.2")] {
        amend(&sandbox, &["--set", &format!("{name}={score}")]);
        for column in ["val_bpb", "core_metric"] {
            assert_eq!(cell(&sandbox, column), format!("{score}\n"), "{name}");
        }
    }
    let both = ["--set", "core_metric=7", "--set", "val_bpb=1.1"];
    amend(&sandbox, &both);
    assert_eq!(cell(&sandbox, "val_bpb"), "1.1\n");
    assert_eq!(cell(&sandbox, "core_metric"), "7\n");
}

#[test]
fn two_different_scores_are_refused() {
    let sandbox = store();
    let shown = amend(&sandbox, &["--set", "val_bpb=1.3", "--set", "metric=1.2"]);
    let said = "two different scores: val_bpb 1.3 and metric 1.2; give one";
    assert!(shown.contains(said) && shown.ends_with("= 1\n"), "{shown}");
    let shown = amend(&sandbox, &["--set", "val_bpb=1.3", "--set", "metric=1.30"]);
    assert!(shown.ends_with("= 0\n"), "{shown}");
}

#[test]
fn the_difference_follows_the_status_unless_it_is_not_finite() {
    let sandbox = store();
    let log = sandbox.read_log();
    sandbox.write(
        ".lineage/results.tsv",
        log.replace("+0.050000", "+0.999999"),
    );
    amend(&sandbox, &["--status", "keep"]);
    assert_eq!(cell(&sandbox, "delta_vs_best"), "+0.050000\n");
    amend(&sandbox, &["--set", "metric=1e308"]);
    let log = sandbox.read_log();
    sandbox.write(".lineage/results.tsv", log.replace("1.4\t", "-1e308\t"));
    amend(&sandbox, &["--status", "discard"]);
    assert_eq!(cell(&sandbox, "delta_vs_best"), "\n");
}

#[test]
fn a_score_without_a_column_is_refused() {
    let sandbox = Sandbox::with_store();
    sandbox.write(
        ".lineage/results.tsv",
        "exp_id\tstatus\tnotes\n0\tcrash\tx\n",
    );
    let args = ["amend", "0", "--set", "metric=1", "--why", "w"];
    let shown = sandbox.transcript(&args);
    let said = "the log has no column 'val_loss' for the score; correct `metric` in lineage.toml";
    assert!(shown.contains(said) && shown.ends_with("= 1\n"), "{shown}");
}
