//! Which column has which role: by `--map`, else by its name if its cells fit.

use std::{cmp::Reverse, collections::HashSet, str::FromStr};

use anyhow::{Context as _, Error, Result, bail};

use super::{outcomes::VerdictColumns, table::ExternalLog, times::normalize_time};
use crate::log::{ExpId, Number, Role, has_word, normalize};

/// The names of each role's column, the best first: the first column that fits is used, and each column once. The first
/// name is lineage's own.
#[rustfmt::skip]
const ALIASES: [(Role, &str); 13] = [
    (Role::Id, "exp_id id trial_id trial run_id run candidate_id experiment_id experiment_number exp iteration iter \
        attempt round generation question_id node_id node step global_step epoch index idx no number experiment"),
    (Role::Time, "timestamp time datetime date ts created_at created finished_at ended_at started_at start_time \
        datetime_start"),
    (Role::Specialist, "specialist agent agent_id agent_name worker author proposer who researcher user"),
    (Role::Parent, "parent_exp parent parent_id parent_run parent_commit based_on base_commit"),
    (Role::Domain, "domain action category area axis family component knob"),
    (Role::Hypothesis, "hypothesis description desc summary change changes idea proposal diff patch edit title \
        experiment experiment_name run_name name config note notes comment"),
    (Role::Notes, "notes note comment comments remarks details rollback_reason evidence error reason"),
    (Role::TrainSeconds, "train_s train_seconds training_seconds train_time_s"),
    (Role::TotalSeconds, "total_s total_seconds duration_s duration duration_seconds elapsed_s runtime_s wall_s"),
    (Role::Expected, "expected_delta"),
    (Role::Baseline, "baseline_exp"),
    (Role::Job, "job_name job job_id"),
    (Role::Snapshot, "snapshot_path"),
];

/// The roles that `--map` advertises. It accepts every alias.
const MAP_ROLES: &str = "id, time, agent, parent, domain, hypothesis, verdict, score, notes";

/// Columns of commits, by which a parent may be named.
pub(super) const COMMIT_NAMES: &str = "commit hash short_hash sha name";

fn aliases(role: Role) -> &'static str {
    let row = ALIASES.iter().find(|(other, _)| *other == role);
    row.map_or("status", |(_, names)| names)
}

/// The name of lineage's own column for a role.
pub(super) fn standard_name(role: Role) -> &'static str {
    let mut names = aliases(role).split(' ');
    names.next().unwrap_or_default()
}

/// Whether a normalized name is a known name of a role other than the verdict and the score.
pub(super) fn is_alias(name: &str) -> bool {
    ALIASES.iter().any(|(_, names)| has_word(names, name))
}

/// Which column has which role, as `--map` states it: `score=loss,verdict=outcome`. An empty column stands for none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ColumnMap {
    roles: Vec<(Role, String)>,
    text: String,
}

impl ColumnMap {
    /// The column for a role; an empty name means that there is none.
    pub fn get(&self, role: Role) -> Option<&str> {
        let mut roles = self.roles.iter().rev();
        let (_, column) = roles.find(|(other, _)| *other == role)?;
        Some(column)
    }

    pub fn is_empty(&self) -> bool {
        self.roles.is_empty()
    }

    /// The map as it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The column of the log that the map names for a role.
    pub(super) fn find(&self, log: &ExternalLog, role: Role) -> Result<Option<usize>> {
        match self.get(role) {
            None | Some("") => Ok(None),
            Some(name) => find_column(log, name, "--map or lineage.toml").map(Some),
        }
    }
}

impl FromStr for ColumnMap {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let mut roles = Vec::new();
        for pair in text.split(',').filter(|pair| !pair.trim().is_empty()) {
            let Some((role, column)) = pair.split_once('=') else {
                bail!("'{pair}' is not ROLE=COLUMN");
            };
            roles.push((parse_role(role)?, column.trim().to_owned()));
        }
        let text = text.to_owned();
        Ok(Self { roles, text })
    }
}

fn parse_role(text: &str) -> Result<Role> {
    let word = normalize(text);
    let find = |matches: fn(&str, &str) -> bool| {
        let row = ALIASES.iter().find(|(_, names)| matches(names, &word))?;
        Some(row.0)
    };
    let is_own = |names: &str, word: &str| names.split(' ').next() == Some(word);
    match &*word {
        "verdict" | "status" => Ok(Role::Status),
        "score" => Ok(Role::Score),
        _ => find(is_own)
            .or_else(|| find(has_word))
            .with_context(|| format!("unknown role '{word}'; use one of: {MAP_ROLES}")),
    }
}

pub(super) fn find_column(log: &ExternalLog, name: &str, source: &str) -> Result<usize> {
    if let Some(&column) = log.columns_named(name).first() {
        return Ok(column);
    }
    if !log.segments.is_empty() {
        bail!(
            "no column '{name}' ({source}) in {}; read another with --segment, or import this one --into another store",
            log.segments
        );
    }
    let names = log.names.join(" ");
    bail!("no column '{name}' ({source}); the columns are: {names}")
}

