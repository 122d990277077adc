//! The prompt: what was tried, as the Markdown that opens the next agent's session. The same log and the same flags
//! give the same bytes. Every free text is cut and quoted, so that the structure of the page is the page's own.

mod data;
mod failures;
mod fit;
pub mod record;
mod search;
mod session;
mod trials;

use crate::{
    log::Role,
    log::Row,
    store::{SectionName, Workdir},
};

use crate::output::{
    markdown::word,
    text::{NOTHING, count},
};

pub use data::{PromptData, gather};
pub use failures::{FailureClass, Reason};
pub use fit::TooSmall;
use fit::{Section, fit};

/// The usual order.
pub const ORDER: [SectionName; 14] = [
    SectionName::Opening,
    SectionName::Signals,
    SectionName::Failures,
    SectionName::Best,
    SectionName::Leaderboard,
    SectionName::Chain,
    SectionName::Children,
    SectionName::Specialist,
    SectionName::Recent,
    SectionName::Full,
    SectionName::Insights,
    SectionName::More,
    SectionName::Workdir,
    SectionName::Task,
];

/// What a page may have where nothing is said: room for all sections of a usual log at their own limits, and a bound on those
/// of an unusual one.
const DEFAULT_BYTES: usize = 24_000;

/// What a page has besides the digest of a log.
pub struct Page<'a> {
    pub sections: &'a [SectionName],
    /// The most bytes that the page may have; `DEFAULT_BYTES`, as far as that can be, where it is not said.
    pub max_bytes: Option<usize>,
    /// Leave out all lineage but the best's id and score.
    pub blind: bool,
    /// The command that makes this page.
    pub again: &'a str,
    pub insights: &'a str,
    pub workdir: Option<&'a Workdir>,
    pub task: &'a str,
}

/// The whole page.
pub fn page(digest: &PromptData, page: &Page) -> Result<String, TooSmall> {
    let shown = |name: &&SectionName| !page.blind || is_blind(**name);
    let sections = page
        .sections
        .iter()
        .filter(shown)
        .filter_map(|&name| section(name, digest, page));
    let sections: Vec<_> = sections.collect();
    match page.max_bytes {
        Some(max) => fit(sections, max, page.again),
        // Nobody asked for this bound, so nobody is refused for it.
        None => Ok(fit(sections, DEFAULT_BYTES, page.again).unwrap_or_else(|error| error.page)),
    }
}

/// Sections that say nothing of what was tried.
fn is_blind(name: SectionName) -> bool {
    matches!(
        name,
        SectionName::Opening | SectionName::Workdir | SectionName::Task
    )
}

/// A section, where it has something to say.
fn section(name: SectionName, digest: &PromptData, page: &Page) -> Option<Section> {
    match name {
        SectionName::Opening => Some(session::opening(digest, page)),
        SectionName::Signals => search::signals(digest),
        SectionName::Failures => search::failures(digest),
        SectionName::Best => search::best(digest),
        SectionName::Leaderboard => trials::board(digest),
        SectionName::Chain => search::chain(digest),
        SectionName::Children => search::children(digest),
        SectionName::Specialist => search::axis(digest),
        SectionName::Recent => trials::recent(digest),
        SectionName::Full => trials::full(digest),
        SectionName::Insights => session::insights(page.insights),
        SectionName::More => session::more(digest),
        SectionName::Workdir => page
            .workdir
            .map(|workdir| session::workdir(workdir, page.blind)),
        SectionName::Task => session::task(digest, page.task),
    }
}

fn id(row: &Row) -> String {
    word(&row.name())
}

fn word_of(row: &Row, role: Role) -> String {
    word(&row.text(role))
}

/// Id, specialist, status, score and difference, for a list.
fn numbers(row: &Row) -> String {
    if let Some(damage) = row.damage {
        return format!("{} [damaged: {damage}]", id(row));
    }
    let words =
        [Role::Specialist, Role::Status, Role::Score, Role::Delta].map(|role| word_of(row, role));
    let words: Vec<_> = words.into_iter().filter(|word| word != NOTHING).collect();
    format!("{} [{}]", id(row), words.join(", "))
}

/// A tally as `3 keep, 1 crash`.
fn tally_text<'a>(tally: impl Iterator<Item = (&'a str, u64)>) -> String {
    tally
        .map(|(name, trials)| format!("{trials} {}", word(name)))
        .collect::<Vec<_>>()
        .join(", ")
}

/// Rows whose texts are as long as keeps them within `bytes`: `row` makes one with texts of at most so many characters.
fn within<T>(
    bytes: usize,
    lengths: &[usize],
    items: &[T],
    row: impl Fn(&T, usize) -> String,
) -> Vec<String> {
    let rows = |length: &usize| {
        items
            .iter()
            .map(|item| row(item, *length))
            .collect::<Vec<_>>()
    };
    let fits = |rows: &Vec<String>| rows.iter().map(String::len).sum::<usize>() <= bytes;
    lengths
        .iter()
        .map(rows)
        .find(fits)
        .or_else(|| lengths.last().map(rows))
        .unwrap_or_default()
}

fn trials_text(trials: u64) -> String {
    count(trials, "trial")
}
