//! `lineage run`: the outcome of a command becomes one trial, whatever it is.

use crate::sandbox::Sandbox;

/// A store with room for what a command may measure.
fn store() -> Sandbox {
    let sandbox = Sandbox::new();
    let columns = "artifact_bytes,score_std";
    sandbox.ok(&[
        "init",
        "--metric",
        "val_loss",
        "--direction",
        "minimize",
        "--columns",
        columns,
    ]);
    sandbox
}

/// Runs a shell script as a trial. Returns the exit status, stdout and stderr.
fn run(sandbox: &Sandbox, flags: &[&str], script: &str) -> (Option<i32>, Vec<u8>, String) {
    let args = [&["run"], flags, &["--", "sh", "-c", script]].concat();
    run_args(sandbox, &args)
}

fn run_args(sandbox: &Sandbox, args: &[&str]) -> (Option<i32>, Vec<u8>, String) {
    let mut command = sandbox.lineage(args);
    command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
    let output = command.output().expect("the program runs");
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    (output.status.code(), output.stdout, stderr)
}

/// A cell of the last trial; empty if it has none.
fn last(sandbox: &Sandbox, column: &str) -> String {
    let json = sandbox.ok(&["tail", "-n", "1", "--format", "jsonl"]);
    let trial: serde_json::Value = serde_json::from_str(&json).expect("a trial");
    let column = if column == "metric" {
        "core_metric"
    } else {
        column
    };
    match &trial[column] {
        serde_json::Value::Null => String::new(),
        serde_json::Value::String(text) => text.clone(),
        value => value.to_string(),
    }
}

fn expect_last(sandbox: &Sandbox, cells: &[(&str, &str)]) {
    for (column, text) in cells {
        assert_eq!(last(sandbox, column), *text, "{column}");
    }
}

#[test]
fn a_score_in_the_output_becomes_a_baseline_a_keep_or_a_discard() {
    let sandbox = store();
    let (code, stdout, stderr) = run(&sandbox, &[], "echo val_loss: 1.0750; echo to stderr >&2");
    assert_eq!((code, &*stdout), (Some(0), &b"val_loss: 1.0750\n"[..]));
    assert_eq!(stderr, "to stderr\nlineage: 000 baseline 1.0750\n");
    let (_, _, stderr) = run(&sandbox, &[], "echo METRIC Val_Loss=1.0738");
    assert_eq!(stderr, "lineage: 001 keep 1.0738 (Δ −0.0012; was 000)\n");
    let (code, _, stderr) = run(&sandbox, &[], "echo val_loss=1.08");
    assert_eq!(
        stderr,
        "lineage: 002 discard 1.08 (Δ +0.0062; the best is 001)\n"
    );
    assert_eq!(code, Some(0));
    expect_last(
        &sandbox,
        &[
            ("parent_exp", "001"),
            ("baseline_exp", "001"),
            ("notes", ""),
        ],
    );
}

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
fn the_exit_status_is_that_of_the_command() {
    let sandbox = store();
    sandbox.write("script", "echo no");
    for (command, code, notes) in [
        (&["sh", "-c", "echo boom >&2; exit 3"][..], 3, "boom"),
        (&["sh", "-c", "exit 4"], 4, "exit status 4"),
        (
            &["sh", "-c", "kill -9 $$"],
            137,
            "killed by SIGKILL, perhaps out of memory",
        ),
        (
            &["no-such-command"],
            127,
            "cannot run 'no-such-command': No such file or directory",
        ),
        (
            &["./script"],
            126,
            "cannot run './script': Permission denied",
        ),
        (&["/"], 126, "cannot run '/': Permission denied"),
    ] {
        let (found, _, _) = run_args(&sandbox, &[&["run", "--"], command].concat());
        assert_eq!(found, Some(code), "{command:?}");
        let logged = last(&sandbox, "notes");
        assert!(logged.starts_with(notes), "{logged}");
        expect_last(&sandbox, &[("status", "crash")]);
    }
}

#[test]
fn exit_codes_have_statuses_if_told() {
    let sandbox = store();
    let flags = [
        "--on-exit",
        "3=size-blocked,4=disqualified",
        "--on-exit",
        "5=auto",
    ];
    for (code, status) in [
        (3, "size_blocked"),
        (4, "disqualified"),
        (5, "baseline"),
        (6, "crash"),
    ] {
        let script = format!("echo val_loss=1.5; exit {code}");
        assert_eq!(run(&sandbox, &flags, &script).0, Some(code));
        expect_last(&sandbox, &[("status", status), ("metric", "1.5")]);
    }
}

