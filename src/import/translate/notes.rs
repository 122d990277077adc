//! What was assumed about an external log, and what may drop a trial from the answers.

use crate::{
    import::{
        interpret::{
            interpretation::{Interpretation, Reading, RowOutcome},
            score::describe_missing_score,
        },
        parse::{spool::FileRow, table::WideRows},
        words::{
            names::NameRank,
            number::{is_empty_word, is_percentage, is_sentinel, parse_number},
            verdicts::{Verdict, parse_verdict},
        },
    },
    log::{Direction, Status},
};

/// How many words a note lists.
const MAX_LISTED: usize = 5;

/// A note about the first of several lines.
#[derive(Default)]
struct LineNote {
    text: String,
    count: usize,
}

impl LineNote {
    fn add(&mut self, line: u64, describe: impl FnOnce() -> String) {
        if self.count == 0 {
            self.text = format!("line {line}: {}", describe());
        }
        self.count += 1;
    }

    fn finish(&self) -> Option<String> {
        (self.count > 0).then(|| self.text.clone() + &and_more(self.count))
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
    best: Option<Scored>,
    /// Whether the scores differ.
    is_varied: bool,
    percentages: LineNote,
    unparsed_keeps: LineNote,
    restarts: LineNote,
    /// The line of the first keep without a score, and how many there are.
    unscored_keeps: Option<(u64, usize)>,
    /// Metrics with a number in all keeps without a score, and in no other trial; `None` before the first trial.
    substitutes: Option<Vec<usize>>,
    unknown_words: Vec<String>,
    /// The best score of a row whose verdict is not known, with its text and the verdict.
    best_unknown: Option<(Scored, String, String)>,
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
        let status = read.outcome.status;
        self.has_keeps |= status.can_be_best();
        if log.has_verdict() && status == Status::Other {
            self.observe_unknown(log, row, read);
        }
        if read.score.is_some() || status.can_be_best() {
            self.compare_metrics(log, row, read.score.is_none());
        }
        self.observe_cell(log, row.line, log.score_cell(row), read);
        if let Some((text, value)) = &read.score {
            self.observe_score(*value, row.line, log.direction());
            let is_worse = best.is_some_and(|best| log.direction().better(best, *value));
            if status == Status::Baseline && is_worse {
                self.restarts.add(row.line, || describe_restart(text));
            }
        }
    }

