//! `tree`: folded failures, marks, graphs.

use crate::sandbox::Sandbox;

/// A baseline, two keeps below each other, failures in a row, a discard between failures, and an ignored trial.
fn store() -> Sandbox {
    let sandbox = Sandbox::with_store();
    for (parent, status, score, specialist) in [
        ("none", "baseline", "3.0", "seed"),
        ("0", "crash", "", "tok"),
        ("0", "size_blocked", "1.5", "tok"),
        ("0", "crash", "", "opt"),
        ("0", "keep", "2.9", "opt"),
        ("4", "preflight_crash", "", "opt"),
        ("4", "discard", "12.95", "opt"),
        ("4", "harness_abort", "", "opt"),
        ("4", "keep", "2.8", "tok"),
    ] {
        let hypothesis = format!("a \"{status}\"; of [{specialist}]");
        sandbox.ok(&[
            "append",
            "-q",
            "--parent",
            parent,
            "--status",
            status,
            "--metric",
            score,
            "--specialist",
            specialist,
            "--hypothesis",
            &hypothesis,
        ]);
    }
    sandbox
}

#[test]
fn failed_siblings_share_a_line_and_ignored_trials_are_left_out() {
    insta::assert_snapshot!(store().transcript(&["tree"]));
}

#[test]
fn all_gives_each_trial_its_line() {
    insta::assert_snapshot!(store().transcript(&["tree", "--all"]));
}

#[test]
fn what_is_asked_for_is_not_folded() {
    let sandbox = store();
    let lines = |args: &[&str]| sandbox.ok(&[&["tree", "-q"], args].concat());
    let crashes = lines(&["--status", "crash"]);
    assert!(crashes.contains("├─ 001 crash tok") && crashes.contains("└─ 003 crash opt"));
    assert!(lines(&["--specialist", "tok"]).contains("002 size_blocked"));
    assert!(lines(&["--status", "harness_abort"]).contains("007 harness_abort"));
    assert!(!lines(&["--specialist", "opt"]).contains("007"));
}

#[test]
fn records_have_every_trial() {
    let sandbox = store();
    for format in ["jsonl", "tsv"] {
        let records = sandbox.ok(&["tree", "--format", format]);
        let header = usize::from(format == "tsv");
        assert_eq!(records.lines().count(), 9 + header, "{records}");
    }
}

#[test]
fn records_of_a_filter_are_the_trials_that_match() {
    let sandbox = store();
    let args = ["tree", "--status", "crash", "--format", "tsv"];
    let records = sandbox.ok(&args);
    let rows: Vec<Vec<&str>> = records
        .lines()
        .map(|line| line.split('\t').collect())
        .collect();
    let places: Vec<_> = rows[1..]
        .iter()
        .map(|row| (row[0], row[2], row[3]))
        .collect();
    assert_eq!(places, [("001", "1", "000/001"), ("003", "1", "000/003")]);
    let exported = sandbox.ok(&["export", "--format", "tree", "--status", "crash"]);
    assert_eq!(exported, records);
}

#[test]
fn the_best_trial_is_marked_if_its_parent_is_missing() {
    let sandbox = Sandbox::with_store();
    let rows = "exp_id\tparent_exp\tstatus\tval_loss\n7\t5\tkeep\t1\n";
    sandbox.write(".lineage/results.tsv", rows);
    let tree = sandbox.ok(&["tree"]);
    assert!(
        tree.contains("1 ← BEST (parent 005 is missing)\n"),
        "{tree}"
    );
}

#[test]
fn a_trial_with_children_is_never_folded() {
    let sandbox = store();
    sandbox.ok(&["append", "-q", "--parent", "1", "--status", "crash"]);
    let tree = sandbox.ok(&["tree", "--depth", "1"]);
    assert!(tree.contains("├─ 001 crash"), "{tree}");
    assert!(tree.contains("├─ 002…003 2 failed"), "{tree}");
}

#[test]
fn a_graph_has_a_node_for_each_line_and_quotes_every_text() {
    let sandbox = store();
    insta::assert_snapshot!(sandbox.transcript(&["tree", "-q", "--format", "dot"]));
    insta::assert_snapshot!(sandbox.transcript(&["tree", "-q", "--format", "mermaid"]));
}

#[test]
fn a_line_fits_a_terminal_whatever_it_shows() {
    let sandbox = store();
    let long = "wide 日本語 ".repeat(40);
    sandbox.ok(&[
        "append",
        "-q",
        "--status",
        "discard",
        "--metric",
        "3",
        "--hypothesis",
        &long,
    ]);
    let binary = assert_cmd::cargo::cargo_bin!("lineage");
    let mut script = sandbox.command("script");
    let line = format!("{} tree --color never", binary.display());
    script
        .args(["-qec", &line, "/dev/null"])
        .env("COLUMNS", "80");
    let Ok(output) = script.output() else {
        return crate::sandbox::skipped("this system has no `script`");
    };
    let shown = String::from_utf8(output.stdout).unwrap();
    let columns = |line: &str| unicode_width::UnicodeWidthStr::width(line.trim_end());
    assert_eq!(shown.lines().map(columns).max(), Some(80), "{shown}");
}

#[test]
fn a_deep_trial_is_not_indented_further() {
    let sandbox = Sandbox::new();
    let row = |n: u32| format!("{n}\t{}\tdiscard\t1\n", n.wrapping_sub(1));
    let rows: String = (1..40).map(row).collect();
    let header = "exp_id\tparent_exp\tstatus\tcore_metric\n0\t\tbaseline\t1\n";
    sandbox.write("results.tsv", format!("{header}{rows}"));
    let tree = sandbox.ok(&["--store", "results.tsv", "tree"]);
    let lines: Vec<&str> = tree.lines().collect();
    assert!(lines[24].trim_start().starts_with("└─ 024 "), "{tree}");
    assert!(lines[39].contains("└─ (39 deep) 039 "), "{tree}");
    assert_eq!(lines[39].find('└'), lines[25].find('└'));
}
