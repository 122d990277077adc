//! The protocol of session hooks: an event as JSON on stdin, an answer as JSON on stdout. Claude Code, Codex and Gemini CLI
//! share the fields that are used here.

use std::path::PathBuf;

use serde::Deserialize;
use serde_json::{Value, json};

/// Maximum size of an answer. Claude Code writes a longer one into a file, and Codex cuts it.
pub const MAX_BYTES: usize = 9_500;

/// Events whose answer may add text to the agent's context.
const CONTEXT_EVENTS: [&str; 4] = [
    "SessionStart",
    "SubagentStart",
    "UserPromptSubmit",
    "BeforeAgent",
];

/// What an agent tells a hook.
#[derive(Debug, Deserialize)]
pub struct Event {
    #[serde(rename = "hook_event_name")]
    name: String,
    /// The working directory of the session.
    pub cwd: Option<PathBuf>,
}

impl Event {
    /// Parses an event. Input that is not an event counts as the start of a session, as when a person tries the command.
    pub fn parse(text: &str) -> Self {
        serde_json::from_str(text).unwrap_or_else(|_| Self {
            name: CONTEXT_EVENTS[0].to_owned(),
            cwd: None,
        })
    }

    pub fn takes_context(&self) -> bool {
        CONTEXT_EVENTS.contains(&self.name.as_str())
    }
}

/// The answer to an event: JSON that adds a text to the agent's context, or an empty object.
pub fn answer(event: &Event, context: Option<&str>) -> String {
    let answer: Value = match context {
        Some(text) => json!({"hookSpecificOutput": {
            "hookEventName": event.name,
            "additionalContext": text,
        }}),
        None => json!({}),
    };
    format!("{answer}\n")
}
