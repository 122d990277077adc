//! Physical lines of a file, in order, from a buffer that is reused. Memory is bounded by the buffer and one row.

use std::{fs::File, io};

use super::Source;
use crate::log::find_byte;

/// Read this much at a time: more costs more where the log is short, for memory that is touched for the first time.
pub(crate) const CHUNK: usize = 32 * 1024;

/// A longer line is no trial: it is said, its head is read for its id, and memory stays bounded.
pub(crate) const MAX_ROW: usize = 16 * 1024 * 1024;

/// How far a line is looked for that may belong to a row which the line before it began.
const MAX_AHEAD: usize = 1024 * 1024;

/// Read this much for a single line, which is mostly shorter.
pub(crate) const ONE_LINE: usize = 4096;

/// And this much for lines of which some are neighbours.
pub(crate) const SOME_LINES: usize = 8192;

/// How much of a line that is too long is kept.
const HEAD: usize = 64 * 1024;

/// One line that the buffer holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Line {
    /// Bytes in the buffer, without the newline.
    pub(crate) len: usize,
    /// Bytes in the file, with the newline; more than `len + 1` where the line is too long to be held.
    pub(crate) taken: u64,
}

impl Line {
    /// Whether the buffer holds no more than the head of it.
    pub(crate) fn is_cut(self) -> bool {
        self.taken > self.len as u64 + 1
    }
}

pub(crate) struct Lines<'f> {
    file: &'f Source,
    buffer: Vec<u8>,
    /// The bytes not yet consumed are `buffer[start..end]`.
    start: usize,
    end: usize,
    /// Where `buffer[start]` stands in the file, and where the next read begins.
    offset: u64,
    next: u64,
    /// Nothing is read from here on.
    limit: u64,
}

impl<'f> Lines<'f> {
    pub(crate) fn new(file: &'f Source, from: u64, limit: u64) -> Self {
        Self::in_chunks(file, from, limit, CHUNK)
    }

    /// With a buffer for no more than the caller expects to read, which is not worth the memory of a scan.
    pub(crate) fn in_chunks(file: &'f Source, from: u64, limit: u64, chunk: usize) -> Self {
        let chunk =
            usize::try_from(limit.saturating_sub(from)).map_or(chunk, |room| room.clamp(1, chunk));
        Self {
            file,
            buffer: vec![0; chunk],
            start: 0,
            end: 0,
            offset: from,
            next: from,
            limit,
        }
    }

    /// Reads nothing from `limit` on.
    pub(crate) fn set_limit(&mut self, limit: u64) {
        self.limit = limit;
    }

    /// The offset in the file of the next line.
    pub(crate) fn offset(&self) -> u64 {
        self.offset
    }

    /// All bytes that are held, from the next line on.
    #[inline(always)]
    pub(crate) fn held(&self) -> &[u8] {
        &self.buffer[self.start..self.end]
    }

    /// The bytes from the next line on, as many as were looked at.
    #[inline(always)]
    pub(crate) fn bytes(&self, len: usize) -> &[u8] {
        &self.buffer[self.start..self.start + len]
    }

    /// Looks at the line that begins `skip` bytes behind the next one, without consuming it; `None` at the end. Ahead of the
    /// next line, one of more than `MAX_AHEAD` bytes is not looked for to its end: it is cut, and nothing of it is held.
    #[inline]
    pub(crate) fn look(&mut self, skip: usize) -> io::Result<Option<Line>> {
        let mut searched = skip;
        loop {
            let held = &self.buffer[self.start..self.end];
            if let Some(at) = held.get(searched..).and_then(|rest| find_byte(b'\n', rest)) {
                let len = searched + at - skip;
                if skip > 0 && len > MAX_AHEAD {
                    return Ok(Some(Line {
                        len: 0,
                        taken: len as u64 + 1,
                    }));
                }
                if len > MAX_ROW {
                    return self.measure_long().map(Some);
                }
                return Ok(Some(Line {
                    len,
                    taken: len as u64 + 1,
                }));
            }
            searched = searched.max(held.len());
            if skip > 0 && searched - skip > MAX_AHEAD {
                return Ok(Some(Line {
                    len: 0,
                    taken: (searched - skip) as u64,
                }));
            }
            if searched - skip > MAX_ROW {
                return self.measure_long().map(Some);
            }
            if !self.fill()? {
                let len = searched - skip;
                return Ok((len > 0).then_some(Line {
                    len,
                    taken: len as u64,
                }));
            }
        }
    }

    /// Goes on behind the next newline, or to the end, and holds nothing of what stands before it; no further than to the first
    /// bytes behind `limit`.
    pub(crate) fn pass(&mut self, limit: u64) -> io::Result<()> {
        loop {
            let newline = find_byte(b'\n', self.held());
            self.consume(newline.map_or(self.held().len(), |at| at + 1) as u64);
            if newline.is_some() || self.offset >= limit || !self.fill()? {
                return Ok(());
            }
        }
    }

    /// Takes `bytes` of the file as read.
    #[inline]
    pub(crate) fn consume(&mut self, bytes: u64) {
        let held = (self.end - self.start) as u64;
        self.offset += bytes;
        if bytes >= held {
            self.start = 0;
            self.end = 0;
            self.next = self.offset;
        } else {
            self.start += usize::try_from(bytes).expect("less than what the buffer holds");
        }
    }

