//! Logs of other tools, read in place: the rules one by one, and logs from public repositories where they are at hand
//! (`../shared/data/wild` beside the checkout, or the directory in `LINEAGE_WILD_LOGS`).

use std::{fs, path::PathBuf};

use lineage::{
    import::{self, ImportOptions},
    log::{ExpId, Source},
};
use serde_json::Value;

use crate::sandbox::{Sandbox, skipped};

/// What `best` says of a log, as JSON.
fn best(log: &str, flags: &[&str]) -> Value {
    let sandbox = Sandbox::new();
    fs::write(sandbox.path("log"), log).unwrap();
    let args = [&["best", "--store", "log", "-q", "--format", "json"], flags].concat();
    serde_json::from_str(&sandbox.ok(&args)).unwrap()
}

/// The id and the score of the best.
fn best_of(log: &str, flags: &[&str]) -> (String, f64) {
    let best = best(log, flags);
    (
        best["exp_id"].as_str().unwrap().to_owned(),
        best["core_metric"].as_f64().unwrap(),
    )
}

pub(crate) fn stderr(log: &str, args: &[&str]) -> String {
    let sandbox = Sandbox::new();
    fs::write(sandbox.path("log"), log).unwrap();
    let output = sandbox
        .lineage(&[args, &["--store", "log"]].concat())
        .output()
        .unwrap();
    String::from_utf8(output.stderr).unwrap()
}

/// File, flags, metric, direction, and the line and score of the best trial.
#[rustfmt::skip]
const EXTERNAL_LOGS: [(&str, &str, &str, &str, u64, f64); 14] = [
    ("1Dement__station-planner.tsv", "", "score", "maximize", 3, 100.0),
    ("2026-oil__myoil.tsv", "", "metric", "maximize", 48, 25.8619),
    ("BDEvan5__credit-risk-ml.tsv", "", "roc_auc", "maximize", 36, 0.792_136),
    ("Blitzo125__autoresearch-results.tsv", "", "val_bpb", "minimize", 23, 1.26752),
    ("DaryLu0v0__auto_cst__broad.tsv", "--direction minimize", "score", "minimize", 7, 0.319_076),
    ("Dhruv2mars__parameter-golf.jsonl", "", "val_bpb", "minimize", 50, 1.8724),
    ("ewijaya__autoresearch-mol.tsv", "", "val_bpb", "minimize", 100, 3.96562),
    ("Fchaubard__zero_order_diffusion_autoresearcher.tsv", "", "val_fid", "minimize", 51, 49.0283),
    ("hive-swarm-hub__fork--rust-chess-engine--opencode.tsv", "", "elo", "maximize", 80, 3332.4),
    ("jackkohm__dezess.tsv", "", "metric", "maximize", 62, 0.016_423),
    ("JsonTheRuler__autoresearch.tsv", "", "combined_profit", "maximize", 97, 5.411_23e10),
    ("MichaelVessia__subq.jsonl", "", "failing_checks", "minimize", 7, 0.0),
    ("raphaelschwinger__autoresearch-dqn.tsv", "", "metric", "maximize", 8, 500.0),
    ("wendlerc__autoresearch-wm__valloss_era.tsv", "", "val_loss", "minimize", 346, 1.26246),
];

