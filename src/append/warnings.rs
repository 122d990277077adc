//! What is said of a trial that is logged: what looks like a mistake, what is not written as given, and a small improvement.

use std::path::{Component, Path};

use super::{CompletedTrial, Draft, LogState};
use crate::log::{AUTO, Number, Schema, Status, signed_delta};

impl Draft {
    /// What to know about an improvement that is small.
    pub(super) fn remark(
        &self,
        status: Status,
        score: Option<&Number>,
        state: &LogState,
    ) -> Option<String> {
        let (score, (best, best_id)) = (score?.value(), state.best()?);
        let difference = (score - best).abs();
        let gain = signed_delta(difference);
        let gain = gain.trim_start_matches('+');
        let min_delta = state.min_delta;
        let is_within_spread = self.spread.is_some_and(|spread| difference <= spread);
        match status {
            Status::Discard if self.get("status") == Some(AUTO) && state.beats_best(score) => Some(
                format!("beats trial {best_id} by {gain}, not by more than min_delta {min_delta}"),
            ),
            Status::Keep if state.beats_best(score) && is_within_spread => Some(format!(
                "beats trial {best_id} by {gain}, which is within the spread of the runs"
            )),
            _ => None,
        }
    }

    /// Warnings about values that look wrong or were left out. `trial` is this draft, completed from the same state.
    pub fn warnings(
        &self,
        trial: &CompletedTrial,
        schema: &Schema,
        state: &LogState,
    ) -> Vec<String> {
        let id = &trial.id;
        let mistakes = self.find_mistakes(trial, state).into_iter();
        let mistakes = mistakes.map(|mistake| mistake + "; written as given");
        let mut warnings: Vec<String> = mistakes.collect();
        for change in &self.warnings {
            warnings.push(format!("trial {id}: {change}"));
        }
        for name in self.left_empty(schema) {
            let text = self.get(name).unwrap_or_default().escape_debug();
            warnings.push(format!(
                "trial {id}: {name} {text} is not a finite number and was left out"
            ));
        }
        warnings
    }

    /// Values that are written as given, but look wrong.
    fn find_mistakes(&self, trial: &CompletedTrial, state: &LogState) -> Vec<String> {
        let mut mistakes = Vec::new();
        let id = trial.id.to_string();
        if let (Status::Keep, Some(score)) = (trial.status, &trial.score)
            && let Some((_, best)) = state.best()
            && !state.replaces_best(score.value())
        {
            let score = score.text();
            mistakes.push(format!(
                "trial {id} is a keep, but {score} is not better than the best, trial {best}"
            ));
        }
        for (name, text) in self.given() {
            let odd = describe_odd_number(name, text, &id);
            mistakes.extend(odd.filter(|_| !self.is_left_empty(name)));
        }
        let path = self.get("snapshot_path").unwrap_or_default();
        if !is_inside(Path::new(path)) {
            let path = path.escape_debug();
            mistakes.push(format!(
                "snapshot_path '{path}' of trial {id} is not inside the store and is never read"
            ));
        }
        mistakes
    }
}

/// Describes a text that should be a number but is not, in a column where that refuses no trial.
pub(super) fn describe_odd_number(name: &str, text: &str, id: &str) -> Option<String> {
    let value = Number::value_of(text);
    let expected = match name {
        "train_s" | "total_s" if value.is_none_or(|value| value < 0.0) => "a number of seconds",
        "expected_delta" if value.is_none() => "a number",
        _ => return None,
    };
    let text = text.escape_debug();
    Some(format!("{name} '{text}' of trial {id} is not {expected}"))
}

/// Whether a path leads down from the directory it is relative to.
fn is_inside(path: &Path) -> bool {
    path.components()
        .all(|part| matches!(part, Component::Normal(_)))
}
