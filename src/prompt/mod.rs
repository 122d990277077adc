//! The prompt: what was tried, as the Markdown that opens the next agent's session. The same log and flags give the same
//! bytes. Every free text is cut and quoted, so that it cannot change the structure of the prompt.

mod data;
mod failures;
mod insights;
mod limits;
mod page;
mod parallel;
mod queries;
mod record;
mod search;
mod session;
mod trials;
mod trim;

use anyhow::{Result, bail};

use crate::log::Since;
use crate::snapshot::Workdir;
use crate::store::{PromptSettings, RunningTrial, SectionName};

pub use data::{PromptData, gather};
use page::{Page, id, trial_count};
pub use record::record;
use trim::{Prompt, Section, trim};

/// The byte budget if none is given: room for all sections of a usual log.
const DEFAULT_BYTES: usize = 16_000;

/// Which section may use a hypothesis first: none is shown more than twice.
const BUILD_ORDER: [SectionName; 17] = [
    SectionName::Opening,
    SectionName::Limits,
    SectionName::Task,
    SectionName::Full,
    SectionName::Best,
    SectionName::Chain,
    SectionName::Failures,
    SectionName::Invalid,
    SectionName::Signals,
    SectionName::Parallel,
    SectionName::Children,
    SectionName::Specialist,
    SectionName::Leaderboard,
    SectionName::Recent,
    SectionName::Insights,
    SectionName::More,
    SectionName::Workdir,
];

/// What a prompt is made of besides the data of a log.
pub struct PromptOptions<'a> {
    pub settings: &'a PromptSettings,
    /// Leave out all lineage but the best's id and score.
    pub blind: bool,
    /// The command that prints this prompt.
    pub command: &'a str,
    /// The flags with which another command finds and reads the same log, with a space before each.
    pub log_flags: &'a str,
    /// Where the log is read from.
    pub since: Option<&'a Since>,
    /// Whether the best trial has a snapshot that can be checked out.
    pub has_snapshot: bool,
    /// The flags with which `diff` shows what the best trial changed, if it can.
    pub best_diff: Option<&'a str>,
    pub running: &'a [RunningTrial],
    pub insights: &'a str,
    pub workdir: Option<&'a Workdir>,
}

/// Writes the prompt, trimmed to its budget.
pub fn render(data: &PromptData, options: &PromptOptions) -> Result<String> {
    let mut prompt = write(data, options, false);
    if !options.insights.is_empty() && !prompt.shows_headings() {
        prompt = write(data, options, true);
    }
    let len = prompt.text.len();
    match options.settings.max_bytes {
        Some(max) if len > max => bail!(
            "cannot trim the prompt to {max} bytes, it needs at least {len}; drop sections with --without"
        ),
        _ => Ok(prompt.text), // the default budget never fails
    }
}

/// Writes the prompt; `quotes_insights` shows the insights as a quotation. If there is room in a prompt of the default size,
/// texts are longer. The size that is asked for does not count: it drops rows, and leaves the others as they are.
fn write(data: &PromptData, options: &PromptOptions, quotes_insights: bool) -> Prompt {
    let page = Page::new(data, options, 100);
    let mut sections = build_all(&page, quotes_insights);
    let len = sections.iter().map(Section::len).sum();
    let scale = page.scale_to(len, DEFAULT_BYTES);
    if scale > 100 {
        sections = build_all(&Page::new(data, options, scale), quotes_insights);
    }
    let max = options.settings.max_bytes.unwrap_or(DEFAULT_BYTES);
    trim(sections, max, options.command)
}

fn build_all(page: &Page, quotes_insights: bool) -> Vec<Section> {
    let order = &page.options.settings.sections;
    let names = BUILD_ORDER.into_iter().filter(|name| order.contains(name));
    let mut built: Vec<Section> = names
        .filter_map(|name| build(name, page, quotes_insights))
        .collect();
    built.sort_by_key(|section| order.iter().position(|&name| name == section.name));
    built
}

fn build(name: SectionName, page: &Page, quotes_insights: bool) -> Option<Section> {
    let options = page.options;
    let mut section = match name {
        SectionName::Opening => Some(session::opening(page)),
        SectionName::Workdir => Some(session::workdir(options.workdir?, options.blind)),
        SectionName::Task => session::task(page),
        _ if options.blind => None,
        SectionName::Limits => limits::section(page.data),
        SectionName::Signals => search::signals(page),
        SectionName::Failures => failures::section(page),
        SectionName::Invalid => parallel::invalid(page),
        SectionName::Best => search::best(page),
        SectionName::Chain => search::chain(page),
        SectionName::Leaderboard => trials::leaderboard(page),
        SectionName::Children => trials::children(page),
        SectionName::Specialist => trials::own(page),
        SectionName::Parallel => parallel::section(page),
        SectionName::Recent => trials::recent(page),
        SectionName::Full => trials::full(page),
        SectionName::Insights => insights::section(options.insights, quotes_insights),
        SectionName::More => session::more(page),
    }?;
    section.name = name;
    Some(section)
}
