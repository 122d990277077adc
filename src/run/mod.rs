//! Running the command of one trial: its processes, its output, its score, and what its failure was.

mod command;
mod entry;
mod failure;
mod group;
mod outcome;
mod repeat;
mod report;
mod signals;
mod stream;
mod supervisor;
mod terminal;
mod traceback;
mod values;

pub use command::{Plan, RESULT_VARIABLE, Runner};
pub use entry::{RunningEntry, remove_stale_entries};
pub use outcome::{Attempt, Rules};
pub use repeat::{Spread, combine, format_std};
pub use values::Wanted;
