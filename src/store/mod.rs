//! The store: where it is, its settings, its saved prompts, and the snapshots of its trials.

mod find;
mod foreign;
mod import;
mod init;
mod known;
mod prompt_settings;
mod prompts;
mod read;
mod settings;
mod snapshot;
mod workdir;

pub(crate) use crate::{
    append::LockedLog,
    index::IndexedLog,
    log::{Log, Source, escape_controls, no_such_trial},
};
pub use find::Store;
pub(crate) use find::{check_regular, way_out};
pub use foreign::translate;
pub use import::{Merged, new_store};
pub use init::{New, init};
pub use prompt_settings::{PromptSettings, SectionName};
pub use prompts::SavedPrompt;
pub use read::ReadOptions;
pub use settings::{Durability, Settings};
pub use snapshot::{Checkout, Frozen, Outcome, Pair, Placed, Side, Snapshot, compare};
pub use workdir::{WorkFile, Workdir};
mod header {
    pub(crate) use crate::log::{has_own_columns as is_own, read_header};
}
