//! A repaired copy of a log. Nothing is lost: a row that cannot be understood is copied as it is, a row without a problem
//! byte for byte, and the log itself is never changed.

use std::{
    io::{self, BufWriter, Write},
    path::Path,
};

use anyhow::{Context, Result, ensure};
use tempfile::NamedTempFile;

use crate::{
    analysis::has_anomalies,
    files::{permissions_of, persist_new, temporary_file_beside},
    log::{
        Cells, Damage, Ending, Log, LogOptions, Role, Row, Source, SourceReader, encode,
        encode_row, has_text_after_quote, split_line, unquote,
    },
    text::escape_bytes,
};

/// One change: the line of the log, and what was done.
pub struct Change {
    pub line: u64,
    pub what: &'static str,
}

/// What becomes of one row.
enum Repair {
    /// It is copied without its line ending.
    Copy,
    Rewrite(Vec<u8>, &'static str),
    Remove(&'static str),
}

/// A repair may uncover another problem: a line that gets its newline may end a quoted cell. Most logs need one round.
const MAX_ROUNDS: usize = 8;

impl Log {
    /// Writes a repaired copy to a new file, which appears complete or not at all. Returns what was changed.
    pub fn repair(&self, out: &Path) -> Result<Vec<Change>> {
        let shown = out.display();
        ensure!(
            out.symlink_metadata().is_err(),
            "{shown} already exists; choose another name"
        );
        let repaired = self.repair_until_clean(out);
        let (file, changes) = repaired.with_context(|| format!("cannot write {shown}"))?;
        persist_new(file, out).with_context(|| format!("cannot write {shown}"))?;
        Ok(changes)
    }

    fn repair_until_clean(&self, out: &Path) -> Result<(NamedTempFile, Vec<Change>)> {
        // A user who may not read the log may not read the copy either.
        let permissions = permissions_of(self.path())?;
        let options = LogOptions {
            direction: Some(self.schema.direction),
            ..LogOptions::default()
        };
        let (mut file, changes) = self.repair_once(temporary_file_beside(out, permissions)?)?;
        for _ in 1..MAX_ROUNDS {
            let source = Source::File(file.reopen()?);
            let len = file.as_file().metadata()?.len();
            let copy = Log::open(file.path(), source, len, &options)?;
            let (next, more) = copy.repair_once(temporary_file_beside(out, permissions)?)?;
            if more.is_empty() {
                break;
            }
            file = next;
        }
        Ok((file, changes))
    }

    fn repair_once(&self, file: NamedTempFile) -> Result<(NamedTempFile, Vec<Change>)> {
        let mut out = BufWriter::new(file);
        let mut changes = Vec::new();
        let header = self.raw_header()?;
        let repaired = self.repair_header(&header)?;
        if header.strip_suffix(b"\n") != Some(&repaired) {
            let what = "rewrote the header";
            changes.push(Change { line: 1, what });
        }
        out.write_all(&repaired)?;
        out.write_all(b"\n")?;
        self.for_each_line(|row| {
            if let Some(what) = self.write_repaired(&row, &mut out)? {
                let line = row.number;
                changes.push(Change { line, what });
            }
            Ok(())
        })?;
        let file = out.into_inner().map_err(io::IntoInnerError::into_error)?;
        Ok((file, changes))
    }

    /// Writes what becomes of a row, and returns what was changed.
    fn write_repaired(&self, row: &Row, out: &mut impl Write) -> Result<Option<&'static str>> {
        let mut change = describe_ending(row);
        match (repair_row(row), row.damage) {
            (Repair::Remove(what), _) => return Ok(Some(what)),
            (Repair::Rewrite(line, what), _) => {
                out.write_all(&line)?;
                change = Some(what);
            }
            // It is too long to be held in memory.
            (Repair::Copy, Some(Damage::TooLong { bytes })) => {
                let (mut end, mut last) = (row.offset + bytes, [0]);
                self.source.read_at(&mut last, end - 1)?;
                end -= u64::from(last == *b"\n");
                io::copy(&mut SourceReader::new(&self.source, row.offset..end), out)?;
            }
            (Repair::Copy, _) => out.write_all(without_carriage_returns(row.cells.line))?,
        }
        out.write_all(b"\n")?;
        Ok(change)
    }

    /// The first line without a byte order mark, a carriage return, or white space around its names. Columns without a name
    /// at the end stay if rows have them.
    fn repair_header(&self, raw: &[u8]) -> Result<Vec<u8>> {
        let text = raw.strip_prefix("\u{feff}".as_bytes()).unwrap_or(raw);
        let end = text.iter().rposition(|byte| !b"\r\n".contains(byte));
        let text = &text[..end.map_or(0, |last| last + 1)];
        let mut ends = Vec::new();
        split_line(text, &mut ends);
        let names = Cells::new(text, &ends);
        let names = names.iter().map(|cell| unquote(cell).trim_ascii().to_vec());
        let mut names: Vec<Vec<u8>> = names.collect();
        if names.last().is_some_and(Vec::is_empty) && !self.has_readable_rows()? {
            names.truncate(
                names
                    .iter()
                    .rposition(|name| !name.is_empty())
                    .map_or(0, |last| last + 1),
            );
        }
        Ok(encode_cells(names))
    }

    fn has_readable_rows(&self) -> Result<bool> {
        let mut rows = self.rows();
        while let Some(row) = rows.next()? {
            if row.damage.is_none() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn raw_header(&self) -> Result<Vec<u8>> {
        if self.start() == 0 {
            return Ok(encode_row(self.schema.names()).into_bytes());
        }
        let mut header = vec![0; usize::try_from(self.start())?];
        let read = self.source.read_at(&mut header, 0)?;
        header.truncate(read);
        Ok(header)
    }
}

fn repair_row(row: &Row) -> Repair {
    match row.damage {
        Some(Damage::Blank) => Repair::Remove("removed a blank line"),
        Some(Damage::RepeatedHeader) => Repair::Remove("removed a repeated header"),
        Some(Damage::OpenQuote) => match escape_open_quote(row) {
            Some(line) => Repair::Rewrite(line, "escaped a quote that is never closed"),
            None => Repair::Copy,
        },
        Some(Damage::Cells { .. } | Damage::TooLong { .. }) => Repair::Copy,
        None => match find_problem(row) {
            Some(what) => {
                Repair::Rewrite(encode_cells(lossless_values(row, row.cells.len())), what)
            }
            None => Repair::Copy,
        },
    }
}

/// What is changed by encoding the cells of a readable row again, if anything.
fn find_problem(row: &Row) -> Option<&'static str> {
    if row.is_space_separated() {
        Some("restored tabs that had become spaces")
    } else if row.lines > 1 {
        Some("joined a cell that spanned several lines")
    } else if has_anomalies(row.cells.line) {
        Some("escaped control characters and invalid UTF-8")
    } else if row.cells.iter().any(has_odd_quotes) {
        Some("rewrote the quotes")
    } else {
        None
    }
}

fn describe_ending(row: &Row) -> Option<&'static str> {
    match row.ending {
        Ending::Newline => None,
        Ending::CarriageReturn => Some("removed the carriage return at the end"),
        Ending::Missing => Some("added the newline at the end"),
    }
}

fn without_carriage_returns(mut line: &[u8]) -> &[u8] {
    while let Some(shorter) = line.strip_suffix(b"\r") {
        line = shorter;
    }
    line
}

/// Whether a quoted cell contains a tab, or text after its closing quote.
fn has_odd_quotes(raw: &[u8]) -> bool {
    raw.starts_with(b"\"") && (raw.contains(&b'\t') || has_text_after_quote(raw))
}

/// The values of the first cells of a row. With text after the closing quote, the quotes are part of the value; otherwise
/// they would be lost. White space around an id, a time, a status or a number is not part of it for any reader.
fn lossless_values(row: &Row, count: usize) -> Vec<Vec<u8>> {
    use Role::{Baseline, Delta, Id, Parent, Score, Status, Time};
    let mut values: Vec<Vec<u8>> = Vec::new();
    for (column, raw) in row.cells.iter().take(count).enumerate() {
        values.push(if has_text_after_quote(raw) {
            raw.to_vec()
        } else {
            row.bytes_at(column).into_owned()
        });
    }
    for role in [Id, Parent, Baseline, Time, Status, Score, Delta] {
        if let Some(column) = row.schema.column(role)
            && let Some(value) = values.get_mut(column)
        {
            *value = value.trim_ascii().to_vec();
        }
    }
    values
}

/// Cells as a line, with a byte that is not UTF-8 as `\xff`.
fn encode_cells(cells: Vec<Vec<u8>>) -> Vec<u8> {
    let texts = cells.iter().map(|cell| escape_bytes(cell, |_| false));
    let texts: Vec<String> = texts.map(|text| encode(&text).into_owned()).collect();
    texts.join("\t").into_bytes()
}

/// A row whose only problem is a quote that opens a cell and is never closed: it has all its cells if the quote is taken
/// as a character.
fn escape_open_quote(row: &Row) -> Option<Vec<u8>> {
    let mut cells = lossless_values(row, row.cells.len() - 1);
    let rest = row.cells.last()?.split(|&b| b == b'\t');
    cells.extend(rest.map(<[u8]>::to_vec));
    let has_all = cells.len() == row.schema.names().len();
    has_all.then(|| encode_cells(cells))
}
