//! `lineage best`: the best trial, or the leaderboard.

use anyhow::Result;
use clap::Args;
use serde_json::Value;

use super::Context;
use super::args::{OutputArgs, SortKey, find_columns, parse_positive};
use super::filter::{Filter, FilterArgs};
use super::trial_writer::TrialWriter;
use crate::analysis::{Best as BestQuery, KeepSigns, Leaderboard, Tally};
use crate::index::IndexedLog;
use crate::log::Tie;
use crate::open::ReadOptions;
use crate::output::json::{chosen_value, json};
use crate::output::records::Format;
use crate::output::trials::{LIST, TrialColumns};
use crate::text::count;

/// Show the best trial, or the leaderboard of keeps
///
/// The best trial has the best score of all `keep` and `baseline` trials; the first wins a tie, or the last with `tie = "last"`
/// under [best] in lineage.toml. Prints nothing (`null` as JSON) if there is none, with exit status 0, so that the first trial of a
/// loop needs no special case. With --status, trials of that status are compared instead.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  lineage best
  parent=$(lineage best --field exp_id)
  lineage best --top 20 --format md
  lineage best --top 5 --specialist opt --since 1d")]
pub struct Best {
    /// Show the K best keeps, best first
    #[arg(long, value_name = "K", value_parser = parse_positive)]
    top: Option<usize>,
    /// Which of several trials with the best score is the best [default: the setting, else first]
    #[arg(long, value_enum, value_name = "WHICH")]
    ties: Option<Tie>,
    /// Order of the leaderboard [default: score]
    #[arg(long, value_name = "KEY", requires = "top")]
    sort: Option<SortKey>,
    #[command(flatten)]
    output: OutputArgs,
    #[command(flatten)]
    filter: FilterArgs,
}

pub fn run(args: Best, context: &Context) -> Result<()> {
    let options = ReadOptions {
        tie: args.ties,
        ..args.filter.read_options()
    };
    let log = context.open_with(&options)?;
    log.require_score()?;
    let (schema, output) = (&log.schema, &args.output);
    let columns = TrialColumns::new(&LIST, schema);
    let writer = TrialWriter::new(output, columns, schema, context.ui.look)?;
    let filter = args.filter.filter(&log)?;
    let (offsets, signs) = find_best(&log, args.top, &filter)?;
    let mut trials = log.all_at(offsets)?;
    if let Some(key) = args.sort {
        key.sort(&mut trials, schema.direction);
    }
    if trials.is_empty() {
        let note = match args.top {
            _ if !filter.is_empty() => explain_nothing(&log, args.top, &filter)?,
            Some(_) => format!("no keeps{}", log.scope_or_yet()),
            None if log.scope.is_empty() => {
                "no best trial yet: log a baseline or a keep first".to_owned()
            }
            None => format!("no best trial{}", log.scope_or_yet()),
        };
        context.ui.note(&note);
    }
    let best = args.sort.is_none().then_some(0);
    let text = if output.format == Format::Json && args.top.is_none() {
        let chosen = find_columns(&output.columns, schema, false)?;
        let trial = trials.first();
        json(&trial.map_or(Value::Null, |trial| chosen_value(&trial.row(), &chosen))) + "\n"
    } else {
        writer.format(&trials, best)
    };
    context.answer(&text, &log)?;
    context.warn_direction(&log, &signs)
}

/// Why no trial that matches can be ranked.
fn explain_nothing(log: &IndexedLog, top: Option<usize>, filter: &Filter) -> Result<String> {
    let trials = filter.ask(log, Tally::default())?.total.all();
    let reason = match top {
        _ if trials == 0 => return Ok(filter.explain_nothing()),
        _ if filter.names_status() => "but none has a score",
        Some(_) => "but none is a keep with a score",
        None => "but none is a keep or baseline with a score",
    };
    let (flags, verb) = (
        filter.flags(),
        if trials == 1 { "matches" } else { "match" },
    );
    let trials = count(trials, "trial");
    Ok(format!("{trials} {verb}{flags}, {reason}"))
}

/// The offsets of the best trials, best first.
fn find_best(
    log: &IndexedLog,
    top: Option<usize>,
    filter: &Filter,
) -> Result<(Vec<u64>, KeepSigns)> {
    let signs = KeepSigns::default();
    if top.is_none() && !filter.names_status() {
        let (best, signs) = filter.ask(log, (BestQuery::default(), signs))?;
        return Ok((best.offset().into_iter().collect(), signs));
    }
    let mut leaderboard = Leaderboard::new(top.unwrap_or(1));
    leaderboard.ranks_all = filter.names_status();
    let (leaderboard, signs) = filter.ask(log, (leaderboard, signs))?;
    Ok((leaderboard.into_offsets(), signs))
}
