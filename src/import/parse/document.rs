//! JSON as a sequence of values, and the runs of an object that is not a run itself: it holds lists of runs, lists of cells,
//! runs by their names or results by their settings.

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

/// Whether a field holds the result of settings (`lr=0.1|depth=3`), and not a metric of a run.
fn is_result((name, value): (&String, &Value)) -> bool {
    name.contains('=') && value.is_number()
}

/// The fields of an object as runs.
fn read_results(text: &str) -> serde_json::Result<Vec<Object>> {
    let fields: Object = serde_json::from_str(text)?;
    let runs = fields.into_iter().map(|(name, value)| {
        Object::from_iter([
            ("name".to_owned(), name.into()),
            ("value".to_owned(), value),
        ])
    });
    Ok(runs.collect())
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
        Some(Self {
            name: name.to_owned(),
            len: members.len(),
            first: members.first().map_or("", |first| first.get()),
            text,
        })
    }

    fn holds_objects(&self) -> bool {
        self.first.starts_with('{')
    }

    fn first_object(&self) -> Object {
        serde_json::from_str(self.first).unwrap_or_default()
    }

    /// Whether the runs of another list, or of this one, belong to the same log: they have a metric and most fields in common, and
    /// are not some of these runs again.
    fn goes_on_in(&self, other: &List) -> bool {
        let (own, mut common) = (self.first_object(), other.first_object());
        let most = own.len().max(common.len());
        common.retain(|key, _| own.contains_key(key));
        let is_alike = common.len() * 4 >= most * 3 && has_score(&common);
        self.name == other.name || is_alike && !self.text.contains(other.first)
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
    let has_results = lists.is_empty() && scalars.len() > 1 && scalars.iter().all(is_result);
    let is_run = scalars.len() > 1000 || has_score(&scalars) || has_verdict(&scalars);
    if is_run && !has_results && !text.trim().contains('\n') {
        return None;
    }
    let mut note = None;
    let runs = if has_results {
        list_runs(read_results(text).ok()?)
    } else if let Some(longest) = find_longest(&lists) {
        let (read, others): (Vec<&List>, Vec<&List>) =
            lists.iter().partition(|list| longest.goes_on_in(list));
        note = describe_unread(&read, &others);
        read_lists(text, read)
    } else {
        list_runs(read_columns(fields)?)
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

/// The values of lists, in their order in the document.
fn read_lists<'t>(document: &'t str, mut lists: Vec<&List<'t>>) -> Runs<'t> {
    let start = |list: &List| list.text.as_ptr().addr() - document.as_ptr().addr();
    lists.sort_by_key(|list| start(list));
    let values = lists.into_iter().map(|list| Values {
        rest: list.text,
        line: 1 + document[..start(list)].matches('\n').count() as u64,
    });
    Box::new(values.collect::<Vec<_>>().into_iter().flatten())
}

fn describe_unread(read: &[&List], others: &[&List]) -> Option<String> {
    let names = |lists: &[&List]| {
        let names: Vec<&str> = lists.iter().map(|list| list.name.as_str()).collect();
        names.join(" ")
    };
    let mut others = others.to_vec();
    let is_copy = |list: &List| read.iter().any(|read| read.text.contains(list.first));
    others.retain(|list| has_score(&list.first_object()) && !is_copy(list));
    (!others.is_empty())
        .then(|| format!("reading the list {}, not {}", names(read), names(&others)))
}
