use anyhow::Result;
use clap::Args;

use super::{Context, id};
use crate::{
    cli::Reading,
    lineage::{Best, Board, ChainEnd, Count, Forest, Tree},
    store::Log,
    trial::{ExpId, Trial},
    view::prompt::{Links, Page, page},
};

/// The last links of the chain to the best that a prompt shows, besides its root: a search may go on for ever, a prompt not.
const LINKS: usize = 20;

/// The newest trials from the best that a prompt shows.
const CHILDREN: usize = 10;

/// Print the prompt that opens an agent's session
///
/// Markdown on stdout: the best and the leaderboard, the chain to the best, the newest trials, the key insights, how to ask
/// for more, and the task. Quarantined trials are left out. The same log and flags give the same bytes.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  lineage render --for tok > prompt.md
  lineage render --for tok --as-of 178
  lineage render --for opt --recent 50 --full 5")]
pub struct Render {
    /// The specialist that will read it
    #[arg(long = "for", value_name = "SPECIALIST", env = "LINEAGE_SPECIALIST", hide_env_values = true)]
    specialist: String,
    /// Rows of the leaderboard [default: the setting, else 20]
    #[arg(long, value_name = "N")]
    top: Option<usize>,
    /// Rows of the table of recent trials [default: the setting, else 30]
    #[arg(long, value_name = "N")]
    recent: Option<usize>,
    /// Recent trials whose hypothesis and notes are given in full [default: the setting, else 10]
    #[arg(long, value_name = "N")]
    full: Option<usize>,
    /// The log as it was just after this trial
    #[arg(long, value_name = "EXP")]
    as_of: Option<String>,
    #[command(flatten)]
    reading: Reading,
}

pub fn run(args: Render, context: &Context) -> Result<()> {
    let Render { specialist, top, recent, full, as_of, reading } = args;
    let store = context.store()?;
    let settings = &store.settings.prompt;
    let mut log = store.read(&(&reading).into())?;
    context.say_notes(&log);
    if let Some(exp) = as_of {
        log.back_to(&id(&exp)?)?;
    }
    let board = Board::new(top.unwrap_or(settings.top));
    let ((best, board), count, forest) = log.ask(((Best::default(), board), Count::default(), Forest::default()))?;
    let tree = forest.into_tree();
    let (recent, full) = (recent.unwrap_or(settings.recent), full.unwrap_or(settings.full));
    let mut newest = log.last(recent.max(full).max(1), |row| !row.status().is_quarantined())?;
    newest.reverse();
    let best_id = best.trial().and_then(|trial| trial.row().id());
    let (children, children_in_all) = children(&log, &tree, best_id.as_ref())?;
    let text = page(&Page {
        schema: &log.schema,
        specialist: &specialist,
        trials: count.0,
        newest: newest.first(),
        best: best.trial(),
        board: &board.into_trials(),
        chain: &links(&log, &tree, best_id.as_ref())?,
        children: &children,
        children_in_all,
        recent: &newest[..recent.min(newest.len())],
        full: &newest[..full.min(newest.len())],
        insights: &store.insights()?,
        task: &settings.task,
    });
    context.ui.print(&text)?;
    context.close(&log);
    Ok(())
}

/// The chain to the best: its root and its last links.
fn links(log: &Log, tree: &Tree, best: Option<&ExpId>) -> Result<Links> {
    let chain = best.and_then(|best| tree.chain(best));
    let (offsets, end) = chain.map_or_else(|| (Vec::new(), ChainEnd::Root), |chain| (chain.offsets, chain.end));
    let (root, rest) = offsets.split_at(offsets.len().min(1));
    let last = &rest[rest.len().saturating_sub(LINKS)..];
    let read = |offsets: &[u64]| offsets.iter().map(|&offset| log.at(offset)).collect::<Result<Vec<_>>>();
    Ok(Links { root: read(root)?, left_out: rest.len() - last.len(), last: read(last)?, end })
}

/// The newest children of the best, newest first, and how many there are.
fn children(log: &Log, tree: &Tree, best: Option<&ExpId>) -> Result<(Vec<Trial>, usize)> {
    let offsets = best.map(|best| tree.children(best)).unwrap_or_default();
    let newest = offsets.iter().rev().take(CHILDREN).map(|&offset| log.at(offset)).collect::<Result<_>>()?;
    Ok((newest, offsets.len()))
}
