//! `lineage tail --running`: the trials in progress.

use anyhow::Result;
use jiff::Timestamp;

use crate::commands::Context;
use crate::open::fetch_new;
use crate::output::records::Format;
use crate::output::running::{format_running, format_running_records};

pub(super) fn run(format: Format, context: &Context) -> Result<()> {
    let store = context.store()?;
    if let Some(note) = fetch_new(&store)? {
        context.ui.note(&note);
    }
    let now = Timestamp::now();
    let trials = store.running_trials(now);
    if trials.is_empty() {
        context.ui.note("no trials are in progress");
    }
    context.ui.print(&match format {
        Format::Table if trials.is_empty() => String::new(),
        Format::Table => format_running(&trials, now, context.ui.look),
        format => format_running_records(&trials, format),
    })
}
