//! Which column is the score: by a flag, by what the file states, else by its name if it has numbers.

use anyhow::{Result, bail};

use super::{
    numbers::{NumberFormat, is_empty_word},
    roles::{ColumnRoles, find_column, key_columns},
    table::ExternalLog,
};
use crate::log::{Role, direction_of_name, matches_pattern, normalize_name};

/// How good a candidate for the score a name is, the best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum NameRank {
    CoreMetric,
    Metric,
    /// From here on, the name leaves a doubt.
    Score,
    Combined,
    ValBpb,
    Validation,
    /// A metric whose direction is known.
    Known,
    Training,
    Unknown,
    // What may be all that is measured.
    Milliseconds,
    Seconds,
    Size,
    /// What a trial was set to or has used.
    Setting,
    /// Never the score of the trial itself.
    Never,
}

/// Patterns of normalized names; the first row with a match decides.
#[rustfmt::skip]
const RANKS: [(NameRank, &str); 14] = [
    (NameRank::CoreMetric, "=core_metric"),
    (NameRank::Metric, "=metric =metric_value =primary_metric"),
    (NameRank::Score, "=score =objective =fitness"),
    (NameRank::Never, "_delta _std_ _stderr_ _best_ _prev _baseline_ _target_ _expected_ _confidence_ _improvement \
        _segment_"),
    (NameRank::Combined, "_combined_ _overall_ _aggregate_ _composite_ _primary_"),
    (NameRank::ValBpb, "=val_bpb"),
    (NameRank::Known, "_tok_s_ _per_s$ _per_sec$ _per_second$ _ms_per_ _s_per_ _sec_per_ _seconds_per_ _time_per_ \
        throughput latency speedup _p50_ _p90_ _p95_ _p99_"),
    (NameRank::Training, "_train_ =value =values_0 =success =passed =correct"),
    (NameRank::Setting, "_lr_ _n_ _num_ _parse_errors_ _batch_ _mb_ _gb_ memory _vram_ params _step _epoch tokens \
        _played_ _seed_"),
    (NameRank::Milliseconds, "_ms_ _us_ _ns_"),
    (NameRank::Seconds, "_s_ _sec_ _secs_ seconds minutes _hours_ duration elapsed runtime _time_"),
    (NameRank::Size, "_size_ _kb_ _bytes_"),
    (NameRank::Validation, "_val_ _valid_ _validation_ _eval_ _dev_"),
    (NameRank::Known, "_test_"),
];

pub(super) fn rank_name(name: &str) -> NameRank {
    let normalized = normalize_name(name);
    for (rank, patterns) in RANKS {
        if matches_pattern(patterns, &normalized) {
            return rank;
        }
    }
    match direction_of_name(name) {
        Some(_) => NameRank::Known,
        None => NameRank::Unknown,
    }
}

/// The column of the score, and why it was chosen if that is a guess.
pub(super) fn find(
    log: &ExternalLog,
    roles: &ColumnRoles,
    mapped: Option<usize>,
    metric: Option<&str>,
) -> Result<(usize, Option<&'static str>)> {
    if let Some(column) = mapped {
        return Ok((column, None));
    }
    if let Some(name) = metric {
        let source = "--metric or lineage.toml, override with --map score=COLUMN";
        let column = find_column(log, name, source)?;
        return Ok((column, None));
    }
    if let Some(name) = &log.declared.name
        && let Some(&column) = log.columns_named(name).first()
        && has_numbers(log, column)
    {
        check_repeated(log, column)?;
        return Ok((column, None));
    }
    let candidates = find_candidates(log, roles);
    if log.rows.is_empty() {
        return guess_without_rows(log, roles, &candidates).map(|column| (column, None));
    }
    choose_candidate(log, &candidates)
}

