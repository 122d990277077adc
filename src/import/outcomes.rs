//! Which columns hold the verdict, and the status of each row.

use anyhow::Result;

use super::{
    ImportOptions,
    number::{is_empty_word, is_sentinel, parse_number},
    profile::{Profile, Profiles},
    table::{FileRow, Table},
    verdicts::{KEPT, PASSED, Verdict, VerdictKind, parse_verdict, verdict_names, veto_names},
};
use crate::log::{Role, Status};

type VerdictColumn = (usize, VerdictKind);

/// The columns that say what became of a trial.
#[derive(Default)]
#[allow(
    clippy::struct_excessive_bools,
    reason = "each is one fact about the words"
)]
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
    /// Whether a verdict is written only where a trial failed.
    blank_is_completed: bool,
}

/// What became of a row.
pub(super) struct Outcome {
    pub(super) status: Status,
    /// The name of the status, or the word that is not one.
    pub(super) word: String,
}

impl Outcome {
    pub(super) fn new(status: Status) -> Self {
        let word = status.name().to_owned();
        Self { status, word }
    }
}

impl VerdictColumns {
    pub(super) fn column(&self) -> Option<usize> {
        self.verdict.map(|(column, _)| column)
    }

    pub(super) fn is_taken(&self, column: usize) -> bool {
        self.column() == Some(column) || self.completion == Some(column)
    }

    /// Whether a verdict decided which trials are kept.
    pub(super) fn has_decisions(&self) -> bool {
        self.verdict.is_some() && !self.has_only_completions && !self.blank_is_completed
    }

    /// The columns that `--map` names, else those that have verdicts.
    pub(super) fn choose(
        table: &Table,
        profiles: &Profiles,
        options: &ImportOptions,
    ) -> Result<Self> {
        let mut columns = match options.map.find(table, Role::Status)? {
            Some(column) => Self::mapped(table, profiles, column),
            None if options.map.get(Role::Status).is_some() => Self::default(),
            None => Self::find(table, profiles),
        };
        columns.interpret(profiles);
        Ok(columns)
    }

    fn mapped(table: &Table, profiles: &Profiles, column: usize) -> Self {
        let mut known = verdict_names().chain(veto_names());
        let named = known.find(|(name, _)| table.columns_named(name).contains(&column));
        let profile = &profiles.columns[column];
        let kind = match named {
            Some((_, kind)) => kind,
            None if profile.yes_or_no == profile.filled => KEPT,
            None => VerdictKind::Words,
        };
        Self {
            verdict: Some((column, kind)),
            ..Self::default()
        }
    }

    /// Finds the columns by their names, else by the words in them.
    fn find(table: &Table, profiles: &Profiles) -> Self {
        let profile = |column: usize| &profiles.columns[column];
        let columns_of = |(name, kind)| {
            let columns = table.columns_named(name).into_iter();
            columns.map(move |column| (column, kind))
        };
        let mut columns = Self::default();
        let named = verdict_names().flat_map(columns_of);
        let mut found: Vec<VerdictColumn> = named
            .filter(|&(column, kind)| {
                profiles.rows == 0 || has_verdicts(table, column, profile(column), kind)
            })
            .collect();
        let vetoes = veto_names().flat_map(columns_of);
        columns.vetoes = vetoes
            .filter(|&(column, kind)| is_veto(profile(column), kind, table, profiles))
            .collect();
        if found.is_empty() {
            let mut vetoes = columns.vetoes.iter();
            if let Some(flag) = vetoes.position(|(_, kind)| *kind != VerdictKind::Words) {
                found.push(columns.vetoes.remove(flag));
            }
        }
        if found.is_empty() {
            let by_words =
                (0..table.names.len()).filter(|&column| has_mostly_verdicts(profile(column)));
            found = by_words
                .map(|column| (column, VerdictKind::Words))
                .collect();
            columns.is_guess = !found.is_empty();
        }
        found.sort_by_key(|&(column, kind)| vagueness(profile(column), kind));
        columns.verdict = found.first().copied();
        let mut others = found.iter().skip(1);
        let words = others.find(|(_, kind)| *kind == VerdictKind::Words);
        columns.completion = words.map(|(column, _)| *column);
        let gates = found.iter().skip(1).filter(|(_, kind)| *kind == PASSED);
        columns.vetoes.extend(gates);
        columns
    }

