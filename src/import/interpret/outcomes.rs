//! Which columns hold the verdict, and the status of each row.

use anyhow::Result;

use super::columns::{Column, Columns};
use crate::{
    import::{
        ImportOptions,
        parse::{spool::FileRow, table::Table},
        words::{
            number::{is_empty_word, is_sentinel, is_unfinished, parse_number},
            verdicts::{
                KEPT, PASSED, RAY_COMPLETED, VERDICT_NAMES, VETO_NAMES, Verdict, VerdictKind,
                parse_verdict, verdict_or_veto_kind,
            },
        },
    },
    log::{Role, Status, normalize_name},
};

type VerdictColumn = (usize, VerdictKind);

/// The columns that say what became of a trial.
#[derive(Default)]
#[allow(
    clippy::struct_excessive_bools,
    reason = "each is one fact about the cells"
)]
pub(crate) struct VerdictColumns {
    pub(crate) verdict: Option<VerdictColumn>,
    /// Whether the column was found by its words alone.
    pub(crate) is_guess: bool,
    /// Columns that retract what the verdict says.
    vetoes: Vec<VerdictColumn>,
    /// If the verdict is a decision, the column that says whether the trial ran at all.
    completion: Option<usize>,
    /// Whether "completed" is a keep: only if no row is called one.
    completed_is_keep: bool,
    /// Whether "TERMINATED" means "completed": only if no other word says that a trial completed or decides.
    terminated_is_completed: bool,
    /// Whether a verdict is written only where a trial failed or was discarded.
    blank_is_completed: bool,
    /// Whether the verdict decides which trials are kept, and does not only say that they completed.
    pub(crate) has_decisions: bool,
}

/// What became of a row.
pub(crate) struct Outcome {
    pub(crate) status: Status,
    /// The name of the status, or the word that is not one.
    pub(crate) word: String,
}

impl Outcome {
    pub(crate) fn new(status: Status) -> Self {
        let word = status.name().to_owned();
        Self { status, word }
    }
}

impl VerdictColumns {
    pub(crate) fn column(&self) -> Option<usize> {
        self.verdict.map(|(column, _)| column)
    }

    pub(crate) fn kind(&self) -> VerdictKind {
        self.verdict.map_or(VerdictKind::Words, |(_, kind)| kind)
    }

    pub(crate) fn is_taken(&self, column: usize) -> bool {
        self.column() == Some(column) || self.completion == Some(column)
    }

    /// Whether the words of the verdict say more than the statuses that they become.
    pub(crate) fn loses_words(&self, columns: &Columns) -> bool {
        let is_plain = |column: usize| columns.all[column].verdicts.are_statuses;
        let has_words = self.kind() == VerdictKind::Words && self.column().is_some_and(is_plain);
        !has_words || !self.vetoes.is_empty() || self.completion.is_some()
    }

    /// The columns that `--map` names, else those that have verdicts.
    pub(crate) fn choose(
        table: &Table,
        columns: &Columns,
        options: &ImportOptions,
    ) -> Result<Self> {
        let mut found = match options.map.find(table, Role::Status)? {
            Some(column) => Self {
                verdict: Some((column, mapped_kind(table, columns, column))),
                ..Self::default()
            },
            None if options.map.get(Role::Status).is_some() => Self::default(),
            None => Self::find(table, columns),
        };
        found.interpret(columns, table.rows.count);
        Ok(found)
    }

