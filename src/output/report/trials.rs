//! The trials of a report: every column, and what the script needs to know about each.

use std::collections::HashMap;

use serde_json::{Value, json};

use crate::analysis::Query;
use crate::log::{ExpId, Role, Row, Schema, Status};
use crate::output::columns::cells;
use crate::output::plot::Plot;
use crate::text::visible;

/// The columns that the script knows by their role.
const ROLES: [(&str, Role); 7] = [
    ("id", Role::Id),
    ("status", Role::Status),
    ("score", Role::Score),
    ("delta", Role::Delta),
    ("specialist", Role::Specialist),
    ("domain", Role::Domain),
    ("hypothesis", Role::Hypothesis),
];

/// One trial.
struct Entry {
    /// Where its row starts.
    offset: u64,
    cells: Vec<String>,
    status: Status,
    score: Option<f64>,
    parent: Option<ExpId>,
}

/// The trials that can be read, in the order of the log.
#[derive(Default)]
pub struct TrialTable {
    entries: Vec<Entry>,
    /// Where the first trial with each id is.
    by_id: HashMap<ExpId, usize>,
    schema: Option<std::sync::Arc<Schema>>,
}

impl Query for TrialTable {
    fn observe(&mut self, row: &Row) {
        if row.damage.is_some() {
            return;
        }
        self.schema.get_or_insert_with(|| row.schema.clone());
        if let Some(id) = row.id() {
            self.by_id.entry(id).or_insert(self.entries.len());
        }
        self.entries.push(Entry {
            offset: row.offset,
            cells: cells(row),
            status: row.status(),
            score: row.score(),
            parent: row.parent(),
        });
    }
}

impl TrialTable {
    /// The trials that have a snapshot, the last keeps first: the offset of each row, and its place in the table.
    pub fn with_snapshots(&self) -> Vec<(u64, usize)> {
        let Some(column) = self.column(Role::Snapshot) else {
            return Vec::new();
        };
        let entries = self.entries.iter().enumerate().rev();
        let named = entries.filter(|(_, entry)| !entry.cells[column].is_empty());
        let mut named: Vec<_> = named.collect();
        named.sort_by_key(|(_, entry)| entry.status != Status::Keep);
        let places = named.iter().map(|&(index, entry)| (entry.offset, index));
        places.collect()
    }

    fn column(&self, role: Role) -> Option<usize> {
        self.schema.as_ref()?.column(role)
    }

    /// The first and the last time that a trial has.
    pub(super) fn times(&self) -> Option<(&str, &str)> {
        let column = self.column(Role::Time)?;
        let times = self.entries.iter().map(|entry| &entry.cells[column]);
        let mut times = times.filter(|time| !time.is_empty());
        let first = times.next()?;
        Some((first, times.next_back().unwrap_or(first)))
    }

    /// The rows of the table of keeps for readers without scripts.
    pub(super) fn keeps(&self) -> Vec<[String; 4]> {
        let is_keep = |entry: &&Entry| entry.status == Status::Keep;
        let keeps = self.entries.iter().filter(is_keep);
        let cell = |entry: &Entry, role| match self.column(role) {
            Some(column) => visible(&entry.cells[column]).into_owned(),
            None => String::new(),
        };
        let roles = [Role::Id, Role::Specialist, Role::Score, Role::Hypothesis];
        let keeps = keeps.map(|entry| roles.map(|role| cell(entry, role)));
        keeps.collect()
    }

    pub(super) fn to_json(&self, plot: &Plot) -> Value {
        let mut roles = json!({});
        for (name, role) in ROLES {
            if let Some(column) = self.column(role) {
                roles[name] = column.into();
            }
        }
        let schema = self.schema.as_ref();
        let names = schema.map_or(&[][..], |schema| schema.names());
        let failures = Status::ALL.into_iter().filter(|status| status.is_failure());
        let entries = || self.entries.iter();
        json!({
            "label": visible(&plot.metric),
            "columns": names,
            "roles": roles,
            "failures": failures.map(Status::name).collect::<Vec<_>>(),
            "rows": entries().map(|entry| &entry.cells).collect::<Vec<_>>(),
            "scores": entries().map(|entry| entry.score).collect::<Vec<_>>(),
            "parents": entries().map(|entry| self.parent_of(entry)).collect::<Vec<_>>(),
            "places": self.places(plot),
            "best": self.best(plot),
        })
    }

    /// The place of the parent in the table; -1 if it is not in the log.
    fn parent_of(&self, entry: &Entry) -> i64 {
        let parent = entry.parent.as_ref();
        let parent = parent.and_then(|parent| self.by_id.get(parent));
        parent.map_or(-1, |&index| i64::try_from(index).unwrap_or(-1))
    }

    /// Where each trial is on the horizontal axis; the plot leaves out ignored trials.
    fn places(&self, plot: &Plot) -> Vec<Option<f64>> {
        let mut points = plot.searches[0].1.points.iter();
        let entries = self.entries.iter();
        let place = entries.map(|entry| {
            if entry.status.is_ignored() {
                return None;
            }
            points.next().map(|point| point.trial)
        });
        place.collect()
    }

    fn best(&self, plot: &Plot) -> Option<usize> {
        let (.., id) = plot.searches[0].1.tally.total.best.as_ref()?;
        self.by_id.get(&ExpId::parse(id)?).copied()
    }
}
