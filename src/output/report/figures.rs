//! The figures of a report: the head line, outcomes by specialist and over time, compute lost, and limits.

use std::cmp::Reverse;

use super::Report;
use crate::analysis::{Bound, Group, Limit, Point, Side, Tally};
use crate::log::{Status, signed_delta};
use crate::output::format::{amount, change_percent, hours, number, share};
use crate::output::limits::format_place;
use crate::output::visible_or_dash;
use crate::text::{NOTHING, count, visible};

/// How many parts of the search the outcomes over time show.
const MAX_BARS: usize = 60;

/// The height of the bars.
const HEIGHT: f64 = 120.0;

pub(super) struct Figure {
    pub(super) name: &'static str,
    pub(super) value: String,
    pub(super) note: String,
}

/// The outcomes over time as a picture.
pub(super) struct Bars {
    pub(super) width: usize,
    pub(super) bars: Vec<Bar>,
}

pub(super) struct Bar {
    pub(super) class: &'static str,
    pub(super) x: usize,
    pub(super) y: String,
    pub(super) height: String,
    pub(super) title: String,
}

impl Report {
    pub(super) fn subtitle(&self) -> String {
        let mut text = format!("{} is better", self.plot.direction.better_word());
        if let Some((first, last)) = self.trials.times() {
            text += &format!("; from {} to {}", visible(first), visible(last));
        }
        text
    }

    pub(super) fn figures(&self) -> Vec<Figure> {
        let tally = &self.by_specialist;
        let total = &tally.total;
        let rated = total.rated();
        let part = |trials| format!("{} of {}", share(trials, rated), count(rated, "trial"));
        let (keeps, completed) = (total.keeps(), total.trials(Status::is_completed));
        let lost = total.hours_without_score();
        let (best, best_note) = best_texts(tally);
        let since = format!("{} since the last keep", count(tally.since_keep, "trial"));
        let figure = |name, value, note| Figure { name, value, note };
        vec![
            figure("best", best, best_note),
            figure("trials", total.all().to_string(), since),
            figure("keeps", keeps.to_string(), part(keeps)),
            figure("completed", completed.to_string(), part(completed)),
            figure(
                "compute",
                hours(total.rated_hours()),
                format!("{} without a usable score", hours(lost)),
            ),
        ]
    }

    /// The rows of the table by specialist.
    pub(super) fn specialists(&self) -> Vec<[String; 7]> {
        let mut groups: Vec<(&String, &Group)> = self.by_specialist.groups.iter().collect();
        groups.sort_by_key(|(_, group)| Reverse((group.keeps(), group.all())));
        let rows = groups.into_iter().map(|(name, group)| {
            let best = match &group.best {
                Some((_, score, id)) => format!("{} ({})", visible(score), visible(id)),
                None => NOTHING.to_owned(),
            };
            [
                visible_or_dash(name),
                group.all().to_string(),
                group.keeps().to_string(),
                share(group.trials(Status::is_completed), group.rated()),
                hours(group.rated_hours()),
                hours(group.hours_without_score()),
                best,
            ]
        });
        rows.collect()
    }

    /// Stacked bars, each of which shows the outcomes of a part of the search.
    pub(super) fn bars(&self) -> Bars {
        let points = &self.search().points;
        let size = points.len().div_ceil(MAX_BARS).max(1);
        let mut bars = Vec::new();
        for (number, part) in points.chunks(size).enumerate() {
            let first = number * size + 1;
            let title = format!("trials {first} to {}", first + part.len() - 1);
            push_bar(part, number * 10, &title, size, &mut bars);
        }
        Bars {
            width: 10 * points.len().div_ceil(size).max(1),
            bars,
        }
    }

    /// The rows of the table of failures: status, trials, their share, compute, what to do.
    pub(super) fn losses(&self) -> Vec<[String; 5]> {
        let total = &self.by_specialist.total;
        let mut entries: Vec<_> = total
            .entries()
            .filter(|entry| entry.status.is_failure() || entry.status == Status::Other)
            .collect();
        entries.sort_by(|a, b| b.hours.total_cmp(&a.hours).then(b.trials.cmp(&a.trials)));
        let losses = entries.into_iter().map(|entry| {
            let advice = match entry.status {
                Status::Other => "not a status that is known here",
                status => status.advice(),
            };
            [
                visible_or_dash(&entry.word),
                entry.trials.to_string(),
                share(entry.trials, total.rated()),
                hours(entry.hours),
                advice.to_owned(),
            ]
        });
        losses.collect()
    }

    /// The rows of the table of limits: column, limit, value of the best trial, how much room it leaves.
    pub(super) fn margins(&self) -> Vec<[String; 4]> {
        let number = |value: Option<f64>| value.map_or_else(|| NOTHING.to_owned(), amount);
        let rows = self.limits.iter().map(|(limit, best)| {
            let margin = best.map(|best| limit.margin(best));
            let column = visible_or_dash(&limit.column);
            [column, bound_text(limit), number(*best), number(margin)]
        });
        rows.collect()
    }
}

fn best_texts(tally: &Tally) -> (String, String) {
    let Some((score, text, id)) = &tally.total.best else {
        return (NOTHING.to_owned(), "no best trial".to_owned());
    };
    let mut note = format!("trial {}", visible(id));
    if let Some((baseline, text)) = &tally.baseline {
        let (change, baseline_text) = (score - baseline, visible(text));
        if change.is_finite() {
            let change_text = signed_delta(change) + " from the baseline's ";
            note += &format!(", {change_text}{baseline_text}");
            note += &change_percent(change, *baseline);
        }
    }
    (visible(text).into_owned(), note)
}

/// Adds the keeps, the discards and the failures of a part of the search, from the bottom up.
fn push_bar(part: &[Point], x: usize, title: &str, size: usize, bars: &mut Vec<Bar>) {
    let statuses = part.iter().map(|point| point.status);
    let keeps = statuses.clone().filter(|status| status.can_be_best());
    let discards = statuses.filter(|status| *status == Status::Discard);
    let (keeps, discards) = (keeps.count(), discards.count());
    let failed = part.len() - keeps - discards;
    let mut top = HEIGHT;
    for (class, trials) in [("keep", keeps), ("discard", discards), ("failed", failed)] {
        let height = HEIGHT * trials as f64 / size as f64;
        top -= height;
        if trials > 0 {
            bars.push(Bar {
                class,
                x,
                y: number(top),
                height: number(height),
                title: format!("{title}: {trials} {class}"),
            });
        }
    }
}

fn bound_text(limit: &Limit) -> String {
    let side = match (limit.side, limit.bound) {
        (Side::AtMost, Bound::Stated(_)) => "at most",
        (Side::AtLeast, Bound::Stated(_)) => "at least",
        (Side::AtMost, Bound::Between { .. }) => "at most:",
        (Side::AtLeast, Bound::Between { .. }) => "at least:",
    };
    format!("{side} {}", format_place(limit.bound))
}
