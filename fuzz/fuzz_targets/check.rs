//! Any bytes as a log: `check` ends, and its mended copy has every row that could be read, as many ids, and mends to
//! itself.

#![no_main]

use std::{fs, path::PathBuf, sync::LazyLock};

use libfuzzer_sys::fuzz_target;
use lineage::{
    lineage::Audit,
    store::{Log, Reading, Store},
    trial::{Damage, Direction},
};

const HEADER: &[u8] = b"exp_id\ttimestamp\tparent_exp\thypothesis\tstatus\tcore_metric\tdelta_vs_best\tnotes\n";

/// Where every run writes its files.
static DIR: LazyLock<PathBuf> = LazyLock::new(|| {
    let dir = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/target/scratch"))
        .join(format!("check-{}", std::process::id()));
    fs::create_dir_all(&dir).expect("a directory can be made");
    dir
});

fuzz_target!(|bytes: &[u8]| {
    let log = read("log.tsv", &[HEADER, bytes].concat());
    let (rows, ids, open_quote) = audit(&log);
    let mended = repair(&log, "once.tsv");
    let (mended_rows, mended_ids, _) = audit(&read("mended.tsv", &mended));
    assert!(mended_rows >= rows, "{mended_rows} of {rows} rows are left");
    // Below an open quote, a line that gets its newline, or loses a header above it, may turn out to be the end of that row.
    assert!(open_quote || mended_ids >= ids, "{mended_ids} of {ids} ids are left");
    let again = repair(&read("mended.tsv", &mended), "twice.tsv");
    assert_eq!(again, mended, "what was mended is mended again");
});

fn read(name: &str, bytes: &[u8]) -> Log {
    let path = DIR.join(name);
    fs::write(&path, bytes).expect("a file can be written");
    let reading = Reading { direction: Some(Direction::Minimize), ..Reading::default() };
    Store::find(Some(&path)).and_then(|store| store.read_to_the_end(&reading)).expect("a log with this header is read")
}

/// How many rows can be read, how many have an id, and whether one leaves a quote open.
fn audit(log: &Log) -> (usize, usize, bool) {
    let (mut audit, mut rows, mut ids, mut open_quote) = (Audit::new(log.crlf()), 0, 0, false);
    log.every_line(|row| {
        audit.line(&row);
        rows += usize::from(row.damage.is_none());
        ids += usize::from(row.id().is_some());
        open_quote |= row.damage == Some(Damage::OpenQuote);
        Ok(())
    })
    .expect("a file on this disk is read");
    std::hint::black_box(audit.finish());
    (rows, ids, open_quote)
}

fn repair(log: &Log, name: &str) -> Vec<u8> {
    let path = DIR.join(name);
    let _ = fs::remove_file(&path); // it may not be there
    log.repair(&path).expect("a copy can be written");
    fs::read(&path).expect("the copy is there")
}
