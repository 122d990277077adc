//! How far a log can be read: its complete lines, without a batch that is being written or was interrupted.
//!
//! `append` writes several rows with one write, which a reader may see in part and a kill may interrupt. Before it, `append`
//! records where the batch starts and its bytes in a file beside the log. Until the last of these bytes is in the log, none
//! of them counts; the next append removes them. The record is of no use once the batch is complete, and is removed then.

use std::{
    fs::File,
    io,
    path::{Path, PathBuf},
};

use rustix::fs::SeekFrom;

use super::{lines::MAX_ROW, source::read_file_at};
use crate::files::open_input;

const CHUNK: usize = 64 * 1024;

/// How far from the end the last newline is searched. It is further away in a file that is damaged only.
const MAX_SEARCH: u64 = 2 * MAX_ROW as u64;

/// How a record starts, so that no other file is taken for one.
const MAGIC: &str = "lineage batch at ";

/// The record of a batch: a line with its offset, and its bytes.
pub struct BatchRecord {
    file: File,
    /// Where its bytes start in the record.
    head: u64,
    /// Where the batch starts in the log.
    pub start: u64,
    /// Bytes of the batch.
    len: u64,
}

impl BatchRecord {
    /// Where the record of a log's last batch is: beside the file that a link leads to, for every store that links to it.
    pub fn path(log: &Path) -> PathBuf {
        let real = log.canonicalize();
        real.as_deref().unwrap_or(log).with_extension("batch")
    }

    /// The record as it is stored.
    pub fn encode(start: u64, batch: &[u8]) -> Vec<u8> {
        [format!("{MAGIC}{start}\n").as_bytes(), batch].concat()
    }

    /// Opens the record beside a log, if there is one.
    pub fn open(log: &Path) -> Option<Self> {
        let file = open_input(&Self::path(log)).ok()?;
        let mut line = [0; 64];
        let read = read_file_at(&file, &mut line, 0).ok()?;
        let end = line[..read].iter().position(|&b| b == b'\n')?;
        let line = str::from_utf8(&line[..end]).ok()?;
        let head = end as u64 + 1;
        Some(Self {
            start: line.strip_prefix(MAGIC)?.parse().ok()?,
            len: file.metadata().ok()?.len().checked_sub(head)?,
            head,
            file,
        })
    }

    /// Whether a log of `len` bytes ends within the batch. If other bytes follow, another program has written them.
    pub fn is_unfinished(&self, log: &File, len: u64) -> io::Result<bool> {
        let Some(written) = len.checked_sub(self.start) else {
            return Ok(false);
        };
        if written >= self.len {
            return Ok(false);
        }
        let (mut ours, mut theirs) = (vec![0; CHUNK], vec![0; CHUNK]);
        let mut compared = 0;
        while compared < written {
            let wanted = CHUNK.min(usize::try_from(written - compared).unwrap_or(CHUNK));
            let read = read_file_at(&self.file, &mut ours[..wanted], self.head + compared)?;
            let found = read_file_at(log, &mut theirs[..read], self.start + compared)?;
            if found == 0 || ours[..found] != theirs[..found] {
                return Ok(false);
            }
            compared += found as u64;
        }
        Ok(true)
    }
}

/// How far a log can be read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Extent {
    /// Bytes of the file, without an unfinished batch.
    pub len: u64,
    /// Bytes of its complete lines; `None` if there is no newline near the end.
    pub complete: Option<u64>,
    /// Bytes of an unfinished batch, which follow.
    pub unfinished: u64,
}

impl Extent {
    /// Measures a log that others may be writing to.
    pub fn measure(path: &Path, file: &File) -> io::Result<Self> {
        loop {
            let size = file.metadata()?.len();
            let len = match BatchRecord::open(path) {
                Some(batch) if batch.is_unfinished(file, size)? => batch.start,
                // `size` was within a batch that has been finished since.
                _ if file.metadata()?.len() != size => continue,
                _ => size,
            };
            return Ok(Self {
                len,
                complete: measure_lines(file, len)?,
                unfinished: size - len,
            });
        }
    }
}

/// The length of the complete lines in the first `len` bytes; `None` if there is no newline near the end.
fn measure_lines(file: &File, len: u64) -> io::Result<Option<u64>> {
    let mut end = len;
    let mut searched = 0;
    let mut buffer = [0; 4096];
    while end > 0 {
        if searched > MAX_SEARCH {
            // Skips a hole, as a crash of the system leaves it.
            let end_of_data = find_end_of_data(file, end);
            return if end_of_data < end {
                measure_lines(file, end_of_data)
            } else {
                Ok(None)
            };
        }
        let from = end.saturating_sub(buffer.len() as u64);
        let wanted = usize::try_from(end - from).map_err(io::Error::other)?;
        let read = read_file_at(file, &mut buffer[..wanted], from)?;
        if let Some(newline) = memchr::memrchr(b'\n', &buffer[..read]) {
            return Ok(Some(from + newline as u64 + 1));
        }
        searched += end - from;
        end = from;
    }
    Ok(Some(0))
}

/// Where the last data before a hole that reaches to `len` ends; `len` if there is no hole.
fn find_end_of_data(file: &File, len: u64) -> u64 {
    let (mut data, mut hole) = (0, len);
    while data < hole {
        let middle = data + (hole - data) / 2;
        match rustix::fs::seek(file, SeekFrom::Data(middle)) {
            Ok(found) if found < len => data = found.max(middle) + 1,
            _ => hole = middle,
        }
    }
    hole
}
