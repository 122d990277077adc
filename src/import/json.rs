//! Parses JSON: an object a line, a list of objects, objects over several lines, or an object that holds a list of them or
//! lists of cells. Config objects name the metric and start a segment.

use std::collections::{BTreeMap, HashMap, HashSet};

use anyhow::{Result, bail};
use serde::de::IgnoredAny;
use serde_json::{Deserializer, Map, Value, value::RawValue};

use super::{
    NOT_A_LOG,
    input::Text,
    optuna,
    score::{NameRank, rank_name},
    table::{DeclaredMetric, RowForm, Table, encode_entry, fingerprint, leaf, skipped},
    verdicts::{Verdict, parse_verdict, verdict_kind},
};
use crate::json_repair::repair_json;
use crate::log::{Direction, SkippedLine, Source, has_word, normalize, normalize_name};

/// The types of lines that are runs; a line without a type is one, too. A config line starts a segment.
const RUN_TYPES: &str = "run trial result experiment iteration";
const CONFIG_TYPES: &str = "config header session meta";
/// If runs have so many different fields that most cells would be empty, the rare ones share one column.
const MAX_CELLS: usize = 1_000_000;
const RARE: usize = 20;
const MORE_FIELDS: &str = "more_fields";

pub(super) type Object = Map<String, Value>;

/// The objects of a file.
enum Objects<'t> {
    /// Where they are in the text, and from which line on.
    Text(&'t str, u64),
    List(Vec<Object>),
}

/// A run of a segment: its paths and cells.
struct Run {
    segment: u64,
    line: u64,
    fields: Vec<(String, String)>,
}

pub(super) fn parse(text: String, wanted: Option<u64>) -> Result<Table> {
    let text = repair_json(&text).unwrap_or(text);
    let mut reader = JsonReader::default();
    let objects = reader.find_objects(&text);
    let mut segments = Segments::default();
    loop {
        objects.for_each(|line, value| {
            if let Some(run) = reader.read(line, value) {
                segments.observe(&run, reader.declared.as_ref());
            }
        });
        // Lines of unknown types are runs if no others are.
        let is_retry = std::mem::replace(&mut reader.takes_any_type, true);
        if is_retry || reader.has_typed_runs || reader.scored_others == 0 {
            break;
        }
        reader.restart();
        segments = Segments::default();
    }
    if !reader.has_objects {
        bail!(NOT_A_LOG);
    }
    let listed = segments.list();
    let number = wanted.unwrap_or(segments.last);
    let segment = match segments.by_number.remove(&number) {
        Some(segment) => segment,
        None if listed.is_empty() && reader.configs > 0 => Segment::default(),
        None if listed.is_empty() => bail!(reader.describe_no_runs()),
        None => bail!("no segment {number}; use one of: {listed}"),
    };
    let skipped = std::mem::take(&mut reader.skipped);
    let declared = segment.declared.clone().or(reader.declared.take());
    let columns = Columns::new(&segment, &declared.clone().unwrap_or_default());
    reader.restart();
    let mut rows = String::new();
    objects.for_each(|line, value| {
        if let Some(run) = reader.read(line, value).filter(|run| run.segment == number) {
            rows += &columns.encode(run);
        }
    });
    drop(objects);
    let text = Text::new(Source::Memory(rows.into_bytes()))?;
    let mut table = Table::new(columns.names, text, RowForm::Encoded);
    table.declared = declared.unwrap_or_default();
    table.skipped = skipped;
    if listed.contains(' ') {
        table.segments = format!("segment {number} of {listed}");
        if wanted.is_none() {
            let segments = &table.segments;
            let note = format!("reading {segments}, the last; override with --segment");
            table.notes.push(note);
        }
    }
    Ok(table)
}

impl Objects<'_> {
    fn for_each(&self, mut visit: impl FnMut(u64, Option<Value>)) {
        match self {
            Self::Text(text, line) => {
                for (line, value) in (Values {
                    rest: text,
                    line: *line,
                }) {
                    visit(line, value);
                }
            }
            Self::List(objects) => {
                for (line, object) in (1..).zip(objects) {
                    visit(line, Some(Value::Object(object.clone())));
                }
            }
        }
    }
}

