//! Lines as rows. Lines come first: one that is a complete row by itself is never part of another, so a quote
//! that an earlier line left open cannot swallow it.

use std::{io, sync::Arc};

use fearless_simd::Level;

use super::{
    lines::{Line, Lines, MAX_ROW},
    spaced::separate,
    split::{Open, close, split, split_quoted, tabs},
};
use crate::{
    log::{Cells, Damage, Ending, ExpId, Place, Row, short},
    log::{Role, Schema},
};

/// A row that a quoted line break spans is looked for in this many lines and bytes, no further.
const JOIN_LINES: u64 = 1024;
const JOIN_BYTES: usize = 1024 * 1024;

pub(crate) struct Rows<'l> {
    schema: &'l Arc<Schema>,
    /// How many cells a row has, and the first byte of the header.
    columns: usize,
    header: u8,
    lines: Lines<'l>,
    /// Where the cells of the line just split end, and those of one that was looked at ahead.
    ends: Vec<u32>,
    scratch: Vec<u32>,
    /// The number of the next line; 0 where it is not known.
    number: u64,
    /// Bytes and lines of the row handed out last: it stays in the buffer until the next one is asked for.
    given: (u64, u64),
    /// How many bytes of the buffer it has, and what is wrong with it.
    len: usize,
    damage: Option<Damage>,
    /// What the processor can.
    level: Level,
}

impl<'l> Rows<'l> {
    /// Rows from the next line on, which has the number `number` (0 where that is not known).
    pub(crate) fn new(schema: &'l Arc<Schema>, lines: Lines<'l>, number: u64) -> Self {
        let names = schema.names();
        Self {
            schema,
            columns: names.len(),
            header: names
                .first()
                .and_then(|name| name.bytes().next())
                .unwrap_or_default(),
            lines,
            ends: Vec::with_capacity(32),
            scratch: Vec::new(),
            number,
            given: (0, 0),
            len: 0,
            damage: None,
            level: Level::baseline(),
        }
    }

    /// The same with all that the processor can: to ask it costs as much as to read some hundred rows.
    pub(crate) fn at_full_speed(self) -> Self {
        Self {
            level: Level::new(),
            ..self
        }
    }

    /// From now on no rows that begin at `limit` or later.
    pub(crate) fn set_limit(&mut self, limit: u64) {
        self.lines.set_limit(limit);
    }

    /// Where the next row begins.
    pub(crate) fn offset(&self) -> u64 {
        self.lines.offset() + self.given.0
    }

    /// The number of the next line.
    pub(crate) fn number(&self) -> u64 {
        self.number + self.given.1
    }

    /// Goes on to the first line that is a complete row by itself, from somewhere inside a line. False where none begins before
    /// `limit`.
    pub(crate) fn synchronise(&mut self, limit: u64) -> io::Result<bool> {
        self.lines.pass(limit)?;
        while self.lines.offset() < limit
            && let Some(line) = self.lines.look(0)?
        {
            if self.is_complete(0, line) {
                return Ok(true);
            }
            self.lines.consume(line.taken);
        }
        Ok(false)
    }