    /// Finds the columns by their names, else by the words in them.
    fn find(table: &Table, columns: &Columns) -> Self {
        let is_empty = table.rows.count == 0;
        let mut found = find_named(table, &VERDICT_NAMES, |column, kind| {
            is_empty || has_verdicts(table, column, &columns.all[column], kind)
        });
        let counts = table.columns_in("successful success succeeded passed total completed");
        let is_counted = counts.iter().any(|&at| columns.all[at].has_counts());
        let mut vetoes = find_named(table, &VETO_NAMES, |column, kind| {
            is_veto(&columns.all[column], kind, is_counted)
        });
        let mut kinds = vetoes.iter().map(|(_, kind)| *kind);
        if found.is_empty()
            && let Some(flag) = kinds.position(|kind| kind != VerdictKind::Words)
        {
            found.push(vetoes.remove(flag));
        }
        let is_guess = found.is_empty();
        if is_guess {
            let by_words =
                (0..columns.all.len()).filter(|&at| has_mostly_verdicts(&columns.all[at]));
            found.extend(by_words.map(|column| (column, VerdictKind::Words)));
        }
        found.sort_by_key(|&(column, kind)| vagueness(&columns.all[column], kind));
        let others = found.get(1..).unwrap_or_default();
        let words = others.iter().find(|(_, kind)| *kind == VerdictKind::Words);
        // A gate that all trials pass, or none, says nothing about those that were kept.
        let is_gate = |&&(at, kind): &&VerdictColumn| kind == PASSED && columns.all[at].is_varied();
        vetoes.extend(others.iter().filter(is_gate));
        Self {
            verdict: found.first().copied(),
            is_guess: is_guess && !found.is_empty(),
            completion: words.map(|(column, _)| *column),
            vetoes,
            ..Self::default()
        }
    }

    /// Finds out what "completed" means in this log.
    fn interpret(&mut self, columns: &Columns, rows: usize) {
        let Some((column, kind)) = self.verdict else {
            return;
        };
        let column = &columns.all[column];
        let words = &column.verdicts;
        let has = |status| words.count(status) > 0;
        let decides = match kind {
            VerdictKind::Flags(yes, no) => {
                [yes, no].contains(&Verdict::Status(Status::Keep)) && words.yes_or_no > 0
            }
            VerdictKind::Words => false,
        };
        // A baseline decides nothing about the trials after it.
        let has_keeps =
            decides || has(Status::Keep) || has(Status::Baseline) && has(Status::Discard);
        self.completed_is_keep = !has_keeps;
        let bad = words.failures() + words.count(Status::Discard);
        let only_bad = bad > 0 && bad == words.known() && words.unknown == 0;
        self.blank_is_completed = kind == VerdictKind::Words && only_bad && column.filled < rows;
        self.terminated_is_completed =
            words.terminated > 0 && words.completed == 0 && !has_keeps && !has(Status::Discard);
        let has_completed = words.completed > 0 || self.terminated_is_completed;
        let completes = kind == PASSED || kind == VerdictKind::Words && has_completed;
        let only_completes = !has_keeps && completes && self.vetoes.is_empty();
        self.has_decisions = !only_completes && !self.blank_is_completed;
    }

    /// The word that says what became of a row, and its meaning.
    fn read_verdict<'r>(&self, row: &'r FileRow) -> (&'r str, Option<Verdict>) {
        let (mut word, mut verdict) = ("", None);
        if let Some((column, kind)) = self.verdict {
            word = row.cell(column);
            verdict = parse_verdict(word, kind);
            if self.terminated_is_completed && word == RAY_COMPLETED {
                verdict = Some(Verdict::Completed);
            }
        }
        let says_nothing = verdict.is_none() && is_empty_word(word);
        if let Some(column) = self.completion.filter(|_| says_nothing) {
            word = row.cell(column);
            verdict = parse_verdict(word, VerdictKind::Words);
            verdict = verdict.filter(|verdict| *verdict != Verdict::Completed);
        }
        let is_blank = verdict.is_none() && is_empty_word(word) && !is_unfinished(word);
        if self.blank_is_completed && is_blank {
            verdict = Some(Verdict::Completed);
        }
        (word, verdict)
    }

    /// The status of a row with this score cell.
    pub(crate) fn outcome(&self, row: &FileRow, score: &str, options: &ImportOptions) -> Outcome {
        let (word, mut verdict) = self.read_verdict(row);
        if options.map.keeps(word) {
            verdict = Some(Verdict::Status(Status::Keep));
        }
        if verdict.map_or(is_empty_word(word), Verdict::is_good) {
            let vetoes = self.vetoes.iter();
            let mut verdicts =
                vetoes.filter_map(|&(column, kind)| parse_verdict(row.cell(column), kind));
            verdict = verdicts.find(|verdict| !verdict.is_good()).or(verdict);
        }
        if word.is_empty() && parse_number(score).is_none() {
            let by_score = parse_verdict(score, VerdictKind::Words);
            verdict = by_score.filter(|verdict| verdict.is_failure()).or(verdict);
        }
        let has_score = parse_number(score).is_some_and(|value| !is_sentinel(value));
        match verdict {
            Some(Verdict::Status(status)) => Outcome::new(status),
            Some(Verdict::Completed) if self.completed_is_keep => Outcome::new(Status::Keep),
            Some(Verdict::Stopped) if has_score && self.has_decisions => {
                Outcome::new(Status::Discard)
            }
            Some(Verdict::Stopped) => Outcome::new(Status::Crash),
            _ => Outcome {
                status: Status::Other,
                word: word.to_owned(),
            },
        }
    }
}

