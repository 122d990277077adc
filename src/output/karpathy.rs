//! A log in the five columns of karpathy/autoresearch, as its notebook reads them.

use super::text::printable;
use crate::{
    log::Role,
    log::encode_row,
    log::{Number, Row, Status, shown_id},
};

/// The score is called `val_bpb` there, whatever it is.
pub fn head() -> String {
    encode_row(&["commit", "val_bpb", "memory_gb", "status", "description"])
}

pub fn row(row: &Row) -> String {
    let named = |names: &[&str]| {
        let cells = names
            .iter()
            .filter_map(|name| row.schema.find(name))
            .map(|at| row.text_at(at).into_owned());
        cells.into_iter().find(|cell| !cell.trim().is_empty())
    };
    let commit =
        named(&["commit", "short_hash", "hash"]).unwrap_or_else(|| shown_id(&row.text(Role::Id)));
    let megabytes = || {
        let value = Number::value_of(&named(&["peak_vram_mb", "memory_mb", "vram_mb"])?)?;
        Some(format!("{:.1}", value / 1024.0))
    };
    let memory = named(&["memory_gb", "peak_memory_gb"])
        .or_else(megabytes)
        .unwrap_or_else(|| "0.0".to_owned());
    let status = row.status();
    let (word, score) = match status {
        Status::Baseline | Status::Keep => ("keep".into(), row.text(Role::Score)),
        Status::Discard => ("discard".into(), row.text(Role::Score)),
        Status::Other => (row.text(Role::Status), row.text(Role::Score)),
        _ => ("crash".into(), "".into()),
    };
    // There, a trial without a score is a crash: a keep of 0 would be the best.
    let (word, score) = match Number::value_of(&score) {
        Some(_) => (word, score),
        None => ("crash".into(), "0.000000".into()),
    };
    let description = Some(row.text(Role::Hypothesis)).filter(|text| !text.is_empty());
    let description = description.unwrap_or_else(|| row.text(Role::Notes));
    let cells = [commit.as_str(), &score, &memory, &word, &description];
    encode_row(&cells.map(printable))
}