    /// The next row, damaged ones and blank lines too.
    pub(crate) fn next(&mut self) -> io::Result<Option<Row<'_>>> {
        Ok(if self.go_on()? {
            Some(self.row())
        } else {
            None
        })
    }

    /// Goes on to the next row; false at the end.
    #[inline]
    pub(crate) fn go_on(&mut self) -> io::Result<bool> {
        let (bytes, lines) = std::mem::take(&mut self.given);
        self.advance(bytes, lines);
        let held = match self.split_held() {
            None if self.lines.fill()? => self.split_held(),
            held => held,
        };
        match held {
            Some((line, None)) if self.is_plain(line) => {
                (self.given, self.len, self.damage) = ((line.taken, 1), line.len, None);
                Ok(true)
            }
            held => self.go_on_slowly(held),
        }
    }

    fn go_on_slowly(&mut self, held: Option<(Line, Option<Open>)>) -> io::Result<bool> {
        let (first, open) = match held {
            Some(held) => held,
            None => match self.lines.look(0)? {
                Some(first) => {
                    self.ends.clear();
                    (
                        first,
                        split(text(&self.lines, 0, first), &mut self.ends, None),
                    )
                }
                None => return Ok(false),
            },
        };
        let (record, lines, damage) = self.record(first, open)?;
        (self.given, self.len, self.damage) = ((record.taken, lines), record.len, damage);
        Ok(true)
    }

    /// What is wrong with the row that `go_on` has come to.
    pub(crate) fn damage(&self) -> Option<Damage> {
        self.damage
    }

    /// That row, where `go_on` has come to one.
    #[inline]
    pub(crate) fn row(&self) -> Row<'_> {
        let (taken, lines) = self.given;
        let text = text(
            &self.lines,
            0,
            Line {
                len: self.len,
                taken,
            },
        );
        let ending = match self.len {
            len if taken == len as u64 => Ending::Missing,
            len if text.len() < len => Ending::CarriageReturn,
            _ => Ending::Newline,
        };
        let place = Place {
            offset: self.lines.offset(),
            number: self.number,
            lines,
            ending,
        };
        Row::new(
            Cells::new(text, &self.ends),
            self.schema,
            place,
            self.damage,
        )
    }

    /// Whether the line just split, whose quotes are closed, is a row by itself, and nothing else: as nearly all are.
    #[inline(always)]
    fn is_plain(&self, line: Line) -> bool {
        self.ends.len() == self.columns && !self.repeats_header(line)
    }

    /// The next line and its open quote, split in one go: where the buffer holds all of it, as nearly always.
    #[inline(always)]
    fn split_held(&mut self) -> Option<(Line, Option<Open>)> {
        let held = self.lines.held();
        let found = tabs(self.level, held, &mut self.ends);
        let len = found.newline.filter(|&len| len <= MAX_ROW)?;
        let line = held[..len].strip_suffix(b"\r").unwrap_or(&held[..len]);
        close(line, found, &mut self.ends);
        let open = if found.is_quoted {
            split_quoted(line, &mut self.ends, None)
        } else {
            None
        };
        Some((
            Line {
                len,
                taken: len as u64 + 1,
            },
            open,
        ))
    }

    /// The row that begins at `offset`.
    pub(crate) fn at(&mut self, offset: u64) -> io::Result<Option<Row<'_>>> {
        self.go_to(offset);
        self.next()
    }

    /// Goes to this place.
    pub(crate) fn go_to(&mut self, offset: u64) {
        self.given = (0, 0);
        self.lines.go_to(offset);
    }

    /// From now on the next line has this number.
    pub(crate) fn count_from(&mut self, number: u64) {
        self.number = number;
    }

    fn advance(&mut self, bytes: u64, lines: u64) {
        self.lines.consume(bytes);
        if self.number > 0 {
            self.number += lines;
        }
    }

    /// What the line just split is: a row, the first line of one over several, or a damaged one.
    fn record(
        &mut self,
        first: Line,
        open: Option<Open>,
    ) -> io::Result<(Line, u64, Option<Damage>)> {
        let (found, expected) = (self.ends.len(), self.columns);
        if open.is_none() && !first.is_cut() && self.is_plain(first) {
            return Ok((first, 1, None));
        }
        let damage = match open {
            _ if first.is_cut() => Damage::TooLong { bytes: first.taken },
            Some(open) => {
                if let Some((record, lines)) = self.join(first, open)? {
                    return Ok((record, lines, None));
                }
                let end = text(&self.lines, 0, first).len();
                self.ends.push(short(end));
                Damage::OpenQuote
            }
            None if text(&self.lines, 0, first).trim_ascii().is_empty() => Damage::Blank,
            None if self.separate(first) => return Ok((first, 1, None)),
            None if found != expected => Damage::Cells { found, expected },
            None => Damage::RepeatedHeader,
        };
        Ok((first, 1, Some(damage)))
    }

    /// Whether single spaces stand for tabs in a row; its cells are then what they were.
    fn separate(&mut self, line: Line) -> bool {
        let cells = Cells::new(text(&self.lines, 0, line), &self.ends);
        let separated = separate(cells, self.schema);
        separated.map(|ends| self.ends = ends).is_some()
    }

    /// Whether a line says the names of the columns once more, as two files put together do: quoted, or behind a mark, too.
    fn repeats_header(&self, line: Line) -> bool {
        let first = self.lines.bytes(line.len).first();
        if first
            .is_some_and(|&first| first != self.header && !matches!(first, b'"' | 0xef | ..=b' '))
        {
            return false; // nearly every row
        }
        let names = self.schema.names();
        let cells = Cells::new(text(&self.lines, 0, line), &self.ends);
        let first = cells
            .get(0)
            .is_some_and(|cell| bare(cell) == names[0].as_bytes());
        first
            && cells
                .iter()
                .map(bare)
                .eq(names.iter().map(String::as_bytes))
    }

    /// A row over several lines: it ends in exactly the right number of cells, and swallows no line that is a
    /// complete row by itself.
    fn join(&mut self, first: Line, mut open: Open) -> io::Result<Option<(Line, u64)>> {
        let expected = self.columns;
        let mut ends = self.ends.clone();
        let mut len = first.len;
        for lines in 2..=JOIN_LINES {
            let Some(line) = self.lines.look(len + 1)? else {
                break;
            };
            let end = len + 1 + line.len;
            let terminated = line.taken == line.len as u64 + 1;
            if !terminated
                || end > JOIN_BYTES
                || self.is_complete(len + 1, line)
                || self.begins_row(len + 1, line)
            {
                break;
            }
            let record = Line {
                len: end,
                taken: end as u64 + 1,
            };
            match split(text(&self.lines, 0, record), &mut ends, Some(open)) {
                Some(still) if ends.len() < expected => open = still,
                None if ends.len() == expected => {
                    self.ends = ends;
                    return Ok(Some((record, lines)));
                }
                _ => break,
            }
            len = end;
        }
        Ok(None)
    }

    /// Whether the line just split by `is_complete` begins as a row does: with a number for its id, and a time where the log
    /// has one. It is somebody's trial, and no part of another.
    fn begins_row(&self, skip: usize, line: Line) -> bool {
        let cell = |role: Role| {
            let cells = Cells::new(text(&self.lines, skip, line), &self.scratch);
            self.schema
                .column(role)
                .and_then(|column| cells.get(column))
        };
        let id = cell(Role::Id).and_then(|raw| ExpId::parse(std::str::from_utf8(raw).ok()?));
        let time = |raw: &[u8]| {
            raw.len() >= 20 && raw[10] == b'T' && raw[..4].iter().all(u8::is_ascii_digit)
        };
        let is_timed =
            self.schema.column(Role::Time).is_none() || cell(Role::Time).is_some_and(time);
        matches!(id, Some(ExpId::Number(_))) && is_timed && self.scratch.len() > 3
    }

    /// Whether a line has exactly the cells of a row, with no help from its neighbours.
    fn is_complete(&mut self, skip: usize, line: Line) -> bool {
        self.scratch.clear();
        let open = split(text(&self.lines, skip, line), &mut self.scratch, None);
        open.is_none() && self.scratch.len() == self.columns && !line.is_cut()
    }
}

/// A name in a header, without a mark, its quotes, or white space around it.
fn bare(raw: &[u8]) -> &[u8] {
    let raw = raw.strip_prefix("\u{feff}".as_bytes()).unwrap_or(raw);
    raw.strip_prefix(b"\"")
        .map_or(raw, |raw| raw.strip_suffix(b"\"").unwrap_or(raw))
        .trim_ascii()
}

/// The bytes of a line that was looked at, without a carriage return at its end.
#[inline]
fn text<'a>(lines: &'a Lines<'_>, skip: usize, line: Line) -> &'a [u8] {
    let bytes = &lines.bytes(skip + line.len)[skip..];
    bytes.strip_suffix(b"\r").unwrap_or(bytes)
}
