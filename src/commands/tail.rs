use anyhow::Result;
use clap::Args;

use super::{Context, ReadArgs};
use crate::{
    log::Role,
    log::Row,
    output::{self, records::Format},
};

/// Show the newest trials, newest last
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  lineage tail
  lineage tail -n 50 --status crash --status preflight_crash --full
  lineage tail --specialist opt --format jsonl | jq .hypothesis")]
pub struct Tail {
    /// How many
    #[arg(short, default_value_t = 10, value_name = "N")]
    n: usize,
    /// Only trials of this status; may be given more than once
    #[arg(long, value_name = "STATUS")]
    status: Vec<String>,
    /// Only trials of this specialist; may be given more than once
    #[arg(long, value_name = "NAME")]
    specialist: Vec<String>,
    /// Only trials of this domain; may be given more than once
    #[arg(long, value_name = "NAME")]
    domain: Vec<String>,
    /// Hypothesis and notes in full, below the numbers
    #[arg(long, conflicts_with = "format")]
    full: bool,
    #[arg(long, value_enum, default_value = "table")]
    format: Format,
    #[command(flatten)]
    reading: ReadArgs,
}

pub fn run(args: Tail, context: &Context) -> Result<()> {
    let Tail {
        n,
        status,
        specialist,
        domain,
        full,
        format,
        reading,
    } = args;
    let log = context.open(&reading)?;
    let one_of = |row: &Row, role, words: &[String]| {
        words.is_empty() || words.iter().any(|word| *word == row.text(role))
    };
    let trials = log.last(n, |row| {
        one_of(row, Role::Status, &status)
            && one_of(row, Role::Specialist, &specialist)
            && one_of(row, Role::Domain, &domain)
    })?;
    let look = context.ui.look;
    context.ui.print(&if full {
        trials
            .iter()
            .map(|trial| output::trial::full(&trial.row(), look))
            .collect()
    } else {
        output::list(&log.schema, &trials, format, look)
    })?;
    if trials.is_empty() && n > 0 {
        let filtered = !(status.is_empty() && specialist.is_empty() && domain.is_empty());
        context.ui.note(if filtered {
            "no trial is like that"
        } else {
            "the log has no trials yet"
        });
    }
    context.close(&log);
    Ok(())
}
