//! JSON that a command leaves in a file: the numbers it measured, or how it ended.

use std::{fs, io::ErrorKind, path::Path, sync::LazyLock, time::SystemTime};

use anyhow::{Context, Result, ensure};
use regex::Regex;
use serde_json::Value;

use crate::files::{MAX_TEXT_BYTES, read_input};

/// Which version of a file is there; `None` if there is no file.
pub(super) type FileVersion = Option<(SystemTime, u64)>;

pub(super) fn file_version(path: &Path) -> FileVersion {
    let metadata = fs::metadata(path).ok()?;
    Some((metadata.modified().ok()?, metadata.len()))
}

/// The values of the last JSON object in a file; `None` if there is no file, or it is empty. Those of objects inside come last.
pub(super) fn read_values(path: &Path) -> Result<Option<Vec<(String, String)>>> {
    let shown = path.display();
    let bytes = match read_input(path, MAX_TEXT_BYTES) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        bytes => bytes.with_context(|| format!("cannot read {shown}"))?,
    };
    let text = String::from_utf8_lossy(&bytes);
    let text = text.trim_start_matches('\u{feff}');
    if text.trim().is_empty() {
        return Ok(None);
    }
    let value = parse_last(text)
        .or_else(|_| parse_last(&replace_nan(text)))
        .with_context(|| format!("{shown} is not JSON"))?;
    ensure!(value.is_object(), "{shown} does not hold a JSON object");
    let mut values = Vec::new();
    collect(&value, &mut values);
    Ok(Some(values))
}

fn parse_last(text: &str) -> serde_json::Result<Value> {
    let mut last = Value::Null;
    for value in serde_json::Deserializer::from_str(text).into_iter() {
        last = value?;
    }
    Ok(last)
}

/// Python writes `NaN` and `Infinity`, which are not JSON.
fn replace_nan(text: &str) -> String {
    static NAN: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"([:,\[]\s*)-?(?:NaN|Infinity)\b").expect("a valid expression")
    });
    NAN.replace_all(text, "${1}null").into_owned()
}

/// Adds texts, numbers and truth values of an object, then those of objects inside it. The first of a name counts.
fn collect(value: &Value, values: &mut Vec<(String, String)>) {
    let Value::Object(object) = value else {
        return;
    };
    for (name, value) in object {
        let text = match value {
            Value::String(text) => text.clone(),
            Value::Number(_) | Value::Bool(_) => value.to_string(),
            _ => continue,
        };
        if !values.iter().any(|(known, _)| known == name) {
            values.push((name.clone(), text));
        }
    }
    for value in object.values() {
        collect(value, values);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The values as `name=text`, or a dash if there are none.
    fn read(text: &str) -> String {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("metrics.json");
        fs::write(&path, text).unwrap();
        let Some(values) = read_values(&path).unwrap() else {
            return "-".to_owned();
        };
        let pairs = values.iter().map(|(name, text)| format!("{name}={text}"));
        pairs.collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn numbers_keep_their_digits_and_nan_is_left_out() {
        assert_eq!(
            read(
                r#"{"loss": 1.070, "norm": NaN, "low": -Infinity, "ok": true, "metrics": {"loss": 2, "bytes": 5}}"#
            ),
            "loss=1.070 ok=true bytes=5"
        );
    }

    #[test]
    fn the_last_of_several_objects_counts() {
        assert_eq!(read("{\"loss\":2}\n{\"loss\":1}\n"), "loss=1");
        assert_eq!(read("\n"), "-");
    }
}
