//! Plans which rows of a translation are added to a log, and as which trials.

use std::collections::{HashMap, HashSet};

use anyhow::{Result, bail, ensure};

use super::{
    origin::{RowOrigin, SOURCE_COLUMN},
    own::translate_own,
    recognize::{Recognizer, RowMatch},
    rows::{FittedRow, fit_rows},
};
use crate::{
    append::LogState,
    import::translate::{Translation, compare_to_best},
    index::IndexedLog,
    log::{ExpId, Role, Schema, shown_id},
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
    /// Lines that were added though they look like trials whose own lines are gone, and those trials.
    pub doubtful: Vec<(u64, String)>,
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
/// the log but none is equal to one is refused, unless `as_new`; then no row is taken for a changed one either.
pub fn plan_import(
    log: &IndexedLog,
    translation: &Translation,
    store: Option<&str>,
    as_new: bool,
) -> Result<ImportPlan> {
    let schema = &*log.schema;
    let mut trials = fit_rows(&translate_own(log)?, schema);
    trials.retain(|trial| trial.id(schema).is_some());
    let rows = fit_rows(translation, schema);
    let recognizer = Recognizer {
        rows: &rows,
        trials: &trials,
        schema,
        has_ids: translation.columns.iter().any(|(_, to)| to == "exp_id"),
        is_own: translation.is_own,
        as_new,
    };
    let matches = recognizer.recognize();
    let are_new = |found| matches!(found, &RowMatch::New(_));
    let are_new = matches.iter().all(are_new);
    if are_new && !as_new {
        recognizer.refuse_copies()?;
    }
    let mut merger = Merger {
        schema,
        store,
        is_own: translation.is_own,
        is_empty: true,
        trials: &trials,
        state: log.ask(LogState::new(schema.direction, schema.tie, [], []))?,
        plan: ImportPlan::default(),
        known: HashMap::new(),
    };
    let has_imports = trials.iter().any(|trial| trial.origin.is_some());
    merger.plan.is_another_log =
        are_new && !rows.is_empty() && has_imports && !translation.is_segment;
    merger.merge_all(log, rows, matches)?;
    Ok(merger.plan)
}

impl Recognizer<'_> {
    /// Refuses rows that look like trials of the store without being equal to one.
    fn refuse_copies(&self) -> Result<()> {
        let Some((line, at)) = self.find_duplicate() else {
            return Ok(());
        };
        let id = self.trials[at].name(self.schema);
        bail!(
            "most rows look like trials of the store (line {line} like trial {id}), as if the log had gained a column; \
             add them anyway with --as-new, or import --into another store"
        )
    }
}

/// The log as far as trials are added to it.
struct Merger<'s> {
    schema: &'s Schema,
    store: Option<&'s str>,
    is_own: bool,
    /// Whether the log was empty, so that ids and differences are as in the file.
    is_empty: bool,
    trials: &'s [FittedRow],
    state: LogState,
    plan: ImportPlan,
    /// The ids in the log of the trials of the file, by their ids there: the last above the current row, else the first below.
    known: HashMap<ExpId, String>,
}

