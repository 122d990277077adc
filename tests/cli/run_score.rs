//! `lineage run`: where the score and the other numbers come from, and when a score is kept.

use crate::run_sandbox::{expect_last, last, run, store};

#[test]
fn every_other_column_is_filled_from_the_output_unless_it_is_given() {
    let sandbox = store();
    let script =
        "printf 'artifact_bytes=5\\ntrain_s: 7.5\\nval_bpb = 1.1\\nval_loss=3\\nartifact_bytes=6'";
    run(&sandbox, &[], script);
    let cells = [
        ("artifact_bytes", "6"),
        ("train_s", "7.5"),
        ("val_bpb", "1.1"),
        ("metric", "3"),
    ];
    expect_last(&sandbox, &cells);
    assert!(last(&sandbox, "total_s").parse::<f64>().unwrap() < 30.0);
    run(&sandbox, &["--set", "artifact_bytes=7"], script);
    expect_last(&sandbox, &[("artifact_bytes", "7")]);
}

#[test]
fn the_last_finite_score_counts_in_any_line_ending_and_piece() {
    let sandbox = store();
    for (script, score) in [
        (
            "printf 'val_loss: 2.5\\nval_loss: nan\\nval_loss: inf\\n'",
            "2.5",
        ),
        ("printf 'val_loss: 2.5\\r\\nval_loss: 2.25\\r\\n'", "2.25"),
        ("printf 'epoch 1 val_loss=9\\repoch 2 val_loss=8\\r'", "8"),
        ("printf 'val_loss=2.2'", "2.2"),
        (
            "printf 'val_lo'; sleep 0.2; printf 'ss: 1.'; sleep 0.2; printf '75\\n'",
            "1.75",
        ),
        ("printf '\\000\\377\\200 val_loss=1.5\\n\\377'", "1.5"),
        ("echo val_loss=7 >&2", "7"),
        ("echo '{\"val_loss\": 1.25, \"step\": 3}'", "1.25"),
    ] {
        run(&sandbox, &[], script);
        expect_last(&sandbox, &[("metric", score)]);
    }
}

#[test]
fn without_a_finite_score_a_run_is_a_crash() {
    let sandbox = store();
    for script in [
        "true",
        "echo val_loss: nan",
        "echo best_val_loss=3",
        "echo val_loss=1,07",
    ] {
        let (code, _, stderr) = run(&sandbox, &[], script);
        assert_eq!(code, Some(0), "{script}");
        assert!(
            stderr.ends_with("crash: finished without a score\n"),
            "{stderr}"
        );
        assert!(last(&sandbox, "notes").starts_with("finished without a score"));
        expect_last(&sandbox, &[("status", "crash"), ("metric", "")]);
    }
}

#[test]
fn the_result_file_of_the_command_wins() {
    let sandbox = store();
    let json = r#"{"status":"size_blocked","artifact_bytes":16010234,"notes":"too large","val_loss":1.01}"#;
    let script = format!(
        "echo val_loss=1.5; echo artifact_bytes=5; echo '{{\"val_loss\":9}}{json}' > $LINEAGE_RESULT"
    );
    let (code, _, stderr) = run(&sandbox, &["--notes", "mine"], &script);
    assert_eq!(code, Some(0));
    assert_eq!(
        stderr,
        "lineage: 000 size_blocked (score 1.01): too large\n"
    );
    let cells = [
        ("artifact_bytes", "16010234"),
        ("notes", "too large"),
        ("metric", "1.01"),
    ];
    expect_last(&sandbox, &cells);
}

#[test]
fn a_result_file_that_cannot_be_used_does_not_lose_the_trial() {
    let sandbox = store();
    let script = "echo val_loss=1.5; echo '{\"status\":\"no\",\"colour\":\"red\",\"train_s\":4}' > $LINEAGE_RESULT";
    let (_, _, stderr) = run(&sandbox, &[], script);
    assert!(
        stderr.contains("$LINEAGE_RESULT: unknown status 'no'"),
        "{stderr}"
    );
    assert!(
        stderr.contains("the log has no column 'colour'"),
        "{stderr}"
    );
    expect_last(&sandbox, &[("status", "baseline"), ("train_s", "4")]);
    let (_, _, stderr) = run(
        &sandbox,
        &[],
        "echo val_loss=1.4; echo '{' > $LINEAGE_RESULT",
    );
    assert!(stderr.contains("is not JSON"), "{stderr}");
    expect_last(&sandbox, &[("status", "keep")]);
}

