//! Which column is the score, and which way is better: as a flag or the file states it, else by the evidence of the trials.

use std::{cell::RefCell, collections::HashMap};

use anyhow::{Result, bail};

use super::{
    ImportOptions,
    number::{NumberFormat, is_empty_word, is_sentinel},
    outcomes::VerdictColumns,
    profile::Profiles,
    roles::{Roles, find_column, key_columns},
    table::Table,
};
use crate::log::{
    Direction::{self, Maximize, Minimize},
    Role, Status, direction_of_name, matches_pattern, normalize_name, stated_direction,
};

/// How good a candidate for the score a name is, the best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum NameRank {
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
    /// Rarely the score of the trial itself.
    Derived,
}

/// Patterns of normalized names; the first row with a match decides.
#[rustfmt::skip]
const RANKS: [(NameRank, &str); 16] = [
    (NameRank::Metric, "=core_metric =metric =metric_value =primary_metric"),
    (NameRank::Score, "=score =objective =fitness =value =values_0 =result =mean_test_score =metric_after =target_metric"),
    (NameRank::Setting, "params_ _param_ _config_ _hparams_ _hyperparameters_ _tolerance _threshold _max_iter _maxiter"),
    (NameRank::Derived, "_delta _std_ _stderr_ _sd_ _prev _baseline_ _target_ _expected_ _confidence_ _improvement_delta \
        _segment_ _split _min$ _max$ _before$ _before_ _parent_ _rank_ _row_ _best_so_far _running_best _ci_ _var_ _old_ \
        =best =best_score =best_metric _guard"),
    (NameRank::Combined, "_combined_ _overall_ _aggregate_ _composite_ _primary_"),
    (NameRank::ValBpb, "=val_bpb"),
    (NameRank::Known, "_tok_s_ _per_s$ _per_sec$ _per_second$ _samples_s_ _ms_per_ _s_per_ _sec_per_ _seconds_per_ \
        _time_per_ throughput latency speedup _p50_ _p90_ _p95_ _p99_"),
    (NameRank::Training, "_train_ =success =passed =correct _oof_"),
    (NameRank::Setting, "_lr_ _n_ _num_ _parse_errors_ _batch_ _mb_ _gb_ memory _vram_ params _step _epoch tokens \
        _played_ _seed_ _depth_ _width_ _hidden_ _layers_ _dropout_ _wd_ _weight_decay_ _alpha_ _temperature_ _heads_"),
    (NameRank::Milliseconds, "_ms_ _us_ _ns_ _µs_"),
    (NameRank::Seconds, "_s_ _sec_ _secs_ seconds minutes _hours_ duration elapsed runtime _time_"),
    (NameRank::Size, "_size_ _kb_ _bytes_"),
    (NameRank::Validation, "_val_ _valid_ _validation_ _eval_ _dev_ _holdout_"),
    (NameRank::Known, "_test_"),
    (NameRank::Setting, "_iterations_ _iters_ _count_of_ _max_ _min_"),
    (NameRank::Derived, "_index_ _idx_"),
];

/// What a metric that cannot be negative is called.
const NOT_NEGATIVE: &str = "_loss error _mse_ rmse _mae_ _mape_ drawdown latency _ppl_ perplexity bpb _wer_ _cer_ _fid_ _err_ \
     _brier_ seconds _ms_ duration";

thread_local! {
    /// The ranks of names whose long numbers are left out: wide logs have many that differ in nothing else.
    static KNOWN_RANKS: RefCell<HashMap<String, NameRank>> = RefCell::default();
}

pub(super) fn rank_name(name: &str) -> NameRank {
    let key = name.trim_end_matches(|c: char| c.is_ascii_digit());
    let key = if name.len() < key.len() + 3 {
        name
    } else {
        key
    };
    if let Some(rank) = KNOWN_RANKS.with_borrow(|ranks| ranks.get(key).copied()) {
        return rank;
    }
    let rank = find_rank(name);
    KNOWN_RANKS.with_borrow_mut(|ranks| ranks.insert(key.to_owned(), rank));
    rank
}

