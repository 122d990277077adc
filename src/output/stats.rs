//! The search in numbers, on one screen.

use std::cmp::Reverse;

use anstyle::Style;

use super::format::{duration, number, percent, share};
use super::table::{Cell, format_table};
use super::{Look, status_style, visible_or_dash};
use crate::analysis::{Entry, Group, Tally};
use crate::log::{Schema, Status};
use crate::text::{NOTHING, count, visible};

pub use super::stats_records::format_stats_records;

/// The longest bar of the histogram, in characters.
const MAX_BAR: u64 = 30;

/// Whether trials of a status count in rates and in the compute time.
pub(super) fn is_counted(status: Status) -> bool {
    !status.is_ignored()
}

/// Whether trials of a status produced no usable score.
pub(super) fn has_no_score(status: Status) -> bool {
    is_counted(status) && !status.is_completed() && status != Status::Baseline
}

pub(super) fn is_keep(status: Status) -> bool {
    status == Status::Keep
}

/// The summary, then a histogram of the statuses, or the groups of the column `by`.
pub fn format_stats(tally: &Tally, by: Option<&str>, schema: &Schema, look: Look) -> String {
    let summary = format_summary(tally, schema);
    if tally.total.all() == 0 {
        return summary;
    }
    let table = match by {
        Some(by) => format_groups(tally, by, schema, look),
        None => format_histogram(&tally.total, look),
    };
    format!("{summary}\n{table}")
}

fn format_summary(tally: &Tally, schema: &Schema) -> String {
    let total = &tally.total;
    let (all, counted) = (total.all(), total.rated());
    let keeps = total.trials(is_keep);
    let completed = total.trials(Status::is_completed);
    let trials = if counted == all {
        all.to_string()
    } else {
        format!("{all}, {} of them ignored", all - counted)
    };
    let metric = visible(&schema.metric);
    let better = schema.direction.better_word();
    let keeps = format!("{keeps} of {counted} ({})", share(keeps, counted)) + &since_keep(tally);
    [
        ("trials", trials),
        ("metric", format!("{metric}, {better} is better")),
        ("best", best_text(tally)),
        ("keeps", keeps),
        (
            "completed",
            format!("{completed} of {counted} ({})", share(completed, counted)),
        ),
        ("compute", compute_text(total)),
    ]
    .map(|(name, text)| format!("{name:<10} {text}\n"))
    .concat()
}

fn compute_text(total: &Group) -> String {
    let (all, lost) = (total.hours(is_counted), total.hours(has_no_score));
    if all <= 0.0 {
        return NOTHING.to_owned();
    }
    let part = percent(lost / all);
    let (all, lost) = (hours_text(all), hours_text(lost));
    format!("{all}; {lost} ({part}) produced no usable score")
}

fn hours_text(hours: f64) -> String {
    duration(hours * 3600.0)
}

fn best_text(tally: &Tally) -> String {
    let Some((score, text, id)) = &tally.total.best else {
        return NOTHING.to_owned();
    };
    let best = format!("{} in trial {}", visible(text), visible(id));
    let Some((baseline, baseline_text)) = &tally.baseline else {
        return best;
    };
    let change = score - baseline;
    let sign = if change > 0.0 { "+" } else { "" };
    let change_text = number(change);
    let baseline_text = visible(baseline_text);
    let mut out = format!("{best}, {sign}{change_text} from the baseline's {baseline_text}");
    if *baseline != 0.0 {
        out += &format!(" ({:+.2} %)", 100.0 * change / baseline.abs());
    }
    out
}

fn since_keep(tally: &Tally) -> String {
    match &tally.last_keep {
        None => String::new(),
        Some(id) if tally.since_keep == 0 => {
            format!("; the last keep, {}, is the last trial", visible(id))
        }
        Some(id) => format!(
            "; the last keep, {}, is {} ago",
            visible(id),
            count(tally.since_keep, "trial")
        ),
    }
}

fn format_histogram(total: &Group, look: Look) -> String {
    let counted = total.rated();
    let mut entries: Vec<Entry> = total.entries().collect();
    entries.sort_by_key(|entry| Reverse(entry.trials));
    let most = entries.first().map_or(1, |entry| entry.trials.max(1));
    let rows = entries.iter().map(|entry| {
        let style = status_style(entry.status);
        let bar = (entry.trials * MAX_BAR).div_ceil(most);
        let part = if is_counted(entry.status) {
            share(entry.trials, counted)
        } else {
            NOTHING.to_owned()
        };
        vec![
            Cell::new(visible_or_dash(&entry.word), style),
            entry.trials.to_string().into(),
            part.into(),
            hours_text(entry.hours).into(),
            Cell::new("█".repeat(usize::try_from(bar).unwrap_or(0)), style),
        ]
    });
    let names = ["status", "trials", "share", "compute", ""];
    format_table(&names, &[1, 2, 3], rows.collect(), look)
}

fn format_groups(tally: &Tally, by: &str, schema: &Schema, look: Look) -> String {
    let mut groups: Vec<_> = tally.groups.iter().collect();
    groups.sort_by_key(|(_, group)| Reverse(group.trials(is_keep)));
    let rows = groups.iter().map(|(name, group)| group_cells(name, group));
    let best = format!("best {}", visible(&schema.label));
    let names = [
        by,
        "trials",
        "keeps",
        "keep rate",
        "completion rate",
        "compute",
        "no score",
        &best,
        "exp",
    ];
    format_table(&names, &[1, 2, 3, 4, 5, 6, 7], rows.collect(), look)
}

fn group_cells(name: &str, group: &Group) -> Vec<Cell> {
    let (counted, keeps) = (group.rated(), group.trials(is_keep));
    let (score, id) = match &group.best {
        Some((_, text, id)) => (visible_or_dash(text), visible_or_dash(id)),
        None => (NOTHING.to_owned(), NOTHING.to_owned()),
    };
    [
        visible_or_dash(name),
        group.all().to_string(),
        keeps.to_string(),
        share(keeps, counted),
        share(group.trials(Status::is_completed), counted),
        hours_text(group.hours(is_counted)),
        hours_text(group.hours(has_no_score)),
        score,
        id,
    ]
    .map(|text| Cell::new(text, Style::new()))
    .to_vec()
}
