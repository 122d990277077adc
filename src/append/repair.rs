//! A mended copy of a log. Loss-free: a row that cannot be understood goes over as it is, one with nothing wrong to the byte,
//! and the log is never touched.

use std::{
    fs::{self, File},
    io::{self, BufWriter, Write},
    path::Path,
};

use anyhow::{Context, Result, bail};

use crate::{
    analysis::{Anomalies, find_anomalies},
    log::{
        Cells, Damage, Ending, Log, Role, Row, encode, encode_row, has_text_after_quote,
        split_line, unquote,
    },
    store::{ReadOptions, Store},
};

/// One change: the line of the log, and what became of it.
pub struct Change {
    pub line: u64,
    pub what: &'static str,
}

/// Mending may bring things together that call for mending; it ends after so many rounds.
const ROUNDS: usize = 8;

impl Log {
    /// Writes a mended copy to a new file, which appears whole or not at all, and returns what it changed.
    pub fn repair(&self, out: &Path) -> Result<Vec<Change>> {
        if out.symlink_metadata().is_ok() {
            bail!(
                "{} is there already; give another name for the copy",
                out.display()
            );
        }
        let unfinished = out.with_extension(format!("new-{}", std::process::id()));
        let result = self.mended_to(&unfinished).and_then(|changes| {
            fs::hard_link(&unfinished, out).or_else(|_| fs::rename(&unfinished, out))?;
            Ok(changes)
        });
        let _ = fs::remove_file(&unfinished); // it may have been renamed, or never made
        result.with_context(|| format!("cannot write {}", out.display()))
    }

    fn mended_to(&self, out: &Path) -> Result<Vec<Change>> {
        let changes = self.mend_once(out)?;
        let again = out.with_extension("again");
        for _ in 1..ROUNDS {
            let reading = ReadOptions {
                direction: Some(self.schema.direction),
                ..ReadOptions::default()
            };
            let more = Store::find(Some(out))?
                .read_to_the_end(&reading)?
                .mend_once(&again);
            let _ = fs::rename(&again, out).or_else(|_| fs::remove_file(&again)); // whole either way
            if more?.is_empty() {
                break;
            }
        }
        Ok(changes)
    }

    fn mend_once(&self, out: &Path) -> Result<Vec<Change>> {
        let mut changes = Vec::new();
        let mut file = BufWriter::new(File::create(out)?);
        let header = self.raw_header()?;
        let mended = mend_header(&header);
        if header.strip_suffix(b"\n") != Some(&mended) {
            changes.push(Change {
                line: 1,
                what: "the header was written anew",
            });
        }
        file.write_all(&mended)?;
        file.write_all(b"\n")?;
        self.for_each_line(|row| {
            let (line, what) = mend(&row);
            changes.extend(what.map(|what| Change {
                line: row.number,
                what,
            }));
            match (row.damage, line) {
                (Some(Damage::TooLong { bytes }), _) => {
                    self.copy_raw(row.offset, bytes, &mut file)?
                }
                (_, Some(line)) => file.write_all(&line)?,
                (_, None) => return Ok(()),
            }
            Ok(file.write_all(b"\n")?)
        })?;
        file.into_inner()
            .map_err(io::IntoInnerError::into_error)?
            .sync_all()?;
        Ok(changes)
    }

    /// Copies a line of the log, without its newline, however long it is.
    fn copy_raw(&self, mut offset: u64, bytes: u64, out: &mut impl Write) -> io::Result<()> {
        let Some(file) = self.source() else {
            return Ok(());
        };
        let (end, mut chunk) = (offset + bytes, vec![0; 64 * 1024]);
        while offset < end {
            let wanted = usize::try_from(end - offset)
                .unwrap_or(usize::MAX)
                .min(chunk.len());
            let read = file.read_at(&mut chunk[..wanted], offset)?;
            if read == 0 {
                break;
            }
            offset += read as u64;
            let last = offset == end && chunk[read - 1] == b'\n';
            out.write_all(&chunk[..read - usize::from(last)])?;
        }
        Ok(())
    }

    fn raw_header(&self) -> Result<Vec<u8>> {
        let mut header = vec![0; usize::try_from(self.start())?];
        match self.source() {
            Some(file) if !header.is_empty() => {
                let read = file.read_at(&mut header, 0)?;
                header.truncate(read);
                Ok(header)
            }
            _ => Ok(encode_row(self.schema.names()).into_bytes()),
        }
    }
}

