//! `lineage.toml`: what a store knows besides its log. A log without a store is read with the defaults.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use serde::{Deserialize, Serialize};

use crate::{
    formats::Map,
    log::{Direction, Status},
};

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
    pub import: Import,
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
        Self {
            path: None,
            always: false,
            max_bytes: 1024 * 1024 * 1024,
        }
    }
}

impl Freezing {
    /// Whether a trial that ended so is frozen.
    pub fn wants(&self, status: Status) -> bool {
        self.always || status.can_be_best()
    }
}

/// How the log of another tool was read when it was imported; it is read so again.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Import {
    #[serde(deserialize_with = "map")]
    pub map: Map,
    pub segment: Option<u64>,
}

fn map<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Map, D::Error> {
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
    /// Reads `lineage.toml`; the defaults where there is none.
    pub(super) fn read(path: &Path) -> Result<Self> {
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Ok(Self::default());
            }
            Err(error) => {
                return Err(error).with_context(|| format!("cannot read {}", path.display()));
            }
        };
        let settings: Self = match toml::from_str(&text) {
            Ok(settings) => settings,
            // A newer store may have keys that this program has never heard of.
            Err(error) => {
                let table: toml::Table = text
                    .parse()
                    .with_context(|| format!("{} is no TOML", path.display()))?;
                check_version(path, table.get("version").and_then(toml::Value::as_integer))?;
                return Err(error).with_context(|| {
                    format!("{} holds a setting that cannot be used", path.display())
                });
            }
        };
        check_version(path, settings.version.map(i64::from))?;
        if settings
            .prompt
            .epsilon
            .is_some_and(|epsilon| !epsilon.is_finite() || epsilon < 0.0)
        {
            bail!(
                "{}: prompt.epsilon is a difference of scores, 0 or more",
                path.display()
            );
        }
        Ok(settings)
    }
}

fn check_version(path: &Path, version: Option<i64>) -> Result<()> {
    match version {
        Some(version) if version > i64::from(VERSION) => {
            let path = path.display();
            bail!(
                "{path} is of version {version}, this lineage knows version {VERSION}: install a newer lineage"
            )
        }
        _ => Ok(()),
    }
}