    /// Goes to the line that begins at `offset`; what is held of it is not read again, unless it is the head of a line that is
    /// too long.
    pub(crate) fn go_to(&mut self, offset: u64) {
        let is_whole = self.next == self.offset + (self.end - self.start) as u64;
        match offset.checked_sub(self.offset).filter(|_| is_whole) {
            Some(ahead) => self.consume(ahead),
            None => {
                (self.start, self.end) = (0, 0);
                (self.offset, self.next) = (offset, offset);
            }
        }
    }

    /// Reads more behind what is held; false at the end.
    pub(crate) fn fill(&mut self) -> io::Result<bool> {
        if self.start > 0 {
            self.buffer.copy_within(self.start..self.end, 0);
            self.end -= self.start;
            self.start = 0;
        }
        if self.end == self.buffer.len() {
            self.buffer.resize(self.buffer.len() * 2, 0);
        }
        let room = self
            .limit
            .saturating_sub(self.next)
            .min((self.buffer.len() - self.end) as u64);
        let room = usize::try_from(room).expect("no more than the buffer's length");
        let read = self
            .file
            .read_at(&mut self.buffer[self.end..self.end + room], self.next)?;
        self.end += read;
        self.next += read as u64;
        Ok(read > 0)
    }

    /// The head of a line that is too long, and where it ends in the file; the buffer holds no more of it.
    fn measure_long(&mut self) -> io::Result<Line> {
        self.end = self.start + HEAD;
        let mut chunk = vec![0; CHUNK];
        let begin = self.offset;
        let mut at = begin + HEAD as u64;
        loop {
            let room = self.limit.saturating_sub(at).min(CHUNK as u64);
            let read = self
                .file
                .read_at(&mut chunk[..usize::try_from(room).expect("a chunk")], at)?;
            if let Some(newline) = find_byte(b'\n', &chunk[..read]) {
                at += newline as u64 + 1;
                break;
            }
            at += read as u64;
            if read == 0 {
                break;
            }
        }
        self.buffer.truncate(self.end.max(CHUNK));
        self.buffer.shrink_to(CHUNK);
        self.next = at;
        Ok(Line {
            len: HEAD,
            taken: at - begin,
        })
    }
}

/// Reads at a place of a file without moving a cursor, so that one open file serves many readers.
pub(crate) fn read_at(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
    loop {
        #[cfg(unix)]
        let result = std::os::unix::fs::FileExt::read_at(file, buffer, offset);
        #[cfg(windows)]
        let result = std::os::windows::fs::FileExt::seek_read(file, buffer, offset);
        match result {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            result => return result,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn file_of(bytes: &[u8]) -> Source {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(bytes).unwrap();
        Source::File(file)
    }

    fn lines_of(bytes: &[u8]) -> Vec<(usize, u64)> {
        let file = file_of(bytes);
        let mut lines = Lines::new(&file, 0, bytes.len() as u64);
        let mut out = Vec::new();
        while let Some(line) = lines.look(0).unwrap() {
            out.push((line.len, line.taken));
            lines.consume(line.taken);
        }
        assert_eq!(lines.offset(), bytes.len() as u64);
        out
    }

    #[test]
    fn lines_are_found_whatever_their_length() {
        assert_eq!(lines_of(b""), []);
        assert_eq!(lines_of(b"\n\na"), [(0, 1), (0, 1), (1, 1)]);
        let long = [vec![b'x'; 3 * CHUNK], b"\ny\n".to_vec()].concat();
        assert_eq!(lines_of(&long), [(3 * CHUNK, 3 * CHUNK as u64 + 1), (1, 2)]);
    }

    #[test]
    fn to_look_ahead_at_a_long_line_changes_nothing() {
        let long = [
            b"a\n".to_vec(),
            vec![b'x'; MAX_ROW + CHUNK],
            b"\nbc\nd\n".to_vec(),
        ]
        .concat();
        let file = file_of(&long);
        let mut lines = Lines::new(&file, 0, long.len() as u64);
        assert_eq!(lines.look(0).unwrap(), Some(Line { len: 1, taken: 2 }));
        assert!(lines.look(2).unwrap().unwrap().is_cut());
        let mut seen = Vec::new();
        while let Some(line) = lines.look(0).unwrap() {
            seen.push((line.len, line.taken));
            lines.consume(line.taken);
        }
        assert_eq!(
            seen,
            [(1, 2), (HEAD, (MAX_ROW + CHUNK + 1) as u64), (2, 3), (1, 2)]
        );
    }

    #[test]
    fn a_line_is_the_same_each_time_it_is_gone_to() {
        let long = [
            b"a\n".to_vec(),
            vec![b'x'; MAX_ROW + CHUNK],
            b"\nbc\nd\n".to_vec(),
        ]
        .concat();
        let file = file_of(&long);
        let mut lines = Lines::in_chunks(&file, 0, long.len() as u64, ONE_LINE);
        let behind = long.len() as u64 - 5;
        for (at, taken) in [
            (2, MAX_ROW + CHUNK + 1),
            (2, MAX_ROW + CHUNK + 1),
            (behind, 3),
            (behind, 3),
            (0, 2),
            (0, 2),
        ] {
            lines.go_to(at);
            assert_eq!(
                lines.look(0).unwrap().map(|line| line.taken),
                Some(taken as u64),
                "at {at}"
            );
        }
    }

    #[test]
    fn a_line_too_long_to_hold_leaves_its_neighbours_whole() {
        let long = [
            b"a\n".to_vec(),
            vec![b'x'; MAX_ROW + CHUNK + 7],
            b"\nbc\n".to_vec(),
        ]
        .concat();
        assert_eq!(
            lines_of(&long),
            [(1, 2), (HEAD, (MAX_ROW + CHUNK + 8) as u64), (2, 3)]
        );
    }
}
