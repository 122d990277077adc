//! The store: where it is, its settings, its saved prompts, and the snapshots of its trials.

mod files;
mod find;
mod init;
mod prompt_settings;
mod prompts;
mod settings;

pub(crate) use files::{create_file, flush_directory_of, persist_new, temporary_file_beside};
pub use find::Store;
pub(crate) use find::{check_regular, way_out};
pub use init::{New, init};
pub use prompt_settings::{PromptSettings, SectionName};
pub use prompts::SavedPrompt;
pub use settings::{Durability, Settings};
