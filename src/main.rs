//! The entry point: parse, run, exit code. A shell may ask for completions instead.

use std::{process::ExitCode, sync::Arc};

use lineage::cli;
use lineage::commands::completions::answer_shell;

fn main() -> ExitCode {
    answer_shell(cli::program);
    survive_file_size_limit();
    cli::run(cli::parse())
}

/// A write beyond `RLIMIT_FSIZE` raises SIGXFSZ, which would kill the program in the middle of a row. With a handler, the
/// write returns an error instead and is undone.
fn survive_file_size_limit() {
    let raised = Arc::default();
    let _ = signal_hook::flag::register(signal_hook::consts::SIGXFSZ, raised); // everything else works without it
}
