//! `lineage best`: the best trial, or the leaderboard.

use anyhow::Result;
use clap::Args;

use super::args::{OutputArgs, parse_positive};
use super::{Context, ReadArgs};
use crate::analysis;
use crate::output::table::format_trials;

/// Show the best trial, or the leaderboard of keeps
///
/// The best trial has the best score of all `keep` and `baseline` trials; the earliest wins a tie. Prints nothing if
/// there is none, with exit status 0, so that the first trial of a loop needs no special case.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  lineage best
  parent=$(lineage best --field exp_id)
  lineage best --top 20 --format md")]
pub struct Best {
    /// Show the K best keeps, best first
    #[arg(long, value_name = "K", value_parser = parse_positive)]
    top: Option<usize>,
    #[command(flatten)]
    output: OutputArgs,
    #[command(flatten)]
    read: ReadArgs,
}

pub fn run(args: Best, context: &Context) -> Result<()> {
    let Best { top, output, read } = args;
    let log = context.open(&read)?;
    log.require_score()?;
    output.column(&log.schema)?;
    let trials = match top {
        Some(size) => {
            let leaderboard = log.ask(analysis::Leaderboard::new(size))?;
            log.all_at(leaderboard.into_offsets())?
        }
        None => log.all_at(log.ask(analysis::Best::default())?.offset())?,
    };
    let table = || format_trials(&trials, Some(0), context.ui.look);
    let text = output.format_trials(&trials, &log.schema, top.is_none(), table)?;
    context.ui.print(&text)?;
    if trials.is_empty() {
        context
            .ui
            .note("no best trial yet: log a baseline or a keep first");
    }
    context.close(&log);
    Ok(())
}
