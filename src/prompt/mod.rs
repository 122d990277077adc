//! The prompt: what was tried, as the Markdown that opens the next agent's session. The same log and flags give the same
//! bytes. Every free text is cut and quoted, so that it cannot change the structure of the prompt.

mod data;
mod failures;
mod limits;
mod search;
mod session;
mod trials;
mod trim;

use anyhow::{Result, bail};

use crate::log::{Role, Row};
use crate::output::markdown::{code, word};
use crate::snapshot::Workdir;
use crate::store::{PromptSettings, SectionName};
use crate::text::{NOTHING, count};

pub use data::{PromptData, gather, record};
use trim::{Section, trim};

/// The byte budget if none is given: room for all sections of a usual log.
const DEFAULT_BYTES: usize = 24_000;

/// What a prompt is made of besides the data of a log.
pub struct PromptOptions<'a> {
    pub settings: &'a PromptSettings,
    /// Leave out all lineage but the best's id and score.
    pub blind: bool,
    /// The command that prints this prompt.
    pub command: &'a str,
    /// The `--store` flag for other commands, with a space before it, or nothing.
    pub store_flag: &'a str,
    pub insights: &'a str,
    pub workdir: Option<&'a Workdir>,
}

/// Writes the prompt, trimmed to its budget.
pub fn render(data: &PromptData, options: &PromptOptions) -> Result<String> {
    let sections = options.settings.sections.iter();
    let sections = sections.filter_map(|&name| section(name, data, options));
    let max = options.settings.max_bytes;
    let prompt = trim(
        sections.collect(),
        max.unwrap_or(DEFAULT_BYTES),
        options.command,
    );
    let len = prompt.len();
    match max {
        Some(max) if len > max => bail!(
            "cannot trim the prompt to {max} bytes, it needs at least {len}; drop sections with --without"
        ),
        _ => Ok(prompt), // the default budget never fails
    }
}

fn section(name: SectionName, data: &PromptData, options: &PromptOptions) -> Option<Section> {
    let mut section = match name {
        SectionName::Opening => Some(session::opening(data, options)),
        SectionName::Workdir => Some(session::workdir(options.workdir?, options.blind)),
        SectionName::Task => session::task(data, &options.settings.task),
        _ if options.blind => None,
        SectionName::Limits => limits::section(data),
        SectionName::Signals => search::signals(data),
        SectionName::Failures => failures::section(&data.failures, &data.tally),
        SectionName::Best => search::best(data),
        SectionName::Leaderboard => trials::leaderboard(data),
        SectionName::Chain => search::chain(data),
        SectionName::Children => trials::children(data),
        SectionName::Specialist => trials::own(data),
        SectionName::Recent => trials::recent(data),
        SectionName::Full => trials::full(data),
        SectionName::Insights => session::insights(options.insights),
        SectionName::More => session::more(data, options.store_flag),
    }?;
    section.name = name;
    Some(section)
}

fn id(row: &Row) -> String {
    word(&row.name())
}

fn cell(row: &Row, role: Role) -> String {
    word(&row.text(role))
}

fn quote(row: &Row, role: Role, max: usize) -> String {
    code(&row.text(role), max)
}

fn delta(row: &Row) -> String {
    format!("Δ best {}", cell(row, Role::Delta))
}

fn trial_count(trials: u64) -> String {
    count(trials, "trial")
}

/// The id, then the specialist, status, score and difference that the trial has.
fn outcome(row: &Row) -> String {
    if let Some(damage) = row.damage {
        return format!("{} [damaged: {damage}]", id(row));
    }
    let roles = [Role::Specialist, Role::Status, Role::Score];
    let mut words = roles.map(|role| cell(row, role)).to_vec();
    if !row.bytes(Role::Delta).is_empty() {
        words.push(delta(row));
    }
    words.retain(|word| word != NOTHING);
    format!("{} [{}]", id(row), words.join(", "))
}
