//! `lineage tail`: the most recent trials.

mod follow;
mod running;

use anyhow::Result;
use clap::Args;

use super::Context;
use super::args::{OutputArgs, SortKey, parse_count};
use super::filter::FilterArgs;
use super::trial_writer::TrialWriter;
use crate::output::trials::{TrialColumns, format_details};

/// List the most recent trials, newest last
///
/// On a terminal, the column `time` shows how long ago a trial ended. With --follow, trials are printed as they are
/// logged, even if the log is replaced or does not exist yet; Ctrl-C ends it.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  lineage tail -20
  lineage tail -f --status keep
  lineage tail -n 50 --status crash --status preflight_crash --full
  lineage tail --since 8h --sort score --columns exp,score,hypothesis
  lineage tail --running
  lineage tail --specialist opt --format jsonl | jq .hypothesis")]
pub struct Tail {
    /// Number of trials; -20 is short for -n 20 [default: 10]
    #[arg(short, value_name = "N", value_parser = parse_count::<usize>, allow_negative_numbers = true)]
    n: Option<usize>,
    #[arg(hide = true, value_name = "-N", allow_negative_numbers = true, value_parser = parse_short, conflicts_with = "n")]
    short: Option<usize>,
    /// Print new trials as they are logged
    #[arg(long, short, conflicts_with = "sort")]
    follow: bool,
    /// Order of the trials that are shown [default: as in the log]
    #[arg(long, value_name = "KEY")]
    sort: Option<SortKey>,
    /// List the trials in progress instead: those that `lineage run` has started and not yet logged
    #[arg(long, conflicts_with_all = ["n", "follow", "full", "sort", "columns", "field", "FilterArgs", "since"])]
    running: bool,
    /// Show the whole hypothesis and notes below the numbers
    #[arg(long, conflicts_with_all = ["format", "columns", "field"])]
    full: bool,
    #[command(flatten)]
    output: OutputArgs,
    #[command(flatten)]
    filter: FilterArgs,
}

/// The number of `tail -20`.
fn parse_short(text: &str) -> Result<usize, String> {
    let message = || "write -20 or -n 20 for the last 20 trials".to_owned();
    let digits = text.strip_prefix('-').ok_or_else(message)?;
    digits.parse().map_err(|_| message())
}

pub fn run(args: Tail, context: &Context) -> Result<()> {
    if args.running {
        return running::run(args.output.format, context);
    }
    if args.follow {
        return follow::run(&args, context);
    }
    let (log, filter) = args.filter.open(context)?;
    let n = args.n.or(args.short).unwrap_or(10);
    let mut trials = log.last(n, |row| filter.accepts(row))?;
    if let Some(key) = args.sort {
        key.sort(&mut trials, log.schema.direction);
    }
    if trials.is_empty() && n > 0 {
        context.ui.note(&filter.explain_nothing());
    }
    let look = context.ui.look;
    let text = if args.full {
        format_details(&trials, look)
    } else {
        let columns = TrialColumns::of_tail(&trials, &log.schema, look);
        TrialWriter::new(&args.output, columns, &log.schema, look)?.format(&trials, None)
    };
    context.answer(&text, &log)
}
