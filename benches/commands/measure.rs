//! One whole process, measured from outside: what a shell script pays for a command.

use std::{
    fs::{self, File},
    io::Read,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Result, bail, ensure};
use wait4::Wait4;

use crate::generate::Random;

/// What all runs of one probe may take together, and how many there are at least and at most.
const BUDGET: Duration = Duration::from_secs(4);
const LEAST: u32 = 3;
const MOST: u32 = 41;
/// What takes longer is run once, and its first run counts.
const SLOW: Duration = Duration::from_secs(10);

/// A command line that is run again and again, and what came of it.
pub(super) struct Probe {
    /// The question, and who answers it.
    pub(super) what: &'static str,
    pub(super) by: &'static str,
    command: Command,
    answer: Option<Answer>,
    rounds: u32,
    samples: Vec<Sample>,
    failure: Option<String>,
}

/// Where the answer of a peer is written, and who says whether it is right.
struct Answer {
    path: PathBuf,
    judge: Judge,
}

/// What is wrong with an answer, or with what was done.
pub(super) type Judge = Box<dyn Fn(&str) -> Result<(), String>>;

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
    pub(super) runs: usize,
}

impl Probe {
    /// A program that must not fail; its output goes to `/dev/null`.
    pub(super) fn new(what: &'static str, by: &'static str, mut command: Command) -> Self {
        command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        Self {
            what,
            by,
            command,
            answer: None,
            rounds: 0,
            samples: Vec::new(),
            failure: None,
        }
    }

    /// A program of somebody else: it may fail, and its answer, which goes to `path`, may be wrong.
    pub(super) fn of_peer(
        what: &'static str,
        by: &'static str,
        command: Command,
        path: PathBuf,
        judge: Judge,
    ) -> Self {
        let answer = Some(Answer { path, judge });
        Self {
            answer,
            ..Self::new(what, by, command)
        }
    }

    fn run(&mut self) -> Result<Sample> {
        if let Some(Answer { path, .. }) = &self.answer {
            self.command
                .stdout(File::create(path)?)
                .stderr(File::create(path.with_extension("err"))?);
        }
        let begin = Instant::now();
        let done = self.command.spawn()?.wait4()?;
        let wall = begin.elapsed();
        ensure!(done.status.success(), "ended with {}", done.status);
        Ok(Sample {
            wall,
            cpu: done.rusage.utime + done.rusage.stime,
            peak: done.rusage.maxrss,
        })
    }

    /// One run; `None` where a peer failed, which then is run no more.
    fn sample(&mut self) -> Result<Option<Sample>> {
        match (self.run(), &self.answer) {
            (Ok(sample), _) => Ok(Some(sample)),
            (Err(error), None) => bail!("{:?}: {error:#}", self.command),
            (Err(error), Some(answer)) => {
                let talk =
                    fs::read_to_string(answer.path.with_extension("err")).unwrap_or_default();
                self.failure = Some(
                    format!("{error:#} {}", talk.lines().last().unwrap_or_default())
                        .trim()
                        .to_owned(),
                );
                Ok(None)
            }
        }
    }

    /// The first run: it warms up, and says how many others there will be.
    fn warm_up(&mut self) -> Result<()> {
        let Some(sample) = self.sample()? else {
            return Ok(());
        };
        if sample.wall > SLOW {
            self.samples.push(sample);
            return Ok(());
        }
        let fits = |rounds: &u32| sample.wall * *rounds <= BUDGET;
        self.rounds = (LEAST..=MOST).rev().step_by(2).find(fits).unwrap_or(LEAST); // odd, for the median
        Ok(())
    }

    /// A probe of few runs has them spread over all rounds.
    fn is_due(&self, round: u32, rounds: u32) -> bool {
        self.failure.is_none() && round * self.rounds / rounds != (round + 1) * self.rounds / rounds
    }

    pub(super) fn figures(&self) -> Option<Figures> {
        (self.failure.is_none() && !self.samples.is_empty()).then(|| Figures {
            wall_ms: self.median(|sample| sample.wall.as_secs_f64() * 1e3),
            cpu_ms: self.median(|sample| sample.cpu.as_secs_f64() * 1e3),
            peak_mb: self.median(|sample| Duration::from_micros(sample.peak).as_secs_f64()), // a million bytes
            runs: self.samples.len(),
        })
    }

    fn median(&self, figure: impl Fn(&Sample) -> f64) -> f64 {
        median(self.samples.iter().map(figure).collect())
    }

    /// What a peer answered: nothing to say, or what is wrong; `None` where nobody asks.
    pub(super) fn verdict(&self) -> Option<Result<(), String>> {
        let Answer { path, judge } = self.answer.as_ref()?;
        Some(match &self.failure {
            Some(failure) => Err(format!("no answer: {failure}")),
            None => judge(&beginning(path)),
        })
    }
}

/// As much of an answer as any judge needs: a prompt of a long log would make this process large.
fn beginning(path: &Path) -> String {
    let mut bytes = Vec::new();
    let read = File::open(path).and_then(|file| file.take(1 << 16).read_to_end(&mut bytes));
    read.map_or_else(
        |error| error.to_string(),
        |_| String::from_utf8_lossy(&bytes).into_owned(),
    )
}

pub(super) fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}

/// Runs the probes in turn, round after round, so that what disturbs the machine disturbs all of them; each round in
/// another order, so that none always follows the same neighbour.
pub(super) fn interleave(probes: &mut [Probe]) -> Result<()> {
    for probe in &mut *probes {
        probe.warm_up()?;
    }
    let rounds = probes.iter().map(|probe| probe.rounds).max().unwrap_or(0);
    let mut order: Vec<usize> = (0..probes.len()).collect();
    let mut random = Random::new();
    for round in 0..rounds {
        for last in (1..order.len()).rev() {
            order.swap(last, random.index(last + 1));
        }
        for &index in &order {
            let probe = &mut probes[index];
            if probe.is_due(round, rounds) {
                let sample = probe.sample()?;
                probe.samples.extend(sample);
            }
        }
    }
    Ok(())
}