fn find_rank(name: &str) -> NameRank {
    let normalized = normalize_name(name);
    let normalized = normalized.strip_suffix("_value").unwrap_or(&normalized);
    for (rank, patterns) in RANKS {
        if matches_pattern(patterns, normalized) {
            return rank;
        }
    }
    match direction_of_name(name) {
        Some(_) => NameRank::Known,
        None => NameRank::Unknown,
    }
}

/// The chance that a keep beats the best before it in the true score, and that a discard does not.
const FIT: f64 = 0.9;
/// Below this ratio of likelihoods the names decide.
const CLEAR_RATIO: f64 = 20.0;
/// The weight of a missing value.
const MISSING: f64 = 0.3;
/// Columns of differences are compared with so many candidates.
const MAX_CANDIDATES: usize = 2000;
const DELTA_NAMES: &str = "delta delta_vs_best diff difference change improvement gain delta_metric metric_delta delta_score";

/// The reason that is no guess.
const BY_NAME: &str = "by its name";

/// The score that was found.
pub(super) struct Choice {
    pub(super) column: usize,
    pub(super) format: NumberFormat,
    pub(super) direction: Direction,
    /// Why this column and this direction, if they are guesses.
    pub(super) column_reason: Option<String>,
    pub(super) direction_reason: Option<String>,
    /// Whether -1 is the only negative number, and not the only number.
    pub(super) has_only_minus_one: bool,
}

/// A column that may be the score, with what the trials say about it.
struct Candidate {
    column: usize,
    rank: NameRank,
    format: NumberFormat,
    evidence: Evidence,
}

impl Candidate {
    /// How likely the trials are if this is the score, in the better direction; one that its name speaks against is less
    /// likely.
    fn likelihood(&self, name: &str, has_decisions: bool) -> f64 {
        if !has_decisions {
            return -f64::from(self.evidence.missing) * MISSING;
        }
        let named = direction_of_name(name);
        let likelihoods = DIRECTIONS.map(|direction| {
            let is_against = named.is_some_and(|named| named != direction);
            let doubt = if is_against { CLEAR_RATIO.ln() } else { 0.0 };
            self.evidence.log_likelihood(index_of(direction)) - doubt
        });
        likelihoods[0].max(likelihoods[1])
    }
}

#[derive(Clone, Debug, Default)]
struct Evidence {
    /// Keeps and discards that were compared with the best keep before them.
    keeps: u32,
    discards: u32,
    /// For minimize and maximize: the best keep, keeps that beat it, and discards that do not.
    best: [Option<f64>; 2],
    beaten: [u32; 2],
    not_beaten: [u32; 2],
    missing: u32,
    scored: u32,
    negative: u32,
    minus_ones: u32,
    /// Steps down and up from one score to the next.
    steps: [u32; 2],
    last: Option<f64>,
    last_keep: Option<f64>,
    first: Option<f64>,
    /// How often the column of differences has the difference to each of several references.
    deltas: u32,
    delta_hits: [u32; 5],
}

const DIRECTIONS: [Direction; 2] = [Minimize, Maximize];

impl Evidence {
    fn observe(&mut self, status: Status, value: Option<f64>, delta: Option<f64>) {
        let is_rated = matches!(status, Status::Keep | Status::Discard | Status::Baseline);
        let Some(value) = value else {
            self.missing += u32::from(is_rated);
            return;
        };
        self.observe_delta(value, delta);
        self.scored += 1;
        self.negative += u32::from(value < 0.0);
        self.minus_ones += u32::from(is_minus_one(value));
        if let Some(last) = self.last {
            self.steps[0] += u32::from(value < last);
            self.steps[1] += u32::from(value > last);
        }
        self.last = Some(value);
        self.first.get_or_insert(value);
        if status == Status::Baseline {
            self.best = [Some(value); 2]; // it starts the measure, or starts it again
            self.last_keep = Some(value);
            return;
        }
        let is_keep = status == Status::Keep;
        if !is_keep && status != Status::Discard {
            return;
        }
        if self.best[0].is_some() {
            self.keeps += u32::from(is_keep);
            self.discards += u32::from(!is_keep);
        }
        for (at, direction) in DIRECTIONS.into_iter().enumerate() {
            let beats = self.best[at].map(|best| direction.better(value, best));
            self.beaten[at] += u32::from(is_keep && beats == Some(true));
            self.not_beaten[at] += u32::from(!is_keep && beats == Some(false));
            if is_keep && beats != Some(false) {
                self.best[at] = Some(value);
            }
        }
        if is_keep {
            self.last_keep = Some(value);
        }
    }

