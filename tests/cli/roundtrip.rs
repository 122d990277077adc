//! What is written is what is read: any text in any cell, through JSON into another log, and in Python.

use std::process::{Command, Stdio};

use lineage::text::escape_controls;
use proptest::{collection::vec, prelude::*};
use serde_json::{Map, Value, json};

use crate::sandbox::{Sandbox, skipped};

/// Columns that take any text.
const TEXTS: [&str; 5] = [
    "specialist",
    "domain",
    "hypothesis",
    "snapshot_path",
    "notes",
];

/// What takes any text, of a few rows; texts of what is special in a log come as often as others.
fn rows() -> impl Strategy<Value = Vec<Vec<String>>> {
    let special = vec(
        prop::sample::select(vec![
            "\"", "\t", "\n", "\r", "\\t", "\u{2028}", "\0", ",", "'", " ", "=1", "0",
        ]),
        1..9,
    );
    let text = prop_oneof![
        any::<String>(),
        special.prop_map(|parts| parts.concat()),
        "[ -~]{1,40}"
    ];
    vec(vec(text, TEXTS.len()), 1..5)
}

fn append(sandbox: &Sandbox, trials: &[Map<String, Value>]) {
    let lines: String = trials
        .iter()
        .map(|trial| format!("{}\n", Value::from(trial.clone())))
        .collect();
    sandbox
        .lineage(&["append", "--json"])
        .write_stdin(lines)
        .assert()
        .success();
}

fn store_of(rows: &[Vec<String>]) -> Sandbox {
    let sandbox = Sandbox::with_store();
    let trial = |(at, texts): (usize, &Vec<String>)| {
        let score = format!("3.{at}0");
        let mut trial = Map::from_iter([
            ("status".to_owned(), json!("auto")),
            ("metric".to_owned(), json!(score)),
        ]);
        trial.extend(
            TEXTS
                .iter()
                .zip(texts)
                .map(|(&name, text)| (name.to_owned(), json!(text))),
        );
        trial
    };
    append(
        &sandbox,
        &rows.iter().enumerate().map(trial).collect::<Vec<_>>(),
    );
    sandbox
}

/// What the readers show of a row's texts; an empty cell is `null`.
fn texts(trial: &Map<String, Value>) -> Vec<String> {
    TEXTS
        .iter()
        .map(|&name| trial[name].as_str().unwrap_or_default().to_owned())
        .collect()
}

/// What a log keeps of what was given: the domain is the specialist, where it is empty.
fn kept(given: &[String]) -> Vec<String> {
    let mut given: Vec<&String> = given.iter().collect();
    if given[1].is_empty() {
        given[1] = given[0];
    }
    given
        .into_iter()
        .map(|text| escape_controls(text).into_owned())
        .collect()
}

fn shown(sandbox: &Sandbox) -> Vec<Map<String, Value>> {
    let lines = sandbox.ok(&["tail", "-n", "100", "--format", "jsonl"]);
    lines
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_in_any_cell_comes_back_and_goes_into_another_log(rows in rows()) {
        let first = store_of(&rows);
        let mut trials = shown(&first);
        prop_assert_eq!(trials.len(), rows.len());
        for (trial, given) in trials.iter().zip(&rows) {
            prop_assert_eq!(texts(trial), kept(given));
        }
        for trial in &mut trials {
            trial.remove("delta_vs_best"); // JSON has no +0.1; it is worked out again
        }
        let second = Sandbox::with_store();
        append(&second, &trials);
        prop_assert_eq!(second.read_log(), first.read_log());
    }
}

/// Prints the rows of a log as JSON, as Python's own reader sees them.
const PYTHON: &str = "import csv, json, sys; csv.field_size_limit(sys.maxsize); \
                      log = open(sys.argv[1], newline='', encoding='utf-8'); \
                      print(json.dumps(list(csv.DictReader(log, delimiter='\\t'))))";

#[test]
fn python_reads_the_same_cells() {
    if Command::new("python3")
        .arg("-c")
        .arg("")
        .stderr(Stdio::null())
        .status()
        .is_err()
    {
        return skipped("no Python");
    }
    proptest!(ProptestConfig { cases: 30, failure_persistence: None, ..ProptestConfig::default() }, |(rows in rows())| {
        let sandbox = store_of(&rows);
        let output = Command::new("python3").args(["-c", PYTHON]).arg(sandbox.log()).output().unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        prop_assert!(output.status.success(), "{}", stderr);
        let read: Vec<Map<String, Value>> = serde_json::from_slice(&output.stdout).unwrap();
        let (read, wanted): (Vec<_>, Vec<_>) = (read.iter().map(texts).collect(), rows.iter().map(|row| kept(row)).collect());
        prop_assert_eq!(read, wanted);
    });
}
