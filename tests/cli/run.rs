//! `lineage run`: the outcome of a command becomes one trial, whatever it is.

use crate::run_sandbox::{expect_last, last, run, run_args, store};
use crate::sandbox::Sandbox;

#[test]
fn a_score_in_the_output_becomes_a_baseline_a_keep_or_a_discard() {
    let sandbox = store();
    let (code, stdout, stderr) = run(&sandbox, &[], "echo val_loss: 1.0750; echo to stderr >&2");
    assert_eq!((code, &*stdout), (Some(0), &b"val_loss: 1.0750\n"[..]));
    assert_eq!(stderr, "to stderr\nlineage: 000 baseline 1.0750\n");
    let (_, _, stderr) = run(&sandbox, &[], "echo METRIC Val_Loss=1.0738");
    assert_eq!(
        stderr,
        "lineage: 001 keep 1.0738 (Δ -0.0012; the best was 000)\n"
    );
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
fn what_a_killed_run_has_frozen_is_removed_by_the_next_run_or_append() {
    let sandbox = store();
    sandbox.write("work/train.py", "print(1)");
    let frozen = ".lineage/snapshots/.freezing-killed";
    let append = [
        "append",
        "--status",
        "auto",
        "--metric",
        "9",
        "--snapshot",
        "work",
    ];
    for args in [&["run", "--", "sh", "-c", "echo val_loss=3"][..], &append] {
        sandbox.write(&format!("{frozen}/tree/train.py"), "print(1)");
        sandbox.ok(&["stats"]);
        assert!(sandbox.path(frozen).exists(), "readers write nothing");
        let (code, _, stderr) = run_args(&sandbox, args);
        assert_eq!(code, Some(0), "{stderr}");
        assert!(!sandbox.path(frozen).exists(), "{args:?}");
    }
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
        "warning: job job-1 is already logged as trial 000; the command is not run: --attempt 2 runs it again\n"
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
        &["--timeout", "9223372036854775807"],
        &["--kill-after", "9223372036854775807s"],
        &["--once"],
        &["--once", "--job-name", ""],
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
fn a_log_that_cannot_take_the_trial_is_refused_before_the_command_runs() {
    let sandbox = store();
    let external = "commit\tval_bpb\tstatus\tdescription\na1b2c3d\t0.99\tkeep\tbaseline\n";
    sandbox.write("external.tsv", external);
    sandbox.write("no-score.tsv", "exp_id\tstatus\tnotes\n");
    sandbox.write("broken/lineage.toml", "metric = 1");
    sandbox.write("directory/lineage.toml", "");
    sandbox.write("directory/results.tsv/x", "");
    let run = ["run", "--", "sh", "-c", "touch ran; echo val_bpb=1"];
    for store in [
        "external.tsv",
        "no-score.tsv",
        "broken",
        "directory",
        "nowhere",
    ] {
        let (code, _, stderr) = run_args(&sandbox, &[&["--store", store], &run[..]].concat());
        assert_eq!(code, Some(1), "{store}: {stderr}");
        assert!(stderr.starts_with("error: "), "{store}: {stderr}");
        assert!(!sandbox.path("ran").exists(), "{store}");
    }
    assert_eq!(sandbox.read("external.tsv"), external);
    let log = ["run", "--log", ".lineage/results.tsv", "--", "true"];
    let (code, _, stderr) = run_args(&sandbox, &log);
    assert!(stderr.contains("is the log of trials"), "{stderr}");
    assert_eq!((code, sandbox.read_log().lines().count()), (Some(2), 1));
    let settings = sandbox.read(".lineage/lineage.toml");
    let log = ["run", "--log", ".lineage/lineage.toml", "--", "true"];
    let (code, _, stderr) = run_args(&sandbox, &log);
    assert!(stderr.contains("is a file of the store"), "{stderr}");
    assert_eq!(code, Some(2));
    assert_eq!(sandbox.read(".lineage/lineage.toml"), settings);
}

#[test]
fn messages_start_on_a_line_of_their_own() {
    let sandbox = store();
    let (_, _, stderr) = run(&sandbox, &[], "printf boom >&2; exit 1");
    assert_eq!(stderr, "boom\nlineage: 000 crash: boom\n");
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

#[test]
fn a_log_needs_no_columns_for_what_nobody_gave() {
    let sandbox = Sandbox::new();
    sandbox.write("log.tsv", "exp_id\tstatus\tcore_metric\n");
    let run = |script| {
        run_args(
            &sandbox,
            &["--store", "log.tsv", "run", "--", "sh", "-c", script],
        )
    };
    assert_eq!(run("echo core_metric: 1").2, "lineage: 000 baseline 1\n");
    assert_eq!(run("echo core_metric: 0.5").0, Some(0));
    let (code, _, stderr) = run("echo boom >&2; exit 3");
    assert_eq!(code, Some(3));
    assert!(
        stderr.ends_with("boom\nlineage: 002 crash: boom\n"),
        "{stderr}"
    );
    let rows = "000\tbaseline\t1\n001\tkeep\t0.5\n002\tcrash\t\n";
    assert!(
        sandbox.read("log.tsv").ends_with(rows),
        "{}",
        sandbox.read("log.tsv")
    );
    let given = [
        "--store", "log.tsv", "run", "--notes", "x", "--", "touch", "ran",
    ];
    let (_, _, stderr) = run_args(&sandbox, &given);
    assert!(stderr.contains("the log has no column 'notes'"), "{stderr}");
    assert!(!sandbox.path("ran").exists());
}

#[test]
fn messages_start_on_a_line_of_their_own_also_after_stdout() {
    let sandbox = store();
    let program = assert_cmd::cargo::cargo_bin!("lineage").display();
    let script = format!("{program} run -- sh -c 'printf val_loss=1' 2>&1");
    let output = sandbox
        .command("sh")
        .args(["-c", &script])
        .output()
        .unwrap();
    let shown = String::from_utf8_lossy(&output.stdout);
    assert_eq!(shown, "val_loss=1\nlineage: 000 baseline 1\n");
}
