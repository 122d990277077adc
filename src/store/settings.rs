//! `lineage.toml`: what a store knows besides its log. A log without a store is read with the defaults.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use serde::{Deserialize, Serialize};

use crate::trial::{Direction, Status};

/// The version of the store that this program makes and understands.
pub(super) const VERSION: u32 = 1;

/// Everything in `lineage.toml`. What is absent has its default; a key that is not known is an error, so that a typing
/// mistake does not pass for a setting.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    pub version: Option<u32>,
    /// The column that the search optimises.
    pub metric: Option<String>,
    pub direction: Option<Direction>,
    /// A short name for the metric.
    pub label: Option<String>,
    /// Columns of a new log besides the 17.
    pub columns: Vec<String>,
    pub durability: Durability,
    pub snapshot: Freezing,
    pub prompt: Prompt,
}

/// Whether an append waits until its row is on the disk.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Durability {
    /// `fdatasync` before the id is printed.
    #[default]
    Full,
    /// The operating system writes it when it likes: a power cut may cost the last trials.
    None,
}

/// What an append freezes.
#[derive(Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Freezing {
    /// The work, where the command line does not name it; relative to the directory that the store is in.
    pub path: Option<PathBuf>,
    /// Every trial, not only `keep` and `baseline`.
    pub always: bool,
    /// More than this is an error.
    pub max_bytes: u64,
}

impl Default for Freezing {
    fn default() -> Self {
        Self { path: None, always: false, max_bytes: 1024 * 1024 * 1024 }
    }
}

impl Freezing {
    /// Whether a trial that ended so is frozen.
    pub fn wants(&self, status: Status) -> bool {
        self.always || status.can_be_best()
    }
}

/// Limits and text of the prompt.
#[derive(Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Prompt {
    /// Rows of the leaderboard.
    pub top: usize,
    /// Rows of the table of recent trials.
    pub recent: usize,
    /// Recent trials whose hypothesis and notes are given in full.
    pub full: usize,
    /// What the agent is to do; `{specialist}`, `{best}` and `{metric}` are filled in.
    pub task: String,
}

impl Default for Prompt {
    fn default() -> Self {
        Self { top: 20, recent: 30, full: 10, task: DEFAULT_TASK.to_owned() }
    }
}

/// The stop rule keeps an agent from spending a night on one idea.
const DEFAULT_TASK: &str = "Propose one edit within the {specialist} domain that improves {metric} over {best}, check it \
locally, and submit it. One submit is a complete session: stopping there is the default. Submit again only if the \
result points to a concrete next edit worth trying; a crash, an uninformative result, or no clear refinement means stop.";

impl Settings {
    /// Reads `lineage.toml`; the defaults where there is none.
    pub(super) fn read(path: &Path) -> Result<Self> {
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Self::default()),
            Err(error) => return Err(error).with_context(|| format!("cannot read {}", path.display())),
        };
        // The version is looked at first: a newer store may have keys that this program has never heard of.
        let table: toml::Table = toml::from_str(&text).with_context(|| format!("{} is no TOML", path.display()))?;
        if let Some(version) = table.get("version").and_then(toml::Value::as_integer)
            && version > i64::from(VERSION)
        {
            bail!(
                "{} is of version {version}, this lineage knows version {VERSION}: install a newer lineage",
                path.display()
            );
        }
        toml::from_str(&text).with_context(|| format!("{} holds a setting that cannot be used", path.display()))
    }
}
