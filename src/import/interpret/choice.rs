//! The columns that may be the score, and the one that was chosen, with the reasons.

use super::evidence::Evidence;
use crate::{
    import::words::{names::NameRank, number::NumberFormat},
    log::Direction,
};

/// The reason that is no guess.
pub(in crate::import) const BY_NAME: &str = "by its name";

/// A column that may be the score, with what the trials say about it.
pub(in crate::import) struct Candidate {
    pub(in crate::import) column: usize,
    pub(in crate::import) rank: NameRank,
    pub(in crate::import) direction_of_name: Option<Direction>,
    pub(in crate::import) evidence: Evidence,
}

/// The score that was found.
pub(in crate::import) struct Choice {
    pub(in crate::import) column: usize,
    pub(in crate::import) format: NumberFormat,
    pub(in crate::import) direction: Direction,
    /// Why this column and this direction, if they are guesses.
    pub(in crate::import) column_reason: Option<String>,
    pub(in crate::import) direction_reason: Option<String>,
    /// Whether -1 is the only negative number, and not the only number.
    pub(in crate::import) has_only_minus_one: bool,
}

impl Choice {
    /// What a telling name says, and no other column or trial contradicts, is no guess.
    pub(in crate::import) fn forget_certain(&mut self, rank: NameRank) {
        let has_rival = |reason: &String| reason.starts_with(BY_NAME) && reason != BY_NAME;
        let column_is_sure = !self.column_reason.as_ref().is_some_and(has_rival);
        let direction_is_sure = self
            .direction_reason
            .as_ref()
            .is_none_or(|reason| reason == BY_NAME);
        if rank <= NameRank::Known && column_is_sure && direction_is_sure {
            self.column_reason = None;
            self.direction_reason = None;
        }
    }

    /// What was assumed, with the evidence.
    pub(in crate::import) fn note(&self, metric: &str) -> Option<String> {
        let better = self.direction.better_word();
        let (column, direction) = match (&self.column_reason, &self.direction_reason) {
            (None, None) => return None,
            (Some(reason), None) => {
                return Some(format!(
                    "assuming {metric} is the score ({reason}); override with --metric"
                ));
            }
            (None, Some(reason)) => {
                return Some(format!(
                    "assuming {better} {metric} is better ({reason}); override with --direction"
                ));
            }
            (Some(column), Some(direction)) => (column, direction),
        };
        let evidence = if direction.starts_with(column.as_str()) {
            direction.clone()
        } else if column.starts_with(direction.as_str()) {
            column.clone()
        } else if direction.starts_with("by ") {
            format!("{column}, the direction {direction}")
        } else {
            format!("{column}; {direction}")
        };
        Some(format!(
            "assuming {metric} ({better} is better): {evidence}; override with --metric, --direction"
        ))
    }
}
