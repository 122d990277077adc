//! `lineage best`: the best trial, or the leaderboard.

use anyhow::Result;
use clap::Args;

use super::args::{OutputArgs, parse_positive};
use super::{Context, ReadArgs};
use crate::analysis::{self, KeepSigns, Leaderboard};
use crate::log::Tie;
use crate::open::ReadOptions;
use crate::output::trials::format_trials;

/// Show the best trial, or the leaderboard of keeps
///
/// The best trial has the best score of all `keep` and `baseline` trials; the first wins a tie, or the last with `tie = "last"`
/// under [best] in lineage.toml. Prints nothing if
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
    /// Which of several trials with the best score is the best [default: the setting, else first]
    #[arg(long, value_enum, value_name = "WHICH")]
    ties: Option<Tie>,
    #[command(flatten)]
    output: OutputArgs,
    #[command(flatten)]
    read: ReadArgs,
}

pub fn run(args: Best, context: &Context) -> Result<()> {
    let options = ReadOptions {
        tie: args.ties,
        ..(&args.read).into()
    };
    let log = context.open_with(&options)?;
    log.require_score()?;
    args.output.column(&log.schema)?;
    let signs = KeepSigns::default();
    let (trials, signs) = match args.top {
        Some(size) => {
            let (leaderboard, signs) = log.ask((Leaderboard::new(size), signs))?;
            (log.all_at(leaderboard.into_offsets())?, signs)
        }
        None => {
            let (best, signs) = log.ask((analysis::Best::default(), signs))?;
            (log.all_at(best.offset())?, signs)
        }
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
    context.answer(&text, &log)?;
    context.warn_direction(&log, &signs)
}
