//! Which column has which role: by `--map`, else by its name if its cells fit.

use std::{cmp::Reverse, str::FromStr};

use anyhow::{Context as _, Error, Result, bail};

use super::columns::{Column, Columns};
use crate::{
    import::{
        parse::table::Table,
        words::names::{ALIASES, aliases},
    },
    log::{Role, has_word, normalize},
    text::Usage,
};

/// The roles that `--map` advertises. It accepts every alias.
const MAP_ROLES: &str = "id, time, agent, parent, domain, hypothesis, verdict, score, notes, keep";

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
        let (_, column) = self.roles.iter().find(|(other, _)| *other == role)?;
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
    pub(crate) fn keeps(&self, word: &str) -> bool {
        !word.is_empty() && self.keep_words.contains(&normalize(word))
    }

    /// The column of the log that the map names for a role.
    pub(crate) fn find(&self, table: &Table, role: Role) -> Result<Option<usize>> {
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
            let Some((word, column)) = pair.split_once('=') else {
                bail!("'{pair}' is not ROLE=COLUMN");
            };
            let (word, column) = (word.trim(), column.trim());
            if normalize(word) == "keep" {
                map.keep_words.push(normalize(column));
                continue;
            }
            let role = parse_role(word)?;
            if map.get(role).is_some() {
                bail!("the role '{word}' is given twice; give each role one column");
            }
            map.roles.push((role, column.to_owned()));
        }
        Ok(map)
    }
}

fn parse_role(text: &str) -> Result<Role> {
    let word = normalize(text);
    match &*word {
        "verdict" | "status" => return Ok(Role::Status),
        "score" => return Ok(Role::Score),
        _ => {}
    }
    let is_own = |(_, names): &&(Role, &str)| names.split(' ').next() == Some(&word);
    let own = ALIASES.iter().find(is_own);
    let known = own.or_else(|| ALIASES.iter().find(|(_, names)| has_word(names, &word)));
    let (role, _) =
        known.with_context(|| format!("unknown role '{word}'; use one of: {MAP_ROLES}"))?;
    Ok(*role)
}

pub(crate) fn find_column(table: &Table, name: &str, source: &str) -> Result<usize> {
    if let Some(column) = table.find(name) {
        return Ok(column);
    }
    if !table.segments.is_empty() {
        bail!(
            "no column '{name}' ({source}) in {}; choose another segment with --segment, or import this one --into another store",
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
pub(crate) struct Roles {
    columns: Vec<(Role, usize)>,
}

impl Roles {
    pub(crate) fn find(
        table: &Table,
        columns: &Columns,
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
            let mut named = table.columns_in(names).into_iter();
            let found = named.find(|&column| {
                let is_free = roles.role_of(column).is_none() && !is_verdict(column);
                is_free && fits(role, &columns.all[column])
            });
            roles.columns.extend(found.map(|column| (role, column)));
        }
        Ok(roles)
    }

    pub(crate) fn set(&mut self, role: Role, column: usize) {
        self.columns
            .retain(|&(other, taken)| other != role && taken != column);
        self.columns.push((role, column));
    }

    /// Takes the score from other roles. It may be the duration at once.
    pub(crate) fn release(&mut self, score: usize) {
        let may_be_score = |role| matches!(role, Role::TrainSeconds | Role::TotalSeconds);
        self.columns
            .retain(|&(role, column)| column != score || may_be_score(role));
    }

    pub(crate) fn column(&self, role: Role) -> Option<usize> {
        let (_, column) = self.columns.iter().find(|(other, _)| *other == role)?;
        Some(*column)
    }

    pub(crate) fn role_of(&self, column: usize) -> Option<Role> {
        let (role, _) = self.columns.iter().find(|(_, taken)| *taken == column)?;
        Some(*role)
    }

    pub(crate) fn is_taken(&self, column: usize) -> bool {
        self.role_of(column).is_some()
    }

    pub(crate) fn has(&self, role: Role) -> bool {
        self.column(role).is_some()
    }
}

/// The column with the most text among those that are free, if most of its cells are several words.
pub(crate) fn find_wordiest(columns: &Columns, is_free: impl Fn(usize) -> bool) -> Option<usize> {
    let is_wordy = |&at: &usize| {
        let column = &columns.all[at];
        column.texts * 2 > column.filled && column.is_varied() && is_free(at)
    };
    let wordy = (0..columns.all.len()).filter(is_wordy);
    wordy.max_by_key(|&at| (columns.all[at].text_len, Reverse(at)))
}

/// The column that names parents, before anything else is known.
pub(crate) fn find_parent_column(table: &Table, map: &ColumnMap) -> Result<Option<usize>> {
    let mapped = map.find(table, Role::Parent)?;
    let named = table.columns_in(aliases(Role::Parent));
    Ok(mapped.or(named.first().copied()))
}

/// Whether the cells of a column can be what its name promises.
fn fits(role: Role, column: &Column) -> bool {
    match role {
        Role::Id => column.is_unique(),
        Role::Time => column.times > 0,
        Role::TrainSeconds | Role::TotalSeconds => column.durations > 0,
        Role::Hypothesis | Role::Notes => column.filled > column.numbers,
        _ => column.filled > 0,
    }
}
