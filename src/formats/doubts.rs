//! What of a log may be read otherwise than it was meant: said, so that no trial drops out of the answers silently.

use super::{
    cells::Scores,
    numbers::{Percent, is_percent},
    roles::{Means, Speech},
    translate::Trial,
    words,
    writer::Writer,
};
use crate::log::Status;

impl Writer {
    /// What should be said besides which column is the score and which way is better.
    pub(super) fn doubts(&self, scores: &Scores) -> Vec<String> {
        let by_words = self.plan.verdict.filter(|_| self.plan.verdict_is_guess).map(|(column, _)| {
            let name = &self.table.names[column];
            format!("{name}: taken for the verdict by its words; --map verdict=COLUMN names another, verdict= none")
        });
        [
            by_words,
            self.percentages(scores),
            self.unread_keeps(),
            self.taken_back(),
            self.unknown_words(),
        ]
        .into_iter()
        .flatten()
        .collect()
    }

    fn percentages(&self, scores: &Scores) -> Option<String> {
        let is_one = |trial: &&Trial| is_percent(self.score(trial));
        let line = self.line(self.trials.iter().find(is_one)?);
        match scores.form.percent {
            Percent::Alone => None,
            Percent::Hundredths => Some(format!(
                "percentages among numbers up to 1 are divided by 100, from line {line} on"
            )),
            Percent::Mixed => Some(format!(
                "percentages stand among other numbers, and are read as they are, from line {line} on"
            )),
        }
    }

    /// Keeps whose score says a number that cannot be read.
    fn unread_keeps(&self) -> Option<String> {
        let has_digit = |trial: &Trial| self.score(trial).contains(|c: char| c.is_ascii_digit());
        let is_one = |trial: &&Trial| {
            trial.status.can_be_best()
                && trial.score.is_none()
                && self.is_odd(trial)
                && has_digit(trial)
        };
        self.first(is_one, |trial| {
            format!(
                "`{}` is no number, so this {} cannot be best",
                self.score(trial),
                trial.word
            )
        })
    }

    /// Keeps that their own words take back.
    fn taken_back(&self) -> Option<String> {
        let (verdict, speech) = self.plan.verdict?;
        let is_one = |trial: &&Trial| {
            let is_keep = |word: &str| {
                matches!(
                    words::verdict(word, Speech::Words),
                    Some(Means::Is(Status::Keep | Status::Baseline))
                )
            };
            let word = self.cell(trial.at, verdict);
            trial.score.is_some()
                && words::verdict(word, speech).is_none()
                && is_keep(words::first_word(word))
        };
        self.first(is_one, |trial| {
            format!(
                "`{}` is no plain keep, so it is never best",
                self.cell(trial.at, verdict)
            )
        })
    }

    /// Words that no table knows, where for them no trial can be best.
    fn unknown_words(&self) -> Option<String> {
        let (verdict, speech) = self.plan.verdict?;
        let has_best = self.trials.iter().any(|trial| trial.status.can_be_best());
        let mut unknown: Vec<&str> = self
            .trials
            .iter()
            .map(|trial| self.cell(trial.at, verdict))
            .collect();
        unknown.retain(|word| !words::is_nothing(word) && words::verdict(word, speech).is_none());
        let mut seen = std::collections::HashSet::new();
        unknown.retain(|word| seen.insert(*word));
        (!has_best && !unknown.is_empty()).then(|| {
            let name = &self.table.names[verdict];
            let more = if unknown.len() > 5 { " …" } else { "" };
            let listed: Vec<_> = unknown.iter().take(5).map(|word| format!("`{word}`")).collect();
            let listed = listed.join(" ");
            format!(
                "{name}: no word of it is known for a keep: {listed}{more}; --map verdict= takes every row with a score for one, \
                 verdict=COLUMN reads another column"
            )
        })
    }

    /// The first of some trials, as a sentence with its line, and how many more there are.
    fn first(
        &self,
        is_one: impl Fn(&&Trial) -> bool,
        say: impl Fn(&Trial) -> String,
    ) -> Option<String> {
        let mut found = self.trials.iter().filter(is_one);
        let first = found.next()?;
        let others = match found.count() {
            0 => String::new(),
            more => format!(" (and {more} more)"),
        };
        Some(format!("line {}: {}{others}", self.line(first), say(first)))
    }

    fn score(&self, trial: &Trial) -> &str {
        self.cell(trial.at, self.plan.score)
    }

    fn line(&self, trial: &Trial) -> u64 {
        self.table.rows[trial.at].line
    }
}
