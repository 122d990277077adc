//! Where the bytes of a log are: in its file, or in memory if it was translated from an external log.

use std::{
    fs::File,
    io::{self, Read},
    ops::Range,
    os::unix::fs::FileExt,
};

#[derive(Debug, Default)]
pub enum Source {
    /// The store has no log yet.
    #[default]
    Missing,
    File(File),
    Memory(Vec<u8>),
    /// A translation that is too large for memory.
    Temporary(File),
}

impl Source {
    /// Reads at an offset without a cursor, so that one source serves many readers.
    pub fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        match self {
            Self::Missing => Ok(0),
            Self::File(file) | Self::Temporary(file) => read_file_at(file, buffer, offset),
            Self::Memory(bytes) => {
                let start = usize::try_from(offset).map_or(bytes.len(), |at| at.min(bytes.len()));
                let rest = &bytes[start..];
                let len = rest.len().min(buffer.len());
                buffer[..len].copy_from_slice(&rest[..len]);
                Ok(len)
            }
        }
    }

    /// A second handle on the same bytes.
    pub fn try_clone(&self) -> io::Result<Self> {
        Ok(match self {
            Self::Missing => Self::Missing,
            Self::File(file) => Self::File(file.try_clone()?),
            Self::Memory(bytes) => Self::Memory(bytes.clone()),
            Self::Temporary(file) => Self::Temporary(file.try_clone()?),
        })
    }
}

/// Reads the bytes of a range one after the other.
pub(crate) struct SourceReader<'s> {
    source: &'s Source,
    range: Range<u64>,
}

impl<'s> SourceReader<'s> {
    pub(crate) fn new(source: &'s Source, range: Range<u64>) -> Self {
        Self { source, range }
    }
}

impl Read for SourceReader<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let rest = self.range.end.saturating_sub(self.range.start);
        let wanted = usize::try_from(rest).map_or(buffer.len(), |rest| rest.min(buffer.len()));
        let read = self
            .source
            .read_at(&mut buffer[..wanted], self.range.start)?;
        self.range.start += read as u64;
        Ok(read)
    }
}

/// `pread`, repeated if a signal interrupts it.
pub fn read_file_at(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
    loop {
        match file.read_at(buffer, offset) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            result => return result,
        }
    }
}
