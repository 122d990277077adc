//! Runs written as JSON objects, with config objects that name the metric and start a segment.

use std::collections::{BTreeSet, HashMap};

use serde_json::{Map, Value};

use super::{
    detect::{Raw, Said, Table, Unread, unique_names},
    roles, words,
};

/// A value of the file, and the line in which it begins.
pub(super) struct Part<'t> {
    pub(super) line: u64,
    pub(super) text: &'t str,
}

struct Run {
    line: u64,
    segment: u64,
    fields: Vec<(String, String)>,
}

#[derive(Default)]
struct Reader {
    runs: Vec<Run>,
    /// What each config says, and which of them each segment has: runs count segments as they like.
    configs: Vec<Said>,
    of_segment: HashMap<u64, usize>,
    segment: u64,
    unread: Vec<Unread>,
}

/// Takes JSON apart. Of several segments one is read: the one asked for, else the last.
pub(super) fn read(parts: Vec<Part>, wanted: Option<u64>) -> Result<Table, String> {
    let mut reader = Reader::default();
    for part in parts {
        reader.see(part);
    }
    let segments: BTreeSet<u64> = reader.runs.iter().map(|run| run.segment).collect();
    let last = match reader.runs.last() {
        Some(run) => run.segment,
        None if !reader.configs.is_empty() => reader.segment,
        None => return Err("none of its JSON lines is a run".to_owned()),
    };
    let segment = wanted.unwrap_or(last);
    let listed = segments.iter().map(u64::to_string).collect::<Vec<_>>().join(" ");
    if !segments.contains(&segment) && !segments.is_empty() {
        return Err(format!("no runs of segment {segment}; there are the segments {listed}"));
    }
    let mut notes = Vec::new();
    if segments.len() > 1 && wanted.is_none() {
        notes.push(format!("segment {segment} is read, the last of {listed}; --segment reads another"));
    }
    let said = reader.said(segment).cloned().unwrap_or_default();
    reader.runs.retain(|run| run.segment == segment);
    let mut table = table(reader, said, notes);
    if segments.len() > 1 {
        table.segments = format!("segment {segment} of {listed}");
    }
    Ok(table)
}

impl Reader {
    fn see(&mut self, part: Part) {
        let line = part.line;
        let object = match serde_json::from_str(part.text) {
            Ok(Value::Object(object)) => object,
            Ok(_) => return self.skip(line, "JSON that is no object", false),
            Err(_) => return self.skip(line, "no JSON", false),
        };
        let kind = object.get("type").and_then(Value::as_str).map(words::normal);
        match kind.as_deref() {
            Some(kind) if words::has(roles::CONFIG_TYPES, kind) => self.config(&object),
            Some(kind) if !words::has(roles::RUN_TYPES, kind) && !object.contains_key("status") => {
                self.skip(line, &format!("a line of type `{kind}` is no run"), true);
            }
            _ => {
                if let Some(segment) = object.get("segment").and_then(Value::as_u64) {
                    self.segment = segment;
                }
                if let Some(config) = self.configs.len().checked_sub(1) {
                    self.of_segment.entry(self.segment).or_insert(config);
                }
                let mut fields = Vec::new();
                let metric = self.said(self.segment).and_then(|said| said.metric.as_deref());
                flatten(object, "", metric.unwrap_or("metric"), &mut fields);
                self.runs.push(Run { line, segment: self.segment, fields });
            }
        }
    }

    fn config(&mut self, object: &Map<String, Value>) {
        self.segment = self.configs.len() as u64;
        let mut said = Said::default();
        for (key, value) in object {
            said.hear(key, value.as_str().unwrap_or_default());
        }
        self.configs.push(said);
    }

    /// What the config of a segment says: the one before its first run.
    fn said(&self, segment: u64) -> Option<&Said> {
        let config = self.of_segment.get(&segment).copied().or(self.configs.len().checked_sub(1))?;
        self.configs.get(config)
    }

    fn skip(&mut self, line: u64, why: &str, usual: bool) {
        self.unread.push(Unread { line, why: why.to_owned(), usual });
    }
}

/// The fields of a run: those of an object in it stand under their own names, or behind that of the object where they are
/// taken. An object's own fields come before those of the objects in it. The run's `metric` is called what the config calls it.
fn flatten(object: Map<String, Value>, outer: &str, metric: &str, out: &mut Vec<(String, String)>) {
    let mut nested = Vec::new();
    for (name, value) in object {
        match value {
            Value::Object(inner) => nested.push((name, inner)),
            value => {
                let name = if outer.is_empty() && name == "metric" { metric.to_owned() } else { name };
                let is_taken = out.iter().any(|(taken, _)| *taken == name);
                out.push((if is_taken { format!("{outer}{name}") } else { name }, text(value)));
            }
        }
    }
    for (name, inner) in nested {
        flatten(inner, &format!("{outer}{name}."), metric, out);
    }
}

fn text(value: Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text,
        value => value.to_string(),
    }
}

fn table(reader: Reader, said: Said, notes: Vec<String>) -> Table {
    let mut names: Vec<String> = Vec::new();
    let mut places = HashMap::new();
    if reader.runs.is_empty() {
        names.push(said.metric.clone().unwrap_or_else(|| "metric".to_owned()));
    }
    for (name, _) in reader.runs.iter().flat_map(|run| &run.fields) {
        places.entry(name.clone()).or_insert_with(|| {
            names.push(name.clone());
            names.len() - 1
        });
    }
    let row = |run: Run| {
        let mut cells = vec![String::new(); names.len()];
        for (name, text) in run.fields {
            cells[places[&name]] = text;
        }
        Raw { line: run.line, cells }
    };
    let rows = reader.runs.into_iter().map(row).collect();
    Table {
        names: unique_names(names),
        rows,
        unread: reader.unread,
        said,
        notes,
        first_row: 1,
        separator: ',',
        segments: String::new(),
    }
}
