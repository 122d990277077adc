//! Trials of another tool's log on their way into a store.

use std::{
    collections::{HashMap, HashSet},
    path::Path,
    time::Duration,
};

use anyhow::{Result, bail};

use super::{
    IndexedLog, New, ReadOptions, Store, init,
    known::{Is, Known, Origin, SOURCE},
};
use crate::{
    append::LogState,
    formats::{Map, Translation},
    log::{ExpId, Number, Status, signed_delta},
    log::{Role, Schema},
};

const WAIT: Duration = Duration::from_secs(30);

/// What an import adds.
#[derive(Default)]
pub struct Merged {
    pub rows: Vec<Vec<String>>,
    /// Trials that are in the store already.
    pub known: usize,
    /// Lines that were changed since they were imported, and the trials that they became then.
    pub changed: Vec<(u64, String)>,
    /// Lines that give another status to a trial than the store has.
    pub differing: Vec<(u64, String)>,
    /// Whether the store has imported trials, and no row of the file is one of them.
    pub is_another_log: bool,
}

/// Makes a store for a translation; how it was read is remembered there.
pub fn new_store(
    dir: &Path,
    translation: &Translation,
    map: &Map,
    segment: Option<u64>,
) -> Result<()> {
    let quoted = |text: &str| toml::Value::from(text).to_string();
    let mut settings = String::from("\n[import]\n");
    settings += &if map.is_empty() {
        "# map = \"score=loss,verdict=outcome\"   # which column is what\n".to_owned()
    } else {
        format!("map = {}\n", quoted(map.text()))
    };
    settings += &segment
        .map(|segment| format!("segment = {segment}\n"))
        .unwrap_or_default();
    let mut columns = translation.extra().to_vec();
    if !columns.iter().any(|column| column == SOURCE) {
        columns.push(SOURCE.to_owned());
    }
    let new = New {
        metric: &translation.metric,
        direction: translation.direction,
        label: None,
        columns: &columns,
        import: Some(&settings),
    };
    init(Some(dir), &new).map(|_| ())
}

impl Store {
    /// Adds the trials that the store does not have, all of them or none.
    pub fn import(&self, translation: &Translation, as_new: bool) -> Result<Merged> {
        let locked = self.lock(&ReadOptions::default(), WAIT)?;
        let merged = merge(locked.log(), translation, as_new)?;
        if !merged.rows.is_empty() {
            locked
                .write(&merged.rows)
                .map_err(|unwritten| unwritten.error)?;
        }
        Ok(merged)
    }

    /// What `import` would add.
    pub fn would_import(&self, translation: &Translation, as_new: bool) -> Result<Merged> {
        merge(&self.read(&ReadOptions::default())?, translation, as_new)
    }
}

/// Rows that look like trials of the store are not doubled, unless they are said to be new.
fn merge(log: &IndexedLog, translation: &Translation, as_new: bool) -> Result<Merged> {
    let schema = &log.schema;
    let mut known = Known::default();
    log.for_each_line(|row| {
        known.see(&row);
        Ok(())
    })?;
    let fitted: Vec<_> = translation
        .rows
        .iter()
        .map(|row| fitted(translation, &row.cells, schema))
        .collect();
    let is = known.recognise(translation, &fitted, schema);
    let is_unknown = !is.is_empty() && is.iter().all(|is| matches!(is, Is::New(_)));
    if let Some((line, name)) = known
        .double_of(translation, &fitted, schema)
        .filter(|_| is_unknown && !as_new)
    {
        bail!(
            "no row of it was imported as it is, but most look like trials of the store (line {line} like trial {name}), as when a \
             log gains a column; nothing is added: --as-new adds all rows, --into takes the file into a store of its own"
        );
    }
    let ledger = log.ask(LogState::new(schema.direction, [], []))?;
    let has_imports = known.has_imports();
    let mut joining = Joining {
        schema,
        ledger,
        is_fresh: known.ids.is_empty(),
        ids: known.ids,
        names: HashMap::new(),
    };
    let mut merged = Merged::default();
    for ((row, cells), is) in translation.rows.iter().zip(fitted).zip(is) {
        let own = cell(&cells, schema, Role::Id).to_owned();
        match is {
            Is::There {
                name,
                status_differs,
            } => {
                merged.known += 1;
                if status_differs {
                    merged.differing.push((row.line, name.clone()));
                }
                joining.names.insert(own, name);
            }
            Is::Changed { name } => {
                merged.changed.push((row.line, name.clone()));
                joining.names.insert(own, name);
            }
            Is::New(origin) => merged.rows.push(joining.join(own, cells, origin)),
        }
    }
    merged.is_another_log = has_imports && merged.known == 0 && !merged.rows.is_empty();
    Ok(merged)
}

