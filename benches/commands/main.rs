//! What the commands cost, as whole processes on generated logs, beside the floors that no program gets below and beside
//! other programs that do the same work. `docs/performance.md` says how, and has the figures of the last whole run.
//!
//! `cargo bench --bench commands` measures all lengths and writes them there; `-- --rows 1000` (again for another length)
//! and `-- --no-peers` are for development, and only print.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "the tables are what the program is for"
)]

mod digits;
mod generate;
mod machine;
mod measure;
mod peers;
mod programs;
mod promises;
mod race;
mod report;
mod results;
mod stores;
mod truth;

use std::{
    env, fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail};

use crate::{
    peers::Peers, programs::Floors, race::Race, results::Results, stores::Stores, truth::Truth,
};

const LENGTHS: [u64; 4] = [1_000, 10_000, 100_000, 1_000_000];
const DOCUMENT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/performance.md");
const MARKS: [&str; 2] = ["<!-- measured: begin -->\n", "<!-- measured: end -->\n"];
/// Trials by each of sixteen workers: many where an append takes no time, few where it takes longer than this.
const TRIALS: [u64; 2] = [50, 5];
const FAST_MS: f64 = 10.0;

fn main() -> Result<()> {
    let Some(options) = Options::read()? else {
        return Ok(());
    };
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("bench");
    fs::create_dir_all(&dir)?;
    if options.whole {
        split(&fs::read_to_string(DOCUMENT)?)?; // before ten minutes of work, not after
    }
    let floors = Floors::build(&dir)?;
    eprintln!("peers: installed where they are not there yet");
    let peers = Peers::find(&dir, options.peers);
    let mut facts = machine::facts(&dir, &floors, &peers)?;
    let Run {
        logs,
        results,
        races,
    } = measure_all(&dir, &floors, &peers, &options.lengths)?;
    facts.push(format!("logs: {}", logs.join("; ")));
    let report = report::report(&facts, &results, &races, &promises::list(&results, &races));
    println!("{report}");
    if options.whole {
        let document = fs::read_to_string(DOCUMENT)?;
        let (before, after) = split(&document)?;
        fs::write(
            DOCUMENT,
            format!("{before}{}\n{report}\n{}{after}", MARKS[0], MARKS[1]),
        )?;
    }
    Ok(())
}

struct Options {
    lengths: Vec<u64>,
    peers: bool,
    /// Everything is measured, so that it can be written down.
    whole: bool,
}

impl Options {
    /// `None` where a test runner wants to know about tests: cargo says `--bench` to a benchmark.
    fn read() -> Result<Option<Self>> {
        let mut options = Self {
            lengths: Vec::new(),
            peers: true,
            whole: false,
        };
        let mut bench = false;
        let mut args = env::args().skip(1);
        while let Some(arg) = args.next() {
            match arg.as_str() {
                "--bench" => bench = true,
                "--no-peers" => options.peers = false,
                "--rows" => {
                    let rows = args
                        .next()
                        .and_then(|rows| rows.parse().ok())
                        .filter(|&rows| rows >= 100);
                    options
                        .lengths
                        .push(rows.context("--rows takes a number from 100 on")?);
                }
                _ if bench => bail!("unknown: {arg}; there is --rows N, and --no-peers"),
                _ => {}
            }
        }
        if options.lengths.is_empty() {
            options.lengths = LENGTHS.to_vec();
            options.whole = options.peers;
        }
        Ok(bench.then_some(options))
    }
}

#[derive(Default)]
struct Run {
    /// What each log is like.
    logs: Vec<String>,
    results: Results,
    races: Vec<Race>,
}

/// Length by length, then the races: their threads would enlarge this process, and with it the peaks of those it starts.
fn measure_all(dir: &Path, floors: &Floors, peers: &Peers, lengths: &[u64]) -> Result<Run> {
    let work = dir.join("work");
    let mut run = Run::default();
    for (index, &rows) in lengths.iter().enumerate() {
        eprintln!("{} trials: the log, and the stores", digits::number(rows));
        let log = generate::log(dir, rows)?;
        let truth = Truth::of(&log)?;
        run.logs.push(truth.describe(fs::metadata(&log)?.len()));
        renew(&work)?;
        let stores = Stores::make(&work, &log, &truth)?;
        let mut probes = stores.probes(floors, rows);
        probes.extend(peers.probes(&work, &stores.alone, &truth)?);
        eprintln!(
            "{} trials: {} programs in turn",
            digits::number(rows),
            probes.len()
        );
        measure::interleave(&mut probes)?;
        run.results.add(rows, &probes);
        if index + 1 == lengths.len() {
            eprintln!("sixteen at once");
            run.races = race(&work, floors, &stores, rows, &run.results)?;
        }
    }
    fs::remove_dir_all(work)?;
    Ok(run)
}

/// On a store that begins with one trial, and on the longest.
fn race(
    work: &Path,
    floors: &Floors,
    stores: &Stores,
    rows: u64,
    results: &Results,
) -> Result<Vec<Race>> {
    let append = results
        .wall(rows, "append", results::KEPT)
        .unwrap_or_default();
    let each = if append < FAST_MS {
        TRIALS[0]
    } else {
        TRIALS[1]
    };
    let new: PathBuf = stores::store(&work.join("raced"), None)?;
    Ok(vec![
        Race::run(floors, &new, &stores.bare, 1, TRIALS[0])?,
        Race::run(floors, &stores.grown, &stores.bare, rows, each)?,
    ])
}

fn renew(dir: &Path) -> Result<()> {
    if dir.exists() {
        fs::remove_dir_all(dir)?;
    }
    Ok(fs::create_dir_all(dir)?)
}

/// The document before and after what is measured.
fn split(document: &str) -> Result<(&str, &str)> {
    let parts = document
        .split_once(MARKS[0])
        .and_then(|(before, rest)| Some((before, rest.split_once(MARKS[1])?.1)));
    parts.with_context(|| format!("{DOCUMENT} lacks the lines {MARKS:?}"))
}
