//! `lineage.toml`: the settings of a store. A log without a store is read with the defaults.

use std::{
    io::ErrorKind,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, ensure};
use serde::{Deserialize, Serialize};

use crate::{
    formats::Map,
    log::{Direction, Status},
};

/// The version of the stores that this program makes and understands.
pub(super) const VERSION: u32 = 1;

/// Everything in `lineage.toml`. An unknown key is an error, so that a typing mistake does not go unnoticed.
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
    pub snapshot: SnapshotSettings,
    pub import: ImportSettings,
    pub prompt: Prompt,
}

/// Whether an append waits until its row is on the disk.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Durability {
    /// Calls `fdatasync` before the id is printed.
    #[default]
    Full,
    /// Leaves it to the operating system: a power cut may lose the last trials.
    None,
}

/// What `append` freezes.
#[derive(Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SnapshotSettings {
    /// The default of `--snapshot`, relative to the directory that contains the store.
    pub path: Option<PathBuf>,
    /// Freeze every trial, not only `keep` and `baseline`.
    pub always: bool,
    /// Refuse to freeze more than this.
    pub max_bytes: u64,
}

impl Default for SnapshotSettings {
    fn default() -> Self {
        Self {
            path: None,
            always: false,
            max_bytes: 1024 * 1024 * 1024,
        }
    }
}

impl SnapshotSettings {
    /// Whether a trial with this status is frozen.
    pub fn wants(&self, status: Status) -> bool {
        self.always || status.can_be_best()
    }
}

/// How an external log was imported; the next import reads it in the same way.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ImportSettings {
    #[serde(deserialize_with = "parse_map")]
    pub map: Map,
    pub segment: Option<u64>,
}

fn parse_map<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Map, D::Error> {
    String::deserialize(deserializer)?
        .parse()
        .map_err(serde::de::Error::custom)
}

/// Limits, order and text of the prompt.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Prompt {
    /// The sections, in the order in which they are shown; all of them in the usual order where empty.
    pub sections: Vec<SectionName>,
    /// Rows of the leaderboard.
    pub top: usize,
    /// Links of the chain to the best besides its root.
    pub links: usize,
    /// Children of the best.
    pub children: usize,
    /// Trials of the specialist's own axis.
    pub axis: usize,
    /// Reasons of a class of failures.
    pub reasons: usize,
    /// Rows of the table of recent trials.
    pub recent: usize,
    /// Recent trials whose hypothesis and notes are given in full.
    pub full: usize,
    /// The whole prompt, in bytes; 24,000, as far as that can be, where absent.
    pub max_bytes: Option<usize>,
    /// Differences below this are noise; the log's own noise where absent.
    pub epsilon: Option<f64>,
    /// From how many trials without a keep on it is said.
    pub stuck_after: u64,
    /// What the agent is to do; `{specialist}`, `{best}` and `{metric}` are filled in.
    pub task: String,
}

impl Default for Prompt {
    fn default() -> Self {
        Self {
            sections: Vec::new(),
            top: 20,
            links: 20,
            children: 10,
            axis: 5,
            reasons: 3,
            recent: 30,
            full: 10,
            max_bytes: None,
            epsilon: None,
            stuck_after: 20,
            task: DEFAULT_TASK.to_owned(),
        }
    }
}

/// A part of the prompt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum SectionName {
    /// Who reads it, as of when, the best and which way is better
    Opening,
    /// What fails, and how
    Failures,
    /// The current best
    Best,
    /// The leaderboard
    #[serde(alias = "board")]
    #[value(alias = "board")]
    Leaderboard,
    /// The chain to the best
    Chain,
    /// What was tried from the best
    Children,
    /// The reader's own trials
    #[serde(alias = "axis")]
    #[value(alias = "axis")]
    Specialist,
    /// The newest trials, one line each
    Recent,
    /// The newest trials in full
    Full,
    /// What the numbers say about the search
    Signals,
    /// insights.md
    Insights,
    /// How to ask for more
    More,
    /// The files of the workdir
    Workdir,
    /// What is to be done
    Task,
}

impl SectionName {
    /// The word for it in the settings and on the command line.
    pub fn word(self) -> &'static str {
        match self {
            Self::Opening => "opening",
            Self::Failures => "failures",
            Self::Best => "best",
            Self::Leaderboard => "board",
            Self::Chain => "chain",
            Self::Children => "children",
            Self::Specialist => "specialist",
            Self::Recent => "recent",
            Self::Full => "full",
            Self::Signals => "signals",
            Self::Insights => "insights",
            Self::More => "more",
            Self::Workdir => "workdir",
            Self::Task => "task",
        }
    }
}

/// The stop rule keeps an agent from spending a night on one idea.
const DEFAULT_TASK: &str = "Propose one edit within the {specialist} domain that improves {metric} over {best}, check it \
locally, and submit it. One submit is a complete session: stopping there is the default. Submit again only if the \
result points to a concrete next edit worth trying; a crash, an uninformative result, or no clear refinement means stop.";

impl Settings {
    /// Reads `lineage.toml`; the defaults if there is none.
    pub(super) fn read(path: &Path) -> Result<Self> {
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Self::default()),
            Err(error) => {
                return Err(error).with_context(|| format!("cannot read {}", path.display()));
            }
        };
        // Checked first, because a newer version may have settings that this program does not know.
        check_version(path, &text)?;
        let settings: Self = toml::from_str(&text)
            .with_context(|| format!("{} has an invalid setting", path.display()))?;
        if let Some(epsilon) = settings.prompt.epsilon {
            ensure!(
                epsilon.is_finite() && epsilon >= 0.0,
                "{}: prompt.epsilon is a difference of scores, 0 or more",
                path.display()
            );
        }
        Ok(settings)
    }
}

fn check_version(path: &Path, text: &str) -> Result<()> {
    let table: toml::Table = text
        .parse()
        .with_context(|| format!("{} is not TOML", path.display()))?;
    if let Some(version) = table.get("version").and_then(toml::Value::as_integer) {
        ensure!(
            version <= i64::from(VERSION),
            "{} has version {version}, this lineage supports version {VERSION}; install a newer lineage",
            path.display()
        );
    }
    Ok(())
}
