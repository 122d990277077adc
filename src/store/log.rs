//! The log, read: rows are streamed through the questions asked of it, and only what an answer is made of is kept.

use std::{
    cell::RefCell,
    fs::File,
    io,
    ops::ControlFlow,
    path::{Path, PathBuf},
    rc::Rc,
};

use anyhow::{Context, Result, bail};

use super::{
    Settings, Store,
    cells::split,
    lines::{Lines, read_at},
    rows::Rows,
};
use crate::{
    lineage::Question,
    schema::{Role, Schema},
    trial::{Cell, Damage, Direction, ExpId, Row, Trial},
    view::no_such_trial,
};

/// Kept rows that are asked which way is better, where neither a flag nor the settings say it.
const VOTES: i32 = 32;

/// Read this much for a single line, which is mostly shorter.
const ONE_LINE: usize = 4096;

/// How the caller wants a log read; what is absent comes from the settings, else from the log.
#[derive(Clone, Debug, Default)]
pub struct Reading {
    pub metric: Option<String>,
    pub direction: Option<Direction>,
}

/// A log open for reading, as it was when it was opened: rows that come later are not seen.
pub struct Log {
    path: PathBuf,
    /// `None` where the store has no log yet.
    file: Option<File>,
    pub schema: Rc<Schema>,
    /// Where the first row begins, and where the last one that counts ends.
    start: u64,
    end: u64,
    header: Header,
    /// What a person should know about how the log is read.
    pub notes: Vec<String>,
    damage: RefCell<Damaged>,
}

/// How the first line is written.
#[derive(Clone, Copy, Default)]
struct Header {
    crlf: bool,
    bom: bool,
}

#[derive(Default)]
struct Damaged {
    rows: u64,
    first: String,
}

impl Store {
    /// Opens the log to read whole lines.
    pub fn read(&self, reading: &Reading) -> Result<Log> {
        let (mut log, len) = self.open(reading)?;
        if len > log.end {
            log.notes.push(format!("{}: the last line has no newline and does not count yet", log.path.display()));
        }
        Ok(log)
    }

    /// Opens the log to read all that is there, a last line without its newline too.
    pub fn read_to_the_end(&self, reading: &Reading) -> Result<Log> {
        let (mut log, len) = self.open(reading)?;
        log.end = len;
        Ok(log)
    }

    /// The log up to its last whole line, and how long the file is.
    fn open(&self, reading: &Reading) -> Result<(Log, u64)> {
        let file = match File::open(self.log_path()) {
            Ok(file) => Some(file),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(error).with_context(|| format!("cannot open {}", self.log_path().display())),
        };
        let (len, whole) = match &file {
            None => (0, 0),
            Some(file) => measure(file).with_context(|| format!("cannot read {}", self.log_path().display()))?,
        };
        let log = Log::open(self.log_path(), file, whole, &self.settings, reading)?;
        Ok((log, len))
    }
}

/// The length of a file, and of its whole lines.
pub(super) fn measure(file: &File) -> io::Result<(u64, u64)> {
    let len = file.metadata()?.len();
    let mut buffer = [0; 4096];
    let mut end = len;
    while end > 0 {
        let from = end.saturating_sub(buffer.len() as u64);
        let wanted = usize::try_from(end - from).expect("no more than the buffer's length");
        let read = read_at(file, &mut buffer[..wanted], from)?;
        if let Some(at) = memchr::memrchr(b'\n', &buffer[..read]) {
            return Ok((len, from + at as u64 + 1));
        }
        end = from;
    }
    Ok((len, 0))
}

