//! Writing: a trial is drafted from what was given, completed from the log as it stands, and written under the lock.

mod draft;
mod input;
mod lock;
mod repair;
mod state;

pub use draft::{Complete, Draft, format_time, nearest};
pub use input::{parse_trials, read_text};
pub(crate) use lock::flush_dir;
pub use lock::{LockedLog, NotFlushed, Unwritten};
pub use state::{Known, LogState};
