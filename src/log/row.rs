//! A row of the log as a trial: its cells by the role of their column.

use std::{borrow::Cow, fmt, sync::Arc};

use memchr::memmem;

use super::{
    Cells, ExpId, Number, Role, SOURCE_COLUMN, SOURCE_NOTE, Schema, Status,
    cells::{decode, encode_row, split_line, unquote},
    shown_id,
};

/// The most bytes of a cell of a brief trial.
const MAX_BRIEF_CELL: usize = 16 * 1024;

/// Why a row cannot be read as a trial. What can be read of it, its id and its parent, is still used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Damage {
    /// Only white space. Every command but `check` skips it.
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
            Self::Blank => f.write_str("blank line"),
            Self::Cells { found: 1, expected } => write!(f, "1 cell, expected {expected}"),
            Self::Cells { found, expected } => write!(f, "{found} cells, expected {expected}"),
            Self::OpenQuote => f.write_str("unclosed quote"),
            Self::TooLong { bytes } => write!(f, "line too long for a trial ({bytes} bytes)"),
            Self::RepeatedHeader => f.write_str("repeated header"),
        }
    }
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

/// Where a row is in the log.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    /// Byte offset of its first byte.
    pub offset: u64,
    /// Line number from 1; 0 if it is unknown because the row was reached from the end.
    pub number: u64,
    /// How many lines it spans.
    pub lines: u64,
    pub ending: Ending,
}

/// One row, borrowed from the reader's buffer. A cell is decoded only when it is asked for.
#[derive(Clone, Copy)]
pub struct Row<'a> {
    pub cells: Cells<'a>,
    pub schema: &'a Arc<Schema>,
    /// Byte offset of the row in the log.
    pub offset: u64,
    /// Line number from 1; 0 if it is unknown because the row was reached from the end.
    pub number: u64,
    /// How many lines it spans.
    pub lines: u64,
    pub ending: Ending,
    pub damage: Option<Damage>,
    status: Status,
}

impl<'a> Row<'a> {
    pub fn new(
        cells: Cells<'a>,
        schema: &'a Arc<Schema>,
        place: Place,
        damage: Option<Damage>,
    ) -> Self {
        let mut row = Self {
            cells,
            schema,
            offset: place.offset,
            number: place.number,
            lines: place.lines,
            ending: place.ending,
            damage,
            status: Status::Other,
        };
        if damage.is_none() {
            row.status = Status::parse(&row.bytes(Role::Status)); // once: every query asks for it
        }
        row
    }

    /// Whether single spaces stand for the tabs after the hypothesis, because a clean-up broke the line.
    pub fn is_space_separated(&self) -> bool {
        let Some(column) = self.schema.column(Role::Hypothesis) else {
            return false;
        };
        let end = self.cells.ends().get(column);
        end.is_some_and(|&end| self.cells.line.get(end) == Some(&b' '))
    }

