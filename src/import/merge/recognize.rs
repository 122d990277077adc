//! Recognizes the rows of a file that a store has imported before, whatever their columns were taken for then and whatever
//! was corrected in the store since.

use std::{
    cmp::Reverse,
    collections::{HashMap, HashSet, VecDeque},
    hash::Hash,
};

use super::{
    fit::fit_cells,
    origin::{RowOrigin, SOURCE_COLUMN, StoredTrial, StoredTrials},
};
use crate::{
    import::translate::Translation,
    log::{ExpId, Role, Schema},
    text::escape_controls,
};

/// Columns that follow from a trial's place in the log, and do not identify it.
const PLACE_COLUMNS: [&str; 5] = [
    "exp_id",
    "parent_exp",
    "baseline_exp",
    "delta_vs_best",
    "snapshot_path",
];

/// How many rows decide whether a file repeats trials of the store.
const MAX_SAMPLE: usize = 1000;

/// With how many trials a row is compared that is not in the store as it is.
const MAX_CANDIDATES: usize = 100;

/// What a row of a file is to the store.
pub(super) enum RowMatch {
    New(RowOrigin),
    /// The id of its trial, and whether the file now gives it another status.
    Existing(String, bool),
    /// The id of its trial; the row was changed since it was imported.
    Changed(String),
}

impl RowMatch {
    pub(super) fn is_new(&self) -> bool {
        matches!(self, Self::New(_))
    }
}

/// The rows of a file in the columns of the store.
pub(super) struct ImportedRows<'a> {
    pub(super) translation: &'a Translation,
    pub(super) schema: &'a Schema,
    pub(super) cells: Vec<Vec<String>>,
    /// The origins that rows have already, because the file is a store that has imported them, or an export of one.
    origins: Vec<Option<RowOrigin>>,
}

impl<'a> ImportedRows<'a> {
    pub(super) fn new(translation: &'a Translation, schema: &'a Schema) -> Self {
        let (mut cells, mut origins) = (Vec::new(), Vec::new());
        for row in &translation.rows {
            let mut own = row.cells.clone();
            origins.push(RowOrigin::take(&mut own, &translation.names));
            cells.push(fit_cells(translation, &own, schema));
        }
        Self {
            translation,
            schema,
            cells,
            origins,
        }
    }

    /// What each row is to the store.
    pub(super) fn recognize(&self, stored: &StoredTrials) -> Vec<RowMatch> {
        let rows = self.origins.iter().zip(&self.translation.rows);
        let fingerprints: Vec<u64> = rows
            .map(|(origin, row)| match origin {
                Some(origin) => origin.fingerprint,
                None => row.fingerprint,
            })
            .collect();
        let trials = &stored.trials;
        let existing = self.find_existing(stored, &fingerprints);
        let file = most_common_file(trials, &existing);
        let changed = file.map(|file| self.find_changed(trials, &existing, file));
        let changed = changed.unwrap_or_default();
        let origins = trials
            .iter()
            .map(|trial| &trial.origin)
            .chain(&self.origins);
        let last_file = origins.flatten().map(|origin| origin.file).max();
        let file = file.unwrap_or(last_file.unwrap_or(0) + 1);
        let status = self.schema.column(Role::Status).unwrap_or_default();
        let match_row = |row: usize| match (existing[row], changed.get(&row)) {
            (Some(at), _) if self.was_amended(&trials[at], row, fingerprints[row]) => {
                RowMatch::Changed(trials[at].id.clone())
            }
            (Some(at), _) => {
                let has_other_status = trials[at].cells[status] != self.cells[row][status];
                RowMatch::Existing(trials[at].id.clone(), has_other_status)
            }
            (None, Some(&at)) => RowMatch::Changed(trials[at].id.clone()),
            (None, None) => {
                // A copy of a store preserves what it knows; another store, where the trial was made.
                let mut origin = self.origins[row].clone().unwrap_or(RowOrigin {
                    file,
                    fingerprint: fingerprints[row],
                    source: String::new(),
                });
                if !trials.is_empty() {
                    origin.file = file;
                }
                RowMatch::New(origin)
            }
        };
        (0..existing.len()).map(match_row).collect()
    }

