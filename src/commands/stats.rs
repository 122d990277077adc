//! `lineage stats`: the search in numbers.

use anyhow::Result;
use clap::{Args, ValueEnum};
use jiff::Timestamp;

use super::{Context, ReadArgs};
use crate::analysis::Tally;
use crate::log::Role;
use crate::output::records::Format;
use crate::output::stats::{format_stats, format_stats_records};

/// Summarize the search on one screen
///
/// Rates are over all trials except the ignored ones (`harness_abort`). Completed trials are `keep` and `discard`. The
/// compute time is the sum of `total_s`.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  lineage stats
  lineage stats --by specialist
  lineage stats --format json | jq .hours_without_score")]
pub struct Stats {
    /// Group by this column instead of the status
    #[arg(long)]
    by: Option<By>,
    /// Output format
    #[arg(long, default_value = "table")]
    format: Format,
    #[command(flatten)]
    read: ReadArgs,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum By {
    Specialist,
    Domain,
    Status,
}

pub fn run(args: Stats, context: &Context) -> Result<()> {
    let log = context.open(&args.read)?;
    let by = args.by.map(|by| match by {
        By::Specialist => (Role::Specialist, "specialist"),
        By::Domain => (Role::Domain, "domain"),
        By::Status => (Role::Status, "status"),
    });
    let (role, name) = by.unzip();
    let tally = log.ask(Tally::new(role))?;
    let text = match args.format {
        Format::Table => {
            let running = context.store()?.running_trials(Timestamp::now()).len();
            format_stats(&tally, name, running, &log.schema, context.ui.look)
        }
        format => format_stats_records(&tally, name, &log.schema, format),
    };
    context.answer(&text, &log)
}
