//! Runs whole processes, interleaved, and keeps their time and peak memory.

use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use wait4::Wait4;

const ROUNDS: u32 = 101;
/// A slow command is run in fewer rounds, but in three at least.
const MS_PER_CASE: f64 = 3_000.0;

/// A command line, and what each of its runs took.
pub(crate) struct Case {
    pub(crate) name: String,
    command: Command,
    /// Milliseconds, and megabytes, which are never below the peak of this process.
    runs: Vec<(f64, f64)>,
}

impl Case {
    /// The words of the command line are separated by spaces, without quotes.
    pub(crate) fn new(name: &str, command_line: &str) -> Self {
        let mut words = command_line.split(' ');
        let mut command = Command::new(words.next().unwrap_or_default());
        command.args(words).stdin(Stdio::null());
        command.stdout(Stdio::null()).stderr(Stdio::null());
        let name = name.to_owned();
        let runs = Vec::new();
        Self {
            name,
            command,
            runs,
        }
    }

    fn run(&mut self) -> Result<()> {
        let start = Instant::now();
        let child = self.command.spawn().context(self.name.clone())?;
        let result = child.wait4()?;
        let ms = start.elapsed().as_secs_f64() * 1e3;
        ensure!(result.status.success(), "{:?} failed", self.command);
        self.runs.push((ms, result.rusage.maxrss as f64 / 1e6));
        Ok(())
    }

    pub(crate) fn ms(&self) -> f64 {
        median(self.runs.iter().map(|run| run.0))
    }

    pub(crate) fn mb(&self) -> f64 {
        median(self.runs.iter().map(|run| run.1))
    }
}

pub(crate) fn measure(cases: &mut [Case]) -> Result<()> {
    for case in &mut *cases {
        case.run()?; // fills the caches
        case.runs.clear();
    }
    for round in 0..ROUNDS {
        for case in &mut *cases {
            let spent: f64 = case.runs.iter().map(|run| run.0).sum();
            let is_slow = spent > MS_PER_CASE * f64::from(round) / f64::from(ROUNDS);
            if !is_slow || case.runs.len() < 3 {
                case.run()?;
            }
        }
        cases.reverse(); // so that no case always has the same predecessor
    }
    cases.reverse(); // the number of rounds is odd
    Ok(())
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut sorted: Vec<f64> = values.collect();
    sorted.sort_by(f64::total_cmp);
    sorted[sorted.len() / 2]
}
