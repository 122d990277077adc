//! The store: where it is, its settings, its saved prompts, and the snapshots of its trials.

mod files;
mod find;
mod foreign;
mod import;
mod init;
mod known;
mod prompt_settings;
mod prompts;
mod read;
mod settings;

pub(crate) use crate::{
    index::IndexedLog,
    log::{Log, Source, no_such_trial},
};
pub(crate) use files::{create_file, flush_directory_of, persist_new, temporary_file_beside};
pub use find::Store;
pub(crate) use find::{check_regular, way_out};
pub use foreign::translate;
pub use import::{Merged, new_store};
pub use init::{New, init};
pub use prompt_settings::{PromptSettings, SectionName};
pub use prompts::SavedPrompt;
pub use read::ReadOptions;
pub use settings::{Durability, Settings};
mod header {
    pub(crate) use crate::log::{has_own_columns as is_own, read_header};
}
