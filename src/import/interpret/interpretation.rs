//! What the columns of an external log mean: everything that is decided before its rows are translated.

use std::collections::HashMap;

use anyhow::Result;

use super::{
    choice::Choice,
    columns::{Column, Columns, hash_id},
    outcomes::{Outcome, VerdictColumns},
    roles::{Roles, find_parent_column, find_wordiest},
    stated::{find_direction, find_metric_name},
};
use crate::{
    import::{
        ImportOptions,
        parse::{align::Kind, spool::FileRow, table::Table},
        words::{
            names::{COMMIT_NAMES, NameRank, aliases},
            number::{is_empty_word, is_sentinel, parse_number},
            verdicts::VerdictKind,
        },
    },
    log::{Direction, ExpId, Role, Status, has_word, normalize_name},
};

/// Columns that change from trial to trial and make a hypothesis, at most.
const MAX_SETTINGS: usize = 8;
const SETTING_PREFIXES: [&str; 6] = [
    "params_", "params.", "param_", "config.", "config/", "hparams.",
];
/// What a trial has used is not what was tried.
const COSTS: [&str; 5] = ["memory", "vram", "_gb", "_mb", "tokens"];
/// Columns with the time at which a trial ended.
const END_NAMES: &str = "end_time ended_at finished_at datetime_complete completed_at";
const START_NAMES: &str = "start_time started_at datetime_start created_at";
/// Columns that number the runs of a log. Other numbers, such as epochs, may be the same in several rows.
const RUN_NAMES: &str = "exp_id id trial_id trial run_id run experiment_id experiment_number exp number experiment \
     iteration iter step n num";

/// A log of which every column is understood.
pub(crate) struct Interpretation {
    pub(crate) table: Table,
    pub(crate) columns: Columns,
    pub(crate) roles: Roles,
    pub(crate) verdicts: VerdictColumns,
    pub(crate) choice: Option<Choice>,
    pub(crate) options: ImportOptions,
    /// Columns that can replace an empty hypothesis, and settings that can replace those.
    pub(crate) texts: Vec<usize>,
    pub(crate) settings: Vec<(usize, String)>,
    /// The column by which parents are named, if it is not that of the ids.
    pub(crate) parent_key: Option<usize>,
    /// Columns of the start and the end, if no column has the duration.
    pub(crate) span: Option<(usize, usize)>,
}

/// A row whose outcome is known.
pub(crate) struct RowOutcome {
    pub(crate) outcome: Outcome,
    /// Text and value.
    pub(crate) score: Option<(String, f64)>,
    pub(crate) reading: Reading,
}

/// What the cell of the score holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reading {
    /// A number.
    Read,
    Blank,
    /// A word or a number that means "none".
    Emptied,
    Unparsed,
}

impl Interpretation {
    pub(crate) fn new(mut table: Table, options: &ImportOptions) -> Result<Self> {
        let parent = find_parent_column(&table, &options.map)?;
        let columns = Columns::read(&table, parent)?;
        if table.first_cells.is_empty() && columns.are_newest_first(&table) {
            table.rows.is_reversed = true;
            let note = "newest first; reading from the end";
            table.notes.push(note.to_owned());
        }
        if table.declared.name.is_none() {
            table.declared.name = find_metric_name(&table, &columns);
        }
        if table.declared.direction.is_none() {
            table.declared.direction = find_direction(&table, &columns);
        }
        let verdicts = VerdictColumns::choose(&table, &columns, options)?;
        let is_verdict = |column| verdicts.is_taken(column);
        let roles = Roles::find(&table, &columns, &options.map, is_verdict)?;
        let mut log = Self {
            choice: None,
            texts: table.columns_in(aliases(Role::Hypothesis)),
            settings: Vec::new(),
            parent_key: None,
            span: None,
            options: options.clone(),
            table,
            columns,
            roles,
            verdicts,
        };
        if log.table.wide.count > 0 {
            let kinds: Vec<Kind> = (0..log.columns.all.len()).map(|at| log.kind(at)).collect();
            log.table.fit_wide_rows(&kinds)?;
            let width = log.table.names.len();
            log.columns.all.resize_with(width, Column::default);
        }
        Ok(log)
    }

