//! An external log as a table: names, rows that are read again for each pass, and what the file states about its metric.

use std::collections::HashMap;

use anyhow::Result;

use super::{delimited::RowParser, input::Text};
use crate::{
    log::{
        Direction, SkippedLine, Source, direction_in_sentence, encode_row, has_word,
        normalize_name, parse_direction,
    },
    text::escape_controls,
};

/// What a `# key: value` line, or the config line of a JSON log, may call the metric and its direction.
const METRIC_KEYS: &str = "metric metric_name metricname primary_metric core_metric objective";
const DIRECTION_KEYS: &str = "metric_direction direction best_direction bestdirection optimize optimization_direction \
     goal mode";

/// A log of another tool. Only its names are in memory.
pub struct Table {
    pub names: Vec<String>,
    /// The columns of each normalized name.
    index: HashMap<String, Vec<usize>>,
    pub(super) text: Text,
    pub(super) form: RowForm,
    pub(super) declared: DeclaredMetric,
    pub(super) notes: Vec<String>,
    pub(super) skipped: Vec<SkippedLine>,
    /// The number of the line after the header: 1 if the file has no header.
    pub(super) first_row: u64,
    /// The segment that was read and all others, if there are several.
    pub(super) segments: String,
    /// What each column holds, once that is known: it decides where the cells of ragged rows belong.
    pub(super) kinds: Vec<Kind>,
    /// The name in the header of each column that is repeated.
    pub(super) header: Vec<String>,
    /// The first row of a file without a header; `--metric` may name a column by it.
    pub(super) first_cells: Vec<String>,
}

/// How the rows of a file are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RowForm {
    /// Cells between separators.
    Delimited(char),
    Markdown,
    /// The rows of a JSON log as lines of this program: line number, fingerprint, cells.
    Encoded,
}

/// What the cells of a column are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Number,
    Verdict,
    Text,
    Other,
}

/// A row of an external log.
pub(super) struct FileRow {
    pub(super) line: u64,
    pub(super) cells: Vec<String>,
    /// Identifies the row however its columns are interpreted.
    pub(super) fingerprint: u64,
    /// How many cells it has in the file.
    pub(super) found: usize,
    /// Whether these are more or fewer than its columns.
    pub(super) is_wide: bool,
    pub(super) is_short: bool,
}

/// What is found in a line.
pub(super) enum Entry {
    Row(FileRow),
    Skipped(SkippedLine),
}

/// What the file itself states about its score.
#[derive(Clone, Debug, Default)]
pub(super) struct DeclaredMetric {
    pub(super) name: Option<String>,
    pub(super) direction: Option<Direction>,
    /// A direction in words that are not known.
    pub(super) unknown_direction: Option<String>,
}

impl FileRow {
    pub(super) fn cell(&self, column: usize) -> &str {
        self.cells.get(column).map_or("", |cell| cell.trim())
    }
}

