//! The limits that a log shows: what is claimed, and what is not.

use crate::sandbox::Sandbox;

/// A store whose log has a column `artifact_bytes`, `eval_s` and `accuracy`, and these rows: status, score and the cells.
fn store(rows: &[(&str, f64, [&str; 3])]) -> Sandbox {
    let sandbox = Sandbox::with_store();
    let names =
        "exp_id\tparent_exp\thypothesis\tstatus\tval_loss\tartifact_bytes\teval_s\taccuracy";
    let mut log = names.to_owned() + "\n0\t\tstart\tbaseline\t9\t\t\t\n";
    for (at, (status, score, [bytes, seconds, accuracy])) in rows.iter().enumerate() {
        let id = at + 1;
        log += &format!(
            "{id}\t0\ttrial number {id}\t{status}\t{score}\t{bytes}\t{seconds}\t{accuracy}\n"
        );
    }
    sandbox.write(".lineage/results.tsv", log);
    sandbox
}

fn limits(sandbox: &Sandbox) -> String {
    sandbox.ok(&["render", "--for", "opt", "--sections", "limits", "-q"])
}

const COMPLETED: [(&str, f64, [&str; 3]); 4] = [
    ("keep", 8.0, ["15990000", "480.5", "0.951"]),
    ("discard", 8.5, ["15999989", "590.1", "0.97"]),
    ("keep", 7.0, ["15998757", "550", "0.9412"]),
    ("discard", 7.5, ["15000000", "599.5", "0.96"]),
];

fn with(failed: &[(&'static str, f64, [&'static str; 3])]) -> Sandbox {
    store(&[&COMPLETED[..], failed].concat())
}

#[test]
fn a_column_that_separates_failures_is_a_limit() {
    let sandbox = with(&[
        ("size_blocked", 6.0, ["16000012", "500", "0.96"]),
        ("size_blocked", 7.2, ["16002000", "520", "0.95"]),
        ("size_blocked", 7.1, ["16900000", "510", "0.96"]),
    ]);
    assert_eq!(
        limits(&sandbox),
        "## Limits\n\n- artifact_bytes: limit between 15,999,989 and 16,000,012; the best has 1,232 to spare; \
         the last 3 size_blocked exceeded it by 2,011 (median)\n"
    );
}

#[test]
fn a_missed_gate_is_a_lower_limit() {
    let sandbox = with(&[
        ("disqualified", 6.0, ["15990000", "500", "0.9398"]),
        ("disqualified", 6.1, ["15990001", "520", "0.93"]),
        ("disqualified", 6.2, ["15990002", "510", "0.9388"]),
    ]);
    assert_eq!(
        limits(&sandbox),
        "## Limits\n\n- accuracy: lower limit between 0.9398 and 0.9412; the best has 0 to spare; \
         the last 3 disqualified missed it by 0.0024 (median)\n"
    );
}

#[test]
fn the_median_of_whole_numbers_is_one() {
    let blocked = |bytes| ("size_blocked", 6.0, [bytes, "500", "0.96"]);
    let sandbox = with(&["16000012", "16000015", "16000020", "16900000"].map(blocked));
    assert!(limits(&sandbox).contains("exceeded it by 29 (median)"));
}

#[test]
fn the_opening_names_the_limits_that_most_failures_exceed() {
    let opening =
        |sandbox: &Sandbox| sandbox.ok(&["render", "--for", "opt", "--sections", "opening", "-q"]);
    let blocked = |bytes| ("size_blocked", 6.0, [bytes, "500", "0.96"]);
    let size = ["16000012", "16002000", "16900000"].map(blocked);
    let text = opening(&with(&size));
    assert!(
        text.contains("\nLimit: artifact_bytes at most 15,999,989.\n"),
        "{text}"
    );
    let stopped = ("eval_budget_overrun", 6.0, ["", "600.6", ""]);
    let text = opening(&with(&[&size[..], &[stopped; 4]].concat()));
    let line = "\nLimits: eval_s at most 599.5; artifact_bytes at most 15,999,989.\n";
    assert!(text.contains(line), "{text}");
}

#[test]
fn runs_that_were_stopped_do_not_show_how_near_they_were() {
    let sandbox = with(&[
        ("eval_budget_overrun", 6.0, ["", "600.6", ""]),
        ("eval_budget_overrun", 6.1, ["", "604.1", ""]),
        ("eval_budget_overrun", 6.2, ["", "604", ""]),
    ]);
    assert_eq!(
        limits(&sandbox),
        "## Limits\n\n- eval_s: limit between 599.5 and 600.6; the best has 49.5 to spare; \
         the last 3 eval_budget_overrun were stopped there\n"
    );
}

