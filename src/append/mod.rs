//! Writing trials: a draft is completed from the log and appended under the lock. Amending a trial replaces its row.

mod amend;
mod complete;
mod draft;
mod file_lock;
mod file_system;
mod input;
mod lock;
mod long_text;
#[cfg(feature = "postgres")]
mod mirror;
#[cfg(not(feature = "postgres"))]
#[path = "no_mirror.rs"]
mod mirror;
mod repair;
mod replace;
mod state;

pub use amend::{AmendmentPlan, CellChange, parse_status, plan_amendment};
pub use complete::CompletedTrial;
pub use draft::{Draft, Origin, format_time};
pub use input::{parse_trials, read_text};
pub use lock::{LockedLog, Uniqueness, Written, is_out_of_space};
#[cfg(feature = "postgres")]
pub(crate) use mirror::lock_beside;
pub use replace::Reason;
pub use state::{LogState, LoggedJob};
