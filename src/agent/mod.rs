//! The files that make a coding agent use `lineage`: a skill, a hook at the start of a session, a paragraph of AGENTS.md.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Write};
use std::path::Path;

use anyhow::{Context, Result};
use clap::ValueEnum;
use serde_json::{Value, json};

use crate::files::cannot;

const SKILL: &str = include_str!("skill.md");
const PARAGRAPH: &str = include_str!("paragraph.md");

/// What the hook runs; also how an existing file is recognized that has the hook already.
const HOOK_COMMAND: &str = "lineage render --hook";

/// What a page is recognized by that has the paragraph already.
const PARAGRAPH_MARK: &str = "lineage render";

/// A coding agent that can be set up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Agent {
    /// Claude Code
    Claude,
    /// Codex CLI
    Codex,
    /// Gemini CLI
    Gemini,
    /// Any other agent that reads AGENTS.md
    Generic,
}

/// A file that an agent reads.
pub struct AgentFile {
    /// Relative to the project.
    pub path: &'static str,
    pub text: String,
    /// An existing file that contains this needs no change.
    mark: &'static str,
}

/// What happened to a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    Created,
    /// The file exists and has what the agent needs.
    Unchanged,
    /// The file exists without it: files of the user are never changed.
    LeftAlone,
}

impl Agent {
    /// The files of this agent.
    pub fn files(self) -> Vec<AgentFile> {
        let skill = |path| AgentFile {
            path,
            text: SKILL.to_owned(),
            mark: "name: lineage",
        };
        match self {
            Self::Claude => vec![
                skill(".claude/skills/lineage/SKILL.md"),
                hook_file(".claude/settings.json", "startup|resume|clear|compact", 10),
            ],
            Self::Codex => vec![
                skill(".agents/skills/lineage/SKILL.md"),
                hook_file(".codex/hooks.json", "startup|resume|clear|compact", 10),
            ],
            Self::Gemini => vec![
                skill(".agents/skills/lineage/SKILL.md"),
                hook_file(".gemini/settings.json", "*", 10_000),
            ],
            Self::Generic => vec![AgentFile {
                path: "AGENTS.md",
                text: PARAGRAPH.to_owned(),
                mark: PARAGRAPH_MARK,
            }],
        }
    }

    /// What the user has to do before the agent reads its files.
    pub fn advice(self) -> Option<&'static str> {
        match self {
            Self::Codex => {
                Some("Codex runs a hook only after you trust it: start codex here and enter /hooks")
            }
            _ => None,
        }
    }
}

/// The settings of a hook at the start of a session. The limit is in seconds for Claude Code and Codex, in milliseconds for
/// Gemini CLI.
fn hook_file(path: &'static str, matcher: &str, timeout: u32) -> AgentFile {
    let hook = json!({"type": "command", "command": HOOK_COMMAND, "timeout": timeout});
    let settings: Value =
        json!({"hooks": {"SessionStart": [{"matcher": matcher, "hooks": [hook]}]}});
    AgentFile {
        path,
        text: format!("{settings:#}\n"),
        mark: HOOK_COMMAND,
    }
}

impl AgentFile {
    /// What `write` does.
    pub fn plan(&self, root: &Path) -> Outcome {
        match fs::read_to_string(root.join(self.path)) {
            Ok(text) if text.contains(self.mark) => Outcome::Unchanged,
            Err(error) if error.kind() == ErrorKind::NotFound => Outcome::Created,
            _ => Outcome::LeftAlone,
        }
    }

    /// Creates the file below `root` unless it exists.
    pub fn write(&self, root: &Path) -> Result<Outcome> {
        let outcome = self.plan(root);
        if outcome == Outcome::Created {
            let path = root.join(self.path);
            self.create(&path).with_context(cannot("write", &path))?;
        }
        Ok(outcome)
    }

    fn create(&self, path: &Path) -> io::Result<()> {
        if let Some(dir) = path.parent() {
            fs::create_dir_all(dir)?;
        }
        File::create_new(path)?.write_all(self.text.as_bytes())
    }
}