    /// Whether a row was amended in its own store, and the trial is as it was before.
    fn was_amended(&self, trial: &StoredTrial, row: usize, now: u64) -> bool {
        let former = &self.translation.rows[row].former;
        trial.fingerprints().all(|own| own != now)
            && trial.fingerprints().any(|own| former.contains(&own))
    }

    /// For each row the index of its trial: one imported from the same row or the row itself, before or after an amendment, else
    /// the trial of this store that it was imported from, else one with the same cells.
    fn find_existing(&self, stored: &StoredTrials, fingerprints: &[u64]) -> Vec<Option<usize>> {
        let trials = &stored.trials;
        let mut taken = HashSet::new();
        let own = trials.iter().map(|trial| Some(trial.fingerprint));
        let first = trials.iter().map(|trial| {
            let origin = trial.origin.as_ref();
            origin.map(|origin| origin.fingerprint)
        });
        let former = trials.iter().enumerate();
        let former =
            former.flat_map(|(at, trial)| trial.former.iter().map(move |f| (at, Some(*f))));
        let keys = first.enumerate().chain(own.enumerate()).chain(former);
        let mut by_fingerprint = group_indices(keys);
        let mut existing: Vec<Option<usize>> = fingerprints
            .iter()
            .map(|fingerprint| take_first(&mut by_fingerprint, fingerprint, &mut taken))
            .collect();
        for (slot, row) in existing.iter_mut().zip(&self.translation.rows) {
            let mut former = row.former.iter().filter(|_| slot.is_none());
            let found =
                former.find_map(|former| take_first(&mut by_fingerprint, former, &mut taken));
            *slot = slot.or(found);
        }
        let ids = trials.iter().map(|trial| ExpId::parse(&trial.id));
        let mut by_id = group_indices(ids.enumerate());
        for (row, slot) in existing.iter_mut().enumerate() {
            let origin = self.origins[row].as_ref().filter(|_| slot.is_none());
            if let Some(id) = origin.and_then(|origin| origin.id_in(&stored.home))
                && let Some(&[at, ..]) = by_id.get_mut(&id).map(|ids| &*ids.make_contiguous())
                && self.is_similar(&trials[at], row)
                && taken.insert(at)
            {
                *slot = Some(at); // amended since
            }
        }
        let cells = trials.iter().map(|trial| Some(self.identity(&trial.cells)));
        let mut by_cells = group_indices(cells.enumerate());
        for (slot, cells) in existing.iter_mut().zip(&self.cells) {
            if slot.is_none() {
                *slot = take_first(&mut by_cells, &self.identity(cells), &mut taken);
            }
        }
        existing
    }

    /// Rows that are the trial of a row that is gone from the file: they were changed. If more rows are gone than are known, the
    /// file is another log with some equal rows.
    fn find_changed(
        &self,
        trials: &[StoredTrial],
        existing: &[Option<usize>],
        file: u64,
    ) -> HashMap<usize, usize> {
        let taken: HashSet<usize> = existing.iter().flatten().copied().collect();
        let is_gone = |at: &usize| !taken.contains(at) && trials[*at].is_from(file);
        let gone: VecDeque<usize> = (0..trials.len()).filter(is_gone).collect();
        if gone.len() > taken.len() {
            return HashMap::new();
        }
        let rows = (0..existing.len()).filter(|&row| existing[row].is_none());
        self.pair_similar(trials, rows, gone, |_, _| true)
    }

    /// If most of the first rows look like imported trials with the same score, the line of the first one and its trial.
    pub(super) fn find_duplicate(&self, stored: &StoredTrials) -> Option<(u64, String)> {
        let trials = &stored.trials;
        let score = self.schema.column(Role::Score)?;
        let is_imported = |at: &usize| trials[*at].origin.is_some();
        let imported: VecDeque<usize> = (0..trials.len()).filter(is_imported).collect();
        let has_score = |row: &usize| !self.cells[*row][score].is_empty();
        let rows = (0..self.cells.len()).filter(has_score).take(MAX_SAMPLE);
        let rows: Vec<usize> = rows.collect();
        let enough = rows.len().min(trials.len());
        let has_same_score =
            |at: usize, row: usize| trials[at].cells[score] == self.cells[row][score];
        let pairs = self.pair_similar(trials, rows.into_iter(), imported, has_same_score);
        let (row, at) = pairs.iter().min().filter(|_| pairs.len() * 2 > enough)?;
        Some((self.translation.rows[*row].line, trials[*at].id.clone()))
    }

