//! The course of a search for a person: when it ran, its best trial, how the best developed, and why trials failed.

use std::{cmp::Reverse, collections::BTreeMap};

use jiff::Timestamp;
use serde_json::{Value, json};

use super::format::number;
use super::json::value;
use super::limits::{format_bound, format_exceeded};
use super::plot::sparkline::{BLOCKS, choose_height};
use super::{Look, visible_or_dash};
use crate::analysis::{Bound, Limit, RunSpan, Side};
use crate::log::{Direction, Role, Schema, Trial, shown_id};
use crate::text::{count, cut_visible, fit};

/// The width of a label and the space after it.
const LABEL: usize = 11;

/// How many reasons are shown, and how much of each.
const MAX_REASONS: usize = 3;
const MAX_REASON: usize = 60;

/// How many discards are named.
const MAX_DISCARDS: usize = 3;

/// What the lines below the summary say.
#[derive(Default)]
pub struct Course {
    pub span: RunSpan,
    pub best: Option<Trial>,
    /// Trials in progress, and the command that lists them.
    pub running: usize,
    pub running_command: String,
    /// Failed trials whose score is better than the best.
    pub better_invalid: usize,
    /// How often the last failures have each reason.
    pub reasons: BTreeMap<String, usize>,
    /// The limits that the last failures exceeded.
    pub limits: Vec<Limit>,
    /// Recent discards with a better score than their parent, each with the difference.
    pub better_than_parent: Vec<(Trial, f64)>,
    /// The keeps since a time, as it was given.
    pub new_keeps: Option<(String, Vec<String>)>,
}

impl Course {
    /// One line for each thing to say, cut to the terminal.
    pub fn format(&self, schema: &Schema, look: Look) -> String {
        let mut lines = Vec::new();
        lines.push(("run", self.run_text()));
        if let Some(best) = &self.best {
            let row = best.row();
            let [time, hypothesis] = [Role::Time, Role::Hypothesis].map(|role| row.text(role));
            let hypothesis = visible_or_dash(&hypothesis);
            let since = format!("{}: {hypothesis}", visible_or_dash(&time));
            lines.push(("best since", since));
        }
        lines.push(("course", sparkline(&self.span.curve, schema.direction)));
        if let Some((since, keeps)) = &self.new_keeps {
            let since = visible_or_dash(since);
            let text = match &keeps[..] {
                [] => format!("none since {since}"),
                keeps => format!("{} since {since}: {}", keeps.len(), keeps.join(" ")),
            };
            lines.push(("new keeps", text));
        }
        lines.push(("failures", self.reasons_text()));
        if self.better_invalid > 0 {
            let trials = count(self.better_invalid as u64, "trial");
            lines.push((
                "failed",
                format!("{trials} beat the best, but did not count"),
            ));
        }
        for limit in &self.limits {
            lines.push(("limit", limit_text(limit)));
        }
        if !self.better_than_parent.is_empty() {
            lines.push(("discards", self.discards_text()));
        }
        lines.retain(|(_, text)| !text.is_empty());
        let width = look.width.map_or(usize::MAX, |width| width - LABEL);
        let lines = lines.iter();
        let lines = lines.map(|(name, text)| format!("{name:<10} {}\n", fit(text, width)));
        lines.collect()
    }

    /// The same for a script.
    pub fn object(&self) -> Value {
        let cell = |role| match &self.best {
            Some(best) => value(&best.row().text(role), true),
            None => Value::Null,
        };
        json!({
            "started": value(&self.span.first, true),
            "last_trial": value(&self.span.last, true),
            "trials_per_hour": self.rate().map(|rate| (rate * 10.0).round() / 10.0),
            "in_progress": self.running,
            "best_since": cell(Role::Time),
            "best_hypothesis": cell(Role::Hypothesis),
            "failed_better_than_best": self.better_invalid,
            "exceeded_limits": self.limits.iter().map(limit_object).collect::<Vec<_>>(),
            "discards_better_than_parent": self.better_than_parent.iter().map(discard_object).collect::<Vec<_>>(),
            "new_keeps": self.new_keeps.as_ref().map(|(_, keeps)| keeps),
        })
    }

