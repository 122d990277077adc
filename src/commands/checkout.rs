use std::path::PathBuf;

use anyhow::Result;
use clap::Args;

use super::{Context, ReadArgs, id};
use crate::{output::text::count, store};

/// Put a trial's frozen files into a directory, and print its id
///
/// What is printed is the parent of the trial that is made from here: `lineage append --parent`. All is looked at before any
/// of it is touched: where DIR has something else under a name that the snapshot has, nothing is changed, unless --force is
/// given; what gives way is kept aside, under a name that is said. The files can be written to again.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  parent=$(lineage checkout 042 work)
  lineage checkout 042 work --force --clean")]
pub struct Checkout {
    /// The trial; 7, 007 and exp_007 are the same
    exp: String,
    /// Where to; it is made if it is not there
    dir: PathBuf,
    /// Replace what differs, and keep it aside
    #[arg(long)]
    force: bool,
    /// Move aside what the snapshot does not have; what is ignored stays
    #[arg(long)]
    clean: bool,
    #[command(flatten)]
    reading: ReadArgs,
}

pub fn run(args: Checkout, context: &Context) -> Result<()> {
    let Checkout {
        exp,
        dir,
        force,
        clean,
        reading,
    } = args;
    let store = context.store()?;
    let trial = context.open(&reading)?.trial(&id(&exp)?)?;
    let mut snapshot = store.snapshot(&trial.row())?;
    let mut progress = context.ui.progress("writing");
    let order = store::Checkout {
        dir: &dir,
        force,
        clean,
    };
    let done = store.check_out(&mut snapshot, order, &mut |done, total| {
        progress.at(done, total)
    })?;
    drop(progress);
    if let Some(aside) = done.aside {
        context.ui.warn(&format!(
            "{} gave way, kept in {}",
            count(done.moved, "path"),
            aside.display()
        ));
    }
    if let Some(first) = done.no_longer_ignored.first() {
        let (n, first) = (
            count(done.no_longer_ignored.len() as u64, "file"),
            first.display(),
        );
        let what = if clean {
            "moved away, too"
        } else {
            "left, and are work now"
        };
        context.ui.warn(&format!(
            "not ignored by the trial's ignore files, but by those that were there: {n}, {first} first; {what}"
        ));
    }
    let (written, same, name) = (count(done.written, "file"), done.same, trial.row().name());
    context.ui.note(&format!(
        "{}: {written} written, {same} as they should be; the next trial from here is `lineage append --parent {name}`",
        dir.display()
    ));
    context
        .ui
        .print(&format!("{}\n", crate::output::text::printable(&name)))
}
