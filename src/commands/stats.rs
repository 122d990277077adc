use anyhow::Result;
use clap::{Args, ValueEnum};

use super::{Context, ReadArgs};
use crate::{
    analysis::Tally,
    log::Role,
    output::{self, records::Format},
};

/// Show what happened, in one screen
///
/// The keep rate and the signal rate are over all trials but the quarantined (`harness_abort`); signal is `keep` and
/// `discard`. Hours are summed from `total_s`.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  lineage stats
  lineage stats --by specialist
  lineage stats --format json | jq .hours_without_signal")]
pub struct Stats {
    /// One row for each value of this column instead of each status
    #[arg(long, value_enum)]
    by: Option<By>,
    #[arg(long, value_enum, default_value = "table")]
    format: Format,
    #[command(flatten)]
    reading: ReadArgs,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum By {
    Specialist,
    Domain,
    Status,
}

pub fn run(args: Stats, context: &Context) -> Result<()> {
    let Stats {
        by,
        format,
        reading,
    } = args;
    let log = context.open(&reading)?;
    let by = by.map(|by| match by {
        By::Specialist => (Role::Specialist, "specialist"),
        By::Domain => (Role::Domain, "domain"),
        By::Status => (Role::Status, "status"),
    });
    let tally = log.ask(Tally::new(by.map(|(role, _)| role)))?;
    let name = by.map(|(_, name)| name);
    context.ui.print(&match format {
        Format::Table => output::stats::screen(&tally, name, &log.schema, context.ui.look),
        format => output::stats::sheets(&tally, name, &log.schema, format),
    })?;
    context.close(&log);
    Ok(())
}
