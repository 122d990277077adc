//! An export of a log is read back with the metric and the direction of that log.

use std::{fmt::Write, fs, path::Path};

use serde_json::Value;

use crate::sandbox::Sandbox;

const FORMATS: [&str; 3] = ["tsv", "csv", "jsonl"];
const SEVENTEEN: &str = "exp_id\ttimestamp\tspecialist\tparent_exp\tbaseline_exp\tdomain\thypothesis\texpected_delta\tstatus\t\
    core_metric\tval_bpb\tdelta_vs_best\ttrain_s\ttotal_s\tjob_name\tsnapshot_path\tnotes\n";

/// Id and score of the best trial, and whether lower is better.
fn find_best(sandbox: &Sandbox, flags: &[&str]) -> (Value, Value, bool) {
    let best = sandbox.ok(&[&["best", "--format", "json", "-q"], flags].concat());
    let best: Value = serde_json::from_str(&best).unwrap();
    let stats = sandbox.ok(&[&["stats", "--format", "json", "-q"], flags].concat());
    let stats: Value = serde_json::from_str(&stats).unwrap();
    let is_lower = stats.to_string().contains("minimize");
    (
        best["exp_id"].clone(),
        best["core_metric"].clone(),
        is_lower,
    )
}

fn assert_read_back(sandbox: &Sandbox, flags: &[&str], name: &str) {
    let own = find_best(sandbox, flags);
    for format in FORMATS {
        let args = [&["export", "--format", format, "-q"], flags].concat();
        sandbox.write("export", sandbox.ok(&args));
        let export = find_best(sandbox, &["--store", "export"]);
        assert_eq!(export, own, "{name} as {format}");
    }
}

/// A log of the 17 columns in which each of `scores` is a keep, whatever the best before it.
fn log_of_keeps(scores: &[f64]) -> String {
    let mut log = SEVENTEEN.to_owned();
    for (id, score) in scores.iter().enumerate() {
        let status = if id == 0 { "baseline" } else { "keep" };
        let delta = if id == 0 { 0.0 } else { score - scores[0] };
        writeln!(
            log,
            "{id:03}\t2026-01-01T00:00:00Z\ta\t000\t000\td\th\t\t{status}\t{score}\t\t{delta:+}\t1\t2\t\t\t"
        )
        .unwrap();
    }
    log
}

#[test]
fn every_format_is_read_back_in_the_direction_of_the_store() {
    let rises = [1.0, 2.0, 3.0, 4.0, 5.0];
    let falls = [5.0, 4.0, 3.0, 2.0, 1.0];
    let turns = [3.0, 1.0, 5.0, 2.0, 4.0];
    for scores in [rises, falls, turns] {
        for direction in ["minimize", "maximize"] {
            let sandbox = Sandbox::new();
            sandbox.ok(&["init", "--metric", "val_loss", "--direction", direction]);
            fs::write(sandbox.log(), log_of_keeps(&scores)).unwrap();
            assert_read_back(&sandbox, &[], &format!("{scores:?}, {direction}"));
        }
    }
}

#[test]
fn the_fixtures_are_read_back_from_their_exports() {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    let mut count = 0;
    for entry in fs::read_dir(fixtures).unwrap() {
        let log = entry.unwrap().path().join("results.tsv");
        let text = fs::read(&log).unwrap_or_default();
        let sandbox = Sandbox::new();
        sandbox.write("log.tsv", &text);
        let header = text.split(|&byte| byte == b'\n').next().unwrap_or_default();
        let is_own = header.starts_with(b"exp_id\t")
            && header.windows(13).any(|part| part == b"delta_vs_best");
        if is_own {
            count += 1;
            assert_read_back(
                &sandbox,
                &["--store", "log.tsv"],
                &log.display().to_string(),
            );
        }
    }
    assert!(count > 5, "only {count} fixtures");
}

#[test]
fn rows_that_show_the_direction_need_no_column_for_it() {
    let sandbox = Sandbox::new();
    sandbox.ok(&["init"]);
    fs::write(sandbox.log(), log_of_keeps(&[3.0, 2.0, 1.0])).unwrap();
    assert_eq!(sandbox.ok(&["export"]), sandbox.read_log());
}

