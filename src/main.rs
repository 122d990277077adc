//! The door: parse, run, exit code.

use std::process::ExitCode;

use lineage::cli::{self, Cli};

fn main() -> ExitCode {
    survive_file_size_limit();
    cli::run(Cli::parse())
}

/// A write beyond `RLIMIT_FSIZE` sends SIGXFSZ, which would kill the program half-way through a row; with a handler the
/// write fails with an error instead, and is undone.
fn survive_file_size_limit() {
    #[cfg(unix)]
    {
        let seen = std::sync::Arc::default();
        let _ = signal_hook::flag::register(signal_hook::consts::SIGXFSZ, seen); // without it, all else still works
    }
}
