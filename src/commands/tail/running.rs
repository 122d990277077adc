//! `lineage tail --running`: the trials in progress.

use anyhow::Result;
use jiff::Timestamp;

use crate::commands::Context;
use crate::open::fetch_new;
use crate::output::columns::Column;
use crate::output::format::duration;
use crate::output::records::{Format, format_records};
use crate::output::table::{Cell, format_table};
use crate::output::{Look, visible_or_dash};
use crate::store::RunningTrial;

pub(super) fn run(format: Format, context: &Context) -> Result<()> {
    let store = context.store()?;
    if let Some(note) = fetch_new(&store)? {
        context.ui.note(&note);
    }
    let now = Timestamp::now();
    let trials = store.running_trials(now);
    if trials.is_empty() {
        context.ui.note("no trials are in progress");
    }
    context.ui.print(&match format {
        Format::Table if trials.is_empty() => String::new(),
        Format::Table => format_running(&trials, now, context.ui.look),
        format => format_running_records(&trials, format),
    })
}

/// A table with how long each trial has been running at `now`.
fn format_running(trials: &[RunningTrial], now: Timestamp, look: Look) -> String {
    let names = ["running", "specialist", "from", "job", "hypothesis"];
    let rows = trials.iter().map(|trial| {
        let seconds = now.duration_since(trial.started).as_secs_f64();
        let texts = [
            duration(seconds.max(0.0)),
            visible_or_dash(&trial.specialist),
            visible_or_dash(&trial.parent_exp),
            visible_or_dash(&trial.job_name),
            visible_or_dash(&trial.hypothesis),
        ];
        texts.map(Cell::from).to_vec()
    });
    format_table(&names, &[0], rows.collect(), look)
}

/// The trials with everything that is known of them.
fn format_running_records(trials: &[RunningTrial], format: Format) -> String {
    let names = [
        "started",
        "specialist",
        "parent_exp",
        "domain",
        "hypothesis",
        "job_name",
        "host",
        "pid",
    ];
    let columns = names.map(|name| Column::new(name, name != "pid"));
    let rows = trials.iter().map(|trial| {
        [
            trial.started.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
            trial.specialist.clone(),
            trial.parent_exp.clone(),
            trial.domain.clone(),
            trial.hypothesis.clone(),
            trial.job_name.clone(),
            trial.process.host.clone(),
            trial.process.pid.to_string(),
        ]
    });
    format_records(format, columns, rows)
}
