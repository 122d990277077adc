//! Saved prompts: what each agent was shown, as Markdown and as JSON, beside the log.

use std::{
    fs,
    io::ErrorKind,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
use serde_json::Value;

use super::Store;
use crate::files::{MAX_TEXT_BYTES, cannot, create_file, read_input};

const DIR: &str = "prompts";

/// A saved prompt.
pub struct SavedPrompt {
    /// Relative to the store.
    pub path: PathBuf,
    /// `null` if the file is not JSON.
    pub record: Value,
}

impl SavedPrompt {
    /// A text of the record; empty if it has none.
    pub fn text(&self, key: &str) -> &str {
        self.record[key].as_str().unwrap_or_default()
    }
}

impl Store {
    /// The directory of the saved prompts, which need not exist; fails if the log is not in a store.
    pub fn prompts_dir(&self) -> Result<PathBuf> {
        let dir = self.dir().context(
            "cannot save a prompt beside a log that is not in a store; `lineage init` makes a store",
        )?;
        Ok(dir.join(DIR))
    }

    /// Saves a prompt and its record as `prompts/<as-of>_<specialist>.md` and `.json`, with a number if these exist. Returns
    /// the path of the Markdown, relative to the store.
    pub fn save_prompt(
        &self,
        as_of: &str,
        specialist: &str,
        prompt: &str,
        record: &str,
    ) -> Result<PathBuf> {
        let prompts = self.prompts_dir()?;
        fs::create_dir_all(&prompts).with_context(cannot("create", &prompts))?;
        let stem = format!("{}_{}", file_name(as_of), file_name(specialist));
        let mode = self.derived_mode();
        let name = create_under_free_name(&prompts, &stem, record, mode)?;
        let markdown = prompts.join(format!("{name}.md"));
        create_file(&markdown, prompt, mode).with_context(cannot("write", &markdown))?;
        Ok(Path::new(DIR).join(format!("{name}.md")))
    }

    /// All saved prompts, in the order in which they were saved.
    pub fn saved_prompts(&self) -> Result<Vec<SavedPrompt>> {
        let Ok(dir) = self.prompts_dir() else {
            return Ok(Vec::new());
        };
        let entries = match fs::read_dir(&dir) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries.with_context(cannot("read", &dir))?,
        };
        let mut saved = Vec::new();
        for entry in entries {
            let entry = entry?;
            let path = entry.path();
            if path.extension() == Some("json".as_ref()) && entry.file_type()?.is_file() {
                let json = read_input(&path, MAX_TEXT_BYTES).with_context(cannot("read", &path))?;
                saved.push(SavedPrompt {
                    record: serde_json::from_slice(&json).unwrap_or(Value::Null),
                    path: Path::new(DIR).join(entry.file_name()).with_extension("md"),
                });
            }
        }
        saved.sort_by(|a, b| {
            let (a, b) = ((a.text("saved"), &a.path), (b.text("saved"), &b.path));
            a.cmp(&b)
        });
        Ok(saved)
    }
}

/// Creates the record of a prompt under the first name that is free: whoever creates it owns the name.
fn create_under_free_name(dir: &Path, stem: &str, record: &str, mode: u32) -> Result<String> {
    let mut name = stem.to_owned();
    let mut number = 1;
    loop {
        let path = dir.join(format!("{name}.json"));
        if fs::symlink_metadata(dir.join(format!("{name}.md"))).is_err() {
            match create_file(&path, record, mode) {
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
                created => {
                    created.with_context(cannot("create", &path))?;
                    return Ok(name);
                }
            }
        }
        number += 1;
        name = format!("{stem}_{number}");
    }
}

/// A name as part of a file name: unusual characters become `_`.
pub(super) fn file_name(name: &str) -> String {
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
