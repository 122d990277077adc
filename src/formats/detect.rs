//! What a file is, by its content: cells separated by tabs, commas or semicolons under a header, or JSON.

use super::{json, separated, table::Table};

const HAS_NUL: &str =
    "its first line has NUL bytes: no text, or UTF-16 without its mark; save it as UTF-8";

/// Takes a file apart.
pub fn read(bytes: &[u8], segment: Option<u64>) -> Result<Table, String> {
    let is_marked = bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]);
    // Seen before the whole is decoded, which for zeros takes many times their size.
    let first = &bytes[..memchr::memchr(b'\n', bytes).unwrap_or(bytes.len())];
    if !is_marked && !first.starts_with(b"#") && memchr::memchr(0, first).is_some() {
        return Err(HAS_NUL.to_owned());
    }
    let text = decode(bytes);
    // A file with carriage returns alone is as old Macs wrote it.
    let end = if text.contains('\n') { '\n' } else { '\r' };
    let lines: Vec<&str> = text
        .split(end)
        .map(|line| line.strip_suffix('\r').unwrap_or(line))
        .collect();
    let is_told = |line: &&str| !line.trim().is_empty() && !line.starts_with('#');
    let first = lines.iter().copied().find(is_told).unwrap_or_default();
    if first.contains('\0') {
        return Err(HAS_NUL.to_owned());
    }
    if first.trim_start().starts_with(['{', '[']) {
        return json::read(&text, segment);
    }
    if segment.is_some() {
        return Err("--segment is for JSON lines; this log has no segments".to_owned());
    }
    separated::read(&lines)
}

/// The text of a file: UTF-8, or UTF-16 as some shells write it; a byte that is neither as `\xff`.
fn decode(bytes: &[u8]) -> String {
    let units = |pair: fn([u8; 2]) -> u16| -> String {
        let units: Vec<u16> = bytes[2..]
            .as_chunks::<2>()
            .0
            .iter()
            .map(|&two| pair(two))
            .collect();
        String::from_utf16_lossy(&units)
    };
    if bytes.starts_with(&[0xff, 0xfe]) {
        return units(u16::from_le_bytes);
    }
    if bytes.starts_with(&[0xfe, 0xff]) {
        return units(u16::from_be_bytes);
    }
    let bytes = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(bytes);
    let broken =
        |bytes: &[u8]| -> String { bytes.iter().map(|byte| format!("\\x{byte:02x}")).collect() };
    bytes
        .utf8_chunks()
        .map(|chunk| chunk.valid().to_owned() + &broken(chunk.invalid()))
        .collect()
}
