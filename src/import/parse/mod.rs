//! Recognizes the syntax of an external log by its content, and parses it into a table.

mod delimited;
mod json;

use anyhow::{Result, bail};

use super::table::ExternalLog;

const NOT_A_LOG: &str = "not a log: expected TSV or CSV with a header, or JSON lines";
const HAS_NUL: &str = "the first line has NUL bytes: save the file as UTF-8";

/// Parses a file. Of JSON lines in several segments, it reads the given one, else the last.
pub fn parse(bytes: &[u8], segment: Option<u64>) -> Result<ExternalLog> {
    // Decoding would multiply the size of a file of zeros.
    let first_line = &bytes[..memchr::memchr(b'\n', bytes).unwrap_or(bytes.len())];
    let may_have_nul = utf16_decoder(bytes).is_some() || first_line.starts_with(b"#");
    if !may_have_nul && memchr::memchr(0, first_line).is_some() {
        bail!(HAS_NUL);
    }
    let text = decode(bytes);
    let newline = if text.contains('\n') { '\n' } else { '\r' };
    let lines: Vec<&str> = text
        .split(newline)
        .map(|line| line.strip_suffix('\r').unwrap_or(line))
        .collect();
    let first = lines.iter().find(|line| !is_blank_or_comment(line));
    let first = first.copied().unwrap_or_default();
    if first.contains('\0') {
        bail!(HAS_NUL);
    }
    if first.trim_start().starts_with(['{', '[']) {
        return json::parse(&text, segment);
    }
    if segment.is_some() {
        bail!("--segment is for JSON lines; this log has no segments");
    }
    delimited::parse(&lines)
}

fn is_blank_or_comment(line: &str) -> bool {
    line.starts_with('#') || line.trim().is_empty()
}

fn utf16_decoder(bytes: &[u8]) -> Option<fn([u8; 2]) -> u16> {
    match bytes {
        [0xff, 0xfe, ..] => Some(u16::from_le_bytes),
        [0xfe, 0xff, ..] => Some(u16::from_be_bytes),
        _ => None,
    }
}

/// The text of a file in UTF-8, or in UTF-16 with a byte order mark. A byte that is neither becomes `\xff`.
fn decode(bytes: &[u8]) -> String {
    if let Some(decode_unit) = utf16_decoder(bytes) {
        let (pairs, _) = bytes[2..].as_chunks::<2>();
        let units: Vec<u16> = pairs.iter().map(|&pair| decode_unit(pair)).collect();
        return String::from_utf16_lossy(&units);
    }
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        text += chunk.valid();
        for byte in chunk.invalid() {
            text += &format!("\\x{byte:02x}");
        }
    }
    text
}