/// The best candidate, if it is the only one of its rank.
fn choose_candidate(
    log: &ExternalLog,
    candidates: &[(NameRank, usize)],
) -> Result<(usize, Option<&'static str>)> {
    let Some(&(best, column)) = candidates.first() else {
        bail!(describe_missing_score(log));
    };
    let equal = candidates.iter().filter(|(rank, _)| *rank == best);
    let equal: Vec<&str> = equal.map(|&(_, column)| &*log.names[column]).collect();
    if equal.len() > 1 {
        let names = equal.join(" ");
        bail!("several columns may be the score: {names}; choose one with --metric");
    }
    check_repeated(log, column)?;
    let guess = match best {
        NameRank::CoreMetric | NameRank::Metric => None,
        rank if rank < NameRank::Unknown => Some("by its name"),
        _ => Some("the likeliest column of numbers"),
    };
    Ok((column, guess))
}

/// The columns that may be the score, the best first: those with numbers, else blank ones with a known name, as when every
/// trial has crashed.
fn find_candidates(log: &ExternalLog, roles: &ColumnRoles) -> Vec<(NameRank, usize)> {
    let candidates = rank_columns(log, roles, |column| has_numbers(log, column));
    if !candidates.is_empty() {
        return candidates;
    }
    let is_blank = |column| log.cells(column).all(is_empty_word);
    let mut blank = rank_columns(log, roles, is_blank);
    blank.retain(|(rank, _)| *rank < NameRank::Unknown);
    blank
}

fn rank_columns(
    log: &ExternalLog,
    roles: &ColumnRoles,
    may_be_score: impl Fn(usize) -> bool,
) -> Vec<(NameRank, usize)> {
    let keys = key_columns(log);
    let mut ranked = Vec::new();
    for (column, name) in log.names.iter().enumerate() {
        let has_seconds = matches!(
            roles.role_of(column),
            Some(Role::TrainSeconds | Role::TotalSeconds)
        );
        let is_free = !roles.is_taken(column) && !keys.contains(&column);
        if !(is_free || has_seconds) || !may_be_score(column) {
            continue;
        }
        let rank = rank_name(name);
        if rank != NameRank::Never {
            ranked.push((rank, column));
        }
    }
    ranked.sort_by_key(|(rank, _)| *rank);
    ranked
}

fn has_numbers(log: &ExternalLog, column: usize) -> bool {
    let format = NumberFormat::of(log, column);
    log.rows.is_empty() || log.cells(column).any(|cell| format.parse(cell).is_some())
}

/// The score of a log that has no rows yet.
fn guess_without_rows(
    log: &ExternalLog,
    roles: &ColumnRoles,
    candidates: &[(NameRank, usize)],
) -> Result<usize> {
    match candidates.first() {
        Some(&(rank, column)) if rank < NameRank::Unknown || roles.verdict.verdict.is_some() => {
            Ok(column)
        }
        _ => bail!(
            "not a log: no rows, and no known column in its first line: {}",
            log.names.join(" ")
        ),
    }
}

/// Refuses a score that two columns of the same name state differently.
fn check_repeated(log: &ExternalLog, column: usize) -> Result<()> {
    if let Some(other) = log.find_conflict(column) {
        let (name, other) = (&log.names[column], &log.names[other]);
        bail!("two columns named {name} differ: choose {name} or {other} with --metric");
    }
    Ok(())
}

/// An error that shows a cell of the column that is named like a score.
fn describe_missing_score(log: &ExternalLog) -> String {
    let names = log.names.join(" ");
    for (column, name) in log.names.iter().enumerate() {
        let cell = log.cells(column).find(|cell| !is_empty_word(cell));
        if let Some(cell) = cell.filter(|_| rank_name(name) < NameRank::Unknown) {
            let cell: String = cell.chars().take(40).collect();
            return format!(
                "no column holds a score ({name} holds '{cell}'); choose one of {names} with --map score=COLUMN"
            );
        }
    }
    format!("no column holds a score; choose one of {names} with --map score=COLUMN")
}
