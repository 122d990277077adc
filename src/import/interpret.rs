//! What the columns of an external log mean: everything that is decided before its rows are translated.

use std::collections::HashMap;

use anyhow::{Result, bail};

use super::{
    ImportOptions, NOT_A_LOG,
    delimited::is_plausible,
    number::{is_empty_word, is_sentinel, parse_number, split_name},
    outcomes::{Outcome, VerdictColumns},
    profile::{Profiles, hash_id},
    roles::{Roles, find_parent_column, is_alias, key_columns, text_columns},
    score::{self, Choice, NameRank, describe_missing_score, is_minus_one, rank_name},
    table::{FileRow, Kind, Table},
    verdicts::VerdictKind,
};
use crate::log::{ExpId, Role, Status, normalize, normalize_name};

/// Columns that change from trial to trial and make a hypothesis, at most.
const MAX_SETTINGS: usize = 8;
const SETTING_PREFIXES: [&str; 6] = [
    "params_", "params.", "param_", "config.", "config/", "hparams.",
];
const COMMITS: &str = "commit hash short_hash sha";
/// Columns with the time at which a trial ended.
const END_NAMES: &str = "end_time ended_at finished_at datetime_complete completed_at";
const START_NAMES: &str = "start_time started_at datetime_start created_at";

/// A log of which every column is understood.
pub(super) struct Interpretation {
    pub(super) table: Table,
    pub(super) profiles: Profiles,
    pub(super) roles: Roles,
    pub(super) verdicts: VerdictColumns,
    pub(super) choice: Option<Choice>,
    pub(super) options: ImportOptions,
    /// Columns that can replace an empty hypothesis, and settings that can replace those.
    pub(super) texts: Vec<usize>,
    pub(super) settings: Vec<(usize, String)>,
    /// The column by which parents are named, if it is not that of the ids.
    pub(super) parent_key: Option<usize>,
    /// The first row with each cell of that column: its id.
    pub(super) first_ids: HashMap<u64, String>,
    /// Whether the words of the verdict say more than the statuses that they become.
    pub(super) loses_words: bool,
    /// Whether `core_metric` holds nothing but the score, as in lineage's own logs.
    pub(super) repeats_score: bool,
    /// Columns of the start and the end, if no column has the duration.
    pub(super) span: Option<(usize, usize)>,
    /// Whether -1 means "no score": no verdict tells which trials failed, and no other score is negative.
    pub(super) skips_minus_one: bool,
}

/// A row whose outcome is known.
pub(super) struct Trial {
    pub(super) outcome: Outcome,
    /// Text and value.
    pub(super) score: Option<(String, f64)>,
    pub(super) reading: Reading,
}

/// Why a trial has no score.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reading {
    Read,
    Blank,
    /// A word or a number that means "none".
    Emptied,
    Unparsed,
}

/// Names of columns that number the runs of a log. Other numbers, such as epochs, may be the same in several rows.
const RUN_NAMES: &str =
    "exp_id id trial_id trial run_id run experiment_id experiment_number exp number experiment";

impl Interpretation {
    /// The column whose numbers would be the ids, if some were not repeated.
    pub(super) fn repeated_ids(&self) -> Option<usize> {
        if self.roles.column(Role::Id).is_some() {
            return None;
        }
        let mut columns = self.table.columns_in(RUN_NAMES).into_iter();
        columns.find(|&column| {
            let profile = &self.profiles.columns[column];
            profile.numbers > 1 && profile.numbers == profile.filled
        })
    }

    pub(super) fn new(mut table: Table, options: &ImportOptions) -> Result<Self> {
        let parent = find_parent_column(&table, &options.map)?;
        let profiles = Profiles::read(&mut table, parent)?;
        if !is_plausible(&table, profiles.rows, profiles.regular) {
            bail!(NOT_A_LOG);
        }
        if table.first_cells.is_empty() && profiles.is_newest_first(&table) {
            table.reverse()?;
            let note = "newest first; reading from the end";
            table.notes.push(note.to_owned());
        }
        if table.declared.name.is_none() {
            table.declared.name = find_metric_name(&table, &profiles);
        }
        let verdicts = VerdictColumns::choose(&table, &profiles, options)?;
        let roles = Roles::find(&table, &profiles, &options.map, |column| {
            verdicts.is_taken(column)
        })?;
        table.kinds = find_kinds(&profiles, &roles, &verdicts);
        let mut all = Self {
            choice: None,
            texts: text_columns(&table),
            settings: Vec::new(),
            parent_key: None,
            first_ids: HashMap::new(),
            loses_words: false,
            repeats_score: false,
            span: None,
            skips_minus_one: false,
            options: options.clone(),
            table,
            profiles,
            roles,
            verdicts,
        };
        all.choose_score()?;
        all.relate_columns()?;
        Ok(all)
    }

