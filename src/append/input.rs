//! What is given to `append` besides plain flags: a text in a file or on stdin, and trials as JSON.

use std::{collections::BTreeMap, ffi::OsStr, path::Path};

use anyhow::{Context, Result, bail, ensure};
use serde_json::value::RawValue;

use super::{
    Draft,
    draft::Origin,
    long_text::{read_ends, read_ends_of_file},
};
use crate::json_repair::{REPLACED, repair_json};

/// A text that is given itself, as `-` (stdin) or as `@FILE`; `@@` starts a text with `@`. Bytes that are not UTF-8 become
/// U+FFFD. A newline at the end of a file is not part of the text. Of more than `max` bytes, the middle is left out.
pub fn read_text(value: &OsStr, max: usize) -> Result<String> {
    let given = value.to_string_lossy();
    let text = if given == "-" {
        read_ends(std::io::stdin().lock(), max).context("cannot read stdin")?
    } else if let Some(text) = given.strip_prefix("@@") {
        return Ok(format!("@{text}"));
    } else if let Some(path) = given.strip_prefix('@') {
        read_ends_of_file(Path::new(path), max)
            .with_context(|| format!("cannot read '{path}' (to start a text with @, write @@)"))?
    } else {
        return Ok(given.into_owned());
    };
    let text = text.strip_suffix('\n').unwrap_or(&text);
    Ok(text.strip_suffix('\r').unwrap_or(text).to_owned())
}

/// Trials as JSON: objects one after the other, or in an array. `specialist` is for those that name none.
pub fn parse_trials(json: &str, specialist: Option<&str>) -> Result<Vec<Draft>> {
    let json = json.strip_prefix('\u{feff}').unwrap_or(json);
    let repaired = repair_json(json);
    let json = repaired.as_deref().unwrap_or(json);
    let mut drafts = Vec::new();
    for value in serde_json::Deserializer::from_str(json).into_iter::<&RawValue>() {
        let value = value.context("stdin is not JSON")?;
        let values = if value.get().starts_with('[') {
            parse(value)?
        } else {
            vec![value]
        };
        for value in values {
            let number = drafts.len() + 1;
            let draft = parse_trial(value, specialist);
            drafts.push(draft.with_context(|| format!("trial {number}"))?);
        }
    }
    ensure!(
        !drafts.is_empty(),
        "no trial on stdin: give one JSON object, or one per line"
    );
    Ok(drafts)
}

fn parse_trial(value: &RawValue, specialist: Option<&str>) -> Result<Draft> {
    ensure!(
        value.get().starts_with('{'),
        "a trial is a JSON object, such as {{\"status\":\"crash\"}}"
    );
    let object: BTreeMap<String, &RawValue> = parse(value)?;
    let mut given = Vec::with_capacity(object.len() + 1);
    let mut warnings = Vec::new();
    for (name, value) in object {
        let Some(text) = parse_cell(&name, value, &mut warnings)? else {
            continue;
        };
        given.push((name, text));
    }
    if let Some(specialist) = specialist
        && given.iter().all(|(name, _)| name != "specialist")
    {
        given.push(("specialist".to_owned(), specialist.to_owned()));
    }
    let mut draft = Draft::new(Origin::Json, given);
    draft.warnings.append(&mut warnings);
    Ok(draft)
}

/// The text of a value; `None` for null. A number keeps the digits it is written with.
fn parse_cell(name: &str, value: &RawValue, warnings: &mut Vec<String>) -> Result<Option<String>> {
    match value.get().as_bytes()[0] {
        b'"' => {
            if value.get().contains(REPLACED) {
                warnings.push(format!("half a surrogate pair in {name} became U+FFFD"));
            }
            Ok(Some(parse(value)?))
        }
        b'[' | b'{' => bail!("'{name}' is neither a text nor a number"),
        _ if value.get() == "null" => Ok(None),
        _ if name == "snapshot" => {
            bail!("'snapshot' is the path of a file or directory, so it has to be a text")
        }
        _ => Ok(Some(value.get().to_owned())),
    }
}

fn parse<'a, T: serde::Deserialize<'a>>(value: &'a RawValue) -> Result<T> {
    Ok(serde_json::from_str(value.get())?)
}