#[test]
fn the_best_of_the_logs_of_public_repositories_is_theirs() {
    let beside = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data/wild");
    let root = std::env::var_os("LINEAGE_WILD_LOGS").map_or(beside, PathBuf::from);
    for (name, flags, metric, direction, line, score) in EXTERNAL_LOGS {
        let path = root.join(name);
        if !path.exists() {
            skipped(&format!("no {name} in {}", root.display()));
            return;
        }
        let bytes = fs::read(&path).unwrap();
        let wanted = ImportOptions {
            direction: (!flags.is_empty()).then_some(lineage::log::Direction::Minimize),
            ..ImportOptions::default()
        };
        let translation =
            import::translate(import::parse(Source::Memory(bytes), None).unwrap(), &wanted)
                .unwrap();
        assert_eq!(
            (&*translation.metric, &*translation.direction().to_string()),
            (metric, direction),
            "{name}"
        );
        let flags: Vec<&str> = flags.split_whitespace().collect();
        let sandbox = Sandbox::new();
        let run = |store: &str| {
            let found = sandbox.ok(&[
                &["best", "--store", store, "-q", "--format", "json"],
                &flags[..],
            ]
            .concat());
            serde_json::from_str::<Value>(&found).unwrap()
        };
        let found = run(path.to_str().unwrap());
        let id = found["exp_id"].as_str().unwrap();
        let at = translation
            .names
            .iter()
            .position(|name| name == "exp_id")
            .unwrap();
        let row = translation
            .rows
            .iter()
            .find(|row| ExpId::parse(&row.cells[at]) == ExpId::parse(id))
            .unwrap();
        let value = found["core_metric"].as_f64().unwrap();
        assert_eq!(row.line, line, "{name}: the line of the best");
        assert!(
            (value - score).abs() <= score.abs() * 5e-6,
            "{name}: {value}"
        );
        // Every command answers, and the same from the store that an import makes.
        for command in ["stats", "tail", "tree", "chain", "render --for x"] {
            let words: Vec<&str> = command.split(' ').collect();
            sandbox.ok(&[&words[..], &["-q", "--store", path.to_str().unwrap()]].concat());
        }
        sandbox.ok(&[
            &["import", path.to_str().unwrap(), "--into", name, "-q"],
            &flags[..],
        ]
        .concat());
        let mut imported = run(name);
        imported.as_object_mut().unwrap().shift_remove("source_row"); // the file itself has no such key
        assert_eq!(imported, found, "{name} after its import");
        let again = sandbox.ok(&["import", path.to_str().unwrap(), "--into", name, "-q"]);
        assert!(again.contains("rows out   0 to"), "{name}: {again}");
    }
}

#[test]
fn the_kind_of_a_file_is_found_by_its_content() {
    let tsv = "commit\tval_loss\tstatus\nx\t2\tkeep\ny\t1\tkeep\n";
    let commas = tsv.replace('\t', ",");
    let json = "{\"commit\":\"x\",\"val_loss\":2,\"status\":\"keep\"}\n{\"commit\":\"y\",\"val_loss\":1,\"status\":\"keep\"}";
    let crlf = format!("\u{feff}# a comment\r\n{}", tsv.replace('\n', "\r\n"));
    for log in [
        tsv,
        &commas,
        &tsv.replace('\t', ";"),
        json,
        &crlf,
        tsv.trim_end(),
    ] {
        assert_eq!(best_of(log, &[]), ("001".to_owned(), 1.0), "{log}");
    }
}

#[test]
fn a_log_in_utf_16_is_read() {
    let sandbox = Sandbox::new();
    let text = "\u{feff}commit\tval_loss\tstatus\r\nx\t2\tkeep\r\n";
    let bytes: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    fs::write(sandbox.path("log"), bytes).unwrap();
    assert_eq!(
        sandbox.ok(&["best", "-q", "--store", "log", "--field", "metric"]),
        "2\n"
    );
}

#[test]
fn a_header_may_be_a_comment_or_missing_and_an_id_may_begin_like_one() {
    let log = "# a loop\n# commit\tval_loss\tstatus\nx\t2\tkeep\ny\t1\tkeep\n";
    assert_eq!(best_of(log, &[]), ("001".to_owned(), 1.0));
    let bare = "x\t2\t5.0\tkeep\tas it is\ny\t1\t5.1\tkeep\twider\n";
    assert_eq!(best_of(bare, &[]), ("001".to_owned(), 1.0));
    assert!(
        stderr(bare, &["best"]).contains(
            "no header; assuming the columns commit val_bpb memory_gb status description"
        )
    );
    let marked = "no\tscore\tstatus\n#1\t2\tkeep\n---\t---\t---\n# a comment\n#2\t3\tkeep\n";
    assert_eq!(best_of(marked, &[]), ("001".to_owned(), 3.0));
    assert!(stderr(marked, &["check"]).contains("1 problem in 3 rows"));
}

