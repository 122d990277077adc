//! Writing trials: a draft is completed from the log and appended under the lock. Amending a trial replaces its row.

mod amend;
mod complete;
mod draft;
mod file_lock;
mod file_system;
mod input;
mod lock;
mod long_text;
mod repair;
mod replace;
mod state;

pub use amend::{AmendmentPlan, CellChange, parse_status, plan_amendment};
pub use complete::CompletedTrial;
pub use draft::{Draft, Origin, format_time};
pub use input::{parse_trials, read_text};
pub use lock::{LockedLog, Written, is_out_of_space};
pub use replace::Reason;
pub use state::{LogState, LoggedJob};
