//! The filters, columns and orders of every command that lists trials.

use crate::sandbox::Sandbox;

fn store() -> Sandbox {
    let sandbox = Sandbox::with_store();
    for (status, score, specialist, time, hypothesis) in [
        (
            "baseline",
            "3.0",
            "seed",
            "2026-01-01T00:00:00Z",
            "the recipe",
        ),
        (
            "keep",
            "2.9",
            "opt",
            "2026-01-02T00:00:00Z",
            "Raise the learning rate",
        ),
        (
            "keep",
            "2.7",
            "tok",
            "2026-01-03T00:00:00Z",
            "a larger vocabulary",
        ),
        (
            "discard",
            "2.8",
            "opt",
            "2026-01-04T00:00:00Z",
            "lower the rate",
        ),
    ] {
        sandbox.ok(&[
            "append",
            "-q",
            "--status",
            status,
            "--metric",
            score,
            "--specialist",
            specialist,
            "--timestamp",
            time,
            "--hypothesis",
            hypothesis,
        ]);
    }
    sandbox.ok(&[
        "append",
        "-q",
        "--status",
        "crash",
        "--notes",
        "just now: no RATE",
    ]);
    sandbox
}

fn ids(sandbox: &Sandbox, args: &str) -> String {
    let args: Vec<&str> = args.split(' ').collect();
    let records = sandbox.ok(&[&args[..], &["--format", "jsonl"]].concat());
    let ids = records.lines().map(|line| &line[11..14]);
    ids.collect::<Vec<_>>().join(" ")
}

#[test]
fn every_command_that_lists_trials_has_the_same_filters() {
    let sandbox = store();
    for (args, expected) in [
        ("tail --grep rate", "001 003 004"),
        ("tail --since 2026-01-03", "002 003 004"),
        ("tail --since 2026-01-03T00:00:01", "003 004"),
        ("tail --since 2026-01-03T01:00:00+01:00", "002 003 004"),
        ("tail --since 2026-01-03T00:00:01Z", "003 004"),
        ("tail --since 1h", "004"),
        ("tail --since 2d --status keep", ""),
        ("tail --since 1h30m", "004"),
        ("tail --since 003", "003 004"),
        ("tail --since exp_3 --status discard", "003"),
        ("best --top 9 --since 2", "002"),
        ("best --specialist opt", "001"),
        ("best --top 9 --since 2026-01-03", "002"),
        ("best --top 9 --grep RATE", "001"),
        ("best --top 9 --status discard", "003"),
        ("best --status discard", "003"),
        ("chain --specialist opt", "001"),
        ("chain 003 --grep rate", "001 003"),
        ("tree --grep vocab", "002"),
        ("tree --domain tok", "002"),
        ("export --since 2026-01-02 --status keep", "001 002"),
    ] {
        assert_eq!(ids(&sandbox, args), expected, "{args}");
    }
}

#[test]
fn the_form_of_since_tells_trials_from_ages_and_times() {
    let sandbox = Sandbox::new();
    let rows = "exp_id\tstatus\tval_loss\ttimestamp\n20260501\tkeep\t3\t2026-05-01T00:00:00Z\n\
                2026\tkeep\t2\t2026-05-02T00:00:00Z\n5381e18\tkeep\t1\t2026-05-03T00:00:00Z\n";
    sandbox.write("results.tsv", rows);
    for (since, count) in [
        ("20260501", 3),
        ("2026", 2),
        ("5381e18", 1),
        ("2026-05-02", 2),
        ("2026-05-02T01:00", 1),
        ("1w", 0),
    ] {
        let records = sandbox.ok(&[
            "--store",
            "results.tsv",
            "tail",
            "--since",
            since,
            "--format",
            "jsonl",
        ]);
        assert_eq!(records.lines().count(), count, "{since}");
    }
}

