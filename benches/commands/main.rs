//! What the commands cost, as whole processes on generated logs, beside the floors that no program gets below: a
//! program that does nothing, and `wc -l` of the same file.
//!
//! `cargo bench --bench commands` measures up to 100,000 rows, `cargo bench --bench commands -- --full` up to a million.
#![allow(clippy::print_stdout, reason = "the table is what the program is for")]

mod generate;
mod measure;

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    thread,
};

use anyhow::{Context, Result, ensure};

use measure::{Figures, Probe};

const LINEAGE: &str = env!("CARGO_BIN_EXE_lineage");

/// The length of the log in the promises about memory and `wc -l`.
const PROMISED: u64 = 100_000;

/// The commands that read, with their arguments.
const READERS: [(&str, &[&str]); 7] = [
    ("best", &["best"]),
    ("tail", &["tail"]),
    ("stats", &["stats"]),
    ("chain", &["chain"]),
    ("tree", &["tree"]),
    ("render", &["render", "--for", "opt"]),
    ("check", &["check"]),
];

/// One line of the table.
struct Line {
    rows: u64,
    name: &'static str,
    figures: Figures,
    /// Times the wall clock of the program that does nothing, and of `wc -l`.
    to_empty: f64,
    to_wc: f64,
}

fn main() -> Result<()> {
    if !env::args().any(|arg| arg == "--bench") {
        return Ok(()); // a test runner that wants to know about tests
    }
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("bench");
    fs::create_dir_all(&dir)?;
    let empty = empty_program(&dir)?;
    let full = env::args().any(|arg| arg == "--full");
    let sizes: &[(u64, usize)] = &[(1_000, 41), (10_000, 41), (PROMISED, 21), (1_000_000, 5)];
    println!("{}\n", machine());
    print_head();
    let mut lines = Vec::new();
    for &(rows, rounds) in &sizes[..if full { 4 } else { 3 }] {
        let mut probes = probes(&dir, &empty, rows)?;
        measure::interleave(&mut probes, rounds)?;
        let measured = compare(rows, &probes);
        measured.iter().for_each(print_line);
        lines.extend(measured);
    }
    print_promises(&lines);
    Ok(())
}

/// The floor of every program: one that does nothing, made as this one is.
fn empty_program(dir: &Path) -> Result<PathBuf> {
    let (source, program) = (dir.join("empty.rs"), dir.join("empty"));
    fs::write(&source, "fn main() {}\n")?;
    let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let made =
        Command::new(rustc).arg("-O").arg("-o").arg(&program).arg(&source).status().context("cannot run rustc")?;
    ensure!(made.success(), "rustc cannot compile {}", source.display());
    Ok(program)
}

/// Everything that is measured on a log of this length, the floors first.
fn probes(dir: &Path, empty: &Path, rows: u64) -> Result<Vec<Probe>> {
    let store = generate::store(dir, rows)?;
    let mut wc = Command::new("wc");
    wc.arg("-l").arg(store.join("results.tsv"));
    let mut version = Command::new(LINEAGE);
    version.arg("--version");
    let mut probes = vec![
        Probe::new("empty program", Command::new(empty)),
        Probe::new("wc -l", wc),
        Probe::new("--version", version),
    ];
    for (name, args) in READERS.into_iter().filter(|(name, _)| has_command(name)) {
        probes.push(Probe::new(name, lineage(args, &store)));
    }
    probes.push(append(dir, &store)?);
    Ok(probes)
}

fn lineage(args: &[&str], store: &Path) -> Command {
    let mut command = Command::new(LINEAGE);
    command.args(args).arg("--store").arg(store);
    command
}

fn has_command(name: &str) -> bool {
    let help = Command::new(LINEAGE).args([name, "--help"]).stdout(Stdio::null()).stderr(Stdio::null()).status();
    help.is_ok_and(|status| status.success())
}

/// An append to a copy of the log, from which the row is cut off again.
fn append(dir: &Path, store: &Path) -> Result<Probe> {
    let copy = dir.join("append");
    fs::create_dir_all(&copy)?;
    for file in ["lineage.toml", "results.tsv"] {
        fs::copy(store.join(file), copy.join(file))?;
    }
    let log = copy.join("results.tsv");
    let length = fs::metadata(&log)?.len();
    let hypothesis = "decay the floor of the learning rate linearly — 0.10→0.02; ".repeat(14);
    let args = ["append", "--status", "auto", "--metric", "1.09", "--specialist", "opt", "--hypothesis", &hypothesis];
    Ok(Probe::new("append", lineage(&args, &copy)).restoring(log, length))
}

fn compare(rows: u64, probes: &[Probe]) -> Vec<Line> {
    let wall = |index: usize| probes[index].figures().wall_ms;
    let (empty, wc) = (wall(0), wall(1));
    let line = |probe: &Probe| {
        let figures = probe.figures();
        Line { rows, name: probe.name, figures, to_empty: figures.wall_ms / empty, to_wc: figures.wall_ms / wc }
    };
    probes.iter().map(line).collect()
}

fn machine() -> String {
    let field = |path: &str, key: &str| {
        let text = fs::read_to_string(path).unwrap_or_default();
        let value = text.lines().find_map(|line| line.strip_prefix(key)).unwrap_or("unknown");
        value.trim_start_matches([' ', '\t', ':']).to_owned()
    };
    format!(
        "{} cores, {}, {} {}; medians of whole processes, interleaved, warm cache, stdout to /dev/null",
        thread::available_parallelism().map_or(1, usize::from),
        field("/proc/cpuinfo", "model name"),
        env::consts::OS,
        field("/proc/sys/kernel/osrelease", ""),
    )
}

fn print_head() {
    println!("|    rows | command       |  wall ms | × empty | × wc -l |   CPU ms | peak MB |");
    println!("|--------:|---------------|---------:|--------:|--------:|---------:|--------:|");
}

fn print_line(line: &Line) {
    let Line { rows, name, figures: Figures { wall_ms, cpu_ms, peak_mb }, to_empty, to_wc } = line;
    println!(
        "| {rows:>7} | {name:<13} | {wall_ms:>8.2} | {to_empty:>7.2} | {to_wc:>7.2} | {cpu_ms:>8.2} | {peak_mb:>7.1} |"
    );
}

/// What the program promises, and whether it was so in this run.
fn print_promises(lines: &[Line]) {
    let most = |name: &str, rows: Option<u64>, figure: fn(&Line) -> f64| {
        let chosen = lines.iter().filter(|line| line.name == name && rows.is_none_or(|rows| line.rows == rows));
        chosen.map(figure).fold(0.0, f64::max)
    };
    println!("\n| promise                                              | limit | measured |      |");
    println!("|------------------------------------------------------|------:|---------:|------|");
    for (promise, limit, measured) in [
        ("`best` on 100,000 rows, times `wc -l`", 1.6, most("best", Some(PROMISED), |line| line.to_wc)),
        ("`best` on 100,000 rows, MB", 8.0, most("best", Some(PROMISED), |line| line.figures.peak_mb)),
        ("`tail` at any length, times an empty program", 1.5, most("tail", None, |line| line.to_empty)),
        ("`--version`, times an empty program", 1.5, most("--version", None, |line| line.to_empty)),
    ] {
        let verdict = if measured <= limit { "pass" } else { "FAIL" };
        println!("| {promise:<52} | {limit:>5.1} | {measured:>8.2} | {verdict} |");
    }
}
