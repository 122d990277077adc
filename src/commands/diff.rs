use std::path::Path;

use anyhow::{Context as _, Result};
use clap::Args;

use super::{Context, Findings, ReadArgs, Usage, id};
use crate::{
    analysis::Best,
    log::Role,
    log::{ExpId, Trial},
    output::{
        records::{Column, Format, sheet},
        text::count,
    },
    store::{self, IndexedLog, Snapshot, no_such_trial},
    ui::Closed,
    view::diff::{self, Change, Stat, quote},
};

/// Show what differs between the frozen work of two trials
///
/// Prints a patch from OTHER to EXP in the format of git. OTHER is the parent of EXP, unless said; where the parent has no
/// snapshot, it is the nearest ancestor that has one, and that is said on stderr.
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
    /// Exit status 0 where nothing differs, 1 where something does, 2 for trouble
    #[arg(long)]
    exit_code: bool,
    /// How to print a listing
    #[arg(long, value_enum, requires = "listing")]
    format: Option<Format>,
    #[command(flatten)]
    reading: ReadArgs,
}

/// What to print instead of a patch.
#[derive(Args, Clone, Copy, Debug)]
#[group(id = "listing", multiple = false)]
struct Listing {
    /// Lines added and removed, a line a file
    #[arg(long)]
    stat: bool,
    /// The paths alone
    #[arg(long)]
    name_only: bool,
    /// The fields of the trials that differ, instead of their files
    #[arg(long)]
    columns: bool,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
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
    match differ(args, context) {
        Ok(true) if exit_code => Err(Findings.into()),
        Ok(_) => Ok(()),
        // 1 would say that they differ, which is not known.
        Err(error) if exit_code && !error.is::<Closed>() => Err(Usage(format!("{error:#}")).into()),
        Err(error) => Err(error),
    }
}

/// Whether there is a difference; it has been shown.
fn differ(args: Diff, context: &Context) -> Result<bool> {
    let Diff {
        exp,
        other,
        against,
        listing,
        exit_code: _,
        format,
        reading,
    } = args;
    let store = context.store()?;
    let log = context.open(&reading)?;
    let after = log.trial(&id(&exp)?)?;
    let other = other.as_deref().map(id).transpose()?;
    let format = format.unwrap_or(Format::Table);
    if listing.columns {
        let before = match before(&log, &after, other, against)? {
            Before::Named(id) | Before::Above(id) => log.trial(&id)?,
        };
        return fields(&before, &after, format, context);
    }
    let before = match before(&log, &after, other, against)? {
        Before::Named(id) => log.trial(&id)?,
        Before::Above(id) => nearest(&log, &after, &id, context)?,
    };
    let (old, new) = (
        store.snapshot(&before.row())?,
        store.snapshot(&after.row())?,
    );
    files(old, new, listing, format, context)
}

/// What to compare with: a trial that was named, or one that may stand for those above it.
enum Before {
    Named(ExpId),
    Above(ExpId),
}

fn before(
    log: &IndexedLog,
    after: &Trial,
    other: Option<ExpId>,
    against: Option<Against>,
) -> Result<Before> {
    let row = after.row();
    if let Some(id) = other {
        return Ok(Before::Named(id));
    }
    match against {
        Some(Against::Best) => {
            let best = log
                .ask(Best::default())?
                .offset()
                .map(|offset| log.at(offset))
                .transpose()?;
            best.and_then(|best| best.row().id())
                .map(Before::Named)
                .context("no trial can be best yet; name one: lineage diff EXP OTHER")
        }
        Some(Against::Baseline) => {
            let baseline = ExpId::parse(&row.text(Role::Baseline)).map(Before::Named);
            baseline.with_context(|| {
                format!(
                    "trial {} names no baseline; name a trial: lineage diff EXP OTHER",
                    row.name()
                )
            })
        }
        Some(Against::Parent) | None => row.parent().map(Before::Above).with_context(|| {
            format!(
                "trial {} has no parent; name a trial: lineage diff EXP OTHER",
                row.name()
            )
        }),
    }
}

