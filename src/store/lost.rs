//! A log that is missing or empty although its store had trials.

use std::{fs::DirEntry, io::ErrorKind, path::Path};

use super::{AMENDED, INDEX, LOG, SETTINGS};
use crate::files::read_input;
use crate::text::count;

/// A longer log has trials.
const MAX_HEADER_BYTES: u64 = 64 * 1024;

/// Whether the log of the store in `dir` has no trial, but had some.
pub(super) fn has_lost_trials(dir: &Path) -> bool {
    // The log is read again after the traces, because another writer may have just logged the first trial.
    has_no_trial(dir) && !find_traces(dir).is_empty() && has_no_trial(dir)
}

/// Names what trials have left, and says what to do.
pub(super) fn describe_lost_log(dir: &Path) -> String {
    let log = dir.join(LOG);
    let state = if is_missing(&log) {
        "is missing"
    } else {
        "has no trial"
    };
    let found = find_traces(dir).join(", ");
    let way_out = if is_missing(&dir.join(SETTINGS)) {
        "move these away"
    } else {
        "start another with `lineage append --new-log`"
    };
    let log = log.display();
    format!("{log} {state}, but its store has {found}; restore the log, or {way_out}")
}

/// Whether a file, or what a link leads to, does not exist.
fn is_missing(path: &Path) -> bool {
    let metadata = path.metadata();
    metadata.is_err_and(|error| error.kind() == ErrorKind::NotFound)
}

/// Whether a log is missing, empty, or has only its header.
fn has_no_trial(dir: &Path) -> bool {
    let log = dir.join(LOG);
    let Ok(bytes) = read_input(&log, MAX_HEADER_BYTES) else {
        return is_missing(&log);
    };
    let text = bytes.trim_ascii();
    text.is_empty() || text.starts_with(b"exp_id\t") && !text.contains(&b'\n')
}

/// What trials leave in a store besides the log.
fn find_traces(dir: &Path) -> Vec<String> {
    let log = dir.join(LOG).metadata();
    let has_log = log.is_ok();
    let has_header = log.is_ok_and(|metadata| metadata.len() > 0);
    let mut traces = Vec::new();
    for (name, noun) in [("snapshots", "snapshot"), ("prompts", "saved prompt")] {
        let entries = dir.join(name).read_dir().into_iter().flatten().flatten();
        match entries.filter(|entry| is_trace(entry, has_log)).count() {
            0 => {}
            // A writer that was killed before its rows leaves snapshots.
            _ if has_header && name == "snapshots" => {}
            n => traces.push(count(n as u64, noun)),
        }
    }
    for (name, what) in [(INDEX, "an index"), (AMENDED, AMENDED)] {
        if !is_missing(&dir.join(name)) {
            traces.push(what.to_owned());
        }
    }
    traces
}

/// A snapshot has a directory, a saved prompt a file in Markdown. A log without trials may have a prompt as of none, and the
/// snapshot of a first trial whose writer was killed.
fn is_trace(entry: &DirEntry, has_log: bool) -> bool {
    let name = entry.file_name();
    let name = name.as_encoded_bytes();
    let is_dir = entry.file_type().is_ok_and(|kind| kind.is_dir());
    let of_no_trial: &[u8] = if is_dir { b"000" } else { b"none" };
    if name.starts_with(b".") || has_log && name.starts_with(of_no_trial) {
        return false;
    }
    is_dir || name.ends_with(b".md")
}
