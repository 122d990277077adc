//! Writing trials: a draft is completed from the log and appended under the lock. Amending a trial replaces its row.

mod amend;
mod complete;
#[cfg(feature = "postgres")]
mod database;
#[cfg(not(feature = "postgres"))]
#[path = "no_database.rs"]
mod database;
mod draft;
mod file_lock;
mod input;
mod lock;
mod log_end;
mod long_text;
#[cfg(feature = "postgres")]
mod mirror;
mod repair;
mod replace;
mod state;
mod warnings;

pub use amend::{AmendmentPlan, CellChange, plan_amendment};
pub use complete::CompletedTrial;
pub(crate) use complete::delta;
pub use draft::{Draft, Origin, format_time};
#[cfg(feature = "postgres")]
pub(crate) use file_lock::open_locked;
pub use input::{parse_trials, read_text};
pub use lock::{LockedLog, Uniqueness, Written, is_out_of_space};
pub use state::{LogState, LoggedJob};

use std::time::Duration;

use anyhow::Result;

use crate::{log::Direction, store::Store};

impl Store {
    /// Takes the lock on the log, waiting no longer than `wait`, and reads the log as it is then. A shared log is also locked
    /// in its database, and has the rows of other hosts.
    pub fn lock(&self, direction: Option<Direction>, wait: Duration) -> Result<LockedLog> {
        match &self.settings.shared {
            Some(shared) => database::lock_shared(self, shared, direction, wait),
            None => self.lock_file(direction, wait),
        }
    }
}
