//! Any bytes as a log: nothing panics, and every line that is a complete row by itself is seen as one, in order.

#![no_main]

use std::{fs, path::PathBuf, sync::LazyLock};

use libfuzzer_sys::fuzz_target;
use lineage::{
    lineage::Question,
    store::{Log, Reading, Store},
    trial::{Direction, Row},
};

const HEADER: &[u8] = b"exp_id\tparent_exp\tstatus\tcore_metric\tnotes\n";
const CELLS: usize = 5;

/// The file that every run writes.
static LOG: LazyLock<PathBuf> = LazyLock::new(|| {
    let dir = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/target/scratch"));
    fs::create_dir_all(&dir).expect("a directory can be made");
    dir.join(format!("rows-{}.tsv", std::process::id()))
});

/// The rows without damage, as the store sees them.
#[derive(Default)]
struct Rows(Vec<Vec<u8>>);

impl Question for Rows {
    fn see(&mut self, row: Row<'_>) {
        std::hint::black_box((row.id(), row.parent(), row.eligible_score()));
        if row.damage.is_none() {
            self.0.push(row.cells.line.to_vec());
        }
    }

    fn fresh(&self) -> Self {
        Self::default()
    }

    fn then(&mut self, later: Self) {
        self.0.extend(later.0);
    }
}

fuzz_target!(|bytes: &[u8]| {
    // As it is, it may be no log at all.
    if let Ok(log) = read(bytes) {
        let _ = log.ask(Rows::default()); // it may be refused, and not more
    }
    let bytes = [HEADER, bytes].concat();
    let log = read(&bytes).expect("a log with this header is read");
    let seen = log.ask(Rows::default()).expect("a file on this disk is read").0;
    let mut seen_by_themselves = seen.iter().filter(|row| !row.contains(&b'\n'));
    for row in complete_lines(&bytes) {
        assert!(seen_by_themselves.any(|seen| *seen == row), "not seen: {}", String::from_utf8_lossy(row));
    }
    assert_eq!(seen.len(), seen_from_the_end(&log), "readers from the end see other rows");
});

fn read(bytes: &[u8]) -> anyhow::Result<Log> {
    fs::write(&*LOG, bytes).expect("a file can be written");
    Store::find(Some(&LOG))?.read(&Reading { direction: Some(Direction::Minimize), ..Reading::default() })
}

fn seen_from_the_end(log: &Log) -> usize {
    log.last(usize::MAX, |_| true).expect("a file on this disk is read").len()
}

/// The lines behind the header that have all their cells, and something in them, found in the plainest way.
fn complete_lines(bytes: &[u8]) -> Vec<&[u8]> {
    let whole = bytes.iter().rposition(|&byte| byte == b'\n').map_or(0, |at| at + 1);
    let lines = bytes[..whole].split(|&byte| byte == b'\n').skip(1);
    let lines = lines.map(|line| line.strip_suffix(b"\r").unwrap_or(line));
    let is_row = |line: &&[u8]| cells(line) == Some(CELLS) && !line.trim_ascii().is_empty();
    lines.filter(|line| is_row(line) && *line != HEADER.trim_ascii_end()).collect()
}

/// How many cells a line has; `None` where its last quote is not closed.
fn cells(line: &[u8]) -> Option<usize> {
    let (mut cells, mut quoted, mut at_start) = (1, false, true);
    let mut rest = line.iter().copied().peekable();
    while let Some(byte) = rest.next() {
        match byte {
            b'"' if at_start && !quoted => quoted = true,
            b'"' if quoted && rest.peek() == Some(&b'"') => {
                rest.next();
            }
            b'"' if quoted => quoted = false,
            b'\t' if !quoted => cells += 1,
            _ => {}
        }
        at_start = !quoted && byte == b'\t';
    }
    (!quoted).then_some(cells)
}