    fn choose_score(&mut self) -> Result<()> {
        let Self {
            table,
            profiles,
            roles,
            verdicts,
            options,
            ..
        } = self;
        if profiles.rows == 0 && verdicts.verdict.is_none() {
            let has_score = table
                .names
                .iter()
                .any(|name| rank_name(name) < NameRank::Unknown);
            if !has_score && options.metric.is_none() && options.map.get(Role::Score).is_none() {
                bail!(describe_missing_score(table, profiles));
            }
        }
        self.choice = score::choose(table, profiles, roles, verdicts, options)?;
        if let Some(choice) = &self.choice {
            self.roles.release(choice.column);
            self.skips_minus_one = self.verdicts.verdict.is_none() && choice.has_only_minus_one;
        }
        Ok(())
    }

    /// Finds the ids, the parents and what stands for a hypothesis.
    fn relate_columns(&mut self) -> Result<()> {
        let parent = self.roles.column(Role::Parent);
        let keys = self.find_parent_keys(parent)?;
        let names = &self.table.names;
        let is_commit =
            |column: usize| crate::log::has_word(COMMITS, &normalize_name(&names[column]));
        if let Some(key) = keys.first().copied() {
            let may_be_id = self.profiles.columns[key].is_unique() && !is_commit(key);
            if may_be_id && self.options.map.get(Role::Id).is_none() {
                self.roles.set(Role::Id, key);
            }
            self.parent_key = Some(key).filter(|_| self.roles.column(Role::Id) != Some(key));
        }
        let is_mapped = self.options.map.get(Role::Hypothesis).is_some();
        if !is_mapped && self.roles.column(Role::Hypothesis).is_none() {
            let free = |column: usize| {
                Some(column) != self.score_column() && !self.verdicts.is_taken(column)
            };
            if let Some(column) = self.roles.find_wordiest(&self.profiles, free) {
                self.roles.columns.push((Role::Hypothesis, column));
            }
        }
        if !is_mapped {
            self.settings = self.find_settings();
        }
        self.prefer_hypothesis_to_name();
        let columns = |names| self.table.columns_in(names).first().copied();
        let span = columns(START_NAMES).zip(columns(END_NAMES));
        self.span = span.filter(|_| self.roles.column(Role::TotalSeconds).is_none());
        self.find_lost_words()
    }

    /// A name is an id only if something else says what was tried.
    fn prefer_hypothesis_to_name(&mut self) {
        let says_more = !self.settings.is_empty() || self.roles.column(Role::Hypothesis).is_some();
        if let Some(column) = self.roles.column(Role::Id)
            && !says_more
            && normalize_name(&self.table.names[column]) == "name"
            && self.options.map.is_empty()
            && self.roles.column(Role::Parent).is_none()
        {
            self.roles.set(Role::Hypothesis, column);
        }
    }

    /// The columns that hold the ids in the parent column, the one with the most first.
    fn find_parent_keys(&self, parent: Option<usize>) -> Result<Vec<usize>> {
        let Some(parent) = parent.filter(|_| !self.profiles.parents.is_empty()) else {
            return Ok(Vec::new());
        };
        let mut columns = key_columns(&self.table);
        let unique =
            (0..self.table.names.len()).filter(|&column| self.profiles.columns[column].is_unique());
        columns.extend(unique);
        columns.retain(|&column| column != parent);
        let mut hits: HashMap<usize, usize> = HashMap::new();
        self.table.for_each_row(|row| {
            for &column in &columns {
                let is_hit =
                    hash_id(row.cell(column)).is_some_and(|id| self.profiles.parents.contains(&id));
                *hits.entry(column).or_default() += usize::from(is_hit);
            }
        })?;
        columns.dedup();
        columns.retain(|column| hits[column] > 0);
        let id = self.roles.column(Role::Id);
        columns.sort_by_key(|column| (std::cmp::Reverse(hits[column]), Some(*column) != id));
        Ok(columns)
    }