#[test]
fn two_equally_good_candidates_are_an_error_that_lists_them() {
    let log = "commit\tzorp\tquux\tstatus\nx\t2\t0.5\tok\ny\t3\t0.4\tok\n";
    let said = stderr(log, &["best"]);
    assert!(
        said.contains(
            "several columns may be the score: zorp (2 … 3) quux (0.5 … 0.4); choose one with --metric"
        ),
        "{said}"
    );
    assert_eq!(best_of(log, &["--metric", "quux"]).1.to_string(), "0.5");
    assert_eq!(best_of(log, &["--map", "score=quux"]).1.to_string(), "0.5");
    let (head, rows) = log.split_once('\n').unwrap();
    let longer = format!("{head}\n{rows}z\t3\t0.6\tok\nw\t2\t0.3\tok\n");
    assert_eq!(best_of(&longer, &[]).1.to_string(), "0.6");
    let said = stderr(&longer, &["best"]);
    assert!(
        said.contains("assuming quux (higher is better): the last of quux"),
        "{said}"
    );
    let named = log.replace("zorp", "val_loss").replace("quux", "val_acc");
    assert_eq!(best_of(&named, &[]).1.to_string(), "2");
    let said = stderr(&named, &["best"]);
    assert!(
        said.contains("by its name, out of val_loss val_acc; override with --metric"),
        "{said}"
    );
}

#[test]
fn a_guess_is_one_note_that_quiet_silences() {
    let log = "commit\tzorp\tstatus\nx\t2\tkeep\n";
    let said = stderr(log, &["best"]);
    assert_eq!(said.lines().count(), 1, "{said}");
    assert!(
        said.contains(
            "assuming zorp (higher is better): the likeliest column of numbers, the direction by default; no keep or discard speaks for one; override with --metric, --direction"
        ),
        "{said}"
    );
    assert_eq!(stderr(log, &["best", "-q"]), "");
    assert_eq!(
        stderr(
            log,
            &["best", "--metric", "zorp", "--direction", "maximize"]
        ),
        ""
    );
}

#[test]
fn what_follows_from_a_name_or_from_the_log_is_no_guess() {
    let five = "commit\tval_bpb\tmemory_gb\tstatus\tdescription\n\
        a\t1.0\t40\tkeep\tbaseline\nb\t0.9\t41\tkeep\twider\nc\t0.8\t39\tkeep\tdeeper\n";
    assert_eq!(stderr(five, &["best"]), "");
    assert_eq!(stderr("commit\telo\tstatus\nx\t2\tkeep\n", &["best"]), "");
    let own = "exp_id\tcore_metric\tstatus\tdelta_vs_best\n\
        0\t3\tbaseline\t\n1\t4\tkeep\t1\n2\t5\tkeep\t1\n";
    assert_eq!(stderr(own, &["best"]), "");
    let doubtful = format!("{own}3\t4.5\tkeep\t-0.5\n");
    let said = stderr(&doubtful, &["best"]);
    assert!(
        said.contains("assuming higher core_metric is better (2 of 3 keeps); override"),
        "{said}"
    );
}

#[test]
fn the_sentinels_of_a_crash_are_no_scores_and_those_of_a_keep_are() {
    let log =
        "run\tbugs\tstatus\n1\t4\tkeep\n2\t0\tcrash\n3\t-1\tOOM\n4\t999.0\ttimeout\n5\t0\tkeep\n";
    assert_eq!(
        best_of(log, &["--direction", "minimize"]),
        ("005".to_owned(), 0.0)
    );
    let sandbox = Sandbox::new();
    fs::write(sandbox.path("log"), log).unwrap();
    let scores = sandbox.ok(&[
        "tail",
        "--store",
        "log",
        "-q",
        "--direction",
        "minimize",
        "--format",
        "csv",
    ]);
    assert_eq!(
        scores
            .lines()
            .filter(|line| line.contains(",crash,,") || line.contains("overrun,,"))
            .count(),
        3
    );
}

