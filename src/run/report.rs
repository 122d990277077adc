//! JSON that a command leaves in a file: the numbers it measured, or how it ended.

use std::{fs, path::Path, time::SystemTime};

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use crate::files::{MAX_TEXT_BYTES, read_if_exists};
use crate::json_repair::{REPLACED, WORDS, repair_json};

/// Which version of a file is there; `None` if there is no file.
pub(super) type FileVersion = Option<(SystemTime, u64)>;

/// The values of a JSON object, and whether half characters in it were replaced.
#[derive(Default)]
pub(super) struct Report {
    pub(super) values: Vec<ReportedValue>,
    pub(super) is_repaired: bool,
}

pub(super) struct ReportedValue {
    pub(super) name: String,
    pub(super) text: String,
    /// Whether it is not a text: `1e999`, or a word such as NaN.
    pub(super) is_number: bool,
    /// In how many inner objects it is.
    pub(super) depth: usize,
}

pub(super) fn file_version(path: &Path) -> FileVersion {
    let metadata = fs::metadata(path).ok()?;
    Some((metadata.modified().ok()?, metadata.len()))
}

/// Reads the last JSON object in a file; `None` if there is no file, or it is empty.
pub(super) fn read_report(path: &Path) -> Result<Option<Report>> {
    let shown = path.display();
    let Some(bytes) = read_if_exists(path, MAX_TEXT_BYTES)? else {
        return Ok(None);
    };
    let text = String::from_utf8_lossy(&bytes);
    let text = text.trim_start_matches('\u{feff}');
    let repaired = repair_json(text);
    let text = repaired.as_deref().unwrap_or(text);
    let mut last = None;
    for value in serde_json::Deserializer::from_str(text).into_iter() {
        let value: Value = value.with_context(|| format!("{shown} is not JSON"))?;
        last = Some(value);
    }
    let Some(last) = last else {
        return Ok(None);
    };
    ensure!(last.is_object(), "{shown} does not hold a JSON object");
    let mut report = Report {
        is_repaired: text.contains(REPLACED),
        ..Report::default()
    };
    collect(&last, 0, &mut report.values);
    Ok(Some(report))
}

/// Adds texts, numbers and truth values of an object, and those of objects inside it.
fn collect(value: &Value, depth: usize, values: &mut Vec<ReportedValue>) {
    let Value::Object(object) = value else {
        return;
    };
    for (name, value) in object {
        let (text, is_number) = match value {
            Value::String(text) => (text.clone(), WORDS.contains(&text.as_str())),
            Value::Number(_) | Value::Bool(_) => (value.to_string(), value.is_number()),
            _ => {
                collect(value, depth + 1, values);
                continue;
            }
        };
        values.push(ReportedValue {
            name: name.clone(),
            text,
            is_number,
            depth,
        });
    }
}