impl Merger<'_> {
    fn merge_all(
        &mut self,
        log: &IndexedLog,
        rows: Vec<FittedRow>,
        matches: Vec<RowMatch>,
    ) -> Result<()> {
        let ids = self.assign_ids(log, &rows, &matches)?;
        for (row, id) in rows.iter().zip(&ids).rev() {
            self.enter(row, id); // the first of equal ids remains
        }
        for ((row, found), id) in rows.into_iter().zip(matches).zip(ids) {
            self.enter(&row, &id);
            self.merge(row, found, &id);
        }
        Ok(())
    }

    /// The id in the log of each row: that of its trial, its own if that is free, or the next one.
    fn assign_ids(
        &mut self,
        log: &IndexedLog,
        rows: &[FittedRow],
        matches: &[RowMatch],
    ) -> Result<Vec<String>> {
        let mut taken = read_ids(log)?;
        self.is_empty = taken.is_empty();
        if self.is_empty {
            // The next ids are after all of the file, so that every other row keeps its own.
            for id in rows.iter().filter_map(|row| row.id(self.schema)) {
                self.state.enter(Some(&id), "", None);
            }
        }
        let mut ids = Vec::with_capacity(rows.len());
        for (row, found) in rows.iter().zip(matches) {
            if let RowMatch::Existing(at) | RowMatch::Changed(at) = *found {
                ids.push(self.trials[at].name(self.schema));
                continue;
            }
            let own = row.id(self.schema).filter(|id| taken.insert(id.clone()));
            let is_next = own.is_none();
            let id = own.unwrap_or_else(|| self.state.next_id());
            ensure!(
                !is_next || id.may_be_new(),
                "the log has trial {}, the largest id; give the next trials a name in the column of ids",
                ExpId::MAX_COUNTED
            );
            let text = row.cell(self.schema, Role::Id);
            ids.push(if self.is_empty && !is_next {
                text.to_owned()
            } else {
                id.to_string()
            });
            self.state.enter(Some(&id), "", None);
            taken.insert(id);
        }
        Ok(ids)
    }

    fn enter(&mut self, row: &FittedRow, id: &str) {
        if let Some(own) = row.id(self.schema) {
            self.known.insert(own, id.to_owned());
        }
    }

    fn merge(&mut self, row: FittedRow, found: RowMatch, id: &str) {
        match found {
            RowMatch::New(origin) => self.add(row, origin, id),
            RowMatch::Doubtful(origin, at) => {
                let similar = self.trials[at].name(self.schema);
                self.plan.doubtful.push((row.line, similar));
                self.add(row, origin, id);
            }
            RowMatch::Changed(_) => self.plan.changed.push((row.line, id.to_owned())),
            RowMatch::Existing(at) => {
                self.plan.existing += 1;
                let status = |row: &FittedRow| row.cell(self.schema, Role::Status).to_owned();
                if status(&row) != status(&self.trials[at]) {
                    self.plan.differing.push((row.line, id.to_owned()));
                }
            }
        }
    }

    /// Adds the row of a new trial.
    fn add(&mut self, mut row: FittedRow, mut origin: RowOrigin, id: &str) {
        let own_id = row.name(self.schema);
        if origin.source.is_empty() {
            origin.source = match self.store {
                Some(store) => format!("{own_id} in {store}"),
                None if own_id == shown_id(id) => String::new(),
                None => own_id,
            };
        }
        self.relate(&mut row, id);
        self.take_snapshot(&mut row, id);
        match self.schema.find(SOURCE_COLUMN) {
            Some(column) => row.cells[column] = origin.to_string(),
            None => row.add_note(self.schema, &format!("{SOURCE_COLUMN}: {origin}")),
        }
        let score = row.score(self.schema);
        let score = score.filter(|_| row.status(self.schema).can_be_best());
        self.state.enter(None, id, score);
        self.plan.rows.push(row.cells);
    }

    /// Sets id, parent, baseline and difference of a trial. They never name a trial that is not in the file.
    fn relate(&mut self, row: &mut FittedRow, id: &str) {
        let schema = self.schema;
        let find_id = |own: &str| self.known.get(&ExpId::parse(own)?).cloned();
        let own_parent = row.cell(schema, Role::Parent).to_owned();
        let parent = find_id(&own_parent);
        let own_baseline = row.cell(schema, Role::Baseline);
        let baseline = find_id(own_baseline);
        let is_preserved = self.is_own && (baseline.is_some() || own_baseline.is_empty());
        if parent.is_none() && !own_parent.is_empty() {
            row.add_note(schema, &format!("source_parent: {own_parent}"));
            self.plan.orphans.push((row.line, own_parent));
        }
        row.set(schema, Role::Id, id);
        row.set(schema, Role::Parent, &parent.unwrap_or_default());
        if is_preserved || self.is_empty {
            row.set(schema, Role::Baseline, &baseline.unwrap_or_default());
            return;
        }
        let compared = compare_to_best(&self.state, row.status(schema), row.score(schema));
        let (baseline, delta) = compared.unwrap_or_default();
        row.set(schema, Role::Baseline, &baseline);
        row.set(schema, Role::Delta, &delta);
    }

    /// Takes the path of a snapshot out of a row: it is relative to the store of the file, not to this one.
    fn take_snapshot(&mut self, row: &mut FittedRow, id: &str) {
        let path = row.cell(self.schema, Role::Snapshot).to_owned();
        row.set(self.schema, Role::Snapshot, "");
        if let (Some(id), false) = (ExpId::parse(id), path.is_empty()) {
            self.plan.snapshots.push(SnapshotToCopy {
                row: self.plan.rows.len(),
                id,
                domain: row.cell(self.schema, Role::Domain).to_owned(),
                path,
            });
        }
    }
}
fn read_ids(log: &IndexedLog) -> Result<HashSet<ExpId>> {
    let mut ids = HashSet::new();
    log.for_each_line(|row| {
        ids.extend(row.id());
        Ok(())
    })?;
    Ok(ids)
}
