//! The trials in progress as a table or as records.

use jiff::Timestamp;

use super::columns::Column;
use super::format::duration;
use super::records::{Format, format_records};
use super::table::{Cell, format_table};
use super::{Look, visible_or_dash};
use crate::store::RunningTrial;

/// A table with how long each trial has been running at `now`.
pub fn format_running(trials: &[RunningTrial], now: Timestamp, look: Look) -> String {
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
pub fn format_running_records(trials: &[RunningTrial], format: Format) -> String {
    let mut columns = [
        "started",
        "specialist",
        "parent_exp",
        "domain",
        "hypothesis",
        "job_name",
        "host",
    ]
    .map(Column::text)
    .to_vec();
    columns.push(Column::number("pid"));
    let rows = trials.iter().map(|trial| {
        vec![
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
