//! Which columns hold the verdict, and the status of each row.

use super::{
    numbers::{is_empty_word, parse_number},
    table::ExternalLog,
    verdicts::{
        KEPT, PASSED, Verdict, VerdictKind, is_yes_or_no, parse_verdict, verdict_names, veto_names,
    },
};
use crate::log::{Number, Status};

type VerdictColumn = (usize, VerdictKind);

/// The columns that say what became of a trial.
#[derive(Default)]
pub(super) struct VerdictColumns {
    pub(super) verdict: Option<VerdictColumn>,
    /// Whether the column was found by its words alone.
    pub(super) is_guess: bool,
    /// Columns that retract what the verdict says.
    vetoes: Vec<VerdictColumn>,
    /// If the verdict is a decision, the column that says whether the trial ran at all.
    pub(super) completion: Option<usize>,
    /// Whether "completed" is a keep: only if no row is called one.
    completed_is_keep: bool,
    /// Whether the keeps are only trials that completed: no one decided to keep them.
    pub(super) has_only_completions: bool,
}

impl VerdictColumns {
    pub(super) fn column(&self) -> Option<usize> {
        self.verdict.map(|(column, _)| column)
    }

    /// The column that `--map` names.
    pub(super) fn mapped(log: &ExternalLog, column: usize) -> Self {
        let name = log.normalized_name(column);
        let mut known = verdict_names().chain(veto_names());
        let kind = match known.find(|(own, _)| *own == name) {
            Some((_, kind)) => kind,
            None if log.cells(column).all(is_yes_or_no) => KEPT,
            None => VerdictKind::Words,
        };
        let verdict = Some((column, kind));
        let mut columns = Self {
            verdict,
            ..Self::default()
        };
        columns.interpret(log);
        columns
    }

    /// Finds the columns by their names, else by the words in them.
    pub(super) fn find(log: &ExternalLog) -> Self {
        let mut columns = Self::default();
        let has_words = |(column, kind): &VerdictColumn| {
            log.rows.is_empty() || has_verdicts(log, *column, *kind)
        };
        let mut found: Vec<VerdictColumn> =
            columns_of(log, verdict_names()).filter(has_words).collect();
        columns.vetoes = columns_of(log, veto_names())
            .filter(|veto| is_veto(log, *veto))
            .collect();
        if found.is_empty() {
            let mut vetoes = columns.vetoes.iter();
            if let Some(flag) = vetoes.position(|(_, kind)| *kind != VerdictKind::Words) {
                found.push(columns.vetoes.remove(flag));
            }
        }
        if found.is_empty() {
            let by_words = (0..log.names.len()).filter(|&column| has_mostly_verdicts(log, column));
            found = by_words
                .map(|column| (column, VerdictKind::Words))
                .collect();
            columns.is_guess = !found.is_empty();
        }
        found.sort_by_key(|&(column, kind)| vagueness(log, column, kind));
        columns.verdict = found.first().copied();
        let mut others = found.iter().skip(1);
        let words = others.find(|(_, kind)| *kind == VerdictKind::Words);
        columns.completion = words.map(|(column, _)| *column);
        columns.interpret(log);
        columns
    }

    /// Finds out what "completed" means in this log.
    fn interpret(&mut self, log: &ExternalLog) {
        let Some((column, kind)) = self.verdict else {
            return;
        };
        let verdicts = log
            .cells(column)
            .filter_map(|cell| parse_verdict(cell, kind));
        let verdicts: Vec<Verdict> = verdicts.collect();
        let has = |status| verdicts.contains(&Verdict::Status(status));
        // A baseline decides nothing about the trials after it.
        let has_decisions = has(Status::Keep) || has(Status::Baseline) && has(Status::Discard);
        self.completed_is_keep = !has_decisions;
        let has_words = matches!(kind, VerdictKind::Words | PASSED);
        let has_completions = has_words && verdicts.contains(&Verdict::Completed);
        self.has_only_completions = !has_decisions && has_completions && self.vetoes.is_empty();
    }