/// FNV-1a of the cells that are not blank. It is stored with imported trials, so it must never change.
pub(super) fn fingerprint(cells: &[String]) -> u64 {
    let cells = cells.iter().map(|cell| cell.trim());
    let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
    for cell in cells.filter(|cell| !cell.is_empty()) {
        for byte in cell.bytes().chain([b'\t']) {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
    hash
}

pub(super) fn skipped(line: u64, reason: &str, is_expected: bool) -> SkippedLine {
    SkippedLine {
        line,
        reason: reason.to_owned(),
        is_expected,
    }
}

impl DeclaredMetric {
    /// Reads a key and its value: `metric: val_bpb (lower is better)`.
    pub(super) fn read(&mut self, key: &str, value: &str) {
        let (key, value) = (normalize_name(key), value.trim());
        if value.is_empty() {
            return;
        }
        if has_word(METRIC_KEYS, &key) {
            let (name, rest) = value.split_at(value.find(['(', ',']).unwrap_or(value.len()));
            self.name = Some(name.trim().to_owned());
            self.direction = parse_direction(rest).or(self.direction);
        } else if has_word(DIRECTION_KEYS, &key) {
            let direction = parse_direction(value);
            let is_unknown = direction.is_none() && key.contains("direction");
            self.unknown_direction = is_unknown.then(|| format!("{key}: {value}"));
            self.direction = direction.or(self.direction);
        }
    }

    /// Reads a comment: `# metric_direction: lower`, `# loss, lower is better`.
    pub(super) fn read_comment(&mut self, comment: &str) {
        let comment = comment.trim_start_matches('#');
        if let Some((key, value)) = comment.split_once([':', '=']) {
            self.read(key, value);
        }
        self.direction = self.direction.or(direction_in_sentence(comment));
    }
}

impl Table {
    pub(super) fn new(header: Vec<String>, text: Text, form: RowForm) -> Self {
        let mut table = Self {
            names: Vec::new(),
            index: HashMap::new(),
            text,
            form,
            declared: DeclaredMetric::default(),
            notes: Vec::new(),
            skipped: Vec::new(),
            first_row: 1,
            segments: String::new(),
            kinds: Vec::new(),
            first_cells: Vec::new(),
            header: Vec::new(),
        };
        table.set_names(unique_names(&header));
        table.header = header;
        table
    }

    pub(super) fn set_names(&mut self, names: Vec<String>) {
        self.index.clear();
        for (column, name) in names.iter().enumerate() {
            let columns = self.index.entry(normalize_name(name)).or_default();
            columns.push(column);
        }
        self.names = names;
    }

    /// Calls `visit` with each row and each line that is not one, and returns the names: rows may add some.
    pub(super) fn read(&self, visit: &mut dyn FnMut(Entry)) -> Result<Vec<String>> {
        let mut parser = RowParser::new(self);
        while let Some(entry) = parser.next_entry()? {
            visit(entry);
        }
        Ok(parser.into_names())
    }

    pub(super) fn for_each_row(&self, mut visit: impl FnMut(&FileRow)) -> Result<()> {
        self.read(&mut |entry| {
            if let Entry::Row(row) = entry {
                visit(&row);
            }
        })?;
        Ok(())
    }

    /// Turns the rows round: some exports begin with the newest.
    pub(super) fn reverse(&mut self) -> Result<()> {
        let mut rows = Vec::new();
        self.for_each_row(|row| rows.push(encode_entry(row.line, row.fingerprint, &row.cells)))?;
        rows.reverse();
        self.text = Text::new(Source::Memory(rows.concat().into_bytes()))?;
        self.form = RowForm::Encoded;
        self.first_row = 1;
        Ok(())
    }

    pub(super) fn is_reversed(&self) -> bool {
        self.notes
            .iter()
            .any(|note| note.starts_with("newest first"))
    }

    /// The columns with a name: an exact match first, then the others that compare equal. `loss` also finds the field
    /// `loss` of an inner object, and the metric `a:loss`.
    pub(super) fn columns_named(&self, name: &str) -> Vec<usize> {
        let equal = self.index.get(&normalize_name(name));
        let mut columns = equal.cloned().unwrap_or_default();
        let exact = self.names.iter().position(|own| own == name);
        columns.sort_by_key(|&column| Some(column) != exact);
        columns
    }

    /// The column that a flag names, which may be the last part of a path.
    pub(super) fn find(&self, name: &str) -> Option<usize> {
        if let Some(&column) = self.columns_named(name).first() {
            return Some(column);
        }
        let first = self.first_cells.iter().position(|cell| cell == name);
        let wanted = normalize_name(leaf(name));
        let mut same_leaf: Vec<usize> = (0..self.names.len())
            .filter(|&column| normalize_name(leaf(&self.names[column])) == wanted)
            .collect();
        let is_earlier = |name: &str| {
            let normalized = format!("_{}_", normalize_name(name));
            let earlier = [
                "_parent_",
                "_prev",
                "_best_",
                "_baseline_",
                "_delta_",
                "_improvement_",
            ];
            earlier.iter().any(|word| normalized.contains(word))
        };
        same_leaf.sort_by_key(|&column| is_earlier(&self.names[column]));
        first.or(same_leaf.first().copied())
    }

    /// The columns whose names are in a list of normalized names, in the order of the list.
    pub(super) fn columns_in(&self, names: &str) -> Vec<usize> {
        let names = names.split_whitespace();
        names.flat_map(|name| self.columns_named(name)).collect()
    }
}

/// The last part of a path: `metrics.loss`, `a:loss`.
pub(super) fn leaf(name: &str) -> &str {
    let start = name.rfind(['.', ':']).map_or(0, |at| at + 1);
    if name[start..].is_empty() {
        name
    } else {
        &name[start..]
    }
}

/// A row as a line of `RowForm::Encoded`.
pub(super) fn encode_entry(line: u64, fingerprint: u64, cells: &[String]) -> String {
    let mut all = vec![line.to_string(), fingerprint.to_string()];
    all.extend_from_slice(cells);
    encode_row(&all)
}

/// Names that differ: a missing one is `column_3`, a repeated one gets a number.
pub(super) fn unique_names(header: &[String]) -> Vec<String> {
    let mut taken = TakenNames::new();
    let mut names = Vec::with_capacity(header.len());
    for (column, name) in header.iter().enumerate() {
        let mut name = escape_controls(name.trim().trim_matches('"').trim()).into_owned();
        if name.is_empty() {
            name = format!("column_{}", column + 1);
        }
        names.push(claim_name(&mut taken, name));
    }
    names
}

/// Names in use, each with the last number that was added to it: this keeps a header of thousands of equal names cheap.
pub(super) type TakenNames = HashMap<String, u64>;

/// The name itself if it is free, else the name with the next free number.
pub(super) fn claim_name(taken: &mut TakenNames, name: String) -> String {
    let mut free = name.clone();
    while taken.contains_key(&free) {
        let number = taken.entry(name.clone()).or_default();
        *number += 1;
        free = format!("{name}_{number}");
    }
    taken.insert(free.clone(), 1);
    free
}