#[test]
fn the_result_file_of_the_command_wins() {
    let sandbox = store();
    let json = r#"{"status":"size_blocked","artifact_bytes":16010234,"notes":"too large","val_loss":1.01}"#;
    let script =
        format!("echo val_loss=1.5; echo artifact_bytes=5; echo '{json}' > $LINEAGE_RESULT");
    let (code, _, stderr) = run(&sandbox, &["--notes", "mine"], &script);
    assert_eq!(code, Some(0));
    assert_eq!(stderr, "lineage: 000 size_blocked 1.01: too large\n");
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
fn the_notes_of_a_failure_start_with_the_innermost_error_and_its_place() {
    let sandbox = store();
    let traceback = "\
progress 10 %
Traceback (most recent call last):
  File \"data.py\", line 7, in load
    return cache[key]
KeyError: 'tokens'

During handling of the above exception, another exception occurred:

Traceback (most recent call last):
  File \"train.py\", line 90, in <module>
    main()
RuntimeError: no data
Traceback (most recent call last):
  File \"/usr/bin/torchrun\", line 8, in <module>
torch.distributed.elastic.multiprocessing.errors.ChildFailedError: train.py FAILED
";
    sandbox.write("stderr", traceback);
    run(&sandbox, &["--notes", "my plan"], "cat stderr >&2; exit 1");
    let notes = last(&sandbox, "notes");
    assert!(
        notes.starts_with("KeyError: 'tokens'\\ndata.py:7 in load\\nprogress 10 %"),
        "{notes}"
    );
    assert!(notes.ends_with("\\nmy plan"), "{notes}");
    run(
        &sandbox,
        &[],
        "seq -f 'a line of the output, number %g' 9999 >&2; exit 1",
    );
    let length = last(&sandbox, "notes").len();
    assert!((1500..=2000).contains(&length), "{length}");
}

#[test]
fn a_log_file_gets_both_streams_as_they_are() {
    let sandbox = store();
    sandbox.write("out.log", "an older and longer text than the new one");
    let script = "printf 'a\\000\\r\\nb'; sleep 0.3; printf 'c\\n' >&2; sleep 0.3; echo val_loss=1";
    let (_, stdout, stderr) = run(&sandbox, &["--log", "out.log"], script);
    assert_eq!(stdout, b"a\0\r\nbval_loss=1\n");
    assert!(stderr.starts_with("c\n"), "{stderr}");
    assert_eq!(sandbox.read("out.log"), "a\0\r\nbc\nval_loss=1\n");
}

#[test]
fn parent_and_baseline_are_the_best_at_the_start() {
    let sandbox = store();
    run(&sandbox, &[], "echo val_loss=3");
    let program = assert_cmd::cargo::cargo_bin!("lineage").display();
    let append = format!("{program} append --status keep --metric 2 >&2; echo val_loss=2.5");
    run(&sandbox, &[], &append);
    let cells = [
        ("exp_id", "002"),
        ("parent_exp", "000"),
        ("baseline_exp", "000"),
        ("status", "discard"),
    ];
    expect_last(&sandbox, &cells);
    let sandbox = store();
    run(&sandbox, &[], &append);
    expect_last(
        &sandbox,
        &[
            ("parent_exp", ""),
            ("baseline_exp", ""),
            ("status", "discard"),
        ],
    );
}

#[test]
fn the_snapshot_holds_what_ran_and_only_keeps_have_one() {
    let sandbox = store();
    sandbox.write("work/train.py", "print(1)");
    run(
        &sandbox,
        &["--snapshot", "work"],
        "echo changed > work/train.py; echo val_loss=3",
    );
    assert_eq!(
        sandbox.ok(&["show", "000", "--file", "train.py"]),
        "print(1)"
    );
    run(&sandbox, &["--snapshot", "work"], "echo val_loss=4");
    expect_last(&sandbox, &[("status", "discard"), ("snapshot_path", "")]);
    let (_, _, stderr) = run(&sandbox, &["--snapshot", "missing"], "echo val_loss=2");
    assert!(
        stderr.starts_with("warning: the trial will have no snapshot"),
        "{stderr}"
    );
    expect_last(&sandbox, &[("status", "keep"), ("snapshot_path", "")]);
    sandbox.ok(&["check"]);
}

#[test]
fn a_job_that_is_logged_is_not_run_again_with_once() {
    let sandbox = store();
    let flags = ["--once", "--job-name", "job-1"];
    run(&sandbox, &flags, "echo val_loss=3; exit 1");
    let (code, stdout, stderr) = run(&sandbox, &flags, "echo val_loss=2");
    assert_eq!((code, stdout.len()), (Some(0), 0));
    assert_eq!(
        stderr,
        "note: job job-1 is already logged as trial 000; the command is not run\n"
    );
    assert_eq!(sandbox.rows().len(), 1);
    run(
        &sandbox,
        &[&flags[..], &["--attempt", "2"]].concat(),
        "echo val_loss=2",
    );
    expect_last(&sandbox, &[("job_name", "job-1#2"), ("status", "baseline")]);
    assert_eq!(run(&sandbox, &["--once"], "true").0, Some(2));
}

#[test]
fn mistakes_are_found_before_the_command_runs() {
    let sandbox = store();
    for flags in [
        &["--parent", "77"][..],
        &["--set", "colour=red"],
        &["--expected-delta", "0.1", "--set", "expected_delta=0.2"],
        &["--status", "kep"],
        &["--on-exit", "3"],
        &["--on-exit", "300=crash"],
        &["--timeout", "soon"],
        &["--timeout", "0"],
        &["--timeout-status", "keep"],
        &["--min-delta", "-1"],
        &["--repeat", "0"],
        &["--log", "no/such/directory/x.log"],
    ] {
        let (code, _, stderr) = run(&sandbox, flags, "touch ran; echo val_loss=1");
        assert!(matches!(code, Some(1 | 2)), "{flags:?}");
        assert!(stderr.starts_with("error: "), "{flags:?}: {stderr}");
        assert!(!sandbox.path("ran").exists(), "{flags:?}");
    }
    assert_eq!(sandbox.rows().len(), 0);
}

#[test]
fn a_trial_that_cannot_be_logged_is_printed_as_json() {
    let sandbox = store();
    let script =
        "echo val_loss=1.5; rm -r .lineage/results.tsv; mkdir .lineage/results.tsv; exit 0";
    let (code, _, stderr) = run(&sandbox, &["--hypothesis", "x"], script);
    assert_eq!(code, Some(1));
    let json = stderr
        .lines()
        .find(|line| line.starts_with('{'))
        .expect("a line of JSON");
    let row: serde_json::Value = serde_json::from_str(json).expect("JSON");
    assert_eq!(
        (&row["hypothesis"], &row["status"]),
        (&"x".into(), &"auto".into())
    );
    assert_eq!(row["metric"].to_string(), "1.5");
    assert!(
        stderr.lines().any(|line| line.starts_with("error: ")),
        "{stderr}"
    );
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
fn similar_trials_are_shown_before_the_command_starts() {
    let sandbox = store();
    run(
        &sandbox,
        &["--hypothesis", "raise beta2 to 0.98"],
        "echo boom >&2; exit 1",
    );
    let flags = ["--hypothesis", "raise beta2 to 0.98"];
    let (_, _, stderr) = run(&sandbox, &flags, "echo the command >&2; echo val_loss=1");
    let (before, _) = stderr.split_once("the command").expect("its output");
    assert!(
        before.contains("identical") && before.contains("000"),
        "{stderr}"
    );
    let quiet = [&flags[..], &["--no-similar"]].concat();
    assert_eq!(
        run(&sandbox, &quiet, "echo val_loss=2").2.lines().count(),
        1
    );
    let settings = sandbox.read(".lineage/lineage.toml");
    sandbox.write(
        ".lineage/lineage.toml",
        settings.replace("# warn = false", "warn = false"),
    );
    assert_eq!(
        run(&sandbox, &flags, "echo val_loss=2").2.lines().count(),
        1
    );
}

#[test]
fn a_log_without_a_store_can_be_written_too() {
    let sandbox = store();
    std::fs::rename(sandbox.log(), sandbox.path("log.tsv")).unwrap();
    let args = [
        "--store",
        "log.tsv",
        "run",
        "--",
        "sh",
        "-c",
        "echo core_metric=3",
    ];
    let (code, _, stderr) = run_args(&sandbox, &args);
    assert_eq!(code, Some(0), "{stderr}");
    assert!(sandbox.read("log.tsv").contains("\tbaseline\t3\t"));
}
