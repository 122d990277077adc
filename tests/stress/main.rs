//! Stress trials: each one breaks the program in one way, many times, and prints a line of figures.
//! `cargo test --test stress` runs the short form; `--long` runs the form behind
//! `docs/reliability.md`. Names select trials, and `--seed N` changes the random choices.

#![allow(clippy::print_stdout)] // this program exists to print its figures

mod amends;
mod batches;
mod calls;
mod clock;
mod differential;
mod flips;
mod full;
mod giants;
mod growth;
mod harness;
mod held;
#[allow(dead_code)] // shared with the CLI tests, which use the rest
#[path = "../cli/index_events.rs"]
mod index_events;
mod kills;
mod limit;
mod noise;
mod random;
mod raw_log;
mod repairs;
#[allow(dead_code)] // shared with the CLI tests, which use the rest
#[path = "../cli/sandbox.rs"]
mod sandbox;
mod torn;
mod writers;

use std::{panic, process::ExitCode, time::Instant};

pub(crate) struct Options {
    pub(crate) long: bool,
    pub(crate) seed: u64,
}

impl Options {
    pub(crate) fn pick<T>(&self, short: T, long: T) -> T {
        if self.long { long } else { short }
    }
}

/// A failed trial panics.
pub(crate) enum Outcome {
    Passed(String),
    Skipped(&'static str),
}

type Trial = fn(&Options) -> Outcome;

const TRIALS: [(&str, Trial); 16] = [
    ("writers", writers::run),
    ("kills", kills::run),
    ("amends", amends::run),
    ("calls", calls::run),
    ("torn", torn::run),
    ("full", full::run),
    ("limit", limit::run),
    ("flips", flips::run),
    ("clock", clock::run),
    ("held", held::run),
    ("noise", noise::run),
    ("giants", giants::run),
    ("differential", differential::run),
    ("batches", batches::run),
    ("repairs", repairs::run),
    ("growth", growth::run),
];

fn main() -> ExitCode {
    let (options, names) = parse_arguments();
    let mut failed = false;
    for (name, trial) in TRIALS {
        if !names.is_empty() && !names.iter().any(|wanted| wanted == name) {
            continue;
        }
        let started = Instant::now();
        let line = match panic::catch_unwind(|| trial(&options)) {
            Ok(Outcome::Passed(figures)) => {
                format!("{figures}, {:.1} s", started.elapsed().as_secs_f64())
            }
            Ok(Outcome::Skipped(reason)) => format!("skipped: {reason}"),
            Err(_) => {
                failed = true;
                format!("FAILED (seed {})", options.seed)
            }
        };
        println!("{name}: {line}");
    }
    ExitCode::from(u8::from(failed))
}

/// Ignores the flags that `cargo test` passes to every test program.
fn parse_arguments() -> (Options, Vec<String>) {
    let mut options = Options {
        long: false,
        seed: 1,
    };
    let mut names = Vec::new();
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        if argument == "--long" {
            options.long = true;
        } else if argument == "--seed" {
            let seed = arguments.next().and_then(|seed| seed.parse().ok());
            options.seed = seed.expect("--seed N");
        } else if !argument.starts_with('-') {
            names.push(argument);
        }
    }
    (options, names)
}
