//! How a trial is completed and written: the flags for it, and trials that could not be written.

use std::time::Duration;

use anyhow::{Result, bail};
use clap::Args;

use super::freeze::Staged;
use crate::{
    append::{Draft, LockedLog},
    commands::args::parse_seconds,
    log::{Direction, Number},
    open::ReadOptions,
    store::Store,
};

pub(in crate::commands) const LOGGING: &str = "How it is logged";

/// How a trial is completed and written.
#[derive(Args, Debug)]
pub(in crate::commands) struct LoggingArgs {
    /// Which scores are better [default: the setting, else what the log's keeps show]
    #[arg(long, help_heading = LOGGING, value_enum)]
    pub(in crate::commands) direction: Option<Direction>,
    /// With status auto, keep only what beats the best by more than this [default: `min_delta` in the settings, else 0]
    #[arg(long, help_heading = LOGGING, value_name = "NUMBER", allow_hyphen_values = true)]
    #[arg(value_parser = parse_min_delta)]
    min_delta: Option<f64>,
    /// How long to wait for another writer
    #[arg(long, help_heading = LOGGING, value_name = "SECONDS")]
    #[arg(default_value_t = 30.0, value_parser = parse_seconds)]
    lock_timeout: f64,
    /// Fail if the database of a shared store is unreachable, instead of logging the trial later
    #[arg(long, help_heading = LOGGING)]
    pub(in crate::commands) require_id: bool,
}

impl LoggingArgs {
    pub(in crate::commands) fn min_delta(&self, store: &Store) -> f64 {
        self.min_delta.unwrap_or(store.settings.keep.min_delta)
    }

    /// Options to read the log without the lock.
    pub(in crate::commands) fn read_options(&self) -> ReadOptions {
        ReadOptions {
            direction: self.direction,
            ..ReadOptions::default()
        }
    }

    pub(in crate::commands) fn lock(&self, store: &Store) -> Result<LockedLog> {
        store.lock(self.direction, Duration::from_secs_f64(self.lock_timeout))
    }
}

#[derive(Clone, Copy, Debug, Default, clap::ValueEnum)]
pub(in crate::commands) enum Format {
    /// The id
    #[default]
    Id,
    /// The row as a JSON object
    Json,
}

fn parse_min_delta(text: &str) -> Result<f64> {
    match Number::value_of(text) {
        Some(delta) if delta >= 0.0 => Ok(delta),
        _ => bail!("not a difference of scores, 0 or more"),
    }
}

/// Trials that could not be logged, and how they were to be.
#[cfg_attr(
    not(feature = "postgres"),
    expect(dead_code, reason = "no trial waits")
)]
pub(in crate::commands) struct Unsent<'a> {
    pub(in crate::commands) drafts: &'a [Draft],
    pub(in crate::commands) staged: Vec<Staged>,
    pub(in crate::commands) once: bool,
    pub(in crate::commands) logging: &'a LoggingArgs,
}
