//! `lineage stats`: the search in numbers.

use std::collections::BTreeMap;

use anyhow::Result;
use clap::{Args, ValueEnum};
use jiff::Timestamp;

use super::{Context, ReadArgs};
use crate::analysis::{
    Best, BetterInvalid, Failures, Limits, RecentTrials, RunSpan, Tally, find_reason, kind_of,
};
use crate::index::IndexedLog;
use crate::log::{Role, Since, Status, Trial};
use crate::output::course::Course;
use crate::output::records::Format;
use crate::output::stats::{format_stats, format_stats_records};
use crate::text::visible;

/// Summarize the search on one screen
///
/// Rates are over all trials except the ignored ones (`harness_abort`). Completed trials are `keep` and `discard`. The
/// compute time is the sum of `total_s`. If --since is an age or a time, the keeps since then are
/// listed, too.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  lineage stats
  lineage stats --by specialist
  lineage stats --since 8h
  lineage stats --format json | jq .hours_without_score")]
pub struct Stats {
    /// Group by this column instead of the status
    #[arg(long)]
    by: Option<By>,
    /// Output format
    #[arg(long, default_value = "table")]
    format: Format,
    #[command(flatten)]
    read: ReadArgs,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum By {
    Specialist,
    Domain,
    Status,
}

pub fn run(mut args: Stats, context: &Context) -> Result<()> {
    let since = args.read.take_time();
    let log = context.open(&args.read)?;
    let by = args.by.map(|by| match by {
        By::Specialist => (Role::Specialist, "specialist"),
        By::Domain => (Role::Domain, "domain"),
        By::Status => (Role::Status, "status"),
    });
    let (role, name) = by.unzip();
    // One question: without an index, each one reads the whole log.
    let counts = (Tally::new(role), (Best::default(), RunSpan::default()));
    let failed = (Failures::default(), BetterInvalid::default());
    let recent = (Limits::default(), RecentTrials::scores_before(log.end()));
    let (counts, (failed, (limits, recent))) = log.ask((counts, (failed, recent)))?;
    let (mut tally, (best, span)) = counts;
    if role == Some(Role::Specialist) {
        // The specialist that measured the baseline proposed nothing.
        tally
            .groups
            .retain(|_, group| group.all() > group.trials(|status| status == Status::Baseline));
    }
    let store = context.store()?;
    let limits = limits.find(&log.schema, &store.settings.limits).into_iter();
    let course = Course {
        limits: limits.filter(|limit| limit.failures.is_some()).collect(),
        better_than_parent: find_better(&log, &recent)?,
        best: log.all_at(best.offset())?.pop(),
        running: store.running_trials(Timestamp::now()).len(),
        running_command: context.ui.complete_commands("`lineage tail --running`"),
        better_invalid: failed.1.count(),
        reasons: count_reasons(&log, &failed.0)?,
        new_keeps: find_new_keeps(&log, since.as_ref())?,
        span,
    };
    let text = match args.format {
        Format::Table => format_stats(&tally, &course, name, &log.schema, context.ui.look),
        format => format_stats_records(&tally, &course, name, &log.schema, format),
    };
    context.answer(&text, &log)
}

/// The reasons of the last failures, and how often each one occurs.
fn count_reasons(log: &IndexedLog, failures: &Failures) -> Result<BTreeMap<String, usize>> {
    let mut reasons = BTreeMap::new();
    for offsets in failures.last.values() {
        log.each_at(offsets.iter().copied(), |row| {
            if let Some(reason) = find_reason(&row.text(Role::Notes)) {
                *reasons.entry(kind_of(&reason)).or_default() += 1;
            }
        })?;
    }
    Ok(reasons)
}

/// The recent discards that beat their own parent, and by how much.
fn find_better(log: &IndexedLog, recent: &RecentTrials) -> Result<Vec<(Trial, f64)>> {
    let better = recent.better_than_parent(log.schema.direction);
    let trials = log.all_at(better.iter().map(|(offset, _)| *offset))?;
    let steps = better.into_iter().map(|(_, step)| step);
    Ok(trials.into_iter().zip(steps).collect())
}

/// The keeps since a time, with the text that gave the time.
fn find_new_keeps(
    log: &IndexedLog,
    since: Option<&Since>,
) -> Result<Option<(String, Vec<String>)>> {
    let Some(since) = since else {
        return Ok(None);
    };
    let mut keeps = Vec::new();
    log.for_each_row(|row| {
        if row.status() == Status::Keep && since.is_reached(row) {
            keeps.push(visible(&row.name()).into_owned());
        }
    })?;
    Ok(Some((since.text.clone(), keeps)))
}
