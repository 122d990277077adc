//! Values from the log that complete an argument. None without a log that can be read.

use std::{
    collections::HashSet,
    env,
    ffi::OsStr,
    fs::File,
    path::{Path, PathBuf},
};

use clap_complete::engine::{PathCompleter, ValueCompleter};
use clap_complete::{ArgValueCompleter, CompletionCandidate};

use crate::index::IndexedLog;
use crate::log::{
    Direction, Role, Row, STANDARD, Source, Status, Trial, has_own_columns, is_amendable,
    read_header,
};
use crate::open::{ReadOptions, open_log};
use crate::store::Store;
use crate::text::{cut_visible, visible};

/// How many of the last trials are looked at: reading them takes a few milliseconds however long the log is.
const MAX_TRIALS: usize = 2000;

/// More candidates are not listed: bash asks before it shows 100.
const MAX_CANDIDATES: usize = 80;

/// A larger external log takes too long to translate.
const MAX_EXTERNAL_BYTES: u64 = 4 * 1024 * 1024;

/// How much of a hypothesis a description has.
const MAX_HYPOTHESIS: usize = 60;

/// The roles of `--map`.
const MAP_ROLES: [&str; 9] = [
    "id",
    "time",
    "agent",
    "parent",
    "domain",
    "hypothesis",
    "verdict",
    "score",
    "notes",
];

/// Completes the id of a trial.
pub(super) fn trial() -> ArgValueCompleter {
    ArgValueCompleter::new(|current: &OsStr| {
        let typed = current.to_string_lossy();
        let mut candidates = Vec::new();
        for trial in read_last_trials() {
            let name = trial.row().name();
            if name.starts_with(&*typed) || format!("exp_{name}").starts_with(&*typed) {
                candidates.push(candidate(&name, &describe(&trial.row())));
            }
        }
        candidates.truncate(MAX_CANDIDATES);
        candidates
    })
}

pub(super) fn specialist() -> ArgValueCompleter {
    word(Role::Specialist)
}

pub(super) fn domain() -> ArgValueCompleter {
    word(Role::Domain)
}

/// Completes a word of a column, the most recent first, with its last trial.
fn word(role: Role) -> ArgValueCompleter {
    ArgValueCompleter::new(move |current: &OsStr| {
        let mut seen = HashSet::new();
        let mut candidates = Vec::new();
        for trial in read_last_trials() {
            let row = trial.row();
            let word = row.text(role).into_owned();
            if is_started(&word, current) && seen.insert(word.clone()) {
                let last = format!("last: {} {}", row.name(), describe(&row));
                candidates.push(candidate(&word, &last));
            }
        }
        candidates.truncate(MAX_CANDIDATES);
        candidates
    })
}

/// Completes the status of a failure.
pub(super) fn failure() -> ArgValueCompleter {
    ArgValueCompleter::new(|current: &OsStr| {
        let failures = Status::ALL
            .into_iter()
            .filter(|status| !status.needs_score());
        let started = failures.filter(|status| is_started(status.name(), current));
        started
            .map(|status| candidate(status.name(), status.advice()))
            .collect()
    })
}

/// Completes a status: the known ones, then other words of the log.
pub(super) fn status() -> ArgValueCompleter {
    ArgValueCompleter::new(|current: &OsStr| {
        let known = Status::ALL.map(|status| (status.name().to_owned(), status.advice()));
        let mut words = known.to_vec();
        for trial in read_last_trials() {
            let word = trial.row().text(Role::Status).into_owned();
            if words.iter().all(|(known, _)| *known != word) {
                words.push((word, ""));
            }
        }
        words.retain(|(word, _)| is_started(word, current));
        let words = words.iter().map(|(word, help)| candidate(word, help));
        words.collect()
    })
}

/// Completes the status in `CODE=STATUS`.
pub(super) fn exit_status() -> ArgValueCompleter {
    ArgValueCompleter::new(|current: &OsStr| {
        let current = current.to_string_lossy();
        let Some((code, typed)) = current.split_once('=') else {
            return Vec::new();
        };
        let statuses = Status::ALL.iter();
        let statuses = statuses.filter(|status| status.name().starts_with(typed));
        statuses
            .map(|status| candidate(&format!("{code}={}", status.name()), status.advice()))
            .collect()
    })
}

/// Completes the name of a column.
pub(super) fn column() -> ArgValueCompleter {
    columns(|_, _| true, "")
}

/// Completes the name of a column that can hold scores.
pub(super) fn score_column() -> ArgValueCompleter {
    columns(|log, column| !log.schema.is_text(column), "")
}

/// Completes `COLUMN=` for a column without a flag of its own.
pub(super) fn set_column() -> ArgValueCompleter {
    columns(
        |log, column| !STANDARD.contains(&log.schema.names()[column].as_str()),
        "=",
    )
}

/// Completes `COLUMN=` for a column that can be amended.
pub(super) fn amended_column() -> ArgValueCompleter {
    columns(|log, column| is_amendable(&log.schema, column), "=")
}

