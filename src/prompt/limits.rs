//! The section on limits: what a trial must stay within, and how much room the best leaves.

use std::fmt;

use super::{PromptData, trim::Section};
use crate::analysis::Limit;
use crate::log::{Number, Role, Row, Status};
use crate::output::{
    format::amount,
    limits::{format_bound, format_exceeded},
    markdown::word,
};

pub(super) fn section(data: &PromptData) -> Option<Section> {
    let rows = data.limits.iter().map(|limit| limit_text(limit, data));
    (!data.limits.is_empty()).then(|| Section::new("## Limits", "", rows.collect()))
}

fn limit_text(limit: &Limit, data: &PromptData) -> String {
    let mut text = format!("- {}: {}", word(&limit.column), format_bound(limit));
    let best = data
        .best
        .as_ref()
        .and_then(|best| limit.value_in(&best.row()));
    if let Some(best) = best {
        text += &match limit.margin(best) {
            margin if margin < 0.0 => format!("; the best exceeds it by {}", amount(-margin)),
            margin => format!("; the best has {} to spare", amount(margin)),
        };
    }
    if let Some(failures) = &limit.failures {
        text += &format_exceeded(failures, limit.side);
    }
    text + "\n"
}

/// The value that kept a failed trial out.
pub(super) struct Violation {
    pub(super) column: String,
    pub(super) value: f64,
    /// How far it is beyond the limit, if that is known.
    excess: Option<f64>,
}

impl Violation {
    pub(super) fn value_text(&self) -> String {
        format!("{} {}", word(&self.column), amount(self.value))
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.value_text())?;
        match self.excess {
            Some(excess) => write!(f, ", {} beyond the limit", amount(excess)),
            None => Ok(()),
        }
    }
}

/// The value by which a trial exceeded its size, its time or a gate: that of a limit or, if none is known, of the column
/// that such a failure is about.
pub(super) fn find_violation(row: &Row, limits: &[Limit]) -> Option<Violation> {
    let status = row.status();
    if !status.is_failure() {
        return None;
    }
    let mut exceeded = Vec::new();
    for limit in limits {
        if let Some(value) = limit.value_in(row)
            && limit.margin(value) < 0.0
        {
            exceeded.push((limit, value));
        }
    }
    let of_status = exceeded.iter().find(|(limit, _)| {
        let failures = limit.failures;
        failures.is_some_and(|failures| failures.status == status)
    });
    let Some(&(limit, value)) = of_status.or(exceeded.first()) else {
        return usual_violation(row);
    };
    let failures = limit.failures;
    let is_measured = failures.is_none_or(|failures| failures.median.is_some());
    Some(Violation {
        column: limit.column.clone(),
        value,
        excess: is_measured.then(|| -limit.margin(value)),
    })
}

/// The value in the column whose name says what a failure is about.
fn usual_violation(row: &Row) -> Option<Violation> {
    let words: &[&str] = match row.status() {
        Status::SizeBlocked => &["bytes", "size", "kb", "mb", "gb"],
        Status::EvalBudgetOverrun => &["eval"],
        Status::TrainBudgetOverrun => &["train"],
        Status::Disqualified => &["accuracy", "acc"],
        _ => return None,
    };
    let schema = row.schema;
    for (column, name) in schema.names().iter().enumerate() {
        let is_score = schema.column(Role::Score) == Some(column);
        let mut parts = name.split('_');
        if !is_score
            && parts.any(|part| words.contains(&part))
            && let Some(value) = Number::value_of_bytes(&row.bytes_at(column))
        {
            return Some(Violation {
                column: name.clone(),
                value,
                excess: None,
            });
        }
    }
    None
}
