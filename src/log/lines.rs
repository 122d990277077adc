//! The physical lines of a log, in order, from a buffer that is reused. It grows to the longest row.

use std::io::{self, BufRead, BufReader};

use memchr::memchr;

use super::{Source, SourceReader};

/// How much a scan reads at a time.
pub(crate) const SCAN_CHUNK: usize = 64 * 1024;

/// How much is read for a few rows.
pub(crate) const ROW_CHUNK: usize = 8 * 1024;

/// A longer line is not a trial: it is reported, and only its head is read for its id.
pub(crate) const MAX_ROW: usize = 16 * 1024 * 1024;

/// How many bytes of a following line are searched for its end, if a quoted cell may continue on it.
const MAX_AHEAD: usize = 1024 * 1024;

/// How much of a too long line is kept.
const HEAD: usize = 64 * 1024;

/// One line in the buffer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Line {
    /// Bytes in the buffer, without the newline.
    pub(crate) len: usize,
    /// Bytes in the file, with the newline. More than `len + 1` if only the head of the line is in the buffer.
    pub(crate) taken: u64,
}

impl Line {
    /// Whether the buffer holds only the head of the line.
    pub(crate) fn is_cut(self) -> bool {
        self.taken > self.len as u64 + 1
    }

    pub(crate) fn has_newline(self) -> bool {
        self.taken > self.len as u64
    }
}

pub(crate) struct LineReader<'f> {
    source: &'f Source,
    buffer: Vec<u8>,
    /// The bytes not yet consumed are `buffer[start..end]`; of a line that is too long, only its head.
    start: usize,
    end: usize,
    /// File offset of `buffer[start]`.
    offset: u64,
    /// File offset of the next read: after the bytes in the buffer, or after a line that is too long.
    next_read: u64,
    /// Nothing is read from this offset on.
    limit: u64,
}

impl<'f> LineReader<'f> {
    pub(crate) fn new(source: &'f Source, from: u64, limit: u64, chunk: usize) -> Self {
        Self {
            source,
            buffer: vec![0; chunk],
            start: 0,
            end: 0,
            offset: from,
            next_read: from,
            limit,
        }
    }

    /// The file offset of the next line.
    pub(crate) fn offset(&self) -> u64 {
        self.offset
    }

    /// The first `len` bytes that are not consumed.
    pub(crate) fn bytes(&self, len: usize) -> &[u8] {
        &self.buffer[self.start..self.start + len]
    }

    /// The line that starts `skip` bytes after the next one, without consuming it; `None` at the end, and for a later line
    /// (`skip > 0`) longer than `MAX_AHEAD`. A line that is too long must be consumed before the next is peeked at.
    pub(crate) fn peek(&mut self, skip: usize) -> io::Result<Option<Line>> {
        let max = if skip > 0 { MAX_AHEAD } else { MAX_ROW };
        let mut searched = skip;
        loop {
            let held = &self.buffer[self.start..self.end];
            let newline = held.get(searched..).and_then(|rest| memchr(b'\n', rest));
            let end = newline.map_or(held.len().max(skip), |at| searched + at);
            let len = end - skip;
            if len > max {
                return match skip {
                    0 => self.measure_long_line().map(Some),
                    _ => Ok(None),
                };
            }
            if newline.is_some() {
                let taken = len as u64 + 1;
                return Ok(Some(Line { len, taken }));
            }
            searched = end;
            if !self.fill()? {
                let taken = len as u64;
                return Ok((len > 0).then_some(Line { len, taken }));
            }
        }
    }

    pub(crate) fn consume(&mut self, bytes: u64) {
        self.seek(self.offset + bytes);
    }

    /// Moves to the line that starts at `offset`. Bytes that the buffer holds are not read again.
    pub(crate) fn seek(&mut self, offset: u64) {
        let held = self.offset..self.offset + (self.end - self.start) as u64;
        // After a line that is too long, bytes are missing between the buffer and the next read.
        let is_contiguous = self.next_read == held.end;
        if is_contiguous && held.contains(&offset) {
            let skipped = usize::try_from(offset - held.start);
            self.start += skipped.expect("less than the buffer holds");
        } else {
            self.start = 0;
            self.end = 0;
            self.next_read = offset;
        }
        self.offset = offset;
    }

