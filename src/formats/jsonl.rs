//! JSON lines: a run a line, with config lines that name the metric and start a segment.

use std::collections::{BTreeSet, HashMap};

use serde_json::{Map, Value};

use super::{
    detect::{Raw, Said, Table, Unread, unique_names},
    roles,
};

struct Run {
    line: u64,
    segment: u64,
    fields: Vec<(String, String)>,
}

#[derive(Default)]
struct Reader {
    runs: Vec<Run>,
    /// What the config of each segment says.
    said: HashMap<u64, Said>,
    configs: u64,
    segment: u64,
    unread: Vec<Unread>,
}

/// Takes JSON lines apart. Of several segments one is read: the one asked for, else the last.
pub(super) fn read(lines: &[&str], wanted: Option<u64>) -> Result<Table, String> {
    let mut reader = Reader::default();
    for (at, line) in lines.iter().enumerate() {
        let line_is_blank = line.trim().is_empty() || line.starts_with('#');
        if !line_is_blank {
            reader.see(at as u64 + 1, line);
        }
    }
    let segments: BTreeSet<u64> = reader.runs.iter().map(|run| run.segment).collect();
    let last = reader.runs.last().map(|run| run.segment).ok_or("none of its JSON lines is a run")?;
    let segment = wanted.unwrap_or(last);
    let listed = segments.iter().map(u64::to_string).collect::<Vec<_>>().join(" ");
    if !segments.contains(&segment) {
        return Err(format!("no runs of segment {segment}; there are the segments {listed}"));
    }
    let mut notes = Vec::new();
    if segments.len() > 1 && wanted.is_none() {
        notes.push(format!("segment {segment} is read, the last of {listed}; --segment reads another"));
    }
    let said = reader.said.remove(&segment).unwrap_or_default();
    reader.runs.retain(|run| run.segment == segment);
    Ok(table(reader, said, notes))
}

impl Reader {
    fn see(&mut self, line: u64, text: &str) {
        let object = match serde_json::from_str(text) {
            Ok(Value::Object(object)) => object,
            Ok(_) => return self.skip(line, "JSON that is no object", false),
            Err(_) => return self.skip(line, "no JSON", false),
        };
        let kind = object.get("type").and_then(Value::as_str).map(roles::normal);
        match kind.as_deref() {
            Some(kind) if roles::has(roles::CONFIG_TYPES, kind) => self.config(&object),
            Some(kind) if !roles::has(roles::RUN_TYPES, kind) && !object.contains_key("status") => {
                self.skip(line, &format!("a line of type `{kind}` is no run"), true);
            }
            _ => {
                if let Some(segment) = object.get("segment").and_then(Value::as_u64) {
                    self.segment = segment;
                }
                let fields = fields(object, self.said.get(&self.segment));
                self.runs.push(Run { line, segment: self.segment, fields });
            }
        }
    }

    fn config(&mut self, object: &Map<String, Value>) {
        self.segment = self.configs;
        self.configs += 1;
        let said = self.said.entry(self.segment).or_default();
        for (key, value) in object {
            said.hear(key, value.as_str().unwrap_or_default());
        }
    }

    fn skip(&mut self, line: u64, why: &str, usual: bool) {
        self.unread.push(Unread { line, why: why.to_owned(), usual });
    }
}

/// The fields of a run: those of an object in it under their own names, or behind that of the object where they stand
/// already. `metric` is called what the config calls it.
fn fields(object: Map<String, Value>, said: Option<&Said>) -> Vec<(String, String)> {
    let metric = said.and_then(|said| said.metric.clone()).unwrap_or_else(|| "metric".to_owned());
    let own = |name: String| if name == "metric" { metric.clone() } else { name };
    let mut out: Vec<(String, String)> = Vec::new();
    let mut nested = Vec::new();
    for (name, value) in object {
        match value {
            Value::Object(inner) => nested.push((name, inner)),
            value => out.push((own(name), text(value))),
        }
    }
    for (outer, inner) in nested {
        for (name, value) in inner {
            let is_taken = out.iter().any(|(taken, _)| *taken == name);
            out.push((if is_taken { format!("{outer}.{name}") } else { name }, text(value)));
        }
    }
    out
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
    Table { names: unique_names(names), rows, unread: reader.unread, said, notes, first_row: 1, separator: ',' }
}