    fn observe_delta(&mut self, value: f64, delta: Option<f64>) {
        let Some(delta) = delta.filter(|delta| *delta != 0.0) else {
            return;
        };
        let references = [
            self.last,
            self.last_keep,
            self.best[0],
            self.best[1],
            self.first,
        ];
        self.deltas += u32::from(self.first.is_some());
        for (hits, reference) in self.delta_hits.iter_mut().zip(references) {
            let Some(reference) = reference else { continue };
            let difference = (value - reference).abs();
            let tolerance = 0.006 * delta.abs() + 1e-9 * value.abs();
            *hits += u32::from((difference - delta.abs()).abs() <= tolerance);
        }
    }

    fn has_only_minus_one(&self) -> bool {
        self.minus_ones > 0 && self.minus_ones == self.negative && self.negative < self.scored
    }

    /// Whether a column of differences has those of this column.
    fn has_differences(&self) -> bool {
        let most = self.delta_hits.iter().max().copied().unwrap_or(0);
        most == self.deltas && most > 0 || most >= 2 && most * 10 >= self.deltas * 8
    }

    fn log_likelihood(&self, at: usize) -> f64 {
        let fits = f64::from(self.beaten[at] + self.not_beaten[at]);
        let trials = f64::from(self.keeps + self.discards);
        fits * FIT.ln() + (trials - fits) * (1.0 - FIT).ln() - f64::from(self.missing) * MISSING
    }

    /// Whether at least half of the keeps beat the best before them, in one direction.
    fn is_plausible(&self) -> bool {
        self.keeps > 0 && self.beaten[0].max(self.beaten[1]) * 2 >= self.keeps
    }

    /// Whether all keeps have the same value.
    fn is_guard(&self) -> bool {
        self.keeps > 0 && self.best[0] == self.best[1] && self.beaten == [0, 0]
    }

    /// Trials that speak for one direction only: for minimize, for maximize.
    fn votes(&self) -> [u32; 2] {
        let fits = |at: usize| self.beaten[at] + self.not_beaten[at];
        let common = self.common();
        [fits(0) - common, fits(1) - common]
    }

    /// Trials that fit both directions: discards between the two bests. A keep beats at most one of them, once both are
    /// known.
    fn common(&self) -> u32 {
        let fits = |at: usize| self.beaten[at] + self.not_beaten[at];
        let trials = self.keeps + self.discards;
        (fits(0) + fits(1))
            .saturating_sub(trials)
            .min(fits(0))
            .min(fits(1))
    }

    fn sentence(&self, direction: Direction) -> String {
        let at = index_of(direction);
        format!(
            "{} of {} keeps beat the best before them",
            self.beaten[at], self.keeps
        )
    }
}

fn index_of(direction: Direction) -> usize {
    usize::from(direction == Maximize)
}

/// The chance of so many votes for one side, or more, if both were equally likely.
fn chance(most: u32, votes: u32) -> f64 {
    let mut probability = 0.5_f64.powi(i32::try_from(votes).unwrap_or(i32::MAX));
    let mut sum = 0.0;
    for hits in (0..=votes).rev() {
        if hits < most {
            break;
        }
        sum += probability;
        probability *= f64::from(hits) / f64::from(votes - hits + 1);
    }
    sum
}

fn is_clear(most: u32, votes: u32) -> bool {
    votes > 0
        && (votes > 1000 && most * 10 > votes * 6 || votes <= 1000 && chance(most, votes) < 0.05)
}