    /// Reads more bytes after those in the buffer; false at the end.
    fn fill(&mut self) -> io::Result<bool> {
        if self.start > 0 {
            self.buffer.copy_within(self.start..self.end, 0);
            self.end -= self.start;
            self.start = 0;
        }
        if self.end == self.buffer.len() {
            self.buffer.resize(self.buffer.len() * 2, 0);
        }
        let rest = self.limit.saturating_sub(self.next_read);
        let room = usize::try_from(rest).unwrap_or(usize::MAX);
        let end = self.buffer.len().min(self.end.saturating_add(room));
        let target = &mut self.buffer[self.end..end];
        let read = self.source.read_at(target, self.next_read)?;
        self.end += read;
        self.next_read += read as u64;
        Ok(read > 0)
    }

    /// Keeps the head of a line that is too long and finds where it ends in the file.
    fn measure_long_line(&mut self) -> io::Result<Line> {
        self.end = self.start + HEAD;
        self.buffer.truncate(self.end);
        self.buffer.shrink_to_fit();
        let after_head = self.offset + HEAD as u64;
        let rest = SourceReader::new(self.source, after_head..self.limit);
        let rest = BufReader::with_capacity(SCAN_CHUNK, rest).skip_until(b'\n')?;
        let taken = (HEAD + rest) as u64;
        self.next_read = self.offset + taken;
        Ok(Line { len: HEAD, taken })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_lines(bytes: &[u8]) -> Vec<(usize, u64)> {
        let source = Source::Memory(bytes.to_vec());
        let mut lines = LineReader::new(&source, 0, bytes.len() as u64, ROW_CHUNK);
        let mut out = Vec::new();
        while let Some(line) = lines.peek(0).unwrap() {
            out.push((line.len, line.taken));
            lines.consume(line.taken);
        }
        assert_eq!(lines.offset(), bytes.len() as u64);
        out
    }

    /// Two short lines around one that is too long.
    fn with_long_line() -> Vec<u8> {
        let long = vec![b'x'; MAX_ROW + SCAN_CHUNK];
        [b"a\n".as_slice(), &long, b"\nbc\nd\n"].concat()
    }

    #[test]
    fn lines_of_any_length_are_found() {
        assert_eq!(read_lines(b""), []);
        assert_eq!(read_lines(b"\n\na"), [(0, 1), (0, 1), (1, 1)]);
        let long = [vec![b'x'; 3 * SCAN_CHUNK], b"\ny\n".to_vec()].concat();
        let taken = 3 * SCAN_CHUNK as u64 + 1;
        assert_eq!(read_lines(&long), [(3 * SCAN_CHUNK, taken), (1, 2)]);
    }

    #[test]
    fn peeking_at_a_long_line_changes_nothing() {
        let bytes = with_long_line();
        let source = Source::Memory(bytes.clone());
        let mut lines = LineReader::new(&source, 0, bytes.len() as u64, ROW_CHUNK);
        assert_eq!(lines.peek(0).unwrap(), Some(Line { len: 1, taken: 2 }));
        assert_eq!(lines.peek(2).unwrap(), None);
        let long = (MAX_ROW + SCAN_CHUNK + 1) as u64;
        assert_eq!(read_lines(&bytes), [(1, 2), (HEAD, long), (2, 3), (1, 2)]);
    }

    #[test]
    fn a_line_is_the_same_each_time_the_reader_seeks_to_it() {
        let bytes = with_long_line();
        let source = Source::Memory(bytes.clone());
        let mut lines = LineReader::new(&source, 0, bytes.len() as u64, ROW_CHUNK);
        let last = bytes.len() as u64 - 2;
        for _ in 0..2 {
            lines.seek(2);
            assert_eq!(lines.peek(0).unwrap().unwrap().len, HEAD);
            lines.seek(last);
            assert_eq!(lines.peek(0).unwrap(), Some(Line { len: 1, taken: 2 }));
            lines.seek(last - 3);
            assert_eq!(lines.peek(0).unwrap(), Some(Line { len: 2, taken: 3 }));
        }
    }
}
