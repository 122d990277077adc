//! What is written once and read in several passes: in memory, or in a temporary file once it is large.

use std::{
    fs::File,
    io::{self, Write},
    os::unix::fs::FileExt,
};

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use crate::log::Source;

const MAX_IN_MEMORY: usize = 1 << 20;

/// A row of an external log.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct FileRow {
    pub(crate) line: u64,
    pub(crate) cells: Vec<String>,
    /// Identifies the row however its columns are interpreted.
    pub(crate) fingerprint: u64,
    /// Whether it has more or fewer cells than the header.
    pub(crate) is_wide: bool,
    pub(crate) is_short: bool,
}

impl FileRow {
    pub(crate) fn new(line: u64, cells: Vec<String>) -> Self {
        Self {
            line,
            fingerprint: fingerprint(&cells),
            cells,
            ..Self::default()
        }
    }

    pub(crate) fn cell(&self, column: usize) -> &str {
        self.cells.get(column).map_or("", |cell| cell.trim())
    }
}

/// FNV-1a of the cells that are not blank. It is stored with imported trials, so it must never change.
pub(crate) fn fingerprint(cells: &[String]) -> u64 {
    let cells = cells.iter().map(|cell| cell.trim());
    let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
    for cell in cells.filter(|cell| !cell.is_empty()) {
        for byte in cell.bytes().chain([b'\t']) {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
    hash
}

/// Bytes in memory, or in a temporary file without a name once they are many.
#[derive(Default)]
pub(crate) struct Spool {
    /// What is not in the file.
    bytes: Vec<u8>,
    file: Option<File>,
    flushed: u64,
}

impl Spool {
    pub(crate) fn len(&self) -> u64 {
        self.flushed + self.bytes.len() as u64
    }

    pub(crate) fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.bytes.extend_from_slice(bytes);
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
            self.flushed += self.bytes.len() as u64;
            self.bytes.clear();
        }
        Ok(())
    }

    /// Reads what was written at once, which is in one place.
    fn read(&self, start: u64, bytes: &mut [u8]) -> io::Result<()> {
        match &self.file {
            Some(file) if start < self.flushed => file.read_exact_at(bytes, start),
            _ => {
                let start = usize::try_from(start - self.flushed).unwrap_or(usize::MAX);
                bytes.copy_from_slice(&self.bytes[start..start + bytes.len()]);
                Ok(())
            }
        }
    }

    pub(crate) fn finish(mut self) -> Result<Source> {
        if self.file.is_some() {
            self.flush()?;
        }
        Ok(match self.file {
            Some(file) => Source::Temporary(file),
            None => Source::Memory(self.bytes),
        })
    }
}

/// The rows of a log, to be read as often as needed.
#[derive(Default)]
pub(crate) struct Rows {
    spool: Spool,
    /// Where each row ends.
    ends: Vec<u64>,
    pub(crate) count: usize,
    /// Whether they are read from the last to the first, because the file begins with the newest.
    pub(crate) is_reversed: bool,
}

impl Rows {
    pub(crate) fn push(&mut self, row: &FileRow) -> Result<()> {
        self.spool.write(&postcard::to_allocvec(row)?)?;
        self.ends.push(self.spool.len());
        self.count += 1;
        Ok(())
    }

    pub(crate) fn for_each(&self, mut visit: impl FnMut(FileRow) -> Result<()>) -> Result<()> {
        let mut bytes = Vec::new();
        for step in 1..=self.count {
            let at = if self.is_reversed {
                self.count - step
            } else {
                step - 1
            };
            let start = at.checked_sub(1).map_or(0, |above| self.ends[above]);
            bytes.resize(usize::try_from(self.ends[at] - start)?, 0);
            self.spool.read(start, &mut bytes)?;
            visit(postcard::from_bytes(&bytes)?)?;
        }
        Ok(())
    }
}