pub(super) fn choose(
    table: &Table,
    profiles: &Profiles,
    roles: &Roles,
    verdicts: &VerdictColumns,
    options: &ImportOptions,
) -> Result<Option<Choice>> {
    let wanted = find_wanted(table, profiles, options)?;
    let mut candidates = match wanted {
        Some(column) => vec![candidate(table, profiles, column)],
        None => find_candidates(table, profiles, roles, verdicts),
    };
    weigh(table, profiles, verdicts, options, &mut candidates)?;
    let has_decisions = verdicts.has_decisions();
    // Where keeps rarely beat the best before them in any column, they do not tell which one is the score.
    let tells = |candidate: &Candidate| candidate.evidence.is_plausible();
    let tells_column = has_decisions && candidates.iter().any(tells);
    let is_wanted = wanted.is_some();
    let Some((at, column_reason)) = choose_column(table, &candidates, tells_column, is_wanted)?
    else {
        if verdicts.verdict.is_none() {
            bail!(describe_missing_score(table, profiles));
        }
        return Ok(None);
    };
    let chosen = candidates.swap_remove(at);
    check_repeated(table, profiles, chosen.column)?;
    let (direction, direction_reason) = choose_direction(table, &chosen, has_decisions, options);
    let mut choice = Choice {
        column: chosen.column,
        has_only_minus_one: chosen.evidence.has_only_minus_one(),
        format: chosen.format,
        direction,
        column_reason,
        direction_reason,
    };
    if chosen.rank <= NameRank::Known {
        choice.forget_certain();
    }
    Ok(Some(choice))
}

impl Choice {
    /// What the name of the column says, and no other column or trial contradicts, is no guess.
    fn forget_certain(&mut self) {
        let reasons = [&self.column_reason, &self.direction_reason];
        let is_rival = |reason: &String| reason.starts_with(BY_NAME) && reason != BY_NAME;
        let is_by_name = |reason: &String| reason == BY_NAME;
        if !reasons[0].as_ref().is_some_and(is_rival) && reasons[1].as_ref().is_none_or(is_by_name)
        {
            self.column_reason = None;
            self.direction_reason = None;
        }
    }
}

/// The column that a flag, a setting or the file names.
fn find_wanted(
    table: &Table,
    profiles: &Profiles,
    options: &ImportOptions,
) -> Result<Option<usize>> {
    if let Some(column) = options.map.find(table, Role::Score)? {
        return Ok(Some(column));
    }
    if let Some(name) = &options.metric {
        let source = "--metric or lineage.toml, override with --map score=COLUMN";
        return find_column(table, name, source).map(Some);
    }
    let declared = table
        .declared
        .name
        .as_deref()
        .and_then(|name| table.find(name));
    Ok(declared.filter(|&column| profiles.rows == 0 || profiles.columns[column].is_numeric()))
}

fn candidate(table: &Table, profiles: &Profiles, column: usize) -> Candidate {
    Candidate {
        column,
        rank: rank_name(&table.names[column]),
        format: profiles.columns[column].format.clone(),
        evidence: Evidence::default(),
    }
}

/// The columns of numbers that are no ids, times, counters or roles; without any, blank ones with a known name, as when
/// every trial has crashed.
fn find_candidates(
    table: &Table,
    profiles: &Profiles,
    roles: &Roles,
    verdicts: &VerdictColumns,
) -> Vec<Candidate> {
    let keys = key_columns(table);
    let is_free = |column: usize| {
        let has_seconds = matches!(
            roles.role_of(column),
            Some(Role::TrainSeconds | Role::TotalSeconds)
        );
        let is_key = keys.contains(&column) || verdicts.is_taken(column);
        !is_key && (has_seconds || !roles.is_taken(column))
    };
    let is_candidate = |column: &usize| {
        let profile = &profiles.columns[*column];
        let is_named = rank_name(&table.names[*column]) < NameRank::Unknown;
        profile.is_numeric() || is_named && profile.numbers > 0
    };
    let free: Vec<usize> = (0..table.names.len())
        .filter(|&column| is_free(column))
        .collect();
    let mut found: Vec<usize> = free.iter().copied().filter(is_candidate).collect();
    let counts = |column: &usize| {
        profiles.columns[*column].is_counter()
            && rank_name(&table.names[*column]) >= NameRank::Unknown
    };
    if !found.iter().all(counts) {
        found.retain(|column| !counts(column));
    }
    if found.is_empty() {
        let is_blank = |column: &usize| {
            let profile = &profiles.columns[*column];
            profile.filled == profile.empty_words
                && rank_name(&table.names[*column]) < NameRank::Unknown
        };
        found = free.into_iter().filter(is_blank).collect();
    }
    let mut candidates: Vec<Candidate> = found
        .into_iter()
        .map(|column| candidate(table, profiles, column))
        .collect();
    candidates.sort_by_key(|candidate| candidate.rank);
    candidates.truncate(MAX_CANDIDATES);
    candidates
}

