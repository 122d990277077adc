//! What was assumed about an external log, and what may drop a trial from the answers.

use std::collections::HashSet;

use super::{
    direction::DirectionGuess,
    numbers::{Percentages, is_percentage, is_sentinel},
    trials::{ExternalTrial, ExternalTrials},
    verdicts::{is_retracted_keep, is_unknown_word},
};
use crate::log::Direction;

/// How many unknown words a note lists.
const MAX_WORDS: usize = 5;

impl ExternalTrials {
    pub(super) fn notes(&self, (direction, reason): &DirectionGuess) -> Vec<String> {
        let mut notes = self.log.notes.clone();
        if self.trials.is_empty() {
            return notes;
        }
        let has_verdict = self.roles.verdict.verdict.is_some();
        if !has_verdict {
            let note = "no column holds a verdict: every row with a score is a keep; name one with --map verdict=COLUMN";
            notes.push(note.to_owned());
        }
        if !has_verdict || self.roles.verdict.has_only_completions {
            notes.extend(self.note_suspicious_score(*direction));
        }
        notes.extend(self.note_verdict_column());
        notes.extend(self.note_percentages());
        notes.extend(self.note_unparsed_keeps());
        notes.extend(self.note_retracted_keeps());
        notes.extend(self.note_unknown_words());
        if let Some(unknown) = &self.log.declared.unknown_direction {
            notes.push(format!(
                "unknown direction '{unknown}'; use higher or lower"
            ));
        }
        notes.extend(self.note_assumptions(*direction, reason.as_deref()));
        notes
    }

    fn note_assumptions(&self, direction: Direction, reason: Option<&str>) -> Option<String> {
        let metric = self.metric();
        let better = direction.better_word();
        match (self.roles.score_guess, reason) {
            (None, None) => None,
            (Some(reason), None) => Some(format!(
                "assuming {metric} is the score ({reason}); override with --metric"
            )),
            (None, Some(reason)) => Some(format!(
                "assuming {better} {metric} is better ({reason}); override with --direction"
            )),
            (Some(why), Some(reason)) => Some(format!(
                "assuming {metric} is the score ({why}) and {better} is better ({reason}); \
                 override with --metric and --direction"
            )),
        }
    }

    /// Scores that may mean "none", if no verdict tells which trials failed.
    fn note_suspicious_score(&self, direction: Direction) -> Option<String> {
        if !self.scores.minus_ones.is_empty() {
            let lines: Vec<String> = self.scores.minus_ones.iter().map(u64::to_string).collect();
            let lines = lines.join(" ");
            return Some(format!(
                "the -1 in line {lines} is not used as a score: no other score is negative"
            ));
        }
        let scored = self.trials.iter().filter(|trial| trial.score.is_some());
        let is_better =
            |a: Option<f64>, b: Option<f64>| a.zip(b).is_some_and(|(a, b)| direction.better(a, b));
        let best = scored.clone().reduce(|best, next| {
            if is_better(next.value(), best.value()) {
                next
            } else {
                best
            }
        })?;
        let is_alone = scored
            .clone()
            .any(|other| is_better(best.value(), other.value()));
        let score = best
            .value()
            .filter(|score| is_alone && is_sentinel(*score))?;
        let line = self.line(best);
        Some(format!(
            "the best score, {score} in line {line}, means 'no score' in other logs"
        ))
    }

    fn note_verdict_column(&self) -> Option<String> {
        let column = self.roles.verdict.column()?;
        let name = &self.log.names[column];
        self.roles.verdict.is_guess.then(|| {
            format!("assuming {name} holds the verdict (by its words); override with --map verdict=COLUMN or verdict=")
        })
    }

    fn note_percentages(&self) -> Option<String> {
        let mut trials = self.trials.iter();
        let first = trials.find(|trial| is_percentage(self.score_cell(trial)))?;
        let line = self.line(first);
        match self.scores.percentages() {
            Percentages::NotMixed => None,
            Percentages::AmongFractions => Some(format!(
                "percentages among numbers up to 1 are divided by 100 (first in line {line})"
            )),
            Percentages::AmongOthers => Some(format!(
                "percentages among other numbers are not divided (first in line {line})"
            )),
        }
    }

    /// Keeps whose score has digits but is not a number.
    fn note_unparsed_keeps(&self) -> Option<String> {
        let is_unparsed = |trial: &ExternalTrial| {
            let has_digits = self
                .score_cell(trial)
                .contains(|c: char| c.is_ascii_digit());
            trial.status.can_be_best()
                && trial.score.is_none()
                && has_digits
                && self.is_unparsed(trial)
        };
        let (first, others) = self.find_first(is_unparsed)?;
        let (line, cell, word) = (self.line(first), self.score_cell(first), &first.word);
        Some(format!(
            "line {line}: '{cell}' is not a number, so this {word} cannot be best{others}"
        ))
    }

    fn note_retracted_keeps(&self) -> Option<String> {
        let (_, kind) = self.roles.verdict.verdict?;
        let is_retracted = |trial: &ExternalTrial| {
            trial.score.is_some() && is_retracted_keep(self.verdict_cell(trial), kind)
        };
        let (first, others) = self.find_first(is_retracted)?;
        let (line, cell) = (self.line(first), self.verdict_cell(first));
        Some(format!(
            "line {line}: '{cell}' is not a plain keep, so it cannot be best{others}"
        ))
    }

    /// Words that the tables do not have, if no trial can be best because of them.
    fn note_unknown_words(&self) -> Option<String> {
        let (column, kind) = self.roles.verdict.verdict?;
        let has_best = self.trials.iter().any(|trial| trial.status.can_be_best());
        let mut seen = HashSet::new();
        let mut words: Vec<&str> = self
            .trials
            .iter()
            .map(|trial| self.verdict_cell(trial))
            .collect();
        words.retain(|word| is_unknown_word(word, kind) && seen.insert(*word));
        if has_best || words.is_empty() {
            return None;
        }
        let more = if words.len() > MAX_WORDS { " …" } else { "" };
        let listed: Vec<String> = words
            .iter()
            .take(MAX_WORDS)
            .map(|word| format!("'{word}'"))
            .collect();
        Some(format!(
            "no word in {} is known as a keep: {}{more}; --map verdict= makes every row with a score a keep, \
             verdict=COLUMN reads another column",
            self.log.names[column],
            listed.join(" ")
        ))
    }

    /// The first trial of a kind, and how many more there are.
    fn find_first(
        &self,
        is_one: impl Fn(&ExternalTrial) -> bool,
    ) -> Option<(&ExternalTrial, String)> {
        let mut found = self.trials.iter().filter(|trial| is_one(trial));
        let first = found.next()?;
        let others = match found.count() {
            0 => String::new(),
            count => format!(" (and {count} more)"),
        };
        Some((first, others))
    }
}
