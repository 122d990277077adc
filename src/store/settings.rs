//! `lineage.toml`: the settings of a store. A log without a store is read with the defaults.

use std::{
    collections::BTreeMap,
    ops::RangeInclusive,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, anyhow, bail, ensure};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::{PromptSettings, SharedSettings};
use crate::analysis::StatedLimit;
use crate::files::{MAX_TEXT_BYTES, read_if_exists};
use crate::log::{Direction, LogOptions, STANDARD, Status, Tie};

/// The version of the stores that this program makes and understands.
pub(super) const VERSION: u32 = 1;

/// The texts of a row have to fit into the longest row.
const MAX_TEXT: RangeInclusive<usize> = 1024..=4 * 1024 * 1024;

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
    pub best: BestSettings,
    pub durability: Durability,
    pub append: AppendSettings,
    pub keep: KeepSettings,
    pub similar: SimilarSettings,
    pub snapshot: SnapshotSettings,
    pub import: ImportSettings,
    /// The run of a database that this store mirrors.
    pub shared: Option<SharedSettings>,
    pub prompt: PromptSettings,
    /// Limits other than the score, by column.
    pub limits: BTreeMap<String, StatedLimit>,
}

/// Which trial is the best.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct BestSettings {
    pub tie: Tie,
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

/// What `append` writes.
#[derive(Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AppendSettings {
    /// Longer texts, such as notes, are cut in the middle.
    pub max_text_bytes: usize,
}

impl Default for AppendSettings {
    fn default() -> Self {
        Self {
            max_text_bytes: 1024 * 1024,
        }
    }
}

/// What `auto` keeps.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct KeepSettings {
    /// Keep only what beats the best by more than this.
    pub min_delta: f64,
}

/// What is said about earlier trials that are like a new one.
#[derive(Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SimilarSettings {
    /// Whether `run` shows them before it starts the command.
    pub warn: bool,
}

impl Default for SimilarSettings {
    fn default() -> Self {
        Self { warn: true }
    }
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
    /// A directory for `snapshots/` that all hosts of a shared store have, relative like `path` [default: the store].
    pub dir: Option<PathBuf>,
}

impl Default for SnapshotSettings {
    fn default() -> Self {
        Self {
            path: None,
            always: false,
            max_bytes: 1024 * 1024 * 1024,
            dir: None,
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
    /// As `--map` is given.
    pub map: String,
    pub segment: Option<u64>,
}

impl Settings {
    /// How the log of this store is read; a `metric` or a `direction` of the command line come first.
    pub fn log_options(&self, metric: Option<&str>, direction: Option<Direction>) -> LogOptions {
        // The direction and the label of the settings are those of their metric.
        let is_own_metric = metric.is_none() || metric == self.metric.as_deref();
        LogOptions {
            metric: metric.map(str::to_owned),
            own_metric: self.metric.clone(),
            label: self.label.clone().filter(|_| metric.is_none()),
            direction: direction.or(self.direction.filter(|_| is_own_metric)),
            tie: self.best.tie,
            as_of: None,
            extra_columns: self.columns.clone(),
        }
    }

    /// Reads `lineage.toml`; the defaults if there is none.
    pub(super) fn read(path: &Path) -> Result<Self> {
        let Some(bytes) = read_if_exists(path, MAX_TEXT_BYTES)? else {
            return Ok(Self::default());
        };
        let text =
            String::from_utf8(bytes).with_context(|| format!("{} is not UTF-8", path.display()))?;
        // Checked first, because a newer version may have settings that this program does not know.
        check_version(path, &text)?;
        let settings: Self = parse_toml(path, &text)?;
        settings
            .check()
            .with_context(|| path.display().to_string())?;
        Ok(settings)
    }

    /// Fails if a new log would have two columns of the same name.
    pub fn check_columns(&self) -> Result<()> {
        let Some(name) = find_repeated(&self.columns) else {
            return Ok(());
        };
        let shown = name.escape_debug();
        if STANDARD.contains(&name) {
            bail!("lineage.toml: columns: '{shown}' is a column of every log; remove it");
        }
        bail!("lineage.toml: columns: '{shown}' is there twice; remove one");
    }

    /// Checks what has the right type, but cannot be used.
    fn check(&self) -> Result<()> {
        ensure!(
            MAX_TEXT.contains(&self.append.max_text_bytes),
            "append.max_text_bytes is {}; give {} to {} bytes",
            self.append.max_text_bytes,
            MAX_TEXT.start(),
            MAX_TEXT.end()
        );
        let epsilon = self.prompt.epsilon.unwrap_or(0.0);
        for (name, value) in [
            ("prompt.epsilon", epsilon),
            ("keep.min_delta", self.keep.min_delta),
        ] {
            ensure!(
                value.is_finite() && value >= 0.0,
                "{name} is {value}; give a number of 0 or more"
            );
        }
        for (column, limit) in &self.limits {
            ensure!(limit.is_finite(), "limits.{column} is not a finite number");
        }
        Ok(())
    }
}

/// Parses settings; an error names the line.
fn parse_toml<T: DeserializeOwned>(path: &Path, text: &str) -> Result<T> {
    toml::from_str(text).map_err(|error| {
        let before = error.span().map_or("", |span| &text[..span.start]);
        let line = before.matches('\n').count() + 1;
        anyhow!("{}:{line}: {}", path.display(), error.message())
    })
}

fn check_version(path: &Path, text: &str) -> Result<()> {
    let table: toml::Table = parse_toml(path, text)?;
    if let Some(version) = table.get("version").and_then(toml::Value::as_integer) {
        ensure!(
            version <= i64::from(VERSION),
            "{} has version {version}, this lineage supports version {VERSION}; install a newer lineage",
            path.display()
        );
    }
    Ok(())
}

/// The first column that a log with these columns besides the standard ones would have twice.
pub(super) fn find_repeated(columns: &[String]) -> Option<&str> {
    let mut names = columns.iter().map(String::as_str).enumerate();
    let is_repeated =
        |at, name| STANDARD.contains(&name) || columns[..at].iter().any(|c| c == name);
    names.find_map(|(at, name)| is_repeated(at, name).then_some(name))
}
