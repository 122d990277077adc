//! Opening the log of a store, or an external log.

use std::{fs::File, io};

use anyhow::{Context, Result};

use super::{Store, check_regular, way_out};
use crate::{
    formats::Map,
    index::{IndexedLog, index_path},
    log::{Direction, ExpId, Log, LogOptions, Source, measure_lines},
};

/// How the caller wants a log read; what is absent comes from the settings, else from the log.
#[derive(Clone, Debug, Default)]
pub struct ReadOptions {
    pub metric: Option<String>,
    pub direction: Option<Direction>,
    /// Reads the log as it was just after this trial.
    pub as_of: Option<ExpId>,
    /// Which column of an external log is what.
    pub map: Map,
    /// Which segment of an external log of JSON lines is read.
    pub segment: Option<u64>,
}

impl Store {
    /// Opens the log to read its complete lines.
    pub fn read(&self, options: &ReadOptions) -> Result<IndexedLog> {
        let (mut log, len, complete) = self.open(options)?;
        if len > complete {
            let path = self.log_path().display();
            let note = format!("{path}: the last line has no newline and does not count yet");
            log.log_mut().notes.push(note);
        }
        Ok(log)
    }

    /// Opens the log to read all of it, also a last line without its newline.
    pub fn read_to_the_end(&self, options: &ReadOptions) -> Result<IndexedLog> {
        let (mut log, len, _) = self.open(options)?;
        log.log_mut().extend_to(len);
        Ok(log)
    }

    /// Opens the log, and returns the length of the file and of its complete lines.
    fn open(&self, options: &ReadOptions) -> Result<(IndexedLog, u64, u64)> {
        let path = self.log_path();
        check_regular(path)?;
        let file = match File::open(path) {
            Ok(file) => Some(file),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => {
                let context = format!("cannot open {}{}", path.display(), way_out(&error));
                return Err(error).context(context);
            }
        };
        let (len, complete) = match &file {
            Some(file) => {
                measure_lines(file).with_context(|| format!("cannot read {}", path.display()))?
            }
            None => (0, 0),
        };
        let source = file.map(Source::File);
        if let Some(log) = self.translated(source.as_ref(), len, options)? {
            let len = log.end();
            return Ok((IndexedLog::new(log, None), len, len));
        }
        let log = Log::open(path, source, complete, &self.log_options(options))?;
        let index = self.may_create_log().then(|| index_path(path));
        Ok((IndexedLog::new(log, index), len, complete))
    }

    /// The caller's options completed from the settings.
    pub(crate) fn log_options(&self, options: &ReadOptions) -> LogOptions {
        let settings = &self.settings;
        // The direction and the label of the settings are those of their metric.
        let is_own_metric = options.metric.is_none() || options.metric == settings.metric;
        LogOptions {
            metric: options.metric.clone(),
            own_metric: settings.metric.clone(),
            label: match options.metric {
                None => settings.label.clone(),
                Some(_) => None,
            },
            direction: options
                .direction
                .or(settings.direction.filter(|_| is_own_metric)),
            as_of: options.as_of.clone(),
            extra_columns: settings.columns.clone(),
        }
    }
}