    /// The status of a row and its word: the name of the status, else what is written.
    pub(super) fn status(&self, log: &ExternalLog, row: usize) -> (Status, String) {
        let (mut word, mut verdict) = ("", None);
        if let Some((column, kind)) = self.verdict {
            word = log.cell(row, column);
            verdict = parse_verdict(word, kind);
        }
        if verdict.is_none()
            && is_empty_word(word)
            && let Some(column) = self.completion
        {
            word = log.cell(row, column);
            verdict = parse_verdict(word, VerdictKind::Words);
            verdict = verdict.filter(|verdict| *verdict != Verdict::Completed);
        }
        let is_good = verdict.map_or(is_empty_word(word), Verdict::is_good);
        let veto = self.vetoes.iter().find_map(|&(column, kind)| {
            parse_verdict(log.cell(row, column), kind).filter(|verdict| !verdict.is_good())
        });
        match veto.filter(|_| is_good).or(verdict) {
            Some(Verdict::Status(status)) => (status, status.name().to_owned()),
            Some(Verdict::Completed) if self.completed_is_keep => {
                (Status::Keep, Status::Keep.name().to_owned())
            }
            _ => (Status::Other, word.to_owned()),
        }
    }
}

fn columns_of<'a>(
    log: &'a ExternalLog,
    names: impl Iterator<Item = (&'static str, VerdictKind)> + 'a,
) -> impl Iterator<Item = VerdictColumn> + 'a {
    names.flat_map(|(name, kind)| {
        let columns = log.columns_named(name).into_iter();
        columns.map(move |column| (column, kind))
    })
}

/// Whether a column has answers of yes and no, or errors that are known.
fn is_veto(log: &ExternalLog, (column, kind): VerdictColumn) -> bool {
    let is_failure = |cell: &str| matches!(parse_verdict(cell, kind), Some(Verdict::Status(status)) if status.is_failure());
    let mut cells = log.cells(column);
    match kind {
        VerdictKind::Words => {
            cells.all(|cell| parse_number(cell).is_none()) && log.cells(column).any(is_failure)
        }
        VerdictKind::Flags(..) => cells.next().is_some() && log.cells(column).all(is_yes_or_no),
    }
}

/// Whether a column has verdicts that the tables know; a column named `status` or `verdict` may have other words.
fn has_verdicts(log: &ExternalLog, column: usize, kind: VerdictKind) -> bool {
    let is_status = ["status", "verdict"].contains(&log.normalized_name(column));
    let is_verdict = |cell: &str| parse_verdict(cell, kind).is_some();
    let is_number = |cell: &str| parse_number(cell).is_some();
    if kind != VerdictKind::Words {
        // Other numbers count how many were correct.
        let mut cells = log.cells(column);
        let has_counts = cells.any(|cell| is_number(cell) && !is_yes_or_no(cell));
        return !has_counts && log.cells(column).any(is_verdict);
    }
    log.cells(column).any(|cell| {
        if is_status {
            Number::value_of(cell).is_none() || is_verdict(cell)
        } else {
            !is_number(cell) && is_verdict(cell)
        }
    })
}

/// How little a column says about the decision: 0 if trials are kept or not, 1 if they pass a gate, 2 if they complete.
fn vagueness(log: &ExternalLog, column: usize, kind: VerdictKind) -> u8 {
    let has = |status| {
        let mut cells = log.cells(column);
        cells.any(|cell| parse_verdict(cell, kind) == Some(Verdict::Status(status)))
    };
    let has_decisions = has(Status::Keep) || has(Status::Discard) || has(Status::Baseline);
    match kind {
        KEPT => 0,
        _ if has_decisions => 0,
        PASSED if has(Status::Disqualified) => 1,
        _ => 2,
    }
}

/// Whether most cells are words of verdicts, good ones and bad ones. `draft improve debug` are stages of a search.
fn has_mostly_verdicts(log: &ExternalLog, column: usize) -> bool {
    let words = log
        .cells(column)
        .filter(|cell| parse_number(cell).is_none());
    let verdicts = words.filter_map(|cell| parse_verdict(cell, VerdictKind::Words));
    let verdicts: Vec<bool> = verdicts.map(Verdict::is_good).collect();
    let is_mixed = verdicts.contains(&true) && verdicts.contains(&false);
    is_mixed && verdicts.len() * 10 > log.cells(column).count() * 6
}
