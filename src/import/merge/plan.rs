//! Plans which rows of a translation are added to a log, and as which trials.

use std::collections::{HashMap, HashSet};

use anyhow::{Result, bail, ensure};

use super::{
    fit::add_note,
    origin::{RowOrigin, SOURCE_COLUMN, StoredTrials},
    recognize::{ImportedRows, RowMatch},
};
use crate::{
    append::LogState,
    import::translate::{Translation, compare_to_best},
    index::IndexedLog,
    log::{ExpId, Number, Role, Schema, Status, shown_id},
};

/// What an import adds, and what it leaves alone.
#[derive(Default)]
pub struct ImportPlan {
    /// The rows to write.
    pub rows: Vec<Vec<String>>,
    /// How many rows are trials of the store already.
    pub existing: usize,
    /// Lines that were changed since they were imported, and their trials.
    pub changed: Vec<(u64, String)>,
    /// Lines whose status is not that of their trials.
    pub differing: Vec<(u64, String)>,
    /// Lines whose parent is not in the file, and what they call it.
    pub orphans: Vec<(u64, String)>,
    /// The snapshots that rows name in the store of the file. Their own `snapshot_path` is empty.
    pub snapshots: Vec<SnapshotToCopy>,
    /// Whether the store has imported trials, but none of this file.
    pub is_another_log: bool,
}

/// A snapshot that a new trial has in the store that it comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SnapshotToCopy {
    /// The index of its row in the plan.
    pub row: usize,
    pub id: ExpId,
    pub domain: String,
    /// The `snapshot_path` in the file.
    pub path: String,
}

/// Plans an import into a log. `store` is the store that the file belongs to. A file of which most rows look like trials of
/// the log but none is equal to one is refused, unless `as_new`.
pub fn plan_import(
    log: &IndexedLog,
    translation: &Translation,
    store: Option<&str>,
    as_new: bool,
) -> Result<ImportPlan> {
    let schema = &*log.schema;
    let stored = StoredTrials::read(log)?;
    let rows = ImportedRows::new(translation, schema);
    let matches = rows.recognize(&stored);
    let are_new = matches.iter().all(RowMatch::is_new);
    if are_new && !as_new {
        refuse_duplicates(&rows, &stored)?;
    }
    let mut merger = Merger {
        schema,
        store,
        is_own: translation.is_own,
        is_empty: stored.ids.is_empty(),
        state: log.ask(LogState::new(schema.direction, schema.tie, [], []))?,
        plan: ImportPlan::default(),
        known: HashMap::new(),
    };
    merger.plan.is_another_log = are_new && stored.has_imports() && !matches.is_empty();
    let ids = merger.assign_ids(&rows.cells, &matches, stored.ids)?;
    let all_ids = first_ids(&rows.cells, &ids, schema);
    let rows = translation.rows.iter().zip(rows.cells);
    for ((row, cells), (found, id)) in rows.zip(matches.into_iter().zip(ids)) {
        merger.merge(row.line, cells, found, id, &all_ids);
    }
    Ok(merger.plan)
}

fn refuse_duplicates(rows: &ImportedRows, stored: &StoredTrials) -> Result<()> {
    let Some((line, id)) = rows.find_duplicate(stored) else {
        return Ok(());
    };
    bail!(
        "most rows look like trials of the store (line {line} like trial {id}), as if the log had gained a column; \
         add them anyway with --as-new, or import --into another store"
    );
}

/// The ids that the trials of a file get in the log, by their ids in the file. If an id occurs twice, its first trial.
fn first_ids(cells: &[Vec<String>], ids: &[String], schema: &Schema) -> HashMap<ExpId, String> {
    let mut first = HashMap::new();
    for (cells, id) in cells.iter().zip(ids) {
        if let Some(own) = ExpId::parse(cell_of(cells, schema, Role::Id)) {
            first.entry(own).or_insert(id.clone());
        }
    }
    first
}

/// The log as far as trials are added to it.
struct Merger<'s> {
    schema: &'s Schema,
    store: Option<&'s str>,
    is_own: bool,
    /// Whether the log was empty, so that what follows from the place of a trial is as in the file.
    is_empty: bool,
    state: LogState,
    plan: ImportPlan,
    /// The ids in the log of the trials of the file that are above the current row.
    known: HashMap<ExpId, String>,
}

