//! What was assumed about an external log, and what may drop a trial from the answers.

use crate::{
    import::{
        interpret::{
            interpretation::{Interpretation, Reading, RowOutcome},
            score::describe_missing_score,
        },
        parse::spool::FileRow,
        words::{
            number::{is_empty_word, is_percentage, is_sentinel, parse_number},
            verdicts::{is_retracted_keep, parse_verdict},
        },
    },
    log::{Direction, Status},
};

/// How many words or lines a note lists.
const MAX_LISTED: usize = 5;

/// The first of several lines with a text, and how many there are.
#[derive(Default)]
struct Lines {
    first: (u64, String),
    count: u64,
}

impl Lines {
    fn add(&mut self, line: u64, text: &str) {
        if self.count == 0 {
            self.first = (line, text.to_owned());
        }
        self.count += 1;
    }

    fn note(&self, write: impl Fn(u64, &str) -> String) -> Option<String> {
        let (line, text) = &self.first;
        let others = match self.count {
            0 => return None,
            1 => String::new(),
            count => format!(" (and {} more)", count - 1),
        };
        Some(write(*line, text) + &others)
    }
}

/// A score and its line.
type Scored = (f64, u64);

/// What is seen of the rows while they are translated.
#[derive(Default)]
pub(super) struct Observations {
    trials: u64,
    scored: u64,
    has_keeps: bool,
    percentages: Lines,
    unparsed_keeps: Lines,
    unscored_keeps: Lines,
    retracted: Lines,
    restarts: Lines,
    minus_ones: Vec<String>,
    unknown_words: Vec<String>,
    /// The best score of a row whose verdict is not known, with its text and the verdict.
    best_unknown: Option<(Scored, String, String)>,
    best: Option<Scored>,
    /// Whether the scores differ.
    is_varied: bool,
}

impl Observations {
    pub(super) fn observe(
        &mut self,
        log: &Interpretation,
        row: &FileRow,
        read: &RowOutcome,
        direction: Direction,
        best: Option<f64>,
    ) {
        self.trials += 1;
        let (line, cell, word) = (row.line, log.score_cell(row), log.verdict_cell(row));
        let status = read.outcome.status;
        self.has_keeps |= status.can_be_best();
        if is_percentage(cell) {
            self.percentages.add(line, "");
        }
        if read.reading == Reading::Emptied && log.skips_minus_one() && cell.starts_with('-') {
            self.minus_ones.push(line.to_string());
        }
        let is_unknown = log.has_verdict()
            && status == Status::Other
            && !is_empty_word(word)
            && parse_verdict(word, log.verdicts.kind()).is_none();
        if is_unknown {
            self.observe_unknown(log, row, read, direction);
        }
        let Some((text, value)) = &read.score else {
            if status.can_be_best() {
                self.observe_unscored(line, cell, read.reading, status);
            }
            return;
        };
        if status == Status::Baseline && best.is_some_and(|best| direction.better(best, *value)) {
            self.restarts.add(line, text);
        }
        self.scored += 1;
        let (highest, _) = self.best.unwrap_or((*value, line));
        self.is_varied |= (highest - value).abs() > 0.0;
        if self.best.is_none() || direction.better(*value, highest) {
            self.best = Some((*value, line));
        }
    }

    /// Observes a row whose verdict the tables do not have.
    fn observe_unknown(
        &mut self,
        log: &Interpretation,
        row: &FileRow,
        read: &RowOutcome,
        direction: Direction,
    ) {
        let word = log.verdict_cell(row);
        let quoted = format!("'{word}'");
        if self.unknown_words.len() <= MAX_LISTED && !self.unknown_words.contains(&quoted) {
            self.unknown_words.push(quoted);
        }
        let Some((text, value)) = &read.score else {
            return;
        };
        let best = self.best_unknown.as_ref();
        if is_retracted_keep(word, log.verdicts.kind()) {
            self.retracted.add(row.line, word);
        } else if best.is_none_or(|((best, _), ..)| direction.better(*value, *best)) {
            let scored = (*value, row.line);
            self.best_unknown = Some((scored, text.clone(), word.to_owned()));
        }
    }

    fn observe_unscored(&mut self, line: u64, cell: &str, reading: Reading, status: Status) {
        let has_digits = cell.contains(|c: char| c.is_ascii_digit());
        if reading == Reading::Unparsed && has_digits {
            let text = format!("'{cell}' is not a number, so this {}", status.name());
            self.unparsed_keeps.add(line, &text);
        } else {
            self.unscored_keeps.add(line, "");
        }
    }

