//! What a script hands over besides flags: a text in a file or on stdin, trials as JSON.

use std::{collections::BTreeMap, ffi::OsStr, io::Read};

use anyhow::{Context, Result, bail, ensure};
use serde_json::value::RawValue;

use super::Draft;

/// A text that is given itself, or as `-` (stdin), or as `@FILE`; `@@` begins a text with `@`. What is not UTF-8 becomes
/// U+FFFD, and one newline at the end of a stream is not part of the text.
pub fn read_text(value: &OsStr) -> Result<String> {
    let given = value.to_string_lossy();
    let mut bytes = Vec::new();
    if given == "-" {
        std::io::stdin()
            .lock()
            .read_to_end(&mut bytes)
            .context("cannot read stdin")?;
    } else if let Some(literal) = given.strip_prefix("@@") {
        return Ok(format!("@{literal}"));
    } else if let Some(path) = given.strip_prefix('@') {
        bytes = std::fs::read(path).with_context(|| {
            format!("cannot read the file `{path}` (a text that begins with @ is written with @@)")
        })?;
    } else {
        return Ok(given.into_owned());
    }
    let text = String::from_utf8_lossy(&bytes);
    let text = text.strip_suffix('\n').unwrap_or(&text);
    Ok(text.strip_suffix('\r').unwrap_or(text).to_owned())
}

/// Trials as JSON: objects one behind the other, or in an array. `specialist` is for those that name none.
pub fn parse_trials(json: &str, specialist: Option<&str>) -> Result<Vec<Draft>> {
    let json = json.strip_prefix('\u{feff}').unwrap_or(json);
    let mut drafts = Vec::new();
    for value in serde_json::Deserializer::from_str(json).into_iter::<&RawValue>() {
        let value = value.context("stdin is not JSON")?;
        let values = if value.get().starts_with('[') {
            parse(value)?
        } else {
            vec![value]
        };
        for value in values {
            drafts.push(
                draft(value, specialist).with_context(|| format!("trial {}", drafts.len() + 1))?,
            );
        }
    }
    ensure!(
        !drafts.is_empty(),
        "stdin has no trial: give one JSON object, or one a line"
    );
    Ok(drafts)
}

fn parse<'a, T: serde::Deserialize<'a>>(value: &'a RawValue) -> Result<T> {
    Ok(serde_json::from_str(value.get())?)
}

/// A number stays as it is written, to the digit: so the values are read from the text itself.
fn draft(value: &RawValue, specialist: Option<&str>) -> Result<Draft> {
    ensure!(
        value.get().starts_with('{'),
        "a trial is a JSON object, such as {{\"status\":\"crash\"}}"
    );
    let object: BTreeMap<String, &RawValue> = parse(value)?;
    let mut given = Vec::with_capacity(object.len() + 1);
    for (name, value) in object {
        let text = match value.get().as_bytes()[0] {
            b'"' => parse::<String>(value)?,
            b'[' | b'{' => bail!("`{name}` is neither a text nor a number"),
            _ if value.get() == "null" => continue,
            _ if name == "snapshot" => {
                bail!("`snapshot` is the path of a directory or a file, and so a text")
            }
            _ => value.get().to_owned(),
        };
        given.push((name, text));
    }
    if let (Some(specialist), false) = (
        specialist,
        given.iter().any(|(name, _)| name == "specialist"),
    ) {
        given.push(("specialist".to_owned(), specialist.to_owned()));
    }
    Ok(Draft::new(given))
}
