//! Parses JSON: an object a line, a list of objects, objects over several lines, or an object that holds a list of them.
//! Config objects name the metric and start a segment.

use std::collections::{BTreeMap, HashMap};

use anyhow::{Result, bail};
use serde_json::{Deserializer, Map, Value, value::RawValue};

use super::NOT_A_LOG;
use crate::{
    import::{
        score::{NameRank, rank_name},
        table::{DeclaredMetric, ExternalLog, ExternalRow},
        verdicts::{Verdict, parse_verdict, verdict_kind},
    },
    log::{has_word, normalize, normalize_name},
};

/// The types of lines that are runs; a line without a type is one, too. A config line starts a segment.
const RUN_TYPES: &str = "run trial result experiment iteration";
const CONFIG_TYPES: &str = "config header session meta";
/// If runs have so many different fields that most cells would be empty, the rarest share one column.
const MAX_CELLS: usize = 2_000_000;
const MAX_COLUMNS: usize = 500;
const MORE_FIELDS: &str = "more_fields";

type Object = Map<String, Value>;
/// A value of the file with its line; `None` if it is not JSON.
type JsonValue = (u64, Option<Value>);
/// A run with its line.
type Run = (u64, Vec<(String, String)>);

pub(super) fn parse(text: &str, segment: Option<u64>) -> Result<ExternalLog> {
    let text = quote_bare_words(text);
    let mut values = read_values(&text, 1);
    let object_of = |(_, value): &'_ JsonValue| value.as_ref().is_some_and(Value::is_object);
    if !values.iter().any(object_of) {
        bail!(NOT_A_LOG);
    }
    let mut reader = JsonReader::default();
    if let [(_, Some(Value::Object(object)))] = &values[..]
        && (text.trim().contains('\n') || !has_score(object) && !has_verdict(object))
    {
        reader.declare(object);
        values = read_members(&text).unwrap_or(values);
    }
    reader.has_typed_runs = values.iter().any(|(_, value)| match value {
        Some(Value::Object(run)) => type_of(run).is_none_or(|name| has_word(RUN_TYPES, &name)),
        _ => false,
    });
    for (line, value) in values {
        reader.read(line, value);
    }
    reader.finish(segment)
}

/// The values of a text from its line `line` on. The brackets and commas of a list are skipped, so that it may be unfinished.
/// After a damaged value it goes on with the next line.
fn read_values(text: &str, mut line: u64) -> Vec<JsonValue> {
    let count_lines = |text: &str| memchr::memchr_iter(b'\n', text.as_bytes()).count() as u64;
    let mut values = Vec::new();
    let mut rest = text;
    loop {
        let next = rest.trim_start_matches(|c: char| c.is_whitespace() || ",[]".contains(c));
        line += count_lines(&rest[..rest.len() - next.len()]);
        if next.is_empty() {
            return values;
        }
        let mut stream = Deserializer::from_str(next).into_iter::<Value>();
        let value = stream.next().and_then(Result::ok);
        let len = match value {
            Some(_) => stream.byte_offset(),
            None => next.find('\n').unwrap_or(next.len()),
        };
        if !next.starts_with('#') {
            values.push((line, value));
        }
        line += count_lines(&next[..len]);
        rest = &next[len..];
    }
}

/// The members of the longest list of objects in an object.
fn read_members(text: &str) -> Option<Vec<JsonValue>> {
    let fields: BTreeMap<String, &RawValue> = serde_json::from_str(text).ok()?;
    let mut longest = (0, "");
    for field in fields.values() {
        let members: Vec<&RawValue> = serde_json::from_str(field.get()).unwrap_or_default();
        let has_objects = members
            .first()
            .is_some_and(|one| one.get().starts_with('{'));
        if has_objects && members.len() >= longest.0 {
            longest = (members.len(), field.get());
        }
    }
    let (_, list) = Some(longest).filter(|(len, _)| *len > 0)?;
    let line = 1 + text[..text.find(list)?].matches('\n').count() as u64;
    Some(read_values(list, line))
}