/// The values of a text with their lines; `None` for what is not JSON. The brackets and commas of a list are skipped, so that
/// it may be unfinished. After a damaged value it goes on with an object that is glued to it, else with the next line.
struct Values<'t> {
    rest: &'t str,
    line: u64,
}

impl Values<'_> {
    fn advance(&mut self, len: usize) {
        let (passed, rest) = self.rest.split_at(len);
        self.line += memchr::memchr_iter(b'\n', passed.as_bytes()).count() as u64;
        self.rest = rest;
    }
}

impl Iterator for Values<'_> {
    type Item = (u64, Option<Value>);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let is_between = |c: char| c.is_whitespace() || ",[]".contains(c);
            let next = self.rest.trim_start_matches(is_between);
            self.advance(self.rest.len() - next.len());
            if next.is_empty() {
                return None;
            }
            let line = self.line;
            let line_len = next.find('\n').unwrap_or(next.len());
            if next.starts_with('#') {
                self.advance(line_len);
                continue;
            }
            let mut stream = Deserializer::from_str(next).into_iter::<Value>();
            let value = stream.next().and_then(Result::ok);
            self.advance(match value {
                Some(_) => stream.byte_offset(),
                None => find_glued(&next[..line_len]).unwrap_or(line_len),
            });
            return Some((line, value));
        }
    }
}