/// The log as far as trials join it.
struct Joining<'s> {
    schema: &'s Schema,
    ledger: LogState,
    ids: HashSet<ExpId>,
    /// What the trials of the file are called in the log.
    names: HashMap<String, String>,
    /// Whether the log was empty: what follows from the place of a trial is then as the file has it.
    is_fresh: bool,
}

impl Joining<'_> {
    /// A new trial, called `own` in its file.
    fn join(&mut self, own: String, mut cells: Vec<String>, origin: Origin) -> Vec<String> {
        let free = ExpId::parse(&own).filter(|id| self.ids.insert(id.clone()));
        let id = free.unwrap_or_else(|| self.ledger.next_id());
        self.ids.insert(id.clone());
        self.names.insert(
            own.clone(),
            if self.is_fresh { own } else { id.to_string() },
        );
        if !self.is_fresh {
            relate(&mut cells, self.schema, &self.ledger, &self.names, &id);
        }
        match self.schema.find(SOURCE) {
            Some(at) => cells[at] = origin.to_string(),
            None => note(&mut cells, self.schema, &format!("{SOURCE}: {origin}")),
        }
        let score = Number::value_of(cell(&cells, self.schema, Role::Score));
        let status = Status::parse(cell(&cells, self.schema, Role::Status).as_bytes());
        let name = cell(&cells, self.schema, Role::Id);
        self.ledger
            .enter(Some(&id), name, "", score.filter(|_| status.can_be_best()));
        cells
    }
}

/// The cells in the columns of the log; what it has no column for goes into the notes. The score goes into the column of the
/// store's own metric, whatever it is called in the file.
fn fitted(translation: &Translation, cells: &[String], schema: &Schema) -> Vec<String> {
    let mut out = vec![String::new(); schema.names().len()];
    let mut homeless = Vec::new();
    let is_origin = |name: &str, cell: &str| name == SOURCE && Origin::read(cell).is_some();
    for (name, cell) in translation
        .names
        .iter()
        .zip(cells)
        .filter(|(name, cell)| !is_origin(name, cell))
    {
        match schema.find(name).filter(|_| name != SOURCE) {
            Some(at) => out[at].clone_from(cell),
            None if cell.is_empty() => {}
            None => homeless.push(format!("{name}: {cell}")),
        }
    }
    let score = translation
        .names
        .iter()
        .position(|name| name == "core_metric");
    if let Some((to, from)) = schema
        .column(Role::Score)
        .zip(score)
        .filter(|(to, _)| out[*to].is_empty())
    {
        out[to].clone_from(&cells[from]);
    }
    if !homeless.is_empty() {
        note(&mut out, schema, &homeless.join("; "));
    }
    out
}

/// Puts a text behind the notes, in brackets.
fn note(cells: &mut [String], schema: &Schema, text: &str) {
    if let Some(notes) = schema.column(Role::Notes) {
        let space = if cells[notes].is_empty() { "" } else { " " };
        cells[notes] += &format!("{space}[{text}]");
    }
}

/// Names, baseline and difference of a trial that joins others.
fn relate(
    cells: &mut [String],
    schema: &Schema,
    ledger: &LogState,
    names: &HashMap<String, String>,
    id: &ExpId,
) {
    let mut set = |role, text: String| {
        if let Some(at) = schema.column(role) {
            cells[at] = text;
        }
    };
    set(Role::Id, id.to_string());
    let best = ledger.best().map(|(best, id)| (best, id.to_owned()));
    set(
        Role::Baseline,
        best.as_ref().map(|(_, id)| id.clone()).unwrap_or_default(),
    );
    let parent = names.get(cell(cells, schema, Role::Parent)).cloned();
    let score = Number::value_of(cell(cells, schema, Role::Score));
    let is_completed = Status::parse(cell(cells, schema, Role::Status).as_bytes()).is_completed();
    let delta = score
        .zip(best)
        .filter(|_| is_completed)
        .map(|(score, (best, _))| signed_delta(score - best));
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