    /// The bytes of a column without quotes; empty if the row has no such cell.
    pub fn bytes_at(&self, column: usize) -> Cow<'a, [u8]> {
        match self.cells.get(column) {
            Some(cell) => unquote(cell),
            None => Cow::Borrowed(b""),
        }
    }

    /// The text of a column; bytes that are not UTF-8 become U+FFFD.
    pub fn text_at(&self, column: usize) -> Cow<'a, str> {
        decode(self.bytes_at(column))
    }

    /// The texts of all columns.
    pub fn texts(&self) -> Vec<String> {
        let columns = 0..self.schema.names().len();
        columns.map(|at| self.text_at(at).into_owned()).collect()
    }

    pub fn bytes(&self, role: Role) -> Cow<'a, [u8]> {
        match self.schema.column(role) {
            Some(column) => self.bytes_at(column),
            None => Cow::Borrowed(b""),
        }
    }

    pub fn text(&self, role: Role) -> Cow<'a, str> {
        decode(self.bytes(role))
    }

    pub fn id(&self) -> Option<ExpId> {
        self.parse_id(Role::Id)
    }

    pub fn has_id(&self) -> bool {
        self.id().is_some()
    }

    pub fn parent(&self) -> Option<ExpId> {
        self.parse_id(Role::Parent)
    }

    fn parse_id(&self, role: Role) -> Option<ExpId> {
        match self.damage {
            Some(Damage::RepeatedHeader) => None,
            // The last cell of a short row may be cut: the `17` of a torn `178` is not an id.
            Some(Damage::Cells { found, expected }) if found < expected => {
                let column = self.schema.column(role)?;
                if column + 1 >= found {
                    return None;
                }
                ExpId::parse_bytes(&self.bytes_at(column))
            }
            _ => ExpId::parse_bytes(&self.bytes(role)),
        }
    }

    /// The id as it is shown.
    pub fn name(&self) -> String {
        shown_id(&self.text(Role::Id))
    }

    /// `Other` for a damaged row: its cells may be in the wrong columns.
    pub fn status(&self) -> Status {
        self.status
    }

    /// The score, if it is a finite number.
    pub fn score(&self) -> Option<f64> {
        self.number_in(Role::Score)
    }

    /// The value of a cell, if it is a finite number and the row is not damaged.
    pub fn number_in(&self, role: Role) -> Option<f64> {
        if self.damage.is_some() {
            return None;
        }
        Number::value_of_bytes(&self.bytes(role))
    }

    /// The score if this row can be the best trial.
    pub fn eligible_score(&self) -> Option<f64> {
        if self.status.can_be_best() && self.has_id() {
            self.score()
        } else {
            None
        }
    }

    /// Whether the trial was imported from another log, which may have been written at the same time.
    pub fn is_imported(&self) -> bool {
        match self.schema.find(SOURCE_COLUMN) {
            Some(column) => !self.bytes_at(column).is_empty(),
            None => memmem::find(&self.bytes(Role::Notes), SOURCE_NOTE.as_bytes()).is_some(),
        }
    }

    pub fn to_trial(&self) -> Trial {
        Trial {
            line: self.cells.line.into(),
            ends: self.cells.ends().into(),
            schema: Arc::clone(self.schema),
            place: self.place(),
            damage: self.damage,
        }
    }

    fn place(&self) -> Place {
        Place {
            offset: self.offset,
            number: self.number,
            lines: self.lines,
            ending: self.ending,
        }
    }

    /// A trial whose long cells are cut in the middle, so that many of them fit in memory.
    pub fn to_brief(&self) -> Trial {
        if self.cells.line.len() <= MAX_BRIEF_CELL {
            return self.to_trial();
        }
        let columns = 0..self.cells.len();
        let cells: Vec<String> = columns.map(|at| cut_cell(&self.text_at(at))).collect();
        let mut trial = Trial::from_cells(&cells, self.schema);
        (trial.place, trial.damage) = (self.place(), self.damage);
        trial
    }
}

fn cut_cell(text: &str) -> String {
    if text.len() <= MAX_BRIEF_CELL {
        return text.to_owned();
    }
    let start = text.floor_char_boundary(MAX_BRIEF_CELL / 2);
    let end = text.ceil_char_boundary(text.len() - MAX_BRIEF_CELL / 2);
    format!("{} … {}", &text[..start], &text[end..])
}

/// A row that owns its line, for the few that an answer consists of. Cheap to clone.
#[derive(Clone)]
pub struct Trial {
    line: Arc<[u8]>,
    ends: Arc<[usize]>,
    schema: Arc<Schema>,
    place: Place,
    damage: Option<Damage>,
}

impl Trial {
    /// A row that is not in the log, as that of a trial in progress.
    pub fn from_cells(cells: &[String], schema: &Arc<Schema>) -> Self {
        let line = encode_row(cells);
        let line = line.trim_end_matches('\n').as_bytes();
        let mut ends = Vec::new();
        split_line(line, &mut ends);
        Self {
            line: line.into(),
            ends: ends.into(),
            schema: Arc::clone(schema),
            place: Place {
                offset: 0,
                number: 0,
                lines: 1,
                ending: Ending::Newline,
            },
            damage: None,
        }
    }

    pub fn row(&self) -> Row<'_> {
        Row::new(
            Cells::new(&self.line, &self.ends),
            &self.schema,
            self.place,
            self.damage,
        )
    }
}
