//! `lineage similar`: what was tried before, on what base, and how it ended.

use serde_json::Value;

use crate::run_sandbox::run_args;
use crate::sandbox::Sandbox;

fn append(sandbox: &Sandbox, hypothesis: &str, flags: &[&str]) {
    let args = ["append", "--hypothesis", hypothesis, "--specialist", "opt"];
    sandbox.ok(&[&args, flags].concat());
}

/// A store with a baseline, a keep on it, and edits of several knobs that ended in several ways.
fn store() -> Sandbox {
    let sandbox = Sandbox::with_store();
    append(
        &sandbox,
        "the plain model",
        &["--status", "auto", "--metric", "1.5"],
    );
    append(
        &sandbox,
        "Raise muon_wd 0.095→0.115 in attention",
        &["--status", "auto", "--metric", "1.4"],
    );
    let notes = "The cache was cold. RuntimeError: shape mismatch (train.py:17)";
    append(
        &sandbox,
        "Cache the rotary tables across layers",
        &["--status", "crash", "--notes", notes],
    );
    append(
        &sandbox,
        "Share rotary tables across all layers through a cache",
        &[
            "--status",
            "crash",
            "--parent",
            "0",
            "--notes",
            "RuntimeError: shape mismatch (train.py:99)",
        ],
    );
    append(
        &sandbox,
        "Flat learning rate in the last chunk",
        &["--status", "harness_abort"],
    );
    sandbox
}

#[test]
fn the_closest_trials_are_shown_with_how_they_ended() {
    let sandbox = store();
    insta::assert_snapshot!(
        [
            sandbox.transcript(&["similar", "raise MUON_WD 0.0950 -> 0.115 in attention."]),
            sandbox.transcript(&["similar", "raise muon_wd from 0.095 to 0.13", "--top", "1"]),
            sandbox.transcript(&["similar", "cache rotary tables", "--top", "2"]),
            sandbox.transcript(&[
                "similar",
                "cache rotary tables",
                "--as-of",
                "2",
                "--top",
                "1"
            ]),
            sandbox.transcript(&["similar", "a new tokenizer", "--top", "1"]),
        ]
        .concat()
    );
}

#[test]
fn filters_choose_the_trials_and_not_their_scores() {
    let sandbox = store();
    let find = |flags: &[&str]| -> Vec<(String, String)> {
        let args = ["similar", "cache rotary tables", "--format", "json"];
        let found: Value = serde_json::from_str(&sandbox.ok(&[&args, flags].concat())).unwrap();
        let pair = |row: &Value| {
            (
                row["exp_id"].as_str().unwrap().into(),
                row["score"].to_string(),
            )
        };
        found.as_array().unwrap().iter().map(pair).collect()
    };
    let all = find(&[]);
    let from_root = find(&["--parent", "000"]);
    assert_eq!(all.len(), 3);
    let scores: Vec<_> = from_root.iter().map(|(id, _)| &**id).collect();
    assert_eq!(scores, ["003", "001"]);
    assert!(all.contains(&from_root[0]), "{all:?} {from_root:?}");
    assert_eq!(
        find(&["--specialist", "opt", "--top", "9"]).len(),
        4,
        "without the ignored one"
    );
    for flags in [
        ["--specialist", "nobody"],
        ["--parent", "77"],
        ["--as-of", "77"],
        ["--top", "0"],
    ] {
        let args = [&["similar", "x"], &flags[..]].concat();
        assert_ne!(
            sandbox.lineage(&args).output().unwrap().status.code(),
            Some(0),
            "{flags:?}"
        );
    }
}

#[test]
fn records_have_the_score_the_label_and_every_column() {
    let sandbox = store();
    let line = sandbox.ok(&[
        "similar",
        "raise muon_wd 0.095→0.115 in attention",
        "--format",
        "jsonl",
    ]);
    let first: Value = serde_json::from_str(line.lines().next().unwrap()).unwrap();
    assert_eq!(
        (&first["exp_id"], &first["label"]),
        (&"001".into(), &"identical".into())
    );
    assert_eq!(
        (first["score"].as_f64(), &first["status"]),
        (Some(1.0), &"keep".into())
    );
    let tsv = sandbox.ok(&["similar", "rotary", "--format", "tsv"]);
    assert!(
        tsv.starts_with("score\tlabel\texp_id\ttimestamp\t"),
        "{tsv}"
    );
    assert_eq!(tsv.lines().count(), 4);
}

#[test]
fn identical_texts_may_differ_in_separators() {
    let sandbox = Sandbox::with_store();
    append(
        &sandbox,
        "lower weight-decay 1e-4, lr 0.1→0.2",
        &["--status", "crash"],
    );
    for text in [
        "Lower weight decay 0.0001 lr 0.1 to 0.2",
        "lower weight-decay 1e-4\nlr 0.10 -> 0.2",
    ] {
        let found = sandbox.ok(&["similar", text]);
        assert!(found.contains("\n1.00 identical: 000 crash\n"), "{found}");
    }
    let found = sandbox.ok(&["similar", "lower weight-decay 1e-4, lr 0.2→0.1"]);
    assert!(!found.contains("identical"), "{found}");
}

