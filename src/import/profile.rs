//! What is known of each column after one pass over the rows.

use std::collections::HashSet;

use jiff::Timestamp;
use xxhash_rust::xxh3::xxh3_64;

use super::{
    number::{NumberFormat, is_empty_word},
    roles::is_alias,
    table::{Entry, FileRow, RowForm, Table},
    verdicts::{Verdict, VerdictKind, is_yes_or_no, parse_verdict, verdict_name_kind},
};
use crate::log::{ExpId, Role, Status, normalize_name, parse_seconds, read_time};

use anyhow::Result;

/// The longest cell that is taken for a verdict in a column of any name.
const MAX_VERDICT: usize = 32;
/// So many parents are compared with the cells of other columns.
const MAX_PARENTS: usize = 1000;

/// What the cells of a column are.
#[derive(Default)]
#[allow(
    clippy::struct_excessive_bools,
    reason = "each is one fact about the cells"
)]
pub(super) struct Profile {
    /// Cells that are not blank.
    pub(super) filled: usize,
    /// Cells that say that there is nothing, such as `n/a`.
    pub(super) empty_words: usize,
    pub(super) numbers: usize,
    pub(super) yes_or_no: usize,
    pub(super) times: usize,
    pub(super) durations: usize,
    /// Cells of several words, and the length of all texts.
    pub(super) texts: usize,
    pub(super) text_len: usize,
    pub(super) format: NumberFormat,
    pub(super) verdicts: VerdictCounts,
    /// The start of the first cell that is not blank.
    pub(super) first: String,
    first_hash: u64,
    has_others: bool,
    /// The hashes of the ids; `None` once one is repeated or cannot be an id.
    ids: Option<HashSet<u64>>,
    is_unique: bool,
    may_be_time: bool,
    may_be_verdict: bool,
    last_time: Option<Timestamp>,
    pub(super) rising: usize,
    pub(super) falling: usize,
    /// Whole numbers that are one more than that of the row before.
    pub(super) increments: usize,
    last_integer: Option<f64>,
}

/// How many cells have each verdict.
#[derive(Default)]
pub(super) struct VerdictCounts {
    statuses: [usize; Status::ALL.len()],
    pub(super) completed: usize,
    pub(super) stopped: usize,
    /// Words that are not known.
    pub(super) unknown: usize,
}

impl VerdictCounts {
    fn add(&mut self, verdict: Option<Verdict>) {
        match verdict {
            Some(Verdict::Status(status)) => self.statuses[status as usize] += 1,
            Some(Verdict::Completed) => self.completed += 1,
            Some(Verdict::Stopped) => self.stopped += 1,
            None => self.unknown += 1,
        }
    }

    pub(super) fn count(&self, status: Status) -> usize {
        self.statuses[status as usize]
    }

    pub(super) fn failures(&self) -> usize {
        let failures = Status::ALL
            .into_iter()
            .filter(|status| Verdict::Status(*status).is_failure());
        failures.map(|status| self.count(status)).sum::<usize>() + self.stopped
    }

    pub(super) fn known(&self) -> usize {
        self.statuses.iter().sum::<usize>() + self.completed + self.stopped
    }
}

/// All columns.
pub(super) struct Profiles {
    pub(super) columns: Vec<Profile>,
    pub(super) rows: usize,
    /// Rows with as many cells as columns.
    pub(super) regular: usize,
    /// Hashes of the ids in the parent column.
    pub(super) parents: HashSet<u64>,
    /// Lines of ragged rows: the first one and its cells, and how many there are.
    pub(super) wide: Option<(u64, usize, usize)>,
    accepts_wide: bool,
}

impl Profiles {
    /// Reads the whole table once, and sets its names and its skipped lines. If most rows are wide, they are read, too.
    pub(super) fn read(table: &mut Table, parent: Option<usize>) -> Result<Self> {
        let profiles = Self::read_rows(table, parent, false)?;
        match profiles.wide {
            Some((.., rows)) if rows * 2 > profiles.rows => Self::read_rows(table, parent, true),
            _ => Ok(profiles),
        }
    }

    fn read_rows(table: &mut Table, parent: Option<usize>, accepts_wide: bool) -> Result<Self> {
        let mut profiles = Self {
            columns: table.names.iter().map(|name| Profile::new(name)).collect(),
            rows: 0,
            regular: 0,
            parents: HashSet::new(),
            wide: None,
            accepts_wide,
        };
        let mut skipped = Vec::new();
        let names = table.read(&mut |entry| match entry {
            Entry::Row(row) => profiles.observe(&row, parent),
            Entry::Skipped(line) => skipped.push(line),
        })?;
        table.skipped.extend(skipped);
        let new = names.get(table.names.len()..).unwrap_or_default();
        for (column, name) in (table.names.len()..).zip(new) {
            profiles.column(column).name_hint(name);
        }
        table.set_names(names);
        let width = table.names.len();
        profiles.columns.resize_with(width, Profile::default);
        for profile in &mut profiles.columns {
            let ids = profile.ids.take().unwrap_or_default();
            profile.is_unique = !ids.is_empty() && ids.len() == profile.filled;
        }
        if table.form == RowForm::Delimited(';') {
            for profile in &mut profiles.columns {
                profile.format.prefer_decimal_comma();
            }
        }
        Ok(profiles)
    }

