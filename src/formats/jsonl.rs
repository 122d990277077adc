//! Runs written as JSON objects, with config objects that name the metric and start a segment.

use std::{
    cell::OnceCell,
    collections::{BTreeSet, HashMap},
};

use serde_json::{Map, Value};

use super::{
    roles::{self, Means},
    table::{Raw, Said, Table, Unread, unique_names},
    words,
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
    /// Whether some lines are runs by their type, or have none.
    has_runs: bool,
}

/// What type a line says it has.
fn kind(object: &Map<String, Value>) -> Option<String> {
    object
        .get("type")
        .and_then(Value::as_str)
        .map(words::normal)
}

/// What a JSON object has that a run has.
#[derive(Clone, Copy, Default)]
pub(super) struct Carries {
    score: bool,
    verdict: bool,
}

impl Carries {
    pub(super) fn of(object: &Map<String, Value>) -> Self {
        let mut carries = Self::default();
        for (key, value) in object {
            let name = words::normal_name(key);
            let speech = roles::VERDICTS
                .iter()
                .find(|(verdict, _)| *verdict == name)
                .map(|(_, speech)| *speech);
            let said = speech.and_then(|speech| words::verdict(&text(value.clone()), speech));
            carries.verdict |= !value.is_number() && matches!(said, Some(Means::Is(_)));
            carries.score |= value.is_number() && words::candidate(key) < roles::UNKNOWN;
            if let Value::Object(inner) = value {
                carries.score |= Self::of(inner).score;
            }
        }
        carries
    }

    pub(super) fn anything(self) -> bool {
        self.score || self.verdict
    }
}

/// Takes JSON apart. Of several segments one is read: the one asked for, else the last. What the file says stands for a config.
pub(super) fn read(parts: Vec<Part>, said: Said, wanted: Option<u64>) -> Result<Table, String> {
    let mut reader = Reader::default();
    if said.metric.is_some() || said.direction.is_some() {
        reader.configs.push(said);
    }
    let objects: Vec<_> = parts
        .into_iter()
        .map(|part| (part.line, serde_json::from_str(part.text)))
        .collect();
    let is_run = |kind: Option<String>| kind.is_none_or(|kind| words::has(roles::RUN_TYPES, &kind));
    reader.has_runs = objects
        .iter()
        .any(|(_, value)| matches!(value, Ok(Value::Object(object)) if is_run(kind(object))));
    for (line, value) in objects {
        reader.see(line, value);
    }
    let segments: BTreeSet<u64> = reader.runs.iter().map(|run| run.segment).collect();
    let last = match reader.runs.last() {
        Some(run) => run.segment,
        None if !reader.configs.is_empty() => reader.segment,
        None => return Err(reader.nothing()),
    };
    let segment = wanted.unwrap_or(last);
    let listed = segments
        .iter()
        .map(u64::to_string)
        .collect::<Vec<_>>()
        .join(" ");
    if !segments.contains(&segment) && !segments.is_empty() {
        return Err(format!(
            "no runs of segment {segment}; there are the segments {listed}"
        ));
    }
    let mut notes = Vec::new();
    if segments.len() > 1 && wanted.is_none() {
        notes.push(format!(
            "segment {segment} is read, the last of {listed}; --segment reads another"
        ));
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
    fn see(&mut self, line: u64, value: serde_json::Result<Value>) {
        let object = match value {
            Ok(Value::Object(object)) => object,
            Ok(_) => return self.skip(line, "JSON that is no object", false),
            Err(_) => return self.skip(line, "no JSON", false),
        };
        match kind(&object).as_deref() {
            Some(kind) if words::has(roles::CONFIG_TYPES, kind) => self.config(&object),
            Some(kind) if !self.is_run(kind, &object) => {
                let carries = Carries::of(&object).score;
                let what = if carries { " with a score" } else { "" };
                self.skip(
                    line,
                    &format!("a line of type `{kind}`{what} is no run"),
                    !carries,
                );
            }
            _ => {
                if let Some(segment) = object.get("segment").and_then(Value::as_u64) {
                    self.segment = segment;
                }
                if let Some(config) = self.configs.len().checked_sub(1) {
                    self.of_segment.entry(self.segment).or_insert(config);
                }
                let mut fields = Vec::new();
                let metric = self
                    .said(self.segment)
                    .and_then(|said| said.metric.as_deref());
                flatten(object, "", metric.unwrap_or("metric"), &mut fields);
                self.runs.push(Run {
                    line,
                    segment: self.segment,
                    fields,
                });
            }
        }
    }

    /// Whether a line of a type is a run: by its type, its verdict, or a score where no line is a run by its type.
    fn is_run(&self, kind: &str, object: &Map<String, Value>) -> bool {
        let carries = Carries::of(object);
        let by_type = words::has(roles::RUN_TYPES, kind) || object.contains_key("status");
        by_type || carries.verdict || carries.score && !self.has_runs
    }

    /// Why there is nothing to read.
    fn nothing(&self) -> String {
        let whys: BTreeSet<&str> = self.unread.iter().map(|unread| &*unread.reason).collect();
        let whys: Vec<_> = whys.into_iter().take(5).collect();
        format!("none of its JSON lines is a run: {}", whys.join(", "))
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
        let config = self
            .of_segment
            .get(&segment)
            .copied()
            .or(self.configs.len().checked_sub(1))?;
        self.configs.get(config)
    }

    fn skip(&mut self, line: u64, why: &str, usual: bool) {
        self.unread.push(Unread {
            line,
            reason: why.to_owned(),
            is_expected: usual,
        });
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
                let name = if outer.is_empty() && name == "metric" {
                    metric.to_owned()
                } else {
                    name
                };
                let is_taken = out.iter().any(|(taken, _)| *taken == name);
                out.push((
                    if is_taken {
                        format!("{outer}{name}")
                    } else {
                        name
                    },
                    text(value),
                ));
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

/// Where runs have so many fields of their own that most cells were empty, the rarest stand in one column.
const MAX_CELLS: usize = 2_000_000;
const MAX_COLUMNS: usize = 500;
const MORE: &str = "more_fields";

fn table(mut reader: Reader, said: Said, notes: Vec<String>) -> Table {
    gather(&mut reader.runs);
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
        Raw {
            line: run.line,
            cells,
            print: None,
        }
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
        doubles: Vec::new(),
        normal: OnceCell::new(),
    }
}

/// Puts rare fields into one, where a column for each were too many.
fn gather(runs: &mut [Run]) {
    let mut times: HashMap<String, usize> = HashMap::new();
    for (name, _) in runs.iter().flat_map(|run| &run.fields) {
        *times.entry(name.clone()).or_default() += 1;
    }
    if times.len() <= MAX_COLUMNS || times.len() * runs.len() <= MAX_CELLS {
        return;
    }
    let mut ranked: Vec<_> = times
        .into_iter()
        .map(|(name, times)| (std::cmp::Reverse(times), name))
        .collect();
    ranked.sort_unstable();
    let kept: BTreeSet<String> = ranked
        .into_iter()
        .take(MAX_COLUMNS)
        .map(|(_, name)| name)
        .collect();
    for run in runs {
        let (own, rare): (Vec<_>, Vec<_>) = std::mem::take(&mut run.fields)
            .into_iter()
            .partition(|(name, _)| kept.contains(name));
        run.fields = own;
        if !rare.is_empty() {
            let told: Vec<_> = rare
                .into_iter()
                .map(|(name, text)| format!("{name}: {text}"))
                .collect();
            run.fields.push((MORE.to_owned(), told.join("; ")));
        }
    }
}
