//! Opening a log: its header, its metric, and the state just after a given trial.

use std::{
    cell::RefCell,
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::{Context, Result, bail};

use super::{
    Cells, DamageReport, Direction, ExpId, Role, Schema, Since, SkippedLine, Source, Start, Tie,
    cells::{decode, split_line, unquote},
    lines::{LineReader, ROW_CHUNK},
};
use crate::files::cannot;
use crate::text::{Usage, count, nearest, shell_word};

/// The first row of a log is in its second line.
const FIRST_ROW: u64 = 2;

/// How a log is read. The log itself decides what is `None`.
#[derive(Clone, Debug, Default)]
pub struct LogOptions {
    /// Another metric than the log's own; the log must have a column of that name.
    pub metric: Option<String>,
    /// The log's own metric, to which `delta_vs_best` belongs. Its score may be in `core_metric`.
    pub own_metric: Option<String>,
    /// A short name for the metric.
    pub label: Option<String>,
    pub direction: Option<Direction>,
    pub tie: Tie,
    /// Reads the log as it was just after this trial.
    pub as_of: Option<ExpId>,
    /// Columns of a log that has no header yet, besides the 17.
    pub extra_columns: Vec<String>,
}

/// A log as it was when it was opened: rows that are added later are not seen.
#[derive(Debug)]
pub struct Log {
    path: PathBuf,
    pub source: Source,
    pub schema: Arc<Schema>,
    /// Byte offsets of the first row and after the last row that counts.
    pub(super) start: u64,
    pub(super) end: u64,
    /// The line number of the first row.
    pub first_row: u64,
    /// Whether an external log has its newest row first, so that line numbers fall.
    pub is_reversed: bool,
    /// Whether the header ends with a carriage return, as on Windows.
    pub has_carriage_returns: bool,
    pub has_byte_order_mark: bool,
    /// What a person should know about how the log is read.
    pub notes: Vec<String>,
    /// Lines of an external log that are not rows.
    pub skipped: Vec<SkippedLine>,
    /// The column of the numbers that an external log has for its runs, if they are repeated.
    pub repeated_ids: Option<usize>,
    /// The flags that leave out a part of the log, with a space before each.
    pub scope: String,
    pub(super) damage: RefCell<Option<DamageReport>>,
}

/// The first line of a log.
pub struct Header {
    pub names: Vec<String>,
    /// Bytes of the line with its newline.
    len: u64,
    has_carriage_return: bool,
    has_byte_order_mark: bool,
}

impl Log {
    /// Opens a log of which the bytes before `end` count.
    pub fn open(path: &Path, source: Source, end: u64, options: &LogOptions) -> Result<Self> {
        let header = read_header(&source, end).with_context(cannot("read", path))?;
        let header = header.unwrap_or_else(|| Header {
            names: Schema::standard_names(&options.extra_columns),
            len: end,
            has_carriage_return: false,
            has_byte_order_mark: false,
        });
        check_header(path, &header.names)?;
        let mut schema = make_schema(path, header.names, options)?;
        schema.tie = options.tie;
        let mut log = Self {
            path: path.to_owned(),
            source,
            schema: Arc::new(schema),
            start: header.len,
            end,
            first_row: FIRST_ROW,
            is_reversed: false,
            has_carriage_returns: header.has_carriage_return,
            has_byte_order_mark: header.has_byte_order_mark,
            notes: Vec::new(),
            skipped: Vec::new(),
            repeated_ids: None,
            scope: String::new(),
            damage: RefCell::default(),
        };
        if let Some(trial) = &options.as_of {
            log.truncate_after(trial)?;
        }
        if options.metric.is_none() && options.own_metric.is_none() {
            log.find_score_column()?;
        }
        if options.direction.is_none() && log.schema.column(Role::Score).is_some() {
            log.infer_direction()?;
        }
        Ok(log)
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The offset after the last byte that counts.
    pub fn end(&self) -> u64 {
        self.end
    }

    /// The offset of the first row; 0 if the log has no header yet.
    pub fn start(&self) -> u64 {
        self.start
    }

    /// Counts bytes up to `end` that were added since the log was opened.
    pub fn extend_to(&mut self, end: u64) {
        self.end = end;
    }

    /// Whether the log was translated from an external log.
    pub fn is_external(&self) -> bool {
        matches!(self.source, Source::Memory(_) | Source::Temporary(_))
    }

    /// Fails if no column holds the score.
    pub fn require_score(&self) -> Result<()> {
        if self.schema.column(Role::Score).is_none() {
            let (metric, names) = (&self.schema.metric, self.schema.names().join(" "));
            let path = self.path.display();
            bail!("{path}: no column '{metric}' for the score; choose one with --metric: {names}");
        }
        Ok(())
    }

    /// Sets what a scan of the whole log could not read.
    pub fn set_damage(&self, report: DamageReport) {
        *self.damage.borrow_mut() = Some(report);
    }

    /// One sentence about what could not be read, if anything.
    pub fn damage_message(&self) -> Option<String> {
        if let Some(message) = self.skipped_message() {
            return Some(message);
        }
        self.damage.borrow().as_ref()?.to_message(&self.path)
    }

    fn skipped_message(&self) -> Option<String> {
        let mut unexpected = self.skipped.iter().filter(|line| !line.is_expected);
        let first = unexpected.next()?;
        let others = match unexpected.count() {
            0 => String::new(),
            others => format!(" (and {})", count(others as u64, "more line")),
        };
        let path = self.path.display();
        Some(format!(
            "{path}:{}: {}{others}; `lineage check` lists all problems",
            first.line, first.reason
        ))
    }

    /// Reads the log from there on, as if nothing were before it.
    pub fn start_at(&mut self, since: &Since) -> Result<()> {
        let mut rows = self.rows();
        while let Some(row) = rows.next()? {
            if since.is_reached(&row) {
                (self.start, self.first_row) = (row.offset, row.number);
                self.scope += &format!(" --since {}", shell_word(&since.text));
                return Ok(());
            }
        }
        if let Start::Trial(id) = &since.start {
            let (path, scope) = (self.path.display(), self.describe_scope());
            bail!(
                "no trial '{id}' in {path}{scope}; --since takes a trial, an age such as 1h or 2d, or a time such as 2026-05-01"
            );
        }
        self.start = self.end;
        self.scope += &format!(" --since {}", shell_word(&since.text));
        Ok(())
    }

    /// The error for an id that the log does not have.
    pub fn no_such_trial(&self, id: &ExpId) -> String {
        let (path, scope) = (self.path.display(), self.describe_scope());
        format!("no trial '{id}' in {path}{scope}; `lineage tail` lists the most recent ones")
    }

    /// What follows on what the log does not have: the flags that leave out a part of it, else "yet".
    pub fn scope_or_yet(&self) -> String {
        match self.describe_scope() {
            scope if scope.is_empty() => " yet".to_owned(),
            scope => scope,
        }
    }

    fn describe_scope(&self) -> String {
        if self.scope.is_empty() {
            return String::new();
        }
        format!(" with{}", self.scope)
    }

    /// Goes back to the state just after a trial.
    fn truncate_after(&mut self, id: &ExpId) -> Result<()> {
        let mut rows = self.rows();
        while let Some(row) = rows.next()? {
            if row.id().as_ref() == Some(id) {
                let next = rows.next()?;
                self.end = next.map_or(self.end, |next| next.offset);
                self.scope += &format!(" --as-of {}", shell_word(&id.to_string()));
                return Ok(());
            }
        }
        bail!(self.no_such_trial(id))
    }
}

/// Reads the first line; `None` if it is not complete.
pub fn read_header(source: &Source, end: u64) -> io::Result<Option<Header>> {
    let mut lines = LineReader::new(source, 0, end, ROW_CHUNK);
    let Some(line) = lines.peek(0)? else {
        return Ok(None);
    };
    let bytes = lines.bytes(line.len);
    let unmarked = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(bytes);
    let text = unmarked.strip_suffix(b"\r").unwrap_or(unmarked);
    let mut ends = Vec::new();
    split_line(text, &mut ends);
    let cells = Cells::new(text, &ends);
    let names = cells
        .iter()
        .map(|cell| decode(unquote(cell)).trim().to_owned());
    Ok(Some(Header {
        names: names.collect(),
        len: line.taken,
        has_carriage_return: text.len() < unmarked.len(),
        has_byte_order_mark: unmarked.len() < bytes.len(),
    }))
}

/// Whether a log has the columns without which no trial can be read or appended.
pub fn has_own_columns(names: &[String]) -> bool {
    missing_column(names).is_none()
}

fn missing_column(names: &[String]) -> Option<&'static str> {
    ["exp_id", "status"]
        .into_iter()
        .find(|&needed| !names.iter().any(|name| name == needed))
}

fn check_header(path: &Path, names: &[String]) -> Result<()> {
    let Some(missing) = missing_column(names) else {
        return Ok(());
    };
    let found: String = names.join(" ").chars().take(200).collect();
    bail!(
        "{}:1: no column '{missing}', so this is not a log of lineage; `lineage import {}` makes a store of it \
         (the header is: {})",
        path.display(),
        shell_word(&path.to_string_lossy()),
        found.escape_debug(),
    )
}

/// The schema of a log. A metric that is asked for must be a column that can hold numbers.
fn make_schema(path: &Path, names: Vec<String>, options: &LogOptions) -> Result<Schema> {
    let own_metric = options.own_metric.as_deref();
    let metric = options.metric.as_deref();
    let label = options.label.as_deref();
    let direction = options.direction.unwrap_or(Direction::Minimize);
    let own = Schema::new(names, own_metric, label, direction);
    let mut schema = own.clone();
    if let Some(metric) = metric
        && Some(metric) != own_metric
    {
        if own.find(metric).is_none() {
            let names = own.names().iter().map(String::as_str);
            let help = nearest(metric, names);
            let (path, metric) = (path.display(), metric.escape_debug());
            bail!(Usage(format!("{path}: no column '{metric}'; {help}")));
        }
        schema = Schema::new(own.names().to_vec(), Some(metric), label, direction);
        let own_score = own.column(Role::Score);
        if own_score.is_some() && own_score != schema.column(Role::Score) {
            schema.hide_delta();
        }
    }
    match schema.column(Role::Score) {
        Some(column) if schema.is_text(column) => {
            let (path, name) = (path.display(), &schema.names()[column]);
            bail!("{path}: column '{name}' does not hold scores; choose another with --metric");
        }
        _ => Ok(schema),
    }
}
