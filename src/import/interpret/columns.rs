//! What is known of each column after one pass over the rows.

use std::collections::{HashMap, HashSet};

use anyhow::Result;
use jiff::Timestamp;
use xxhash_rust::xxh3::xxh3_64;

use crate::{
    import::{
        parse::table::Table,
        words::{
            names::{NameRank, aliases, is_key, normalize_column, rank_name},
            number::{NumberFormat, is_empty_word, parse_number},
            verdicts::{
                RAY_COMPLETED, Verdict, VerdictKind, is_yes_or_no, parse_verdict,
                verdict_or_veto_kind,
            },
        },
    },
    log::{ExpId, Role, Status, has_word, normalize, parse_seconds, read_time},
};

/// The longest cell that is taken for a verdict in a column of any name.
const MAX_VERDICT: usize = 32;
/// A column with more different cells than this holds no verdicts, unless its name is that of a verdict.
const MAX_WORDS: usize = 200;
const MAX_NAMED_WORDS: usize = 10_000;
/// So much of a cell is compared with others.
const MAX_WORD: usize = 120;
/// So many parents are compared with the cells of other columns.
const MAX_PARENTS: usize = 1000;

/// What the cells of a column are.
#[derive(Default)]
#[allow(
    clippy::struct_excessive_bools,
    reason = "each is one fact about the cells"
)]
pub(crate) struct Column {
    pub(crate) rank: NameRank,
    /// Cells that are not blank.
    pub(crate) filled: usize,
    /// Cells that say that there is nothing, such as `n/a`.
    pub(crate) empty_words: usize,
    pub(crate) numbers: usize,
    pub(crate) times: usize,
    pub(crate) durations: usize,
    /// Cells of several words, and the length of all texts.
    pub(crate) texts: usize,
    pub(crate) text_len: usize,
    pub(crate) format: NumberFormat,
    pub(crate) verdicts: VerdictCounts,
    /// The start of the first cell that is not blank.
    pub(crate) first: String,
    /// How often each cell occurs; empty once there are too many.
    words: HashMap<String, usize>,
    has_many_words: bool,
    /// The hashes of the ids, if the column may be one of ids; they may be repeated in a column of this name.
    pub(crate) ids: Option<HashSet<u64>>,
    is_key: bool,
    may_be_time: bool,
    is_verdict: bool,
    is_unique: bool,
    last_time: Option<Timestamp>,
    pub(crate) rising: usize,
    pub(crate) falling: usize,
    /// Whole numbers that are one more than that of the row before.
    increments: usize,
    last_integer: Option<f64>,
}

/// How many cells have each verdict.
#[derive(Default)]
pub(crate) struct VerdictCounts {
    statuses: [usize; Status::ALL.len()],
    pub(crate) completed: usize,
    stopped: usize,
    /// Those among the stopped that may have completed: Ray Tune's word for it.
    pub(crate) terminated: usize,
    /// Words that are not known.
    pub(crate) unknown: usize,
    pub(crate) yes_or_no: usize,
    /// Whether every word is the name of its status.
    pub(crate) are_statuses: bool,
}

impl VerdictCounts {
    pub(crate) fn count(&self, status: Status) -> usize {
        self.statuses[status as usize]
    }

    pub(crate) fn failures(&self) -> usize {
        let mut failures = self.stopped;
        for status in Status::ALL {
            if Verdict::Status(status).is_failure() {
                failures += self.count(status);
            }
        }
        failures
    }

    pub(crate) fn known(&self) -> usize {
        self.statuses.iter().sum::<usize>() + self.completed + self.stopped
    }

