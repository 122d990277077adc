//! What is written once and read in several passes: in memory, or in a temporary file once it is large.

use std::{
    fs::File,
    io::{BufRead, BufReader, Read, Write},
};

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use crate::log::{Source, SourceReader};

const MAX_IN_MEMORY: usize = 1 << 20;

/// A row of an external log.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(in crate::import) struct FileRow {
    pub(in crate::import) line: u64,
    pub(in crate::import) cells: Vec<String>,
    /// Identifies the row however its columns are interpreted.
    pub(in crate::import) fingerprint: u64,
    /// Whether it has more or fewer cells than the header.
    pub(in crate::import) is_wide: bool,
    pub(in crate::import) is_short: bool,
}

impl FileRow {
    pub(in crate::import) fn cell(&self, column: usize) -> &str {
        self.cells.get(column).map_or("", |cell| cell.trim())
    }
}

/// Bytes in memory, or in a temporary file without a name once they are many.
#[derive(Default)]
pub(in crate::import) struct Spool {
    bytes: Vec<u8>,
    file: Option<File>,
    pub(in crate::import) len: u64,
}

impl Spool {
    pub(in crate::import) fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.bytes.extend_from_slice(bytes);
        self.len += bytes.len() as u64;
        if self.bytes.len() > MAX_IN_MEMORY {
            self.flush()?;
        }
        Ok(())
    }

    fn flush(&mut self) -> Result<()> {
        if self.file.is_none() {
            self.file = tempfile::tempfile().ok(); // without a place for it, memory must do
        }
        if let Some(file) = &mut self.file {
            let written = file.write_all(&self.bytes);
            written.context("cannot write to a temporary file")?;
            self.bytes.clear();
        }
        Ok(())
    }

    pub(in crate::import) fn finish(mut self) -> Result<Source> {
        if self.file.is_some() {
            self.flush()?;
        }
        Ok(match self.file {
            Some(file) => Source::Temporary(file),
            None => Source::Memory(self.bytes),
        })
    }
}

/// The rows of a log while they are parsed.
#[derive(Default)]
pub(in crate::import) struct RowSpool {
    spool: Spool,
    pub(in crate::import) count: usize,
}

impl RowSpool {
    pub(in crate::import) fn push(&mut self, row: &FileRow) -> Result<()> {
        let bytes = postcard::to_allocvec(row)?;
        let len = u32::try_from(bytes.len()).context("a row is too long")?;
        self.spool.write(&len.to_le_bytes())?;
        self.spool.write(&bytes)?;
        self.count += 1;
        Ok(())
    }

    pub(in crate::import) fn finish(self) -> Result<Rows> {
        let (len, count) = (self.spool.len, self.count);
        let source = self.spool.finish()?;
        Ok(Rows {
            source,
            len,
            count,
            order: None,
        })
    }
}

/// The rows of a log, to be read as often as needed.
pub(in crate::import) struct Rows {
    source: Source,
    len: u64,
    pub(in crate::import) count: usize,
    /// Where the rows are, if they are read from the last to the first.
    order: Option<Vec<u64>>,
}

impl Rows {
    pub(in crate::import) fn for_each(
        &self,
        mut visit: impl FnMut(FileRow) -> Result<()>,
    ) -> Result<()> {
        if let Some(order) = &self.order {
            for &at in order.iter().rev() {
                let mut reader = self.reader(at, 4096);
                visit(read_row(&mut reader)?.0)?;
            }
            return Ok(());
        }
        let mut reader = self.reader(0, 128 * 1024);
        while !reader.fill_buf()?.is_empty() {
            visit(read_row(&mut reader)?.0)?;
        }
        Ok(())
    }

    /// Turns the rows round.
    pub(in crate::import) fn reverse(&mut self) -> Result<()> {
        let (mut order, mut at) = (Vec::with_capacity(self.count), 0);
        let mut reader = self.reader(0, 128 * 1024);
        for _ in 0..self.count {
            order.push(at);
            at += read_row(&mut reader)?.1;
        }
        drop(reader);
        self.order = Some(order);
        Ok(())
    }

    fn reader(&self, at: u64, capacity: usize) -> BufReader<SourceReader<'_>> {
        let reader = SourceReader::new(&self.source, at..self.len);
        BufReader::with_capacity(capacity, reader)
    }
}

/// A row and its length.
fn read_row(reader: &mut impl Read) -> Result<(FileRow, u64)> {
    let mut len = [0; 4];
    reader.read_exact(&mut len)?;
    let len = u32::from_le_bytes(len);
    let mut bytes = vec![0; len as usize];
    reader.read_exact(&mut bytes)?;
    Ok((postcard::from_bytes(&bytes)?, u64::from(len) + 4))
}
