//! An external log as a table: names, cells, and what the file states about its metric.

use std::collections::HashMap;

use crate::{
    log::{
        Direction, SkippedLine, direction_in_sentence, encode_row, has_word, normalize_name,
        parse_direction,
    },
    text::escape_controls,
};

/// What a `# key: value` line, or the config line of a JSON log, may call the metric and its direction.
const METRIC_KEYS: &str = "metric metric_name metricname primary_metric core_metric";
const DIRECTION_KEYS: &str =
    "metric_direction direction best_direction bestdirection optimize optimization_direction";

/// A log of another tool, before anything is known about its columns.
pub struct ExternalLog {
    pub names: Vec<String>,
    /// The names as they are compared.
    normalized: Vec<String>,
    pub rows: Vec<ExternalRow>,
    pub skipped: Vec<SkippedLine>,
    pub declared: DeclaredMetric,
    pub notes: Vec<String>,
    /// The number of the line after the header: 1 if the file has no header.
    pub first_row: u64,
    pub separator: char,
    /// The segment that was read and all others, if there are several.
    pub segments: String,
    header: Vec<String>,
}

/// A row of an external log.
pub struct ExternalRow {
    pub line: u64,
    pub cells: Vec<String>,
    /// Identifies the row however its columns are interpreted.
    pub fingerprint: u64,
}

/// What the file itself states about its score.
#[derive(Clone, Debug, Default)]
pub struct DeclaredMetric {
    pub name: Option<String>,
    pub direction: Option<Direction>,
    /// A direction in words that are not known.
    pub unknown_direction: Option<String>,
}

impl ExternalRow {
    pub(super) fn new(line: u64, cells: Vec<String>) -> Self {
        let fingerprint = fingerprint(&cells);
        Self {
            line,
            cells,
            fingerprint,
        }
    }
}

/// FNV-1a of the cells that are not blank. It is stored with imported trials, so it must never change.
fn fingerprint(cells: &[String]) -> u64 {
    let cells = cells.iter().map(|cell| cell.trim());
    let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
    for cell in cells.filter(|cell| !cell.is_empty()) {
        for byte in cell.bytes().chain([b'\t']) {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
    hash
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
            self.unknown_direction = direction.is_none().then(|| format!("{key}: {value}"));
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

impl ExternalLog {
    pub(super) fn new(header: Vec<String>, first_row: u64, separator: char) -> Self {
        let names = unique_names(&header);
        Self {
            normalized: names.iter().map(|name| normalize_name(name)).collect(),
            names,
            rows: Vec::new(),
            skipped: Vec::new(),
            declared: DeclaredMetric::default(),
            notes: Vec::new(),
            first_row,
            separator,
            segments: String::new(),
            header,
        }
    }

    pub(super) fn skip(&mut self, line: u64, reason: &str, is_expected: bool) {
        self.skipped.push(SkippedLine {
            line,
            reason: reason.to_owned(),
            is_expected,
        });
    }

    pub(super) fn cell(&self, row: usize, column: usize) -> &str {
        let cells = &self.rows[row].cells;
        cells.get(column).map_or("", |cell| cell.trim())
    }

    /// The cells of a column that are not blank.
    pub(super) fn cells(&self, column: usize) -> impl Iterator<Item = &str> {
        let cells = (0..self.rows.len()).map(move |row| self.cell(row, column));
        cells.filter(|cell| !cell.is_empty())
    }

    pub(super) fn normalized_name(&self, column: usize) -> &str {
        &self.normalized[column]
    }

    /// The columns with a name: an exact match first, then the others that compare equal. `metrics.loss` also finds the
    /// field `loss` of an inner object.
    pub(super) fn columns_named(&self, name: &str) -> Vec<usize> {
        let position = |name: &str| self.names.iter().position(|own| own == name);
        let exact = position(name).or_else(|| position(name.rsplit_once('.')?.1));
        let wanted = normalize_name(name);
        let mut columns: Vec<usize> = exact.into_iter().collect();
        for (column, own) in self.normalized.iter().enumerate() {
            if *own == wanted && Some(column) != exact {
                columns.push(column);
            }
        }
        columns
    }

    /// The columns whose names are in a list of normalized names, in the order of the list.
    pub(super) fn columns_in(&self, names: &str) -> Vec<usize> {
        let names = names.split_whitespace();
        names.flat_map(|name| self.columns_named(name)).collect()
    }

    /// Adds columns for the cells after the last one of the header.
    pub(super) fn widen(&mut self) {
        let widest = self.rows.iter().map(|row| row.cells.len()).max();
        let width = self.names.len().max(widest.unwrap_or(0));
        self.names.resize(width, String::new());
        self.names = unique_names(&self.names);
        self.normalized = self.names.iter().map(|name| normalize_name(name)).collect();
    }

    /// Another column with the same name in the header but other cells.
    pub(super) fn find_conflict(&self, column: usize) -> Option<usize> {
        let differs =
            |row: &ExternalRow, other: usize| row.cells.get(other) != row.cells.get(column);
        (column + 1..self.header.len()).find(|&other| {
            let has_name = self.header[other].trim() == self.header[column].trim();
            has_name && self.rows.iter().any(|row| differs(row, other))
        })
    }

    /// The same table as the bytes of a log, in which each row is in the line that it has in the file.
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let rows = self.rows.iter().map(|row| (row.line, &row.cells[..]));
        encode_lines(&self.names, self.first_row, rows)
    }
}

/// A header and rows, with blank lines where the file has no row.
pub(super) fn encode_lines<'r>(
    names: &[String],
    first_row: u64,
    rows: impl Iterator<Item = (u64, &'r [String])>,
) -> Vec<u8> {
    let mut out = encode_row(names);
    let mut next = first_row;
    for (line, cells) in rows {
        out.extend((next..line).map(|_| '\n'));
        out += &encode_row(cells);
        next = line + 1;
    }
    out.into_bytes()
}

/// Names that differ: a missing one is `column_3`, a repeated one gets a number.
fn unique_names(header: &[String]) -> Vec<String> {
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