/// JSON has no `NaN` and no `Infinity`, but Python writes them. They become strings.
fn quote_bare_words(text: &str) -> String {
    const WORDS: [&str; 3] = ["NaN", "Infinity", "-Infinity"];
    let mut out = String::with_capacity(text.len());
    let (mut rest, mut is_quoted) = (text, false);
    while let Some(at) = rest.find(['"', '\\', '\n', 'N', 'I', '-']) {
        out += &rest[..at];
        rest = &rest[at..];
        let word = WORDS
            .iter()
            .find(|word| !is_quoted && rest.starts_with(**word));
        let mut len = word.map_or(1, |word| word.len());
        match rest.as_bytes()[0] {
            b'\\' if is_quoted => len += rest[1..].chars().next().map_or(0, char::len_utf8),
            b'"' => is_quoted = !is_quoted,
            b'\n' => is_quoted = false, // a torn string ends with its line
            _ => {}
        }
        let quote = if word.is_some() { "\"" } else { "" };
        out += &[quote, &rest[..len], quote].concat();
        rest = &rest[len..];
    }
    out + rest
}

fn type_of(object: &Object) -> Option<String> {
    object.get("type").and_then(Value::as_str).map(normalize)
}

fn has_score(object: &Object) -> bool {
    object.iter().any(|(key, value)| match value {
        Value::Number(_) => rank_name(key) < NameRank::Unknown,
        Value::Object(inner) => has_score(inner),
        _ => false,
    })
}

fn has_verdict(object: &Object) -> bool {
    let mut texts = object.iter().filter(|(_, value)| !value.is_number());
    texts.any(|(key, value)| match verdict_kind(&normalize_name(key)) {
        Some(kind) => matches!(
            parse_verdict(&cell_text(value), kind),
            Some(Verdict::Status(_))
        ),
        None => false,
    })
}

/// The runs of a segment, and what the config before its first run states: runs may count segments from any number.
#[derive(Default)]
struct Segment {
    declared: Option<DeclaredMetric>,
    runs: Vec<Run>,
}

#[derive(Default)]
struct JsonReader {
    segments: BTreeMap<u64, Segment>,
    /// The number of the current segment, and that of the last run.
    segment: u64,
    last: u64,
    /// What the last config states.
    declared: Option<DeclaredMetric>,
    configs: u64,
    /// Whether some lines are runs by their type, or have none.
    has_typed_runs: bool,
    skipped: Vec<(u64, String, bool)>,
}

impl JsonReader {
    /// Reads what an object states about the metric.
    fn declare(&mut self, object: &Object) {
        let declared = self.declared.insert(DeclaredMetric::default());
        for (key, value) in object {
            declared.read(key, value.as_str().unwrap_or_default());
        }
    }

    fn read(&mut self, line: u64, value: Option<Value>) {
        let Some(Value::Object(object)) = value else {
            let reason = if value.is_some() {
                "not a JSON object"
            } else {
                "not JSON"
            };
            return self.skipped.push((line, reason.to_owned(), false));
        };
        match type_of(&object) {
            Some(name) if has_word(CONFIG_TYPES, &name) => {
                self.segment = self.configs;
                self.configs += 1;
                self.declare(&object);
            }
            Some(name) if !self.is_run(&name, &object) => {
                let has_score = has_score(&object);
                let score = if has_score { " with a score" } else { "" };
                let reason = format!("a line of type '{name}'{score} is not a run");
                self.skipped.push((line, reason, !has_score));
            }
            _ => self.read_run(line, object),
        }
    }

    /// Whether a line with a type is a run: by its type, its verdict, or a score while no line is a run by its type.
    fn is_run(&self, name: &str, object: &Object) -> bool {
        let has_outcome = object.contains_key("status") || has_verdict(object);
        let is_scored = has_score(object) && !self.has_typed_runs;
        has_word(RUN_TYPES, name) || has_outcome || is_scored
    }

    fn read_run(&mut self, line: u64, object: Object) {
        if let Some(segment) = object.get("segment").and_then(Value::as_u64) {
            self.segment = segment;
        }
        self.last = self.segment;
        let segment = self.segments.entry(self.segment).or_default();
        if segment.declared.is_none() {
            segment.declared.clone_from(&self.declared);
        }
        let metric = segment
            .declared
            .as_ref()
            .and_then(|declared| declared.name.clone());
        let mut fields = Vec::new();
        flatten(
            object,
            "",
            metric.as_deref().unwrap_or("metric"),
            &mut fields,
        );
        segment.runs.push((line, fields));
    }