    fn column(&mut self, column: usize) -> &mut Profile {
        if self.columns.len() <= column {
            self.columns.resize_with(column + 1, Profile::default);
        }
        &mut self.columns[column]
    }

    fn observe(&mut self, row: &FileRow, parent: Option<usize>) {
        self.rows += 1;
        self.regular += usize::from(!row.is_wide && !row.is_short);
        if row.is_wide {
            let (line, cells, count) = self.wide.unwrap_or((row.line, row.found, 0));
            self.wide = Some((line, cells, count + 1));
            if !self.accepts_wide {
                return; // its cells may be in the wrong columns
            }
        }
        for column in 0..row.cells.len() {
            let rows = self.rows;
            self.column(column).observe(row.cell(column), rows);
        }
        if let Some(parent) = parent.filter(|_| self.parents.len() < MAX_PARENTS) {
            self.parents.extend(hash_id(row.cell(parent)));
        }
    }
}

/// The hash of an id, so that `7` and `007` are one.
pub(super) fn hash_id(cell: &str) -> Option<u64> {
    let whole = cell.strip_suffix(".0").unwrap_or(cell);
    match ExpId::parse(whole)? {
        ExpId::Number(number) => Some(number),
        ExpId::Name(name) => Some(xxh3_64(name.as_bytes())),
    }
}

impl Profile {
    fn new(name: &str) -> Self {
        let mut profile = Self::default();
        profile.name_hint(name);
        profile
    }

    fn name_hint(&mut self, name: &str) {
        let name = normalize_name(name);
        self.may_be_time = is_alias(Role::Time, &name);
        self.may_be_verdict = verdict_name_kind(&name).is_some();
        self.ids = is_alias(Role::Id, &name).then(HashSet::new);
    }

    fn observe(&mut self, cell: &str, row: usize) {
        if cell.is_empty() {
            self.ids = None;
            return;
        }
        if self.filled == 0 {
            self.first = cell.chars().take(40).collect();
            self.first_hash = xxh3_64(cell.as_bytes());
            self.may_be_time |=
                read_time(cell).is_some() && !cell.bytes().all(|b| b.is_ascii_digit() || b == b'.');
            if self.ids.is_none() && row == 1 && !self.format.clone().observe(cell) {
                self.ids = Some(HashSet::new());
            }
        } else if !self.has_others {
            self.has_others = xxh3_64(cell.as_bytes()) != self.first_hash;
        }
        self.filled += 1;
        self.empty_words += usize::from(is_empty_word(cell));
        self.yes_or_no += usize::from(is_yes_or_no(cell));
        self.observe_id(cell);
        if self.may_be_time {
            self.observe_time(cell);
        }
        if self.format.observe(cell) {
            self.numbers += 1;
            self.durations += 1;
            self.observe_increment(cell);
            return;
        }
        self.durations += usize::from(cell.len() < 40 && parse_seconds(cell).is_some());
        self.texts += usize::from(is_text(cell));
        self.text_len += cell.len();
        if self.may_be_verdict || cell.len() <= MAX_VERDICT && !is_empty_word(cell) {
            self.verdicts.add(parse_verdict(cell, VerdictKind::Words));
        }
    }

    fn observe_id(&mut self, cell: &str) {
        let Some(ids) = &mut self.ids else { return };
        let may_be_id = ExpId::parse(cell).is_some_and(|id| id.may_be_new());
        let is_new = may_be_id && hash_id(cell).is_some_and(|hash| ids.insert(hash));
        if !is_new {
            self.ids = None;
        }
    }

    fn observe_time(&mut self, cell: &str) {
        let time = read_time(cell);
        self.times += usize::from(time.is_some());
        if let (Some(last), Some(time)) = (self.last_time, time) {
            self.rising += usize::from(time > last);
            self.falling += usize::from(time < last);
        }
        self.last_time = time.or(self.last_time);
    }

    fn observe_increment(&mut self, cell: &str) {
        let number = cell
            .parse::<f64>()
            .ok()
            .filter(|number| number.fract() == 0.0);
        if let (Some(last), Some(number)) = (self.last_integer, number) {
            self.increments += usize::from((number - last - 1.0).abs() < f64::EPSILON);
        }
        self.last_integer = number;
    }

    /// Whether every row has an id of its own.
    pub(super) fn is_unique(&self) -> bool {
        self.is_unique
    }

    pub(super) fn is_varied(&self) -> bool {
        self.has_others
    }

    /// Whether the column counts the rows.
    pub(super) fn is_counter(&self) -> bool {
        self.numbers > 2 && self.increments + 1 == self.numbers
    }

    /// Whether most cells that are not empty are numbers.
    pub(super) fn is_numeric(&self) -> bool {
        self.numbers > 0 && self.numbers * 10 >= self.filled.saturating_sub(self.empty_words) * 6
    }
}

fn is_text(cell: &str) -> bool {
    let letters = cell.chars().filter(|c| c.is_alphabetic()).count();
    cell.contains(char::is_whitespace) && letters * 2 > cell.chars().count()
}
