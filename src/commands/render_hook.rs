//! `lineage render --hook`: the prompt as the answer to an agent's session hook.

use std::io::{IsTerminal, Read, stdin};

use anyhow::{Result, ensure};

use super::Context;
use crate::agent::{Event, MAX_BYTES, answer};

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