#[test]
fn commands_without_filters_start_at_a_trial_or_a_time() {
    let sandbox = store();
    let stats = |since| {
        let text = sandbox.ok(&["stats", "--format", "json", "--since", since]);
        let stats: serde_json::Value = serde_json::from_str(&text).unwrap();
        (stats["trials"].clone(), stats["new_keeps"].clone())
    };
    assert_eq!(stats("002"), (3.into(), serde_json::Value::Null));
    assert_eq!(stats("2026-01-03"), (5.into(), serde_json::json!(["002"])));
    for since in ["002", "2026-01-03"] {
        sandbox.ok(&["show", "002", "--since", since]);
        let shown = sandbox.transcript(&["show", "001", "--since", since]);
        let message = format!(
            "! error: no trial '001' in [DIR]/.lineage/results.tsv with --since {since}; `lineage tail` lists the most recent ones\n= 1\n"
        );
        assert!(shown.ends_with(&message), "{shown}");
    }
    let shown = sandbox.transcript(&["chain", "003", "--since", "002"]);
    let message = "! warning: the parent of the oldest trial of this chain is not in the log with --since 002\n= 0\n";
    assert!(shown.ends_with(message), "{shown}");
    let tree = sandbox.ok(&["tree", "--since", "002"]);
    assert!(
        tree.contains(" (parent 001 is missing or left out)"),
        "{tree}"
    );
    let shown = sandbox.transcript(&["best", "--since", "004"]);
    assert!(
        shown.ends_with("! note: no best trial with --since 004\n= 0\n"),
        "{shown}"
    );
    let shown = sandbox.transcript(&["render", "--for", "opt", "--as-of", "2", "--since", "3"]);
    let message = "! error: no trial '003' in [DIR]/.lineage/results.tsv with --as-of 002; --since";
    assert!(shown.contains(message), "{shown}");
}

#[test]
fn an_order_is_chosen_with_sort() {
    let sandbox = store();
    for (args, expected) in [
        ("tail --sort score", "002 003 001 000 004"),
        ("tail --sort delta", "002 001 003 000 004"),
        ("tail -3 --sort time", "002 003 004"),
        ("best --top 9 --sort time", "001 002"),
        ("best --top 9", "002 001"),
        (
            "tail --sort score --direction maximize",
            "000 001 003 002 004",
        ),
    ] {
        assert_eq!(ids(&sandbox, args), expected, "{args}");
    }
}

#[test]
fn columns_are_chosen_by_their_name_or_title() {
    let sandbox = store();
    for args in [
        &["tail", "-2", "--columns", "exp,score,delta,notes"][..],
        &[
            "best",
            "--top",
            "2",
            "--columns",
            "exp_id,val_loss,time",
            "--format",
            "csv",
        ],
        &["best", "--columns", "exp,score", "--format", "json"],
        &["chain", "--columns", "exp,step"],
        &["chain", "--columns", "step,exp", "--format", "tsv"],
        &["show", "1", "--columns", "hypothesis,score"],
        &["export", "--columns", "status,exp_id", "--grep", "vocab"],
        &["tail", "--columns", "exp,scor"],
        &["tail", "--columns", "step"],
        &["export", "--columns", "exp", "--format", "tree"],
    ] {
        insta::assert_snapshot!(sandbox.transcript(args));
    }
}

#[test]
fn the_steps_of_a_chain_are_a_field() {
    let steps = store().ok(&["chain", "--field", "step"]);
    assert_eq!(steps, "\n-0.100000\n-0.200000\n");
}

#[test]
fn what_cannot_be_a_filter_is_explained() {
    let sandbox = store();
    for args in [
        &["tail", "--since", "soon"][..],
        &["tail", "--since", "1mo"],
        &["tail", "--since", "2h", "--grep", "it's"],
        &["best", "--specialist", "otp"],
        &["chain", "--status", "crash"],
        &["tree", "--since", "1h", "--status", "keep"],
    ] {
        insta::assert_snapshot!(sandbox.transcript(args));
    }
}

#[test]
fn best_says_why_no_trial_that_matches_is_ranked() {
    let sandbox = store();
    for (args, reason) in [
        (
            &["--status", "crash"][..],
            "1 trial matches --status crash, but none has a score",
        ),
        (
            &["--since", "2026-01-04"],
            "2 trials match --since 2026-01-04, but none is a keep or baseline with a score",
        ),
        (
            &["--top", "3", "--specialist", "seed"],
            "1 trial matches --specialist seed, but none is a keep with a score",
        ),
        (&["--grep", "zzz"], "no trials match --grep zzz"),
    ] {
        let shown = sandbox.transcript(&[&["best"], args].concat());
        assert!(
            shown.ends_with(&format!("\n! note: {reason}\n= 0\n")),
            "{shown}"
        );
    }
}

