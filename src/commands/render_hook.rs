//! `lineage render --hook`: the prompt as the answer to an agent's session hook. The hook gets an event as JSON on stdin and
//! prints an answer as JSON; Claude Code, Codex and Gemini CLI share the fields that are used here.

use std::io::{IsTerminal, Read, stdin};
use std::path::PathBuf;

use anyhow::{Result, ensure};
use serde::Deserialize;
use serde_json::{Value, json};

use super::Context;

/// Maximum size of an answer. Claude Code writes a longer one into a file, and Codex cuts it.
const MAX_BYTES: usize = 9_500;

/// Events whose answer may add text to the agent's context.
const CONTEXT_EVENTS: [&str; 4] = [
    "SessionStart",
    "SubagentStart",
    "UserPromptSubmit",
    "BeforeAgent",
];

/// An event is smaller than this.
const MAX_EVENT_BYTES: u64 = 1 << 20;

/// No prompt is shorter than this.
const MIN_PROMPT_BYTES: usize = 1_000;

/// Answers the event. An agent's session must start whatever happens, so a failure is a message and an empty answer.
/// `make_prompt` returns the prompt; its argument is the maximum number of bytes.
pub(super) fn run(
    context: &Context,
    make_prompt: impl FnMut(usize) -> Result<String>,
) -> Result<()> {
    let event = read_event();
    if let Some(dir) = &event.cwd {
        std::env::set_current_dir(dir).ok(); // the agent may name a directory that is gone
    }
    let mut text = answer(&event, None);
    if event.takes_context() {
        match answer_with_prompt(&event, make_prompt) {
            Ok(answer) => text = answer,
            Err(error) => context.ui.warn(&format!("no prompt: {error:#}")),
        }
    }
    context.ui.print(&text)
}

fn read_event() -> Event {
    let mut bytes = Vec::new();
    if !stdin().is_terminal() {
        let input = stdin().lock();
        input.take(MAX_EVENT_BYTES).read_to_end(&mut bytes).ok(); // what was read is enough or no event
    }
    Event::parse(&String::from_utf8_lossy(&bytes))
}

/// Trims the prompt until its JSON fits: a newline or quote of the prompt is two bytes there.
fn answer_with_prompt(
    event: &Event,
    mut make_prompt: impl FnMut(usize) -> Result<String>,
) -> Result<String> {
    let mut max = MAX_BYTES;
    loop {
        let text = make_prompt(max)?;
        let answer = answer(event, Some(&text));
        if answer.len() <= MAX_BYTES {
            return Ok(answer);
        }
        max = text.len().saturating_sub(answer.len() - MAX_BYTES);
        ensure!(
            max >= MIN_PROMPT_BYTES,
            "the prompt does not fit into {MAX_BYTES} bytes; drop sections with --without"
        );
    }
}

/// What an agent tells a hook.
#[derive(Debug, Deserialize)]
struct Event {
    #[serde(rename = "hook_event_name")]
    name: String,
    /// The working directory of the session.
    cwd: Option<PathBuf>,
}

impl Event {
    /// Parses an event. Input that is not an event counts as the start of a session, as when a person tries the command.
    fn parse(text: &str) -> Self {
        serde_json::from_str(text).unwrap_or_else(|_| Self {
            name: CONTEXT_EVENTS[0].to_owned(),
            cwd: None,
        })
    }

    fn takes_context(&self) -> bool {
        CONTEXT_EVENTS.contains(&self.name.as_str())
    }
}

/// The answer to an event: JSON that adds a text to the agent's context, or an empty object.
fn answer(event: &Event, context: Option<&str>) -> String {
    let answer: Value = match context {
        Some(text) => json!({"hookSpecificOutput": {
            "hookEventName": event.name,
            "additionalContext": text,
        }}),
        None => json!({}),
    };
    format!("{answer}\n")
}
