//! A row of the log as a trial: cells by the role that their column plays.

use std::{borrow::Cow, fmt, sync::Arc};

use super::{
    Cells, ExpId, Number, Status,
    cells::{text, value},
    number::short_whole,
    shown_id,
};
use crate::log::{Role, Schema};

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
    pub cells: Cells<'a>,
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
    #[inline(always)]
    pub fn new(
        cells: Cells<'a>,
        schema: &'a Arc<Schema>,
        place: Place,
        damage: Option<Damage>,
    ) -> Self {
        let Place {
            offset,
            number,
            lines,
            ending,
        } = place;
        let mut row = Self {
            cells,
            schema,
            offset,
            number,
            lines,
            ending,
            damage,
            status: Status::Other,
        };
        if damage.is_none() {
            row.status = match row.plain(Role::Status) {
                Some(cell) => Status::parse(cell),
                None => Status::parse(&row.bytes(Role::Status)),
            };
        }
        row
    }

    /// Whether single spaces stand for the tabs behind the hypothesis, as a clean-up of the line has left them.
    pub fn is_spaced(&self) -> bool {
        let end = self
            .schema
            .column(Role::Hypothesis)
            .and_then(|column| self.cells.ends().get(column));
        end.is_some_and(|&end| self.cells.line.get(end as usize) == Some(&b' '))
    }

    /// The bytes of a column, without quotes; empty where the row has no such cell.
    #[inline]
    pub fn bytes_at(&self, column: usize) -> Cow<'a, [u8]> {
        self.cells.get(column).map_or(Cow::Borrowed(b""), value)
    }

    /// The text of a column; what is not UTF-8 as U+FFFD.
    pub fn text_at(&self, column: usize) -> Cow<'a, str> {
        match self.bytes_at(column) {
            Cow::Borrowed(bytes) => text(bytes),
            Cow::Owned(bytes) => text(&bytes).into_owned().into(),
        }
    }

    /// A cell without quotes, as nearly all are.
    #[inline(always)]
    fn plain(&self, role: Role) -> Option<&'a [u8]> {
        let column = self.schema.column(role)?;
        self.cells
            .get(column)
            .filter(|cell| cell.first() != Some(&b'"'))
    }

    #[inline]
    pub fn bytes(&self, role: Role) -> Cow<'a, [u8]> {
        self.schema
            .column(role)
            .map_or(Cow::Borrowed(b""), |column| self.bytes_at(column))
    }

    pub fn text(&self, role: Role) -> Cow<'a, str> {
        self.schema
            .column(role)
            .map_or(Cow::Borrowed(""), |column| self.text_at(column))
    }

    pub fn id(&self) -> Option<ExpId> {
        self.id_in(Role::Id)
    }

    pub fn parent(&self) -> Option<ExpId> {
        self.id_in(Role::Parent)
    }

    /// The id in a cell. The last cell of a row that has too few may have lost its end: the `17` of a `178` is no id.
    #[inline]
    fn id_in(&self, role: Role) -> Option<ExpId> {
        let is_torn = || {
            self.schema
                .column(role)
                .is_some_and(|column| column + 1 >= self.cells.len())
        };
        match self.damage {
            Some(Damage::RepeatedHeader) => None,
            Some(Damage::Cells { found, expected }) if found < expected && is_torn() => None,
            _ => ExpId::parse_bytes(&self.bytes(role)),
        }
    }

    /// The number that an id is, where a whole row has it in a few digits, as nearly all do.
    #[inline]
    pub fn short_number(&self, role: Role) -> Option<u32> {
        let cell = self
            .cells
            .get(self.schema.column(role)?)
            .filter(|_| self.damage.is_none())?;
        u32::try_from(short_whole(cell)?).ok()
    }

    /// Whether `id` has one, seen at a glance where it begins with a digit.
    #[inline]
    pub fn has_id(&self) -> bool {
        let is_number = |cell: &[u8]| cell.first().is_some_and(u8::is_ascii_digit);
        self.damage.is_none() && self.plain(Role::Id).is_some_and(is_number) || self.id().is_some()
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
    #[inline(always)]
    pub fn number_in(&self, role: Role) -> Option<f64> {
        match self.plain(role) {
            _ if self.damage.is_some() => None,
            Some(cell) => Number::value_of_bytes(cell),
            None => Number::value_of_bytes(&self.bytes(role)),
        }
    }

    /// The score that this row would bring into the question "which is best"; `None` where it can never be.
    #[inline]
    pub fn eligible_score(&self) -> Option<f64> {
        if self.status().can_be_best() && self.has_id() {
            self.score()
        } else {
            None
        }
    }
}

/// A row of its own, for the few that an answer is made of. Its text is there once, however many parts of an answer show it.
#[derive(Clone)]
pub struct Trial {
    line: Arc<[u8]>,
    ends: Arc<[u32]>,
    schema: Arc<Schema>,
    place: Place,
    damage: Option<Damage>,
}

impl Trial {
    pub fn row(&self) -> Row<'_> {
        Row::new(
            Cells::new(&self.line, &self.ends),
            &self.schema,
            self.place,
            self.damage,
        )
    }
}

impl Row<'_> {
    pub fn to_trial(&self) -> Trial {
        Trial {
            line: self.cells.line.into(),
            ends: self.cells.ends().into(),
            schema: Arc::clone(self.schema),
            place: Place {
                offset: self.offset,
                number: self.number,
                lines: self.lines,
                ending: self.ending,
            },
            damage: self.damage,
        }
    }
}