    /// Pairs rows with trials that have the same id or most of the same cells, each trial once. Rows change in their order, so
    /// each is compared with the next trials only.
    fn pair_similar(
        &self,
        trials: &[StoredTrial],
        rows: impl Iterator<Item = usize>,
        mut candidates: VecDeque<usize>,
        may_pair: impl Fn(usize, usize) -> bool,
    ) -> HashMap<usize, usize> {
        let ids = candidates.iter().map(|&at| (at, trials[at].id_in_file()));
        let by_id = group_indices(ids);
        let (mut pairs, mut taken) = (HashMap::new(), HashSet::new());
        for row in rows {
            while candidates.front().is_some_and(|at| taken.contains(at)) {
                candidates.pop_front();
            }
            let same_id = self.own_id(row).and_then(|id| by_id.get(&id)?.front());
            let next = candidates.iter().take(MAX_CANDIDATES);
            let found = same_id.into_iter().chain(next).find(|&&at| {
                !taken.contains(&at) && may_pair(at, row) && self.is_similar(&trials[at], row)
            });
            if let Some(&at) = found {
                taken.insert(at);
                pairs.insert(row, at);
            }
        }
        pairs
    }

    /// The id of a row, if the file has ids.
    fn own_id(&self, row: usize) -> Option<ExpId> {
        let mut columns = self.translation.columns.iter();
        let column = self.schema.column(Role::Id)?;
        let id = ExpId::parse(&self.cells[row][column]);
        id.filter(|_| columns.any(|(_, to)| to == "exp_id"))
    }

    fn is_similar(&self, trial: &StoredTrial, row: usize) -> bool {
        let cells = &self.cells[row];
        let id = self.own_id(row);
        if id.is_some() && trial.id_in_file() == id {
            return true;
        }
        let (mut both, mut equal) = (0, 0);
        for column in self.identifying_columns() {
            // The score counts once, though it may be in two columns.
            let is_copy = self.schema.names()[column] == "core_metric"
                && self.schema.column(Role::Score) != Some(column);
            if !is_copy && !trial.cells[column].is_empty() && !cells[column].is_empty() {
                both += 1;
                equal += usize::from(trial.cells[column] == escape_controls(&cells[column]));
            }
        }
        equal * 2 > both
    }

    /// The cells that identify a trial, as the log writes them.
    fn identity(&self, cells: &[String]) -> Vec<String> {
        let columns = self.identifying_columns();
        let cells = columns.map(|column| escape_controls(&cells[column]).into_owned());
        cells.collect()
    }

    fn identifying_columns(&self) -> impl Iterator<Item = usize> {
        let names = self.schema.names();
        let is_place = |name: &str| name == SOURCE_COLUMN || PLACE_COLUMNS.contains(&name);
        (0..names.len()).filter(move |&column| !is_place(&names[column]))
    }
}

/// The indices of each key, in their order.
fn group_indices<K: Hash + Eq>(
    keys: impl Iterator<Item = (usize, Option<K>)>,
) -> HashMap<K, VecDeque<usize>> {
    let mut groups: HashMap<K, VecDeque<usize>> = HashMap::new();
    for (at, key) in keys {
        if let Some(key) = key {
            groups.entry(key).or_default().push_back(at);
        }
    }
    groups
}

/// The first trial of a key that no other row has taken.
fn take_first<K: Hash + Eq>(
    groups: &mut HashMap<K, VecDeque<usize>>,
    key: &K,
    taken: &mut HashSet<usize>,
) -> Option<usize> {
    let group = groups.get_mut(key)?;
    while let Some(at) = group.pop_front() {
        if taken.insert(at) {
            return Some(at);
        }
    }
    None
}

/// The file that most of the existing trials came from.
fn most_common_file(trials: &[StoredTrial], existing: &[Option<usize>]) -> Option<u64> {
    let mut counts: HashMap<u64, usize> = HashMap::new();
    for origin in existing
        .iter()
        .flatten()
        .filter_map(|&at| trials[at].origin.as_ref())
    {
        *counts.entry(origin.file).or_default() += 1;
    }
    let most = counts
        .into_iter()
        .max_by_key(|&(file, count)| (count, Reverse(file)))?;
    Some(most.0)
}