#[test]
fn every_format_states_the_metric_of_the_store() {
    let sandbox = Sandbox::new();
    sandbox.ok(&["init", "--metric", "val_loss", "--direction", "minimize"]);
    fs::write(sandbox.log(), log_of_keeps(&[3.0, 2.0, 1.0])).unwrap();
    for format in FORMATS {
        sandbox.write("export", sandbox.ok(&["export", "--format", format]));
        let copy = format!("copy-{format}");
        let said = sandbox.ok(&["import", "export", "--into", &copy]);
        assert!(
            said.contains("score      val_loss, lower"),
            "{format}: {said}"
        );
    }
    let jsonl = sandbox.ok(&["export", "--format", "jsonl"]);
    let config =
        "{\"type\":\"config\",\"metricName\":\"val_loss\",\"bestDirection\":\"minimize\"}\n";
    assert!(jsonl.starts_with(config), "{jsonl}");
}

#[test]
fn a_flag_overrides_what_an_export_states() {
    let sandbox = Sandbox::new();
    sandbox.ok(&["init", "--metric", "val_loss", "--direction", "maximize"]);
    fs::write(sandbox.log(), log_of_keeps(&[3.0, 2.0, 1.0])).unwrap();
    for format in FORMATS {
        sandbox.write("export", sandbox.ok(&["export", "--format", format]));
        let best = |flags: &[&str]| {
            let args = ["best", "--store", "export", "--field", "core_metric", "-q"];
            sandbox.ok(&[&args[..], flags].concat())
        };
        assert_eq!(best(&[]), "3\n", "{format}");
        assert_eq!(best(&["--direction", "minimize"]), "1\n", "{format}");
    }
}

#[test]
fn an_export_is_imported_into_a_store_of_the_same_metric() {
    let sandbox = Sandbox::new();
    sandbox.ok(&["init", "--metric", "val_loss", "--direction", "maximize"]);
    fs::write(sandbox.log(), log_of_keeps(&[3.0, 2.0, 4.0])).unwrap();
    for format in FORMATS {
        sandbox.write("export", sandbox.ok(&["export", "--format", format]));
        let store = format!("copy-{format}");
        let init = ["init", "--metric", "val_loss", "--direction", "maximize"];
        sandbox.ok(&[&init[..], &["--store", &store]].concat());
        sandbox.ok(&["import", "export", "--into", &store, "-q"]);
        assert_eq!(
            sandbox.ok(&["best", "--store", &store, "--field", "core_metric"]),
            "4\n",
            "{format}"
        );
    }
}

#[test]
fn a_column_of_any_name_and_text_is_read_back() {
    let sandbox = Sandbox::new();
    sandbox.ok(&["init", "--columns", "type"]);
    for kind in ["config", "trial", "header", "x"] {
        let text = format!("{{\"kind\": \"{kind}\"}}");
        let append = [
            "append", "--status", "keep", "--metric", "1", "--notes", &text,
        ];
        sandbox.ok(&[&append[..], &["--set", &format!("type={kind}")]].concat());
    }
    let log = sandbox.read_log();
    for format in FORMATS {
        sandbox.write("export", sandbox.ok(&["export", "--format", format]));
        let again = ["export", "--store", "export", "--format", "tsv", "-q"];
        assert_eq!(sandbox.ok(&again), log, "{format}");
        let said = sandbox.ok(&["import", "export"]);
        assert!(said.contains("known      4 already"), "{format}: {said}");
    }
}

#[test]
fn an_export_of_the_other_direction_is_not_merged() {
    let sandbox = Sandbox::new();
    sandbox.ok(&["init", "--metric", "acc", "--direction", "maximize"]);
    fs::write(sandbox.log(), log_of_keeps(&[3.0, 2.0, 4.0])).unwrap();
    let init = ["init", "--metric", "acc", "--direction", "minimize"];
    sandbox.ok(&[&init[..], &["--store", "other"]].concat());
    for format in FORMATS {
        sandbox.write("export", sandbox.ok(&["export", "--format", format]));
        let shown = sandbox.transcript(&["import", "export", "--into", "other"]);
        let refusal = "export has the direction maximize, the store has minimize";
        assert!(shown.contains(refusal), "{format}: {shown}");
    }
    let stated = ["import", "export", "--into", "other", "--direction"];
    sandbox.ok(&[&stated[..], &["minimize"]].concat());
}
