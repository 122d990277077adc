//! The section on limits: what a trial must stay within, and how much room the best leaves.

use super::{PromptData, trim::Section};
use crate::analysis::{Bound, Exceeded, Limit, Side};
use crate::output::{format::amount, markdown::word};

pub(super) fn section(data: &PromptData) -> Option<Section> {
    let rows = data.limits.iter().map(|limit| limit_text(limit, data));
    (!data.limits.is_empty()).then(|| Section::new("## Limits", "", rows.collect()))
}

fn limit_text(limit: &Limit, data: &PromptData) -> String {
    let lower = match limit.side {
        Side::AtMost => "",
        Side::AtLeast => "lower ",
    };
    let place = match limit.bound {
        Bound::Stated(value) => format!("{} (set)", amount(value)),
        Bound::Between { completed, failed } => {
            let (low, high) = (completed.min(failed), completed.max(failed));
            format!("between {} and {}", amount(low), amount(high))
        }
    };
    let mut text = format!("- {}: {lower}limit {place}", word(&limit.column));
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
        text += &exceeded_text(failures, limit.side);
    }
    text + "\n"
}

fn exceeded_text(failures: &Exceeded, side: Side) -> String {
    let status = failures.status.name();
    let trials = match failures.trials {
        1 => status.to_owned(),
        trials => format!("{trials} {status}"),
    };
    let verb = match side {
        Side::AtMost => "exceeded",
        Side::AtLeast => "missed",
    };
    match failures.median {
        Some(median) => format!(
            "; the last {trials} {verb} it by {} (median)",
            amount(median)
        ),
        None => format!("; the last {trials} were stopped there"),
    }
}