/// The parent, or the nearest above it that has a snapshot.
fn nearest(log: &IndexedLog, after: &Trial, parent: &ExpId, context: &Context) -> Result<Trial> {
    if log.find(parent)?.is_none() {
        anyhow::bail!(no_such_trial(parent, log.path()));
    }
    let name = after.row().name();
    let found = log.nearest_frozen(parent)?.with_context(|| {
        format!(
            "neither the parent of trial {name} nor any above it has a snapshot; name a trial: lineage diff EXP OTHER"
        )
    })?;
    if found.row().id().as_ref() != Some(parent) {
        let nearest = found.row().name();
        context.ui.note(&format!(
            "the parent of {name}, {parent}, has no snapshot; compared with {nearest}, the nearest above it"
        ));
    }
    Ok(found)
}

fn fields(before: &Trial, after: &Trial, format: Format, context: &Context) -> Result<bool> {
    let columns = diff::columns(&before.row(), &after.row());
    context.ui.print(&match format {
        Format::Table => diff::fields(&columns, context.ui.look),
        format => {
            let names = ["column", "before", "after"].map(Column::text).to_vec();
            sheet(format, names, columns.iter().map(|cells| cells.to_vec()))
        }
    })?;
    Ok(!columns.is_empty())
}

fn files(
    mut old: Snapshot,
    mut new: Snapshot,
    listing: Listing,
    format: Format,
    context: &Context,
) -> Result<bool> {
    let pairs = store::compare(&mut old, &mut new)?;
    if listing.name_only {
        // What was a file and is a link now is a pair for each, and one name.
        let names = pairs
            .chunk_by(|a, b| a.path == b.path)
            .map(|pairs| &pairs[0].path);
        context.ui.print(&match format {
            Format::Table => names
                .map(|path| quote(path.as_os_str().as_encoded_bytes()) + "\n")
                .collect(),
            format => sheet(
                format,
                vec![Column::text("path")],
                names.map(|path| vec![plain(path)]),
            ),
        })?;
        return Ok(!pairs.is_empty());
    }
    let (before, after) = (old.trial.clone(), new.trial.clone());
    let (mut stats, mut left_out) = (Vec::new(), 0);
    for pair in &pairs {
        let read = |snapshot: &mut Snapshot, entry: &Option<_>| {
            entry.as_ref().map(|entry| snapshot.side(entry)).transpose()
        };
        let change = Change {
            path: &pair.path,
            before: read(&mut old, &pair.before)?,
            after: read(&mut new, &pair.after)?,
        };
        if listing.stat {
            stats.push(change.stat());
        } else {
            left_out += u64::from(!change.is_text());
            context
                .ui
                .stream(|out| out.write_all(&change.patch(&before, &after, context.ui.look)))?;
        }
    }
    if left_out > 0 {
        let files = count(left_out, "file");
        context.ui.note(&format!(
            "the patch names {files} that it cannot hold; `lineage show {after} --file` prints one"
        ));
    }
    if listing.stat {
        context.ui.print(&show(&stats, format, context))?;
    }
    Ok(!pairs.is_empty())
}

/// A path for a script, which gets it as it is; what is not UTF-8 in it is replaced.
fn plain(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

fn show(stats: &[Stat], format: Format, context: &Context) -> String {
    if format == Format::Table {
        return diff::stats(stats, context.ui.look);
    }
    let columns = vec![
        Column::text("path"),
        Column::text("change"),
        Column::number("added"),
        Column::number("removed"),
    ];
    let row = |stat: &Stat| {
        let (added, removed) = stat
            .lines
            .map(|(added, removed)| (added.to_string(), removed.to_string()))
            .unwrap_or_default();
        vec![plain(&stat.path), stat.change.to_owned(), added, removed]
    };
    sheet(format, columns, stats.iter().map(row))
}
