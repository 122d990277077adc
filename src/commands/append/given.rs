//! What an append was given: flags, or JSON on stdin; and the same as JSON again, where it cannot be written.

use std::{
    ffi::{OsStr, OsString},
    io::Read,
    path::Path,
};

use anyhow::{Context as _, Error, Result};
use jiff::Timestamp;

use super::Append;
use crate::{
    append::{Draft, format_time, parse_trials, read_text},
    commands::{Context, Usage},
    output::{records, text::printable},
};

/// What was given as JSON.
pub(super) fn from_stdin(args: &Append, context: &Context) -> Result<Vec<Draft>> {
    let mut text = Vec::new();
    std::io::stdin()
        .lock()
        .read_to_end(&mut text)
        .context("cannot read stdin")?;
    let text = String::from_utf8_lossy(&text);
    let specialist = args
        .specialist
        .as_ref()
        .map(|name| name.to_string_lossy().into_owned());
    let drafts = parse_trials(&text, specialist.as_deref()).inspect_err(|_| {
        text.lines()
            .for_each(|line| context.ui.aside(&printable(line)));
    })?;
    Ok(drafts
        .into_iter()
        .map(|draft| draft.by_default(default_specialist()))
        .collect())
}

/// The specialist of those trials that name none, in logs that have a column for it.
fn default_specialist() -> Option<String> {
    std::env::var_os("LINEAGE_SPECIALIST").map(|name| name.to_string_lossy().into_owned())
}

/// What was given by flags, and what of it could not be read.
pub(super) fn from_flags(args: &Append) -> (Vec<Draft>, Option<Error>) {
    let flags = [
        ("status", &args.status),
        ("metric", &args.metric),
        ("val_bpb", &args.val_bpb),
        ("specialist", &args.specialist),
        ("parent", &args.parent),
        ("baseline", &args.baseline),
        ("domain", &args.domain),
        ("expected_delta", &args.expected_delta),
        ("train_s", &args.train_s),
        ("total_s", &args.total_s),
        ("job_name", &args.job_name),
        ("snapshot_path", &args.snapshot_path),
        ("exp_id", &args.exp_id),
        ("timestamp", &args.timestamp),
    ];
    let lossy = |value: &OsString| value.to_string_lossy().into_owned();
    let given = flags
        .into_iter()
        .filter_map(|(name, value)| Some((name.to_owned(), lossy(value.as_ref()?))));
    let mut given: Vec<(String, String)> = given.collect();
    let mut problem = None;
    for (name, value) in [("hypothesis", &args.hypothesis), ("notes", &args.notes)] {
        let Some(value) = value else { continue };
        match read_text(value) {
            Ok(text) => given.push((name.to_owned(), text)),
            Err(error) => problem = Some(error.context(format!("--{name}"))),
        }
    }
    for pair in &args.set {
        match lossy(pair).split_once('=') {
            Some((name, value)) => given.push((name.to_owned(), value.to_owned())),
            None => {
                problem = Some(Usage(format!("--set {}: write COLUMN=VALUE", lossy(pair))).into())
            }
        }
    }
    let is_stdin = |value: &Option<OsString>| value.as_ref().is_some_and(|value| value == "-");
    if is_stdin(&args.hypothesis) && is_stdin(&args.notes) {
        let text = "stdin can be the hypothesis or the notes, not both; give one as @FILE";
        problem = Some(Usage(text.to_owned()).into());
    }
    (
        vec![Draft::new(given).by_default(default_specialist())],
        problem,
    )
}

/// A draft as JSON that `append --json` takes, with the time at which it could not be written, and where its work is.
pub(super) fn as_json(draft: &Draft, snapshot: Option<&OsStr>) -> String {
    let is_number = |name: &str| ["metric", "core_metric", "val_bpb"].contains(&name);
    let entry =
        |(name, text): &(String, String)| (name.clone(), records::value(text, !is_number(name)));
    let mut object: serde_json::Map<_, _> = draft.given().iter().map(entry).collect();
    // A column of that name holds any text; only what is there is a path.
    let in_json = draft
        .get("snapshot")
        .map(OsStr::new)
        .filter(|path| Path::new(path).exists());
    if let Some(path) =
        in_json.or(snapshot.filter(|path| !path.is_empty() && draft.get("snapshot").is_none()))
    {
        let path = std::path::absolute(path).unwrap_or_else(|_| path.into()); // the script may be elsewhere by then
        object.insert("snapshot".to_owned(), path.to_string_lossy().into());
    }
    object
        .entry("timestamp")
        .or_insert_with(|| format_time(Timestamp::now()).into());
    records::json(&object.into())
}
