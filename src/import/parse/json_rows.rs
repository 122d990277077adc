//! Runs of a JSON log as rows: the paths of their fields are the columns. Tables of cells and lists of experiments become
//! such objects first.

use std::collections::{BTreeMap, HashMap, HashSet};

use anyhow::Result;
use indexmap::IndexSet;
use serde_json::{Map, Value, value::RawValue};

use super::{
    declared::DeclaredMetric,
    spool::{FileRow, Rows},
    table::leaf,
};

/// If runs have so many different fields that most cells would be empty, the rare ones share one column.
const MAX_CELLS: usize = 100_000;
const MORE_FIELDS: &str = "more_fields";

pub(super) type Object = Map<String, Value>;

/// The runs between two configs, and what the config before the first one states.
#[derive(Default)]
pub(super) struct Segment {
    pub(super) declared: Option<DeclaredMetric>,
    pub(super) rows: Rows,
    /// In the order in which they appear.
    paths: IndexSet<String>,
}

impl Segment {
    pub(super) fn push(&mut self, line: u64, object: Object) -> Result<()> {
        let mut fields = Vec::new();
        flatten(object, "", &mut fields);
        let (mut cells, mut more) = (Vec::new(), Vec::new());
        for (path, text) in fields {
            let is_full = self.rows.count > 0 && self.paths.len() * self.rows.count > MAX_CELLS;
            if is_full && !self.paths.contains(&path) {
                more.push(format!("{path}: {text}"));
            } else {
                self.set(&mut cells, path, text);
            }
        }
        if !more.is_empty() {
            self.set(&mut cells, MORE_FIELDS.to_owned(), more.join("; "));
        }
        self.rows.push(&FileRow::new(line, cells))
    }

    fn set(&mut self, cells: &mut Vec<String>, path: String, text: String) {
        let (column, _) = self.paths.insert_full(path);
        cells.resize(cells.len().max(column + 1), String::new());
        cells[column] = text;
    }

    /// A field of an inner object keeps its own name if no other field has it, else its path. The field `metric` gets the
    /// name that the config gives it.
    pub(super) fn name_columns(&self, metric: Option<&str>) -> Vec<String> {
        let mut leaves: HashMap<&str, usize> = HashMap::new();
        for path in &self.paths {
            *leaves.entry(leaf(path)).or_default() += 1;
        }
        let metric = metric.unwrap_or("metric");
        if self.paths.is_empty() {
            return vec![metric.to_owned()];
        }
        let mut taken: HashSet<&str> = self.paths.iter().map(String::as_str).collect();
        let renames_metric = taken.contains("metric") && taken.insert(metric);
        let mut name = |path| {
            let own = leaf(path);
            let is_free = own != "value" && leaves[own] == 1 && (own == path || taken.insert(own));
            match path {
                "metric" if renames_metric => metric,
                _ if is_free => own,
                path => path,
            }
        };
        self.paths
            .iter()
            .map(|path| name(path).to_owned())
            .collect()
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
    let parent = object.get("rev").filter(|_| object.contains_key("data"));
    let Some(parent) = parent.cloned() else {
        return Vec::new();
    };
    let experiments = object.remove("experiments").unwrap_or_default();
    let experiments = experiments.as_array().into_iter().flatten();
    let revisions = experiments.filter_map(|experiment| experiment["revs"][0].as_object());
    let mut found: Vec<Object> = revisions.cloned().collect();
    for revision in &mut found {
        revision.insert("parent".to_owned(), parent.clone());
    }
    found
}

/// Rows of an object that holds a list of cells for each column, objects of cells by row, or an object for each row.
pub(super) fn read_columns(fields: &BTreeMap<String, &RawValue>) -> Option<Vec<Object>> {
    let mut rows: BTreeMap<usize, Object> = BTreeMap::new();
    let mut named = Vec::new();
    for (name, raw) in fields {
        let cells: Vec<(usize, Value)> = match serde_json::from_str(raw.get()).ok()? {
            Value::Array(cells) => cells.into_iter().enumerate().collect(),
            Value::Object(cells) if cells.keys().all(|key| key.parse::<usize>().is_ok()) => {
                let number = |(row, cell): (String, _)| Some((row.parse().ok()?, cell));
                cells.into_iter().filter_map(number).collect()
            }
            Value::Object(mut run) => {
                run.entry("id").or_insert_with(|| name.clone().into());
                named.push(run);
                continue;
            }
            _ => continue,
        };
        for (row, cell) in cells {
            rows.entry(row).or_default().insert(name.clone(), cell);
        }
    }
    if let ([run], true) = (&named[..], rows.is_empty()) {
        let inner = fields.values().find(|raw| raw.get().starts_with('{'))?;
        return read_columns(&serde_json::from_str(inner.get()).ok()?).filter(|_| run.len() > 2);
    }
    let is_table = rows.len() > 1 && rows.values().all(|row| row.len() > 1);
    let found = if is_table {
        rows.into_values().collect()
    } else {
        named
    };
    (found.len() > 1).then_some(found)
}
