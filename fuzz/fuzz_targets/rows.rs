//! Any bytes as a log: nothing panics, every line that is a complete row by itself is read as one, in order, and reading from
//! the end finds the same rows.

#![no_main]

use std::path::Path;

use libfuzzer_sys::fuzz_target;
use lineage::log::{Direction, Log, LogOptions, Source};

const HEADER: &[u8] = b"exp_id\tparent_exp\tstatus\tcore_metric\tnotes\n";
const COLUMNS: usize = 5;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(log) = open(bytes) {
        read_rows(&log); // most bytes are not a log and are refused
    }
    let bytes = [HEADER, bytes].concat();
    let log = open(&bytes).expect("a log with this header is read");
    let rows = read_rows(&log);
    let mut single_lines = rows.iter().filter(|row| !row.contains(&b'\n'));
    for line in complete_lines(&bytes) {
        let is_read = single_lines.any(|row| *row == line);
        assert!(is_read, "not read: {}", String::from_utf8_lossy(line));
    }
    let from_end = log.last(usize::MAX, |_| true).expect("memory is read");
    assert_eq!(rows.len(), from_end.len());
});

fn open(bytes: &[u8]) -> anyhow::Result<Log> {
    let complete = bytes.iter().rposition(|&b| b == b'\n').map_or(0, |at| at + 1);
    let options = LogOptions {
        direction: Some(Direction::Minimize),
        ..LogOptions::default()
    };
    let source = Source::Memory(bytes.to_vec());
    Log::open(Path::new("log"), source, complete as u64, &options)
}

/// The rows without damage.
fn read_rows(log: &Log) -> Vec<Vec<u8>> {
    let mut rows = Vec::new();
    log.for_each_row(|row| {
        std::hint::black_box((row.id(), row.parent(), row.eligible_score()));
        if row.damage.is_none() {
            rows.push(row.cells.line.to_vec());
        }
    })
    .expect("memory is read");
    rows
}

/// The lines after the header that have all their cells and are not blank, found in the plainest way.
fn complete_lines(bytes: &[u8]) -> Vec<&[u8]> {
    let complete = bytes.iter().rposition(|&b| b == b'\n').map_or(0, |at| at + 1);
    let lines = bytes[..complete].split(|&b| b == b'\n').skip(1);
    let lines = lines.map(|line| line.strip_suffix(b"\r").unwrap_or(line));
    let is_row = |line: &&[u8]| {
        count_cells(line) == Some(COLUMNS)
            && !line.trim_ascii().is_empty()
            && *line != HEADER.trim_ascii_end()
    };
    lines.filter(is_row).collect()
}

/// How many cells a line has; `None` if its last quote is not closed.
fn count_cells(line: &[u8]) -> Option<usize> {
    let (mut cells, mut is_quoted, mut is_start) = (1, false, true);
    let mut rest = line.iter().copied().peekable();
    while let Some(byte) = rest.next() {
        match byte {
            b'"' if is_start && !is_quoted => is_quoted = true,
            b'"' if is_quoted && rest.peek() == Some(&b'"') => {
                rest.next();
            }
            b'"' if is_quoted => is_quoted = false,
            b'\t' if !is_quoted => cells += 1,
            _ => {}
        }
        is_start = !is_quoted && byte == b'\t';
    }
    (!is_quoted).then_some(cells)
}
