//! Trials of another tool's log on their way into a store: those that are there already are known by their cells.

use std::{
    collections::{HashMap, HashSet, VecDeque},
    path::Path,
    time::Duration,
};

use anyhow::Result;

use super::{Log, New, Reading, Store, escape_controls, init};
use crate::{
    formats::{Map, Translation},
    lineage::Ledger,
    schema::{Role, Schema},
    trial::{ExpId, Number, Row, Status, signed_delta},
};

const WAIT: Duration = Duration::from_secs(30);

/// What follows from the place of a trial in its log, and says nothing about whether it is the same.
const RELATED: [&str; 4] = ["exp_id", "parent_exp", "baseline_exp", "delta_vs_best"];

/// What an import adds.
pub struct Merged {
    pub rows: Vec<Vec<String>>,
    /// Trials that are in the store already.
    pub known: usize,
}

/// Makes a store for a translation; how it was read is remembered there.
pub fn new_store(dir: &Path, translation: &Translation, map: &Map, segment: Option<u64>) -> Result<()> {
    let quoted = |text: &str| toml::Value::from(text).to_string();
    let mut settings = String::from("\n[import]\n");
    settings += &if map.is_empty() {
        "# map = \"score=loss,verdict=outcome\"   # which column is what\n".to_owned()
    } else {
        format!("map = {}\n", quoted(map.text()))
    };
    settings += &segment.map(|segment| format!("segment = {segment}\n")).unwrap_or_default();
    let new = New {
        metric: &translation.metric,
        direction: translation.direction,
        label: None,
        columns: translation.extra(),
        import: Some(&settings),
    };
    init(Some(dir), &new).map(|_| ())
}

impl Store {
    /// Adds the trials that the store does not have, all of them or none.
    pub fn import(&self, translation: &Translation) -> Result<Merged> {
        let locked = self.lock(&Reading::default(), WAIT)?;
        let merged = merge(locked.log(), translation)?;
        if !merged.rows.is_empty() {
            locked.write(&merged.rows)?;
        }
        Ok(merged)
    }

    /// What `import` would add.
    pub fn would_import(&self, translation: &Translation) -> Result<Merged> {
        merge(&self.read(&Reading::default())?, translation)
    }
}

/// The trials of the log, as far as an import must know them.
#[derive(Default)]
struct There {
    ids: HashSet<ExpId>,
    /// The ids of the trials with the same cells, in their order.
    same: HashMap<Vec<String>, VecDeque<String>>,
}

fn merge(log: &Log, translation: &Translation) -> Result<Merged> {
    let schema = &log.schema;
    let mut there = There::default();
    log.every_line(|row| {
        there.see(&row);
        Ok(())
    })?;
    let mut ledger = log.ask(Ledger::new(schema.direction, [], []))?;
    let (mut rows, mut known) = (Vec::new(), 0);
    let mut names: HashMap<String, String> = HashMap::new();
    let is_fresh = there.ids.is_empty();
    for (_, cells) in &translation.rows {
        let mut cells = fitted(translation, cells, schema);
        let id_at = schema.column(Role::Id).unwrap_or_default();
        let own = cells[id_at].clone();
        if let Some(id) = there.same.get_mut(&key(schema, &cells)).and_then(VecDeque::pop_front) {
            names.insert(own, id);
            known += 1;
            continue;
        }
        let id = ExpId::read(&own).filter(|id| there.ids.insert(id.clone())).unwrap_or_else(|| ledger.next_id());
        there.ids.insert(id.clone());
        names.insert(own.clone(), if is_fresh { own.clone() } else { id.to_string() });
        if !is_fresh {
            relate(&mut cells, schema, &ledger, &names, &id);
        }
        let status = cell(&cells, schema, Role::Status);
        let score = Number::value_of(cell(&cells, schema, Role::Score));
        let eligible = score.filter(|_| Status::read(status.as_bytes()).can_be_best());
        ledger.enter(Some(&id), &cells[id_at], "", eligible);
        rows.push(cells);
    }
    Ok(Merged { rows, known })
}

impl There {
    fn see(&mut self, row: &Row) {
        let Some(id) = row.id() else { return };
        self.ids.insert(id);
        if row.damage.is_none() {
            let cells: Vec<_> = (0..row.schema.names().len()).map(|at| row.text_at(at).into_owned()).collect();
            self.same.entry(key(row.schema, &cells)).or_default().push_back(row.name());
        }
    }
}

/// The cells by which a trial is known again, as the log writes them.
fn key(schema: &Schema, cells: &[String]) -> Vec<String> {
    let named = schema.names().iter().zip(cells).filter(|(name, _)| !RELATED.contains(&name.as_str()));
    named.map(|(_, cell)| escape_controls(cell).into_owned()).collect()
}

/// The cells in the columns of the log; what it has no column for goes into the notes.
fn fitted(translation: &Translation, cells: &[String], schema: &Schema) -> Vec<String> {
    let mut out = vec![String::new(); schema.names().len()];
    let mut homeless = Vec::new();
    for (name, cell) in translation.names.iter().zip(cells) {
        match schema.find(name) {
            Some(at) => out[at].clone_from(cell),
            None if cell.is_empty() => {}
            None => homeless.push(format!("{name}: {cell}")),
        }
    }
    if let Some(notes) = schema.column(Role::Notes).filter(|_| !homeless.is_empty()) {
        let space = if out[notes].is_empty() { "" } else { " " };
        out[notes] += &format!("{space}[{}]", homeless.join("; "));
    }
    out
}

/// Names, baseline and difference of a trial that joins others.
fn relate(cells: &mut [String], schema: &Schema, ledger: &Ledger, names: &HashMap<String, String>, id: &ExpId) {
    let mut set = |role, text: String| {
        if let Some(at) = schema.column(role) {
            cells[at] = text;
        }
    };
    set(Role::Id, id.to_string());
    let best = ledger.best().map(|(best, id)| (best, id.to_owned()));
    set(Role::Baseline, best.as_ref().map(|(_, id)| id.clone()).unwrap_or_default());
    let parent = names.get(cell(cells, schema, Role::Parent)).cloned();
    let score = Number::value_of(cell(cells, schema, Role::Score));
    let is_signal = Status::read(cell(cells, schema, Role::Status).as_bytes()).is_signal();
    let delta = score.zip(best).filter(|_| is_signal).map(|(score, (best, _))| signed_delta(score - best));
    let mut set = |role, text: Option<String>| {
        if let Some((at, text)) = schema.column(role).zip(text) {
            cells[at] = text;
        }
    };
    set(Role::Parent, parent);
    set(Role::Delta, Some(delta.unwrap_or_default()));
}

fn cell<'c>(cells: &'c [String], schema: &Schema, role: Role) -> &'c str {
    schema.column(role).map_or("", |at| cells[at].as_str())
}
