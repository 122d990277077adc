//! A log of another tool, taken apart: names, cells, what was no row, and what the file says of itself.

use std::{
    cell::OnceCell,
    collections::{HashMap, HashSet},
};

use super::{roles, words};
use crate::{
    log::Direction,
    log::{encode_row, escape_controls},
};

/// A log before anything is known of its columns.
pub struct Table {
    pub names: Vec<String>,
    pub rows: Vec<Raw>,
    /// Lines that are no rows, and why.
    pub unread: Vec<Unread>,
    pub said: Said,
    /// What a person should know about how it was taken apart.
    pub notes: Vec<String>,
    /// The number that the line behind a header has: 1 where the file has no header.
    pub first_row: u64,
    /// What separates the cells.
    pub separator: char,
    /// The segment that was read, and all that there are; empty where there is one.
    pub segments: String,
    /// Columns that have the name of another: that one, and the column.
    pub doubles: Vec<(usize, usize)>,
    /// The names as they are compared, made once.
    pub normal: OnceCell<Vec<String>>,
}

pub struct Raw {
    pub line: u64,
    pub cells: Vec<String>,
    /// The fingerprint of the cells as they stood in the file, where they were put together otherwise.
    pub print: Option<u64>,
}

impl Raw {
    /// What tells the row from others, whatever the columns mean and however many there are: its cells that say something, in
    /// their order (FNV-1a, which is the same in every version of this program).
    pub(super) fn fingerprint(&self) -> u64 {
        if let Some(print) = self.print {
            return print;
        }
        let said = self
            .cells
            .iter()
            .map(|cell| cell.trim())
            .filter(|cell| !cell.is_empty());
        let bytes = said.flat_map(|cell| cell.bytes().chain([b'\t']));
        bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        })
    }
}

pub use crate::log::SkippedLine as Unread;

/// What the file itself says of its score.
#[derive(Clone, Debug, Default)]
pub struct Said {
    pub metric: Option<String>,
    pub direction: Option<Direction>,
    /// A direction that the tables do not know.
    pub unclear: Option<String>,
}

impl Said {
    /// Takes what a key and its value say, if they say anything: `metric: val_bpb (lower is better)`.
    pub(super) fn hear(&mut self, key: &str, value: &str) {
        let (key, value) = (words::normal_name(key), value.trim());
        if value.is_empty() {
            return;
        }
        if words::has(roles::SAYS_METRIC, &key) {
            let (name, more) = value.split_at(value.find(['(', ',']).unwrap_or(value.len()));
            self.metric = Some(name.trim().to_owned());
            self.direction = words::direction(more).or(self.direction);
        } else if words::has(roles::SAYS_DIRECTION, &key) {
            let direction = words::direction(value);
            self.unclear = direction.is_none().then(|| format!("{key}: {value}"));
            self.direction = direction.or(self.direction);
        }
    }

    /// Takes what a comment says: `# metric_direction: lower`, `# loss, lower is better`.
    pub(super) fn hear_comment(&mut self, comment: &str) {
        let comment = comment.trim_start_matches('#');
        if let Some((key, value)) = comment.split_once([':', '=']) {
            self.hear(key, value);
        }
        self.direction = self.direction.or(words::better_in(comment));
    }
}

impl Table {
    /// As the bytes of a log of the same columns, in which every row stands in the line that it has in the file.
    pub fn bytes(&self) -> Vec<u8> {
        in_lines(
            &self.names,
            self.first_row,
            self.rows.iter().map(|row| (row.line, &row.cells[..])),
        )
    }

    /// Gives every cell beyond the header a column.
    pub(super) fn widen(&mut self) {
        let widest = self
            .rows
            .iter()
            .map(|row| row.cells.len())
            .max()
            .unwrap_or(0);
        let mut names = std::mem::take(&mut self.names);
        names.resize(names.len().max(widest), String::new());
        self.names = unique_names(names);
        self.normal = OnceCell::new();
    }
}

/// A header and rows; blank lines stand where a row is missing, so that every row has its line.
pub(super) fn in_lines<'r>(
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

/// Names without white space around them; a missing one is `column_3`, one that stands already has a number behind it.
pub(super) fn unique_names(names: Vec<String>) -> Vec<String> {
    let mut out: Vec<String> = Vec::with_capacity(names.len());
    let (mut taken, mut next) = (HashSet::with_capacity(names.len()), HashMap::new());
    for (at, name) in names.iter().enumerate() {
        let name = escape_controls(name.trim().trim_matches('"').trim()).into_owned();
        let name = if name.is_empty() {
            format!("column_{}", at + 1)
        } else {
            name
        };
        out.push(free_name(name, &mut taken, &mut next));
    }
    out
}

/// A name that is not taken yet: itself, else with the next number behind it. That no number is tried twice keeps a header of
/// thousands of equal names cheap.
pub(super) fn free_name(
    name: String,
    taken: &mut HashSet<String>,
    next: &mut HashMap<String, u64>,
) -> String {
    let mut free = name.clone();
    while !taken.insert(free.clone()) {
        let number = next.entry(name.clone()).or_insert(1);
        *number += 1;
        free = format!("{name}_{number}");
    }
    free
}

/// Which columns of a header have the name of another.
pub(super) fn doubles(names: &[String]) -> Vec<(usize, usize)> {
    let mut first: HashMap<&str, usize> = HashMap::new();
    let again = |(at, name)| (at, *first.entry(name).or_insert(at));
    let told = names
        .iter()
        .map(|name| name.trim())
        .enumerate()
        .filter(|(_, name)| !name.is_empty());
    told.map(again)
        .filter(|(at, first)| at != first)
        .map(|(at, first)| (first, at))
        .collect()
}