#[test]
fn a_status_that_the_command_reports_is_not_blamed_on_its_exit_status() {
    let sandbox = store();
    let script = "echo val_loss=0.95; echo '{\"status\":\"crash\"}' > $LINEAGE_RESULT";
    let (code, _, stderr) = run(&sandbox, &[], script);
    assert_eq!(code, Some(0));
    let said = "lineage: 000 crash (score 0.95): reported as crash, with exit status 0\n";
    assert_eq!(stderr, said);
}

#[test]
fn a_keep_that_is_reported_but_not_better_leaves_the_best() {
    let sandbox = store();
    run(&sandbox, &[], "echo val_loss=1");
    let script = "echo '{\"status\": \"keep\", \"metric\": 1.5}' > $LINEAGE_RESULT";
    let (_, _, stderr) = run(&sandbox, &[], script);
    let line = "lineage: 001 keep 1.5 (Δ +0.50; the best is 000)\n";
    assert!(stderr.ends_with(line), "{stderr}");
}

#[test]
fn half_characters_in_a_report_lose_nothing() {
    let sandbox = store();
    let script = r#"echo '{"val_loss": 1.25, "notes": "bad \udcff byte", "train_s": NaN}' > $LINEAGE_RESULT"#;
    let (_, _, stderr) = run(&sandbox, &[], script);
    assert!(
        stderr.starts_with("warning: $LINEAGE_RESULT: half a surrogate pair became U+FFFD\n"),
        "{stderr}"
    );
    expect_last(
        &sandbox,
        &[("metric", "1.25"), ("notes", "bad \u{fffd} byte")],
    );
}