    /// The table of one segment: the wanted one, else that of the last line.
    fn finish(mut self, wanted: Option<u64>) -> Result<ExternalLog> {
        if self.segments.is_empty() && self.configs == 0 {
            let mut reasons: Vec<String> = self.skipped.into_iter().map(|line| line.1).collect();
            reasons.sort();
            reasons.dedup();
            reasons.truncate(5);
            bail!("no runs among the JSON lines: {}", reasons.join(", "));
        }
        let numbers: Vec<String> = self.segments.keys().map(u64::to_string).collect();
        let listed = numbers.join(" ");
        let number = wanted.unwrap_or(self.last);
        let segment = match self.segments.remove(&number) {
            Some(segment) => segment,
            None if numbers.is_empty() => Segment::default(),
            None => bail!("no segment {number}; use one of: {listed}"),
        };
        let declared = segment.declared.or(self.declared).unwrap_or_default();
        let mut log = build_table(segment.runs, declared);
        for (line, reason, is_expected) in self.skipped {
            log.skip(line, &reason, is_expected);
        }
        if numbers.len() > 1 {
            log.segments = format!("segment {number} of {listed}");
            if wanted.is_none() {
                let note = format!(
                    "reading {}, the last; override with --segment",
                    log.segments
                );
                log.notes.push(note);
            }
        }
        Ok(log)
    }
}

/// The fields of a run. A field of an inner object keeps its own name, or gets that of the object before it if the name is
/// taken. The field `metric` gets the name that the config gives it.
fn flatten(object: Object, outer: &str, metric: &str, fields: &mut Vec<(String, String)>) {
    let mut inner_objects = Vec::new();
    for (name, value) in object {
        if let Value::Object(inner) = value {
            inner_objects.push((name, inner));
            continue;
        }
        let is_metric = outer.is_empty() && name == "metric";
        let mut name = if is_metric { metric.to_owned() } else { name };
        if fields.iter().any(|(taken, _)| *taken == name) {
            name.insert_str(0, outer);
        }
        fields.push((name, cell_text(&value)));
    }
    for (name, inner) in inner_objects {
        flatten(inner, &format!("{outer}{name}."), metric, fields);
    }
}

fn cell_text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        value => value.to_string(),
    }
}

fn build_table(runs: Vec<Run>, declared: DeclaredMetric) -> ExternalLog {
    let mut names = choose_columns(&runs);
    if names.is_empty() {
        names.push(declared.name.clone().unwrap_or("metric".to_owned()));
    }
    let columns: HashMap<String, usize> = names.iter().cloned().zip(0..).collect();
    let mut log = ExternalLog::new(names, 1, ',');
    log.declared = declared;
    for (line, fields) in runs {
        let mut cells = vec![String::new(); log.names.len()];
        let mut more = Vec::new();
        for (name, text) in fields {
            match columns.get(&name) {
                Some(&column) => cells[column] = text,
                None => more.push(format!("{name}: {text}")),
            }
        }
        if !more.is_empty() {
            cells[columns[MORE_FIELDS]] = more.join("; ");
        }
        log.rows.push(ExternalRow::new(line, cells));
    }
    log
}

/// The fields in the order in which they appear; if they are too many, the most frequent ones and one for the others.
fn choose_columns(runs: &[Run]) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    let mut counts: HashMap<&str, usize> = HashMap::new();
    for (name, _) in runs.iter().flat_map(|(_, fields)| fields) {
        let count = counts.entry(name).or_default();
        if *count == 0 {
            names.push(name.clone());
        }
        *count += 1;
    }
    if names.len() > MAX_COLUMNS && names.len() * runs.len() > MAX_CELLS {
        names.sort_by_key(|name| std::cmp::Reverse(counts[name.as_str()]));
        names.truncate(MAX_COLUMNS);
        names.push(MORE_FIELDS.to_owned());
    }
    names
}
