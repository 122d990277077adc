//! Which column has which role: by `--map`, else by its name if its cells fit.

use std::{cmp::Reverse, str::FromStr};

use anyhow::{Context as _, Error, Result, bail};

use super::{
    profile::{Profile, Profiles},
    table::Table,
};
use crate::log::{Role, has_word, normalize};
use crate::text::Usage;

/// The names of each role's column, the best first: the first column that fits is used, and each column once. The first
/// name is lineage's own.
#[rustfmt::skip]
const ALIASES: [(Role, &str); 13] = [
    (Role::Id, "exp_id id trial_id trial trial_number run_id run candidate_id child_id experiment_id experiment_number \
        exp iteration iter attempt round question_id node_id node step global_step epoch index idx no num number \
        version experiment generation name"),
    (Role::Time, "timestamp time datetime date ts created_at created timestamp_utc time_utc utc finished_at ended_at \
        started_at start_time datetime_start ctime"),
    (Role::Specialist, "specialist agent agent_id agent_name worker author proposer who researcher user"),
    (Role::Parent, "parent_exp parent parent_id parent_run parent_commit parent_name parent_version based_on base_commit"),
    (Role::Domain, "domain action category area axis family component knob"),
    (Role::Hypothesis, "hypothesis description desc summary change changes idea proposal diff patch edit plan title \
        experiment experiment_name run_name name config note notes comment"),
    (Role::Notes, "notes note comment comments remarks details rollback_reason evidence analysis error reason"),
    (Role::TrainSeconds, "train_s train_seconds training_seconds train_time_s train_time training_time"),
    (Role::TotalSeconds, "total_s total_seconds duration_s duration duration_sec duration_seconds elapsed_s elapsed \
        runtime_s runtime wall_s wall_time wall_time_s exec_time seconds duration_min minutes duration_ms"),
    (Role::Expected, "expected_delta"),
    (Role::Baseline, "baseline_exp"),
    (Role::Job, "job_name job job_id"),
    (Role::Snapshot, "snapshot_path"),
];

/// The roles that `--map` advertises. It accepts every alias.
const MAP_ROLES: &str = "id, time, agent, parent, domain, hypothesis, verdict, score, notes, keep";

/// Columns of commits, by which a parent may be named.
const COMMIT_NAMES: &str = "commit hash short_hash sha name rev";

fn aliases(role: Role) -> &'static str {
    let row = ALIASES.iter().find(|(other, _)| *other == role);
    row.map_or("status", |(_, names)| names)
}

/// The name of lineage's own column for a role.
pub(super) fn standard_name(role: Role) -> &'static str {
    let mut names = aliases(role).split(' ');
    names.next().unwrap_or_default()
}

pub(super) fn is_alias(role: Role, name: &str) -> bool {
    has_word(aliases(role), name)
}

/// Whether a normalized name is a known name of a role other than the verdict and the score.
pub(super) fn is_known_name(name: &str) -> bool {
    has_word(COMMIT_NAMES, name) || ALIASES.iter().any(|(_, names)| has_word(names, name))
}

/// Which column has which role, as `--map` states it: `score=loss,verdict=outcome`. An empty column stands for none.
/// `keep=WORD` makes a word of the verdict a keep.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ColumnMap {
    roles: Vec<(Role, String)>,
    keep_words: Vec<String>,
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
        self.text.trim_matches([' ', ',']).is_empty()
    }

    /// The map as it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether `keep=WORD` names this word.
    pub(super) fn keeps(&self, word: &str) -> bool {
        let word = normalize(word);
        self.keep_words.contains(&word)
    }

    /// The column of the log that the map names for a role.
    pub(super) fn find(&self, table: &Table, role: Role) -> Result<Option<usize>> {
        match self.get(role) {
            None | Some("") => Ok(None),
            Some(name) => find_column(table, name, "--map or lineage.toml").map(Some),
        }
    }
}

