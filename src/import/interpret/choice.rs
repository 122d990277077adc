//! The columns that may be the score, and the one that was chosen, with the reasons.

use super::evidence::Evidence;
use crate::{
    import::words::{names::NameRank, number::NumberFormat},
    log::Direction,
};

pub(crate) const BY_NAME: &str = "by its name";

/// Why a column or a direction was chosen.
#[derive(Clone, Debug)]
pub(crate) struct Reason {
    pub(crate) text: String,
    /// Whether something else is possible, so that a note says the reason.
    pub(crate) is_guess: bool,
}

impl Reason {
    pub(crate) fn guess(text: impl Into<String>) -> Self {
        let text = text.into();
        Self {
            text,
            is_guess: true,
        }
    }
}

/// A column that may be the score, with what the trials say about it.
pub(crate) struct Candidate {
    pub(crate) column: usize,
    pub(crate) rank: NameRank,
    pub(crate) direction_of_name: Option<Direction>,
    pub(crate) evidence: Evidence,
}

/// The score that was found.
pub(crate) struct Choice {
    pub(crate) column: usize,
    pub(crate) format: NumberFormat,
    pub(crate) direction: Direction,
    /// Why this column and this direction; `None` if a flag or the file says so.
    pub(crate) column_reason: Option<Reason>,
    pub(crate) direction_reason: Option<Reason>,
    /// Whether -1 is the only negative number, and not the only number.
    pub(crate) has_only_minus_one: bool,
}

impl Choice {
    /// What was assumed, with the evidence, if it is a guess.
    pub(crate) fn note(&self, metric: &str) -> Option<String> {
        let better = self.direction.better_word();
        let reasons = [&self.column_reason, &self.direction_reason];
        if !reasons.into_iter().flatten().any(|reason| reason.is_guess) {
            return None;
        }
        let text = |reason: &Option<Reason>| reason.as_ref().map(|reason| reason.text.clone());
        let (column, direction) = match reasons.map(text) {
            [None, None] => return None,
            [Some(reason), None] => {
                return Some(format!(
                    "assuming {metric} is the score ({reason}); override with --metric"
                ));
            }
            [None, Some(reason)] => {
                return Some(format!(
                    "assuming {better} {metric} is better ({reason}); override with --direction"
                ));
            }
            [Some(column), Some(direction)] => (column, direction),
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
