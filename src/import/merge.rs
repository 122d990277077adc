//! Plans which rows of a translation are added to a log, and as which trials.

use std::collections::{HashMap, HashSet};

use anyhow::{Result, bail};

use super::{
    recognize::{ImportedRows, RowMatch, RowOrigin, SOURCE_COLUMN, StoredTrials, add_note},
    translate::{Translation, compare_to_best},
};
use crate::{
    append::LogState,
    index::IndexedLog,
    log::{ExpId, Number, Role, Schema, Status},
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
    /// Whether the store has imported trials, but none of this file.
    pub is_another_log: bool,
}

/// Plans an import into a log. It refuses a file of which most rows look like trials of the log but none is equal to one, unless
/// `as_new`.
pub fn plan_import(
    log: &IndexedLog,
    translation: &Translation,
    as_new: bool,
) -> Result<ImportPlan> {
    let schema = &*log.schema;
    let mut stored = StoredTrials::default();
    log.for_each_line(|row| {
        stored.observe(&row);
        Ok(())
    })?;
    let rows = ImportedRows::new(translation, schema);
    let matches = rows.recognize(&stored);
    let are_new = matches.iter().all(RowMatch::is_new);
    if are_new
        && !as_new
        && let Some((line, id)) = rows.find_duplicate(&stored)
    {
        bail!(
            "most rows look like trials of the store (line {line} like trial {id}), as if the log had gained a column; \
             add them anyway with --as-new, or import --into another store"
        );
    }
    let mut merger = Merger {
        schema,
        state: log.ask(LogState::new(schema.direction, [], []))?,
        is_empty: stored.ids.is_empty(),
        plan: ImportPlan::default(),
        new_ids: HashMap::new(),
        ids: stored.ids.clone(),
    };
    merger.plan.is_another_log = are_new && stored.has_imports() && !matches.is_empty();
    for ((row, cells), found) in translation.rows.iter().zip(rows.cells).zip(matches) {
        merger.merge(row.line, cells, found);
    }
    Ok(merger.plan)
}

/// The log as far as trials are added to it.
struct Merger<'s> {
    schema: &'s Schema,
    state: LogState,
    ids: HashSet<ExpId>,
    /// The ids in the log of the trials of the file.
    new_ids: HashMap<String, String>,
    /// Whether the log was empty, so that what follows from the place of a trial is as in the file.
    is_empty: bool,
    plan: ImportPlan,
}

impl Merger<'_> {
    fn merge(&mut self, line: u64, cells: Vec<String>, found: RowMatch) {
        let own_id = cell_of(&cells, self.schema, Role::Id).to_owned();
        match found {
            RowMatch::New(origin) => {
                let row = self.add(own_id, cells, origin);
                self.plan.rows.push(row);
            }
            RowMatch::Changed(id) => {
                self.plan.changed.push((line, id.clone()));
                self.new_ids.insert(own_id, id);
            }
            RowMatch::Existing(id, has_other_status) => {
                self.plan.existing += 1;
                if has_other_status {
                    self.plan.differing.push((line, id.clone()));
                }
                self.new_ids.insert(own_id, id);
            }
        }
    }

    /// The row of a new trial, which the file calls `own_id`.
    fn add(&mut self, own_id: String, mut cells: Vec<String>, origin: RowOrigin) -> Vec<String> {
        let own = ExpId::parse(&own_id).filter(|id| self.ids.insert(id.clone()));
        let id = own.unwrap_or_else(|| self.state.next_id());
        self.ids.insert(id.clone());
        if self.is_empty {
            self.new_ids.insert(own_id.clone(), own_id);
        } else {
            self.new_ids.insert(own_id, id.to_string());
            self.relate(&mut cells, &id);
        }
        match self.schema.find(SOURCE_COLUMN) {
            Some(column) => cells[column] = origin.to_string(),
            None => add_note(
                &mut cells,
                self.schema,
                &format!("{SOURCE_COLUMN}: {origin}"),
            ),
        }
        let score = Number::value_of(cell_of(&cells, self.schema, Role::Score));
        let score = score.filter(|_| status_of(&cells, self.schema).can_be_best());
        let name = cell_of(&cells, self.schema, Role::Id);
        self.state.enter(Some(&id), name, score);
        cells
    }

    /// Sets id, parent, baseline and difference of a trial that is added to others.
    fn relate(&self, cells: &mut [String], id: &ExpId) {
        let score = Number::value_of(cell_of(cells, self.schema, Role::Score));
        let compared = compare_to_best(&self.state, status_of(cells, self.schema), score);
        let (baseline, delta) = compared.unwrap_or_default();
        let parent = cell_of(cells, self.schema, Role::Parent);
        let parent = self
            .new_ids
            .get(parent)
            .cloned()
            .unwrap_or(parent.to_owned());
        for (role, text) in [
            (Role::Id, id.to_string()),
            (Role::Parent, parent),
            (Role::Baseline, baseline),
            (Role::Delta, delta),
        ] {
            if let Some(column) = self.schema.column(role) {
                cells[column] = text;
            }
        }
    }
}

fn cell_of<'c>(cells: &'c [String], schema: &Schema, role: Role) -> &'c str {
    schema
        .column(role)
        .map_or("", |column| cells[column].as_str())
}

fn status_of(cells: &[String], schema: &Schema) -> Status {
    Status::parse(cell_of(cells, schema, Role::Status).as_bytes())
}
