//! `lineage prune`: remove snapshots that are no longer needed.

use anyhow::{Result, bail, ensure};
use clap::Args;

use super::args::{parse_count, parse_positive};
use super::{Context, ReadArgs};
use crate::analysis::{KeepSigns, Retention};
use crate::snapshot::{list_stored, prune_snapshots};
use crate::text::{count, printable};

/// Remove snapshots that are no longer needed, and print their paths
///
/// Keeps the snapshots of the K best keeps (at least of the best), of all their ancestors, and the last N; one of the flags is
/// required. Rows are never removed: `diff` and `checkout` say that a snapshot was pruned, and name the nearest ancestor that has one.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  lineage prune --keep-best 10 --dry-run
  lineage prune --keep-best 10 --keep-last 20")]
#[group(id = "kept", required = true, multiple = true, args = ["keep_best", "keep_last"])]
pub struct Prune {
    /// Keep the snapshots of the K best keeps and of all their ancestors [default: 1]
    #[arg(long, value_name = "K", value_parser = parse_positive)]
    keep_best: Option<usize>,
    /// Keep the last N snapshots [default: 0]
    #[arg(long, value_name = "N", value_parser = parse_count::<usize>)]
    keep_last: Option<usize>,
    /// Print what would be removed, and remove nothing
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    reading: ReadArgs,
}

pub fn run(args: Prune, context: &Context) -> Result<()> {
    let store = context.store()?;
    let log = context.open(&args.reading)?;
    let path = log.path().display();
    ensure!(
        store.dir().is_some(),
        "{path} has no store, so nothing can be pruned"
    );
    log.require_score()?;
    let contradiction = context.describe_contradiction(&log, &log.ask(KeepSigns::default())?)?;
    if let Some(contradiction) = contradiction {
        if !args.dry_run && args.reading.direction.is_none() {
            bail!("{contradiction}; to prune anyway, give --direction");
        }
        context.ui.warn(&contradiction);
    }
    let best = args.keep_best.unwrap_or(1);
    let retention = log.ask(Retention::new(best, args.keep_last.unwrap_or(0)))?;
    let (kept, removed) = retention.split();
    let (kept, removed) = (list_stored(&store, kept), list_stored(&store, removed));
    if !args.dry_run {
        prune_snapshots(&store, &removed)?;
    }
    let lines = removed.iter().map(|path| printable(path) + "\n");
    context.ui.print(&lines.collect::<String>())?;
    let verb = if args.dry_run {
        "would remove"
    } else {
        "removed"
    };
    let removed = count(removed.len() as u64, "snapshot");
    context
        .ui
        .note(&format!("{verb} {removed}; {} left", kept.len()));
    Ok(())
}
