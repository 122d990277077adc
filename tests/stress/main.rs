//! Trials by fire: each breaks the program in one way, many times over, and prints one line with its figures, or the promise
//! that did not hold. `cargo test --test stress` runs the short form; `--long` the form whose figures are in
//! `docs/reliability.md`; names choose trials, `--seed N` another course of chance.

#![allow(clippy::print_stdout)] // the figures are what this program is for

mod calls;
mod clock;
mod flips;
mod full;
mod giants;
mod held;
mod kills;
mod limit;
mod noise;
mod scene;
mod seed;
mod seen;
mod torn;
mod writers;

use std::{process::ExitCode, time::Instant};

use anyhow::Result;

/// How much is tried, and along which course of chance.
pub(crate) struct Form {
    pub(crate) long: bool,
    pub(crate) seed: u64,
}

impl Form {
    pub(crate) fn pick<T>(&self, short: T, long: T) -> T {
        if self.long { long } else { short }
    }
}

/// What came of a trial whose promises held; one that did not is the error.
pub(crate) enum Outcome {
    Held(String),
    /// Why it cannot be tried here. Never counts as held.
    Skipped(String),
}

type Fire = fn(&Form) -> Result<Outcome>;

const FIRES: [(&str, Fire); 11] = [
    ("writers", writers::run),
    ("kills", kills::run),
    ("calls", calls::run),
    ("torn", torn::run),
    ("full", full::run),
    ("limit", limit::run),
    ("flips", flips::run),
    ("clock", clock::run),
    ("held", held::run),
    ("noise", noise::run),
    ("giants", giants::run),
];

fn main() -> ExitCode {
    let (form, names) = arguments();
    let mut failed = false;
    let chosen = |name: &str| names.is_empty() || names.iter().any(|wanted| wanted == name);
    for (name, fire) in FIRES.iter().filter(|(name, _)| chosen(name)) {
        let started = Instant::now();
        let line = match fire(&form) {
            Ok(Outcome::Held(figures)) => {
                format!("{figures}, {:.1} s", started.elapsed().as_secs_f64())
            }
            Ok(Outcome::Skipped(why)) => format!("skipped: {why}"),
            Err(error) => {
                failed = true;
                format!("FAILED (seed {}): {error:#}", form.seed)
            }
        };
        println!("{name}: {line}");
    }
    ExitCode::from(u8::from(failed))
}

/// The flags that `cargo test` hands to every test program are passed over.
fn arguments() -> (Form, Vec<String>) {
    let mut form = Form {
        long: false,
        seed: 1,
    };
    let mut names = Vec::new();
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--long" => form.long = true,
            "--seed" => {
                form.seed = arguments
                    .next()
                    .and_then(|seed| seed.parse().ok())
                    .expect("--seed N")
            }
            flag if flag.starts_with('-') => {}
            _ => names.push(argument),
        }
    }
    (form, names)
}
