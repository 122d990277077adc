//! Sixteen shells that append at once, each trial by a process of its own.

use std::{
    collections::BTreeSet,
    fs::{self, File},
    io::{BufRead, BufReader, Seek, SeekFrom},
    path::Path,
    process::{Command, Stdio},
    thread,
    time::Instant,
};

use anyhow::{Result, anyhow, ensure};

use crate::{
    measure::median,
    programs::Floors,
    stores::{append, bare_append},
};

const WORKERS: u64 = 16;
const ROUNDS: usize = 5;

/// Processes a second, medians of interleaved rounds.
pub(super) struct Race {
    /// How many trials the log had before the first round.
    pub(super) rows: u64,
    pub(super) lineage: f64,
    pub(super) bare: f64,
    /// Programs that do nothing: what starting processes allows.
    pub(super) empty: f64,
    /// Trials that were appended, each of them with the next id, which was printed once.
    pub(super) trials: u64,
}

impl Race {
    /// On a store of `rows` trials; each worker appends `each` trials, one after the other, in each round.
    pub(super) fn run(
        floors: &Floors,
        store: &Path,
        bare: &Path,
        rows: u64,
        each: u64,
    ) -> Result<Self> {
        let log = store.join("results.tsv");
        let (mut lineage, mut locked, mut empty) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            let before = fs::metadata(&log)?.len();
            let (rate, printed) = rate(&|| append(store), each)?;
            every_id_once(&log, before, &printed)?;
            lineage.push(rate);
            locked.push(self::rate(&|| bare_append(floors, bare), each)?.0);
            empty.push(self::rate(&|| Command::new(&floors.empty), each)?.0);
        }
        let trials = WORKERS * each * ROUNDS as u64;
        Ok(Self {
            rows,
            lineage: median(lineage),
            bare: median(locked),
            empty: median(empty),
            trials,
        })
    }
}

/// How many processes a second end well, and what they printed.
fn rate(command: &(dyn Fn() -> Command + Sync), each: u64) -> Result<(f64, Vec<String>)> {
    let worker = || -> Result<Vec<String>> {
        let run = |_| {
            let output = command()
                .stdin(Stdio::null())
                .stderr(Stdio::null())
                .output()?;
            ensure!(
                output.status.success(),
                "{:?} ended with {}",
                command(),
                output.status
            );
            Ok(String::from_utf8(output.stdout)?.trim().to_owned())
        };
        (0..each).map(run).collect()
    };
    let begin = Instant::now();
    let printed: Result<Vec<_>> = thread::scope(|scope| {
        let workers: Vec<_> = (0..WORKERS).map(|_| scope.spawn(worker)).collect();
        workers
            .into_iter()
            .map(|worker| worker.join().map_err(|_| anyhow!("a worker panicked"))?)
            .collect()
    });
    let wall = begin.elapsed();
    let printed = printed?.concat();
    Ok((
        f64::from(u32::try_from(printed.len())?) / wall.as_secs_f64(),
        printed,
    ))
}

/// The rows behind `before` have the ids that were printed, each once, and one after the other without a gap.
fn every_id_once(log: &Path, before: u64, printed: &[String]) -> Result<()> {
    let mut file = File::open(log)?;
    file.seek(SeekFrom::Start(before))?;
    let mut ids = Vec::new();
    for line in BufReader::new(file).lines() {
        ids.push(
            line?
                .split('\t')
                .next()
                .unwrap_or_default()
                .parse::<u64>()?,
        );
    }
    let printed_ids: BTreeSet<u64> = printed
        .iter()
        .map(|id| id.parse())
        .collect::<Result<_, _>>()?;
    ensure!(
        ids.windows(2).all(|pair| pair[0] + 1 == pair[1]),
        "the ids in the log have a gap, or come twice"
    );
    ensure!(
        ids.len() == printed.len(),
        "{} rows in the log, {} ids printed",
        ids.len(),
        printed.len()
    );
    ensure!(
        printed_ids.iter().eq(&ids),
        "the ids in the log are not those that were printed"
    );
    Ok(())
}
