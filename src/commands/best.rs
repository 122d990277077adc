//! `lineage best`: the best trial, or the leaderboard.

use anyhow::Result;
use clap::Args;

use super::args::{OutputArgs, parse_positive};
use super::{Context, ReadArgs};
use crate::analysis;
use crate::output::trials::format_trials;

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
    let log = context.open(&args.read)?;
    log.require_score()?;
    args.output.column(&log.schema)?;
    let trials = match args.top {
        Some(size) => {
            let leaderboard = log.ask(analysis::Leaderboard::new(size))?;
            log.all_at(leaderboard.into_offsets())?
        }
        None => log.all_at(log.ask(analysis::Best::default())?.offset())?,
    };
    if trials.is_empty() {
        let note = "no best trial yet: log a baseline or a keep first";
        context.ui.note(note);
    }
    let table = || format_trials(&trials, Some(0), context.ui.look);
    let is_single = args.top.is_none();
    let text = args
        .output
        .format_trials(&trials, &log.schema, is_single, table)?;
    context.answer(&text, &log)
}