/// Where a whole object begins that was written behind a torn one: it has the same first key and ends the line.
fn find_glued(line: &str) -> Option<usize> {
    let key = &line[..=line.find(':').filter(|_| line.starts_with('{'))?];
    let at = line[1..].rfind(key)? + 1;
    serde_json::from_str::<IgnoredAny>(&line[at..]).ok()?;
    Some(at)
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

#[derive(Default)]
struct JsonReader {
    /// The number of the current segment.
    segment: u64,
    /// What the last config states.
    declared: Option<DeclaredMetric>,
    configs: u64,
    has_objects: bool,
    /// Whether some lines are runs by their type, or have none.
    has_typed_runs: bool,
    takes_any_type: bool,
    /// Lines of other types that have a score.
    scored_others: u64,
    /// The parents of an AIDE journal.
    parents: HashMap<String, Value>,
    skipped: Vec<SkippedLine>,
}

impl JsonReader {
    /// Begins another pass.
    fn restart(&mut self) {
        (self.segment, self.configs) = (0, 0);
        self.skipped.clear();
    }

    /// Where the objects of a text are.
    fn find_objects<'t>(&mut self, text: &'t str) -> Objects<'t> {
        let all = Objects::Text(text, 1);
        let mut stream = Deserializer::from_str(text).into_iter::<IgnoredAny>();
        let is_one =
            matches!(stream.next(), Some(Ok(_))) && text[stream.byte_offset()..].trim().is_empty();
        if !is_one || !text.trim_start().starts_with('{') {
            return match optuna::read_journal(Values {
                rest: text,
                line: 1,
            }) {
                Some((trials, direction)) => {
                    let declared = self.declared.insert(DeclaredMetric::default());
                    declared.direction = direction;
                    Objects::List(trials)
                }
                None => all,
            };
        }
        let Ok(fields) = serde_json::from_str::<BTreeMap<String, &RawValue>>(text) else {
            return all;
        };
        if let Some(objects) = self.read_document(text, &fields) {
            return objects;
        }
        all
    }

    /// An object that is not a run itself: it holds a list of runs, lists of cells, or runs by their names.
    fn read_document<'t>(
        &mut self,
        text: &'t str,
        fields: &BTreeMap<String, &'t RawValue>,
    ) -> Option<Objects<'t>> {
        let scalars = fields
            .iter()
            .filter(|(_, raw)| !raw.get().starts_with(['{', '[']));
        let scalars: Object = scalars
            .filter_map(|(key, raw)| Some((key.clone(), serde_json::from_str(raw.get()).ok()?)))
            .collect();
        let is_run = scalars.len() > 1000 || has_score(&scalars) || has_verdict(&scalars);
        if is_run && !text.trim().contains('\n') {
            return None;
        }
        let mut lists = Vec::new();
        for raw in fields.values() {
            let members: Vec<&RawValue> = serde_json::from_str(raw.get()).unwrap_or_default();
            if let Some(first) = members.first() {
                lists.push((first.get().starts_with('{'), members.len(), raw.get()));
            }
        }
        let longest = lists.iter().map(|(_, len, _)| *len).max().unwrap_or(0);
        let is_column =
            |(has_objects, len, _): &&(bool, usize, &str)| !has_objects && *len == longest;
        let runs = lists.iter().filter(|(has_objects, ..)| *has_objects);
        let objects = match runs.max_by_key(|(_, len, _)| *len) {
            Some((_, _, list)) if lists.iter().filter(is_column).count() < 2 => {
                let line = 1 + text[..text.find(list)?].matches('\n').count() as u64;
                Objects::Text(list, line)
            }
            _ => Objects::List(read_columns(fields)?),
        };
        if let Some(raw) = fields.get("node2parent") {
            self.parents = serde_json::from_str(raw.get()).unwrap_or_default();
        }
        self.declare(&scalars);
        Some(objects)
    }

    /// Reads what an object states about the metric.
    fn declare(&mut self, object: &Object) {
        let declared = self.declared.insert(DeclaredMetric::default());
        for (key, value) in object {
            declared.read(key, value.as_str().unwrap_or_default());
        }
    }

    fn skip(&mut self, line: u64, reason: &str, is_expected: bool) -> Option<Run> {
        self.skipped.push(skipped(line, reason, is_expected));
        None
    }

    fn read(&mut self, line: u64, value: Option<Value>) -> Option<Run> {
        let object = match value {
            Some(Value::Object(object)) => object,
            Some(_) => return self.skip(line, "not a JSON object", false),
            None => return self.skip(line, "not JSON", false),
        };
        self.has_objects = true;
        match type_of(&object) {
            Some(name) if has_word(CONFIG_TYPES, &name) => {
                self.segment = self.configs;
                self.configs += 1;
                self.declare(&object);
                None
            }
            Some(name) if !self.is_run(&name, &object) => {
                let has_score = has_score(&object);
                self.scored_others += u64::from(has_score);
                let score = if has_score { " with a score" } else { "" };
                let reason = format!("a line of type '{name}'{score} is not a run");
                self.skip(line, &reason, !has_score)
            }
            _ => Some(self.read_run(line, object)),
        }
    }

    /// Whether a line with a type is a run: by its type, its verdict, or a score while no line is a run by its type.
    fn is_run(&mut self, name: &str, object: &Object) -> bool {
        let has_type = has_word(RUN_TYPES, name);
        self.has_typed_runs |= has_type;
        let has_outcome = object.contains_key("status") || has_verdict(object);
        let is_scored = self.takes_any_type && !self.has_typed_runs && has_score(object);
        has_type || has_outcome || is_scored
    }

    fn read_run(&mut self, line: u64, mut object: Object) -> Run {
        self.has_typed_runs |= !object.contains_key("type");
        if let Some(segment) = object.get("segment").and_then(Value::as_u64) {
            self.segment = segment;
        }
        let maximize = object
            .get("metric")
            .and_then(|metric| metric.get("maximize"));
        if let Some(is_maximized) = maximize.and_then(Value::as_bool) {
            let declared = self.declared.get_or_insert_default();
            declared.direction = Some(if is_maximized {
                Direction::Maximize
            } else {
                Direction::Minimize
            });
        }
        let parent = object
            .get("id")
            .and_then(Value::as_str)
            .and_then(|id| self.parents.get(id));
        if let Some(parent) = parent.cloned() {
            object.insert("parent".to_owned(), parent);
        }
        let mut fields = Vec::new();
        flatten(object, "", &mut fields);
        let segment = self.segment;
        Run {
            segment,
            line,
            fields,
        }
    }

    fn describe_no_runs(self) -> String {
        let mut reasons: Vec<String> = self.skipped.into_iter().map(|line| line.reason).collect();
        reasons.sort();
        reasons.dedup();
        reasons.truncate(5);
        format!("no runs among the JSON lines: {}", reasons.join(", "))
    }
}

