//! `lineage.toml`: what a store knows besides its log. A log without a store is read with the defaults.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use serde::{Deserialize, Serialize};

use super::PromptSettings;
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
    pub prompt: PromptSettings,
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
            bail!("{}: prompt.epsilon must be 0 or more", path.display());
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
