//! Files of JSON: a run a line, or one list of runs, or runs that are spread over lines.

use std::{borrow::Cow, collections::BTreeMap};

use serde_json::{Deserializer, Map, Value, value::RawValue};

use super::{
    Said, Table,
    jsonl::{self, Part},
};

/// Takes JSON apart. Where there is a line that is an object by itself, every line is: one that is damaged harms no other.
pub(super) fn read(text: &str, segment: Option<u64>) -> Result<Table, String> {
    let text = without_bare_words(text);
    let object = serde_json::from_str::<Map<String, Value>>(text.trim()).ok();
    if let Some(object) =
        object.filter(|object| text.trim().contains('\n') || !jsonl::Carries::of(object).anything())
    {
        let mut said = Said::default();
        for (key, value) in &object {
            said.hear(key, value.as_str().unwrap_or_default());
        }
        let parts = members(&text).unwrap_or_else(|| vec![text.trim()]);
        return jsonl::read(numbered(&text, parts), said, segment);
    }
    let is_object = |line: &str| {
        serde_json::from_str::<&RawValue>(line).is_ok_and(|raw| raw.get().starts_with('{'))
    };
    let parts = match text.trim_start().strip_prefix('[') {
        Some(list) => numbered(&text, listed(list)),
        None if text.lines().any(is_object) => lines(&text),
        None => numbered(&text, values(&text)),
    };
    jsonl::read(parts, Said::default(), segment)
}

fn lines(text: &str) -> Vec<Part<'_>> {
    let numbered = text.lines().enumerate().map(|(at, line)| Part {
        line: at as u64 + 1,
        text: line,
    });
    numbered
        .filter(|part| !part.text.trim().is_empty() && !part.text.starts_with('#'))
        .collect()
}

/// Parts of a text, in their order, each with the line in which it begins.
fn numbered<'t>(text: &'t str, parts: Vec<&'t str>) -> Vec<Part<'t>> {
    let (mut line, mut seen) = (1, 0);
    let number = |part: &'t str| {
        let start = part.as_ptr() as usize - text.as_ptr() as usize;
        line += text[seen..start].matches('\n').count() as u64;
        seen = start;
        Part { line, text: part }
    };
    parts.into_iter().map(number).collect()
}

/// The values of a file, one behind the other.
fn values(text: &str) -> Vec<&str> {
    let mut stream = Deserializer::from_str(text).into_iter::<&RawValue>();
    let mut found: Vec<&str> = stream
        .by_ref()
        .map_while(Result::ok)
        .map(RawValue::get)
        .collect();
    let rest = text.get(stream.byte_offset()..).unwrap_or_default();
    found.extend(rest.lines().find(|line| !line.trim().is_empty()));
    found
}

/// The members of a list behind its bracket, as far as they go: a writer may not have finished it, or left a comma at its end.
fn listed(mut rest: &str) -> Vec<&str> {
    let mut found = Vec::new();
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_whitespace() || c == ',');
        if let Some(behind) = rest.strip_prefix(']') {
            found.extend(behind.lines().find(|line| !line.trim().is_empty()));
            return found;
        }
        let Some(line) = rest.lines().next() else {
            return found;
        };
        let taken = match Deserializer::from_str(rest).into_iter::<&RawValue>().next() {
            Some(Ok(value)) => value.get(),
            _ => line,
        };
        found.push(taken);
        rest = &rest[taken.len()..];
        if taken.as_ptr() == line.as_ptr()
            && taken.len() == line.len()
            && serde_json::from_str::<&RawValue>(taken).is_err()
        {
            rest = rest.find("\n{").map_or("", |at| &rest[at..]); // the rest of a damaged one is no other
        }
    }
}

/// The members of the longest list of objects that an object has.
fn members(value: &str) -> Option<Vec<&str>> {
    let list = |value| serde_json::from_str::<Vec<&RawValue>>(value).ok();
    let objects = |value| {
        list(value).filter(|all| {
            all.first()
                .is_some_and(|first| first.get().starts_with('{'))
        })
    };
    let fields = serde_json::from_str::<BTreeMap<String, &RawValue>>(value).ok()?;
    let found = fields
        .values()
        .filter_map(|field| objects(field.get()))
        .max_by_key(Vec::len)?;
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
        let word = ["NaN", "Infinity", "-Infinity"]
            .into_iter()
            .find(|word| !quoted && rest.starts_with(word));
        let taken = match word {
            Some(word) => {
                out += &format!("\"{word}\"");
                word.len()
            }
            None => {
                let escape = if quoted && c == '\\' {
                    rest[1..].chars().next().map_or(0, char::len_utf8)
                } else {
                    0
                };
                quoted = c != '\n' && quoted != (c == '"'); // a string ends with its line at the latest
                out += &rest[..c.len_utf8() + escape];
                c.len_utf8() + escape
            }
        };
        rest = &rest[taken..];
    }
    out.into()
}