    /// Trials per hour, if they span some time.
    fn rate(&self) -> Option<f64> {
        let [start, end] =
            [&self.span.first, &self.span.last].map(|time| time.parse::<Timestamp>());
        let hours = end.ok()?.duration_since(start.ok()?).as_secs_f64() / 3600.0;
        (hours > 0.0).then(|| (self.span.timed - 1) as f64 / hours)
    }

    fn run_text(&self) -> String {
        let mut parts = Vec::new();
        let RunSpan { first, last, .. } = &self.span;
        if !first.is_empty() {
            parts.push(format!("started {first}, last trial {last}"));
        }
        if let Some(rate) = self.rate() {
            parts.push(format!("{rate:.1} trials per hour"));
        }
        parts.join("; ")
    }

    fn discards_text(&self) -> String {
        let mut parts = Vec::new();
        for (trial, step) in self.better_than_parent.iter().take(MAX_DISCARDS) {
            let name = trial.row().name();
            parts.push(format!(
                "{} by {}",
                visible_or_dash(&name),
                number(step.abs())
            ));
        }
        let more = self.better_than_parent.len() - parts.len();
        if more > 0 {
            parts.push(format!("{more} more"));
        }
        let trials = count(self.better_than_parent.len() as u64, "recent discard");
        let whose = match self.better_than_parent.len() {
            1 => "its parent",
            _ => "their parents",
        };
        format!("{trials} beat {whose}: {}", parts.join(", "))
    }

    fn reasons_text(&self) -> String {
        let mut reasons: Vec<_> = self.reasons.iter().collect();
        reasons.sort_by_key(|(_, count)| Reverse(**count));
        let reasons = reasons.iter().take(MAX_REASONS);
        let reasons =
            reasons.map(|(reason, times)| format!("{times} × {}", cut_visible(reason, MAX_REASON)));
        reasons.collect::<Vec<_>>().join("; ")
    }
}

fn limit_text(limit: &Limit) -> String {
    let mut text = format!(
        "{}: {}",
        visible_or_dash(&limit.column),
        format_bound(limit)
    );
    if let Some(failures) = &limit.failures {
        text += &format_exceeded(failures, limit.side);
    }
    text
}

fn limit_object(limit: &Limit) -> Value {
    let (limit_value, is_set) = match limit.bound {
        Bound::Stated(value) => (value, true),
        Bound::Between { completed, .. } => (completed, false),
    };
    json!({
        "column": limit.column,
        "side": match limit.side {
            Side::AtMost => "max",
            Side::AtLeast => "min",
        },
        "limit": limit_value,
        "is_set": is_set,
        "status": limit.failures.map(|failures| failures.status.name()),
        "last_failures": limit.failures.map(|failures| failures.trials),
        "median_excess": limit.failures.and_then(|failures| failures.median),
    })
}

fn discard_object((trial, step): &(Trial, f64)) -> Value {
    let row = trial.row();
    let parent = shown_id(&row.text(Role::Parent));
    json!({"exp_id": row.name(), "parent_exp": parent, "better_by": step.abs()})
}

/// The best so far as bars: higher is better, whatever the direction is.
fn sparkline(curve: &[Option<f64>], direction: Direction) -> String {
    let sign = if direction == Direction::Maximize {
        1.0
    } else {
        -1.0
    };
    let values: Vec<f64> = curve.iter().flatten().map(|best| best * sign).collect();
    let (Some(&low), Some(&high)) = (values.first(), values.last()) else {
        return String::new();
    };
    if low >= high {
        return String::new(); // it never improved
    }
    let bars = values.iter();
    bars.map(|&best| choose_height(best, low, high, &BLOCKS))
        .collect()
}