    /// What a column holds, to fit rows with too many cells.
    fn kind(&self, at: usize) -> Kind {
        let column = &self.columns.all[at];
        let role = self.roles.role_of(at);
        if self.verdicts.verdict == Some((at, VerdictKind::Words)) {
            Kind::Verdict
        } else if matches!(role, Some(Role::Hypothesis | Role::Notes)) {
            Kind::Text
        } else if column.is_numeric() && parse_number(&column.first).is_some() {
            Kind::Number
        } else {
            Kind::Other
        }
    }

    /// Settles the score, and then the roles that are left.
    pub(crate) fn settle(&mut self, choice: Option<Choice>) {
        if let Some(choice) = &choice {
            self.roles.release(choice.column);
        }
        self.choice = choice;
        self.relate_columns();
    }

    /// Finds the ids, the parents and what stands for a hypothesis.
    fn relate_columns(&mut self) {
        let map = &self.options.map;
        if let Some(key) = self.find_parent_key() {
            let name = normalize_name(&self.table.names[key]);
            let is_commit = has_word(COMMIT_NAMES, &name) && name != "name";
            if self.columns.all[key].is_unique() && !is_commit && map.get(Role::Id).is_none() {
                self.roles.set(Role::Id, key);
            }
            self.parent_key = Some(key).filter(|_| self.roles.column(Role::Id) != Some(key));
        }
        if map.get(Role::Hypothesis).is_none() {
            let is_free = |at: usize| !self.is_used(at);
            if let Some(column) = find_wordiest(&self.columns, is_free)
                && !self.roles.has(Role::Hypothesis)
            {
                self.roles.set(Role::Hypothesis, column);
            }
            self.settings = self.find_settings();
        }
        self.prefer_hypothesis_to_name();
        let first = |names| self.table.columns_in(names).first().copied();
        let span = first(START_NAMES).zip(first(END_NAMES));
        self.span = span.filter(|_| !self.roles.has(Role::TotalSeconds));
    }

    fn is_used(&self, at: usize) -> bool {
        self.roles.is_taken(at) || self.verdicts.is_taken(at) || self.score_column() == Some(at)
    }

    /// A name is an id only if something else says what was tried.
    fn prefer_hypothesis_to_name(&mut self) {
        let says_more = !self.settings.is_empty() || self.roles.has(Role::Hypothesis);
        if let Some(column) = self.roles.column(Role::Id)
            && !says_more
            && normalize_name(&self.table.names[column]) == "name"
            && self.options.map.is_empty()
            && !self.roles.has(Role::Parent)
        {
            self.roles.set(Role::Hypothesis, column);
        }
    }

    /// The column that holds the most of the ids in the parent column.
    pub(crate) fn find_parent_key(&self) -> Option<usize> {
        let parent = self.roles.column(Role::Parent)?;
        let id = self.roles.column(Role::Id);
        let mut best = (0, false, None);
        for (at, column) in self.columns.all.iter().enumerate().rev() {
            let Some(ids) = column.ids.as_ref().filter(|_| at != parent) else {
                continue;
            };
            let hits = self.columns.parents.intersection(ids).count();
            if (hits, id == Some(at)) >= (best.0, best.1) && hits > 0 {
                best = (hits, id == Some(at), Some(at));
            }
        }
        best.2
    }

    /// The columns with what was varied, and their short names.
    fn find_settings(&self) -> Vec<(usize, String)> {
        let mut prefixed = Vec::new();
        let mut others = Vec::new();
        for (at, name) in self.table.names.iter().enumerate() {
            let column = &self.columns.all[at];
            if self.is_used(at) || !column.is_varied() {
                continue;
            }
            let prefix = SETTING_PREFIXES
                .iter()
                .find(|prefix| name.starts_with(**prefix));
            if let Some(prefix) = prefix {
                prefixed.push((at, name[prefix.len()..].to_owned()));
            } else if is_setting(column, &normalize_name(name)) {
                others.push((at, name.clone()));
            }
        }
        let mut settings = if prefixed.is_empty() {
            others
        } else {
            prefixed
        };
        settings.truncate(MAX_SETTINGS);
        settings
    }

    /// The column whose numbers would be the ids, if some were not repeated.
    pub(crate) fn repeated_ids(&self) -> Option<usize> {
        let mut columns = self.table.columns_in(RUN_NAMES).into_iter();
        columns.find(|&at| !self.roles.has(Role::Id) && self.columns.all[at].has_repeated_ids())
    }

