//! A row of the log as a trial: cells by the role that their column plays.

use std::{borrow::Cow, fmt, sync::Arc};

use super::{ExpId, Number, Status, shown_id};
use crate::schema::{Role, Schema};

/// Where a cell stands in its line. A quoted cell still has its quotes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cell {
    pub start: u32,
    pub end: u32,
    pub quoted: bool,
}

impl Cell {
    /// A cell of a line that is short enough to be a row; what lies beyond 4 GiB is cut off.
    pub fn new(start: usize, end: usize, quoted: bool) -> Self {
        let short = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        Self { start: short(start), end: short(end), quoted }
    }

    /// The bytes of the cell as the line has them.
    pub fn of<'a>(&self, line: &'a [u8]) -> &'a [u8] {
        &line[self.start as usize..self.end as usize]
    }

    /// The bytes of the cell without its quotes.
    pub fn value<'a>(&self, line: &'a [u8]) -> Cow<'a, [u8]> {
        let raw = self.of(line);
        if self.quoted { unquote(raw) } else { Cow::Borrowed(raw) }
    }
}

/// Why a row cannot be read as a trial. What can be read of it, its id and its parent, is used all the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Damage {
    /// Nothing but white space: no row at all, passed over by every question but `check`.
    Blank,
    Cells {
        found: usize,
        expected: usize,
    },
    OpenQuote,
    TooLong {
        bytes: u64,
    },
    RepeatedHeader,
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Blank => f.write_str("a blank line"),
            Self::Cells { found, expected } => {
                let s = if *found == 1 { "" } else { "s" };
                write!(f, "{found} cell{s}, {expected} expected")
            }
            Self::OpenQuote => f.write_str("a quote is opened and never closed"),
            Self::TooLong { bytes } => write!(f, "a line of {bytes} bytes is too long for a trial"),
            Self::RepeatedHeader => f.write_str("the header once more"),
        }
    }
}

/// One row, borrowed from the buffer that a scan reuses: it costs nothing until a cell is asked for.
#[derive(Clone, Copy)]
pub struct Row<'a> {
    pub line: &'a [u8],
    pub cells: &'a [Cell],
    pub schema: &'a Arc<Schema>,
    /// Byte offset of the row in the log.
    pub offset: u64,
    /// Line number in the log, from 1; 0 where the row was reached from the end and it is not known.
    pub number: u64,
    /// How many lines it spans.
    pub lines: u64,
    pub ending: Ending,
    pub damage: Option<Damage>,
    /// Read once: every question asks for it.
    status: Status,
}

/// Where a row stands: see the fields of [`Row`].
#[derive(Clone, Copy, Debug)]
pub struct Place {
    pub offset: u64,
    pub number: u64,
    pub lines: u64,
    pub ending: Ending,
}

/// How the line of a row ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    Newline,
    /// As on Windows.
    CarriageReturn,
    /// The last line, without its newline.
    Missing,
}

impl<'a> Row<'a> {
    /// The row that was read at this place.
    pub fn new(
        line: &'a [u8],
        cells: &'a [Cell],
        schema: &'a Arc<Schema>,
        place: Place,
        damage: Option<Damage>,
    ) -> Self {
        let Place { offset, number, lines, ending } = place;
        let row = Self { line, cells, schema, offset, number, lines, ending, damage, status: Status::Other };
        let status = if damage.is_none() { Status::read(&row.bytes(Role::Status)) } else { Status::Other };
        Self { status, ..row }
    }

    /// Whether single spaces stand for the tabs behind the hypothesis, as a clean-up of the line has left them.
    pub fn is_spaced(&self) -> bool {
        let next = self.schema.column(Role::Hypothesis).and_then(|column| self.cells.get(column + 1));
        next.is_some_and(|cell| self.line.get(cell.start as usize - 1) == Some(&b' '))
    }

