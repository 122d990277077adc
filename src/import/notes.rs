//! What was assumed about an external log, and what may drop a trial from the answers.

use super::{
    interpret::{Interpretation, Reading, Trial},
    number::{Percentages, is_empty_word, is_percentage, is_sentinel, parse_number},
    score::Choice,
    table::FileRow,
    verdicts::{is_retracted_keep, is_unknown_word},
};
use crate::{
    append::LogState,
    log::{Direction, Status},
};

/// How many unknown words a note lists.
const MAX_WORDS: usize = 5;

/// The first of several lines, and how many more there are.
#[derive(Default)]
struct Lines {
    first: Option<(u64, String)>,
    count: u64,
}

impl Lines {
    fn add(&mut self, line: u64, text: &str) {
        self.first.get_or_insert_with(|| (line, text.to_owned()));
        self.count += 1;
    }

    fn others(&self) -> String {
        match self.count {
            0 | 1 => String::new(),
            count => format!(" (and {} more)", count - 1),
        }
    }
}

/// What is seen of the rows while they are translated.
#[derive(Default)]
pub(super) struct Observations {
    trials: u64,
    has_keeps: bool,
    percentages: Lines,
    unparsed_keeps: Lines,
    unscored_keeps: Lines,
    retracted: Lines,
    minus_ones: Vec<u64>,
    unknown_words: Vec<String>,
    /// The best score of a row whose verdict is not known: line, word, text and value.
    best_unknown: Option<(u64, String, String, f64)>,
    /// The best score, its line, and whether another one is worse.
    best: Option<(f64, u64)>,
    has_worse: bool,
    restart: Option<(u64, String)>,
}

impl Observations {
    pub(super) fn observe(
        &mut self,
        log: &Interpretation,
        row: &FileRow,
        trial: &Trial,
        direction: Direction,
        state: &LogState,
    ) {
        self.trials += 1;
        let (line, cell, word) = (row.line, log.score_cell(row), log.verdict_cell(row));
        let status = trial.outcome.status;
        self.has_keeps |= status.can_be_best();
        if is_percentage(cell) {
            self.percentages.add(line, "");
        }
        if status.can_be_best() && trial.score.is_none() {
            let has_digits = cell.contains(|c: char| c.is_ascii_digit());
            if trial.reading == Reading::Unparsed && has_digits {
                let text = format!("'{cell}' is not a number, so this {}", status.name());
                self.unparsed_keeps.add(line, &text);
            } else {
                self.unscored_keeps.add(line, "");
            }
        }
        if trial.reading == Reading::Emptied && log.skips_minus_one && cell.starts_with('-') {
            self.minus_ones.push(line);
        }
        let kind = log.verdict_kind();
        let is_unknown =
            log.has_verdict() && status == Status::Other && is_unknown_word(word, kind);
        if is_unknown
            && self.unknown_words.len() <= MAX_WORDS
            && !self.unknown_words.iter().any(|own| own == word)
        {
            self.unknown_words.push(word.to_owned());
        }
        let Some((text, value)) = &trial.score else {
            return;
        };
        if log.has_verdict() && is_retracted_keep(word, kind) {
            self.retracted.add(line, word);
        } else if is_unknown {
            let is_better = |best: &(u64, String, String, f64)| direction.better(*value, best.3);
            if self.best_unknown.as_ref().is_none_or(is_better) {
                self.best_unknown = Some((line, word.to_owned(), text.clone(), *value));
            }
        }
        if let Some((best, _)) = self.best {
            self.has_worse |= (best - value).abs() > 0.0;
        }
        if self
            .best
            .is_none_or(|(best, _)| direction.better(*value, best))
        {
            self.best = Some((*value, line));
        }
        let is_restart = status == Status::Baseline
            && state
                .best()
                .is_some_and(|(best, _)| direction.better(best, *value));
        if is_restart && self.restart.is_none() {
            self.restart = Some((line, text.clone()));
        }
    }

