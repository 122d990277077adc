//! `lineage compare`: logs, states of a log, and specialists side by side.

use std::path::Path;

use serde_json::Value;

use crate::sandbox::{Sandbox, skipped};

const HEADER: &str = "exp_id\tspecialist\thypothesis\tstatus\tcore_metric\ttotal_s\tnotes\n";

/// Two logs: `a` has two keeps and one crash, `b` has only failures besides its baseline.
fn two_logs() -> Sandbox {
    let sandbox = Sandbox::new();
    let a = "000\t\tidea\tbaseline\t3.0\t\t\n\
             001\topt\tidea\tkeep\t2.9\t3600\t\n\
             002\ttok\tidea\tdiscard\t2.95\t3600\t\n\
             003\topt\tidea\tkeep\t2.7\t3600\t\n\
             004\ttok\tidea\tcrash\t\t1800\tKeyError: 'lr'\n\
             005\t\tidea\tharness_abort\t\t900\t\n";
    let b = "000\t\tidea\tbaseline\t3.0\t\t\n\
             001\topt\tidea\tcrash\t\t3600\tValueError: shape\n\
             002\topt\tidea\tcrash\t\t3600\tKeyError: 'lr'\n";
    sandbox.write("a/results.tsv", format!("{HEADER}{a}"));
    sandbox.write("b/results.tsv", format!("{HEADER}{b}"));
    sandbox.write("empty/results.tsv", HEADER);
    sandbox
}

/// The record of a measure.
fn measure(out: &str, name: &str) -> Value {
    let mut records = out.lines().map(|line| serde_json::from_str(line).unwrap());
    let found = records.find(|record: &Value| record["measure"] == name);
    found.unwrap_or_else(|| panic!("no {name} in {out}"))
}

#[test]
fn two_logs_are_compared_in_a_table() {
    let sandbox = two_logs();
    insta::assert_snapshot!(sandbox.transcript(&["compare", "a", "b/results.tsv"]));
}

#[test]
fn a_script_gets_every_figure() {
    let sandbox = two_logs();
    let out = sandbox.ok(&["compare", "a", "b", "--format", "jsonl", "--reach", "2.9"]);
    let keep = measure(&out, "keep");
    assert_eq!((&keep["a"], &keep["b"]), (&2.into(), &0.into()));
    let rate = measure(&out, "keep_rate");
    assert_eq!(rate["a"], serde_json::from_str::<Value>("0.4").unwrap());
    assert_eq!(rate["differs"], Value::Bool(false));
    assert_eq!(measure(&out, "best_exp")["a"], "003");
    assert_eq!(measure(&out, "trials_to_2.9")["a"], 2);
    assert_eq!(measure(&out, "hours_to_2.9")["b"], Value::Null);
    assert_eq!(measure(&out, "hours_without_score")["b"], 2);
    let tsv = sandbox.ok(&["compare", "a", "b", "--format", "tsv"]);
    assert!(tsv.contains("\ncrash\t1\t2\t2\t\n"), "{tsv}");
    let array: Value =
        serde_json::from_str(&sandbox.ok(&["compare", "a", "b", "--format", "json"])).unwrap();
    assert!(array.as_array().unwrap().len() > 20);
}

#[test]
fn two_states_of_a_log_and_its_specialists_are_compared() {
    let sandbox = two_logs();
    let states = ["compare", "a", "--as-of", "2", "--format", "jsonl"];
    let keep = measure(&sandbox.ok(&states), "keep");
    assert_eq!((&keep["as of 002"], &keep["now"]), (&1.into(), &2.into()));
    let parts = [
        "--store",
        "a",
        "compare",
        "--by",
        "specialist",
        "--format",
        "jsonl",
    ];
    let parts = sandbox.ok(&parts);
    let trials = measure(&parts, "trials");
    assert_eq!((&trials["opt"], &trials["tok"]), (&2.into(), &2.into()));
    assert_eq!(measure(&parts, "baseline_score")["tok"].to_string(), "3.0");
}

#[test]
fn a_comparison_needs_two_things() {
    let sandbox = two_logs();
    for (args, message) in [
        (&["compare", "a"][..], "nothing to compare with"),
        (&["compare", "a", "b", "--by", "domain"], "take one log"),
    ] {
        let transcript = sandbox.transcript(args);
        assert!(
            transcript.contains(message) && transcript.ends_with("= 2\n"),
            "{transcript}"
        );
    }
    let transcript = sandbox.transcript(&["compare", "a", "--as-of", "99"]);
    assert!(transcript.contains("no trial '099'"), "{transcript}");
}

#[test]
fn a_script_gets_the_failures_that_one_log_has_and_another_has_not() {
    let sandbox = two_logs();
    let out = sandbox.ok(&["compare", "a", "b", "--format", "jsonl"]);
    let shape = measure(&out, "crash: ValueError: shape");
    assert_eq!((&shape["a"], &shape["b"]), (&0.into(), &1.into()));
    assert!(!out.contains("KeyError"), "both have it: {out}");
}

