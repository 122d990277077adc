//! A log of another tool, opened as one of lineage's own: translated in memory, the file is not touched.

use std::{path::Path, sync::Arc};

use anyhow::{Context, Result, anyhow};

use super::{
    Log, Reading, Settings, Source, Store,
    header::{is_own, read_header},
};
use crate::formats::{self, Translation, Wanted};

impl Store {
    /// The log, where it is in the shape of another tool; `None` where it is in lineage's own.
    pub(super) fn translated(&self, file: Option<&Source>, len: u64, reading: &Reading) -> Result<Option<Log>> {
        let Some(file) = file.filter(|_| len > 0) else { return Ok(None) };
        let header = read_header(file, len).with_context(|| format!("cannot read {}", self.log_path().display()))?;
        let own = header.is_none_or(|(names, ..)| is_own(&names) || self.is_torn(&names));
        if own && reading.map.is_empty() {
            return Ok(None);
        }
        let translation = translate(self.log_path(), &self.settings, reading)?;
        let bytes = translation.bytes();
        let end = bytes.len() as u64;
        let wanted =
            Reading { metric: Some(translation.metric), direction: Some(translation.direction), ..Reading::default() };
        let mut log = Log::open(self.log_path(), Some(Source::Bytes(bytes)), end, &self.settings, &wanted)?;
        if let (Some(label), None) = (&self.settings.label, &reading.metric) {
            Arc::make_mut(&mut log.schema).label.clone_from(label);
        }
        log.first_row = translation.first_row;
        log.notes = translation.notes;
        log.unread = translation.unread;
        Ok(Some(log))
    }

    /// Whether these are the first bytes of a header that a writer did not finish.
    fn is_torn(&self, names: &[String]) -> bool {
        let standard = crate::schema::Schema::standard_names(&self.settings.columns).join("\t");
        standard.starts_with(&names.join("\t"))
    }
}

/// Reads a log of any shape as a translation.
pub fn translate(path: &Path, settings: &Settings, reading: &Reading) -> Result<Translation> {
    let bytes = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    let map = if reading.map.is_empty() { settings.import.map.clone() } else { reading.map.clone() };
    let wanted = Wanted {
        metric: reading.metric.clone().or_else(|| settings.metric.clone()),
        direction: reading.direction.or(settings.direction),
        map,
        segment: reading.segment.or(settings.import.segment),
    };
    let translated = formats::read(&bytes, wanted.segment).and_then(|table| formats::translate(table, &wanted));
    translated.map_err(|why| anyhow!("{}: {why}", path.display()))
}

impl Log {
    /// Whether it was translated from the log of another tool.
    pub fn is_foreign(&self) -> bool {
        self.file.as_ref().is_some_and(|source| !source.is_file())
    }

    /// The first line that could not be read of another tool's log, as one sentence.
    pub(super) fn unread_text(&self) -> Option<String> {
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
