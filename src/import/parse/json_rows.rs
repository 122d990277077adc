//! Runs of a JSON log as rows: the paths of their fields are the columns. Tables of cells and lists of experiments become
//! such objects first.

use std::collections::{BTreeMap, HashMap, HashSet};

use anyhow::Result;
use serde_json::{Map, Value, value::RawValue};

use super::{
    declared::DeclaredMetric,
    spool::{FileRow, RowSpool},
    table::{fingerprint, leaf},
};

/// If runs have so many different fields that most cells would be empty, the rare ones share one column.
const MAX_CELLS: usize = 100_000;
const MORE_FIELDS: &str = "more_fields";

pub(super) type Object = Map<String, Value>;

/// The runs between two configs, and what the config before the first one states.
#[derive(Default)]
pub(super) struct Segment {
    pub(super) declared: Option<DeclaredMetric>,
    pub(super) rows: RowSpool,
    /// In the order in which they appear.
    paths: Vec<String>,
    columns: HashMap<String, usize>,
}

impl Segment {
    pub(super) fn push(&mut self, line: u64, object: Object) -> Result<()> {
        let mut fields = Vec::new();
        flatten(object, "", &mut fields);
        let mut cells = vec![String::new(); self.paths.len()];
        let mut more = Vec::new();
        for (path, text) in fields {
            match self.column(&path) {
                Some(column) if column == cells.len() => cells.push(text),
                Some(column) => cells[column] = text,
                None => more.push(format!("{path}: {text}")),
            }
        }
        if !more.is_empty() {
            let column = self.add_column(MORE_FIELDS);
            cells.resize(self.paths.len(), String::new());
            cells[column] = more.join("; ");
        }
        self.rows.push(&FileRow {
            line,
            fingerprint: fingerprint(&cells),
            cells,
            ..FileRow::default()
        })
    }

    /// The column of a path; `None` for a new path if there are too many.
    fn column(&mut self, path: &str) -> Option<usize> {
        if let Some(&column) = self.columns.get(path) {
            return Some(column);
        }
        let is_full = self.rows.count > 0 && self.paths.len() * self.rows.count > MAX_CELLS;
        (!is_full).then(|| self.add_column(path))
    }

    fn add_column(&mut self, path: &str) -> usize {
        let next = self.paths.len();
        let column = *self.columns.entry(path.to_owned()).or_insert(next);
        if column == next {
            self.paths.push(path.to_owned());
        }
        column
    }

    /// A field of an inner object keeps its own name if no other field has it, else its path. The field `metric` gets the
    /// name that the config gives it.
    pub(super) fn name_columns(&self, metric: Option<&str>) -> Vec<String> {
        let mut leaves: HashMap<&str, usize> = HashMap::new();
        for path in &self.paths {
            *leaves.entry(leaf(path)).or_default() += 1;
        }
        let metric = metric.unwrap_or("metric");
        let mut taken: HashSet<&str> = self.paths.iter().map(String::as_str).collect();
        let renames_metric = taken.contains("metric") && taken.insert(metric);
        let mut names = Vec::new();
        for path in &self.paths {
            let own = leaf(path);
            let is_free = own != "value" && leaves[own] == 1 && (own == path || taken.insert(own));
            names.push(match path.as_str() {
                "metric" if renames_metric => metric.to_owned(),
                _ if is_free => own.to_owned(),
                path => path.to_owned(),
            });
        }
        if names.is_empty() {
            names.push(metric.to_owned());
        }
        names
    }
}

/// The fields of a run under their paths, inner objects last.
fn flatten(object: Object, outer: &str, fields: &mut Vec<(String, String)>) {
    let mut inner_objects = Vec::new();
    for (name, value) in object {
        match value {
            Value::Object(inner) => inner_objects.push((name, inner)),
            value => fields.push((format!("{outer}{name}"), cell_text(&value))),
        }
    }
    for (name, inner) in inner_objects {
        flatten(inner, &format!("{outer}{name}."), fields);
    }
}

/// The fields of a JSON object in a cell.
pub(super) fn flatten_cell(cell: &str) -> Vec<(String, String)> {
    let mut fields = Vec::new();
    if let Ok(object) = serde_json::from_str(cell) {
        flatten(object, "", &mut fields);
    }
    fields
}

pub(super) fn cell_text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        value => value.to_string(),
    }
}

/// The experiments that `dvc exp show --json` lists in their baseline, each with that as its parent.
pub(super) fn take_experiments(object: &mut Object) -> Vec<Object> {
    let parent = object.get("rev").cloned();
    let (Some(parent), true) = (parent, object.contains_key("data")) else {
        return Vec::new();
    };
    let experiments = object.remove("experiments").unwrap_or_default();
    let mut found = Vec::new();
    for experiment in experiments.as_array().into_iter().flatten() {
        if let Some(revision) = experiment["revs"][0].as_object() {
            let mut revision = revision.clone();
            revision.insert("parent".to_owned(), parent.clone());
            found.push(revision);
        }
    }
    found
}

/// Rows of an object that holds a list of cells for each column, objects of cells by row, or an object for each row.
pub(super) fn read_columns(fields: &BTreeMap<String, &RawValue>) -> Option<Vec<Object>> {
    let mut rows: BTreeMap<usize, Object> = BTreeMap::new();
    let mut named = Vec::new();
    for (name, raw) in fields {
        match serde_json::from_str(raw.get()).ok()? {
            Value::Array(cells) => {
                for (row, cell) in cells.into_iter().enumerate() {
                    rows.entry(row).or_default().insert(name.clone(), cell);
                }
            }
            Value::Object(cells) if cells.keys().all(|key| key.parse::<usize>().is_ok()) => {
                for (row, cell) in cells {
                    let row = row.parse().unwrap_or_default();
                    rows.entry(row).or_default().insert(name.clone(), cell);
                }
            }
            Value::Object(mut run) => {
                run.entry("id").or_insert_with(|| name.clone().into());
                named.push(run);
            }
            _ => {}
        }
    }
    if let ([run], true) = (&named[..], rows.is_empty()) {
        let inner = fields.values().find(|raw| raw.get().starts_with('{'))?;
        return read_columns(&serde_json::from_str(inner.get()).ok()?).filter(|_| run.len() > 2);
    }
    let is_table = rows.len() > 1 && rows.values().all(|row| row.len() > 1);
    if is_table {
        return Some(rows.into_values().collect());
    }
    (named.len() > 1).then_some(named)
}