impl Log {
    /// Reads the header, and what the roles, the metric and the direction are.
    pub(super) fn open(
        path: &Path,
        file: Option<File>,
        end: u64,
        settings: &Settings,
        reading: &Reading,
    ) -> Result<Self> {
        let header = match &file {
            Some(file) => read_header(file, end).with_context(|| format!("cannot read {}", path.display()))?,
            None => None,
        };
        let (names, start, header) =
            header.unwrap_or_else(|| (Schema::standard_names(&settings.columns), end, Header::default()));
        check_header(path, &names)?;
        let metric = reading.metric.as_deref().or(settings.metric.as_deref());
        let given = reading.direction.or(settings.direction);
        let label = settings.label.as_deref().filter(|_| reading.metric.is_none());
        let schema = Schema::new(names, metric, label, given.unwrap_or(Direction::Minimize));
        let mut log = Self {
            path: path.to_owned(),
            file,
            schema: Rc::new(schema),
            start,
            end,
            header,
            notes: Vec::new(),
            damage: RefCell::default(),
        };
        log.check_metric()?;
        if given.is_none() {
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

    fn check_metric(&self) -> Result<()> {
        if self.schema.column(Role::Score).is_none() {
            let (metric, names) = (&self.schema.metric, self.schema.names().join(" "));
            bail!("{}: no column `{metric}` for the score; --metric names one of: {names}", self.path.display());
        }
        Ok(())
    }

    /// The direction that the kept rows took: the sign of their difference to the best before them.
    fn infer_direction(&mut self) -> Result<()> {
        let (mut down, mut up) = (0, 0);
        self.each(|row| {
            if row.status() == crate::trial::Status::Keep {
                match row.number_in(Role::Delta) {
                    Some(delta) if delta < 0.0 => down += 1,
                    Some(delta) if delta > 0.0 => up += 1,
                    _ => {}
                }
            }
            if down + up < VOTES { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        })?;
        let direction = if up > down { Direction::Maximize } else { Direction::Minimize };
        if let Some(schema) = Rc::get_mut(&mut self.schema) {
            schema.direction = direction;
        }
        let reason = match down + up {
            0 => "by default".to_owned(),
            votes => format!("by the sign of delta_vs_best in {} of {votes} keeps", down.max(up)),
        };
        self.notes.push(format!("{}: read as {direction} {reason}; --direction says otherwise", self.schema.metric));
        Ok(())
    }

    /// Passes every row, damaged ones too, to a question, and returns it.
    pub fn ask<Q: Question>(&self, mut question: Q) -> Result<Q> {
        self.each(|row| {
            question.see(row);
            ControlFlow::Continue(())
        })?;
        Ok(question)
    }

    /// The first row with this id.
    pub fn find(&self, id: &ExpId) -> Result<Option<Trial>> {
        let mut found = None;
        self.each(|row| {
            if row.id().as_ref() == Some(id) {
                found = Some(row.to_trial());
                return ControlFlow::Break(());
            }
            ControlFlow::Continue(())
        })?;
        Ok(found)
    }

    /// The first row with this id, or an error that says so.
    pub fn trial(&self, id: &ExpId) -> Result<Trial> {
        self.find(id)?.with_context(|| no_such_trial(id, &self.path))
    }

    /// The row that begins at `offset`, as a scan has seen it.
    pub fn at(&self, offset: u64) -> Result<Trial> {
        let trial = match &self.file {
            Some(file) => {
                let lines = Lines::in_chunks(file, offset, self.end, ONE_LINE);
                Rows::new(&self.schema, lines, 0).next()?.map(|row| row.to_trial())
            }
            None => None,
        };
        trial.with_context(|| format!("{} was shortened while it was read", self.path.display()))
    }

    /// Goes back to the log as it was just after this trial.
    pub fn back_to(&mut self, id: &ExpId) -> Result<()> {
        let mut after = None;
        self.each(|row| match after {
            None if row.id().as_ref() == Some(id) => {
                after = Some(self.end);
                ControlFlow::Continue(())
            }
            None => ControlFlow::Continue(()),
            Some(_) => {
                after = Some(row.offset);
                ControlFlow::Break(())
            }
        })?;
        self.end = after.with_context(|| no_such_trial(id, &self.path))?;
        Ok(())
    }

    /// The last `n` readable rows that `wanted` takes, oldest first, found from the end: without a filter the cost does
    /// not grow with the log.
    pub fn last(&self, n: usize, wanted: impl Fn(&Row) -> bool) -> Result<Vec<Trial>> {
        let Some(file) = &self.file else { return Ok(Vec::new()) };
        let mut reach = 64 * 1024_u64;
        loop {
            let whole = self.end - self.start <= reach;
            let from = if whole { self.start } else { self.end - reach };
            let mut rows = self.rows(file, from, u64::from(whole) * 2);
            let mut last = std::collections::VecDeque::new();
            *self.damage.borrow_mut() = Damaged::default();
            if whole || rows.synchronise()? {
                while let Some(row) = rows.next()? {
                    self.tally(&row);
                    if row.damage.is_none() && wanted(&row) {
                        last.push_back(row.to_trial());
                        if last.len() > n {
                            last.pop_front();
                        }
                    }
                }
            }
            if whole || last.len() >= n {
                return Ok(last.into());
            }
            reach = reach.saturating_mul(4);
        }
    }

    /// What could not be read, as one sentence, if there is any.
    pub fn damage(&self) -> Option<String> {
        let damage = self.damage.borrow();
        let others = match damage.rows {
            0 => return None,
            1 => String::new(),
            2 => " (and 1 more row cannot be used)".to_owned(),
            rows => format!(" (and {} more rows cannot be used)", rows - 1),
        };
        Some(format!("{}{others}; `lineage check` lists what is wrong", damage.first))
    }

    fn each(&self, mut see: impl FnMut(Row) -> ControlFlow<()>) -> Result<()> {
        *self.damage.borrow_mut() = Damaged::default();
        let Some(file) = &self.file else { return Ok(()) };
        let mut rows = self.rows(file, self.start, 2);
        while let Some(row) = rows.next().with_context(|| format!("cannot read {}", self.path.display()))? {
            self.tally(&row);
            if row.damage != Some(Damage::Blank) && see(row).is_break() {
                break;
            }
        }
        Ok(())
    }

    /// Passes every line to `see`, blank ones too, as a row or as a damaged one.
    pub fn every_line(&self, mut see: impl FnMut(Row) -> Result<()>) -> Result<()> {
        let Some(file) = &self.file else { return Ok(()) };
        let mut rows = self.rows(file, self.start, 2);
        while let Some(row) = rows.next().with_context(|| format!("cannot read {}", self.path.display()))? {
            see(row)?;
        }
        Ok(())
    }

    fn rows<'l>(&'l self, file: &'l File, from: u64, number: u64) -> Rows<'l> {
        Rows::new(&self.schema, Lines::new(file, from, self.end), number)
    }

    fn tally(&self, row: &Row) {
        let Some(damage) = row.damage.filter(|damage| *damage != Damage::Blank) else { return };
        let mut tally = self.damage.borrow_mut();
        if tally.rows == 0 {
            let place = if row.number > 0 { format!("{}", row.number) } else { format!("byte {}", row.offset) };
            tally.first = format!("{}:{place}: {damage}", self.path.display());
        }
        tally.rows += 1;
    }
}

/// The names, the length of the header's line, and what else is to know of it; `None` where there is no whole line.
fn read_header(file: &File, end: u64) -> io::Result<Option<(Vec<String>, u64, Header)>> {
    let mut lines = Lines::in_chunks(file, 0, end, ONE_LINE);
    let Some(line) = lines.look(0)? else { return Ok(None) };
    let raw = lines.bytes(line.len);
    let unmarked = raw.strip_prefix("\u{feff}".as_bytes()).unwrap_or(raw);
    let text = unmarked.strip_suffix(b"\r").unwrap_or(unmarked);
    let header = Header { crlf: text.len() < unmarked.len(), bom: unmarked.len() < raw.len() };
    let mut cells = Vec::new();
    split(text, &mut cells, None);
    let name = |cell: &Cell| String::from_utf8_lossy(&text[cell.start..cell.end]).trim_matches('"').trim().to_owned();
    Ok(Some((cells.iter().map(name).collect(), line.taken, header)))
}

fn check_header(path: &Path, names: &[String]) -> Result<()> {
    for needed in ["exp_id", "status"] {
        if !names.iter().any(|name| name == needed) {
            let shown: String = names.join(" ").chars().take(200).collect();
            bail!(
                "{}:1: no column `{needed}`, so this is no log of lineage; the line has: {}",
                path.display(),
                shown.escape_debug()
            );
        }
    }
    Ok(())
}
