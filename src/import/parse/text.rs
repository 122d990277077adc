//! The lines of a file as text: UTF-8, else Latin-1; UTF-16 with a byte order mark.

use std::io::{self, BufRead, BufReader, Read};

use anyhow::{Result, bail};

use crate::log::{Source, SourceReader};

const HAS_NUL: &str = "the first line has NUL bytes: save the file as UTF-8";
/// The first bytes, which tell the encoding and the end of lines.
const HEAD: u64 = 64 * 1024;

/// The text of a file.
pub(super) struct Text {
    source: Source,
    /// The bytes of the byte order mark.
    start: u64,
    newline: u8,
}

/// The lines of a text with their numbers.
pub(super) type Lines<'t> = Box<dyn Iterator<Item = io::Result<(u64, String)>> + 't>;

impl Text {
    pub(super) fn new(source: Source) -> Result<Self> {
        let mut text = Self {
            source,
            start: 0,
            newline: b'\n',
        };
        let mut head = Vec::new();
        text.reader(HEAD).read_to_end(&mut head)?;
        if let Some(decode_unit) = utf16_decoder(&head) {
            return text.decode_utf16(decode_unit);
        }
        if head.starts_with(b"\xef\xbb\xbf") {
            text.start = 3;
        }
        let line_len = memchr::memchr(b'\n', &head).unwrap_or(head.len());
        if !head.starts_with(b"#") && memchr::memchr(0, &head[..line_len]).is_some() {
            bail!(HAS_NUL);
        }
        if line_len == head.len() && memchr::memchr(b'\r', &head).is_some() {
            text.newline = b'\r';
        }
        Ok(text)
    }

    fn decode_utf16(&self, decode_unit: fn([u8; 2]) -> u16) -> Result<Self> {
        let mut bytes = Vec::new();
        self.reader(u64::MAX).read_to_end(&mut bytes)?;
        let (pairs, _) = bytes[2..].as_chunks::<2>();
        let units: Vec<u16> = pairs.iter().map(|&pair| decode_unit(pair)).collect();
        drop(bytes);
        let text = String::from_utf16_lossy(&units);
        Self::new(Source::Memory(text.into_bytes()))
    }

    fn reader(&self, len: u64) -> SourceReader<'_> {
        SourceReader::new(&self.source, self.start..self.start.saturating_add(len))
    }

    pub(super) fn lines(&self) -> Lines<'_> {
        let reader = BufReader::with_capacity(128 * 1024, self.reader(u64::MAX));
        Box::new(reader.split(self.newline).zip(1..).map(|(line, number)| {
            let mut line = line?;
            line.pop_if(|end| *end == b'\r');
            Ok((number, decode(line)))
        }))
    }

    /// The whole text, for JSON.
    pub(super) fn read_all(&self) -> Result<String> {
        let mut bytes = Vec::new();
        self.reader(u64::MAX).read_to_end(&mut bytes)?;
        Ok(decode(bytes))
    }
}

fn utf16_decoder(bytes: &[u8]) -> Option<fn([u8; 2]) -> u16> {
    match bytes {
        [0xff, 0xfe, ..] => Some(u16::from_le_bytes),
        [0xfe, 0xff, ..] => Some(u16::from_be_bytes),
        _ => None,
    }
}

/// Bytes as text. A byte that is not UTF-8 is a character of Latin-1, or `\x9b` if it would be a control character.
fn decode(bytes: Vec<u8>) -> String {
    let bytes = match String::from_utf8(bytes) {
        Ok(text) => return text,
        Err(error) => error.into_bytes(),
    };
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        text += chunk.valid();
        for &byte in chunk.invalid() {
            if byte < 0xa0 {
                text += &format!("\\x{byte:02x}");
            } else {
                text.push(char::from(byte));
            }
        }
    }
    text
}
