//! Running the command of one trial: its processes, its output, its score, and what its failure was.

mod entry;

pub use entry::{RunningEntry, remove_stale_entries};
