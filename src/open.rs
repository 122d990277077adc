//! Opens a log to read it: the log of a store, or an external log.

use std::{io, time::Duration};

use anyhow::{Context, Result, anyhow, ensure};

use crate::{
    files::{cannot, open_input},
    import::{ColumnMap, ImportOptions, OwnHeader, open_external, read_names},
    index::{IndexedLog, index_path},
    log::{Direction, ExpId, Extent, Log, LogOptions, Since, Source, Tie},
    store::{Settings, Store, Unreachable, check_regular, way_out},
    text::rough_time,
};

/// How the caller wants a log read; what is absent comes from the settings, else from the log.
#[derive(Clone, Debug, Default)]
pub struct ReadOptions {
    pub metric: Option<String>,
    pub direction: Option<Direction>,
    pub tie: Option<Tie>,
    /// Reads the log as it was just after this trial.
    pub as_of: Option<ExpId>,
    /// Reads the log from there on.
    pub since: Option<Since>,
    /// Which column of an external log is what.
    pub map: ColumnMap,
    /// Which segment of an external log of JSON lines is read.
    pub segment: Option<u64>,
}

impl ReadOptions {
    fn log_options(&self, settings: &Settings) -> LogOptions {
        let own = settings.log_options(self.metric.as_deref(), self.direction);
        LogOptions {
            as_of: self.as_of.clone(),
            tie: self.tie.unwrap_or(own.tie),
            ..own
        }
    }

    /// The options for an external log, completed from the settings.
    pub fn import_options(&self, settings: &Settings) -> Result<ImportOptions> {
        let stored = &settings.import;
        let map = if self.map.is_empty() {
            let parsed = stored.map.parse();
            parsed.map_err(|error| anyhow!("import.map in lineage.toml: {error}"))?
        } else {
            self.map.clone()
        };
        Ok(ImportOptions {
            metric: self.metric.clone().or_else(|| settings.metric.clone()),
            direction: self.direction.or(settings.direction),
            map,
            segment: self.segment,
            stored_segment: stored.segment,
        })
    }
}

/// Whether the log of a store has the columns of lineage, among which is that of a metric that a flag names.
pub fn is_own_log(store: &Store, metric: Option<&str>) -> Result<bool> {
    let path = store.log_path();
    check_regular(path)?;
    let own = OwnHeader::new(&store.settings, metric);
    Ok(own.matches(&read_names(path)?))
}

/// Opens a log to read its complete lines.
pub fn open_log(store: &Store, options: &ReadOptions) -> Result<IndexedLog> {
    let staleness = fetch_new(store)?;
    let (mut log, extent) = open(store, options, MissingLog::IsAnError)?;
    add_notes(&mut log, extent);
    log.log_mut().notes.extend(staleness);
    Ok(log)
}

/// Fetches the new trials of a shared log. If that is impossible now, says how old the mirror is.
pub fn fetch_new(store: &Store) -> Result<Option<String>> {
    let Some(shared) = &store.settings.shared else {
        return Ok(None);
    };
    let Err(error) = store.pull(Duration::from_millis(shared.fetch_ms)) else {
        return Ok(None);
    };
    if !error.is::<Unreachable>() {
        return Err(error);
    }
    let age = match store.mirror_age() {
        Some(age) => format!("last up to date {} ago", rough_time(age)),
        None => "never up to date".to_owned(),
    };
    Ok(Some(format!(
        "{}: a mirror, {age} ({error:#})",
        store.log_path().display()
    )))
}

/// Opens a log to which a trial is to be added: it may be missing.
pub fn open_log_to_append(store: &Store, options: &ReadOptions) -> Result<IndexedLog> {
    let (mut log, extent) = open(store, options, MissingLog::IsEmpty)?;
    add_notes(&mut log, extent);
    Ok(log)
}

fn add_notes(log: &mut IndexedLog, extent: Extent) {
    let what = if extent.unfinished > 0 {
        "an unfinished batch at the end does"
    } else if extent.complete.is_some_and(|end| end < extent.len) {
        "the last line has no newline and does"
    } else {
        return;
    };
    let note = format!("{}: {what} not count yet", log.path().display());
    log.log_mut().notes.push(note);
}

/// Opens a log to read all of it, also a last line without its newline.
pub fn open_log_to_end(store: &Store, options: &ReadOptions) -> Result<(IndexedLog, Extent)> {
    let staleness = fetch_new(store)?;
    let (mut log, extent) = open(store, options, MissingLog::IsAnError)?;
    log.log_mut().notes.extend(staleness);
    if !log.is_external() {
        log.log_mut().extend_to(extent.len);
    }
    Ok((log, extent))
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum MissingLog {
    IsEmpty,
    IsAnError,
}

fn open(store: &Store, options: &ReadOptions, missing: MissingLog) -> Result<(IndexedLog, Extent)> {
    let path = store.log_path();
    check_regular(path)?;
    let file = match open_input(path) {
        Ok(file) => Some(file),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            ensure!(missing == MissingLog::IsEmpty, store.describe_missing_log());
            None
        }
        Err(error) => {
            let context = format!("cannot open {}{}", path.display(), way_out(&error));
            return Err(error).context(context);
        }
    };
    let extent = match &file {
        Some(file) => Extent::measure(path, file).with_context(cannot("read", path))?,
        None => Extent::default(),
    };
    let source = file.map_or(Source::Missing, Source::File);
    if let Some(mut log) = translate_external(store, &source, extent.len, options)? {
        if let Some(since) = &options.since {
            log.start_at(since)?;
        }
        let extent = Extent {
            complete: Some(0),
            ..Extent::default()
        };
        return Ok((IndexedLog::new(log, None), extent));
    }
    // Without a newline near the end, the last line is reported as one that is too long.
    let complete = extent.complete.unwrap_or(extent.len);
    let log_options = options.log_options(&store.settings);
    let mut log = Log::open(path, source, complete, &log_options)?;
    let index = store.has_settings_file().then(|| index_path(path));
    if let Some(since) = &options.since {
        log.start_at(since)?;
        return Ok((IndexedLog::new(log, None), extent));
    }
    Ok((IndexedLog::new(log, index), extent))
}

/// The log translated in memory if it is external.
fn translate_external(
    store: &Store,
    source: &Source,
    len: u64,
    options: &ReadOptions,
) -> Result<Option<Log>> {
    if len == 0 {
        return Ok(None);
    }
    let path = store.log_path();
    let own = OwnHeader {
        settings: &store.settings,
        metric: options.metric.as_deref(),
        is_mapped: !options.map.is_empty(),
    };
    let import_options = options.import_options(&store.settings)?;
    let mut opened = open_external(path, source, len, &own, &import_options);
    if options.metric.is_none() && options.map.is_empty() {
        // The settings name the column, not the command line.
        opened = opened.map_err(|error| anyhow!("{error:#}"));
    }
    let Some(external) = opened? else {
        return Ok(None);
    };
    let log_options = options.log_options(&store.settings);
    external.open(path, log_options).map(Some)
}
