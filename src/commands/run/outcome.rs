//! The part of `run` after the end of the command: the trial is logged, and one line says how it ended.

use anyhow::Result;

use super::{Run, start::Started};
use crate::append::Written;
use crate::commands::Context;
use crate::commands::append::complete::{Batch, Outcome};
use crate::commands::append::given::as_json;
use crate::commands::append::log_drafts;
use crate::commands::append::logging::Format;
use crate::output::format::short_delta;
use crate::run::{Attempt, Runner};
use crate::text::{cut_visible, visible};

const MAX_REASON_CHARS: usize = 100;

/// Logs the trial. If that fails, it is printed on stderr as JSON for `append --json`.
pub(super) fn log(
    started: Started,
    attempt: &Attempt,
    args: &Run,
    runner: &Runner,
    context: &Context,
) -> Result<()> {
    let draft = started.draft.clone();
    let written = write(started, attempt, args, context);
    if let Err(error) = &written
        && !error.is::<Written>()
    {
        runner.restore_stderr();
        context.ui.aside(&as_json(&draft, args.snapshot.as_deref()));
    }
    written
}

fn write(started: Started, attempt: &Attempt, args: &Run, context: &Context) -> Result<()> {
    let (draft, store) = (started.draft, started.store);
    let drafts = std::slice::from_ref(&draft);
    let mut batch = Batch::new(Format::Id, args.once, args.logging.min_delta(&store));
    let staged = vec![started.staged];
    if log_drafts(&mut batch, drafts, staged, &args.logging, &store, context)?.is_none() {
        return Ok(()); // it waits for the database
    }
    batch.print_messages(context);
    if let Some(outcome) = batch.outcomes.first() {
        let metric = draft.get("metric").unwrap_or_default();
        let notes = draft.get("notes").unwrap_or(&attempt.notes); // the log may have no column for them
        context.ui.aside(&summarize(outcome, metric, notes));
    }
    Ok(())
}

/// `lineage: 042 keep 1.0731 (Δ -0.0012; the best was 038)`
fn summarize(outcome: &Outcome, score: &str, notes: &str) -> String {
    let mut line = format!("lineage: {} {}", outcome.id, outcome.status.name());
    if !outcome.status.needs_score() {
        if !score.is_empty() {
            line += &format!(" (score {score})");
        }
        let first = notes.lines().next().unwrap_or_default();
        let reason = first.split("\\n").next().unwrap_or_default();
        let reason = cut_visible(reason, MAX_REASON_CHARS);
        let colon = if reason.is_empty() { "" } else { ": " };
        return line + colon + &reason;
    }
    line += &format!(" {score}");
    if let (Some(score), Some((best, id))) = (outcome.score, &outcome.best) {
        let delta = short_delta(score - best);
        let word = if outcome.is_new_best { "was" } else { "is" };
        line += &format!(" (Δ {delta}; the best {word} {})", visible(id));
    }
    line
}