    /// The bytes of a column, without quotes; empty where the row has no such cell.
    pub fn bytes_at(&self, column: usize) -> Cow<'a, [u8]> {
        self.cells.get(column).map_or(Cow::Borrowed(b""), |cell| cell.value(self.line))
    }

    /// The text of a column; what is not UTF-8 as U+FFFD.
    pub fn text_at(&self, column: usize) -> Cow<'a, str> {
        match self.bytes_at(column) {
            // Twice as fast as to look for what is not UTF-8.
            Cow::Borrowed(bytes) => {
                std::str::from_utf8(bytes).map_or_else(|_| String::from_utf8_lossy(bytes), Cow::Borrowed)
            }
            Cow::Owned(bytes) => String::from_utf8_lossy(&bytes).into_owned().into(),
        }
    }

    pub fn bytes(&self, role: Role) -> Cow<'a, [u8]> {
        self.schema.column(role).map_or(Cow::Borrowed(b""), |column| self.bytes_at(column))
    }

    pub fn text(&self, role: Role) -> Cow<'a, str> {
        self.schema.column(role).map_or(Cow::Borrowed(""), |column| self.text_at(column))
    }

    pub fn id(&self) -> Option<ExpId> {
        self.id_in(Role::Id)
    }

    pub fn parent(&self) -> Option<ExpId> {
        self.id_in(Role::Parent)
    }

    /// The id in a cell. The last cell of a row that has too few may have lost its end: the `17` of a `178` is no id.
    fn id_in(&self, role: Role) -> Option<ExpId> {
        let is_torn = || self.schema.column(role).is_some_and(|column| column + 1 >= self.cells.len());
        match self.damage {
            Some(Damage::RepeatedHeader) => None,
            Some(Damage::Cells { found, expected }) if found < expected && is_torn() => None,
            _ => ExpId::read_bytes(&self.bytes(role)),
        }
    }

    /// The id as it is shown.
    pub fn name(&self) -> String {
        shown_id(&self.text(Role::Id))
    }

    /// `Other` for a damaged row: nothing behind its parent can be trusted to be in its own column.
    pub fn status(&self) -> Status {
        self.status
    }

    /// The score, where there is a readable one.
    pub fn score(&self) -> Option<f64> {
        self.number_in(Role::Score)
    }

    /// The value of a cell that holds a number.
    pub fn number_in(&self, role: Role) -> Option<f64> {
        match self.damage {
            None => Number::value_of_bytes(&self.bytes(role)),
            Some(_) => None,
        }
    }

    /// The score that this row would bring into the question "which is best"; `None` where it can never be.
    pub fn eligible_score(&self) -> Option<f64> {
        if self.status().can_be_best() && self.id().is_some() { self.score() } else { None }
    }
}

/// A row of its own, for the few that an answer is made of.
#[derive(Clone)]
pub struct Trial {
    line: Box<[u8]>,
    cells: Box<[Cell]>,
    schema: Arc<Schema>,
    place: Place,
    damage: Option<Damage>,
}

impl Trial {
    pub fn row(&self) -> Row<'_> {
        Row::new(&self.line, &self.cells, &self.schema, self.place, self.damage)
    }
}

impl Row<'_> {
    pub fn to_trial(&self) -> Trial {
        Trial {
            line: self.line.into(),
            cells: self.cells.into(),
            schema: Arc::clone(self.schema),
            place: Place { offset: self.offset, number: self.number, lines: self.lines, ending: self.ending },
            damage: self.damage,
        }
    }
}

/// As Python's `csv` reads it: a doubled quote is a quote, what follows the closing quote is taken as it is.
fn unquote(raw: &[u8]) -> Cow<'_, [u8]> {
    let inner = &raw[1..];
    match memchr::memchr(b'"', inner) {
        None => return Cow::Borrowed(inner),
        Some(at) if at + 1 == inner.len() => return Cow::Borrowed(&inner[..at]),
        Some(_) => {}
    }
    let mut out = Vec::with_capacity(inner.len());
    let mut rest = inner;
    while let Some(at) = memchr::memchr(b'"', rest) {
        out.extend_from_slice(&rest[..at]);
        rest = &rest[at + 1..];
        match rest.strip_prefix(b"\"") {
            Some(after) => {
                out.push(b'"');
                rest = after;
            }
            None => break,
        }
    }
    out.extend_from_slice(rest);
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::unquote;

    #[test]
    fn quotes_are_read_as_python_reads_them() {
        for (raw, cell) in [
            (r#""""#, ""),
            (r#""a""#, "a"),
            (r#""a""b""#, r#"a"b"#),
            (r#""a"b"c"#, r#"ab"c"#),
            (r#""open"#, "open"),
            (r#""""""#, r#"""#),
        ] {
            assert_eq!(String::from_utf8_lossy(&unquote(raw.as_bytes())), cell, "{raw}");
        }
    }
}
