//! The trials that are like a text, for a person and for scripts.

use super::columns::{Column, cells, columns, pick};
use super::records::{Format, format_records};
use super::table::Cell;
use super::{BOLD, Look};
use crate::analysis::find_reason;
use crate::analysis::similar::{Label, Outcomes, find_changes};
use crate::log::{Role, Row, Schema, Trial, shown_id};
use crate::text::{NOTHING, squeeze, visible};

/// A trial that is like a text.
pub struct SimilarTrial {
    pub score: f64,
    pub label: Label,
    pub trial: Trial,
    pub is_running: bool,
}

/// The trials of a log that are like a text.
pub struct Found {
    /// The closest ones, best first.
    pub trials: Vec<SimilarTrial>,
    /// How all close ones ended.
    pub close: Outcomes,
    /// The id of the best trial now.
    pub best: Option<String>,
}

/// First whether all close trials failed, then each trial with its outcome, reason and hypothesis, then the outcomes of
/// the close ones.
pub fn format_similar(found: &Found, text: &str, look: Look) -> String {
    let mut out = format_failure(&found.close, look);
    for trial in &found.trials {
        out += &format_trial(trial, found.best.as_deref(), text, look);
    }
    out + &format_tally(&found.close)
}

/// The sentence that comes first; empty unless all close trials failed.
fn format_failure(close: &Outcomes, look: Look) -> String {
    let Some(failed) = close.all_failed() else {
        return String::new();
    };
    let mut ways = format_counts(&close.ended());
    let finished = if failed < close.total() {
        "finished "
    } else {
        ""
    };
    let what = match failed {
        1 => format!("the only {finished}close trial failed"),
        n if close.is_same_failure() => {
            format!("all {n} {finished}close trials failed in the same way")
        }
        n => format!("all {n} {finished}close trials failed"),
    };
    if close.is_same_failure()
        && let Some(reason) = close.reason()
    {
        ways += &format!(", {}", visible(&squeeze(reason)));
    }
    look.paint(BOLD, &format!("{what}: {ways}")) + "\n"
}

fn format_counts(counts: &[(&str, u64)]) -> String {
    if let [(word, _)] = counts {
        return visible(word).into_owned();
    }
    let counts = counts.iter();
    let counts = counts.map(|(word, n)| format!("{n} {}", visible(word)));
    counts.collect::<Vec<_>>().join(", ")
}

fn format_tally(close: &Outcomes) -> String {
    let counts = close.counts();
    let ways = format_counts(&counts);
    match (close.total(), counts.len()) {
        (0, _) => "close earlier trials: none\n".to_owned(),
        (1, _) => format!("close earlier trials: 1, {ways}\n"),
        (n, 1) => format!("close earlier trials: {n}, all {ways}\n"),
        (n, _) => format!("close earlier trials: {n} ({ways})\n"),
    }
}

fn format_trial(similar: &SimilarTrial, best: Option<&str>, text: &str, look: Look) -> String {
    let row = similar.trial.row();
    let paint = |role| Cell::paint(&row, role, look);
    let outcome = if similar.is_running {
        "in progress".to_owned()
    } else {
        format!("{} {}", paint(Role::Id), paint(Role::Status))
    };
    let label = look.paint(BOLD, similar.label.name());
    let mut out = format!("{} {label}: {outcome}", floor(similar.score));
    let delta = paint(Role::Delta);
    if delta != NOTHING {
        out += &format!(", Δ best {delta}");
    }
    out += &format_parent(&row, best);
    out.push('\n');
    for line in details(similar, text, &row) {
        out += &format!("    {line}\n");
    }
    out
}

/// Two decimals, never rounded up: 0.999 is not the whole text, and 0.419 is not close.
fn floor(score: f64) -> String {
    format!("{:.2}", (score * 100.0).floor() / 100.0)
}

fn format_parent(row: &Row, best: Option<&str>) -> String {
    let parent = shown_id(&row.text(Role::Parent));
    let best = best.unwrap_or_default();
    if parent.is_empty() {
        return String::new();
    }
    let from = format!(", from {}", visible(&parent));
    if parent == best {
        from + ", which is the best"
    } else if best.is_empty() {
        from
    } else {
        format!("{from} (the best is now {})", visible(best))
    }
}

/// The changes if they differ, the reason of a failure, the hypothesis.
fn details(similar: &SimilarTrial, text: &str, row: &Row) -> Vec<String> {
    let mut lines = Vec::new();
    let hypothesis = row.text(Role::Hypothesis);
    if similar.label == Label::OtherValue {
        let (theirs, yours) = (list_changes(&hypothesis), list_changes(text));
        lines.push(format!("{theirs}; yours: {yours}"));
    }
    let notes = row.text(Role::Notes);
    if row.status().is_failure()
        && let Some(reason) = find_reason(&notes)
    {
        lines.push(format!("reason: {}", visible(&squeeze(&reason))));
    }
    lines.push(visible(&hypothesis).into_owned());
    lines
}

fn list_changes(text: &str) -> String {
    let changes = find_changes(text).into_iter();
    let changes = changes.map(|change| change.replacen('>', "→", 1));
    visible(&changes.collect::<Vec<_>>().join(", ")).into_owned()
}

/// Records with the score and the label before the columns of the log.
pub fn format_similar_records(trials: &[SimilarTrial], schema: &Schema, format: Format) -> String {
    let own = vec![Column::number("score"), Column::text("label")];
    let rows = trials.iter().map(|similar| {
        let label = similar.label.name().to_owned();
        (vec![format!("{:.4}", similar.score), label], &similar.trial)
    });
    format_scored(own, rows, schema, format)
}

/// Records with these columns before those of the log. A column of the log with the same name is left out.
pub fn format_scored<'t>(
    mut all: Vec<Column>,
    rows: impl Iterator<Item = (Vec<String>, &'t Trial)>,
    schema: &Schema,
    format: Format,
) -> String {
    let logged = columns(schema);
    let is_free = |&at: &usize| all.iter().all(|own| own.name != logged[at].name);
    let kept: Vec<usize> = (0..logged.len()).filter(is_free).collect();
    let records = rows.map(|(mut record, trial)| {
        record.extend(pick(&kept, &cells(&trial.row())));
        record
    });
    all.extend(pick(&kept, &logged));
    format_records(format, all, records)
}
