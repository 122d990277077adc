//! A mended copy of a log. Loss-free: a row that cannot be understood goes over as it is, and the log is never touched.

use std::{
    fs::File,
    io::{BufWriter, Write},
    path::Path,
};

use anyhow::{Context, Result};

use super::{Log, encode, encode_row};
use crate::trial::{Damage, Ending, Row};

/// One change: the line of the log, and what became of it.
pub struct Change {
    pub line: u64,
    pub what: &'static str,
}

impl Log {
    /// Writes a mended copy to a new file, and returns what it changed.
    pub fn repair(&self, out: &Path) -> Result<Vec<Change>> {
        let context = || format!("cannot write {}", out.display());
        let mut changes = Vec::new();
        let mut file = BufWriter::new(File::create_new(out).with_context(context)?);
        file.write_all(encode_row(self.schema.names()).as_bytes()).with_context(context)?;
        self.every_line(|row| {
            let (line, what) = mend(&row);
            if let Some(what) = what {
                changes.push(Change { line: row.number, what });
            }
            if let Some(mut line) = line {
                line.push(b'\n');
                file.write_all(&line).with_context(context)?;
            }
            Ok(())
        })?;
        let file = file.into_inner().map_err(std::io::IntoInnerError::into_error).with_context(context)?;
        file.sync_all().with_context(context)?;
        Ok(changes)
    }
}

/// The line that a row becomes, none where it holds nothing, and what was changed.
fn mend(row: &Row) -> (Option<Vec<u8>>, Option<&'static str>) {
    let as_it_is = || Some(row.line.to_vec());
    match row.damage {
        Some(Damage::Blank) => (None, Some("a blank line was left out")),
        Some(Damage::RepeatedHeader) => (None, Some("the repeated header was left out")),
        Some(Damage::OpenQuote) => match literal_quote(row) {
            Some(line) => (Some(line), Some("a quote that nothing closes was taken as a character")),
            None => (as_it_is(), ending(row)),
        },
        Some(Damage::TooLong { .. } | Damage::Cells { .. }) => (as_it_is(), ending(row)),
        None => {
            let line = encode_cells((0..row.cells.len()).map(|column| row.bytes_at(column).into_owned()));
            let what = match () {
                () if row.is_spaced() => Some("cells that spaces had joined were separated again"),
                () if row.lines > 1 => Some("a cell over several lines was put into one"),
                () if line != row.line && has_hidden_bytes(row.line) => {
                    Some("control characters and broken UTF-8 were made visible")
                }
                () if line != row.line => Some("its quotes were written anew"),
                () => ending(row),
            };
            (Some(line), what)
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

fn has_hidden_bytes(line: &[u8]) -> bool {
    line.iter().any(|b| b.is_ascii_control() && *b != b'\t') || std::str::from_utf8(line).is_err()
}

/// Cells as a line; a byte that is not UTF-8 as `\xff`, so that nothing is lost.
fn encode_cells(cells: impl Iterator<Item = Vec<u8>>) -> Vec<u8> {
    let text = |cell: Vec<u8>| -> String {
        cell.utf8_chunks()
            .map(|chunk| {
                let broken: String = chunk.invalid().iter().map(|byte| format!("\\x{byte:02x}")).collect();
                chunk.valid().to_owned() + &broken
            })
            .collect()
    };
    let cells: Vec<_> = cells.map(|cell| encode(&text(cell)).into_owned()).collect();
    cells.join("\t").into_bytes()
}

/// A row whose only fault is a quote that opens a cell and is never closed: split at every tab, it is whole.
fn literal_quote(row: &Row) -> Option<Vec<u8>> {
    let cells: Vec<_> = row.line.split(|&b| b == b'\t').map(<[u8]>::to_vec).collect();
    (cells.len() == row.schema.names().len()).then(|| encode_cells(cells.into_iter()))
}
