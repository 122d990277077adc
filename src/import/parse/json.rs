//! Parses JSON: an object a line, a list of objects, objects over several lines, or a document that holds them. Config objects
//! name the metric and start a segment.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use anyhow::{Result, bail};
use serde::de::IgnoredAny;
use serde_json::{Deserializer, Value, value::RawValue};

use super::{
    NOT_A_LOG,
    declared::DeclaredMetric,
    document::{Runs, Values, has_score, has_verdict, list_runs, read_document},
    is_export,
    json_rows::{Object, Segment, take_experiments},
    optuna,
    table::{Table, skipped},
};
use crate::{
    json_repair::{note_halves, repair_json},
    log::{SkippedLine, has_word, normalize},
};

/// The types of lines that are runs; a line without a type is one, too. A config line starts a segment.
const RUN_TYPES: &str = "run trial result experiment iteration";
const CONFIG_TYPES: &str = "config header session meta";

pub(super) fn parse(text: String, wanted: Option<u64>) -> Result<Table> {
    let repaired = repair_json(&text);
    let note = repaired
        .as_ref()
        .and_then(|repaired| note_halves(&text, repaired));
    let text = repaired.unwrap_or(text);
    let mut reader = Reader::default();
    reader.read_text(&text)?;
    // Lines of unknown types are runs if no others are.
    if !reader.has_typed_runs && reader.scored_others > 0 {
        reader = Reader {
            takes_any_type: true,
            ..Reader::default()
        };
        reader.read_text(&text)?;
    }
    drop(text);
    let mut table = reader.finish(wanted)?;
    table.notes.extend(note);
    Ok(table)
}

#[derive(Default)]
struct Reader {
    segments: BTreeMap<u64, Segment>,
    /// The number of the current segment, and that of the last run.
    segment: u64,
    last: u64,
    /// What the last config states.
    declared: Option<DeclaredMetric>,
    configs: u64,
    /// The segment that a config has begun after other runs.
    begun: Option<u64>,
    /// What is added to the segments that runs state.
    shift: u64,
    has_objects: bool,
    /// Whether some lines are runs by their type, or have none.
    has_typed_runs: bool,
    takes_any_type: bool,
    /// Lines of other types that have a score.
    scored_others: u64,
    /// The parents of an AIDE journal.
    parents: HashMap<String, Value>,
    skipped: Vec<SkippedLine>,
    notes: Vec<String>,
}

impl Reader {
    fn read_text(&mut self, text: &str) -> Result<()> {
        let mut runs = self.find_runs(text);
        runs.try_for_each(|(line, value)| self.read(line, value))
    }

    fn find_runs<'t>(&mut self, text: &'t str) -> Runs<'t> {
        let values = || Values {
            rest: text,
            line: 1,
        };
        let mut stream = Deserializer::from_str(text).into_iter::<IgnoredAny>();
        let is_value = matches!(stream.next(), Some(Ok(_)));
        let is_one = is_value && text[stream.byte_offset()..].trim().is_empty();
        if is_one && text.trim_start().starts_with('{') {
            let fields = serde_json::from_str::<BTreeMap<String, &RawValue>>(text);
            let document = fields.ok().and_then(|fields| read_document(text, &fields));
            let Some(document) = document else {
                return Box::new(values());
            };
            self.declare(&document.scalars);
            self.parents = document.parents;
            self.notes.extend(document.note);
            return document.runs;
        }
        let Some((trials, direction)) = optuna::read_journal(values()) else {
            return Box::new(values());
        };
        self.declared.get_or_insert_default().direction = direction;
        list_runs(trials)
    }

    /// Reads what an object states about the metric.
    fn declare(&mut self, object: &Object) {
        let declared = self.declared.insert(DeclaredMetric::default());
        for (key, value) in object {
            declared.read(key, value.as_str().unwrap_or_default());
        }
    }

    fn read(&mut self, line: u64, value: Option<Value>) -> Result<()> {
        let Some(Value::Object(object)) = value else {
            let reason = if value.is_some() {
                "not a JSON object"
            } else {
                "not JSON"
            };
            self.skipped.push(skipped(line, reason, false));
            return Ok(());
        };
        self.has_objects = true;
        let name = object.get("type").and_then(Value::as_str).map(normalize);
        let names = || object.keys().cloned().collect::<Vec<_>>();
        // In an export of lineage, `type` is any column.
        match name.filter(|_| !is_export(&names())) {
            Some(name) if has_word(CONFIG_TYPES, &name) => {
                self.segment = self.configs;
                self.configs += 1;
                self.begun = (!self.segments.is_empty()).then_some(self.segment);
                self.declare(&object);
                Ok(())
            }
            Some(name) if !self.is_run(&name, &object) => {
                let has_score = has_score(&object);
                self.scored_others += u64::from(has_score);
                let score = if has_score { " with a score" } else { "" };
                let reason = format!("a line of type '{name}'{score} is not a run");
                self.skipped.push(skipped(line, &reason, !has_score));
                Ok(())
            }
            _ => self.read_run(line, object),
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

    fn read_run(&mut self, line: u64, mut object: Object) -> Result<()> {
        self.has_typed_runs |= !object.contains_key("type");
        if let Some(stated) = object.get("segment").and_then(Value::as_u64) {
            // A config after a run starts a segment, also if the numbers start again.
            if let Some(begun) = self.begun.filter(|&begun| stated + self.shift < begun) {
                self.shift = begun - stated;
            }
            self.segment = stated + self.shift;
        }
        self.begun = None;
        let id = object.get("id").and_then(Value::as_str);
        if let Some(parent) = id.and_then(|id| self.parents.get(id)).cloned() {
            object.insert("parent".to_owned(), parent);
        }
        let children = take_experiments(&mut object);
        let segment = self.segments.entry(self.segment).or_default();
        if segment.declared.is_none() {
            segment.declared.clone_from(&self.declared);
        }
        self.last = self.segment;
        segment.push(line, object)?;
        children
            .into_iter()
            .try_for_each(|child| segment.push(line, child))
    }

    fn finish(mut self, wanted: Option<u64>) -> Result<Table> {
        if !self.has_objects {
            bail!(NOT_A_LOG);
        }
        let numbers: Vec<String> = self.segments.keys().map(u64::to_string).collect();
        let listed = numbers.join(", ");
        let number = wanted.unwrap_or(self.last);
        let mut segment = match self.segments.remove(&number) {
            Some(segment) => segment,
            None if listed.is_empty() && self.configs > 0 => Segment::default(),
            None if listed.is_empty() => bail!(self.describe_no_runs()),
            None => bail!("no segment {number}; use one of: {listed}"),
        };
        let declared = segment
            .declared
            .take()
            .or(self.declared)
            .unwrap_or_default();
        let names = segment.name_columns(declared.name.as_deref());
        let mut table = Table {
            rows: segment.rows,
            declared,
            skipped: self.skipped,
            notes: self.notes,
            first_row: 1,
            ..Table::default()
        };
        table.add_names(names);
        if numbers.len() > 1 {
            table.segments = format!("segment {number} (of {listed})");
            let segments = &table.segments;
            let note = format!("reading {segments}, the last; override with --segment");
            table.notes.extend(wanted.is_none().then_some(note));
        }
        Ok(table)
    }

    fn describe_no_runs(self) -> String {
        let reasons: BTreeSet<String> = self.skipped.into_iter().map(|line| line.reason).collect();
        let reasons: Vec<String> = reasons.into_iter().take(5).collect();
        format!(
            "no runs in the JSON ({}); a run has no 'type', or one of: {RUN_TYPES}",
            reasons.join(", ")
        )
    }
}