    fn add(&mut self, word: &str, count: usize) {
        match parse_verdict(word, VerdictKind::Words) {
            Some(Verdict::Status(status)) => {
                self.statuses[status as usize] += count;
                self.are_statuses &= normalize(word) == status.name();
                return;
            }
            Some(Verdict::Completed) => self.completed += count,
            Some(Verdict::Stopped) => {
                self.stopped += count;
                self.terminated += if word == RAY_COMPLETED { count } else { 0 };
            }
            None => {
                self.unknown += if is_empty_word(word) { 0 } else { count };
                return;
            }
        }
        self.are_statuses = false;
    }
}

/// All columns.
pub(crate) struct Columns {
    pub(crate) all: Vec<Column>,
    /// Hashes of the ids in the parent column.
    pub(crate) parents: HashSet<u64>,
}

impl Columns {
    /// Reads the whole table once. Rows with too many cells are left out, unless they are most: their cells may be in the
    /// wrong columns.
    pub(crate) fn read(table: &Table, parent: Option<usize>) -> Result<Self> {
        let mut ranks = HashMap::new();
        let names = table.names.iter();
        let mut columns = Self {
            all: names.map(|name| Column::new(name, &mut ranks)).collect(),
            parents: HashSet::new(),
        };
        let mut rows = 0;
        let skips_wide = table.wide.count * 2 <= table.rows.count;
        table.for_each_row(|row| {
            if row.is_wide && skips_wide {
                return;
            }
            rows += 1;
            for (column, cell) in columns.all.iter_mut().zip(&row.cells) {
                column.observe(cell.trim(), rows == 1);
            }
            if let Some(parent) = parent.filter(|_| columns.parents.len() < MAX_PARENTS) {
                columns.parents.extend(hash_id(row.cell(parent)));
            }
        })?;
        for column in &mut columns.all {
            column.finish(rows);
            if table.separator == ';' {
                column.format.prefer_decimal_comma();
            }
        }
        Ok(columns)
    }

    /// Whether times fall from row to row.
    pub(crate) fn are_newest_first(&self, table: &Table) -> bool {
        let times = table.columns_in(aliases(Role::Time)).into_iter();
        let mut times = times
            .map(|at| &self.all[at])
            .filter(|column| column.times > 1);
        let time = times.next();
        time.is_some_and(|time| time.falling > 0 && time.rising * 20 < time.falling)
    }
}

/// The hash of an id, so that `7` and `007` are one. Data frames write the id 1 as `1.0`.
pub(crate) fn hash_id(cell: &str) -> Option<u64> {
    let whole = cell.strip_suffix(".0").unwrap_or(cell);
    match ExpId::parse(whole)? {
        ExpId::Number(number) => Some(number),
        ExpId::Name(name) => Some(xxh3_64(name.as_bytes())),
    }
}

