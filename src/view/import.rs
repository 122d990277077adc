//! What an import did, for a person.

use std::{collections::BTreeMap, path::Path};

use crate::{
    formats::Translation,
    log::Status,
    store::Merged,
    text::{printable, visible},
};

/// Rows in and out, what became of columns and words, and every line that could not be read.
pub fn summary(translation: &Translation, merged: &Merged, file: &Path, store: &Path) -> String {
    let rows = translation.rows.len() + translation.unread.len();
    let mut out = line("rows in", &format!("{rows} of {}", file.display()));
    out += &line(
        "rows out",
        &format!("{} to {}", merged.rows.len(), store.display()),
    );
    if merged.known > 0 {
        out += &line("known", &format!("{} are there already", merged.known));
    }
    let place = |number: u64, what: &str| format!("{}:{number}: {what}", file.display());
    for (number, id) in &merged.changed {
        out += &line(
            "changed",
            &place(
                *number,
                &format!("not added again; it was imported as trial {id}"),
            ),
        );
    }
    for (number, id) in &merged.differing {
        out += &line(
            "differs",
            &place(
                *number,
                &format!("another status by now than trial {id} has"),
            ),
        );
    }
    out += &columns(translation);
    out += &verdicts(translation);
    out += &scores(translation);
    for unread in &translation.unread {
        out += &line("not read", &place(unread.line, &unread.reason));
    }
    out
}

fn line(name: &str, text: &str) -> String {
    format!("{name:<10} {}\n", printable(text))
}

/// Which column is the score, what other columns became, and which stay as they are.
fn columns(translation: &Translation) -> String {
    let direction = translation.direction;
    let mut out = line(
        "score",
        &format!(
            "{}, {} is better",
            translation.metric,
            direction.better_word()
        ),
    );
    let is_verdict = |from: &str| translation.verdict.as_deref() == Some(from);
    let (same, moved): (Vec<_>, Vec<_>) = translation
        .columns
        .iter()
        .partition(|(from, to)| from == to);
    for (from, to) in moved
        .iter()
        .filter(|(from, to)| !(is_verdict(from) && to == "status"))
    {
        out += &line("column", &format!("{from} → {to}"));
    }
    let is_read =
        |from: &str, to: &str| from == translation.metric || is_verdict(from) && to == "status";
    let kept = same
        .iter()
        .filter(|(from, to)| !is_read(from, to))
        .map(|(from, _)| from.as_str());
    let kept = kept.collect::<Vec<_>>().join(" ");
    if kept.is_empty() {
        out
    } else {
        out + &line("as it is", &kept)
    }
}

/// Which column is the verdict, and what became of its words.
fn verdicts(translation: &Translation) -> String {
    let Some(verdict) = &translation.verdict else {
        return line(
            "verdict",
            "no column holds one: every row with a score is a keep",
        );
    };
    let mut out = line("verdict", &format!("in column {verdict}"));
    for ((from, to), times) in &translation.words {
        let becomes = if Status::parse(to.as_bytes()) == Status::Other {
            "stays as it is, and is never best".to_owned()
        } else {
            format!("→ {to}")
        };
        out += &line(
            "verdict",
            &format!(
                "{} {becomes}: {times}",
                visible(if from.is_empty() { "(none)" } else { from })
            ),
        );
    }
    out
}

/// Cells of the score that are no scores.
fn scores(translation: &Translation) -> String {
    let mut out = String::new();
    if !translation.emptied.is_empty() {
        let numbers: Vec<_> = translation.emptied.iter().map(u64::to_string).collect();
        out += &line(
            "no score",
            &format!("a sentinel was emptied in line {}", numbers.join(" ")),
        );
    }
    let mut odd: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for (number, cell) in &translation.odd {
        odd.entry(cell).or_default().push(number.to_string());
    }
    for (cell, lines) in odd {
        out += &line(
            "no number",
            &format!(
                "`{cell}` stays as it is, and is no score, in line {}",
                lines.join(" ")
            ),
        );
    }
    out
}