/// The first line, without a mark, a carriage return, or white space around its names.
fn mend_header(raw: &[u8]) -> Vec<u8> {
    let text = raw
        .strip_prefix("\u{feff}".as_bytes())
        .unwrap_or(raw)
        .trim_ascii_end();
    let mut ends = Vec::new();
    split_line(text, &mut ends);
    encode_cells(
        Cells::new(text, &ends)
            .iter()
            .map(|cell| unquote(cell).trim_ascii().to_vec()),
    )
}

/// The line that a row becomes, none where it holds nothing, and what was changed.
fn mend(row: &Row) -> (Option<Vec<u8>>, Option<&'static str>) {
    let as_it_is = || {
        let end = row
            .cells
            .line
            .iter()
            .rposition(|&b| b != b'\r')
            .map_or(0, |at| at + 1);
        (Some(row.cells.line[..end].to_vec()), ending(row))
    };
    let mended =
        |line: Option<Vec<u8>>, what| line.map_or_else(as_it_is, |line| (Some(line), Some(what)));
    match row.damage {
        Some(Damage::Blank) => (None, Some("a blank line was left out")),
        Some(Damage::RepeatedHeader) => (None, Some("the repeated header was left out")),
        Some(Damage::OpenQuote) => mended(
            literal_quote(row),
            "a quote that nothing closes was taken as a character",
        ),
        Some(Damage::Cells { .. }) => as_it_is(),
        Some(Damage::TooLong { .. }) => (None, ending(row)),
        None => {
            let what = match () {
                () if row.is_space_separated() => {
                    "cells that spaces had joined were separated again"
                }
                () if row.lines > 1 => "a cell over several lines was put into one",
                () if find_anomalies(row.cells.line) != Anomalies::default() => {
                    "control characters and broken UTF-8 were made visible"
                }
                () if row.cells.iter().any(is_odd) => "its quotes were written anew",
                () => return as_it_is(),
            };
            (
                Some(encode_cells(
                    (0..row.cells.len()).map(|column| whole_value(row, column)),
                )),
                Some(what),
            )
        }
    }
}

fn ending(row: &Row) -> Option<&'static str> {
    match row.ending {
        Ending::Newline => None,
        Ending::CarriageReturn => Some("the carriage return at its end was left out"),
        Ending::Missing => Some("the newline at its end was added"),
    }
}

/// A quoted cell with a tab in it, or with text behind its closing quote.
fn is_odd(raw: &[u8]) -> bool {
    raw.starts_with(b"\"") && (raw.contains(&b'\t') || has_text_after_quote(raw))
}

/// A cell's value, with nothing lost: where text stands behind a closing quote, the quotes belong to it. White space around
/// what is no free text is not part of it for any reader.
fn whole_value(row: &Row, column: usize) -> Vec<u8> {
    let raw = row.cells.get(column).unwrap_or_default();
    let value = if has_text_after_quote(raw) {
        raw.to_vec()
    } else {
        row.bytes_at(column).into_owned()
    };
    let strict = [
        Role::Id,
        Role::Parent,
        Role::Baseline,
        Role::Time,
        Role::Status,
        Role::Score,
        Role::Delta,
    ];
    if strict
        .into_iter()
        .any(|role| row.schema.column(role) == Some(column))
    {
        value.trim_ascii().to_vec()
    } else {
        value
    }
}

/// Cells as a line; a byte that is not UTF-8 as `\xff`, so that nothing is lost.
fn encode_cells(cells: impl Iterator<Item = Vec<u8>>) -> Vec<u8> {
    let text = |cell: Vec<u8>| -> String {
        cell.utf8_chunks()
            .map(|chunk| {
                let broken: String = chunk
                    .invalid()
                    .iter()
                    .map(|byte| format!("\\x{byte:02x}"))
                    .collect();
                chunk.valid().to_owned() + &broken
            })
            .collect()
    };
    let cells: Vec<_> = cells.map(|cell| encode(&text(cell)).into_owned()).collect();
    cells.join("\t").into_bytes()
}

/// A row whose only fault is a quote that opens a cell and is never closed: from there on split at every tab, it is whole.
fn literal_quote(row: &Row) -> Option<Vec<u8>> {
    let rest = row.cells.last()?.split(|&b| b == b'\t').map(<[u8]>::to_vec);
    let cells: Vec<_> = (0..row.cells.len() - 1)
        .map(|column| whole_value(row, column))
        .chain(rest)
        .collect();
    (cells.len() == row.schema.names().len()).then(|| encode_cells(cells.into_iter()))
}