    /// Observes a cell of the score that is not a plain number.
    fn observe_cell(&mut self, log: &Interpretation, line: u64, cell: &str, read: &RowOutcome) {
        let status = read.outcome.status;
        let has_digits = cell.contains(|c: char| c.is_ascii_digit());
        if let Some(text) = describe_percentages(log).filter(|_| is_percentage(cell)) {
            self.percentages.add(line, || text.to_owned());
        }
        match read.reading {
            Reading::Unparsed if status.can_be_best() && has_digits => {
                let status = status.name();
                self.unparsed_keeps.add(line, || {
                    format!("'{cell}' is not a number, so this {status} cannot be best")
                });
            }
            Reading::Read => {}
            _ if status.can_be_best() => self.unscored_keeps.get_or_insert((line, 0)).1 += 1,
            _ => {}
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
        let word = log.verdict_cell(row);
        let quoted = format!("'{word}'");
        if is_empty_word(word) {
            return;
        }
        if self.unknown_words.len() <= MAX_LISTED && !self.unknown_words.contains(&quoted) {
            self.unknown_words.push(quoted);
        }
        if let Some((text, value)) = &read.score {
            let best = self.best_unknown.as_ref();
            if best.is_none_or(|((best, _), ..)| log.direction().better(*value, *best)) {
                self.best_unknown = Some(((*value, row.line), text.clone(), word.to_owned()));
            }
        }
    }

    pub(super) fn notes(&self, log: &Interpretation, best: Option<f64>) -> Vec<String> {
        let mut notes = log.table.notes.clone();
        if self.trials == 0 {
            return notes;
        }
        let unknown = log.table.declared.unknown_direction.as_ref();
        let choice = match &log.choice {
            Some(choice) => choice.note(log.metric()),
            None => Some(describe_missing_score(log)),
        };
        let found = [
            note_wide_rows(&log.table.wide, "fitted by what the columns hold"),
            note_wide_rows(&log.table.joined, "the last cell has the rest"),
            note_verdict_column(log),
            self.note_suspicious_score(log),
            self.note_equal_scores(log),
            self.percentages.finish(),
            self.unparsed_keeps.finish(),
            self.note_unscored_keeps(log),
            self.note_unknown_words(log),
            self.note_better_unknown(log, best),
            note_repeated_ids(log),
            self.restarts.finish(),
            unknown.map(|text| format!("unknown direction '{text}'; use higher or lower")),
            choice,
        ];
        notes.extend(found.into_iter().flatten());
        notes
    }

    /// A best score that may mean "none", if no verdict tells which trials failed.
    fn note_suspicious_score(&self, log: &Interpretation) -> Option<String> {
        let (score, line) = self.best.filter(|_| self.is_varied)?;
        (is_sentinel(score) && !log.verdicts.has_decisions).then(|| {
            format!("the best score, {score} in line {line}, means 'no score' in other logs")
        })
    }

    fn note_equal_scores(&self, log: &Interpretation) -> Option<String> {
        let (name, count) = (log.metric(), self.scored);
        let may_be_best = self.has_keeps || !log.has_verdict();
        let finding = match count {
            0 if log.choice.is_some() && may_be_best => {
                format!("no trial has a number in {name}")
            }
            2.. if !self.is_varied => format!("all {count} scores in {name} are equal"),
            _ => return None,
        };
        Some(finding + "; choose another column with --metric")
    }

    fn note_unscored_keeps(&self, log: &Interpretation) -> Option<String> {
        let (line, count) = self.unscored_keeps?;
        let have = match count {
            1 => "1 keep has no score, so it".to_owned(),
            count => format!("{count} keeps have no score, so they"),
        };
        let others = self.substitutes.as_deref().unwrap_or_default();
        let instead = others.first().map_or(String::new(), |&other| {
            let (name, other) = (log.metric(), &log.table.names[other]);
            format!(
                "; assuming {name} is the score and {other} another one; override with --metric"
            )
        });
        Some(format!(
            "{have} cannot be best (first in line {line}){instead}"
        ))
    }

    /// Words that the tables do not have, if no trial can be best because of them.
    fn note_unknown_words(&self, log: &Interpretation) -> Option<String> {
        let column = log.verdicts.column()?;
        if self.has_keeps || self.unknown_words.is_empty() {
            return None;
        }
        let listed = &self.unknown_words[..self.unknown_words.len().min(MAX_LISTED)];
        let more = if self.unknown_words.len() > MAX_LISTED {
            " …"
        } else {
            ""
        };
        let (name, listed) = (&log.table.names[column], listed.join(" "));
        Some(format!(
            "no word in {name} is known as a keep: {listed}{more}; --map verdict= makes every row with a score a keep, \
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
                "assuming '{word}' is not a keep, because other words decide; line {line} would be better than \
                 the best: {text}; override with --map 'keep={word}'"
            ));
        }
        Some(format!(
            "line {line}: its {text} is better than the best, but '{word}' is not known as a keep; \
             admit it with --map 'keep={word}'"
        ))
    }
}

fn describe_restart(score: &str) -> String {
    format!(
        "this baseline of {score} is worse than the best: it starts another measure; \
         read from there with --since and its id"
    )
}

/// What is done with percentages, if there are other numbers.
fn describe_percentages(log: &Interpretation) -> Option<&'static str> {
    let scales = log.choice.as_ref()?.format.scales_percentages()?;
    Some(if scales {
        "percentages among numbers up to 1 are divided by 100"
    } else {
        "percentages among other numbers are not divided"
    })
}

fn note_repeated_ids(log: &Interpretation) -> Option<String> {
    let name = &log.table.names[log.repeated_ids()?];
    Some(format!(
        "{name} is not the id, because its values are repeated; trials are numbered by row"
    ))
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

fn note_wide_rows(wide: &WideRows, treatment: &str) -> Option<String> {
    let ((line, cells), others) = (wide.first, and_more(wide.count));
    (wide.count > 0).then(|| {
        format!(
            "line {line}: {cells} cells under {} columns{others}; {treatment}; \
             quote texts that contain the separator",
            wide.width
        )
    })
}