/// The roles of a table's columns.
pub(super) struct ColumnRoles {
    pub(super) roles: Vec<(Role, usize)>,
    pub(super) verdict: VerdictColumns,
    pub(super) score: usize,
    /// Why this column is the score, if that is a guess.
    pub(super) score_guess: Option<&'static str>,
}

impl ColumnRoles {
    /// Finds every role but the score, which `set_score` adds.
    pub(super) fn find(log: &ExternalLog, map: &ColumnMap) -> Result<Self> {
        let mut roles = Self {
            roles: Vec::new(),
            verdict: VerdictColumns::default(),
            score: usize::MAX,
            score_guess: None,
        };
        for (role, _) in ALIASES {
            let column = map.find(log, role)?;
            roles.roles.extend(column.map(|column| (role, column)));
        }
        if let Some(column) = map.find(log, Role::Status)? {
            roles.verdict = VerdictColumns::mapped(log, column);
        } else if map.get(Role::Status).is_none() {
            roles.verdict = VerdictColumns::find(log);
        }
        for (role, names) in ALIASES {
            if map.get(role).is_none() {
                roles.assign(log, role, names);
            }
        }
        Ok(roles)
    }

    pub(super) fn set_score(
        &mut self,
        log: &ExternalLog,
        map: &ColumnMap,
        score: usize,
        guess: Option<&'static str>,
    ) {
        (self.score, self.score_guess) = (score, guess);
        if map.get(Role::Hypothesis).is_none()
            && self.column(Role::Hypothesis).is_none()
            && let Some(column) = self.find_wordiest(log)
        {
            self.roles.push((Role::Hypothesis, column));
        }
        // A column cannot be the score and name the trial at once.
        let may_be_score = |role| matches!(role, Role::TrainSeconds | Role::TotalSeconds);
        self.roles
            .retain(|&(role, column)| column != score || may_be_score(role));
    }

    fn assign(&mut self, log: &ExternalLog, role: Role, names: &str) {
        for column in log.columns_in(names) {
            if !self.is_taken(column) && fits(log, role, column) {
                self.roles.push((role, column));
                return;
            }
        }
    }

    pub(super) fn column(&self, role: Role) -> Option<usize> {
        let (_, column) = self.roles.iter().find(|(other, _)| *other == role)?;
        Some(*column)
    }

    /// The role of a column, besides that of the score.
    pub(super) fn role_of(&self, column: usize) -> Option<Role> {
        let (role, _) = self.roles.iter().find(|(_, taken)| *taken == column)?;
        Some(*role)
    }

    pub(super) fn is_taken(&self, column: usize) -> bool {
        self.role_of(column).is_some()
            || self.verdict.column() == Some(column)
            || self.verdict.completion == Some(column)
    }

    /// The column with the most text among those without a role, if most of its cells are several words, all different.
    fn find_wordiest(&self, log: &ExternalLog) -> Option<usize> {
        let is_wordy = |column: usize| {
            let texts: HashSet<&str> = log.cells(column).filter(|cell| is_text(cell)).collect();
            texts.len() * 2 > log.cells(column).count()
        };
        let len = |column: usize| log.cells(column).map(str::len).sum::<usize>();
        (0..log.names.len())
            .filter(|&column| column != self.score && !self.is_taken(column) && is_wordy(column))
            .max_by_key(|&column| (len(column), Reverse(column)))
    }
}

/// Columns by which a row may name its parent: ids, even those that are repeated, and commits.
pub(super) fn key_columns(log: &ExternalLog) -> Vec<usize> {
    let mut columns = log.columns_in(COMMIT_NAMES);
    columns.extend(log.columns_in(aliases(Role::Id)));
    columns
}

/// Columns that can replace an empty hypothesis.
pub(super) fn text_columns(log: &ExternalLog) -> Vec<usize> {
    log.columns_in(aliases(Role::Hypothesis))
}

fn is_text(cell: &str) -> bool {
    let letters = cell.chars().filter(|c| c.is_alphabetic()).count();
    cell.contains(char::is_whitespace) && letters * 2 > cell.chars().count()
}

/// Whether the cells of a column can be what its name promises.
fn fits(log: &ExternalLog, role: Role, column: usize) -> bool {
    let mut cells = log.cells(column);
    match role {
        Role::Id => has_unique_ids(log, column),
        Role::Time => cells
            .next()
            .is_some_and(|cell| normalize_time(cell).is_some()),
        Role::TrainSeconds | Role::TotalSeconds => {
            cells.any(|cell| Number::value_of(cell).is_some())
        }
        Role::Hypothesis => cells.any(|cell| Number::value_of(cell).is_none()),
        _ => cells.next().is_some(),
    }
}

fn has_unique_ids(log: &ExternalLog, column: usize) -> bool {
    let mut seen = HashSet::new();
    for row in 0..log.rows.len() {
        match ExpId::parse(log.cell(row, column)) {
            Some(id) if id.may_be_new() && seen.insert(id.clone()) => {}
            _ => return false,
        }
    }
    !seen.is_empty()
}
