//! The log, read: rows are streamed through the questions asked of it, and only what an answer is made of is kept.

use std::{
    cell::RefCell,
    fs::File,
    io,
    ops::ControlFlow,
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::{Context, Result, bail};

use super::{
    Damaged, Source,
    header::{Header, check_header, read_header},
    lines::read_at,
    scan::FIRST_ROW,
};
use crate::{
    append::nearest,
    formats::{Map, Unread},
    index::{Beside, Stamp},
    log::{Direction, ExpId, Role, Schema, Status},
    store::{Settings, Store, check_regular, way_out},
};

/// Kept rows that are asked which way is better, where neither a flag nor the settings say it; no more than decide it.
const VOTES: i32 = 32;

/// How the caller wants a log read; what is absent comes from the settings, else from the log.
#[derive(Clone, Debug, Default)]
pub struct ReadOptions {
    pub metric: Option<String>,
    pub direction: Option<Direction>,
    /// The log as it was just after this trial.
    pub as_of: Option<ExpId>,
    /// Which column is what, and which segment, in a log of another tool.
    pub map: Map,
    pub segment: Option<u64>,
}

/// A log open for reading, as it was when it was opened: rows that come later are not seen.
pub struct Log {
    pub(crate) path: PathBuf,
    /// `None` where the store has no log yet.
    pub(crate) file: Option<Source>,
    pub schema: Arc<Schema>,
    /// Where the first row begins, and where the last one that counts ends.
    pub(crate) start: u64,
    pub(crate) end: u64,
    /// The number of the first row's line.
    pub(crate) first_row: u64,
    header: Header,
    /// What a person should know about how the log is read.
    pub notes: Vec<String>,
    /// Lines of another tool's log that are no rows, and why.
    pub unread: Vec<Unread>,
    pub(crate) damaged: RefCell<Option<Damaged>>,
    /// The state of the file when it was opened.
    pub(crate) stamp: Option<Stamp>,
    /// Whether nobody else can write to it.
    pub(crate) is_locked: bool,
    pub(crate) beside: Beside,
}

impl Store {
    /// Opens the log to read whole lines.
    pub fn read(&self, reading: &ReadOptions) -> Result<Log> {
        let (mut log, len, whole) = self.open(reading)?;
        if len > whole {
            log.notes.push(format!(
                "{}: the last line has no newline and does not count yet",
                log.path.display()
            ));
        }
        Ok(log)
    }

    /// Opens the log to read all that is there, a last line without its newline too.
    pub fn read_to_the_end(&self, reading: &ReadOptions) -> Result<Log> {
        let (mut log, len, _) = self.open(reading)?;
        log.end = len;
        Ok(log)
    }

    /// The log up to its last whole line or the trial that is asked for, and how long the file and its whole lines are.
    fn open(&self, reading: &ReadOptions) -> Result<(Log, u64, u64)> {
        check_regular(self.log_path())?;
        let file = match File::open(self.log_path()) {
            Ok(file) => Some(file),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => {
                let context = format!(
                    "cannot open {}{}",
                    self.log_path().display(),
                    way_out(&error)
                );
                return Err(error).context(context);
            }
        };
        let measured = file.as_ref().map_or(Ok((0, 0)), measure);
        let (len, whole) =
            measured.with_context(|| format!("cannot read {}", self.log_path().display()))?;
        let file = file.map(Source::File);
        if let Some(foreign) = self.translated(file.as_ref(), len, reading)? {
            let len = foreign.end;
            return Ok((foreign, len, len));
        }
        let mut log = Log::open(self.log_path(), file, whole, &self.settings, reading)?;
        log.hide_delta_of_other_metric(reading, &self.settings);
        if self.may_create_log() {
            log.look_beside();
        }
        Ok((log, len, whole))
    }
}

/// The length of a file, and of its whole lines.
pub(crate) fn measure(file: &File) -> io::Result<(u64, u64)> {
    let len = file.metadata()?.len();
    let mut buffer = [0; 4096];
    let mut end = len;
    while end > 0 {
        let from = end.saturating_sub(buffer.len() as u64);
        let wanted = usize::try_from(end - from).expect("no more than the buffer's length");
        let read = read_at(file, &mut buffer[..wanted], from)?;
        if let Some(at) = buffer[..read].iter().rposition(|&b| b == b'\n') {
            return Ok((len, from + at as u64 + 1));
        }
        end = from;
    }
    Ok((len, 0))
}

impl Log {
    /// Reads the header, and what the roles, the metric and the direction are.
    pub(crate) fn open(
        path: &Path,
        file: Option<Source>,
        end: u64,
        settings: &Settings,
        reading: &ReadOptions,
    ) -> Result<Self> {
        let stamp = Self::stamp_of(file.as_ref());
        let header = match &file {
            Some(file) => {
                read_header(file, end).with_context(|| format!("cannot read {}", path.display()))?
            }
            None => None,
        };
        let (names, start, header) = header.unwrap_or_else(|| {
            (
                Schema::standard_names(&settings.columns),
                end,
                Header::default(),
            )
        });
        check_header(path, &names)?;
        let metric = reading.metric.as_deref().or(settings.metric.as_deref());
        // The direction of the settings is that of their metric, and says nothing of another one.
        let same = reading.metric.is_none() || reading.metric == settings.metric;
        let given = reading.direction.or(settings.direction.filter(|_| same));
        let label = settings
            .label
            .as_deref()
            .filter(|_| reading.metric.is_none());
        let schema = Schema::new(names, metric, label, given.unwrap_or(Direction::Minimize));
        let mut log = Self {
            path: path.to_owned(),
            file,
            schema: Arc::new(schema),
            start,
            end,
            first_row: FIRST_ROW,
            header,
            unread: Vec::new(),
            notes: Vec::new(),
            damaged: RefCell::default(),
            stamp,
            is_locked: false,
            beside: Beside::default(),
        };
        log.check_metric(reading, settings)?;
        if let Some(trial) = &reading.as_of {
            log.back_to(trial)?;
        }
        if given.is_none() && log.schema.column(Role::Score).is_some() {
            log.infer_direction()?;
        }
        Ok(log)
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether the header ends as on Windows.
    pub fn crlf(&self) -> bool {
        self.header.crlf
    }

    /// Whether the log begins with a byte order mark.
    pub fn bom(&self) -> bool {
        self.header.bom
    }

    /// A metric that is asked for must be there; only that of the settings may stand in `core_metric`.
    fn check_metric(&self, reading: &ReadOptions, settings: &Settings) -> Result<()> {
        let (path, metric) = (self.path.display(), &self.schema.metric);
        if reading.metric.is_some()
            && reading.metric != settings.metric
            && self.schema.find(metric).is_none()
        {
            let names = self.schema.names().iter().map(String::as_str);
            bail!(
                "{path}: no column `{}`; {}",
                metric.escape_debug(),
                nearest(metric, names)
            );
        }
        if let Some(column) = self
            .schema
            .column(Role::Score)
            .filter(|&column| self.schema.is_text(column))
        {
            bail!(
                "{path}: the column `{}` holds no scores; choose another metric",
                self.schema.names()[column]
            );
        }
        Ok(())
    }

    /// `delta_vs_best` is the difference in the log's own metric: it says nothing about another one.
    pub(crate) fn hide_delta_of_other_metric(
        &mut self,
        reading: &ReadOptions,
        settings: &Settings,
    ) {
        if reading.metric.is_none() {
            return;
        }
        let names = self.schema.names().to_vec();
        let own_metric = settings.metric.as_deref();
        let own = Schema::new(names, own_metric, None, self.schema.direction);
        if own.column(Role::Score) != self.schema.column(Role::Score) {
            Arc::make_mut(&mut self.schema).hide(Role::Delta);
        }
    }

    /// Refuses where no column holds the score.
    pub fn need_score(&self) -> Result<()> {
        if self.schema.column(Role::Score).is_none() {
            let (metric, names) = (&self.schema.metric, self.schema.names().join(" "));
            bail!(
                "{}: no column `{metric}` for the score; --metric names one of: {names}",
                self.path.display()
            );
        }
        Ok(())
    }

    /// The direction that the kept rows took: the sign of their difference to the best before them.
    fn infer_direction(&mut self) -> Result<()> {
        if let Some((name, direction)) = self.twin_of_score()? {
            if let Some(schema) = Arc::get_mut(&mut self.schema) {
                schema.direction = direction;
            }
            let metric = &self.schema.metric;
            let note = format!(
                "{metric}: read as {direction} by the name of {name}, which has the same numbers"
            );
            self.notes
                .push(format!("{note}; --direction says otherwise"));
            return Ok(());
        }
        let (mut down, mut up) = (0, 0);
        self.each(|row| {
            if row.status() == Status::Keep {
                match row.number_in(Role::Delta) {
                    Some(delta) if delta < 0.0 => down += 1,
                    Some(delta) if delta > 0.0 => up += 1,
                    _ => {}
                }
            }
            let others = VOTES - down - up;
            if (down - up).abs() > others || others == 0 {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        })?;
        let direction = if up > down {
            Direction::Maximize
        } else {
            Direction::Minimize
        };
        if let Some(schema) = Arc::get_mut(&mut self.schema) {
            schema.direction = direction;
            schema.direction_is_assumed = down == up;
        }
        let reason = match down + up {
            0 => "by default".to_owned(),
            _ if down == up => "by default, for the keeps went both ways".to_owned(),
            votes => format!(
                "by the sign of delta_vs_best in {} of {votes} keeps",
                down.max(up)
            ),
        };
        self.notes.push(format!(
            "{}: read as {direction} {reason}; --direction says otherwise",
            self.schema.metric
        ));
        Ok(())
    }
}
