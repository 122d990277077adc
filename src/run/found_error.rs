//! An error in the output of a command, and the lines that only pass one on.

use crate::analysis::WRAPPERS;

/// What launchers print when a program that they started failed.
const LAUNCHERS: [&str; 13] = [
    "DistBackendError",
    "Error: Command failed",
    "RemoteTraceback",
    "error Command failed",
    "error: Recipe",
    "exited with exit code",
    "Exited with exit code",
    "failed (exitcode",
    "make: ***",
    "make[",
    "mpirun",
    "npm ERR!",
    "returned non-zero exit status",
];

/// An error in the output of a command.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct FoundError {
    pub(super) message: String,
    /// The deepest frame in the command's own code.
    pub(super) frame: Option<String>,
}

/// Whether a line reports the failure of another program, which says more itself.
pub(super) fn is_wrapper(line: &str) -> bool {
    let mut wrappers = WRAPPERS.iter().chain(&LAUNCHERS);
    wrappers.any(|wrapper| line.contains(wrapper))
}
