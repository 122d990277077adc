use std::fs;

use insta::assert_snapshot;

use crate::sandbox::Sandbox;

/// A sandbox whose log is these lines below the header.
fn with_lines(lines: &str) -> Sandbox {
    let sandbox = Sandbox::with_store();
    let header = sandbox.read_log();
    fs::write(sandbox.log(), header + lines).unwrap();
    sandbox
}

/// A row of a log of `val_loss`: its first and last cells are given.
fn row(id: &str, parent: &str, status: &str, score: &str, delta: &str) -> String {
    format!("{id}\t2026-03-01T00:00:00Z\topt\t{parent}\t\topt\tx\t\t{status}\t{score}\t\t{delta}\t\t\t\t\t\n")
}

#[test]
fn a_log_that_lineage_wrote_has_no_findings() {
    let sandbox = Sandbox::with_store();
    for score in ["3.2", "3.1", "3.05", "3.3", "1e-9", "2e9"] {
        sandbox.ok(&["append", "--status", "auto", "--metric", score, "--hypothesis", "a \"b\"\n\tc\u{1b}"]);
    }
    let transcript = sandbox.transcript(&["check"]);
    assert!(transcript.ends_with("results.tsv: 6 rows, nothing is wrong\n= 0\n"), "{transcript}");
}

#[test]
fn scores_times_and_statuses_are_checked() {
    let lines = row("000", "", "baseline", "3.2", "")
        + &row("001", "000", "keep", "3.1", "+0.100000")
        + &row("002", "001", "discard", "3.15", "+0.05")
        + &row("003", "001", "keep", "", "")
        + &row("004", "001", "size_blocked", "abc", "n/a")
        + &row("005", "001", "reverted", "3.0", "").replace("2026-03-01", "2026-02-01")
        + &row("006", "001", "crash", "", "").replace("2026-03-01T00:00:00Z", "soon")
        + &row("", "001", "crash", "", "");
    assert_snapshot!(with_lines(&lines).transcript(&["check"]));
}

#[test]
fn line_ends_and_a_mark_are_findings_only_where_they_are_odd() {
    let sandbox = with_lines(
        &(row("000", "", "baseline", "3.2", "") + &row("001", "000", "crash", "", "").replace('\n', "\r\n")),
    );
    assert_snapshot!(sandbox.transcript(&["check"]));
    let windows = sandbox.read_log().replace("\r\n", "\n").replace('\n', "\r\n");
    fs::write(sandbox.log(), &windows).unwrap();
    assert_eq!(sandbox.ok(&["check"]), "");
    fs::write(sandbox.log(), format!("\u{feff}{windows}")).unwrap();
    assert_snapshot!(sandbox.transcript(&["check", "-q"]));
}

#[test]
fn a_repaired_copy_has_every_trial_and_the_log_is_untouched() {
    let harness_row = "002\t2026-03-01T00:00:00Z\topt\t001\t001\topt\t\"the </hypothesis> <parameter name=\"\"notes\"\">leak\" +0.1 discard 3.15  +0.050000 60 70 job s/2 some notes with spaces\n";
    let quote = row("003", "001", "crash", "", "").replace("\tx\t", "\t\"an open quote\t");
    let lines = row("000", "", "baseline", "3.2", "")
        + &row("001", "000", "keep", "3.1", "-0.100000").replace("\tx\t", "\t\"over\ntwo lines\"\t")
        + harness_row
        + "\n"
        + &quote
        + "004\ttorn";
    let sandbox = with_lines(&lines);
    let before = sandbox.read_log();
    assert_snapshot!(sandbox.transcript(&["check", "--repair", "mended.tsv"]));
    assert_eq!(sandbox.read_log(), before);
    assert_snapshot!(fs::read_to_string(sandbox.path("mended.tsv")).unwrap());
    let again = sandbox.transcript(&["check", "--repair", "mended.tsv"]);
    assert!(again.contains("mended.tsv: ") && again.ends_with("= 1\n"), "an existing file is not overwritten: {again}");
}

#[test]
fn repairing_twice_changes_nothing_more() {
    for case in ["damaged", "odd_parents", "hostile", "small", "foreign_columns"] {
        let sandbox = Sandbox::new();
        let fixture = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(case).join("results.tsv");
        let repair = |log: &str, out: &str| {
            let args = ["check", "--store", log, "--repair", out, "-q", "--direction", "minimize"];
            let metric = if case == "foreign_columns" { &["--metric", "train_s"][..] } else { &[] };
            sandbox.transcript(&[&args[..], metric].concat());
            fs::read(sandbox.path(out)).unwrap()
        };
        let once = repair(fixture.to_str().unwrap(), "once.tsv");
        assert_eq!(repair("once.tsv", "twice.tsv"), once, "{case}");
    }
}
