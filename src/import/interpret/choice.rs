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
}

impl Choice {
    /// What was assumed, with the evidence, if it is a guess.
    pub(crate) fn note(&self, metric: &str) -> Option<String> {
        let reasons = [
            (&self.column_reason, "--metric"),
            (&self.direction_reason, "--direction"),
        ];
        let given = reasons.into_iter();
        let given = given.filter_map(|(reason, flag)| Some((reason.as_ref()?, flag)));
        let (reasons, flags): (Vec<&Reason>, Vec<&str>) = given.unzip();
        if !reasons.iter().any(|reason| reason.is_guess) {
            return None;
        }
        let texts: Vec<&str> = reasons.iter().map(|reason| &*reason.text).collect();
        let evidence = match texts[..] {
            [column, direction] if direction.starts_with(column) => direction.to_owned(),
            [column, direction] if column.starts_with(direction) => column.to_owned(),
            [column, direction] if direction.starts_with("by ") => {
                format!("{column}, the direction {direction}")
            }
            _ => texts.join("; "),
        };
        let (better, flags) = (self.direction.better_word(), flags.join(", "));
        Some(format!(
            "assuming {metric} ({better} is better): {evidence}; override with {flags}"
        ))
    }
}
