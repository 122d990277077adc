//! Files of JSON: a run a line, or one list of runs, or runs that are spread over lines.

use std::{borrow::Cow, collections::BTreeMap};

use serde_json::{Deserializer, value::RawValue};

use super::{
    Table,
    jsonl::{self, Part},
};

/// Takes JSON apart. Where there is a line that is an object by itself, every line is: one that is damaged harms no other.
pub(super) fn read(text: &str, segment: Option<u64>) -> Result<Table, String> {
    let text = without_bare_words(text);
    let is_one = text.trim().contains('\n') && serde_json::from_str::<&RawValue>(&text).is_ok();
    let is_list = is_one || text.trim_start().starts_with('[');
    let is_object = |line: &str| serde_json::from_str::<&RawValue>(line).is_ok_and(|raw| raw.get().starts_with('{'));
    let parts = if !is_list && text.lines().any(is_object) { lines(&text) } else { values(&text) };
    jsonl::read(parts, segment)
}

fn lines(text: &str) -> Vec<Part<'_>> {
    let numbered = text.lines().enumerate().map(|(at, line)| Part { line: at as u64 + 1, text: line });
    numbered.filter(|part| !part.text.trim().is_empty() && !part.text.starts_with('#')).collect()
}

/// The values of a file, one behind the other; the members of a list, and of a list in an object that is all there is, for it.
fn values(text: &str) -> Vec<Part<'_>> {
    let mut stream = Deserializer::from_str(text).into_iter::<&RawValue>();
    let mut found: Vec<&str> = stream.by_ref().map_while(Result::ok).map(RawValue::get).collect();
    if let [only] = found[..] {
        found = members(only).unwrap_or(found);
    }
    let rest = text.get(stream.byte_offset()..).unwrap_or_default();
    if let Some(line) = rest.lines().find(|line| !line.trim().is_empty()) {
        found.push(line);
    }
    let line = |part: &str| 1 + text[..part.as_ptr() as usize - text.as_ptr() as usize].matches('\n').count() as u64;
    found.into_iter().map(|text| Part { line: line(text), text }).collect()
}

/// The members of a list, or of the longest list of objects that an object has.
fn members(value: &str) -> Option<Vec<&str>> {
    let list = |value| serde_json::from_str::<Vec<&RawValue>>(value).ok();
    let objects = |value| list(value).filter(|all| all.first().is_some_and(|first| first.get().starts_with('{')));
    let found = match serde_json::from_str::<BTreeMap<String, &RawValue>>(value) {
        Ok(fields) => fields.values().filter_map(|field| objects(field.get())).max_by_key(Vec::len)?,
        Err(_) => list(value)?,
    };
    Some(found.into_iter().map(RawValue::get).collect())
}

/// JSON has no `NaN` and no `Infinity`; Python writes them all the same. They become strings.
fn without_bare_words(text: &str) -> Cow<'_, str> {
    if !["NaN", "Infinity"].iter().any(|word| text.contains(word)) {
        return text.into();
    }
    let mut out = String::with_capacity(text.len());
    let (mut rest, mut quoted) = (text, false);
    while let Some(c) = rest.chars().next() {
        let word = ["NaN", "Infinity", "-Infinity"].into_iter().find(|word| !quoted && rest.starts_with(word));
        let taken = match word {
            Some(word) => {
                out += &format!("\"{word}\"");
                word.len()
            }
            None => {
                let escape = if quoted && c == '\\' { rest[1..].chars().next().map_or(0, char::len_utf8) } else { 0 };
                quoted = c != '\n' && quoted != (c == '"'); // a string ends with its line at the latest
                out += &rest[..c.len_utf8() + escape];
                c.len_utf8() + escape
            }
        };
        rest = &rest[taken..];
    }
    out.into()
}
