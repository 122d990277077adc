//! What each agent was shown: prompts saved beside the log, each as Markdown and as JSON.

use std::{
    fs::{self, File},
    io::{ErrorKind, Write},
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
use serde_json::Value;

use super::Store;

const DIR: &str = "prompts";

/// A prompt that was saved.
pub struct SavedPrompt {
    /// Relative to the store.
    pub path: PathBuf,
    pub record: Value,
}

impl Store {
    /// Saves a prompt and its record as `prompts/<as-of>_<specialist>.md` and `.json`, with a number behind where these are
    /// there already. Returns the path of the Markdown, relative to the store.
    pub fn save_prompt(
        &self,
        as_of: &str,
        specialist: &str,
        page: &str,
        record: &str,
    ) -> Result<PathBuf> {
        let dir = self
            .dir()
            .context("a log read in place has no room for prompts; `lineage init` makes a store")?;
        let prompts = dir.join(DIR);
        fs::create_dir_all(&prompts)
            .with_context(|| format!("cannot make {}", prompts.display()))?;
        let stem = format!("{}_{}", safe(as_of), safe(specialist));
        for number in 1.. {
            let name = if number == 1 {
                stem.clone()
            } else {
                format!("{stem}_{number}")
            };
            let json = prompts.join(format!("{name}.json"));
            // The record is made first: whoever makes it has the name.
            match File::create_new(&json) {
                Err(error) if error.kind() == ErrorKind::AlreadyExists => continue,
                created => write(created, &json, record)?,
            }
            let name = format!("{name}.md");
            match File::create_new(prompts.join(&name)) {
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                    fs::remove_file(&json)
                        .with_context(|| format!("cannot take back {}", json.display()))?;
                }
                created => {
                    write(created, &prompts.join(&name), page)?;
                    return Ok(Path::new(DIR).join(name));
                }
            }
        }
        unreachable!("numbers do not end")
    }

    /// All saved prompts, by the time at which they were saved.
    pub fn saved_prompts(&self) -> Result<Vec<SavedPrompt>> {
        let Some(dir) = self.dir() else {
            return Ok(Vec::new());
        };
        let entries = match fs::read_dir(dir.join(DIR)) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            entries => {
                entries.with_context(|| format!("cannot read {}", dir.join(DIR).display()))?
            }
        };
        let mut saved = Vec::new();
        for entry in entries {
            let name = PathBuf::from(entry?.file_name());
            let path = Path::new(DIR).join(&name);
            let is_file =
                fs::symlink_metadata(dir.join(&path)).is_ok_and(|metadata| metadata.is_file());
            if is_file
                && name
                    .extension()
                    .is_some_and(|extension| extension == "json")
            {
                let text = fs::read(dir.join(&path))
                    .with_context(|| format!("cannot read {}", path.display()))?;
                // A record that cannot be read is listed all the same, with what its name says.
                saved.push(SavedPrompt {
                    record: serde_json::from_slice(&text).unwrap_or(Value::Null),
                    path: path.with_extension("md"),
                });
            }
        }
        let when = |saved: &SavedPrompt| {
            saved.record["saved"]
                .as_str()
                .unwrap_or_default()
                .to_owned()
        };
        saved.sort_by_cached_key(|saved| (when(saved), saved.path.clone()));
        Ok(saved)
    }
}

fn write(file: std::io::Result<File>, path: &Path, text: &str) -> Result<()> {
    file.and_then(|mut file| file.write_all(text.as_bytes()))
        .with_context(|| format!("cannot write {}", path.display()))
}

/// A name as part of a path: what is not plain becomes `_`.
fn safe(name: &str) -> String {
    let plain = |c: char| {
        if c.is_ascii_alphanumeric() || "._-".contains(c) {
            c
        } else {
            '_'
        }
    };
    let name: String = name.chars().take(64).map(plain).collect();
    if name.is_empty() || name.starts_with(['.', '-']) {
        format!("_{name}")
    } else {
        name
    }
}
