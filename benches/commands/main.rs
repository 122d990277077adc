//! Measures `lineage` as whole processes on generated logs, and compares the results with a budget.
//! `make bench` measures everything; `cargo bench --bench commands -- --help` lists the flags.
//! All files are written to a temporary directory, which is deleted at the end.
#![allow(clippy::print_stdout, clippy::print_stderr)]
#![allow(clippy::cast_precision_loss)] // sizes are far below 2^53

mod cases;
mod generate;
mod measure;
mod peers;
mod report;

use std::collections::BTreeMap;
use std::{env, fs};

use anyhow::{Context, Result};
use clap::Parser;
use report::Report;

const DOCUMENT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/performance.md");
const BEGIN: &str = "<!-- bench:begin -->";
const END: &str = "<!-- bench:end -->";

/// Measure the commands of lineage and compare them with the budget
#[derive(Parser)]
struct Options {
    /// Measure only logs of 1,000 and 10,000 trials
    #[arg(long)]
    quick: bool,
    /// Measure no other programs
    #[arg(long)]
    no_peers: bool,
    /// Write the tables into docs/performance.md too
    #[arg(long)]
    write: bool,
}

fn main() -> Result<()> {
    // `cargo bench` adds `--bench`.
    let options = Options::parse_from(env::args().filter(|argument| argument != "--bench"));
    if options.write {
        replace_block("")?; // fail before the long measurement
    }
    let tables = measure_everything(&options)?.to_markdown();
    println!("{tables}");
    if options.write {
        fs::write(DOCUMENT, replace_block(&tables)?)?;
    }
    Ok(())
}

fn measure_everything(options: &Options) -> Result<Report> {
    let root = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
    env::set_current_dir(&root)?;
    cases::build_programs()?;
    let binary_mb = fs::metadata("lineage")?.len() as f64 / 1e6;
    let mut lengths = BTreeMap::new();
    let mut peers = Vec::new();
    if !options.no_peers {
        peers = peers::install()?;
    }
    let count = if options.quick { 2 } else { 4 };
    for &trials in &cases::LENGTHS[..count] {
        eprintln!("measuring {trials} trials");
        let dir = root.path().join(trials.to_string());
        fs::create_dir(&dir)?;
        env::set_current_dir(&dir)?;
        let mut cases = cases::prepare(trials)?;
        cases.extend(peers::prepare(&peers, trials)?);
        measure::measure(&mut cases)?;
        cases::check_ids()?;
        lengths.insert(trials, cases);
        env::set_current_dir(&root)?;
        fs::remove_dir_all(&dir)?;
    }
    Ok(Report { lengths, binary_mb })
}

/// Returns the document with other text between the two marks.
fn replace_block(text: &str) -> Result<String> {
    let document = fs::read_to_string(DOCUMENT)?;
    let missing = |mark| format!("{DOCUMENT} has no line '{mark}'");
    let (before, rest) = document.split_once(BEGIN).with_context(|| missing(BEGIN))?;
    let (_, after) = rest.split_once(END).with_context(|| missing(END))?;
    Ok(format!("{before}{BEGIN}\n\n{text}\n{END}{after}"))
}
