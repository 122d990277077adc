//! Long texts are cut in the middle: the start says what ran, the end how it failed. The trial is never lost for its notes.

use std::{
    collections::VecDeque,
    io::{self, Read, Seek, SeekFrom},
    path::Path,
};

use crate::files::open_input;

/// Room for the mark, so that a text that was cut is not cut again.
const MARK_ROOM: usize = 64;

/// How much of stdin is read to find its end.
const MAX_STDIN: u64 = 1024 * 1024 * 1024;

/// The start and the end of a text, if it is longer than `max` bytes.
pub(super) fn shorten(text: &str, max: usize) -> Option<String> {
    if text.len() <= max + MARK_ROOM {
        return None;
    }
    let start = &text[..text.floor_char_boundary(max / 2)];
    let end = &text[text.ceil_char_boundary(text.len() - max / 2)..];
    let left_out = text.len() - start.len() - end.len();
    Some(join_ends(start, left_out as u64, end))
}

fn join_ends(start: &str, left_out: u64, end: &str) -> String {
    format!("{start} [… {left_out} bytes left out …] {end}")
}

/// The text of a file, of which only the ends are read if it is longer than `max` bytes.
pub(super) fn read_ends_of_file(path: &Path, max: usize) -> io::Result<String> {
    let mut file = open_input(path)?;
    let len = file.metadata()?.len();
    if len <= max as u64 {
        return read_ends(file, max);
    }
    let half = max as u64 / 2;
    let (mut start, mut end) = (Vec::new(), Vec::new());
    file.by_ref().take(half).read_to_end(&mut start)?;
    file.seek(SeekFrom::Start(len - half))?;
    file.take(half).read_to_end(&mut end)?;
    Ok(join_bytes(&start, len - 2 * half, &end))
}

/// The text of an input, of which only the ends are held if it is longer than `max` bytes.
pub(super) fn read_ends(input: impl Read, max: usize) -> io::Result<String> {
    let mut input = input.take(MAX_STDIN);
    let mut start = Vec::new();
    input.by_ref().take(max as u64).read_to_end(&mut start)?;
    let mut end = VecDeque::from(start.split_off(start.len().min(max / 2)));
    let mut left_out = 0;
    let mut buffer = vec![0; 64 * 1024];
    loop {
        let read = match input.read(&mut buffer) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            read => read?,
        };
        if read == 0 {
            break;
        }
        end.extend(&buffer[..read]);
        let surplus = end.len().saturating_sub(max / 2);
        end.drain(..surplus);
        left_out += surplus as u64;
    }
    Ok(join_bytes(&start, left_out, end.make_contiguous()))
}

fn join_bytes(start: &[u8], left_out: u64, end: &[u8]) -> String {
    if left_out == 0 {
        return String::from_utf8_lossy(&[start, end].concat()).into_owned();
    }
    let [start, end] = [start, end].map(String::from_utf8_lossy);
    join_ends(&start, left_out, &end)
}
