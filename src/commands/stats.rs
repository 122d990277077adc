//! `lineage stats`: the search in numbers.

use anyhow::Result;
use clap::{Args, ValueEnum};

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
    #[arg(long, value_enum)]
    by: Option<By>,
    /// Output format
    #[arg(long, value_enum, default_value = "table")]
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

impl By {
    fn column(self) -> (Role, &'static str) {
        match self {
            Self::Specialist => (Role::Specialist, "specialist"),
            Self::Domain => (Role::Domain, "domain"),
            Self::Status => (Role::Status, "status"),
        }
    }
}

pub fn run(args: Stats, context: &Context) -> Result<()> {
    let Stats { by, format, read } = args;
    let log = context.open(&read)?;
    let (role, name) = by.map(By::column).unzip();
    let tally = log.ask(Tally::new(role))?;
    context.ui.print(&match format {
        Format::Table => format_stats(&tally, name, &log.schema, context.ui.look),
        format => format_stats_records(&tally, name, &log.schema, format),
    })?;
    context.close(&log);
    Ok(())
}
