//! The one room with I/O: where a store is, what its settings are, how its log is read and how a trial gets into it.
//! The log is the only truth. Readers take no lock and write nothing; the type that can write a line can only be
//! got by taking the lock.

mod cells;
mod damaged;
mod find;
mod foreign;
mod header;
mod import;
#[cfg(unix)]
mod index;
#[cfg(not(unix))]
#[path = "no_index.rs"]
mod index;
mod init;
mod known;
mod lines;
mod lock;
mod log;
mod mend;
mod pieces;
mod recall;
mod rows;
mod saved;
mod scan;
mod settings;
mod snapshot;
mod source;
mod spaced;
mod workdir;

pub use cells::{encode, encode_row, escape_controls};
pub use find::Store;
pub use foreign::translate;
pub use import::{Merged, new_store};
pub use init::{New, init};
pub use lock::{Locked, NotFlushed, Unwritten};
pub use log::{Log, Reading};
pub use saved::Saved;
pub use scan::no_such_trial;
use source::Source;
pub use spaced::separate_text;

pub use settings::{Durability, Prompt, SectionName, Settings};
pub use snapshot::{Checkout, Frozen, Outcome, Pair, Placed, Side, Snapshot, compare};
pub use workdir::{WorkFile, Workdir};
