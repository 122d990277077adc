//! A log in the five columns of karpathy/autoresearch, as its notebook reads them.

use crate::log::{Number, Role, Row, Status, encode_row, shown_id};
use crate::text::printable;

/// The score is called `val_bpb` there, whatever it is.
pub fn header() -> String {
    encode_row(&["commit", "val_bpb", "memory_gb", "status", "description"])
}

/// One trial. A trial without a score is a crash there: a keep with a score of 0 would be the best.
pub fn format_row(row: &Row) -> String {
    let commit = first_cell(row, &["commit", "short_hash", "hash"])
        .unwrap_or_else(|| shown_id(&row.text(Role::Id)));
    let score = row.text(Role::Score);
    let (status, score) = if Number::value_of(&score).is_some() && has_score(row.status()) {
        (status_word(row), score.into_owned())
    } else {
        ("crash".to_owned(), "0.000000".to_owned())
    };
    let hypothesis = row.text(Role::Hypothesis);
    let description = if hypothesis.is_empty() {
        row.text(Role::Notes)
    } else {
        hypothesis
    };
    let cells = [&*commit, &score, &memory(row), &status, &description];
    encode_row(&cells.map(printable))
}

fn has_score(status: Status) -> bool {
    status.needs_score() || status == Status::Other
}

fn status_word(row: &Row) -> String {
    match row.status() {
        Status::Baseline | Status::Keep => "keep".to_owned(),
        Status::Discard => "discard".to_owned(),
        _ => row.text(Role::Status).into_owned(),
    }
}

/// The memory in GB, if a column of the log says it.
fn memory(row: &Row) -> String {
    if let Some(gigabytes) = first_cell(row, &["memory_gb", "peak_memory_gb"]) {
        return gigabytes;
    }
    let megabytes = first_cell(row, &["peak_vram_mb", "memory_mb", "vram_mb"]);
    let megabytes = megabytes.and_then(|text| Number::value_of(&text));
    format!("{:.1}", megabytes.unwrap_or(0.0) / 1024.0)
}

fn first_cell(row: &Row, names: &[&str]) -> Option<String> {
    for name in names {
        if let Some(column) = row.schema.find(name) {
            let text = row.text_at(column);
            if !text.trim().is_empty() {
                return Some(text.into_owned());
            }
        }
    }
    None
}
