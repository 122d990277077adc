//! `lineage diff`: show what differs between the snapshots of two trials.

use std::path::Path;

use anyhow::{Context as _, Result, bail};
use clap::{Args, ValueEnum};

use super::args::parse_id;
use super::{Context, Findings, ReadArgs, Usage};
use crate::analysis::Best;
use crate::log::Role;
use crate::log::{ExpId, Trial};
use crate::output::diff::{DiffStat, FileDiff, format_columns, format_stats};
use crate::output::diff::{list_column_changes, quote_path};
use crate::output::records::{Column, Format, format_records};
use crate::snapshot::{Change, Snapshot, compare_snapshots, find_nearest_snapshot, open_snapshot};
use crate::store::{IndexedLog, no_such_trial};
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
    exp: String,
    /// The trial to compare it with
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

#[derive(Clone, Copy, Debug, ValueEnum)]
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
        Ok(true) if exit_code => Err(Findings.into()),
        Ok(_) => Ok(()),
        // With --exit-code, 1 would mean that they differ.
        Err(error) if exit_code && !error.is::<Closed>() => Err(Usage(format!("{error:#}")).into()),
        Err(error) => Err(error),
    }
}

/// Prints the difference, and returns whether there is one.
fn print_diff(args: Diff, context: &Context) -> Result<bool> {
    let reading = &args.reading;
    let store = context.store()?;
    let log = context.open(reading)?;
    let after = log.trial(&parse_id(&args.exp)?)?;
    let other = args.other.as_deref().map(parse_id).transpose()?;
    let format = args.format.unwrap_or(Format::Table);
    let (before, is_parent) = match other {
        Some(id) => (id, false),
        None => choose_other(&log, &after, args.against.unwrap_or(Against::Parent))?,
    };
    if args.listing.columns {
        return print_columns(&log.trial(&before)?, &after, format, context);
    }
    let before = if is_parent {
        find_frozen_parent(&log, &after, &before, context)?
    } else {
        log.trial(&before)?
    };
    let before = open_snapshot(&store, &before.row())?;
    let after = open_snapshot(&store, &after.row())?;
    let changes = compare_snapshots(&before, &after)?;
    if args.listing.name_only {
        print_names(&changes, format, context)?;
    } else if args.listing.stat {
        print_stats(&changes, &before, &after, format, context)?;
    } else {
        print_patch(&changes, &before, &after, context)?;
    }
    Ok(!changes.is_empty())
}

/// The trial to compare with, and whether an ancestor of it may be used instead.
fn choose_other(log: &IndexedLog, after: &Trial, against: Against) -> Result<(ExpId, bool)> {
    let row = after.row();
    let (id, missing) = match against {
        Against::Best => {
            let best = log.ask(Best::default())?.offset();
            let best = best.map(|offset| log.at(offset)).transpose()?;
            (
                best.and_then(|best| best.row().id()),
                "there is no best trial yet".to_owned(),
            )
        }
        Against::Baseline => {
            let id = ExpId::parse(&row.text(Role::Baseline));
            (id, format!("trial {} has no baseline", row.name()))
        }
        Against::Parent => (row.parent(), format!("trial {} has no parent", row.name())),
    };
    let id = id.with_context(|| format!("{missing}; name a trial: lineage diff EXP OTHER"))?;
    Ok((id, matches!(against, Against::Parent)))
}

/// The parent, or its nearest ancestor that has a snapshot.
fn find_frozen_parent(
    log: &IndexedLog,
    after: &Trial,
    parent: &ExpId,
    context: &Context,
) -> Result<Trial> {
    if log.find(parent)?.is_none() {
        bail!(no_such_trial(parent, log.path()));
    }
    let name = after.row().name();
    let found = find_nearest_snapshot(log, parent)?.with_context(|| {
        format!("no ancestor of trial {name} has a snapshot; name a trial: lineage diff EXP OTHER")
    })?;
    if found.row().id().as_ref() != Some(parent) {
        context.ui.note(&format!(
            "comparing with {}: {parent}, the parent of {name}, has no snapshot",
            found.row().name()
        ));
    }
    Ok(found)
}

fn print_columns(before: &Trial, after: &Trial, format: Format, context: &Context) -> Result<bool> {
    let changes = list_column_changes(&before.row(), &after.row());
    let has_changes = !changes.is_empty();
    let text = if format == Format::Table {
        format_columns(&changes, context.ui.look)
    } else {
        let columns = ["column", "before", "after"].map(Column::text).to_vec();
        let rows = changes.into_iter();
        let rows = rows.map(|row| vec![row.column, row.before, row.after]);
        format_records(format, columns, rows)
    };
    context.ui.print(&text)?;
    Ok(has_changes)
}

fn print_names(changes: &[Change], format: Format, context: &Context) -> Result<()> {
    let mut paths: Vec<&Path> = changes.iter().map(Change::path).collect();
    paths.dedup(); // a file that became a link has two changes
    let text = if format == Format::Table {
        let lines = paths
            .iter()
            .map(|path| quote_path(path.as_os_str().as_encoded_bytes()) + "\n");
        lines.collect()
    } else {
        let rows = paths
            .iter()
            .map(|path| vec![path.to_string_lossy().into_owned()]);
        format_records(format, vec![Column::text("path")], rows)
    };
    context.ui.print(&text)
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
        let patch = diff.format_patch(&before.trial, &after.trial, context.ui.look);
        context.ui.stream(|out| out.write_all(&patch))?;
    }
    if left_out > 0 {
        context.ui.note(&format!(
            "the patch does not contain {}; print one with `lineage show {} --file PATH`",
            count(left_out, "binary or long file"),
            after.trial
        ));
    }
    Ok(())
}

fn print_stats(
    changes: &[Change],
    before: &Snapshot,
    after: &Snapshot,
    format: Format,
    context: &Context,
) -> Result<()> {
    let mut stats = Vec::new();
    for change in changes {
        stats.push(read_change(change, before, after)?.stat());
    }
    if format == Format::Table {
        return context.ui.print(&format_stats(&stats, context.ui.look));
    }
    let columns = vec![
        Column::text("path"),
        Column::text("change"),
        Column::number("added"),
        Column::number("removed"),
    ];
    context.ui.print(&format_records(
        format,
        columns,
        stats.iter().map(stat_cells),
    ))
}

fn stat_cells(stat: &DiffStat) -> Vec<String> {
    let (added, removed) = match stat.lines {
        Some((added, removed)) => (added.to_string(), removed.to_string()),
        None => (String::new(), String::new()),
    };
    let path = stat.path.to_string_lossy().into_owned();
    vec![path, stat.change.to_owned(), added, removed]
}

fn read_change<'c>(
    change: &'c Change,
    before: &Snapshot,
    after: &Snapshot,
) -> Result<FileDiff<'c>> {
    let path = change.path();
    let read_before = change.before.as_ref().map(|entry| before.read_side(entry));
    let read_after = change.after.as_ref().map(|entry| after.read_side(entry));
    let (before, after) = (read_before.transpose()?, read_after.transpose()?);
    Ok(FileDiff {
        path,
        before,
        after,
    })
}
