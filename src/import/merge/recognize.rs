//! Recognizes the rows of a file that a store has imported before, whatever their columns were taken for then and whatever
//! was corrected in the store since.

use std::{
    collections::{BTreeMap, HashMap, HashSet, VecDeque},
    hash::Hash,
};

use super::{
    evidence::Evidence,
    origin::{RowOrigin, SOURCE_COLUMN},
    rows::FittedRow,
};
use crate::log::{ExpId, Role, Schema};

/// Columns that follow from a trial's place in the log, or from its import, and do not identify it.
const PLACE_COLUMNS: [&str; 6] = [
    "exp_id",
    "parent_exp",
    "baseline_exp",
    "delta_vs_best",
    "snapshot_path",
    SOURCE_COLUMN,
];

/// How many rows decide whether a file repeats trials of the store.
const MAX_SAMPLE: usize = 1000;

/// With how many trials a row is compared that is not in the store as it is.
const MAX_CANDIDATES: usize = 100;

/// What a row of a file is to the store.
pub(super) enum RowMatch {
    New(RowOrigin),
    /// New, but perhaps a trial of this index whose own row is gone from the file.
    Doubtful(RowOrigin, usize),
    /// The index of its trial.
    Existing(usize),
    /// The index of its trial; the row was changed since it was imported.
    Changed(usize),
}

/// Finds the trials of a store that are the rows of a file.
pub(super) struct Recognizer<'a> {
    pub(super) rows: &'a [FittedRow],
    pub(super) trials: &'a [FittedRow],
    pub(super) schema: &'a Schema,
    /// Whether the file has ids.
    pub(super) has_ids: bool,
    /// Whether the file is a log of lineage, of which nothing is guessed.
    pub(super) is_own: bool,
    /// Whether every row is new that is not equal to a trial.
    pub(super) as_new: bool,
}

/// The trial of each row, and the trials that have a row.
#[derive(Default)]
struct Pairs {
    trials: HashMap<usize, usize>,
    taken: HashSet<usize>,
}

impl Pairs {
    fn add(&mut self, row: usize, trial: usize) {
        self.trials.insert(row, trial);
        self.taken.insert(trial);
    }

    /// Pairs a row that has no trial with the first of these trials that has no row.
    fn add_first(&mut self, row: usize, trials: Option<&mut VecDeque<usize>>) {
        let Some(trials) = trials.filter(|_| !self.trials.contains_key(&row)) else {
            return;
        };
        while let Some(trial) = trials.pop_front() {
            if !self.taken.contains(&trial) {
                return self.add(row, trial);
            }
        }
    }
}