#[test]
fn nothing_is_claimed_if_the_data_does_not_separate() {
    let two = [
        ("size_blocked", 6.0, ["16000012", "", ""]),
        ("size_blocked", 7.2, ["16002000", "", ""]),
    ];
    assert_eq!(limits(&with(&two)), "");
    let overlapping = [two[0], two[1], ("size_blocked", 7.2, ["15999000", "", ""])];
    assert_eq!(limits(&with(&overlapping)), "");
    let early = [("crash", 0.0, ["0", "3", "0"]); 3];
    assert_eq!(
        limits(&with(&early)),
        "",
        "a run that broke early has small values"
    );
}

/// One of fifty may be on the wrong side, two may not.
#[test]
fn a_few_outliers_do_not_hide_a_limit() {
    let mut rows = vec![COMPLETED[0]; 50];
    rows[7].2[0] = "17000000";
    rows.extend([("size_blocked", 6.0, ["16000012", "", ""]); 3]);
    let text = limits(&store(&rows));
    assert!(
        text.contains("limit between 15,990,000 and 16,000,012"),
        "{text}"
    );
    rows[8].2[0] = "17000000";
    assert_eq!(limits(&store(&rows)), "");
}

#[test]
fn a_column_that_counts_trials_is_no_limit() {
    let mut log = "exp_id\tstatus\tval_loss\tstep_number\tunix_time\n".to_owned();
    for id in 0..40 {
        let status = if id < 30 { "keep" } else { "size_blocked" };
        log += &format!(
            "{id}\t{status}\t{}\t{}\t{}\n",
            9.0 - f64::from(id),
            id * 7,
            1_000 + id
        );
    }
    let sandbox = Sandbox::with_store();
    sandbox.write(".lineage/results.tsv", log);
    assert_eq!(limits(&sandbox), "");
}

#[test]
fn the_settings_can_state_limits() {
    let sandbox = with(&[("size_blocked", 6.0, ["16000012", "", ""])]);
    let settings = sandbox.read(".lineage/lineage.toml");
    let limits_table =
        "[limits]\nartifact_bytes = 16000000\naccuracy = 0.94\neval_s = { max = 540.0 }\n";
    sandbox.write(".lineage/lineage.toml", format!("{settings}{limits_table}"));
    assert_eq!(
        limits(&sandbox),
        "## Limits\n\n- accuracy: lower limit 0.94 (set); the best has 0.0012 to spare\n\
         - artifact_bytes: limit 16,000,000 (set); the best has 1,243 to spare; \
         the last size_blocked exceeded it by 12 (median)\n\
         - eval_s: limit 540 (set); the best exceeds it by 10\n"
    );
    sandbox.write(
        ".lineage/lineage.toml",
        format!("{settings}[limits]\naccuracy = nan\n"),
    );
    let shown = sandbox.transcript(&["render", "--for", "opt"]);
    assert!(
        shown.contains("limits.accuracy is not a finite number"),
        "{shown}"
    );
}

/// The index stores what a scan finds.
#[test]
fn limits_are_the_same_with_an_index() {
    let mut log = "exp_id\tparent_exp\thypothesis\tstatus\tval_loss\tartifact_bytes\n".to_owned();
    for id in 0..3000 {
        let (status, bytes) = match id % 7 {
            0 => ("keep", 9_000_000 + id * 13 % 977),
            1 => ("size_blocked", 9_000_977 + id * 31 % 5000),
            _ => ("discard", 8_999_000 + id * 17 % 1900),
        };
        log += &format!(
            "{id}\t0\ttrial number {id} has a long text of its own\t{status}\t9\t{bytes}\n"
        );
    }
    let sandbox = Sandbox::with_store();
    sandbox.write(".lineage/results.tsv", log);
    sandbox.ok(&["append", "--status", "crash", "-q"]);
    sandbox.ok(&["append", "--status", "crash", "-q"]);
    let indexed = limits(&sandbox);
    std::fs::remove_file(sandbox.path(".lineage/results.idx")).unwrap();
    assert_eq!(indexed, limits(&sandbox));
    assert!(
        indexed.contains("artifact_bytes: limit between 9,000,"),
        "{indexed}"
    );
}

#[test]
fn a_plain_number_is_on_the_side_of_most_completed_trials() {
    let fast = |seconds| ("discard", 9.5, ["1", seconds, "0.9"]);
    let mut rows: Vec<_> = ["60", "70", "80", "90", "100", "110", "1500"]
        .map(fast)
        .to_vec();
    rows.push(("eval_budget_overrun", 6.0, ["1", "700", "0.9"]));
    let sandbox = store(&rows);
    let settings = sandbox.read(".lineage/lineage.toml");
    sandbox.write(
        ".lineage/lineage.toml",
        settings + "[limits]\neval_s = 600\n",
    );
    let text = limits(&sandbox);
    assert!(text.contains("- eval_s: limit 600 (set)"), "{text}");
}