/// Goes through the log with a running best of each candidate.
fn weigh(
    table: &Table,
    profiles: &Profiles,
    verdicts: &VerdictColumns,
    options: &ImportOptions,
    candidates: &mut [Candidate],
) -> Result<()> {
    let is_delta = |column: &usize| profiles.columns[*column].numbers > 0;
    let delta = table.columns_in(DELTA_NAMES).into_iter().find(is_delta);
    table.for_each_row(|row| {
        let status = verdicts.outcome(row, "", options).status;
        let failed = status.is_failure() || status.is_ignored();
        let delta =
            delta.and_then(|column| profiles.columns[column].format.parse(row.cell(column)));
        for candidate in &mut *candidates {
            let value = candidate
                .format
                .parse(row.cell(candidate.column))
                .map(|(_, value)| value);
            let value = value.filter(|value| !failed || !is_sentinel(*value));
            let status = match status {
                Status::Other if verdicts.verdict.is_none() => Status::Keep,
                status => status,
            };
            candidate
                .evidence
                .observe(status, value, delta.as_ref().map(|(_, value)| *value));
        }
    })
}

/// The most likely column and why; the names decide between equally likely ones.
fn choose_column(
    table: &Table,
    candidates: &[Candidate],
    has_decisions: bool,
    is_wanted: bool,
) -> Result<Option<(usize, Option<String>)>> {
    if candidates.is_empty() || is_wanted {
        return Ok(candidates.first().map(|_| (0, None)));
    }
    let is_sure = |one: &Candidate| one.rank == NameRank::Metric && one.evidence.scored > 0;
    if let Some(at) = candidates.iter().position(is_sure) {
        return Ok(Some((at, None)));
    }
    let mut usual: Vec<usize> = (0..candidates.len()).collect();
    prefer(&mut usual, |&at| is_filled(&candidates[at], candidates));
    prefer(&mut usual, |&at| candidates[at].rank < NameRank::Derived);
    if has_decisions {
        prefer(&mut usual, |&at| !candidates[at].evidence.is_guard());
    }
    let mut exact = usual.clone();
    exact.retain(|&at| candidates[at].evidence.has_differences());
    if let [at] = exact[..] {
        let reason = "the differences in the log are its own".to_owned();
        return Ok(Some((at, Some(reason))));
    }
    let likelihoods: Vec<f64> = candidates
        .iter()
        .map(|candidate| candidate.likelihood(&table.names[candidate.column], has_decisions))
        .collect();
    let top = usual.iter().map(|&at| likelihoods[at]);
    let top = top.fold(f64::NEG_INFINITY, f64::max);
    let mut close = usual.clone();
    close.retain(|&at| likelihoods[at] > top - CLEAR_RATIO.ln() + 1e-9);
    let Some(&best) = close
        .iter()
        .min_by_key(|&&at| (candidates[at].rank, candidates[at].column))
    else {
        return Ok(None);
    };
    let chosen = &candidates[best];
    let mut equal = close.clone();
    equal.retain(|&at| candidates[at].rank == chosen.rank);
    let has_evidence = has_decisions && chosen.evidence.keeps > 0;
    if equal.len() > 1 && chosen.rank >= NameRank::Unknown && !has_evidence {
        bail!(describe_equal(table, candidates, &equal));
    }
    let by_evidence = close.len() < usual.len() && has_evidence;
    let reason = match chosen.rank {
        _ if by_evidence => chosen.evidence.sentence(likelier(&chosen.evidence)),
        rank if rank < NameRank::Unknown && equal.len() > 1 => {
            let others: Vec<&str> = equal
                .iter()
                .map(|&at| &*table.names[candidates[at].column])
                .collect();
            format!("by its name, the first of {}", others.join(" "))
        }
        rank if rank < NameRank::Unknown => BY_NAME.to_owned(),
        _ => "the likeliest column of numbers".to_owned(),
    };
    Ok(Some((best, Some(reason))))
}

