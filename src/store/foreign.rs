//! A log of another tool, opened as one of lineage's own: translated in memory, the file is not touched.

use std::{path::Path, sync::Arc};

use anyhow::{Context, Result, anyhow, bail};

use super::{
    Log, ReadOptions, Settings, Source, Store,
    header::{is_own, read_header},
};
use crate::formats::{self, Table, Translation, Wanted};

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
        let own = header
            .is_none_or(|header| self.is_lineages(&header.names) || self.is_torn(&header.names));
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
            Some(Source::Memory(bytes)),
            end,
            &self.log_options(&wanted),
        )?;
        if let (Some(label), None) = (&self.settings.label, &reading.metric) {
            Arc::make_mut(&mut log.schema).label.clone_from(label);
        }
        log.first_row = translation.first_row;
        log.notes = translation.notes;
        log.skipped = translation.unread;
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
            Some(Source::Memory(bytes)),
            end,
            &self.log_options(reading),
        )?;
        self.hide_delta_of_other_metric(&mut log, reading);
        log.first_row = table.first_row;
        log.notes.extend(table.notes);
        log.skipped = table.unread;
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
