//! `lineage diff`: show what differs between the snapshots of two trials.

use std::path::Path;

use anyhow::{Error, Result, anyhow, bail};
use clap::{Args, ValueEnum};

use super::args::parse_id;
use super::candidates;
use super::{Context, ExitStatus, ReadArgs, Usage};
use crate::analysis::Best;
use crate::index::IndexedLog;
use crate::log::{ExpId, Role, Trial};
use crate::output::columns::Column;
use crate::output::diff::{DiffStat, FileDiff, format_columns, format_stats};
use crate::output::diff::{list_column_changes, quote_path};
use crate::output::records::{Format, format_records};
use crate::snapshot::{Change, Snapshot, compare_snapshots, find_nearest_snapshot, open_snapshot};
use crate::store::Store;
use crate::text::count;
use crate::ui::Closed;

/// Show what differs between the snapshots of two trials
///
/// Prints a patch from OTHER to EXP in git's format. OTHER defaults to the parent of EXP or, if the
/// parent has no snapshot, to the nearest ancestor that has one.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  lineage diff 042
  lineage diff 042 017 --stat
  lineage diff 042 --against best --name-only
  lineage diff 042 --columns
  lineage diff 042 | git apply -R")]
pub struct Diff {
    /// The trial; 7, 007 and exp_007 are the same
    #[arg(add = candidates::trial())]
    exp: String,
    /// The trial to compare it with
    #[arg(add = candidates::trial())]
    other: Option<String>,
    /// What to compare it with
    #[arg(long, value_enum, value_name = "WHAT", conflicts_with = "other")]
    against: Option<Against>,
    #[command(flatten)]
    listing: Listing,
    /// Exit with 0 if nothing differs, 1 if something does, 2 after an error
    #[arg(long)]
    exit_code: bool,
    /// The format of a listing
    #[arg(long, value_enum, requires = "listing")]
    format: Option<Format>,
    #[command(flatten)]
    reading: ReadArgs,
}