    /// Finds out what "completed" means in this log.
    fn interpret(&mut self, profiles: &Profiles) {
        let Some((column, kind)) = self.verdict else {
            return;
        };
        let profile = &profiles.columns[column];
        let words = &profile.verdicts;
        let has = |status| words.count(status) > 0;
        let decides = match kind {
            VerdictKind::Flags(yes, no) => {
                [yes, no].contains(&Verdict::Status(Status::Keep)) && profile.yes_or_no > 0
            }
            VerdictKind::Words => false,
        };
        // A baseline decides nothing about the trials after it.
        let has_decisions =
            decides || has(Status::Keep) || has(Status::Baseline) && has(Status::Discard);
        self.completed_is_keep = !has_decisions;
        let completes =
            matches!(kind, VerdictKind::Words | PASSED) && (words.completed > 0 || kind == PASSED);
        self.has_only_completions = !has_decisions && completes && self.vetoes.is_empty();
        let only_failures =
            words.failures() > 0 && words.failures() == words.known() && words.unknown == 0;
        self.blank_is_completed =
            kind == VerdictKind::Words && only_failures && profile.filled < profiles.rows;
        self.has_only_completions |= self.blank_is_completed;
    }

    /// The status of a row with this score cell.
    pub(super) fn outcome(&self, row: &FileRow, score: &str, options: &ImportOptions) -> Outcome {
        let (mut word, mut verdict) = ("", None);
        if let Some((column, kind)) = self.verdict {
            word = row.cell(column);
            verdict = parse_verdict(word, kind);
        }
        if verdict.is_none()
            && is_empty_word(word)
            && let Some(column) = self.completion
        {
            word = row.cell(column);
            verdict = parse_verdict(word, VerdictKind::Words);
            verdict = verdict.filter(|verdict| *verdict != Verdict::Completed);
        }
        if options.map.keeps(word) && !word.is_empty() {
            verdict = Some(Verdict::Status(Status::Keep));
        }
        if self.blank_is_completed && word.is_empty() {
            verdict = Some(Verdict::Completed);
        }
        let has_score = parse_number(score).is_some_and(|(_, value)| !is_sentinel(value));
        let is_good = verdict.map_or(is_empty_word(word), Verdict::is_good);
        let veto = self.vetoes.iter().find_map(|&(column, kind)| {
            parse_verdict(row.cell(column), kind).filter(|verdict| !verdict.is_good())
        });
        let by_score =
            parse_verdict(score, VerdictKind::Words).filter(|verdict| verdict.is_failure());
        let by_score = by_score.filter(|_| word.is_empty() && parse_number(score).is_none());
        match veto.filter(|_| is_good).or(by_score).or(verdict) {
            Some(Verdict::Status(status)) => Outcome::new(status),
            Some(Verdict::Completed) if self.completed_is_keep => Outcome::new(Status::Keep),
            Some(Verdict::Stopped) if has_score && self.has_decisions() => {
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

/// Whether a column has answers of yes and no, or errors that are known. `failed: 1` beside `successful: 24` counts.
fn is_veto(profile: &Profile, kind: VerdictKind, table: &Table, profiles: &Profiles) -> bool {
    match kind {
        VerdictKind::Words => profile.numbers == 0 && profile.verdicts.failures() > 0,
        VerdictKind::Flags(..) => {
            let counts = table.columns_in("successful success succeeded passed total completed");
            let is_count = |column: &usize| {
                let other = &profiles.columns[*column];
                other.numbers > 0 && other.yes_or_no < other.filled
            };
            profile.filled > 0
                && profile.yes_or_no == profile.filled
                && !counts.iter().any(is_count)
        }
    }
}

/// Whether a column has verdicts that the tables know; a column named `status` or `verdict` may have other words.
fn has_verdicts(table: &Table, column: usize, profile: &Profile, kind: VerdictKind) -> bool {
    let words = &profile.verdicts;
    let other_numbers = profile.numbers > 0
        && profile.yes_or_no < profile.filled - (profile.filled - profile.numbers);
    if kind != VerdictKind::Words {
        // Other numbers count how many were correct.
        return !other_numbers && (profile.yes_or_no > 0 || words.known() > 0);
    }
    let is_status = ["status", "verdict"]
        .iter()
        .any(|name| table.columns_named(name).contains(&column));
    words.known() > 0 || is_status && (words.unknown > 0 || profile.yes_or_no > 0)
}

/// How little a column says about the decision: 0 if trials are kept or not, 1 if they pass a gate, 2 if they complete.
fn vagueness(profile: &Profile, kind: VerdictKind) -> u8 {
    let has = |status| profile.verdicts.count(status) > 0;
    let has_decisions = has(Status::Keep) || has(Status::Discard) || has(Status::Baseline);
    let passes = |verdict| verdict == Verdict::Status(Status::Disqualified);
    match kind {
        KEPT => 0,
        _ if has_decisions => 0,
        VerdictKind::Flags(_, no) if passes(no) && profile.yes_or_no > 0 => 1,
        _ => 2,
    }
}

/// Whether most cells are words of verdicts, good ones and bad ones. `draft improve debug` are stages of a search.
fn has_mostly_verdicts(profile: &Profile) -> bool {
    let words = &profile.verdicts;
    let good = words.count(Status::Keep) + words.count(Status::Baseline) + words.completed;
    let is_mixed = good > 0 && words.known() > good;
    is_mixed && words.known() * 10 > profile.filled * 6
}
