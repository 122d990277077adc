//! JSON as a sequence of values, and the runs of an object that is not a run itself: it holds lists of runs, lists of cells,
//! or runs by their names.

use std::collections::{BTreeMap, HashMap};

use serde::de::IgnoredAny;
use serde_json::{Deserializer, Value, value::RawValue};

use super::json_rows::{Object, cell_text, read_columns};
use crate::{
    import::words::{
        names::{NameRank, rank_name},
        verdicts::{Verdict, parse_verdict, verdict_kind},
    },
    log::normalize_name,
};

/// So many lists are named at most.
const MAX_LISTED: usize = 8;

/// The values of a text with their lines; `None` for what is not JSON. The brackets and commas of a list are skipped, so that
/// it may be unfinished. After a damaged value it goes on with an object that is glued to it, else with the next line.
pub(super) struct Values<'t> {
    pub(super) rest: &'t str,
    pub(super) line: u64,
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
            let first_line = || next.split('\n').next().unwrap_or(next); // the whole text may be one line
            if next.starts_with('#') {
                self.advance(first_line().len());
                continue;
            }
            let line = self.line;
            let mut stream = Deserializer::from_str(next).into_iter::<Value>();
            let value = stream.next().and_then(Result::ok);
            self.advance(match value {
                Some(_) => stream.byte_offset(),
                None => find_glued(first_line()).unwrap_or(first_line().len()),
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

pub(super) fn has_score(object: &Object) -> bool {
    object.iter().any(|(key, value)| match value {
        Value::Number(_) => rank_name(key) < NameRank::Unknown,
        Value::Object(inner) => has_score(inner),
        _ => false,
    })
}

pub(super) fn has_verdict(object: &Object) -> bool {
    let mut texts = object.iter().filter(|(_, value)| !value.is_number());
    texts.any(|(key, value)| {
        let kind = verdict_kind(&normalize_name(key));
        let verdict = kind.and_then(|kind| parse_verdict(&cell_text(value), kind));
        matches!(verdict, Some(Verdict::Status(_)))
    })
}

/// The values of a document that may be runs, with their lines.
pub(super) type Runs<'t> = Box<dyn Iterator<Item = (u64, Option<Value>)> + 't>;

pub(super) fn list_runs<'t>(runs: Vec<Object>) -> Runs<'t> {
    let runs = runs.into_iter().map(|run| Some(Value::Object(run)));
    Box::new((1..).zip(runs))
}

/// A list in a document.
struct List<'t> {
    name: String,
    len: usize,
    first: &'t str,
    text: &'t str,
}

impl<'t> List<'t> {
    fn new(name: &str, text: &'t str) -> Option<Self> {
        let members: Vec<&RawValue> = serde_json::from_str(text).ok()?;
        let first = members.first().map_or("", |first| first.get());
        let len = members.len();
        Some(Self {
            name: name.to_owned(),
            len,
            first,
            text,
        })
    }

    fn holds_objects(&self) -> bool {
        self.first.starts_with('{')
    }
}

/// What a document holds.
pub(super) struct Document<'t> {
    pub(super) runs: Runs<'t>,
    pub(super) scalars: Object,
    /// The parents of an AIDE journal.
    pub(super) parents: HashMap<String, Value>,
    /// The lists that are not read although they have scores.
    pub(super) note: Option<String>,
}

/// Reads an object that is not a run itself.
pub(super) fn read_document<'t>(
    text: &'t str,
    fields: &BTreeMap<String, &'t RawValue>,
) -> Option<Document<'t>> {
    let mut scalars = Object::new();
    let mut lists = Vec::new();
    for (name, raw) in fields {
        let raw = raw.get();
        if raw.starts_with('[') {
            lists.push(List::new(name, raw)?);
        } else if !raw.starts_with('{') {
            scalars.insert(name.clone(), serde_json::from_str(raw).ok()?);
        }
    }
    let is_run = scalars.len() > 1000 || has_score(&scalars) || has_verdict(&scalars);
    if is_run && !text.trim().contains('\n') {
        return None;
    }
    let (runs, note): (Runs, _) = match find_longest(&lists) {
        Some(list) => {
            let before = &text[..list.text.as_ptr().addr() - text.as_ptr().addr()];
            let line = 1 + before.matches('\n').count() as u64;
            let rest = list.text;
            (
                Box::new(Values { rest, line }),
                describe_unread(list, &lists),
            )
        }
        None => (list_runs(read_columns(fields)?), None),
    };
    let parents = fields
        .get("node2parent")
        .map(|raw| serde_json::from_str(raw.get()));
    Some(Document {
        runs,
        scalars,
        parents: parents.and_then(Result::ok).unwrap_or_default(),
        note,
    })
}

/// The longest list of objects, unless several lists of cells are as long as any: those are columns.
fn find_longest<'l, 't>(lists: &'l [List<'t>]) -> Option<&'l List<'t>> {
    let len = lists.iter().map(|list| list.len).max()?;
    let is_cells = |list: &&List| !list.holds_objects() && list.len == len && len > 0;
    let objects = lists.iter().filter(|list| list.holds_objects());
    objects
        .max_by_key(|list| list.len)
        .filter(|_| lists.iter().filter(is_cells).count() < 2)
}

/// Names the lists that are not read although their objects have scores.
fn describe_unread(read: &List, lists: &[List]) -> Option<String> {
    let has_scores = |list: &&List| {
        list.name != read.name
            && serde_json::from_str(list.first).is_ok_and(|first| has_score(&first))
    };
    let others = lists
        .iter()
        .filter(has_scores)
        .map(|list| list.name.as_str());
    let names: Vec<&str> = others.take(MAX_LISTED).collect();
    let text = format!(
        "assuming the list {} holds the trials, not {}",
        read.name,
        names.join(" ")
    );
    (!names.is_empty()).then_some(text)
}
