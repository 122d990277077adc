//! One whole process, measured from outside: what a shell script pays for a command.

use std::{
    fs::OpenOptions,
    path::PathBuf,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Result, ensure};
use wait4::Wait4;

/// A command line that is run again and again, and what came of it.
pub(super) struct Probe {
    pub(super) name: &'static str,
    command: Command,
    /// A file that the command lengthens, and the length to which it is cut back.
    restore: Option<(PathBuf, u64)>,
    samples: Vec<Sample>,
}

/// What one process took. The peak of memory is never less than that of the process that starts it, so this one
/// stays small.
struct Sample {
    wall: Duration,
    cpu: Duration,
    peak: u64,
}

/// The medians of a probe.
#[derive(Clone, Copy)]
pub(super) struct Figures {
    pub(super) wall_ms: f64,
    pub(super) cpu_ms: f64,
    pub(super) peak_mb: f64,
}

impl Probe {
    pub(super) fn new(name: &'static str, mut command: Command) -> Self {
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        Self { name, command, restore: None, samples: Vec::new() }
    }

    /// Cuts `file` back to `length` after each run.
    pub(super) fn restoring(self, file: PathBuf, length: u64) -> Self {
        Self { restore: Some((file, length)), ..self }
    }

    fn run(&mut self) -> Result<Sample> {
        let begin = Instant::now();
        let done = self.command.spawn()?.wait4()?;
        let wall = begin.elapsed();
        let fine = done.status.code().is_some_and(|code| code <= 1); // 1: `check` has findings, the snapshots are not there
        ensure!(fine, "{:?} ended with {}", self.command, done.status);
        if let Some((file, length)) = &self.restore {
            OpenOptions::new().write(true).open(file)?.set_len(*length)?;
        }
        Ok(Sample { wall, cpu: done.rusage.utime + done.rusage.stime, peak: done.rusage.maxrss })
    }

    pub(super) fn figures(&self) -> Figures {
        Figures {
            wall_ms: self.median(|sample| sample.wall.as_secs_f64() * 1e3),
            cpu_ms: self.median(|sample| sample.cpu.as_secs_f64() * 1e3),
            peak_mb: self.median(|sample| Duration::from_micros(sample.peak).as_secs_f64()), // a million bytes
        }
    }

    fn median(&self, figure: impl Fn(&Sample) -> f64) -> f64 {
        let mut figures: Vec<f64> = self.samples.iter().map(figure).collect();
        figures.sort_by(f64::total_cmp);
        figures[figures.len() / 2]
    }
}

/// Runs the probes in turn, round after round, so that what disturbs the machine disturbs all of them. The first round
/// warms up and does not count.
pub(super) fn interleave(probes: &mut [Probe], rounds: usize) -> Result<()> {
    for round in 0..=rounds {
        for probe in &mut *probes {
            let sample = probe.run()?;
            if round > 0 {
                probe.samples.push(sample);
            }
        }
    }
    Ok(())
}