/// What to print instead of a patch.
#[derive(Args, Clone, Copy, Debug)]
#[group(id = "listing", multiple = false)]
struct Listing {
    /// Print the number of added and removed lines per file
    #[arg(long)]
    stat: bool,
    /// Print only the paths
    #[arg(long)]
    name_only: bool,
    /// Print the columns in which the trials differ, instead of their files
    #[arg(long)]
    columns: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Against {
    /// The best trial
    Best,
    /// The trial that it was measured against
    Baseline,
    /// The trial that it was made from
    Parent,
}

pub fn run(args: Diff, context: &Context) -> Result<()> {
    let exit_code = args.exit_code;
    match print_diff(args, context) {
        Ok(true) if exit_code => Err(ExitStatus(1).into()),
        Ok(_) => Ok(()),
        // With --exit-code, 1 would mean that they differ.
        Err(error) if exit_code && !error.is::<Closed>() => Err(Usage(format!("{error:#}")).into()),
        Err(error) => Err(error),
    }
}

/// Prints the difference, and returns whether there is one.
fn print_diff(args: Diff, context: &Context) -> Result<bool> {
    let store = context.store()?;
    let log = context.open(&args.reading)?;
    let after = log.trial(&parse_id(&args.exp)?)?;
    let against = args.against.unwrap_or(Against::Parent);
    let other = match &args.other {
        Some(other) => parse_id(other)?,
        None => choose_other(&log, &after, against)?,
    };
    let format = args.format.unwrap_or(Format::Table);
    if args.listing.columns {
        return print_columns(&log.trial(&other)?, &after, format, context);
    }
    let before = if args.other.is_none() && against == Against::Parent {
        find_frozen_parent(&store, &log, &after, &other, context)?
    } else {
        log.trial(&other)?
    };
    let open = |trial: &Trial| {
        let opened = open_snapshot(&store, &log, &trial.row());
        opened.map_err(|error| suggest_columns(&error, &after, &other))
    };
    let (before, after) = (open(&before)?, open(&after)?);
    let changes = compare_snapshots(&before, &after)?;
    if args.listing.name_only {
        context.ui.print(&format_names(&changes, format))?;
    } else if args.listing.stat {
        let read = |change| Ok(read_change(change, &before, &after)?.stat());
        let stats = changes.iter().map(read).collect::<Result<Vec<_>>>()?;
        let text = match format {
            Format::Table => format_stats(&stats, context.ui.look),
            _ => format_stat_records(&stats, format),
        };
        context.ui.print(&text)?;
    } else {
        print_patch(&changes, &before, &after, context)?;
    }
    Ok(!changes.is_empty())
}

/// The columns can be compared even if the files cannot.
fn suggest_columns(error: &Error, after: &Trial, other: &ExpId) -> Error {
    let after = after.row().name();
    anyhow!("{error:#}; to compare the rows: `lineage diff {after} {other} --columns`")
}

fn choose_other(log: &IndexedLog, after: &Trial, against: Against) -> Result<ExpId> {
    let row = after.row();
    let name = row.name();
    let (id, missing) = match against {
        Against::Best => (
            find_best(log)?,
            format!("there is no best trial{}", log.scope_or_yet()),
        ),
        Against::Baseline => {
            let id = ExpId::parse(&row.text(Role::Baseline));
            (id, format!("trial {name} has no baseline"))
        }
        Against::Parent => (row.parent(), format!("trial {name} has no parent")),
    };
    if let Some(id) = id {
        return Ok(id);
    }
    match find_best(log)?.filter(|best| Some(best) != row.id().as_ref()) {
        Some(best) => {
            bail!("{missing}; to compare it with the best trial: `lineage diff {name} {best}`")
        }
        None => bail!("{missing}; give the trial to compare it with"),
    }
}

fn find_best(log: &IndexedLog) -> Result<Option<ExpId>> {
    let Some(offset) = log.ask(Best::default())?.offset() else {
        return Ok(None);
    };
    Ok(log.at(offset)?.row().id())
}

/// The parent, or its nearest ancestor that has a snapshot.
fn find_frozen_parent(
    store: &Store,
    log: &IndexedLog,
    after: &Trial,
    parent: &ExpId,
    context: &Context,
) -> Result<Trial> {
    if log.find(parent)?.is_none() {
        bail!(log.no_such_trial(parent));
    }
    let name = after.row().name();
    let Some(found) = find_nearest_snapshot(store, log, parent)? else {
        let error = anyhow!("no ancestor of trial {name} has a snapshot");
        return Err(suggest_columns(&error, after, parent));
    };
    if found.row().id().as_ref() != Some(parent) {
        let found = found.row().name();
        context.ui.note(&format!(
            "comparing with {found}: {parent}, the parent of {name}, has no snapshot"
        ));
    }
    Ok(found)
}

fn print_columns(before: &Trial, after: &Trial, format: Format, context: &Context) -> Result<bool> {
    let changes = list_column_changes(&before.row(), &after.row());
    let text = match format {
        Format::Table => format_columns(&changes, context.ui.look),
        _ => {
            let columns = ["column", "before", "after"].map(Column::text);
            format_records(format, columns, &changes)
        }
    };
    context.ui.print(&text)?;
    Ok(!changes.is_empty())
}

fn format_names(changes: &[Change], format: Format) -> String {
    let mut paths: Vec<&Path> = changes.iter().map(|change| change.path).collect();
    paths.dedup(); // a file that became a link has two changes
    let paths = paths.into_iter();
    if format == Format::Table {
        let quote = |path: &Path| quote_path(path.as_os_str().as_encoded_bytes()) + "\n";
        return paths.map(quote).collect();
    }
    let rows = paths.map(|path| [path.to_string_lossy().into_owned()]);
    format_records(format, [Column::text("path")], rows)
}

fn format_stat_records(stats: &[DiffStat], format: Format) -> String {
    let columns = [
        Column::text("path"),
        Column::text("change"),
        Column::number("added"),
        Column::number("removed"),
    ];
    let rows = stats.iter().map(|stat| {
        let lines = stat.lines.map(<[usize; 2]>::from);
        let [added, removed] = lines.map_or_else(Default::default, |n| n.map(|n| n.to_string()));
        let path = stat.path.to_string_lossy().into_owned();
        [path, stat.change.to_owned(), added, removed]
    });
    format_records(format, columns, rows)
}

fn print_patch(
    changes: &[Change],
    before: &Snapshot,
    after: &Snapshot,
    context: &Context,
) -> Result<()> {
    let mut left_out = 0;
    for change in changes {
        let diff = read_change(change, before, after)?;
        left_out += u64::from(!diff.is_text());
        let patch = diff.format_patch(&before.trial, &after.trial, context.ui.patch_look);
        context.ui.stream(|out| out.write_all(&patch))?;
    }
    if left_out > 0 {
        let (files, trial) = (count(left_out, "binary or long file"), &after.trial);
        context.ui.note(&format!(
            "the patch does not contain {files}; print one with `lineage show {trial} --file PATH`"
        ));
    }
    Ok(())
}

pub(super) fn read_change<'c>(
    change: &Change<'c>,
    before: &Snapshot,
    after: &Snapshot,
) -> Result<FileDiff<'c>> {
    let read_before = change.before.map(|entry| before.read_side(entry));
    let read_after = change.after.map(|entry| after.read_side(entry));
    Ok(FileDiff {
        path: change.path,
        before: read_before.transpose()?,
        after: read_after.transpose()?,
    })
}