fn columns(is_wanted: fn(&IndexedLog, usize) -> bool, end: &'static str) -> ArgValueCompleter {
    ArgValueCompleter::new(move |current: &OsStr| {
        let Some(log) = open() else {
            return Vec::new();
        };
        let mut candidates = Vec::new();
        for (column, name) in log.schema.names().iter().enumerate() {
            if is_wanted(&log, column) && is_started(name, current) {
                candidates.push(candidate(&format!("{name}{end}"), ""));
            }
        }
        candidates
    })
}

/// Completes `ROLE=COLUMN,…`.
pub(super) fn map() -> ArgValueCompleter {
    ArgValueCompleter::new(|current: &OsStr| {
        let current = current.to_string_lossy();
        let start = current.rfind(',').map_or(0, |comma| comma + 1);
        let (before, pair) = current.split_at(start);
        let values: Vec<String> = match pair.split_once('=') {
            Some((role, _)) => {
                let columns = read_raw_columns();
                columns
                    .iter()
                    .map(|name| format!("{role}={name}"))
                    .collect()
            }
            None => MAP_ROLES.iter().map(|role| format!("{role}=")).collect(),
        };
        let values = values.iter().filter(|value| value.starts_with(pair));
        values
            .map(|value| candidate(&format!("{before}{value}"), ""))
            .collect()
    })
}

/// Completes `@FILE`.
pub(super) fn text_file() -> ArgValueCompleter {
    ArgValueCompleter::new(|current: &OsStr| {
        let current = current.to_string_lossy();
        let Some(path) = current.strip_prefix('@') else {
            return Vec::new();
        };
        let paths = PathCompleter::any().complete(OsStr::new(path));
        paths.into_iter().map(|path| path.add_prefix("@")).collect()
    })
}

fn candidate(value: &str, help: &str) -> CompletionCandidate {
    let help = (!help.is_empty()).then(|| help.to_owned().into());
    CompletionCandidate::new(value).help(help)
}

/// Whether a value completes what is typed, and can be completed at all.
fn is_started(value: &str, typed: &OsStr) -> bool {
    !value.is_empty() && visible(value) == value && value.starts_with(&*typed.to_string_lossy())
}

/// Status, score and the start of the hypothesis.
fn describe(row: &Row) -> String {
    let mut parts = Vec::new();
    for role in [Role::Status, Role::Score, Role::Hypothesis] {
        let text = cut_visible(&row.text(role), MAX_HYPOTHESIS);
        if !text.is_empty() {
            parts.push(text);
        }
    }
    parts.join(" ")
}

/// The last trials, newest first.
fn read_last_trials() -> Vec<Trial> {
    let Some(log) = open() else {
        return Vec::new();
    };
    let mut trials = log.last(MAX_TRIALS, |_| true).unwrap_or_default();
    trials.reverse();
    trials
}

fn open() -> Option<IndexedLog> {
    let store = Store::find(given_store().as_deref()).ok()?;
    store.go_offline("completion");
    let file = File::open(store.log_path()).ok()?;
    let len = file.metadata().ok()?.len();
    if len > MAX_EXTERNAL_BYTES {
        let header = read_header(&Source::File(file), len).ok()??;
        if !has_own_columns(&header.names) {
            return None;
        }
    }
    let options = ReadOptions {
        // Nothing here depends on it, and inferring it may take a scan.
        direction: Some(Direction::Minimize),
        ..ReadOptions::default()
    };
    open_log(&store, &options).ok()
}

/// The store that the command line or the environment names.
fn given_store() -> Option<PathBuf> {
    // After `--`, the program and the words of the command line that is completed.
    let words = env::args_os().skip_while(|word| word != "--").skip(2);
    let words: Vec<String> = words
        .map(|word| word.to_string_lossy().into_owned())
        .collect();
    let mut store = None;
    for (at, word) in words.iter().enumerate() {
        if let Some(path) = word.strip_prefix("--store=") {
            store = Some(path);
        } else if word == "--store" && at + 2 < words.len() {
            store = Some(&words[at + 1]);
        }
    }
    if let Some(store) = store {
        let store = store.trim_matches(['\'', '"']); // as bash gives it
        return match (store.strip_prefix("~/"), env::home_dir()) {
            (Some(rest), Some(home)) => Some(home.join(rest)),
            _ => Some(store.into()),
        };
    }
    let variable = env::var_os("LINEAGE_STORE");
    variable.filter(|path| !path.is_empty()).map(Into::into)
}

/// The names in the first line of a log, also of an external one.
fn read_raw_columns() -> Vec<String> {
    let read = |path: &Path| {
        let file = File::open(path).ok()?;
        let len = file.metadata().ok()?.len();
        read_header(&Source::File(file), len).ok()?
    };
    let store = Store::find(given_store().as_deref()).ok();
    let Some(header) = store.and_then(|store| read(store.log_path())) else {
        return Vec::new();
    };
    let names = header.names;
    match &names[..] {
        [line] if line.starts_with('{') => {
            let object: Option<serde_json::Map<_, _>> = serde_json::from_str(line).ok();
            object.map_or_else(Vec::new, |object| object.keys().cloned().collect())
        }
        [line] => line.split(',').map(|name| name.trim().to_owned()).collect(),
        _ => names,
    }
}