/// How a column that `--map` names speaks.
fn mapped_kind(table: &Table, columns: &Columns, column: usize) -> VerdictKind {
    let words = &columns.all[column];
    match verdict_or_veto_kind(&normalize_name(&table.names[column])) {
        Some(kind) => kind,
        None if words.verdicts.yes_or_no == words.filled => KEPT,
        None => VerdictKind::Words,
    }
}

/// The columns of a table of names that fit.
fn find_named(
    table: &Table,
    names: &[(VerdictKind, &str)],
    fits: impl Fn(usize, VerdictKind) -> bool,
) -> Vec<VerdictColumn> {
    let mut found = Vec::new();
    for &(kind, names) in names {
        for column in table.columns_in(names) {
            if fits(column, kind) {
                found.push((column, kind));
            }
        }
    }
    found
}

/// Whether a column has answers of yes and no, or errors that are known. `failed: 1` beside `successful: 24` counts.
fn is_veto(column: &Column, kind: VerdictKind, is_counted: bool) -> bool {
    let words = &column.verdicts;
    match kind {
        VerdictKind::Words => column.numbers == 0 && words.failures() > 0,
        VerdictKind::Flags(..) => {
            column.filled > 0 && words.yes_or_no == column.filled && !is_counted
        }
    }
}

/// Whether a column has verdicts that the tables know; a column named `status` or `verdict` may have other words.
fn has_verdicts(table: &Table, at: usize, column: &Column, kind: VerdictKind) -> bool {
    let words = &column.verdicts;
    if kind != VerdictKind::Words {
        return !column.has_counts() && (words.yes_or_no > 0 || words.known() > 0);
    }
    let is_status = ["status", "verdict"].contains(&&*normalize_name(&table.names[at]));
    // One unknown word in all rows decides nothing.
    let says_something = words.unknown > 0 && column.is_varied() || words.yes_or_no > 0;
    words.known() > 0 || is_status && says_something
}

/// How little a column says about the decision: 0 if trials are kept or not, 1 if they pass a gate, 2 if they complete or all
/// have the same verdict.
fn vagueness(column: &Column, kind: VerdictKind) -> u8 {
    let words = &column.verdicts;
    let decisions = [Status::Keep, Status::Discard, Status::Baseline];
    if !column.is_varied() {
        return 2;
    }
    if kind == KEPT || decisions.iter().any(|status| words.count(*status) > 0) {
        return 0;
    }
    if kind == PASSED && words.yes_or_no > 0 {
        1
    } else {
        2
    }
}

/// Whether most cells are words of verdicts, good ones and bad ones. `draft improve debug` are stages of a search.
fn has_mostly_verdicts(column: &Column) -> bool {
    let words = &column.verdicts;
    let good = words.count(Status::Keep) + words.count(Status::Baseline) + words.completed;
    let is_mixed = good > 0 && words.known() > good;
    is_mixed && words.known() * 10 > column.filled * 6
}
