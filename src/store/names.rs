//! The names of the store's directory and of the files in it.

pub(super) const DIR: &str = ".lineage";
pub(super) const LOG: &str = "results.tsv";
pub(super) const SETTINGS: &str = "lineage.toml";
pub(super) const INSIGHTS: &str = "insights.md";
pub(super) const AMENDED: &str = "amended.tsv";
pub(super) const INDEX: &str = "results.idx";

/// What belongs to a store besides its log and the files named after it.
pub(super) const OWN_NAMES: [&str; 8] = [
    SETTINGS,
    INSIGHTS,
    ".gitignore",
    "snapshots",
    "prompts",
    "running",
    "mirror.json",
    "outbox.jsonl",
];