#[test]
fn a_word_that_no_trial_has_is_a_usage_error_also_beside_one_that_some_have() {
    let sandbox = store();
    for (args, message) in [
        (
            "tail --specialist opt --specialist otp",
            "unknown specialist 'otp'; did you mean 'opt'?",
        ),
        (
            "tree --domain otp",
            "unknown domain 'otp'; did you mean 'opt'?",
        ),
        (
            "export --specialist otp",
            "unknown specialist 'otp'; did you mean 'opt'?",
        ),
        (
            "search rate --specialist otp",
            "unknown specialist 'otp'; did you mean 'opt'?",
        ),
        (
            "similar rate --domain otp",
            "unknown domain 'otp'; did you mean 'opt'?",
        ),
        (
            "best --top 3 --status kep",
            "unknown status 'kep'; did you mean 'keep'?",
        ),
        (
            "chain --specialist otp",
            "unknown specialist 'otp'; did you mean 'opt'?",
        ),
    ] {
        let shown = sandbox.transcript(&args.split(' ').collect::<Vec<_>>());
        let expected = format!("$ lineage {args}\n! error: {message}\n= 2\n");
        assert_eq!(shown, expected);
    }
    let sandbox = Sandbox::with_store();
    let empty = sandbox.transcript(&["tree", "--specialist", "opt"]);
    assert!(
        empty.ends_with("! note: no trials match --specialist opt\n= 0\n"),
        "{empty}"
    );
    sandbox.ok(&["append", "-q", "--status", "crash"]);
    let shown = sandbox.transcript(&["tree", "--specialist", "opt"]);
    assert!(
        shown.ends_with("! error: unknown specialist 'opt'; no trial has one\n= 2\n"),
        "{shown}"
    );
}

#[test]
fn show_keeps_the_line_breaks_of_a_text_on_a_terminal() {
    let sandbox = Sandbox::with_store();
    let notes = "Traceback:\n  File \"a.py\"\n\nError: x\x1b[2J";
    sandbox.ok(&["append", "-q", "--status", "crash", "--notes", notes]);
    assert!(
        sandbox.ok(&["show", "0"]).contains("Traceback:\\n File"),
        "{}",
        sandbox.ok(&["show", "0"])
    );
    let binary = assert_cmd::cargo::cargo_bin!("lineage");
    let mut script = sandbox.command("script");
    script.args([
        "-qec",
        &format!("{} show 0 --color never", binary.display()),
        "/dev/null",
    ]);
    let Ok(output) = script.output() else {
        return crate::sandbox::skipped("this system has no `script`");
    };
    let shown = String::from_utf8(output.stdout).unwrap().replace('\r', "");
    let indent = " ".repeat(16);
    let expected = format!(
        "notes           Traceback:\n{indent}  File \"a.py\"\n\n{indent}Error: x\\x1b[2J\n"
    );
    assert!(shown.ends_with(&expected), "{shown}");
}

#[test]
fn a_column_or_a_metric_that_does_not_exist_is_a_usage_error() {
    let sandbox = Sandbox::new();
    let own = "exp_id,core_metric,status,parent_exp,delta_vs_best,notes\n0,3,baseline,,,\n1,2,keep,0\n2,1,keep,1,-1,a,b\n";
    sandbox.write("own.csv", own);
    sandbox.write("other.csv", "run,val_loss,status\n0,3,keep\n1,2,keep\n");
    for log in ["own.csv", "other.csv"] {
        for args in [
            &["best", "--metric", "nosuch"][..],
            &["best", "--map", "score=nosuch"],
            &["best", "--field", "nosuch"],
            &["tail", "--columns", "nosuch"],
            &["tail", "--status", "nosuch"],
            &["check", "--metric", "nosuch"],
        ] {
            let transcript = sandbox.transcript(&[&["--store", log], args].concat());
            assert!(transcript.ends_with("= 2\n"), "{log}: {transcript}");
        }
    }
    let check = sandbox.transcript(&["--store", "own.csv", "check"]);
    assert!(
        check.contains("own.csv:3: trial 001: 4 cells, expected 6"),
        "{check}"
    );
    assert!(
        check.contains("own.csv:4: trial 002: 7 cells, expected 6"),
        "{check}"
    );
}

#[test]
fn trials_in_progress_are_not_filtered() {
    let sandbox = Sandbox::with_store();
    for filter in [
        &["--status", "keep"][..],
        &["--specialist", "opt"],
        &["--domain", "optimizer"],
        &["--grep", "idea"],
        &["--since", "1h"],
        &["-n", "3"],
    ] {
        let transcript = sandbox.transcript(&[&["tail", "--running"], filter].concat());
        assert!(transcript.contains("cannot be used with"), "{transcript}");
        assert!(transcript.ends_with("= 2\n"), "{transcript}");
    }
}
