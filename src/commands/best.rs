use std::num::NonZeroUsize;

use anyhow::Result;
use clap::Args;

use super::{Context, ReadArgs, cell, field};
use crate::{
    analysis,
    output::{self, records::Format},
};

/// Show the best trial, or the leaderboard of keeps
///
/// The best is the trial with the best score among `keep` and `baseline` rows, and no others; the earliest wins a tie.
/// Where there is none, nothing is printed and the exit status is 0, so that the first trial of a loop needs no special case.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  lineage best
  parent=$(lineage best --field exp_id)
  lineage best --top 20 --format md")]
pub struct Best {
    /// The K best keeps, best first
    #[arg(long, value_name = "K")]
    top: Option<NonZeroUsize>,
    /// Print this column alone; `metric` stands for the score
    #[arg(long, value_name = "COLUMN", conflicts_with = "format")]
    field: Option<String>,
    #[arg(long, value_enum, default_value = "table")]
    format: Format,
    #[command(flatten)]
    reading: ReadArgs,
}

pub fn run(args: Best, context: &Context) -> Result<()> {
    let Best {
        top,
        field: name,
        format,
        reading,
    } = args;
    let log = context.open(&reading)?;
    log.require_score()?;
    let column = name.map(|name| field(&name, &log.schema)).transpose()?;
    let trials = match top {
        Some(size) => log.all_at(
            log.ask(analysis::Leaderboard::new(size.get()))?
                .into_offsets(),
        )?,
        None => log.all_at(log.ask(analysis::Best::default())?.offset())?,
    };
    context.ui.print(&match column {
        Some(column) => trials
            .iter()
            .map(|trial| cell(&trial.row(), column))
            .collect(),
        None if top.is_none() && format == Format::Json => output::object_or_null(trials.first()),
        None => output::list(&log.schema, &trials, format, context.ui.look),
    })?;
    if trials.is_empty() {
        context
            .ui
            .note("no trial can be best yet: there is neither a baseline nor a keep with a score");
    }
    context.close(&log);
    Ok(())
}
