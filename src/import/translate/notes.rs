//! What was assumed about an external log, and what may drop a trial from the answers.

use crate::{
    import::{
        interpret::{
            interpretation::{Interpretation, Reading, RowOutcome},
            score::describe_missing_score,
        },
        parse::spool::FileRow,
        words::{
            names::NameRank,
            number::{is_empty_word, is_percentage, is_sentinel, parse_number},
            verdicts::{Verdict, is_retracted_keep, parse_verdict},
        },
    },
    log::{Direction, Status},
};

/// How many words or lines a note lists.
const MAX_LISTED: usize = 5;

/// A note about the first of several lines.
#[derive(Default)]
struct LineNote {
    text: Option<String>,
    count: usize,
}

impl LineNote {
    fn add(&mut self, write: impl FnOnce() -> String) {
        self.text.get_or_insert_with(write);
        self.count += 1;
    }

    fn finish(&self) -> Option<String> {
        let text = self.text.as_ref()?;
        Some(text.to_owned() + &and_more(self.count))
    }
}

fn and_more(count: usize) -> String {
    match count {
        0 | 1 => String::new(),
        count => format!(" (and {} more)", count - 1),
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
    /// The line of the first percentage, and of the first keep without a score.
    percentage: Option<u64>,
    unscored_keep: Option<u64>,
    unscored_keeps: usize,
    /// Metrics with a number in all keeps without a score, and in no other trial; `None` before the first trial.
    substitutes: Option<Vec<usize>>,
    unparsed_keeps: LineNote,
    retracted: LineNote,
    restart: Option<String>,
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
        best: Option<f64>,
    ) {
        self.trials += 1;
        let (line, cell, word) = (row.line, log.score_cell(row), log.verdict_cell(row));
        let (status, direction) = (read.outcome.status, log.direction());
        self.has_keeps |= status.can_be_best();
        if is_percentage(cell) {
            self.percentage.get_or_insert(line);
        }
        if read.reading == Reading::Emptied && log.skips_minus_one() && cell.starts_with('-') {
            self.minus_ones.push(line.to_string());
        }
        if log.has_verdict() && status == Status::Other && !is_empty_word(word) {
            self.observe_unknown(log, row, read);
        }
        if read.score.is_some() || status.can_be_best() {
            self.compare_metrics(log, row, read.score.is_none());
        }
        match &read.score {
            Some((text, value)) => {
                let is_worse = best.is_some_and(|best| direction.better(best, *value));
                if status == Status::Baseline && is_worse {
                    self.restart
                        .get_or_insert_with(|| describe_restart(line, text));
                }
                self.observe_score(*value, line, direction);
            }
            None if status.can_be_best() => {
                self.observe_unscored(line, cell, read.reading, status);
            }
            None => {}
        }
    }

    /// Looks for another metric that keeps without a score have instead.
    fn compare_metrics(&mut self, log: &Interpretation, row: &FileRow, is_wanted: bool) {
        let columns = &log.columns.all;
        let substitutes = self.substitutes.get_or_insert_with(|| {
            let is_metric = |&at: &usize| columns[at].rank <= NameRank::Known;
            (0..columns.len()).filter(is_metric).collect()
        });
        substitutes.retain(|&at| parse_number(row.cell(at)).is_some() == is_wanted);
    }

    fn observe_score(&mut self, score: f64, line: u64, direction: Direction) {
        self.scored += 1;
        let (best, _) = self.best.unwrap_or((score, line));
        self.is_varied |= (best - score).abs() > 0.0;
        if self.best.is_none() || direction.better(score, best) {
            self.best = Some((score, line));
        }
    }

    /// Observes a row whose verdict the tables do not have.
    fn observe_unknown(&mut self, log: &Interpretation, row: &FileRow, read: &RowOutcome) {
        let (line, word) = (row.line, log.verdict_cell(row));
        let quoted = format!("'{word}'");
        if self.unknown_words.len() <= MAX_LISTED && !self.unknown_words.contains(&quoted) {
            self.unknown_words.push(quoted);
        }
        let Some((text, value)) = &read.score else {
            return;
        };
        let best = self.best_unknown.as_ref();
        if is_retracted_keep(word, log.verdicts.kind()) {
            self.retracted
                .add(|| format!("line {line}: '{word}' is not a plain keep, so it cannot be best"));
        } else if best.is_none_or(|((best, _), ..)| log.direction().better(*value, *best)) {
            self.best_unknown = Some(((*value, line), text.clone(), word.to_owned()));
        }
    }

    fn observe_unscored(&mut self, line: u64, cell: &str, reading: Reading, status: Status) {
        let has_digits = cell.contains(|c: char| c.is_ascii_digit());
        if reading == Reading::Unparsed && has_digits {
            let status = status.name();
            self.unparsed_keeps.add(|| {
                format!("line {line}: '{cell}' is not a number, so this {status} cannot be best")
            });
        } else {
            self.unscored_keep.get_or_insert(line);
            self.unscored_keeps += 1;
        }
    }

    pub(super) fn notes(&self, log: &Interpretation, best: Option<f64>) -> Vec<String> {
        let mut notes = log.table.notes.clone();
        if self.trials == 0 {
            return notes;
        }
        let repeated = log.repeated_ids().map(|column| {
            let name = &log.table.names[column];
            format!(
                "{name} is not the id, because its values are repeated; trials are numbered by row"
            )
        });
        let unknown = log.table.declared.unknown_direction.as_ref();
        let choice = match &log.choice {
            Some(choice) => choice.note(log.metric()),
            None => Some(describe_missing_score(log)),
        };
        let found = [
            note_wide_rows(log),
            note_verdict_column(log),
            note_closed_gate(log),
            self.note_suspicious_score(log),
            self.note_equal_scores(log),
            self.note_percentages(log),
            self.unparsed_keeps.finish(),
            self.note_unscored_keeps(log),
            self.retracted.finish(),
            self.note_unknown_words(log),
            self.note_better_unknown(log, best),
            repeated,
            self.restart.clone(),
            unknown.map(|text| format!("unknown direction '{text}'; use higher or lower")),
            choice,
        ];
        notes.extend(found.into_iter().flatten());
        notes
    }

    /// Scores that may mean "none", if no verdict tells which trials failed.
    fn note_suspicious_score(&self, log: &Interpretation) -> Option<String> {
        if log.verdicts.has_decisions {
            return None;
        }
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

    fn note_equal_scores(&self, log: &Interpretation) -> Option<String> {
        let (name, count) = (log.metric(), self.scored);
        if count == 0 && log.choice.is_some() {
            return Some(format!(
                "no trial has a number in {name}; choose another column with --metric"
            ));
        }
        (count > 1 && !self.is_varied).then(|| {
            format!("all {count} scores in {name} are equal; choose another column with --metric")
        })
    }

    fn note_percentages(&self, log: &Interpretation) -> Option<String> {
        let line = self.percentage?;
        let text = if log.choice.as_ref()?.format.scales_percentages()? {
            "percentages among numbers up to 1 are divided by 100"
        } else {
            "percentages among other numbers are not divided"
        };
        Some(format!("{text} (first in line {line})"))
    }

    fn note_unscored_keeps(&self, log: &Interpretation) -> Option<String> {
        let line = self.unscored_keep?;
        let (have, they) = match self.unscored_keeps {
            1 => ("1 keep has".to_owned(), "it"),
            count => (format!("{count} keeps have"), "they"),
        };
        let others = self.substitutes.as_deref().unwrap_or_default();
        let instead = others.first().map_or(String::new(), |&other| {
            let (name, other) = (log.metric(), &log.table.names[other]);
            format!(
                "; assuming {name} is the score and {other} another one; override with --metric"
            )
        });
        Some(format!(
            "{have} no score, so {they} cannot be best (first in line {line}){instead}"
        ))
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
    fn note_better_unknown(&self, log: &Interpretation, best: Option<f64>) -> Option<String> {
        let ((value, line), text, word) = self.best_unknown.as_ref()?;
        if !log.direction().better(*value, best?) || parse_number(word).is_some() {
            return None;
        }
        let is_known = parse_verdict(word, log.verdicts.kind()) == Some(Verdict::Completed);
        let word: String = word.chars().take(40).collect();
        if is_known {
            return Some(format!(
                "assuming '{word}' is not a keep, because other trials are called one; line {line} would be better than \
                 the best: {text}; override with --map 'keep={word}'"
            ));
        }
        Some(format!(
            "line {line}: its {text} is better than the best, but '{word}' is not a known verdict; \
             admit it with --map 'keep={word}'"
        ))
    }
}

fn describe_restart(line: u64, score: &str) -> String {
    format!(
        "line {line}: this baseline of {score} is worse than the best: it starts another measure; \
         read from there with --since and its id"
    )
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

fn note_closed_gate(log: &Interpretation) -> Option<String> {
    let name = &log.table.names[log.verdicts.closed_gate?];
    Some(format!(
        "no trial passes {name}, so it is not used as a gate; override with --map verdict={name}"
    ))
}

fn note_wide_rows(log: &Interpretation) -> Option<String> {
    let wide = &log.table.wide;
    let ((line, cells), others) = (wide.first, and_more(wide.count));
    (wide.count > 0).then(|| {
        format!(
            "line {line}: {cells} cells under {} columns{others}; fitted by what the columns hold; \
             quote texts that contain the separator",
            wide.width
        )
    })
}

/// The first of a list.
fn list(words: &[String]) -> String {
    let more = if words.len() > MAX_LISTED { " …" } else { "" };
    words[..words.len().min(MAX_LISTED)].join(" ") + more
}
