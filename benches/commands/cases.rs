//! The stores of one length and the command lines that are measured on them. Everything is run in
//! the directory of that length; the programs are in the directory above.

use std::fs;
use std::process::Command;

use anyhow::{Result, ensure};

use crate::generate::write_log;
use crate::measure::Case;

pub(crate) const LENGTHS: [u32; 4] = [1_000, 10_000, 100_000, 1_000_000];
/// A bare append locks a file, writes 900 bytes and flushes them. "APPEND" stands for the constant.
const FIXED: [(&str, &str); 6] = [
    ("empty program", "../empty"),
    ("wc -l", "wc -l results.tsv"),
    ("bare append", "../bare-append bare"),
    ("append, indexed store", "APPEND indexed"),
    ("16 × bare append", "sh ../16.sh ../bare-append bare"),
    ("16 × append, indexed store", "sh ../16.sh APPEND shared"),
];
const READERS: [&str; 7] = ["best", "stats", "render", "chain", "tree", "check", "tail"];
/// A row of about 900 bytes that never becomes the best.
const APPEND: &str = "../lineage append --status auto --metric 1.09 --hypothesis @../text --store";
/// Runs the command in its arguments 400 times, sixteen at once.
const SIXTEEN: &str = "seq 400 | xargs -P 16 -I N \"$@\"";

/// Builds the programs that do the least possible, and copies `lineage` beside them.
pub(crate) fn build_programs() -> Result<()> {
    fs::copy(env!("CARGO_BIN_EXE_lineage"), "lineage")?;
    fs::write("text", "decay the floor 0.10→0.02; ".repeat(28))?;
    fs::write("16.sh", SIXTEEN)?;
    fs::write("empty.rs", "fn main() {}")?;
    fs::write("bare-append.rs", include_str!("programs/append.rs"))?;
    run_script("for source in *.rs; do rustc --edition 2024 -O $source || exit; done")?;
    Ok(())
}

/// Makes a log that `lineage` never wrote to, a store in which `append` has made the index, and a
/// copy of it for concurrent appends.
pub(crate) fn prepare(trials: u32) -> Result<Vec<Case>> {
    let best = write_log("results.tsv", trials)?;
    run_script("../lineage init --metric val_bpb --direction minimize indexed")?;
    run_script(&format!("cp results.tsv indexed && {APPEND} indexed"))?;
    run_script(&format!("cp -r indexed shared && {APPEND} shared"))?;
    // Otherwise the first measured append flushes these files, too.
    run_script("sync results.tsv indexed/* shared/*")?;
    let mut cases = Vec::new();
    for (name, command_line) in FIXED {
        cases.push(Case::new(name, &command_line.replace("APPEND", APPEND)));
    }
    for (name, store) in [("log alone", "results.tsv"), ("indexed store", "indexed")] {
        let answer = run_script(&format!("../lineage best --store {store} --format tsv"))?;
        let is_best = answer.contains(&format!("\n{best}\t"));
        ensure!(is_best, "{best} is the best, not:\n{answer}");
        for reader in READERS {
            let line = format!("../lineage {reader} --store {store}");
            let line = line.replace("render", "render --for opt");
            cases.push(Case::new(&format!("{reader}, {name}"), &line));
        }
    }
    Ok(cases)
}

/// Checks that sixteen appends at once give every id once, without a gap.
pub(crate) fn check_ids() -> Result<()> {
    let printed = run_script(&format!("sh ../16.sh {APPEND} shared | sort -n"))?;
    let logged = run_script("cut -f 1 shared/results.tsv | tail -n +2")?;
    let mut expected = String::new();
    for id in 0..logged.lines().count() {
        expected += &format!("{id:03}\n");
    }
    ensure!(logged == expected, "a missing or repeated id:\n{logged}");
    let is_logged = logged.ends_with(&printed);
    ensure!(is_logged, "these ids were not logged:\n{printed}");
    Ok(())
}

/// Runs a shell script that must succeed, and returns what it prints.
pub(crate) fn run_script(script: &str) -> Result<String> {
    let output = Command::new("sh").args(["-c", script]).output()?;
    let stderr = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "'{script}' failed: {stderr}");
    Ok(String::from_utf8(output.stdout)?)
}
