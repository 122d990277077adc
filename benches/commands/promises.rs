//! What the program promises, and whether it was so in this run.

use crate::{
    digits::number,
    race::Race,
    results::{ALONE, BARE, CAT, KEPT, NEW, Results, VERSION, WC},
    stores::READERS,
};

pub(super) struct Promise {
    pub(super) text: String,
    pub(super) limit: Limit,
    /// `None` where this run did not measure what it takes.
    pub(super) measured: Option<Worst>,
}

#[derive(Clone, Copy)]
pub(super) enum Limit {
    AtMost(f64),
    AtLeast(f64),
}

/// The figure that decides, and whose it is.
pub(super) struct Worst {
    pub(super) figure: f64,
    pub(super) of: String,
    /// How many other figures break the promise too.
    pub(super) others: usize,
}

/// Figures by name; `None` where one was not measured.
type Figures = Vec<(String, Option<f64>)>;

impl Limit {
    fn allows(self, figure: f64) -> bool {
        match self {
            Self::AtMost(limit) => figure <= limit,
            Self::AtLeast(limit) => figure >= limit,
        }
    }
}

impl Promise {
    fn new(text: &str, limit: Limit, figures: Figures) -> Self {
        Self {
            text: text.to_owned(),
            limit,
            measured: worst(limit, figures),
        }
    }

    pub(super) fn holds(&self) -> Option<bool> {
        self.measured
            .as_ref()
            .map(|worst| self.limit.allows(worst.figure))
    }
}

/// Of figures that are all known.
fn worst(limit: Limit, figures: Figures) -> Option<Worst> {
    let known: Option<Vec<_>> = figures
        .into_iter()
        .map(|(of, figure)| Some((of, figure?)))
        .collect();
    let known = known?;
    let broken = known
        .iter()
        .filter(|(_, figure)| !limit.allows(*figure))
        .count();
    let (of, figure) = known
        .into_iter()
        .max_by(|(_, one), (_, other)| match limit {
            Limit::AtMost(_) => one.total_cmp(other),
            Limit::AtLeast(_) => other.total_cmp(one),
        })?;
    Some(Worst {
        figure,
        of,
        others: broken.saturating_sub(1),
    })
}

const SHORT: u64 = 1_000;
const LONG: u64 = 100_000;
const LONGEST: u64 = 1_000_000;
/// Questions about the whole log, whose answers are short.
const SUMMARIES: [&str; 4] = ["best", "stats", "render", "chain"];

pub(super) fn list(results: &Results, races: &[Race]) -> Vec<Promise> {
    let at_most = |text: &str, limit, figures| Promise::new(text, Limit::AtMost(limit), figures);
    vec![
        at_most(
            "any command on 1,000 trials, × an empty program",
            1.6,
            any_command(results),
        ),
        at_most(
            "`append` on 1,000 trials, × (1.6 empty programs + the bare append)",
            1.0,
            append(results, SHORT),
        ),
        at_most(
            "`best`, `stats`, `render`, `chain` on 100,000, log alone, × `wc -l`",
            1.4,
            scans(results),
        ),
        at_most("the same, MB of memory", 4.0, memory(results)),
        at_most(
            "the same on a kept store of 100,000, × an empty program",
            3.0,
            kept(results, LONG, &SUMMARIES),
        ),
        at_most(
            "`best`, `stats`, `render` on a kept store of 1,000,000, × an empty program",
            3.0,
            kept(results, LONGEST, &SUMMARIES[..3]),
        ),
        at_most(
            "`chain` on it, × an empty program",
            12.0,
            kept(results, LONGEST, &["chain"]),
        ),
        at_most(
            "`append` on 1,000,000 trials, × `append` to a new store",
            1.2,
            append_flat(results),
        ),
        at_most(
            "the same, × (1.6 empty programs + the bare append)",
            1.0,
            append(results, LONGEST),
        ),
        at_most(
            "`tail` at any length, × an empty program",
            1.5,
            tails(results),
        ),
        at_most(
            "`tree` on 100,000, × (3 `wc -l` + `cat` of its text)",
            1.0,
            trees(results),
        ),
        Promise::new(
            "16 processes that append at once, % of the rate of the bare append; every id once, no gap",
            Limit::AtLeast(80.0),
            shares(races),
        ),
    ]
}

fn name(what: &str, by: &str) -> String {
    format!(
        "{what}, {}",
        by.trim_start_matches("lineage, ")
            .trim_start_matches("lineage ")
    )
}

fn any_command(results: &Results) -> Figures {
    let ratio = |what, by| Some(results.wall(SHORT, what, by)? / results.empty(SHORT)?);
    let readers = READERS
        .iter()
        .flat_map(|(what, _)| [(*what, ALONE), (*what, KEPT)]);
    readers
        .chain([("start", VERSION)])
        .map(|(what, by)| (name(what, by), ratio(what, by)))
        .collect()
}

/// What the bare append takes besides the start of its process is the disk's; the rest may take 1.6 empty programs.
fn append(results: &Results, rows: u64) -> Figures {
    let share = || {
        let empty = results.empty(rows)?;
        let disk = (results.wall(rows, "append", BARE)? - empty).max(0.0);
        Some(results.wall(rows, "append", KEPT)? / (1.6 * empty + disk))
    };
    vec![("append".to_owned(), share())]
}

fn append_flat(results: &Results) -> Figures {
    let wall = |by| results.wall(LONGEST, "append", by);
    vec![(
        "append".to_owned(),
        wall(KEPT).zip(wall(NEW)).map(|(kept, new)| kept / new),
    )]
}

fn scans(results: &Results) -> Figures {
    let ratio = |what| Some(results.wall(LONG, what, ALONE)? / results.wall(LONG, "scan", WC)?);
    SUMMARIES
        .iter()
        .map(|what| ((*what).to_owned(), ratio(what)))
        .collect()
}

fn memory(results: &Results) -> Figures {
    SUMMARIES
        .iter()
        .map(|what| ((*what).to_owned(), results.peak(LONG, what, ALONE)))
        .collect()
}

fn kept(results: &Results, rows: u64, questions: &[&str]) -> Figures {
    let ratio = |what| Some(results.wall(rows, what, KEPT)? / results.empty(rows)?);
    questions
        .iter()
        .map(|what| ((*what).to_owned(), ratio(what)))
        .collect()
}

fn tails(results: &Results) -> Figures {
    let ratio = |rows, by| Some(results.wall(rows, "tail", by)? / results.empty(rows)?);
    let cases = results
        .lengths()
        .into_iter()
        .flat_map(|rows| [(rows, ALONE), (rows, KEPT)]);
    cases
        .map(|(rows, by)| (name(&number(rows), by), ratio(rows, by)))
        .collect()
}

fn trees(results: &Results) -> Figures {
    let ratio = |by| {
        let allowed = 3.0 * results.wall(LONG, "scan", WC)? + results.wall(LONG, "tree", CAT)?;
        Some(results.wall(LONG, "tree", by)? / allowed)
    };
    [ALONE, KEPT]
        .map(|by| (name("tree", by), ratio(by)))
        .to_vec()
}

fn shares(races: &[Race]) -> Figures {
    let share = |race: &Race| Some(100.0 * race.lineage / race.bare);
    races
        .iter()
        .map(|race| (format!("log of {}", number(race.rows)), share(race)))
        .collect()
}