/// Keeps the candidates of a kind, if there are any.
fn prefer(candidates: &mut Vec<usize>, is_preferred: impl Fn(&usize) -> bool) {
    if candidates.iter().any(&is_preferred) {
        candidates.retain(is_preferred);
    }
}

/// Whether a candidate has a value in half of the rows that need one, or in as many as any other.
fn is_filled(candidate: &Candidate, all: &[Candidate]) -> bool {
    let most = all.iter().map(|one| one.evidence.scored).max().unwrap_or(0);
    let evidence = &candidate.evidence;
    evidence.scored >= evidence.missing && evidence.scored * 2 >= most || evidence.scored == most
}

fn likelier(evidence: &Evidence) -> Direction {
    let [down, up] = evidence.votes();
    if up > down { Maximize } else { Minimize }
}

fn describe_equal(table: &Table, candidates: &[Candidate], equal: &[usize]) -> String {
    let describe = |&at: &usize| {
        let candidate = &candidates[at];
        let name = &table.names[candidate.column];
        match (candidate.evidence.first, candidate.evidence.last) {
            (Some(first), Some(last)) if first < last || last < first => {
                format!("{name} ({first} … {last})")
            }
            _ => name.clone(),
        }
    };
    let names: Vec<String> = equal.iter().take(12).map(describe).collect();
    format!(
        "several columns may be the score: {}; choose one with --metric",
        names.join(" ")
    )
}

fn choose_direction(
    table: &Table,
    chosen: &Candidate,
    has_decisions: bool,
    options: &ImportOptions,
) -> (Direction, Option<String>) {
    let name = &table.names[chosen.column];
    let declared = table.declared.direction;
    let applies = declared_metric_is_score(table, chosen.column);
    let known = options.direction.or_else(|| stated_direction(name));
    if let Some(direction) = known.or(declared.filter(|_| applies)) {
        return (direction, None);
    }
    let (direction, mut reason) = guess_direction(table, chosen, has_decisions);
    if let (Some(declared), Some(other)) = (declared, &table.declared.name) {
        reason += &format!("; the file says {declared} of {other}");
    }
    (direction, Some(reason))
}

fn guess_direction(table: &Table, chosen: &Candidate, has_decisions: bool) -> (Direction, String) {
    let evidence = &chosen.evidence;
    let votes = if has_decisions {
        evidence.votes()
    } else {
        [0, 0]
    };
    let likely = if votes[1] > votes[0] {
        Maximize
    } else {
        Minimize
    };
    let (most, all) = (votes[0].max(votes[1]), votes[0] + votes[1]);
    let is_certain = is_clear(most, all);
    if let Some((direction, reason)) = direction_by_name(table, chosen) {
        if !is_certain || direction == likely {
            let doubt =
                has_decisions && evidence.keeps > 1 && evidence.beaten[index_of(direction)] == 0;
            let doubt = doubt && evidence.beaten[1 - index_of(direction)] > 1;
            let word = direction.better_word();
            let doubt = if doubt {
                format!(", but no keep is {word} than the first")
            } else {
                String::new()
            };
            return (direction, reason + &doubt);
        }
        return (
            likely,
            format!("{}, against its name", evidence.sentence(likely)),
        );
    }
    if most > 2 * (all - most) {
        return (likely, evidence.sentence(likely));
    }
    let [down, up] = evidence.steps;
    if !has_decisions && is_clear(down.max(up), down + up) {
        let direction = if up > down { Maximize } else { Minimize };
        return (
            direction,
            format!("{} of {} steps between scores", up.max(down), up + down),
        );
    }
    (Minimize, "by default".to_owned())
}

