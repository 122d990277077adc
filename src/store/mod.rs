//! The store: where it is, its settings, its saved prompts, and its trials in progress.

mod find;
mod git;
mod init;
mod lost;
mod process;
mod prompt_settings;
mod prompts;
mod running;
mod settings;
mod shared;

pub use find::Store;
pub(crate) use find::{check_regular, way_out};
pub use git::find_main_worktree_above;
pub use init::{New, check_names, has_bare_log, init};
pub(crate) use process::{ProcessStat, list_processes};
pub use prompt_settings::{PromptSettings, SectionName};
pub use prompts::SavedPrompt;
pub use running::{RunningProcess, RunningTrial};
pub use settings::{AppendSettings, Durability, Settings};
#[cfg(not(feature = "postgres"))]
pub(crate) use shared::NO_POSTGRES;
pub use shared::{SharedSettings, Unreachable};
#[cfg(feature = "postgres")]
pub(crate) use shared::{host, mirror_state_path};

/// The names of the store's directory and of the files in it.
const DIR: &str = ".lineage";
const LOG: &str = "results.tsv";
const SETTINGS: &str = "lineage.toml";
const INSIGHTS: &str = "insights.md";
const AMENDED: &str = "amended.tsv";
const INDEX: &str = "results.idx";

/// What belongs to a store besides its log and the files named after it.
const OWN_NAMES: [&str; 8] = [
    SETTINGS,
    INSIGHTS,
    ".gitignore",
    "snapshots",
    "prompts",
    "running",
    "mirror.json",
    "outbox.jsonl",
];
