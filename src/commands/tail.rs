//! `lineage tail`: the most recent trials.

use anyhow::Result;
use clap::Args;

use super::args::parse_count;
use super::filter::WordFilter;
use super::{Context, ReadArgs};
use crate::log::{Role, Row};
use crate::output::records::{Format, format_trial_records};
use crate::output::trials::{format_details, format_trials};

/// List the most recent trials, newest last
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  lineage tail
  lineage tail -n 50 --status crash --status preflight_crash --full
  lineage tail --specialist opt --format jsonl | jq .hypothesis")]
pub struct Tail {
    /// Number of trials
    #[arg(short, default_value = "10", value_name = "N", value_parser = parse_count::<usize>)]
    n: usize,
    /// Only trials with this status; may be repeated
    #[arg(long, value_name = "STATUS")]
    status: Vec<String>,
    /// Only trials of this specialist; may be repeated
    #[arg(long, value_name = "NAME")]
    specialist: Vec<String>,
    /// Only trials in this domain; may be repeated
    #[arg(long, value_name = "NAME")]
    domain: Vec<String>,
    /// Show the whole hypothesis and notes below the numbers
    #[arg(long, conflicts_with = "format")]
    full: bool,
    /// Output format
    #[arg(long, default_value = "table")]
    format: Format,
    #[command(flatten)]
    read: ReadArgs,
}

pub fn run(args: Tail, context: &Context) -> Result<()> {
    let log = context.open(&args.read)?;
    let filters = [
        WordFilter::new(Role::Status, "status", args.status),
        WordFilter::new(Role::Specialist, "specialist", args.specialist),
        WordFilter::new(Role::Domain, "domain", args.domain),
    ];
    filters[0].check(&log)?;
    let is_wanted = |row: &Row| filters.iter().all(|filter| filter.accepts(row));
    let trials = log.last(args.n, is_wanted)?;
    if trials.is_empty() && args.n > 0 {
        for filter in &filters {
            filter.check(&log)?;
        }
        let flags = filters.each_ref().map(WordFilter::flags).concat();
        context.ui.note(&if flags.is_empty() {
            "the log has no trials yet".to_owned()
        } else {
            format!("no trials match{flags}")
        });
    }
    let look = context.ui.look;
    let text = match args.format {
        _ if args.full => format_details(&trials, look),
        Format::Table => format_trials(&trials, None, look),
        format => format_trial_records(&trials, &log.schema, format),
    };
    context.answer(&text, &log)
}
