//! Lines as rows. Lines come first: a line that is a complete row by itself is never part of another, so a quote left open
//! earlier cannot swallow it.

use std::io;

use anyhow::{Context, Result};

use super::{
    Cells, Damage, Ending, ExpId, Log, Place, Role, Row, Schema, Status,
    cells::{closing_quote, decode, split_line, split_quoted, unquote},
    lines::{Line, LineReader},
};
use crate::files::cannot;

/// How many lines and bytes a row with quoted line breaks may span.
const MAX_JOINED_LINES: u64 = 1024;
const MAX_JOINED_BYTES: usize = 1024 * 1024;

/// How many cells of a row may span lines. Without a limit, stray quotes would make each line search far ahead.
const MAX_JOINED_CELLS: usize = 16;

/// Reads one row after another. A row borrows the reader's buffer until the next one is read.
pub(crate) struct RowReader<'l> {
    log: &'l Log,
    lines: LineReader<'l>,
    /// Where the cells of the current row end, and those of a line that was peeked at.
    ends: Vec<usize>,
    peeked_ends: Vec<usize>,
    /// The number of the first line of the current row, or of the first row before it is read; 0 if it is unknown.
    number: u64,
    pub(super) skips_blank_lines: bool,
    current: Record,
}

/// The extent of a row in the buffer and in the file.
#[derive(Clone, Copy, Default)]
struct Record {
    line: Line,
    lines: u64,
    damage: Option<Damage>,
}

impl<'l> RowReader<'l> {
    /// Reads from the line at `offset` on, which has the number `number` (0 if that is unknown), `chunk` bytes at a time.
    pub(super) fn new(log: &'l Log, offset: u64, number: u64, chunk: usize) -> Self {
        Self {
            log,
            lines: LineReader::new(&log.source, offset, log.end, chunk),
            ends: Vec::with_capacity(32),
            peeked_ends: Vec::new(),
            number,
            skips_blank_lines: true,
            current: Record::default(),
        }
    }

    /// Moves to the first line that is a complete row by itself, from somewhere inside a line. False if there is none.
    pub(super) fn synchronize(&mut self) -> Result<bool> {
        let found = self.find_complete_row();
        found.with_context(cannot("read", self.log.path()))
    }

    fn find_complete_row(&mut self) -> io::Result<bool> {
        if let Some(rest) = self.lines.peek(0)? {
            self.lines.consume(rest.taken);
        }
        while let Some(line) = self.lines.peek(0)? {
            if self.is_complete_row(0, line) {
                return Ok(true);
            }
            self.lines.consume(line.taken);
        }
        Ok(false)
    }

