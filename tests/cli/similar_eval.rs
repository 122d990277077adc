//! How often `lineage similar` finds the repeated edits of real runs.

use std::{
    collections::{HashMap, HashSet},
    fs,
    io::{self, Write},
    path::Path,
};

use serde_json::Value;

use crate::sandbox::{Sandbox, skipped};

/// One query of the labelled set: the run, the id of its trial, the ids of the same edit, its text.
fn labelled_queries() -> Option<Vec<[String; 4]>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data/similar_pairs.tsv");
    let Ok(text) = fs::read_to_string(&path) else {
        skipped(&format!("no {}", path.display()));
        return None;
    };
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(b'\t')
        .from_reader(text.as_bytes());
    let mut queries = Vec::new();
    for row in reader.records() {
        let row = row.unwrap();
        // Some trials only vary an earlier one: they have no right answer.
        if !row[2].is_empty() {
            queries.push([0, 1, 2, 6].map(|column| row[column].to_owned()));
        }
    }
    Some(queries)
}

/// Of 184 trials of real runs that repeat an earlier edit in other words, how many find it first, or among the first
/// three. Only earlier trials are searched.
#[test]
fn repeated_edits_of_real_runs_are_found() {
    let Some(queries) = labelled_queries() else {
        return;
    };
    let (mut first, mut third) = (0, 0);
    let mut ids = HashMap::new();
    for [run, id, same, text] in &queries {
        let log = run_log(run);
        let ids = ids.entry(run).or_insert_with(|| list_ids(&log));
        let at = ids.iter().position(|other| other == id).unwrap();
        let same: HashSet<&str> = same.split(',').collect();
        let found = find_similar(&log, &ids[at - 1], text);
        first += usize::from(same.contains(&*found[0]));
        third += usize::from(found.iter().any(|id| same.contains(&**id)));
    }
    let all = queries.len();
    let per_cent = |hits: usize| format!("{}.{} %", 100 * hits / all, 1000 * hits / all % 10);
    let (hits_1, hits_3) = (per_cent(first), per_cent(third));
    let figures = format!("{all} queries: hits@1 {hits_1}, hits@3 {hits_3}");
    let _ = writeln!(io::stdout(), "{figures}");
    assert!(
        100 * first >= 87 * all && 100 * third >= 95 * all,
        "{figures}"
    );
}

fn run_log(run: &str) -> String {
    let runs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data/cxcscmu");
    let log = runs.join(run).join("results.tsv");
    log.to_string_lossy().into_owned()
}

fn list_ids(log: &str) -> Vec<String> {
    let args = [
        "--store", log, "tail", "-n", "100000", "--format", "tsv", "-q",
    ];
    let rows = Sandbox::new().ok(&args);
    let id_of = |row: &str| row.split('\t').next().unwrap().to_owned();
    rows.lines().map(id_of).collect()
}

/// The ids of the three trials up to this one that are most like the text.
fn find_similar(log: &str, as_of: &str, text: &str) -> Vec<String> {
    let args = [
        "--store", log, "similar", text, "--as-of", as_of, "--format", "json", "-q",
    ];
    let found: Value = serde_json::from_str(&Sandbox::new().ok(&args)).unwrap();
    let id_of = |row: &Value| row["exp_id"].as_str().unwrap().to_owned();
    found.as_array().unwrap().iter().map(id_of).collect()
}