    /// The columns with what was varied, and their short names.
    fn find_settings(&self) -> Vec<(usize, String)> {
        let names = &self.table.names;
        let strip = |name: &str| {
            let prefix = SETTING_PREFIXES
                .iter()
                .find(|prefix| name.starts_with(**prefix));
            prefix.map(|prefix| name[prefix.len()..].to_owned())
        };
        let is_free = |&column: &usize| {
            let is_used = self.roles.is_taken(column) || self.verdicts.is_taken(column);
            !is_used
                && Some(column) != self.score_column()
                && self.profiles.columns[column].is_varied()
        };
        let free: Vec<usize> = (0..names.len()).filter(is_free).collect();
        let prefixed = free
            .iter()
            .filter_map(|&column| Some((column, strip(&names[column])?)));
        let mut settings: Vec<(usize, String)> = prefixed.collect();
        if settings.is_empty() {
            let is_setting = |column: &usize| {
                let profile = &self.profiles.columns[*column];
                let is_word = profile.numbers == 0
                    && profile.text_len < profile.filled * 32
                    && !profile.is_unique();
                let rank = rank_name(&names[*column]);
                let name = normalize_name(&names[*column]);
                let is_cost = ["memory", "vram", "_gb", "_mb", "tokens"]
                    .iter()
                    .any(|word| name.contains(word));
                rank == NameRank::Setting && !is_cost
                    || is_word && rank == NameRank::Unknown && profile.times == 0
            };
            let found = free.into_iter().filter(is_setting);
            settings = found
                .map(|column| (column, names[column].clone()))
                .collect();
        }
        settings.truncate(MAX_SETTINGS);
        settings
    }

    /// Finds out whether columns say more than those of lineage that are filled from them.
    fn find_lost_words(&mut self) -> Result<()> {
        let verdict = self.verdicts.column();
        let core_metric = self.table.columns_named("core_metric").first().copied();
        let (mut loses_words, mut repeats_score) = (false, true);
        let (mut first_ids, mut index) = (HashMap::new(), 0);
        self.table.for_each_row(|row| {
            let trial = self.read_trial(row);
            if let Some(column) = verdict {
                loses_words |= normalize(row.cell(column)) != normalize(&trial.outcome.word);
            }
            let copy = core_metric.map_or("", |column| row.cell(column));
            repeats_score &= copy.is_empty() || copy == self.score_cell(row);
            if self.is_event(row, &trial) {
                return;
            }
            if let Some(key) = self.parent_key.and_then(|key| hash_id(row.cell(key))) {
                first_ids
                    .entry(key)
                    .or_insert_with(|| self.id_of(row, index));
            }
            index += 1;
        })?;
        (self.loses_words, self.repeats_score) = (loses_words, repeats_score);
        self.first_ids = first_ids;
        Ok(())
    }

    /// The id of a row, which is its number if no column has one.
    pub(super) fn id_of(&self, row: &FileRow, index: u64) -> String {
        match self.roles.column(Role::Id) {
            Some(column) => row.cell(column).to_owned(),
            None => ExpId::Number(index).to_string(),
        }
    }

    pub(super) fn score_column(&self) -> Option<usize> {
        self.choice.as_ref().map(|choice| choice.column)
    }