impl FromStr for ColumnMap {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let mut map = Self {
            text: text.to_owned(),
            ..Self::default()
        };
        for pair in text.split(',').filter(|pair| !pair.trim().is_empty()) {
            let Some((role, column)) = pair.split_once('=') else {
                bail!("'{pair}' is not ROLE=COLUMN");
            };
            let column = column.trim();
            if normalize(role) == "keep" {
                map.keep_words.push(normalize(column));
            } else {
                let (word, role) = (role.trim(), parse_role(role)?);
                if map.roles.iter().any(|(other, _)| *other == role) {
                    bail!("the role '{word}' is given twice; give each role one column");
                }
                map.roles.push((role, column.to_owned()));
            }
        }
        Ok(map)
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

pub(super) fn find_column(table: &Table, name: &str, source: &str) -> Result<usize> {
    if let Some(column) = table.find(name) {
        return Ok(column);
    }
    if !table.segments.is_empty() {
        bail!(
            "no column '{name}' ({source}) in {}; read another with --segment, or import this one --into another store",
            table.segments
        );
    }
    let names = table.names.join(" ");
    let message = format!("no column '{name}' ({source}); the columns are: {names}");
    if source.starts_with("--") {
        bail!(Usage(message));
    }
    bail!(message)
}

/// The columns of the roles besides the verdict and the score.
#[derive(Default)]
pub(super) struct Roles {
    pub(super) columns: Vec<(Role, usize)>,
}

impl Roles {
    /// Finds every role but the id, which `set_id` adds.
    pub(super) fn find(
        table: &Table,
        profiles: &Profiles,
        map: &ColumnMap,
        is_verdict: impl Fn(usize) -> bool,
    ) -> Result<Self> {
        let mut roles = Self::default();
        for (role, _) in ALIASES {
            let column = map.find(table, role)?;
            roles.columns.extend(column.map(|column| (role, column)));
        }
        for (role, names) in ALIASES {
            if map.get(role).is_some() {
                continue;
            }
            let mut columns = table.columns_in(names).into_iter();
            let found = columns.find(|&column| {
                !roles.is_taken(column)
                    && !is_verdict(column)
                    && fits(role, &profiles.columns[column])
            });
            roles.columns.extend(found.map(|column| (role, column)));
        }
        Ok(roles)
    }

    pub(super) fn set(&mut self, role: Role, column: usize) {
        self.columns
            .retain(|&(other, taken)| other != role && taken != column);
        self.columns.push((role, column));
    }

    /// Takes the score from other roles. It may be the duration at once.
    pub(super) fn release(&mut self, score: usize) {
        let may_be_score = |role| matches!(role, Role::TrainSeconds | Role::TotalSeconds);
        self.columns
            .retain(|&(role, column)| column != score || may_be_score(role));
    }

    pub(super) fn column(&self, role: Role) -> Option<usize> {
        let (_, column) = self.columns.iter().find(|(other, _)| *other == role)?;
        Some(*column)
    }

    pub(super) fn role_of(&self, column: usize) -> Option<Role> {
        let (role, _) = self.columns.iter().find(|(_, taken)| *taken == column)?;
        Some(*role)
    }

    pub(super) fn is_taken(&self, column: usize) -> bool {
        self.role_of(column).is_some()
    }

    /// The column with the most text among those that are free, if most of its cells are several words.
    pub(super) fn find_wordiest(
        &self,
        profiles: &Profiles,
        is_free: impl Fn(usize) -> bool,
    ) -> Option<usize> {
        let is_wordy = |column: &usize| {
            let profile = &profiles.columns[*column];
            profile.texts * 2 > profile.filled && profile.is_varied()
        };
        let free =
            (0..profiles.columns.len()).filter(|&column| !self.is_taken(column) && is_free(column));
        free.filter(is_wordy)
            .max_by_key(|&column| (profiles.columns[column].text_len, Reverse(column)))
    }
}

/// The column that names parents, before anything else is known.
pub(super) fn find_parent_column(table: &Table, map: &ColumnMap) -> Result<Option<usize>> {
    let mapped = map.find(table, Role::Parent)?;
    let named = table.columns_in(aliases(Role::Parent));
    Ok(mapped.or(named.first().copied()))
}

/// Columns by which a row may name its parent: ids, even those that are repeated, and commits.
pub(super) fn key_columns(table: &Table) -> Vec<usize> {
    let mut columns = table.columns_in(COMMIT_NAMES);
    columns.extend(table.columns_in(aliases(Role::Id)));
    columns
}

/// Columns that can replace an empty hypothesis.
pub(super) fn text_columns(table: &Table) -> Vec<usize> {
    table.columns_in(aliases(Role::Hypothesis))
}

/// Whether the cells of a column can be what its name promises.
fn fits(role: Role, profile: &Profile) -> bool {
    match role {
        Role::Id => profile.is_unique(),
        Role::Time => profile.times > 0,
        Role::TrainSeconds | Role::TotalSeconds => profile.durations > 0,
        Role::Hypothesis | Role::Notes => profile.filled > profile.numbers,
        _ => profile.filled > 0,
    }
}