    /// The first row at or after `offset`.
    pub(super) fn read_at(&mut self, offset: u64) -> Result<Row<'_>> {
        self.current = Record::default();
        self.lines.seek(offset);
        let path = self.log.path().display();
        self.next()?
            .with_context(|| format!("{path} was shortened while it was read"))
    }

    /// The next row. Damaged rows are rows too.
    pub(crate) fn next(&mut self) -> Result<Option<Row<'_>>> {
        let advanced = self.advance();
        let has_row = advanced.with_context(cannot("read", self.log.path()))?;
        Ok(has_row.then(|| self.row()))
    }

    fn advance(&mut self) -> io::Result<bool> {
        loop {
            self.lines.consume(self.current.line.taken);
            if self.log.is_reversed {
                self.number = self.number.saturating_sub(self.current.lines);
            } else if self.number > 0 {
                self.number += self.current.lines;
            }
            self.current = Record::default();
            let Some(line) = self.lines.peek(0)? else {
                return Ok(false);
            };
            let open = split_line(line_text(&self.lines, 0, line), &mut self.ends);
            self.current = self.classify(line, open)?;
            if self.current.damage != Some(Damage::Blank) || !self.skips_blank_lines {
                return Ok(true);
            }
        }
    }

    /// The offset after the current row, with its newline.
    pub(super) fn end(&self) -> u64 {
        self.lines.offset() + self.current.line.taken
    }

    fn row(&self) -> Row<'_> {
        let Record { line, lines, .. } = self.current;
        let text = line_text(&self.lines, 0, line);
        let ending = if !line.has_newline() {
            Ending::Missing
        } else if text.len() < line.len {
            Ending::CarriageReturn
        } else {
            Ending::Newline
        };
        let place = Place {
            offset: self.lines.offset(),
            number: self.number,
            lines,
            ending,
        };
        Row::new(
            Cells::new(text, &self.ends),
            &self.log.schema,
            place,
            self.current.damage,
        )
    }

    /// Decides whether the line just split is a row, the first line of one, or damaged.
    fn classify(&mut self, line: Line, open: Option<usize>) -> io::Result<Record> {
        let damage = self.damage_of(line, open);
        let mut record = Record {
            line,
            lines: 1,
            damage,
        };
        match damage {
            Some(Damage::OpenQuote) => {
                let start = open.unwrap_or_default();
                match self.join_lines(line, start)? {
                    Some(joined) => record = joined,
                    None => self.ends.push(line_text(&self.lines, 0, line).len()),
                }
            }
            Some(Damage::Cells { .. }) => {
                let cells = Cells::new(line_text(&self.lines, 0, line), &self.ends);
                if let Some(ends) = find_space_separated(cells, &self.log.schema) {
                    self.ends = ends;
                    record.damage = None;
                }
            }
            _ => {}
        }
        Ok(record)
    }

    fn damage_of(&self, line: Line, open: Option<usize>) -> Option<Damage> {
        let (found, expected) = (self.ends.len(), self.log.schema.names().len());
        if line.is_cut() {
            return Some(Damage::TooLong { bytes: line.taken });
        }
        if open.is_some() {
            return Some(Damage::OpenQuote);
        }
        if found == expected {
            return self.repeats_header(line).then_some(Damage::RepeatedHeader);
        }
        if line_text(&self.lines, 0, line).trim_ascii().is_empty() {
            return Some(Damage::Blank);
        }
        Some(Damage::Cells { found, expected })
    }

    /// Whether a line repeats the names of the columns, as when two files were concatenated; with quotes or a byte order
    /// mark too.
    fn repeats_header(&self, line: Line) -> bool {
        let cells = Cells::new(line_text(&self.lines, 0, line), &self.ends);
        let names = self.log.schema.names();
        let cells = cells.iter().map(bare_name);
        cells.eq(names.iter().map(String::as_bytes))
    }

    /// Joins the lines of a row whose quoted cell spans lines. The row must end in exactly the right number of cells and
    /// contain no line that is a complete row by itself.
    fn join_lines(&mut self, first: Line, mut open: usize) -> io::Result<Option<Record>> {
        let expected = self.log.schema.names().len();
        let mut ends = self.ends.clone();
        let mut len = first.len;
        let mut cells = 1;
        for lines in 2..=MAX_JOINED_LINES {
            let skip = len + 1;
            let Some(line) = self.lines.peek(skip)? else {
                break;
            };
            let end = skip + line.len;
            let is_too_much = end > MAX_JOINED_BYTES || cells > MAX_JOINED_CELLS;
            if is_too_much || !self.may_continue_row(skip, line) {
                break;
            }
            let joined = Line {
                len: end,
                taken: end as u64 + 1,
            };
            let text = line_text(&self.lines, 0, joined);
            match split_quoted(text, b'\t', open, len, &mut ends) {
                Some(start) if ends.len() < expected => {
                    cells += usize::from(start != open);
                    open = start;
                }
                None if ends.len() == expected => {
                    self.ends = ends;
                    return Ok(Some(Record {
                        line: joined,
                        lines,
                        damage: None,
                    }));
                }
                _ => break,
            }
            len = end;
        }
        Ok(None)
    }

    /// Whether a line may belong to the row before it.
    fn may_continue_row(&mut self, skip: usize, line: Line) -> bool {
        line.has_newline() && !self.is_complete_row(skip, line) && !self.starts_like_row(skip, line)
    }

    /// Whether a line has exactly the cells of a row by itself.
    fn is_complete_row(&mut self, skip: usize, line: Line) -> bool {
        let open = split_line(line_text(&self.lines, skip, line), &mut self.peeked_ends);
        let expected = self.log.schema.names().len();
        open.is_none() && self.peeked_ends.len() == expected && !line.is_cut()
    }

    /// Whether the line just split by `is_complete_row` starts with an id and a time: it is another trial, not a part of
    /// this one.
    fn starts_like_row(&self, skip: usize, line: Line) -> bool {
        let cells = Cells::new(line_text(&self.lines, skip, line), &self.peeked_ends);
        if cells.len() <= 3 {
            return false;
        }
        let cell = |role| self.log.schema.column(role).and_then(|at| cells.get(at));
        let id = cell(Role::Id).and_then(ExpId::parse_bytes);
        let has_time = match self.log.schema.column(Role::Time) {
            None => true,
            Some(_) => cell(Role::Time).is_some_and(looks_like_time),
        };
        matches!(id, Some(ExpId::Number(_))) && has_time
    }
}

