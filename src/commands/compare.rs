//! `lineage compare`: searches side by side.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use clap::{Args, ValueEnum};

use super::args::parse_id;
use super::candidates;
use super::{Context, ReadArgs, Usage};
use crate::analysis::{Search, SearchesBy};
use crate::index::IndexedLog;
use crate::log::{Number, Role};
use crate::open::{ReadOptions, open_log};
use crate::output::compare::{Comparison, format_comparison, format_comparison_records};
use crate::output::records::Format;

/// Compare logs, states of a log, or specialists side by side
///
/// Shows the outcomes with their counts, shares, compute and ratios; the keep rate and the completion rate with 95 %
/// intervals, and whether the difference is significant; the best trials, and what it took to reach each best score; and the
/// failures that occur in one search only. A ratio is the largest value over the smallest.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  lineage compare runs/a runs/b
  lineage compare --as-of 100
  lineage compare --by specialist
  lineage compare a.tsv b.tsv --reach 1.078 --format json")]
pub struct Compare {
    /// The stores or logs [default: the store of other commands]
    #[arg(value_name = "STORE")]
    stores: Vec<PathBuf>,
    /// Compare the log just after this trial with later states; may be repeated
    #[arg(long, value_name = "EXP", add = candidates::trial())]
    as_of: Vec<String>,
    /// Compare the parts of one log
    #[arg(long, conflicts_with = "as_of")]
    by: Option<By>,
    /// Show what it took to reach this score; may be repeated [default: the best score of each]
    #[arg(long, value_name = "SCORE", allow_negative_numbers = true)]
    reach: Vec<Number>,
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
}

pub fn run(mut args: Compare, context: &Context) -> Result<()> {
    if args.stores.is_empty() && context.stores.len() > 1 {
        args.stores.clone_from(&context.stores);
    }
    let path = args.stores.first().map(PathBuf::as_path);
    let (is_single, has_states) = (args.stores.len() < 2, !args.as_of.is_empty());
    let comparison = match args.by {
        _ if !is_single && (args.by.is_some() || has_states) => {
            bail!(Usage("--as-of and --by take one log".to_owned()))
        }
        Some(by) => compare_parts(path, by, &args, context)?,
        None if has_states => compare_states(path, &args, context)?,
        None if is_single => bail!(Usage(
            "nothing to compare with; name a second log, or use --as-of or --by".to_owned()
        )),
        None => compare_logs(&args, context)?,
    };
    let text = match args.format {
        Format::Table => format_comparison(&comparison, context.ui.look),
        format => format_comparison_records(&comparison, format),
    };
    context.ui.print(&text)
}

/// Opens one of the logs, and prints its notes under its name.
fn open(path: Option<&Path>, options: &ReadOptions, context: &Context) -> Result<IndexedLog> {
    let log = open_log(&context.store_at(path)?, options)?;
    log.require_score()?;
    Ok(log)
}

fn compare_logs(args: &Compare, context: &Context) -> Result<Comparison> {
    let names = name_logs(&args.stores);
    let mut comparison: Option<Comparison> = None;
    for (path, name) in args.stores.iter().zip(names) {
        let log = open(Some(path), &(&args.read).into(), context)?;
        for note in &log.notes {
            context.ui.note(&format!("{name}: {note}"));
        }
        let comparison =
            comparison.get_or_insert_with(|| Comparison::new(&log.schema, &args.reach));
        if comparison.metric != log.schema.metric || comparison.direction != log.schema.direction {
            context.ui.warn(&format!(
                "{name}: its scores are of {}, {} is better; those of {} do not compare with them",
                log.schema.metric,
                log.schema.direction.better_word(),
                comparison.searches[0].0
            ));
            comparison.has_one_metric = false;
        }
        let search = log.ask(Search::default())?;
        comparison.searches.push((name, search));
        context.warn_damage(&log);
    }
    comparison.context("no logs")
}

fn compare_states(path: Option<&Path>, args: &Compare, context: &Context) -> Result<Comparison> {
    let mut options = ReadOptions::from(&args.read);
    let now = open(path, &options, context)?;
    context.ui.note_all(&now.notes);
    options.direction = Some(now.schema.direction);
    let mut comparison = Comparison::new(&now.schema, &args.reach);
    for id in &args.as_of {
        let id = parse_id(id)?;
        let name = format!("as of {id}");
        options.as_of = Some(id);
        let log = open(path, &options, context)?;
        let search = log.ask(Search::default())?;
        comparison.searches.push((name, search));
    }
    if args.as_of.len() == 1 {
        let search = now.ask(Search::default())?;
        comparison.searches.push(("now".to_owned(), search));
        context.warn_damage(&now);
    }
    Ok(comparison)
}

fn compare_parts(
    path: Option<&Path>,
    by: By,
    args: &Compare,
    context: &Context,
) -> Result<Comparison> {
    let log = open(path, &(&args.read).into(), context)?;
    context.ui.note_all(&log.notes);
    let role = match by {
        By::Specialist => Role::Specialist,
        By::Domain => Role::Domain,
    };
    let mut comparison = Comparison::new(&log.schema, &args.reach);
    let searches = log.ask(SearchesBy::new(role))?;
    let has_trials = searches.has_trials();
    comparison.searches.extend(searches.into_searches());
    if comparison.searches.is_empty() {
        let note = if has_trials {
            "the log has only baselines, which --by leaves out".to_owned()
        } else {
            format!("the log has no trials{}", log.scope_or_yet())
        };
        context.ui.note(&note);
    }
    context.warn_damage(&log);
    Ok(comparison)
}

/// A short name for each log: that of its directory, or the whole path if two have the same name.
pub(super) fn name_logs(paths: &[PathBuf]) -> Vec<String> {
    let short: Vec<String> = paths.iter().map(|path| name_log(path)).collect();
    let mut names: Vec<String> = Vec::new();
    for (name, path) in short.iter().zip(paths) {
        let is_unique = short.iter().filter(|other| *other == name).count() == 1;
        let path = path.to_string_lossy();
        let mut name = if is_unique { name } else { &*path }.to_owned();
        while names.contains(&name) {
            name.push('′');
        }
        names.push(name);
    }
    names
}

/// The name of the directory that holds a store or a log, or the name of a log file.
fn name_log(path: &Path) -> String {
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let mut name = path.as_path();
    for inner in ["results.tsv", ".lineage"] {
        if name.ends_with(inner) {
            name = name.parent().unwrap_or(name);
        }
    }
    let name = name.file_name().unwrap_or(path.as_os_str());
    name.to_string_lossy().into_owned()
}