#[test]
fn a_parent_is_found_by_id_and_by_commit_else_it_is_the_last_keep_above() {
    let log =
        "commit\tparent\tscore\tstatus\naa\troot\t1\tkeep\nbb\taa\t2\tdiscard\ncc\tbb\t3\tkeep\n";
    assert_eq!(best(log, &[])["parent_exp"], "001");
    assert_eq!(
        best(&log.replace("parent", "colour"), &[])["parent_exp"],
        "000"
    );
}

#[test]
fn a_run_that_only_says_that_it_ran_is_kept_where_nothing_says_more() {
    let log = "run\tscore\tstatus\n1\t4\tsuccess\n2\t9\terror\n3\t5\tok\n";
    assert_eq!(best_of(log, &[]), ("003".to_owned(), 5.0));
    let with_a_keep = format!("{log}4\t3\tkeep\n");
    assert_eq!(best_of(&with_a_keep, &[]), ("004".to_owned(), 3.0));
}

#[test]
fn a_verdict_is_found_by_its_words_where_its_column_is_called_anything() {
    let log = "run\tscore\tzzz\n1\t4\tkept\n2\t9\treverted\n3\t5\tkept\n";
    assert_eq!(best_of(log, &[]), ("003".to_owned(), 5.0));
    assert_eq!(
        best_of(log, &["--map", "verdict="]),
        ("002".to_owned(), 9.0)
    );
}

#[test]
fn a_row_whose_tabs_became_spaces_is_read_as_what_it_was() {
    let sandbox = Sandbox::with_store();
    let row = "000\t2026-03-01T00:00:00Z\topt\t\t\topt\t\"lower the rate</hypothesis> <parameter name=\"\"notes\"\">it is high\" -0.01 keep 3.1 3.1 -0.1 600 610 job  it held";
    fs::write(sandbox.log(), sandbox.read_log() + row + "\n").unwrap();
    let best: Value = serde_json::from_str(&sandbox.ok(&["best", "--format", "json"])).unwrap();
    assert_eq!(best["status"], "keep");
    assert_eq!(best["core_metric"].to_string(), "3.1");
    assert_eq!(best["notes"], "it held");
    assert_eq!(
        best["hypothesis"],
        "lower the rate</hypothesis> <parameter name=\"notes\">it is high"
    );
    assert!(stderr("x", &["best"]).contains("error"));
}

#[test]
fn a_decision_is_the_verdict_whatever_its_column_is_called() {
    for (text, best) in [
        (
            "id,status,result,score\n1,ok,kept,1\n2,ok,discarded,9\n",
            "001",
        ),
        (
            "id,status,success,score\n1,success,1,1\n2,success,0,9\n",
            "001",
        ),
        (
            "{\"run\":1,\"status\":\"completed\",\"outcome\":\"accepted\",\"score\":1}\n{\"run\":2,\"status\":\"completed\",\"outcome\":\"rejected\",\"score\":5}\n",
            "001",
        ),
    ] {
        let sandbox = Sandbox::new();
        std::fs::write(sandbox.path("log"), text).unwrap();
        let args = [
            "--store",
            "log",
            "best",
            "--field",
            "exp_id",
            "--direction",
            "maximize",
            "-q",
        ];
        assert_eq!(sandbox.ok(&args), format!("{best}\n"), "{text}");
    }
}

#[test]
fn a_rate_is_better_when_it_is_higher() {
    let sandbox = Sandbox::new();
    std::fs::write(
        sandbox.path("log"),
        "commit\treq/s\tstatus\tdescription\na\t100\tkeep\tx\nb\t120\tkeep\ty\n",
    )
    .unwrap();
    assert_eq!(
        sandbox.ok(&["--store", "log", "best", "--field", "metric", "-q"]),
        "120\n"
    );
}