/// Where the cells of a row end whose last cell is a quoted hypothesis followed by the other cells, separated by single
/// spaces: a clean-up replaced the tabs. The cell in the place of the status must be a status.
fn find_space_separated(cells: Cells, schema: &Schema) -> Option<Vec<usize>> {
    let hypothesis = schema.column(Role::Hypothesis)?;
    if cells.len() != hypothesis + 1 {
        return None;
    }
    let last = cells.last()?;
    if !last.starts_with(b"\"") {
        return None;
    }
    let close = closing_quote(last, 1)?;
    let rest = last[close..].strip_prefix(b" ")?;
    let missing = schema.names().len().checked_sub(cells.len())?;
    let mut ends = cells.ends().to_vec();
    let mut end = cells.start(hypothesis) + close;
    ends[hypothesis] = end;
    for text in rest.splitn(missing.max(1), |&b| b == b' ') {
        end += 1 + text.len();
        ends.push(end);
    }
    if ends.len() != schema.names().len() {
        return None;
    }
    let status = Cells::new(cells.line, &ends).get(schema.column(Role::Status)?)?;
    (Status::parse(status) != Status::Other).then_some(ends)
}

/// The texts of the cells of such a row; `None` for any other line.
pub fn split_space_separated(line: &str, schema: &Schema) -> Option<Vec<String>> {
    let line = line.as_bytes();
    let mut ends = Vec::new();
    if split_line(line, &mut ends).is_some() {
        return None;
    }
    let ends = find_space_separated(Cells::new(line, &ends), schema)?;
    let cells = Cells::new(line, &ends);
    Some(
        cells
            .iter()
            .map(|cell| decode(unquote(cell)).into_owned())
            .collect(),
    )
}

/// Whether a cell starts with a date and a `T`.
fn looks_like_time(cell: &[u8]) -> bool {
    cell.len() >= 20 && cell[10] == b'T' && cell[..4].iter().all(u8::is_ascii_digit)
}

/// A name in a header without a byte order mark, quotes, or white space around it.
fn bare_name(cell: &[u8]) -> &[u8] {
    let cell = cell.strip_prefix("\u{feff}".as_bytes()).unwrap_or(cell);
    match cell.strip_prefix(b"\"") {
        Some(quoted) => quoted.strip_suffix(b"\"").unwrap_or(quoted).trim_ascii(),
        None => cell.trim_ascii(),
    }
}

/// The bytes of a line that was peeked at, without a carriage return at its end.
fn line_text<'a>(lines: &'a LineReader<'_>, skip: usize, line: Line) -> &'a [u8] {
    let bytes = &lines.bytes(skip + line.len)[skip..];
    bytes.strip_suffix(b"\r").unwrap_or(bytes)
}