    pub(super) fn notes(
        &self,
        log: &Interpretation,
        direction: Direction,
        best: Option<f64>,
    ) -> Vec<String> {
        let mut notes = log.table.notes.clone();
        if self.trials == 0 {
            return notes;
        }
        notes.extend(note_wide_rows(log));
        notes.extend(note_verdict_column(log));
        if !log.verdicts.has_decisions {
            notes.extend(self.note_suspicious_score());
        }
        if self.scored > 1 && !self.is_varied {
            let (name, count) = (log.metric(), self.scored);
            notes.push(format!(
                "all {count} scores in {name} are equal; choose another column with --metric"
            ));
        }
        notes.extend(self.note_percentages(log));
        notes.extend(self.note_keeps());
        notes.extend(self.note_unknown_words(log));
        notes.extend(self.note_better_unknown(direction, best));
        if let Some(column) = log.repeated_ids() {
            let name = &log.table.names[column];
            notes.push(format!(
                "{name} is not the id, because its values are repeated; trials are numbered by row"
            ));
        }
        notes.extend(self.note_restart());
        if let Some(unknown) = &log.table.declared.unknown_direction {
            notes.push(format!(
                "unknown direction '{unknown}'; use higher or lower"
            ));
        }
        match &log.choice {
            Some(choice) => notes.extend(choice.note(log.metric())),
            None => notes.push(describe_missing_score(log)),
        }
        notes
    }

    /// Scores that may mean "none", if no verdict tells which trials failed.
    fn note_suspicious_score(&self) -> Option<String> {
        if !self.minus_ones.is_empty() {
            let listed = list(&self.minus_ones);
            return Some(format!(
                "the -1 in line {listed} is not used as a score: no other score is negative"
            ));
        }
        let (score, line) = self.best.filter(|_| self.is_varied)?;
        is_sentinel(score).then(|| {
            format!("the best score, {score} in line {line}, means 'no score' in other logs")
        })
    }

    fn note_restart(&self) -> Option<String> {
        let (line, score) = &self.restarts.first;
        let text = "is worse than the best: it starts another measure; read from there with --since and its id";
        (*line > 0).then(|| format!("line {line}: this baseline of {score} {text}"))
    }

    fn note_percentages(&self, log: &Interpretation) -> Option<String> {
        let scales = log.choice.as_ref()?.format.scales_percentages()?;
        let text = if scales {
            "percentages among numbers up to 1 are divided by 100"
        } else {
            "percentages among other numbers are not divided"
        };
        let line = self.percentages.first.0;
        (line > 0).then(|| format!("{text} (first in line {line})"))
    }

    /// Keeps that cannot be best.
    fn note_keeps(&self) -> Vec<String> {
        let unparsed = self
            .unparsed_keeps
            .note(|line, text| format!("line {line}: {text} cannot be best"));
        let retracted = self.retracted.note(|line, word| {
            format!("line {line}: '{word}' is not a plain keep, so it cannot be best")
        });
        let line = self.unscored_keeps.first.0;
        let (have, they) = match self.unscored_keeps.count {
            1 => ("1 keep has".to_owned(), "it"),
            count => (format!("{count} keeps have"), "they"),
        };
        let unscored = (line > 0)
            .then(|| format!("{have} no score, so {they} cannot be best (first in line {line})"));
        [unparsed, unscored, retracted]
            .into_iter()
            .flatten()
            .collect()
    }

    /// Words that the tables do not have, if no trial can be best because of them.
    fn note_unknown_words(&self, log: &Interpretation) -> Option<String> {
        let column = log.verdicts.column()?;
        if self.has_keeps || self.unknown_words.is_empty() {
            return None;
        }
        let (name, listed) = (&log.table.names[column], list(&self.unknown_words));
        Some(format!(
            "no word in {name} is known as a keep: {listed}; --map verdict= makes every row with a score a keep, \
             verdict=COLUMN reads another column"
        ))
    }

    /// A row with an unknown verdict and a score that beats the best.
    fn note_better_unknown(&self, direction: Direction, best: Option<f64>) -> Option<String> {
        let ((value, line), text, word) = self.best_unknown.as_ref()?;
        if !direction.better(*value, best?) || parse_number(word).is_some() {
            return None;
        }
        let word: String = word.chars().take(40).collect();
        Some(format!(
            "line {line}: its {text} is better than the best, but '{word}' is not a known verdict; \
             admit it with --map 'keep={word}'"
        ))
    }
}

fn note_verdict_column(log: &Interpretation) -> Option<String> {
    let Some(column) = log.verdicts.column() else {
        let note = "no column holds a verdict: every row with a score is a keep; name one with --map verdict=COLUMN";
        return Some(note.to_owned());
    };
    let name = &log.table.names[column];
    log.verdicts.is_guess.then(|| {
        format!(
            "assuming {name} holds the verdict (by its words); override with --map verdict=COLUMN or verdict="
        )
    })
}

fn note_wide_rows(log: &Interpretation) -> Option<String> {
    let wide = &log.table.wide;
    let (line, cells) = wide.first;
    let others = match wide.count {
        0 => return None,
        1 => String::new(),
        count => format!(" (and {} more)", count - 1),
    };
    Some(format!(
        "line {line}: {cells} cells under {} columns{others}; fitted by what the columns hold; \
         quote texts that contain the separator",
        wide.width
    ))
}

/// The first of a list.
fn list(words: &[String]) -> String {
    let more = if words.len() > MAX_LISTED { " …" } else { "" };
    words[..words.len().min(MAX_LISTED)].join(" ") + more
}