    pub(super) fn notes(
        &self,
        log: &Interpretation,
        direction: Direction,
        state: &LogState,
    ) -> Vec<String> {
        let mut notes = log.table.notes.clone();
        if self.trials == 0 {
            return notes;
        }
        if let Some((line, cells, count)) = log.profiles.wide {
            let others = if count > 1 {
                format!(" (and {} more)", count - 1)
            } else {
                String::new()
            };
            let width = log.table.header.len();
            notes.push(format!(
                "line {line}: {cells} cells under {width} columns{others}; fitted by what the columns hold; \
                 quote texts that contain the separator"
            ));
        }
        if !log.has_verdict() {
            let note = "no column holds a verdict: every row with a score is a keep; name one with --map verdict=COLUMN";
            notes.push(note.to_owned());
        }
        if !log.has_verdict() || log.verdicts.has_only_completions {
            notes.extend(self.note_suspicious_score());
        }
        if let Some(column) = log.verdicts.column().filter(|_| log.verdicts.is_guess) {
            let name = &log.table.names[column];
            notes.push(format!(
                "assuming {name} holds the verdict (by its words); override with --map verdict=COLUMN or verdict="
            ));
        }
        notes.extend(self.note_percentages(log.choice.as_ref()));
        notes.extend(self.note_keeps());
        notes.extend(self.note_unknown_words(log));
        notes.extend(self.note_better_unknown(direction, state));
        if let Some(column) = log.repeated_ids() {
            let name = &log.table.names[column];
            notes.push(format!(
                "{name} is not the id, because its numbers are repeated; trials are numbered by row"
            ));
        }
        if let Some((line, text)) = &self.restart {
            notes.push(format!(
                "line {line}: this baseline of {text} is worse than the best: it starts another measure; \
                 read from there with --from and its id"
            ));
        }
        if let Some(unknown) = &log.table.declared.unknown_direction {
            notes.push(format!(
                "unknown direction '{unknown}'; use higher or lower"
            ));
        }
        match &log.choice {
            Some(choice) => notes.extend(note_assumptions(log.metric(), choice)),
            None => notes.push(super::score::describe_missing_score(
                &log.table,
                &log.profiles,
            )),
        }
        notes
    }

    /// Scores that may mean "none", if no verdict tells which trials failed.
    fn note_suspicious_score(&self) -> Option<String> {
        if !self.minus_ones.is_empty() {
            let lines: Vec<String> = self
                .minus_ones
                .iter()
                .take(MAX_WORDS)
                .map(u64::to_string)
                .collect();
            let more = if self.minus_ones.len() > MAX_WORDS {
                " …"
            } else {
                ""
            };
            let lines = lines.join(" ");
            return Some(format!(
                "the -1 in line {lines}{more} is not used as a score: no other score is negative"
            ));
        }
        let (score, line) = self
            .best
            .filter(|(score, _)| self.has_worse && is_sentinel(*score))?;
        Some(format!(
            "the best score, {score} in line {line}, means 'no score' in other logs"
        ))
    }

    fn note_percentages(&self, choice: Option<&Choice>) -> Option<String> {
        let (line, _) = self.percentages.first.as_ref()?;
        match choice?.format.percentages() {
            Percentages::NotMixed => None,
            Percentages::AmongFractions => Some(format!(
                "percentages among numbers up to 1 are divided by 100 (first in line {line})"
            )),
            Percentages::AmongOthers => Some(format!(
                "percentages among other numbers are not divided (first in line {line})"
            )),
        }
    }

    /// Keeps that cannot be best.
    fn note_keeps(&self) -> Vec<String> {
        let mut notes = Vec::new();
        if let Some((line, text)) = &self.unparsed_keeps.first {
            let others = self.unparsed_keeps.others();
            notes.push(format!("line {line}: {text} cannot be best{others}"));
        }
        if let Some((line, _)) = &self.unscored_keeps.first {
            let (have, they) = match self.unscored_keeps.count {
                1 => ("1 keep has".to_owned(), "it"),
                count => (format!("{count} keeps have"), "they"),
            };
            notes.push(format!(
                "{have} no score, so {they} cannot be best (first in line {line})"
            ));
        }
        if let Some((line, word)) = &self.retracted.first {
            let others = self.retracted.others();
            notes.push(format!(
                "line {line}: '{word}' is not a plain keep, so it cannot be best{others}"
            ));
        }
        notes
    }

    /// Words that the tables do not have, if no trial can be best because of them.
    fn note_unknown_words(&self, log: &Interpretation) -> Option<String> {
        let column = log.verdicts.column()?;
        if self.has_keeps || self.unknown_words.is_empty() {
            return None;
        }
        let more = if self.unknown_words.len() > MAX_WORDS {
            " …"
        } else {
            ""
        };
        let words = self.unknown_words.iter().take(MAX_WORDS);
        let listed: Vec<String> = words.map(|word| format!("'{word}'")).collect();
        let (name, listed) = (&log.table.names[column], listed.join(" "));
        Some(format!(
            "no word in {name} is known as a keep: {listed}{more}; --map verdict= makes every row with a score a keep, \
             verdict=COLUMN reads another column"
        ))
    }

    /// A row with an unknown verdict and a score that beats the best.
    fn note_better_unknown(&self, direction: Direction, state: &LogState) -> Option<String> {
        let (line, word, text, value) = self.best_unknown.as_ref()?;
        let (best, _) = state.best()?;
        if !direction.better(*value, best) || is_empty_word(word) || parse_number(word).is_some() {
            return None;
        }
        let word: String = word.chars().take(40).collect();
        Some(format!(
            "line {line}: its {text} is better than the best, but '{word}' is not a known verdict; \
             admit it with --map 'keep={word}'"
        ))
    }
}

fn note_assumptions(metric: &str, choice: &Choice) -> Option<String> {
    let better = choice.direction.better_word();
    let (column, direction) = match (&choice.column_reason, &choice.direction_reason) {
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
