//! `lineage checkout`: put the files of a trial into a directory.

use std::path::{Path, PathBuf};

use anyhow::Result;
use clap::Args;

use super::args::parse_id;
use super::candidates;
use super::{Context, ReadArgs};
use crate::snapshot::{CheckoutOptions, CheckoutOutcome, check_out, open_snapshot, remove_backups};
use crate::text::{count, printable};

/// Put a trial's files into a directory, and print its id
///
/// Pass the id to `lineage append --parent` for the next trial. If a file in DIR differs from the
/// snapshot, nothing is changed, unless --force is given: then the replaced files are moved to
/// `DIR/.lineage-aside-N`, and the last three such backups are kept. Checked-out files are writable.
#[derive(Args, Debug)]
#[command(
    override_usage = "lineage checkout [OPTIONS] <EXP> <DIR>\n       lineage checkout --prune [DIR]",
    after_help = "\
Examples:
  parent=$(lineage checkout 042 work)
  lineage checkout 042 work --force --clean
  lineage checkout --prune work"
)]
pub struct Checkout {
    /// The trial; 7, 007 and exp_007 are the same
    #[arg(add = candidates::trial())]
    #[arg(required_unless_present = "prune")]
    exp: Option<String>,
    /// The target directory; it is created if necessary
    #[arg(required_unless_present = "prune")]
    dir: Option<PathBuf>,
    /// Replace files that differ, and keep a backup of them
    #[arg(long)]
    force: bool,
    /// Move files that the snapshot does not have to the backup; ignored files stay
    #[arg(long)]
    clean: bool,
    /// Without EXP, remove all backups in DIR or in the current directory; with EXP, all but the one that this checkout makes
    #[arg(long)]
    prune: bool,
    #[command(flatten)]
    reading: ReadArgs,
}

pub fn run(args: Checkout, context: &Context) -> Result<()> {
    let (Some(exp), Some(dir)) = (&args.exp, &args.dir) else {
        return remove_all_backups(args.exp.as_deref().unwrap_or("."), context);
    };
    let store = context.store()?;
    let log = context.open(&args.reading)?;
    let trial = log.trial(&parse_id(exp)?)?;
    let snapshot = open_snapshot(&store, &log, &trial.row())?;
    let mut progress = context.ui.progress("writing");
    let options = CheckoutOptions {
        dir,
        force: args.force,
        clean: args.clean,
    };
    let outcome = check_out(&store, &snapshot, options, &mut |done, total| {
        progress.at(done, total);
    })?;
    drop(progress);
    if args.prune {
        remove_backups(dir, usize::from(outcome.backup.is_some()))?;
    }
    warn_about_changes(&outcome, args.clean, context);
    let name = trial.row().name();
    context.ui.note(&format!(
        "{}: {}; for the next trial: `lineage append --parent {name}`",
        dir.display(),
        summarize(&outcome)
    ));
    context.ui.print(&format!("{}\n", printable(&name)))
}

/// Removes the backups in a directory, and prints their paths.
fn remove_all_backups(dir: &str, context: &Context) -> Result<()> {
    let removed = remove_backups(Path::new(dir), 0)?;
    let mut lines = String::new();
    for path in &removed {
        lines += &format!("{}\n", printable(&path.to_string_lossy()));
    }
    context.ui.print(&lines)?;
    let backups = count(removed.len() as u64, "backup");
    context.ui.note(&format!("removed {backups}"));
    Ok(())
}

fn warn_about_changes(outcome: &CheckoutOutcome, clean: bool, context: &Context) {
    if let Some(backup) = &outcome.backup {
        let files = count(outcome.moved, "changed file");
        context
            .ui
            .note(&format!("moved {files} to {}", backup.display()));
    }
    let files = &outcome.no_longer_ignored;
    if let Some(first) = files.first() {
        let files = count(files.len() as u64, "file");
        let first = first.display();
        let what = if clean {
            "moved to the backup"
        } else {
            "part of the next snapshot"
        };
        context.ui.warn(&format!(
            "{files} no longer ignored, such as {first}: {what}"
        ));
    }
}

fn summarize(outcome: &CheckoutOutcome) -> String {
    let mut parts = Vec::new();
    if outcome.written > 0 {
        parts.push(format!("{} written", count(outcome.written, "file")));
    }
    if outcome.unchanged > 0 || outcome.written == 0 {
        parts.push(format!("{} unchanged", count(outcome.unchanged, "file")));
    }
    parts.join(", ")
}