impl Recognizer<'_> {
    /// What each row is to the store.
    pub(super) fn recognize(&self) -> Vec<RowMatch> {
        let existing = self.find_existing();
        let found = existing.trials.values();
        let file = most_common(found.filter_map(|&at| self.trials[at].file()));
        let changed = file.filter(|_| !self.as_new);
        let changed = changed.map(|file| self.find_changed(&existing, file));
        let (changed, doubtful) = changed.unwrap_or_default();
        let all = self.trials.iter().chain(self.rows);
        let last_file = all.filter_map(FittedRow::file).max();
        let file = file.unwrap_or(last_file.unwrap_or(0) + 1);
        let rows = self.rows.iter().enumerate();
        rows.map(|(at, row)| {
            if let Some(&trial) = existing.trials.get(&at) {
                return self.match_existing(row, trial);
            }
            if let Some(&trial) = changed.trials.get(&at) {
                return RowMatch::Changed(trial);
            }
            let origin = self.origin_of(row, file);
            match doubtful.trials.get(&at) {
                Some(&trial) => RowMatch::Doubtful(origin, trial),
                None => RowMatch::New(origin),
            }
        })
        .collect()
    }

    /// A row that was amended in its own store has changed, unless its trial has the same cells.
    fn match_existing(&self, row: &FittedRow, at: usize) -> RowMatch {
        let trial = &self.trials[at];
        if was_amended(trial, row) && self.identity(row) != self.identity(trial) {
            return RowMatch::Changed(at);
        }
        RowMatch::Existing(at)
    }

    /// A copy of a store preserves what it knows; another store, where the trial was made, as it was before any amendment.
    fn origin_of(&self, row: &FittedRow, file: u64) -> RowOrigin {
        let mut origin = row.origin.clone().unwrap_or(RowOrigin {
            file,
            fingerprint: row.former.first().copied().unwrap_or(row.fingerprint),
            source: String::new(),
        });
        if !self.trials.is_empty() {
            origin.file = file;
        }
        origin
    }

    /// Pairs each row with its trial: one imported from the same row or the row itself, before or after an amendment, else one
    /// with the same cells.
    fn find_existing(&self) -> Pairs {
        let mut pairs = Pairs::default();
        let trials = || self.trials.iter().enumerate();
        let origins =
            trials().filter_map(|(at, trial)| Some((trial.origin.as_ref()?.fingerprint, at)));
        let own = trials().map(|(at, trial)| (trial.fingerprint, at));
        let former =
            trials().flat_map(|(at, trial)| trial.former.iter().map(move |key| (*key, at)));
        let mut by_fingerprint = group(origins.chain(own).chain(former));
        for (at, row) in self.rows.iter().enumerate() {
            pairs.add_first(at, by_fingerprint.get_mut(&fingerprint_of(row)));
        }
        for (at, row) in self.rows.iter().enumerate() {
            for former in &row.former {
                pairs.add_first(at, by_fingerprint.get_mut(former));
            }
        }
        let mut by_cells = group(trials().map(|(at, trial)| (self.identity(trial), at)));
        for at in self.unpaired_rows(&pairs) {
            pairs.add_first(at, by_cells.get_mut(&self.identity(&self.rows[at])));
        }
        pairs
    }

    /// Rows that are the trial of a row that is gone from the file: they were changed. Then rows that may be one. If more
    /// rows are gone than are known, the file is another log with some equal rows.
    fn find_changed(&self, existing: &Pairs, file: u64) -> (Pairs, Pairs) {
        let is_gone =
            |at: &usize| !existing.taken.contains(at) && self.trials[*at].file() == Some(file);
        let gone: VecDeque<usize> = (0..self.trials.len()).filter(is_gone).collect();
        if gone.is_empty() || gone.len() > existing.taken.len() {
            return <(Pairs, Pairs)>::default();
        }
        let evidence = Evidence::new(self.rows, self.schema);
        let mut rows = self.unpaired_rows(existing);
        let changed = self.pair(&rows, gone.clone(), |row, trial| {
            self.are_same(&evidence, row, trial)
        });
        if self.is_own {
            return (Pairs::default(), changed);
        }
        rows.retain(|row| !changed.trials.contains_key(row));
        let is_free = |at: &usize| !changed.taken.contains(at);
        let gone = gone.into_iter().filter(is_free).collect();
        let doubtful = self.pair(&rows, gone, |row, trial| {
            self.may_be_same(row, trial) && self.are_similar(row, trial)
        });
        (changed, doubtful)
    }

    fn unpaired_rows(&self, pairs: &Pairs) -> Vec<usize> {
        let is_unpaired = |row: &usize| !pairs.trials.contains_key(row);
        (0..self.rows.len()).filter(is_unpaired).collect()
    }

    /// If most of the first rows look like imported trials with the same score, the line of the first one and its trial.
    pub(super) fn find_duplicate(&self) -> Option<(u64, usize)> {
        let score = |row: &FittedRow| row.cell(self.schema, Role::Score).to_owned();
        let is_imported = |at: &usize| self.trials[*at].origin.is_some();
        let imported = (0..self.trials.len()).filter(is_imported).collect();
        let has_score = |row: &usize| !score(&self.rows[*row]).is_empty();
        let rows = (0..self.rows.len()).filter(has_score).take(MAX_SAMPLE);
        let rows: Vec<usize> = rows.collect();
        let enough = rows.len().min(self.trials.len());
        let evidence = self.is_own.then(|| Evidence::new(self.rows, self.schema));
        let are_alike = |row: &FittedRow, trial: &FittedRow| match &evidence {
            Some(evidence) => self.are_same(evidence, row, trial),
            None => self.are_similar(row, trial),
        };
        let pairs = self.pair(&rows, imported, |row, trial| {
            score(row) == score(trial) && are_alike(row, trial)
        });
        let (row, at) = pairs.trials.iter().min()?;
        (pairs.trials.len() * 2 > enough).then_some((self.rows[*row].line, *at))
    }

    /// Pairs rows with trials. Rows change in their order, so each is compared with the trial of the same id and the next
    /// ones only.
    fn pair(
        &self,
        rows: &[usize],
        mut candidates: VecDeque<usize>,
        may_pair: impl Fn(&FittedRow, &FittedRow) -> bool,
    ) -> Pairs {
        let ids = candidates
            .iter()
            .filter_map(|&at| Some((self.id_in_file(&self.trials[at])?, at)));
        let by_id = group(ids);
        let mut pairs = Pairs::default();
        for &at in rows {
            let row = &self.rows[at];
            while candidates
                .front()
                .is_some_and(|trial| pairs.taken.contains(trial))
            {
                candidates.pop_front();
            }
            let same_id = self.own_id(row).and_then(|id| by_id.get(&id)?.front());
            let next = candidates.iter().take(MAX_CANDIDATES);
            let mut free = same_id
                .into_iter()
                .chain(next)
                .filter(|trial| !pairs.taken.contains(trial));
            let found = free.find(|&&trial| may_pair(row, &self.trials[trial]));
            if let Some(&trial) = found {
                pairs.add(at, trial);
            }
        }
        pairs
    }

    /// The id of a row, if the file has ids.
    fn own_id(&self, row: &FittedRow) -> Option<ExpId> {
        row.id(self.schema).filter(|_| self.has_ids)
    }

    /// Whether a row has no id or that of a trial.
    fn may_be_same(&self, row: &FittedRow, trial: &FittedRow) -> bool {
        let id = self.own_id(row);
        id.is_none() || id == self.id_in_file(trial)
    }

    fn are_same(&self, evidence: &Evidence, row: &FittedRow, trial: &FittedRow) -> bool {
        let has_id = self.own_id(row).is_some();
        self.may_be_same(row, trial) && evidence.is_same_trial(has_id, row, trial)
    }

    /// The id that the file of a trial has for it.
    fn id_in_file(&self, trial: &FittedRow) -> Option<ExpId> {
        let source = trial.origin.as_ref().and_then(RowOrigin::source_id);
        source.or_else(|| trial.id(self.schema))
    }

    /// Whether two trials have the same id or most of the same cells.
    fn are_similar(&self, row: &FittedRow, trial: &FittedRow) -> bool {
        let id = self.own_id(row);
        if id.is_some() && self.id_in_file(trial) == id {
            return true;
        }
        let (mut both, mut equal) = (0, 0);
        for column in self.identifying_columns() {
            // The score counts once, though it may be in two columns.
            let is_copy = self.schema.names()[column] == "core_metric"
                && self.schema.column(Role::Score) != Some(column);
            let (cell, own) = (&row.cells[column], &trial.cells[column]);
            if !is_copy && !cell.is_empty() && !own.is_empty() {
                both += 1;
                equal += usize::from(cell == own);
            }
        }
        equal * 2 > both
    }

    /// The cells that identify a trial.
    fn identity<'r>(&self, row: &'r FittedRow) -> Vec<&'r str> {
        let columns = self.identifying_columns();
        columns.map(|column| &*row.cells[column]).collect()
    }

    fn identifying_columns(&self) -> impl Iterator<Item = usize> {
        let names = self.schema.names();
        (0..names.len()).filter(|&column| !PLACE_COLUMNS.contains(&&*names[column]))
    }
}

/// The fingerprint of the row that a row was first imported from.
fn fingerprint_of(row: &FittedRow) -> u64 {
    row.fingerprints().next().unwrap_or_default()
}

/// Whether a row was amended in its own store, and the trial is as it was before.
fn was_amended(trial: &FittedRow, row: &FittedRow) -> bool {
    trial.fingerprints().all(|own| own != fingerprint_of(row))
        && trial.fingerprints().any(|own| row.former.contains(&own))
}

/// The values of each key, in their order.
fn group<K: Hash + Eq>(values: impl Iterator<Item = (K, usize)>) -> HashMap<K, VecDeque<usize>> {
    let mut groups: HashMap<K, VecDeque<usize>> = HashMap::new();
    for (key, value) in values {
        groups.entry(key).or_default().push_back(value);
    }
    groups
}

/// The file that occurs most often; of several, the first.
fn most_common(files: impl Iterator<Item = u64>) -> Option<u64> {
    let mut counts: BTreeMap<u64, usize> = BTreeMap::new();
    for file in files {
        *counts.entry(file).or_default() += 1;
    }
    let most = counts.into_iter().rev().max_by_key(|&(_, count)| count)?;
    Some(most.0)
}