#[test]
fn another_value_is_another_edit() {
    let sandbox = Sandbox::with_store();
    let text = |value: &str| format!("raise the muon weight decay in attention 0.1→{value}");
    append(&sandbox, &text("0.2"), &["--status", "crash"]);
    let found = sandbox.ok(&["similar", &text("0.3")]);
    assert!(found.contains(" other value: 000 crash\n"), "{found}");
    assert!(found.ends_with("\nclose earlier trials: none\n"), "{found}");
    let text = text("0.3");
    let run = ["run", "--hypothesis", &text, "--", "sh", "-c", "exit 1"];
    let (_, _, stderr) = run_args(&sandbox, &run);
    assert_eq!(stderr, "lineage: 001 crash: exit status 1\n");
}

#[test]
fn a_change_between_plain_words_is_no_value() {
    let sandbox = Sandbox::with_store();
    append(
        &sandbox,
        "Move dropout from attention to embeddings",
        &["--status", "crash"],
    );
    let found = sandbox.ok(&["similar", "move dropout from attention to mlp"]);
    assert!(!found.contains("other value"), "{found}");
}

#[test]
fn the_text_comes_from_stdin_or_a_file_too() {
    let sandbox = store();
    let direct = sandbox.ok(&["similar", "cache rotary tables", "-q"]);
    sandbox.write("text", "cache rotary tables\n");
    assert_eq!(sandbox.ok(&["similar", "@text", "-q"]), direct);
    let piped = sandbox.transcript_with_stdin(&["similar", "-", "-q"], "cache rotary tables\n");
    assert_eq!(piped, format!("$ lineage similar - -q\n{direct}= 0\n"));
    insta::assert_snapshot!(sandbox.transcript(&["similar", " "]));
}

#[test]
fn a_text_of_several_lines_is_found_again() {
    let sandbox = Sandbox::with_store();
    append(
        &sandbox,
        "raise beta2\n\nand lower lr\t0.1",
        &["--status", "crash"],
    );
    let text = "Raise beta2\n\nand lower LR\t0.10\n";
    let found = sandbox.transcript_with_stdin(&["similar", "-"], text);
    assert!(found.contains("1.00 identical: 000 crash\n"), "{found}");
}

#[test]
fn a_gate_fails_above_its_limit_and_only_then() {
    let sandbox = store();
    let code = |text: &str, limit: &str| {
        let args = ["similar", text, "--fail-above", limit];
        sandbox.lineage(&args).output().unwrap().status.code()
    };
    let text = "raise muon_wd 0.095→0.115 in attention";
    assert_eq!(code(text, "0.8"), Some(1));
    assert_eq!(code(text, "1"), Some(0));
    assert_eq!(code("a new tokenizer", "0.8"), Some(0));
    assert_eq!(code(text, "1.5"), Some(2));
}

#[test]
fn an_empty_log_has_nothing_similar() {
    let sandbox = Sandbox::with_store();
    assert_eq!(
        sandbox.ok(&["similar", "x"]),
        "close earlier trials: none\n"
    );
    assert_eq!(sandbox.ok(&["similar", "x", "--format", "json"]), "[]\n");
}

#[test]
fn the_log_of_another_tool_is_searched_in_place() {
    let sandbox = Sandbox::new();
    let rows = "commit\tval_bpb\tmemory_gb\tstatus\tdescription\n\
                a1b2c3d\t0.99\t40\tkeep\tbaseline\n\
                b2c3d4e\t0.98\t41\tdiscard\tswitch GELU to SwiGLU\n";
    sandbox.write("results.tsv", rows);
    let found = sandbox.ok(&[
        "--store",
        "results.tsv",
        "similar",
        "switch gelu to ReLU",
        "--top",
        "1",
        "-q",
    ]);
    assert!(found.contains("other value: "), "{found}");
    assert!(found.contains("gelu→swiglu; yours: gelu→relu\n"), "{found}");
}

/// Lists a trial of another host as in progress.
fn start_elsewhere(sandbox: &Sandbox, hypothesis: &str, parent: &str) {
    let now = jiff::Timestamp::now().to_string();
    let entry = serde_json::json!({
        "hypothesis": hypothesis, "parent_exp": parent, "specialist": "data", "job_name": "job-9",
        "started": now, "heartbeat": now, "host": "elsewhere", "pid": 7, "pid_start": 1,
    });
    sandbox.write(".lineage/running/elsewhere-7-1.json", entry.to_string());
}

#[test]
fn trials_in_progress_count_and_are_marked() {
    let sandbox = store();
    start_elsewhere(&sandbox, "Cache all rotary tables", "001");
    let shown = sandbox.ok(&["similar", "cache all rotary tables", "--top", "1"]);
    assert!(
        shown.contains("1.00 identical: in progress, from 001, which is the best\n"),
        "{shown}"
    );
    assert!(
        shown.ends_with("close earlier trials: 3 (2 crash, 1 in progress)\n"),
        "{shown}"
    );
    let first = |flags: &[&str]| -> Value {
        let args = ["similar", "cache all rotary tables", "--format", "json"];
        let found: Value = serde_json::from_str(&sandbox.ok(&[&args, flags].concat())).unwrap();
        found[0].clone()
    };
    assert_eq!(first(&[])["status"], "in_progress");
    assert_eq!(first(&[])["job_name"], "job-9");
    assert_ne!(first(&["--as-of", "3"])["status"], "in_progress");
    assert_ne!(first(&["--parent", "000"])["status"], "in_progress");
    assert_eq!(first(&["--since", "1h"])["status"], "in_progress");
    assert_eq!(first(&["--since", "2099-01-01"]), Value::Null);
}