    /// The id of a row, which is its number if no column has one.
    pub(crate) fn id_of(&self, row: &FileRow, index: u64) -> String {
        match self.roles.column(Role::Id) {
            Some(column) => row.cell(column).to_owned(),
            None => ExpId::Number(index).to_string(),
        }
    }

    /// The first row with each cell of the column that names parents: its id. A parent may be below its children.
    pub(crate) fn first_ids(&self) -> Result<HashMap<u64, String>> {
        let (mut ids, mut index) = (HashMap::new(), 0);
        let Some(column) = self.parent_key else {
            return Ok(ids);
        };
        self.table.for_each_row(|row| {
            if self.is_event(row, &self.read(row)) {
                return;
            }
            if let Some(key) = hash_id(row.cell(column)) {
                ids.entry(key).or_insert_with(|| self.id_of(row, index));
            }
            index += 1;
        })?;
        Ok(ids)
    }

    pub(crate) fn score_column(&self) -> Option<usize> {
        self.choice.as_ref().map(|choice| choice.column)
    }

    pub(crate) fn score_cell<'r>(&self, row: &'r FileRow) -> &'r str {
        self.score_column().map_or("", |column| row.cell(column))
    }

    pub(crate) fn verdict_cell<'r>(&self, row: &'r FileRow) -> &'r str {
        self.verdicts.column().map_or("", |column| row.cell(column))
    }

    pub(crate) fn metric(&self) -> &str {
        self.score_column()
            .map_or("core_metric", |column| &self.table.names[column])
    }

    pub(crate) fn direction(&self) -> Direction {
        let choice = self.choice.as_ref();
        choice.map_or(Direction::Minimize, |choice| choice.direction)
    }

    pub(crate) fn has_verdict(&self) -> bool {
        self.verdicts.verdict.is_some()
    }

    /// The outcome and the score of a row.
    pub(crate) fn read(&self, row: &FileRow) -> RowOutcome {
        let cell = self.score_cell(row);
        let mut outcome = self.verdicts.outcome(row, cell, &self.options);
        let (score, reading) = self.read_score(cell, outcome.status);
        if !self.has_verdict() && outcome.word.is_empty() && score.is_some() {
            outcome = Outcome::new(Status::Keep);
        }
        RowOutcome {
            outcome,
            score,
            reading,
        }
    }

    fn read_score(&self, cell: &str, status: Status) -> (Option<(String, f64)>, Reading) {
        let has_failed = status.is_failure() || status.is_ignored();
        let choice = self.choice.as_ref();
        let reading = match choice.and_then(|choice| choice.format.parse(cell)) {
            Some((_, value)) if has_failed && is_sentinel(value) => Reading::Emptied,
            Some(score) => return (Some(score), Reading::Read),
            None if cell.is_empty() => Reading::Blank,
            None if is_empty_word(cell) => Reading::Emptied,
            None => Reading::Unparsed,
        };
        (None, reading)
    }

    /// Whether a row is not a trial: it has neither a score nor a verdict and is short, or has no id and no hypothesis and is
    /// mostly blank.
    pub(crate) fn is_event(&self, row: &FileRow, read: &RowOutcome) -> bool {
        if read.score.is_some() || !read.outcome.word.is_empty() {
            return false;
        }
        let is_blank = |role| {
            self.roles
                .column(role)
                .is_none_or(|column| row.cell(column).is_empty())
        };
        let is_unnamed = is_blank(Role::Id) && is_blank(Role::Hypothesis);
        let filled = row
            .cells
            .iter()
            .filter(|cell| !cell.trim().is_empty())
            .count();
        row.is_short || is_unnamed && filled * 2 < self.table.names.len()
    }
}

/// Whether a column holds something that was set: its name or its words say so.
fn is_setting(column: &Column, name: &str) -> bool {
    let has_words = column.numbers == 0 && column.times == 0;
    let is_short = column.text_len < column.filled * 32;
    let is_word = has_words && is_short && !column.is_unique();
    let is_cost = COSTS.iter().any(|word| name.contains(word));
    let is_set = matches!(column.rank, NameRank::Setting | NameRank::Parameter);
    is_set && !is_cost || column.rank == NameRank::Unknown && is_word
}
