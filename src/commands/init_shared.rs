//! `lineage init --shared`: make or join a run of a database, and make a store that mirrors it.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::Result;

use super::{Context, init::args::Init};
use crate::log::Direction;
use crate::shared::{NewRun, Session, create_or_join, strip_password};
use crate::store::{self, New, Store, check_names};

/// Joining a run with many trials takes a while.
const LIMIT: Duration = Duration::from_mins(1);

pub(super) fn run(args: &Init, dir: &Path, url: &str, run: &str, context: &Context) -> Result<()> {
    let (url, password) = strip_password(url);
    if password.is_some() {
        let warning = "the password in the URL is not stored: put it into ~/.pgpass or PGPASSWORD";
        context.ui.warn(warning);
    }
    let names = args.column_names();
    check_names(args.metric.as_deref().unwrap_or("core_metric"), &names)?;
    let session = Session::connect(&url, password.as_deref(), Instant::now() + LIMIT)?;
    let wanted = NewRun {
        name: run,
        metric: args.metric.as_deref(),
        direction: args.direction,
        columns: Some(&*names).filter(|names| !names.is_empty()),
    };
    let (head, is_new) = create_or_join(&session, &wanted)?;
    let new = New {
        metric: &head.metric,
        direction: head.direction,
        label: args.label.as_deref(),
        columns: &head.columns,
        import: None,
        shared: Some((&url, run)),
        mode: 0o666,
    };
    store::init(dir, &new)?;
    let store = Store::find(Some(dir))?;
    let rows = store.pull_on(session, LIMIT)?;
    let word = if is_new { "made" } else { "joined" };
    let (metric, direction) = (&head.metric, head.direction);
    context.ui.note(&format!(
        "{word} the run {run} with {rows} trials; {metric}: {} is better ({direction})",
        Direction::better_word(direction)
    ));
    context.ui.print(&format!("{}\n", dir.display()))
}