impl Merger<'_> {
    /// The id in the log of each row: that of its trial, its own if that is free, or the next one.
    fn assign_ids(
        &mut self,
        cells: &[Vec<String>],
        matches: &[RowMatch],
        mut taken: HashSet<ExpId>,
    ) -> Result<Vec<String>> {
        let mut ids = Vec::with_capacity(cells.len());
        for (cells, found) in cells.iter().zip(matches) {
            if let RowMatch::Existing(id, _) | RowMatch::Changed(id) = found {
                ids.push(id.clone());
                continue;
            }
            let text = cell_of(cells, self.schema, Role::Id);
            let own = ExpId::parse(text).filter(|id| taken.insert(id.clone()));
            let is_next = own.is_none();
            let id = own.unwrap_or_else(|| self.state.next_id());
            ensure!(
                !is_next || id.may_be_new(),
                "the log has trial {}, the largest id; give the next trials a name in the column of ids",
                ExpId::MAX_COUNTED
            );
            let is_kept = self.is_empty && !text.is_empty();
            ids.push(if is_kept {
                text.to_owned()
            } else {
                id.to_string()
            });
            self.state.enter(Some(&id), "", None);
            taken.insert(id);
        }
        Ok(ids)
    }

    fn merge(
        &mut self,
        line: u64,
        cells: Vec<String>,
        found: RowMatch,
        id: String,
        all_ids: &HashMap<ExpId, String>,
    ) {
        if let Some(own) = ExpId::parse(cell_of(&cells, self.schema, Role::Id)) {
            self.known.insert(own, id.clone());
        }
        match found {
            RowMatch::New(origin) => self.add(line, cells, origin, &id, all_ids),
            RowMatch::Changed(id) => self.plan.changed.push((line, id)),
            RowMatch::Existing(id, has_other_status) => {
                self.plan.existing += 1;
                if has_other_status {
                    self.plan.differing.push((line, id));
                }
            }
        }
    }

    /// Adds the row of a new trial.
    fn add(
        &mut self,
        line: u64,
        mut cells: Vec<String>,
        mut origin: RowOrigin,
        id: &str,
        all_ids: &HashMap<ExpId, String>,
    ) {
        let own_id = shown_id(cell_of(&cells, self.schema, Role::Id));
        if origin.source.is_empty() {
            origin.source = match self.store {
                Some(store) => format!("{own_id} in {store}"),
                None if own_id == shown_id(id) => String::new(),
                None => own_id,
            };
        }
        if !self.is_empty {
            self.relate(line, &mut cells, id, all_ids);
        }
        self.take_snapshot(&mut cells, id);
        match self.schema.find(SOURCE_COLUMN) {
            Some(column) => cells[column] = origin.to_string(),
            None => add_note(
                &mut cells,
                self.schema,
                &format!("{SOURCE_COLUMN}: {origin}"),
            ),
        }
        let score = self.score_of(&cells);
        let score = score.filter(|_| status_of(&cells, self.schema).can_be_best());
        self.state.enter(None, id, score);
        self.plan.rows.push(cells);
    }

    fn score_of(&self, cells: &[String]) -> Option<f64> {
        Number::value_of(cell_of(cells, self.schema, Role::Score))
    }

    /// Sets id, parent, baseline and difference of a trial that is added to others. They never name one of the others.
    fn relate(
        &mut self,
        line: u64,
        cells: &mut [String],
        id: &str,
        all_ids: &HashMap<ExpId, String>,
    ) {
        let find_id = |own: &str| {
            let own = ExpId::parse(own)?;
            self.known.get(&own).or(all_ids.get(&own)).cloned()
        };
        let own_parent = cell_of(cells, self.schema, Role::Parent).to_owned();
        let parent = find_id(&own_parent);
        let own_baseline = cell_of(cells, self.schema, Role::Baseline);
        let baseline = find_id(own_baseline);
        let preserves_baseline = self.is_own && (baseline.is_some() || own_baseline.is_empty());
        if parent.is_none() && !own_parent.is_empty() {
            add_note(cells, self.schema, &format!("source_parent: {own_parent}"));
            self.plan.orphans.push((line, own_parent));
        }
        self.set(cells, Role::Id, id);
        self.set(cells, Role::Parent, &parent.unwrap_or_default());
        if preserves_baseline {
            self.set(cells, Role::Baseline, &baseline.unwrap_or_default());
            return;
        }
        let status = status_of(cells, self.schema);
        let compared = compare_to_best(&self.state, status, self.score_of(cells));
        let (baseline, delta) = compared.unwrap_or_default();
        self.set(cells, Role::Baseline, &baseline);
        self.set(cells, Role::Delta, &delta);
    }

    fn set(&self, cells: &mut [String], role: Role, text: &str) {
        if let Some(column) = self.schema.column(role) {
            text.clone_into(&mut cells[column]);
        }
    }

    /// Takes the path of a snapshot out of a row: it is relative to the store of the file, not to this one.
    fn take_snapshot(&mut self, cells: &mut [String], id: &str) {
        let Some(column) = self.schema.column(Role::Snapshot) else {
            return;
        };
        let path = std::mem::take(&mut cells[column]);
        if let (Some(id), false) = (ExpId::parse(id), path.is_empty()) {
            let domain = cell_of(cells, self.schema, Role::Domain).to_owned();
            let row = self.plan.rows.len();
            self.plan.snapshots.push(SnapshotToCopy {
                row,
                id,
                domain,
                path,
            });
        }
    }
}

fn cell_of<'c>(cells: &'c [String], schema: &Schema, role: Role) -> &'c str {
    match schema.column(role) {
        Some(column) => &cells[column],
        None => "",
    }
}

fn status_of(cells: &[String], schema: &Schema) -> Status {
    Status::parse(cell_of(cells, schema, Role::Status).as_bytes())
}