    pub(super) fn score_cell<'r>(&self, row: &'r FileRow) -> &'r str {
        self.score_column().map_or("", |column| row.cell(column))
    }

    pub(super) fn verdict_cell<'r>(&self, row: &'r FileRow) -> &'r str {
        self.verdicts.column().map_or("", |column| row.cell(column))
    }

    pub(super) fn metric(&self) -> &str {
        self.score_column()
            .map_or("core_metric", |column| &self.table.names[column])
    }

    pub(super) fn has_verdict(&self) -> bool {
        self.verdicts.verdict.is_some()
    }

    pub(super) fn verdict_kind(&self) -> VerdictKind {
        self.verdicts
            .verdict
            .map_or(VerdictKind::Words, |(_, kind)| kind)
    }

    /// The trial of a row.
    pub(super) fn read_trial(&self, row: &FileRow) -> Trial {
        let cell = self.score_cell(row);
        let mut outcome = self.verdicts.outcome(row, cell, &self.options);
        let (score, reading) = self.read_score(cell, outcome.status);
        if !self.has_verdict() && outcome.word.is_empty() && score.is_some() {
            outcome = Outcome::new(Status::Keep);
        }
        Trial {
            outcome,
            score,
            reading,
        }
    }

    fn read_score(&self, cell: &str, status: Status) -> (Option<(String, f64)>, Reading) {
        let has_failed = status.is_failure() || status.is_ignored();
        let number = self
            .choice
            .as_ref()
            .and_then(|choice| choice.format.parse(cell));
        match number {
            Some((_, value)) if has_failed && is_sentinel(value) => (None, Reading::Emptied),
            Some((_, value)) if self.skips_minus_one && is_minus_one(value) => {
                (None, Reading::Emptied)
            }
            Some(score) => (Some(score), Reading::Read),
            None if cell.is_empty() => (None, Reading::Blank),
            None if is_empty_word(cell) => (None, Reading::Emptied),
            None => (None, Reading::Unparsed),
        }
    }

    /// Whether a row is not a trial: it has neither a score nor a verdict and is short, or has no id and no hypothesis and is
    /// mostly blank.
    pub(super) fn is_event(&self, row: &FileRow, trial: &Trial) -> bool {
        if trial.score.is_some() || !trial.outcome.word.is_empty() {
            return false;
        }
        let is_blank = |column: usize| row.cell(column).is_empty();
        let is_unnamed = [Role::Id, Role::Hypothesis]
            .into_iter()
            .all(|role| self.roles.column(role).is_none_or(is_blank));
        let filled = (0..row.cells.len())
            .filter(|&column| !is_blank(column))
            .count();
        row.is_short || is_unnamed && filled * 2 < row.cells.len()
    }
}

impl Profiles {
    /// Whether times fall from row to row, or without times the numbers of the trials.
    fn is_newest_first(&self, table: &Table) -> bool {
        let is_time = |column: &usize| is_alias(Role::Time, &normalize_name(&table.names[*column]));
        let times = (0..table.names.len()).filter(is_time);
        let moves = times
            .map(|column| &self.columns[column])
            .find(|profile| profile.times > 1);
        moves.is_some_and(|profile| profile.falling > 0 && profile.rising * 20 < profile.falling)
    }
}

/// The metric that every row names: in a column of its own, or beside the number (`val_loss=2.5`).
fn find_metric_name(table: &Table, profiles: &Profiles) -> Option<String> {
    let is_name = |column: &usize| {
        let profile = &profiles.columns[*column];
        profile.filled > 0 && profile.numbers == 0 && !profile.is_varied()
    };
    let names = table.columns_in("metric metric_name primary_metric");
    if let Some(column) = names.into_iter().find(is_name) {
        return Some(profiles.columns[column].first.clone());
    }
    let scores = table.columns_in("metric score result value");
    let mut cells = scores.iter().map(|&column| &profiles.columns[column].first);
    let (name, _) = cells.find_map(|cell| split_name(cell))?;
    Some(name.to_owned())
}

/// What each column holds, to fit ragged rows.
fn find_kinds(profiles: &Profiles, roles: &Roles, verdicts: &VerdictColumns) -> Vec<Kind> {
    let kind = |column: usize| {
        let profile = &profiles.columns[column];
        let is_text = [Role::Hypothesis, Role::Notes]
            .iter()
            .any(|role| roles.column(*role) == Some(column));
        match verdicts.verdict {
            Some((verdict, VerdictKind::Words)) if verdict == column => Kind::Verdict,
            _ if is_text => Kind::Text,
            _ if profile.is_numeric() && parse_number(&profile.first).is_some() => Kind::Number,
            _ => Kind::Other,
        }
    };
    (0..profiles.columns.len()).map(kind).collect()
}