/// What the name says. A quantity that cannot be negative but always is, is a negated loss.
fn direction_by_name(table: &Table, chosen: &Candidate) -> Option<(Direction, String)> {
    let name = &table.names[chosen.column];
    let stated = &table.declared.name;
    let stated = stated.as_deref().filter(|_| chosen.rank <= NameRank::Score);
    let direction = stated
        .and_then(direction_of_name)
        .or_else(|| direction_of_name(name))?;
    let evidence = &chosen.evidence;
    let is_negated =
        direction == Minimize && evidence.scored > 0 && evidence.negative == evidence.scored;
    if is_negated && matches_pattern(NOT_NEGATIVE, &normalize_name(name)) {
        return Some((Maximize, "by its name, and always negative".to_owned()));
    }
    Some((direction, BY_NAME.to_owned()))
}

/// Whether the direction that the file states is that of the score: it names no metric, this one, or one without a column while
/// the score is called `metric` or the like.
fn declared_metric_is_score(table: &Table, score: usize) -> bool {
    let Some(name) = &table.declared.name else {
        return true;
    };
    let column = table.find(name);
    let is_generic = rank_name(&table.names[score]) <= NameRank::Score;
    column == Some(score) || column.is_none() && is_generic
}

/// Refuses a score that two columns of the same name state differently.
fn check_repeated(table: &Table, profiles: &Profiles, column: usize) -> Result<()> {
    let Some(own) = table
        .header
        .get(column)
        .filter(|own| !own.trim().is_empty())
    else {
        return Ok(());
    };
    let is_equal = |other: &usize| table.header[*other].trim() == own.trim();
    let others: Vec<usize> = (column + 1..table.header.len()).filter(is_equal).collect();
    let mut conflict = None;
    if !others.is_empty() && profiles.rows > 0 {
        table.for_each_row(|row| {
            let differs = others
                .iter()
                .find(|&&other| row.cell(other) != row.cell(column));
            conflict = conflict.or(differs.copied());
        })?;
    }
    if let Some(other) = conflict {
        let (name, other) = (&table.names[column], &table.names[other]);
        bail!("two columns named {name} differ: choose {name} or {other} with --metric");
    }
    Ok(())
}

/// An error that shows a cell of the column that is named like a score.
pub(super) fn describe_missing_score(table: &Table, profiles: &Profiles) -> String {
    let names: String = table.names.join(" ").chars().take(400).collect();
    if profiles.rows == 0 {
        return format!(
            "not a log: no rows, and no known column in its first line: {names}; `lineage init` starts a log"
        );
    }
    for (name, profile) in table.names.iter().zip(&profiles.columns) {
        let is_named = rank_name(name) < NameRank::Unknown && !is_empty_word(&profile.first);
        if is_named {
            let cell = &profile.first;
            return format!(
                "no column holds a score ({name} holds '{cell}'); choose one of {names} with --map score=COLUMN"
            );
        }
    }
    format!("no column holds a score; choose one of {names} with --map score=COLUMN")
}

pub(super) fn is_minus_one(value: f64) -> bool {
    (value + 1.0).abs() < f64::EPSILON
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_majority_is_clear_if_chance_rarely_makes_it() {
        assert!(!is_clear(2, 2) && !is_clear(4, 4) && is_clear(5, 5));
        assert!(!is_clear(6, 10) && is_clear(9, 10));
        assert!((chance(5, 10) - 0.623).abs() < 0.001);
    }

    #[test]
    fn a_name_has_a_rank() {
        for (name, rank) in [
            ("metric", NameRank::Metric),
            ("Value", NameRank::Score),
            ("best_val_acc", NameRank::Validation),
            ("samples_s", NameRank::Known),
            ("val_acc__MIN", NameRank::Derived),
            ("ErrorTolerance", NameRank::Setting),
            ("split0_test_score", NameRank::Derived),
            ("zorp", NameRank::Unknown),
        ] {
            assert_eq!(rank_name(name), rank, "{name}");
        }
    }
}