#[test]
fn failures_with_one_reason_are_counted_by_status() {
    let sandbox = two_logs();
    let c = "001\topt\tidea\tcrash\t\t\tMemoryError: x\n\
             002\topt\tidea\tsize_blocked\t\t\tMemoryError: x\n\
             003\topt\tidea\tsize_blocked\t\t\tMemoryError: x\n";
    sandbox.write("c/results.tsv", format!("{HEADER}{c}"));
    let out = sandbox.ok(&["compare", "a", "c", "--format", "jsonl"]);
    for (name, trials) in [
        ("crash: MemoryError: x", 1),
        ("size_blocked: MemoryError: x", 2),
    ] {
        assert_eq!(measure(&out, name)["c"], trials, "{name}");
    }
    let table = sandbox.ok(&["compare", "a", "c"]);
    assert!(table.contains("2  size_blocked  MemoryError: x"), "{table}");
}

#[test]
fn a_log_of_baselines_has_trials() {
    let sandbox = Sandbox::with_store();
    let args = ["compare", "--by", "specialist"];
    let shown = sandbox.transcript(&args);
    assert!(
        shown.ends_with("! note: the log has no trials yet\n= 0\n"),
        "{shown}"
    );
    sandbox.ok(&["append", "-q", "--status", "baseline", "--metric", "3"]);
    let shown = sandbox.transcript(&[&args[..], &["--since", "2099-01-01"]].concat());
    let note = "! note: the log has no trials with --since 2099-01-01\n= 0\n";
    assert!(shown.ends_with(note), "{shown}");
    let shown = sandbox.transcript(&args);
    let note = "! note: the log has only baselines, which --by leaves out\n= 0\n";
    assert!(shown.ends_with(note), "{shown}");
}

#[test]
fn huge_and_tiny_figures_stay_short() {
    let sandbox = Sandbox::new();
    for (name, baseline, keep, seconds) in [
        ("ratio", "1e308", "-1e308", "1e300"),
        ("b", "3e-300", "1e-300", "0.001"),
    ] {
        let rows = format!(
            "000\t\tidea\tbaseline\t{baseline}\t{seconds}\t\n001\t\tidea\tkeep\t{keep}\t{seconds}\t\n"
        );
        sandbox.write(&format!("{name}/results.tsv"), format!("{HEADER}{rows}"));
    }
    let args = ["compare", "ratio", "b", "--direction", "minimize", "-q"];
    let table = sandbox.ok(&args);
    assert!(table.lines().all(|line| line.len() < 120), "{table}");
    assert!(!table.contains("inf"), "{table}");
    let out = sandbox.ok(&[&args[..], &["--format", "jsonl"]].concat());
    let best = measure(&out, "best");
    assert_eq!(best["ratio′"].as_f64(), Some(-1e308), "{out}");
    assert!(measure(&out, "hours")["b"].to_string().len() < 30, "{out}");
}

#[test]
fn an_empty_log_and_the_same_log_twice_can_be_compared() {
    let sandbox = two_logs();
    insta::assert_snapshot!(sandbox.transcript(&["compare", "empty", "a", "a", "-q"]));
}

#[test]
fn a_warning_says_that_metrics_differ() {
    let sandbox = two_logs();
    let c = "exp_id\tstatus\taccuracy\n1\tkeep\t0.9\n";
    sandbox.write("c/results.tsv", c);
    let args = ["compare", "a", "c", "--metric", "accuracy"];
    let transcript = sandbox.transcript(&args);
    assert!(transcript.contains("no column 'accuracy'"), "{transcript}");
    sandbox.write(
        "c/lineage.toml",
        "metric = \"accuracy\"\ndirection = \"maximize\"\n",
    );
    let transcript = sandbox.transcript(&["compare", "a", "c"]);
    assert!(transcript.contains("higher is better"), "{transcript}");
    assert!(!transcript.contains("to reach"), "{transcript}");
}

#[test]
fn the_ablation_gives_the_figures_of_its_study() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data/cxcscmu");
    let [on, off] = ["on", "off"].map(|name| root.join(format!("pg_ablation_lineage_{name}")));
    if !on.join("results.tsv").exists() {
        skipped("no ablation logs");
        return;
    }
    let args = ["compare", on.to_str().unwrap(), off.to_str().unwrap(), "-q"];
    let table = Sandbox::new().ok(&args);
    for line in [
        "keep                 16 (8.0 %), 6.5 h        3 (1.5 %), 1.2 h         5.3 ×",
        "eval_budget_overrun  38 (18.9 %), 16.0 h      123 (61.2 %), 51.8 h     3.2 ×",
        "completed            140 of 201               49 of 201                2.9 ×",
        "best                 1.073142 (176)           1.077413 (075)",
        "no usable score      21.9 of 79.3 h (27.6 %)  56.9 of 76.7 h (74.2 %)  2.6 ×",
        "differ",
    ] {
        assert!(table.contains(line), "{line} in\n{table}");
    }
}
