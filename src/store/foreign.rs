//! A log of another tool, opened as one of lineage's own: translated in memory, the file is not touched.

use std::{ops::ControlFlow, path::Path, sync::Arc};

use anyhow::{Context, Result, anyhow, bail};

use super::{
    Log, ReadOptions, Settings, Source, Store,
    header::{is_own, read_header},
};
use crate::{
    formats::{self, Table, Translation, Wanted, words},
    log::Direction,
    log::{Role, STANDARD},
};

impl Store {
    /// The log, where it is in the shape of another tool; `None` where it is in lineage's own.
    pub(crate) fn translated(
        &self,
        file: Option<&Source>,
        len: u64,
        reading: &ReadOptions,
    ) -> Result<Option<Log>> {
        let Some(file) = file.filter(|_| len > 0) else {
            return Ok(None);
        };
        let header = read_header(file, len)
            .with_context(|| format!("cannot read {}", self.log_path().display()))?;
        let own = header.is_none_or(|(names, ..)| self.is_lineages(&names) || self.is_torn(&names));
        if own && reading.map.is_empty() {
            return Ok(None);
        }
        let table = table(self.log_path(), &self.settings, reading)?;
        if reading.map.is_empty() && is_exported(&table.names) {
            return self.copied(table, reading).map(Some);
        }
        let translation = translation(self.log_path(), table, &self.settings, reading)?;
        let bytes = translation.bytes();
        let end = bytes.len() as u64;
        let wanted = ReadOptions {
            metric: Some(translation.metric),
            direction: Some(translation.direction),
            ..ReadOptions::default()
        };
        let mut log = Log::open(
            self.log_path(),
            Some(Source::Bytes(bytes)),
            end,
            &self.settings,
            &wanted,
        )?;
        if let (Some(label), None) = (&self.settings.label, &reading.metric) {
            Arc::make_mut(&mut log.schema).label.clone_from(label);
        }
        log.first_row = translation.first_row;
        log.notes = translation.notes;
        log.unread = translation.unread;
        Ok(Some(log))
    }

    /// A log of lineage in another dress, as `export` writes it: read by the rules for its own, so that the answers are the same.
    fn copied(&self, mut table: Table, reading: &ReadOptions) -> Result<Log> {
        // JSON has no +0.1.
        let delta = table
            .names
            .iter()
            .position(|name| name == "delta_vs_best")
            .unwrap_or_default();
        for cell in table
            .rows
            .iter_mut()
            .filter_map(|row| row.cells.get_mut(delta))
        {
            if cell.starts_with(|c: char| c.is_ascii_digit()) {
                cell.insert(0, '+');
            }
        }
        let bytes = table.bytes();
        let end = bytes.len() as u64;
        let mut log = Log::open(
            self.log_path(),
            Some(Source::Bytes(bytes)),
            end,
            &self.settings,
            reading,
        )?;
        log.hide_delta_of_other_metric(reading, &self.settings);
        log.first_row = table.first_row;
        log.notes.extend(table.notes);
        log.unread = table.unread;
        Ok(log)
    }

    /// Whether these are the first bytes of a header that a writer did not finish.
    fn is_torn(&self, names: &[String]) -> bool {
        let standard = crate::log::Schema::standard_names(&self.settings.columns).join("\t");
        let names = names.join("\t");
        !names.is_empty() && standard.starts_with(&names)
    }

    /// Whether these are the columns of a log of lineage. Another tool may call its columns `exp_id` and `status`, too.
    fn is_lineages(&self, names: &[String]) -> bool {
        let only_here = [
            "core_metric",
            "val_bpb",
            "delta_vs_best",
            "parent_exp",
            "baseline_exp",
            "expected_delta",
        ];
        let is_set = self.settings.metric.is_some();
        is_own(names) && (is_set || names.iter().any(|name| only_here.contains(&name.as_str())))
    }
}

/// Whether these columns are lineage's own: no other tool has all of them.
fn is_exported(names: &[String]) -> bool {
    let has = |needed: &str| names.iter().any(|name| name == needed);
    is_own(names) && has("parent_exp") && has("delta_vs_best")
}

/// Reads a log of any shape as a translation.
pub fn translate(path: &Path, settings: &Settings, reading: &ReadOptions) -> Result<Translation> {
    translation(path, table(path, settings, reading)?, settings, reading)
}

fn table(path: &Path, settings: &Settings, reading: &ReadOptions) -> Result<Table> {
    match std::fs::metadata(path) {
        Ok(metadata) if metadata.is_dir() => bail!(
            "{} is a directory; name the log that is in it",
            path.display()
        ),
        Ok(metadata) if !metadata.is_file() => {
            bail!("{} is no regular file, so no log", path.display())
        }
        _ => {} // what cannot be seen is said by the read
    }
    let bytes = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    let table = match (reading.segment, settings.import.segment) {
        // What was remembered of one file need not be so in another.
        (None, Some(segment)) => {
            formats::read(&bytes, Some(segment)).or_else(|_| formats::read(&bytes, None))
        }
        (asked, _) => formats::read(&bytes, asked),
    };
    table.map_err(|why| anyhow!("{}: {why}", path.display()))
}

fn translation(
    path: &Path,
    table: Table,
    settings: &Settings,
    reading: &ReadOptions,
) -> Result<Translation> {
    let map = if reading.map.is_empty() {
        settings.import.map.clone()
    } else {
        reading.map.clone()
    };
    let wanted = Wanted {
        metric: reading.metric.clone().or_else(|| settings.metric.clone()),
        direction: reading.direction.or(settings.direction),
        map,
    };
    formats::translate(table, &wanted).map_err(|why| anyhow!("{}: {why}", path.display()))
}

impl Log {
    /// A column that says the score under its own name, as an import writes it, and what that name says of the direction.
    pub(crate) fn twin_of_score(&self) -> Result<Option<(String, Direction)>> {
        let Some(score) = self
            .schema
            .column(Role::Score)
            .filter(|&at| self.schema.names()[at] == "core_metric")
        else {
            return Ok(None);
        };
        let names = self
            .schema
            .names()
            .iter()
            .enumerate()
            .filter(|(_, name)| !STANDARD.contains(&name.as_str()));
        let mut twins: Vec<_> = names
            .filter_map(|(at, name)| Some((at, words::better(name)?)))
            .collect();
        let mut rows = 0;
        if !twins.is_empty() {
            self.each(|row| {
                let own = row.text_at(score);
                twins.retain(|(at, _)| row.text_at(*at) == own);
                rows += u64::from(!own.is_empty());
                if twins.is_empty() {
                    ControlFlow::Break(())
                } else {
                    ControlFlow::Continue(())
                }
            })?;
        }
        let twin = twins.first().filter(|_| rows > 0);
        Ok(twin.map(|&(at, direction)| (self.schema.names()[at].clone(), direction)))
    }

    /// Whether it was translated from the log of another tool.
    pub fn is_foreign(&self) -> bool {
        self.file.as_ref().is_some_and(|source| !source.is_file())
    }

    /// The first line that could not be read of another tool's log, as one sentence.
    pub(crate) fn unread_text(&self) -> Option<String> {
        let mut damaged = self.unread.iter().filter(|unread| !unread.usual);
        let first = damaged.next()?;
        let others = match damaged.count() {
            0 => String::new(),
            1 => " (and 1 more line)".to_owned(),
            more => format!(" (and {more} more lines)"),
        };
        Some(format!(
            "{}:{}: {}{others}; `lineage check` lists what is wrong",
            self.path.display(),
            first.line,
            first.why
        ))
    }
}
