//! `lineage pull`: fetch the trials of other hosts.

use std::time::Duration;

use anyhow::{Result, ensure};
use clap::Args;

use super::Context;

/// One batch of trials takes no longer.
const LIMIT: Duration = Duration::from_secs(30);

/// Fetch the trials of other hosts into the mirror of a shared store
///
/// Reading commands also fetch, but for at most 300 ms (`fetch_ms` under [shared] in lineage.toml). Also sends the trials that wait
/// because the database was unreachable.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  lineage pull
  lineage pull --reset")]
pub struct Pull {
    /// Move the log aside and fetch all trials, if the log differs from the database
    #[arg(long)]
    reset: bool,
}

pub fn run(args: Pull, context: &Context) -> Result<()> {
    let store = context.store()?;
    let log = store.log_path().display();
    ensure!(
        store.settings.shared.is_some(),
        "{log} is not the log of a shared store; `lineage init --shared` makes one"
    );
    if args.reset
        && let Some(aside) = store.reset_mirror()?
    {
        let aside = aside.display();
        context.ui.note(&format!("the old log is {aside}"));
    }
    let rows = store.pull(LIMIT)?;
    context.ui.print(&format!("{rows} trials\n"))
}