/// Rows of an object that holds a list of cells for each column, objects of cells by row, or an object for each row.
fn read_columns(fields: &BTreeMap<String, &RawValue>) -> Option<Vec<Object>> {
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
    let columns: Vec<Object> = rows.into_values().collect();
    if is_table {
        return Some(columns);
    }
    (named.len() > 1).then_some(named)
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

fn cell_text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        value => value.to_string(),
    }
}

/// The paths of the runs of a segment, and what the config before its first run states: runs may count segments from any
/// number.
#[derive(Default)]
struct Segment {
    declared: Option<DeclaredMetric>,
    runs: usize,
    /// In the order in which they appear.
    paths: Vec<String>,
    counts: HashMap<String, usize>,
}

#[derive(Default)]
struct Segments {
    by_number: BTreeMap<u64, Segment>,
    last: u64,
}

impl Segments {
    fn observe(&mut self, run: &Run, declared: Option<&DeclaredMetric>) {
        self.last = run.segment;
        let segment = self.by_number.entry(run.segment).or_default();
        if segment.declared.is_none() {
            segment.declared = declared.cloned();
        }
        segment.runs += 1;
        for (path, _) in &run.fields {
            match segment.counts.get_mut(path) {
                Some(count) => *count += 1,
                None => {
                    segment.paths.push(path.clone());
                    segment.counts.insert(path.clone(), 1);
                }
            }
        }
    }

    fn list(&self) -> String {
        let numbers: Vec<String> = self.by_number.keys().map(u64::to_string).collect();
        numbers.join(" ")
    }
}

/// The columns of the runs.
struct Columns {
    names: Vec<String>,
    by_path: HashMap<String, usize>,
}

impl Columns {
    /// A field of an inner object keeps its own name if no other field has it, else its path. The field `metric` gets the
    /// name that the config gives it.
    fn new(segment: &Segment, declared: &DeclaredMetric) -> Self {
        let cells = segment.paths.len() * segment.runs;
        let is_rare =
            |path: &String| cells > MAX_CELLS && segment.counts[path] * RARE < segment.runs;
        let paths: Vec<&String> = segment.paths.iter().filter(|path| !is_rare(path)).collect();
        let mut leaves: HashMap<&str, usize> = HashMap::new();
        for path in &paths {
            *leaves.entry(leaf(path)).or_default() += 1;
        }
        let metric = declared.name.as_deref().unwrap_or("metric");
        let mut names = Vec::new();
        let mut taken: HashSet<String> = paths.iter().map(|path| (*path).clone()).collect();
        let renames_metric = taken.contains("metric") && taken.insert(metric.to_owned());
        for path in &paths {
            let own = leaf(path);
            names.push(match path.as_str() {
                "metric" if renames_metric => metric.to_owned(),
                path if own != "value"
                    && leaves[own] == 1
                    && (own == path || taken.insert(own.to_owned())) =>
                {
                    own.to_owned()
                }
                path => path.to_owned(),
            });
        }
        let mut by_path: HashMap<String, usize> = paths.into_iter().cloned().zip(0..).collect();
        if by_path.len() < segment.paths.len() {
            by_path.insert(MORE_FIELDS.to_owned(), names.len());
            names.push(MORE_FIELDS.to_owned());
        }
        if names.is_empty() {
            names.push(metric.to_owned());
        }
        Self { names, by_path }
    }

    fn encode(&self, run: Run) -> String {
        let mut cells = vec![String::new(); self.names.len()];
        let mut more = Vec::new();
        for (path, text) in run.fields {
            match self.by_path.get(&path) {
                Some(&column) => cells[column] = text,
                None => more.push(format!("{path}: {text}")),
            }
        }
        if let Some(&column) = self.by_path.get(MORE_FIELDS)
            && !more.is_empty()
        {
            cells[column] = more.join("; ");
        }
        encode_entry(run.line, fingerprint(&cells), &cells)
    }
}
