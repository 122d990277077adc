//! The Rust program `autoresearch`, built by cargo. Its log is JSON lines with fewer facts a trial (score, status of
//! three, one text), in a git repository; it is given the same trials with the same hypotheses.

use std::{
    env,
    fs::{self, File},
    io::{BufWriter, Write},
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use crate::{
    measure::{Judge, Probe},
    programs::said,
    truth::Truth,
};

pub(super) const NAME: &str = "autoresearch";
const RELEASE: &str = "0.3.3";
const LOG: &str = ".autoresearch/experiments.jsonl";

pub(super) struct Autoresearch {
    program: PathBuf,
}

impl Autoresearch {
    pub(super) fn install(dir: &Path) -> Result<(Self, String)> {
        said(Command::new("git").arg("--version"))?; // it asks git at every turn
        let program = dir.join("bin").join(NAME);
        let version = || said(Command::new(&program).arg("--version"));
        if !version().is_ok_and(|version| version.contains(RELEASE)) {
            let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
            let mut install = Command::new(cargo);
            install
                .args([
                    "install",
                    "--quiet",
                    "--locked",
                    NAME,
                    "--version",
                    RELEASE,
                    "--force",
                    "--root",
                ])
                .arg(dir);
            said(install.env_remove("CARGO_TARGET_DIR"))?; // it is built in a temporary directory
        }
        let version = version()?;
        Ok((Self { program }, version))
    }

    pub(super) fn probes(&self, dir: &Path, log: &Path, truth: &Truth) -> Result<Vec<Probe>> {
        repository(dir)?;
        translate(log, &dir.join(LOG))?;
        let probe = |what, args: &[&str], judge: Judge| {
            let mut command = Command::new(&self.program);
            command.args(args).current_dir(dir);
            Probe::of_peer(what, NAME, command, dir.join(what), judge)
        };
        let summary = "decay the floor of the learning rate linearly — 0.10→0.02; ".repeat(13);
        let record = [
            "record",
            "--metric",
            "1.09",
            "--status",
            "discarded",
            "--summary",
            &summary,
        ];
        let best: u64 = truth.best.parse()?;
        let (rows, own) = (truth.rows, dir.join(LOG));
        Ok(vec![
            probe(
                "best",
                &["best"],
                Box::new(move |answer| right_best(answer, best)),
            ),
            probe(
                "tail",
                &["log", "-n", "10"],
                Box::new(move |answer| right_log(answer, rows)),
            ),
            probe(
                "append",
                &record,
                Box::new(move |answer| right_id(answer, &own)),
            ),
        ])
    }
}

fn repository(dir: &Path) -> Result<()> {
    fs::create_dir_all(dir.join(".autoresearch"))?;
    let git = |args: &[&str]| said(Command::new("git").arg("-C").arg(dir).args(args));
    git(&["init", "--quiet", "--initial-branch", NAME])?;
    let who = [
        "-c",
        "user.name=bench",
        "-c",
        "user.email=bench@localhost",
        "-c",
        "commit.gpgsign=false",
    ];
    git(&[
        &who[..],
        &[
            "commit",
            "--quiet",
            "--allow-empty",
            "--message",
            "the baseline",
        ],
    ]
    .concat())?;
    Ok(())
}

/// The same trials, as its `record` writes them: numbered from 0, and whatever is neither kept nor the baseline discarded.
fn translate(log: &Path, to: &Path) -> Result<()> {
    let mut reader = csv::ReaderBuilder::new().delimiter(b'\t').from_path(log)?;
    let header = reader.headers()?.clone();
    let mut out = BufWriter::new(File::create(to)?);
    let mut row = csv::StringRecord::new();
    let mut run = 0;
    while reader.read_record(&mut row)? {
        let cell = |name: &str| {
            header
                .iter()
                .position(|cell| cell == name)
                .map_or("", |column| &row[column])
        };
        let status = match cell("status") {
            "baseline" => "baseline",
            "keep" => "kept",
            _ => "discarded",
        };
        let record = json!({
            "run": run,
            "hash": "0123456789abcdef0123456789abcdef01234567",
            "short_hash": "0123456",
            "metric": cell("core_metric").parse::<f64>().ok(),
            "delta": cell("delta_vs_best").parse::<f64>().ok(),
            "status": status,
            "summary": cell("hypothesis"),
            "timestamp": cell("timestamp"),
        });
        writeln!(out, "{record}")?;
        run += 1;
    }
    out.flush()?;
    Ok(out.get_ref().sync_all()?)
}

fn parse(answer: &str) -> Result<Value, String> {
    serde_json::from_str(answer).map_err(|error| format!("its answer is no JSON: {error}"))
}

fn right_best(answer: &str, best: u64) -> Result<(), String> {
    match &parse(answer)?["best"]["run"] {
        run if *run == best => Ok(()),
        run => Err(format!("says {run} where {best} is right")),
    }
}

/// The newest ten, newest first; how many were recorded meanwhile does not matter.
fn right_log(answer: &str, rows: u64) -> Result<(), String> {
    let answer = parse(answer)?;
    let runs = answer["data"]["experiments"]
        .as_array()
        .into_iter()
        .flatten();
    let runs: Vec<u64> = runs
        .filter_map(|experiment| experiment["run"].as_u64())
        .collect();
    let dense = runs.windows(2).all(|pair| pair[0] == pair[1] + 1);
    let right = runs.len() == 10 && dense && runs[0] >= rows - 1;
    if right {
        Ok(())
    } else {
        Err(format!("says {runs:?}"))
    }
}

/// The number that it gave is that of the last line.
fn right_id(answer: &str, log: &Path) -> Result<(), String> {
    let answer = parse(answer)?;
    let last = || -> Result<u64> {
        let lines = said(Command::new("wc").arg("-l").arg(log))?;
        let count: u64 = lines
            .split_whitespace()
            .next()
            .context("no count")?
            .parse()?;
        ensure!(count > 0, "no lines");
        Ok(count - 1)
    };
    match (&answer["data"]["run"], last()) {
        (run, Ok(last)) if *run == last => Ok(()),
        (run, Ok(last)) => Err(format!("gave {run} to the trial {last}")),
        (_, Err(error)) => Err(error.to_string()),
    }
}
