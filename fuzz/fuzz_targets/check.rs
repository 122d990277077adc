//! Any bytes as a log: `check` ends, and the repaired copy has every row that could be read and as many ids. Repairing the copy
//! changes nothing.

#![no_main]

use std::{
    fs::{self, File},
    path::PathBuf,
    sync::LazyLock,
};

use libfuzzer_sys::fuzz_target;
use lineage::{
    analysis::Audit,
    log::{Damage, Direction, Log, LogOptions, Source},
};

const HEADER: &[u8] =
    b"exp_id\ttimestamp\tparent_exp\thypothesis\tstatus\tcore_metric\tdelta_vs_best\tnotes\n";

/// Where every run writes its files.
static DIR: LazyLock<PathBuf> = LazyLock::new(|| {
    let dir = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/target/scratch"))
        .join(format!("check-{}", std::process::id()));
    fs::create_dir_all(&dir).expect("a directory can be made");
    dir
});

fuzz_target!(|bytes: &[u8]| {
    let log = open("log.tsv", &[HEADER, bytes].concat());
    let (rows, ids, has_open_quote) = audit(&log);
    let copy = repair(&log, "once.tsv");
    let repaired = open("repaired.tsv", &copy);
    let (rows_left, ids_left, _) = audit(&repaired);
    assert!(rows_left >= rows, "{rows_left} of {rows} rows are left");
    // After an open quote, a line that gets its newline, or loses a header above it, may turn out to end that row.
    assert!(
        has_open_quote || ids_left >= ids,
        "{ids_left} of {ids} ids are left"
    );
    let again = repair(&repaired, "twice.tsv");
    assert_eq!(again, copy, "a repaired log is repaired again");
});

fn open(name: &str, bytes: &[u8]) -> Log {
    let path = DIR.join(name);
    fs::write(&path, bytes).expect("a file can be written");
    let source = Source::File(File::open(&path).expect("the file exists"));
    let options = LogOptions {
        direction: Some(Direction::Minimize),
        ..LogOptions::default()
    };
    Log::open(&path, source, bytes.len() as u64, &options)
        .expect("a log with this header is read")
}

/// How many rows can be read, how many have an id, and whether one leaves a quote open.
fn audit(log: &Log) -> (usize, usize, bool) {
    let mut audit = Audit::new(log.has_carriage_returns, Vec::new());
    let (mut rows, mut ids, mut has_open_quote) = (0, 0, false);
    log.for_each_line(|row| {
        audit.check_line(&row);
        rows += usize::from(row.damage.is_none());
        ids += usize::from(row.has_id());
        has_open_quote |= row.damage == Some(Damage::OpenQuote);
        Ok(())
    })
    .expect("a file on this disk is read");
    std::hint::black_box(audit.finish());
    (rows, ids, has_open_quote)
}

fn repair(log: &Log, name: &str) -> Vec<u8> {
    let path = DIR.join(name);
    let _ = fs::remove_file(&path); // from the last run
    log.repair(&path).expect("a copy can be written");
    fs::read(&path).expect("the copy exists")
}
