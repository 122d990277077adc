//! The ten outcome classes. Failures are first-class: each tells the next agent something else.

use anyhow::{Context, Result};

use crate::text::nearest;

/// What a person gives in place of keep, discard or baseline: the score decides.
pub const AUTO: &str = "auto";

/// The word in the log for a status that a person gives, or `auto`.
pub fn parse_status(text: &str) -> Result<String> {
    if text.trim().eq_ignore_ascii_case(AUTO) {
        return Ok(AUTO.to_owned());
    }
    let status = Status::from_input(text);
    let status = status.with_context(|| describe_unknown(text, Some(AUTO)))?;
    Ok(status.name().to_owned())
}

fn describe_unknown(text: &str, other: Option<&'static str>) -> String {
    let words = Status::ALL.into_iter().map(Status::name);
    let help = nearest(&text.to_lowercase(), words.chain(other));
    format!("unknown status '{}'; {help}", text.escape_debug())
}

/// How a trial ended. `Other` is a word that this list does not have: it is kept and shown as it is in the
/// log, and can never be best.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
)]
pub enum Status {
    Baseline,
    Keep,
    Discard,
    Crash,
    EvalBudgetOverrun,
    TrainBudgetOverrun,
    SizeBlocked,
    PreflightCrash,
    Disqualified,
    HarnessAbort,
    Other,
}

impl Status {
    /// The closed list, in the order in which it is shown.
    pub const ALL: [Self; 10] = [
        Self::Baseline,
        Self::Keep,
        Self::Discard,
        Self::Crash,
        Self::EvalBudgetOverrun,
        Self::TrainBudgetOverrun,
        Self::SizeBlocked,
        Self::PreflightCrash,
        Self::Disqualified,
        Self::HarnessAbort,
    ];

    pub fn parse(cell: &[u8]) -> Self {
        let mut all = Self::ALL.into_iter();
        let known = all.find(|status| status.name().as_bytes() == cell);
        known.unwrap_or(Self::Other)
    }

    /// The status that a person means, who may write `KEEP`, `kept` or `eval-budget-overrun`.
    pub fn from_input(text: &str) -> Option<Self> {
        let word = text.trim().to_ascii_lowercase().replace(['-', ' '], "_");
        let word = match word.as_str() {
            "kept" => "keep",
            "discarded" => "discard",
            "crashed" => "crash",
            word => word,
        };
        Self::ALL.into_iter().find(|status| status.name() == word)
    }

    /// The same, or an error that lists the statuses.
    pub fn require(text: &str) -> Result<Self> {
        Self::from_input(text).with_context(|| describe_unknown(text, None))
    }

    /// The word in the log.
    pub fn name(self) -> &'static str {
        match self {
            Self::Baseline => "baseline",
            Self::Keep => "keep",
            Self::Discard => "discard",
            Self::Crash => "crash",
            Self::EvalBudgetOverrun => "eval_budget_overrun",
            Self::TrainBudgetOverrun => "train_budget_overrun",
            Self::SizeBlocked => "size_blocked",
            Self::PreflightCrash => "preflight_crash",
            Self::Disqualified => "disqualified",
            Self::HarnessAbort => "harness_abort",
            Self::Other => "other",
        }
    }

    pub fn can_be_best(self) -> bool {
        matches!(self, Self::Baseline | Self::Keep)
    }

    /// Ran to completion and produced a comparable score.
    pub fn is_completed(self) -> bool {
        matches!(self, Self::Keep | Self::Discard)
    }

    /// Ended without a comparable score, and says something about the hypothesis.
    pub fn is_failure(self) -> bool {
        matches!(
            self,
            Self::Crash
                | Self::EvalBudgetOverrun
                | Self::TrainBudgetOverrun
                | Self::SizeBlocked
                | Self::PreflightCrash
                | Self::Disqualified
        )
    }

    /// What the next agent should do about a trial with this status.
    pub fn advice(self) -> &'static str {
        match self {
            Self::Baseline => "start from here",
            Self::Keep => "build on it",
            Self::Discard => "do not repeat this exact edit",
            Self::Crash => "avoid this, or fix the bug and try it again",
            Self::EvalBudgetOverrun => {
                "training fits the budget; make the evaluation cheaper, or leave it unchanged"
            }
            Self::TrainBudgetOverrun => {
                "do less per step, or take fewer steps; time a short run first"
            }
            Self::SizeBlocked => {
                "the idea may be fine: reduce the artifact size first; the score does not count"
            }
            Self::PreflightCrash => {
                "run the script for a few seconds before submitting: imports, shapes, data loader"
            }
            Self::Disqualified => "look at the missed gate before the score",
            Self::HarnessAbort | Self::Other => "ignore it",
        }
    }

    /// Says nothing about the hypothesis: in no rate, and in a prompt only the id of an ancestor of the best.
    pub fn is_ignored(self) -> bool {
        self == Self::HarnessAbort
    }

    /// Makes no sense in the log without a score.
    pub fn needs_score(self) -> bool {
        self.can_be_best() || self.is_completed()
    }
}
