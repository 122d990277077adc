//! Limits as text: where they are, and how trials exceeded them.

use super::format::amount;
use crate::analysis::{Bound, Exceeded, Limit, Side};

/// The value of a limit: `limit 16,000,000 (set)`, or `lower limit between 0.93 and 0.94`.
pub fn format_bound(limit: &Limit) -> String {
    let lower = match limit.side {
        Side::AtMost => "",
        Side::AtLeast => "lower ",
    };
    format!("{lower}limit {}", format_place(limit.bound))
}

/// `16,000,000 (set)`, or `between 0.93 and 0.94`.
pub fn format_place(bound: Bound) -> String {
    match bound {
        Bound::Stated(value) => format!("{} (set)", amount(value)),
        Bound::Between { completed, failed } => {
            let (low, high) = (completed.min(failed), completed.max(failed));
            format!("between {} and {}", amount(low), amount(high))
        }
    }
}

/// How the last failures exceeded a limit, to be appended to it.
pub fn format_exceeded(failures: &Exceeded, side: Side) -> String {
    let status = failures.status.name();
    let trials = match (failures.trials, failures.of) {
        (1, 1) => format!("the last {status}"),
        (trials, of) if trials == of => format!("the last {trials} {status}"),
        (trials, of) => format!("{trials} of the last {of} {status}"),
    };
    let verb = match side {
        Side::AtMost => "exceeded",
        Side::AtLeast => "missed",
    };
    match failures.median {
        Some(median) => format!("; {trials} {verb} it by {} (median)", amount(median)),
        None => format!("; {trials} were stopped there"),
    }
}
