//! The prompt: what was tried, as the Markdown that opens the next agent's session. The same log and flags give the same
//! bytes. Every free text is cut and quoted, so that it cannot change the structure of the prompt.

mod data;
mod failures;
mod record;
mod sections;
mod session;
mod trials;
mod trim;

use anyhow::{Result, bail};

use crate::store::{SectionName, Workdir};

pub use data::{LineageData, Link, PromptData, gather};
pub use failures::{FailureClass, FailureReason};
pub use record::record;
use trim::{Section, trim};

/// The byte budget if none is given: room for all sections of a usual log.
const DEFAULT_BYTES: usize = 24_000;

/// What a prompt is made of besides the data of a log.
pub struct PromptOptions<'a> {
    /// The sections to show, in this order.
    pub sections: &'a [SectionName],
    /// The most bytes that the prompt may have.
    pub max_bytes: Option<usize>,
    /// Leave out all lineage but the best's id and score.
    pub blind: bool,
    /// The command that prints this prompt.
    pub command: &'a str,
    /// The `--store` flag for other commands, with a space before it, or nothing.
    pub store_flag: &'a str,
    pub insights: &'a str,
    pub workdir: Option<&'a Workdir>,
    pub task: &'a str,
}

/// Writes the prompt, trimmed to its budget.
pub fn render(data: &PromptData, options: &PromptOptions) -> Result<String> {
    let mut sections = Vec::new();
    for &name in options.sections {
        let is_blind = matches!(
            name,
            SectionName::Opening | SectionName::Workdir | SectionName::Task
        );
        if !options.blind || is_blind {
            sections.extend(section(name, data, options));
        }
    }
    let budget = options.max_bytes.unwrap_or(DEFAULT_BYTES);
    let prompt = trim(sections, budget, options.command);
    // Nobody asked for the default budget, so it never fails.
    if let Some(max) = options.max_bytes
        && prompt.len() > max
    {
        bail!(
            "cannot trim the prompt to {max} bytes, it needs at least {}; drop sections with --without",
            prompt.len()
        );
    }
    Ok(prompt)
}

/// A section, if it has something to show.
fn section(name: SectionName, data: &PromptData, options: &PromptOptions) -> Option<Section> {
    match name {
        SectionName::Opening => Some(session::opening(data, options)),
        SectionName::Signals => sections::signals(data),
        SectionName::Failures => failures::section(&data.failures, &data.tally),
        SectionName::Best => sections::best(data),
        SectionName::Leaderboard => trials::leaderboard(data),
        SectionName::Chain => sections::chain(data),
        SectionName::Children => trials::children(data),
        SectionName::Specialist => trials::own(data),
        SectionName::Recent => trials::recent(data),
        SectionName::Full => trials::full(data),
        SectionName::Insights => session::insights(options.insights),
        SectionName::More => session::more(data, options.store_flag),
        SectionName::Workdir => Some(session::workdir(options.workdir?, options.blind)),
        SectionName::Task => session::task(data, options.task),
    }
}
