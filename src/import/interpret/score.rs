//! Which column is the score: as a flag or the file states it, else by the evidence of the trials.

use anyhow::{Result, bail};

use super::{
    choice::{Candidate, Choice},
    columns::Column,
    direction::choose_direction,
    evidence::Evidence,
    interpretation::Interpretation,
    pick::{pick, prefer},
    roles::find_column,
};
use crate::{
    import::words::{
        names::{NameRank, is_key},
        number::{is_empty_word, is_sentinel},
    },
    log::{Role, Status, direction_of_name, normalize_name},
};

/// At most so many candidates are weighed, the best names first.
const MAX_CANDIDATES: usize = 2000;
const DELTA_NAMES: &str = "delta delta_vs_best diff difference change improvement gain delta_metric metric_delta delta_score";

pub(crate) fn choose(log: &Interpretation) -> Result<Option<Choice>> {
    let is_known = |column: &Column| column.rank < NameRank::Unknown;
    let is_named = log.options.metric.is_some() || log.options.map.get(Role::Score).is_some();
    let has_score = is_named || log.columns.all.iter().any(is_known);
    if log.table.rows.count == 0 && !log.has_verdict() && !has_score {
        bail!(describe_missing_score(log));
    }
    let wanted = find_wanted(log)?;
    let columns = wanted.map_or_else(|| find_candidates(log), |column| vec![column]);
    let mut candidates = weigh(log, columns)?;
    let Some((at, column_reason)) = pick(log, &candidates, wanted.is_some())? else {
        if log.verdicts.column().is_none() {
            bail!(describe_missing_score(log));
        }
        return Ok(None);
    };
    let chosen = candidates.swap_remove(at);
    let (direction, direction_reason) = choose_direction(log, &chosen);
    Ok(Some(Choice {
        column: chosen.column,
        format: log.columns.all[chosen.column].format.clone(),
        direction,
        column_reason,
        direction_reason,
    }))
}

/// The column that a flag, a setting or the file names.
fn find_wanted(log: &Interpretation) -> Result<Option<usize>> {
    let (table, options) = (&log.table, &log.options);
    if let Some(column) = options.map.find(table, Role::Score)? {
        return Ok(Some(column));
    }
    if let Some(name) = &options.metric {
        // A store of logs without scores has the default metric.
        let is_default = name == "core_metric" && table.find(name).is_none();
        if is_default && find_candidates(log).is_empty() {
            return Ok(None);
        }
        let source = "--metric or lineage.toml, override with --map score=COLUMN";
        return find_column(table, name, source).map(Some);
    }
    let declared = table
        .declared
        .name
        .as_ref()
        .and_then(|name| table.find(name));
    let is_numeric =
        |column: &usize| table.rows.count == 0 || log.columns.all[*column].is_numeric();
    Ok(declared.filter(is_numeric))
}

/// The columns of numbers that are no ids, times, counters or roles, nor parameters that no decision speaks for; without any,
/// blank ones with a known name, as when every trial has crashed.
fn find_candidates(log: &Interpretation) -> Vec<usize> {
    let column = |at: &usize| &log.columns.all[*at];
    let is_named = |at: &usize| column(at).rank < NameRank::Unknown;
    let is_free = |at: &usize| {
        let role = log.roles.role_of(*at);
        let has_seconds = matches!(role, Some(Role::TrainSeconds | Role::TotalSeconds));
        let is_parameter = column(at).rank == NameRank::Parameter && !log.verdicts.has_decisions;
        let is_other = is_parameter || is_key(&normalize_name(&log.table.names[*at]));
        !is_other && !log.verdicts.is_taken(*at) && (has_seconds || role.is_none())
    };
    let free: Vec<usize> = (0..log.table.names.len()).filter(is_free).collect();
    let is_number = |at: &usize| {
        let column = column(at);
        let has_times = column.times * 2 > column.filled;
        !has_times && (column.is_numeric() || is_named(at) && column.numbers > 0)
    };
    let mut found: Vec<usize> = free.iter().copied().filter(is_number).collect();
    let deltas = log.table.columns_in(DELTA_NAMES);
    prefer(&mut found, |at| !deltas.contains(at));
    let is_varied = |at: &usize| column(at).is_varied() || column(at).numbers < 2;
    let is_metric = |at: &usize| is_varied(at) && column(at).rank <= NameRank::Known;
    let has_metric = found.iter().any(is_metric);
    // A score may be the same in every row, if no metric differs.
    prefer(&mut found, |at| {
        is_varied(at) || !has_metric && column(at).rank <= NameRank::Score
    });
    prefer(&mut found, |at| !column(at).is_counter() || is_named(at));
    if found.is_empty() {
        let is_blank = |at: &usize| is_named(at) && column(at).filled == column(at).empty_words;
        found = free.into_iter().filter(is_blank).collect();
    }
    found
}

/// Goes through the log with a running best of each column.
fn weigh(log: &Interpretation, columns: Vec<usize>) -> Result<Vec<Candidate>> {
    let candidates = columns.into_iter().map(|column| Candidate {
        column,
        rank: log.columns.all[column].rank,
        direction_of_name: direction_of_name(&log.table.names[column]),
        evidence: Evidence::default(),
    });
    let mut candidates: Vec<Candidate> = candidates.collect();
    candidates.sort_by_key(|candidate| candidate.rank);
    candidates.truncate(MAX_CANDIDATES);
    let columns = &log.columns.all;
    let deltas = log.table.columns_in(DELTA_NAMES);
    let delta = deltas
        .into_iter()
        .find(|&column| columns[column].numbers > 0);
    log.table.for_each_row(|row| {
        let mut status = log.verdicts.outcome(row, "", &log.options).status;
        let failed = status.is_failure() || status.is_ignored();
        if log.verdicts.column().is_none() {
            status = Status::Keep;
        }
        let value = |column: usize| columns[column].format.value(row.cell(column));
        let delta = delta.and_then(value);
        for candidate in &mut candidates {
            let value = value(candidate.column);
            let value = value.filter(|value| !failed || !is_sentinel(*value));
            candidate.evidence.observe(status, value, delta);
        }
    })?;
    Ok(candidates)
}

/// An error that shows a cell of the column that is named like a score.
pub(crate) fn describe_missing_score(log: &Interpretation) -> String {
    let names: String = log.table.names.join(" ").chars().take(400).collect();
    if log.table.rows.count == 0 {
        return format!(
            "not a log: no rows, and no known column in its first line: {names}; `lineage init` starts a log"
        );
    }
    for (name, column) in log.table.names.iter().zip(&log.columns.all) {
        let cell = &column.first;
        if column.rank < NameRank::Unknown && !is_empty_word(cell) {
            return format!(
                "no column holds a score ({name} holds '{cell}'); choose one of {names} with --map score=COLUMN"
            );
        }
    }
    format!("no column holds a score; choose one of {names} with --map score=COLUMN")
}
