//! The program: parse the arguments, run, exit.

use std::process::ExitCode;
use std::sync::Arc;

use clap::Parser;
use lineage::cli::{self, Cli};

fn main() -> ExitCode {
    survive_file_size_limit();
    cli::run(Cli::parse())
}

/// A write beyond `RLIMIT_FSIZE` raises SIGXFSZ, which would kill the program halfway through a row. With a handler the
/// write fails with an error instead and is undone.
fn survive_file_size_limit() {
    let flag = Arc::default();
    // A failure is harmless: everything but this signal still works.
    let _ = signal_hook::flag::register(signal_hook::consts::SIGXFSZ, flag);
}