#[test]
fn a_value_of_the_outer_object_counts_before_those_of_inner_ones() {
    let sandbox = store();
    let flags = ["--metric-file", "metrics.json"];
    for (json, score) in [
        (r#"{"eval": {"val_loss": 9}, "core_metric": 1.5}"#, "1.5"),
        (
            r#"{"metric": 7, "val_loss": 1.4, "eval": {"val_loss": 9}}"#,
            "1.4",
        ),
        (
            r#"{"loss": NaN, "eval": {"val_loss": 1.30}, "low": -Infinity}"#,
            "1.30",
        ),
    ] {
        run(&sandbox, &flags, &format!("echo '{json}' > metrics.json"));
        expect_last(&sandbox, &[("metric", score)]);
        run(&sandbox, &[], &format!("echo '{json}' > $LINEAGE_RESULT"));
        expect_last(&sandbox, &[("metric", score)]);
    }
}

#[test]
fn the_score_can_be_in_a_file_that_this_run_writes() {
    let sandbox = store();
    sandbox.write("old.json", "{\"val_loss\": 1}");
    let flags = ["--metric-file", "metrics.json"];
    let json = r#"{"val_loss": 1.50, "norm": NaN, "metrics": {"artifact_bytes": 7}}"#;
    let script = format!("echo val_loss=9; echo '{json}' > metrics.json");
    run(&sandbox, &flags, &script);
    expect_last(&sandbox, &[("metric", "1.50"), ("artifact_bytes", "7")]);
    run(&sandbox, &flags, "echo val_loss=0.5");
    let notes = last(&sandbox, "notes");
    assert!(
        notes.starts_with("finished without a score: metrics.json is from before this run"),
        "{notes}"
    );
    run(&sandbox, &["--metric-file", "none.json"], "true");
    assert!(last(&sandbox, "notes").starts_with("finished without a score: there is no none.json"));
}

#[test]
fn an_expression_finds_a_score_without_its_name() {
    let sandbox = store();
    let flags = ["--score-regex", r"^final (\S+) of"];
    run(
        &sandbox,
        &flags,
        "echo val_loss=9; echo final 2 of 3; echo final 1.5 of 3; echo final x of",
    );
    expect_last(&sandbox, &[("metric", "1.5")]);
    let (code, _, stderr) = run(&sandbox, &["--score-regex", "loss"], "true");
    assert_eq!(code, Some(2));
    assert!(stderr.contains("needs one group"), "{stderr}");
}

#[test]
fn repeated_runs_are_one_trial_with_the_median_and_the_spread() {
    let sandbox = store();
    run(&sandbox, &[], "echo val_loss=1.055");
    let script = "echo val_loss=1.0$LINEAGE_REPEAT; echo artifact_bytes=$LINEAGE_REPEAT";
    let (code, stdout, stderr) = run(&sandbox, &["--repeat", "3"], script);
    assert_eq!(code, Some(0));
    assert_eq!(String::from_utf8_lossy(&stdout).lines().count(), 6);
    let cells = [
        ("metric", "1.02"),
        ("score_std", "0.01"),
        ("artifact_bytes", "2"),
        ("status", "keep"),
    ];
    expect_last(&sandbox, &cells);
    let notes = "median of 3 runs, standard deviation 0.01: 1.01 1.02 1.03";
    expect_last(&sandbox, &[("notes", notes)]);
    assert!(!stderr.contains("spread"), "{stderr}");
}

#[test]
fn the_spread_is_logged_beside_the_notes_that_the_command_writes() {
    let sandbox = store();
    let script = r#"echo val_loss=1.0$LINEAGE_REPEAT; echo "{\"notes\":\"mine\",\"artifact_bytes\":$LINEAGE_REPEAT}" > $LINEAGE_RESULT"#;
    run(&sandbox, &["--repeat", "3"], script);
    let notes = "median of 3 runs, standard deviation 0.01: 1.01 1.02 1.03\\nmine";
    expect_last(
        &sandbox,
        &[
            ("notes", notes),
            ("score_std", "0.01"),
            ("artifact_bytes", "2"),
        ],
    );
}

#[test]
fn what_is_wrong_with_any_of_repeated_runs_is_said_once() {
    let sandbox = store();
    let script = "echo val_loss=1; test $LINEAGE_REPEAT = 3 || echo '{\"status\": \"kep\"}' > $LINEAGE_RESULT";
    let (_, _, stderr) = run(&sandbox, &["--repeat", "3"], script);
    let said = "warning: $LINEAGE_RESULT: unknown status 'kep'; did you mean 'keep'?\n";
    assert_eq!(stderr.matches(said).count(), 1, "{stderr}");
}

#[test]
fn a_keep_within_the_spread_of_its_runs_is_said() {
    let sandbox = store();
    run(&sandbox, &[], "echo val_loss=1.025");
    let (_, _, stderr) = run(
        &sandbox,
        &["--repeat", "3"],
        "echo val_loss=1.0$LINEAGE_REPEAT",
    );
    let said = "beats trial 000 by 0.005000, which is within the spread of the runs";
    assert!(
        stderr.contains(&format!("note: trial 001, a keep, {said}")),
        "{stderr}"
    );
    assert!(last(&sandbox, "notes").ends_with(said));
}

#[test]
fn the_first_failure_ends_repeated_runs() {
    let sandbox = store();
    let script = "echo val_loss=1; test $LINEAGE_REPEAT = 1 || exit 5";
    let (code, stdout, _) = run(&sandbox, &["--repeat", "9"], script);
    assert_eq!((code, stdout.len()), (Some(5), 22));
    expect_last(&sandbox, &[("status", "crash")]);
    assert!(last(&sandbox, "notes").ends_with("run 2 failed"));
    assert_eq!(sandbox.rows().len(), 1);
}

#[test]
fn min_delta_keeps_only_what_improves_by_more() {
    let sandbox = store();
    run(&sandbox, &[], "echo val_loss=1.1");
    let (_, _, stderr) = run(&sandbox, &["--min-delta", "0.1"], "echo val_loss=1.0");
    let said = "beats trial 000 by 0.100000, not by more than min_delta 0.1";
    assert!(
        stderr.contains(&format!("note: trial 001, a discard, {said}")),
        "{stderr}"
    );
    expect_last(&sandbox, &[("status", "discard"), ("notes", said)]);
    let settings = sandbox.read(".lineage/lineage.toml");
    let settings = settings.replace("# min_delta = 0.001", "min_delta = 0.05");
    sandbox.write(".lineage/lineage.toml", settings);
    sandbox.ok(&["append", "--status", "auto", "--metric", "1.06"]);
    expect_last(&sandbox, &[("status", "discard")]);
    sandbox.ok(&["append", "--status", "auto", "--metric", "1.04"]);
    expect_last(&sandbox, &[("status", "keep")]);
    sandbox.ok(&[
        "append",
        "--status",
        "auto",
        "--metric",
        "1.03",
        "--min-delta",
        "0",
    ]);
    expect_last(&sandbox, &[("status", "keep")]);
    sandbox.ok(&["append", "--status", "keep", "--metric", "1.02"]);
    expect_last(&sandbox, &[("status", "keep")]);
}

#[test]
fn a_score_that_is_reported_and_not_finite_is_not_replaced_by_an_older_number() {
    let sandbox = store();
    for (json, said) in [
        (r#"{"metric": NaN}"#, "score 'NaN' is not a finite number"),
        (
            r#"{"status": "auto", "val_loss": -Infinity}"#,
            "score '-Infinity'",
        ),
        (r#"{"status": "keep", "val_loss": 1e999}"#, "score '1e+999'"),
        (
            r#"{"val_loss": NaN, "eval": {"val_loss": 0.5}}"#,
            "score 'NaN'",
        ),
    ] {
        let script = format!("echo val_loss: 0.9; echo '{json}' > $LINEAGE_RESULT");
        let (_, _, stderr) = run(&sandbox, &[], &script);
        assert!(
            stderr.starts_with(&format!("warning: $LINEAGE_RESULT: {said}")),
            "{stderr}"
        );
        expect_last(&sandbox, &[("status", "crash"), ("metric", "")]);
        assert!(last(&sandbox, "notes").starts_with("finished without a score: $LINEAGE_RESULT"));
    }
    let flags = ["--metric-file", "metrics.json"];
    run(
        &sandbox,
        &flags,
        r#"echo '{"val_loss": NaN, "eval": {"val_loss": 0.5}}' > metrics.json"#,
    );
    expect_last(&sandbox, &[("status", "crash"), ("metric", "")]);
    for json in [
        r#"{"metric": null}"#,
        r#"{"metric": ""}"#,
        r#"{"metric": NaN, "core_metric": 0.9}"#,
    ] {
        run(
            &sandbox,
            &[],
            &format!("echo val_loss: 0.9; echo '{json}' > $LINEAGE_RESULT"),
        );
        expect_last(&sandbox, &[("metric", "0.9")]);
    }
    let json = r#"{"artifact_bytes": NaN}"#;
    let script =
        format!("echo val_loss=0.8; echo artifact_bytes=5; echo '{json}' > $LINEAGE_RESULT");
    let (_, _, stderr) = run(&sandbox, &[], &script);
    assert!(
        stderr.contains("artifact_bytes NaN is not a finite number and was left out"),
        "{stderr}"
    );
    expect_last(&sandbox, &[("metric", "0.8"), ("artifact_bytes", "")]);
}

#[test]
fn a_reported_text_that_is_not_a_number_does_not_replace_the_score() {
    let sandbox = store();
    for (json, said) in [
        (r#"{"metric": "val_loss", "acc": 3}"#, "'val_loss'"),
        (r#"{"val_loss": "N/A"}"#, "'N/A'"),
        (r#"{"core_metric": "1.5 (best)"}"#, "'1.5 (best)'"),
        (r#"{"metric": true}"#, "'true'"),
        (r#"{"config": {"metric": "val_loss"}}"#, "'val_loss'"),
    ] {
        let script = format!("echo val_loss: 0.9; echo '{json}' > $LINEAGE_RESULT");
        let (_, _, stderr) = run(&sandbox, &[], &script);
        let said = format!("warning: $LINEAGE_RESULT: score {said} is not a finite number\n");
        assert!(stderr.contains(&said), "{stderr}");
        expect_last(&sandbox, &[("metric", "0.9")]);
        let script = format!("echo '{json}' > $LINEAGE_RESULT");
        run(&sandbox, &[], &script);
        let notes = last(&sandbox, "notes");
        assert!(notes.starts_with("finished without a score: $LINEAGE_RESULT: score '"));
    }
    for json in [
        r#"{"metric": "val_loss", "val_loss": 0.8}"#,
        r#"{"metric": "val_loss", "eval": {"val_loss": 0.8}}"#,
        r#"{"val_loss": "0.8"}"#,
    ] {
        let script = format!("echo val_loss: 0.9; echo '{json}' > $LINEAGE_RESULT");
        run(&sandbox, &[], &script);
        expect_last(&sandbox, &[("metric", "0.8")]);
    }
}

#[test]
fn a_reported_text_may_look_like_an_infinite_number() {
    let sandbox = store();
    for text in ["inf", "NaN", "Infinity", "1e999"] {
        let json = format!(
            r#"{{"notes": "{text}", "job_name": "{text}", "domain": "{text}", "train_s": "{text}"}}"#
        );
        let script = format!("echo val_loss=1; echo '{json}' > $LINEAGE_RESULT");
        let (_, _, stderr) = run(&sandbox, &[], &script);
        let said = format!("train_s {text} is not a finite number and was left out");
        assert!(stderr.contains(&said), "{stderr}");
        assert_eq!(stderr.matches("left out").count(), 1, "{stderr}");
        let cells = [("notes", text), ("job_name", text), ("domain", text)];
        expect_last(&sandbox, &cells);
    }
    let script = "echo val_loss=1; echo '{\"artifact_bytes\": \"inf\"}' > $LINEAGE_RESULT";
    run(&sandbox, &[], script);
    expect_last(&sandbox, &[("artifact_bytes", "inf")]);
}