impl Column {
    /// The ranks of names whose long numbers are left out are found once: wide logs have many that differ in nothing else.
    fn new<'n>(name: &'n str, ranks: &mut HashMap<&'n str, NameRank>) -> Self {
        let word = name.trim_end_matches(|c: char| c.is_ascii_digit());
        let is_numbered = name.len() > word.len() + 2;
        let key = if is_numbered { word } else { name };
        let rank = *ranks.entry(key).or_insert_with(|| rank_name(name));
        let name = normalize_column(name);
        let is_key = is_key(&name);
        Self {
            rank,
            may_be_time: has_word(aliases(Role::Time), &name),
            is_verdict: verdict_or_veto_kind(&name).is_some(),
            ids: is_key.then(HashSet::new),
            is_key,
            is_unique: true,
            ..Self::default()
        }
    }

    fn observe(&mut self, cell: &str, is_first_row: bool) {
        if cell.is_empty() {
            return;
        }
        if self.filled == 0 {
            self.first = cell.chars().take(40).collect();
            let is_number = cell.bytes().all(|b| b.is_ascii_digit() || b == b'.');
            self.may_be_time |= !is_number && read_time(cell).is_some();
            if is_first_row && parse_number(cell).is_none() {
                self.ids.get_or_insert_default();
            }
        }
        self.filled += 1;
        self.observe_word(cell);
        self.observe_id(cell);
        if self.may_be_time {
            self.observe_time(cell);
        }
        if self.format.observe(cell) {
            self.numbers += 1;
            self.durations += 1;
            self.observe_increment(cell);
        } else {
            self.empty_words += usize::from(is_empty_word(cell));
            self.durations += usize::from(cell.len() < 40 && parse_seconds(cell).is_some());
            self.texts += usize::from(is_text(cell));
            self.text_len += cell.len();
        }
    }

    fn observe_word(&mut self, cell: &str) {
        if self.has_many_words {
            return;
        }
        let word = &cell[..cell.floor_char_boundary(MAX_WORD)];
        if let Some(count) = self.words.get_mut(word) {
            *count += 1;
            return;
        }
        self.words.insert(word.to_owned(), 1);
        let most = if self.is_verdict {
            MAX_NAMED_WORDS
        } else {
            MAX_WORDS
        };
        if self.words.len() > most {
            self.has_many_words = true;
            self.words = HashMap::new();
        }
    }

    fn observe_id(&mut self, cell: &str) {
        let Some(ids) = &mut self.ids else { return };
        let may_be_id = ExpId::parse(cell).is_some_and(|id| id.may_be_new());
        let is_new = hash_id(cell).is_some_and(|hash| ids.insert(hash));
        self.is_unique &= may_be_id && is_new;
        if !self.is_unique && !self.is_key {
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
        let number = cell.parse::<f64>().ok();
        let number = number.filter(|number| number.fract() == 0.0);
        if let (Some(last), Some(number)) = (self.last_integer, number) {
            self.increments += usize::from((number - last - 1.0).abs() < f64::EPSILON);
        }
        self.last_integer = number;
    }

    fn finish(&mut self, rows: usize) {
        self.is_unique &= self.ids.is_some() && self.filled == rows && rows > 0;
        let mut counts = VerdictCounts {
            are_statuses: true,
            ..VerdictCounts::default()
        };
        for (word, &count) in &self.words {
            counts.yes_or_no += count * usize::from(is_yes_or_no(word));
            let may_be_verdict =
                self.is_verdict || word.len() <= MAX_VERDICT && !is_empty_word(word);
            if may_be_verdict && parse_number(word).is_none() {
                counts.add(word, count);
            }
        }
        self.verdicts = counts;
    }

    /// Whether every row has an id of its own.
    pub(crate) fn is_unique(&self) -> bool {
        self.is_unique
    }

    /// Whether every row has an id, but some have the same.
    pub(crate) fn has_repeated_ids(&self) -> bool {
        let ids = self.ids.as_ref().map_or(0, HashSet::len);
        ids > 1 && ids < self.filled && !self.is_unique
    }

    pub(crate) fn is_varied(&self) -> bool {
        self.has_many_words || self.words.len() > 1
    }

    /// Whether few cells are repeated, or more values differ than people try.
    pub(crate) fn is_diverse(&self) -> bool {
        self.has_many_words || self.words.len() > 15 || self.words.len() * 10 > self.filled * 8
    }

    /// Whether the column counts the rows, with few gaps.
    pub(crate) fn is_counter(&self) -> bool {
        self.numbers > 2 && (self.increments + 1) * 10 > self.numbers * 9
    }

    /// Whether most cells that are not empty are numbers.
    pub(crate) fn is_numeric(&self) -> bool {
        self.numbers > 0 && self.numbers * 10 >= self.filled.saturating_sub(self.empty_words) * 6
    }

    /// Whether other numbers than 0 and 1 are in the column: it counts something.
    pub(crate) fn has_counts(&self) -> bool {
        self.numbers > 0 && self.verdicts.yes_or_no < self.numbers
    }
}

fn is_text(cell: &str) -> bool {
    let letters = cell.chars().filter(|c| c.is_alphabetic()).count();
    cell.contains(char::is_whitespace) && letters * 2 > cell.chars().count()
}
