//! `lineage report`: one page with everything.

use std::fs;
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::{Duration, SystemTime};

use anyhow::Result;
use clap::Args;

use super::diff::read_change;
use super::plot::write_file;
use super::{Context, ReadArgs, args::TimeLimit};
use crate::analysis::{Best, Limits, Progress, Tally};
use crate::index::IndexedLog;
use crate::log::{Role, Row};
use crate::open::{fetch_new, open_log};
use crate::output::Look;
use crate::output::plot::{Axis, Plot, ScoreRange};
use crate::output::report::{Report as Page, TrialTable, format_report};
use crate::snapshot::{compare_snapshots, find_nearest_snapshot, open_snapshot};
use crate::store::Store;
use crate::text::count;

/// The most prompts and patches in a page, and the most bytes of one patch and of all.
const MAX_PROMPTS: usize = 200;
const MAX_PATCHES: usize = 300;
const MAX_PATCH: usize = 64 * 1024;
const MAX_PATCH_BYTES: usize = 8 * 1024 * 1024;

/// Write one page with the whole search
///
/// The page shows the progress, the outcomes, the compute lost, the limits, the tree, every trial, and the saved prompts.
/// It is one file that needs no server and no network.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  lineage report -o report.html
  lineage report -o report.html --watch 10s")]
pub struct Report {
    /// Write to this file
    #[arg(long, short, value_name = "FILE")]
    output: PathBuf,
    /// Write the page again whenever the log has grown, checked this often; the page reloads itself
    #[arg(long, value_name = "TIME")]
    watch: Option<TimeLimit>,
    #[command(flatten)]
    read: ReadArgs,
}

pub fn run(args: Report, context: &Context) -> Result<()> {
    let store = context.store()?;
    let Some(watch) = &args.watch else {
        return write_page(&args, &store, context, None);
    };
    let interval = watch.duration.max(Duration::from_secs(1));
    let mut written = None;
    loop {
        let _ = fetch_new(&store); // opening the log says what is wrong
        let state = observe_log(store.log_path());
        if written != Some(state) {
            match write_page(&args, &store, context, Some(interval.as_secs())) {
                Ok(()) => written = Some(state),
                Err(error) if written.is_some() => context.ui.warn(&format!("{error:#}")),
                Err(error) => return Err(error),
            }
        }
        sleep(interval);
    }
}

/// The size of a log and when it changed; `None` if it cannot be read just now.
fn observe_log(path: &Path) -> Option<(u64, SystemTime)> {
    let metadata = fs::metadata(path).ok()?;
    Some((metadata.len(), metadata.modified().ok()?))
}

fn write_page(args: &Report, store: &Store, context: &Context, reload: Option<u64>) -> Result<()> {
    let log = open_log(store, &(&args.read).into())?;
    log.require_score()?;
    context.ui.note_all(&log.notes);
    let mut page = make_page(&log, store)?;
    page.reload = reload;
    page.prompts = read_prompts(store, context)?;
    write_file(&args.output, format_report(&page)?.as_bytes(), context)?;
    context.warn_damage(&log);
    Ok(())
}

/// Reads the log once for everything that the page shows of it.
fn make_page(log: &IndexedLog, store: &Store) -> Result<Page> {
    let by_specialist = Tally::new(Some(Role::Specialist));
    let queries = (Progress::default(), by_specialist);
    let queries = (queries, (TrialTable::default(), Limits::default()));
    let ((search, tally), (trials, limits)) = log.ask(queries)?;
    let search = search.number_trials();
    let schema = &log.schema;
    let best = log.all_at(log.ask(Best::default())?.offset())?;
    let limits = limits.find(schema, &store.settings.limits).into_iter();
    let limits = limits.map(|limit| {
        let value = best.first().and_then(|best| limit.value_in(&best.row()));
        (limit, value)
    });
    Ok(Page {
        patches: make_patches(log, store, &trials.with_snapshots())?,
        plot: Plot {
            searches: vec![(String::new(), search)],
            metric: schema.label.clone(),
            direction: schema.direction,
            x: Axis::Trial,
            scores: ScoreRange::Auto,
            by_specialist: false,
        },
        by_specialist: tally,
        limits: limits.collect(),
        trials,
        prompts: Vec::new(),
        reload: None,
    })
}

/// The saved prompts with their names.
fn read_prompts(store: &Store, context: &Context) -> Result<Vec<(String, String)>> {
    let saved = store.saved_prompts()?;
    let left_out = saved.len().saturating_sub(MAX_PROMPTS);
    if left_out > 0 {
        let prompts = count(left_out as u64, "older prompt");
        let note = format!("the page does not contain {prompts}; `lineage prompts` lists all");
        context.ui.note(&note);
    }
    let prompts = saved.iter().skip(left_out).map(|saved| {
        let [time, specialist, as_of] = ["saved", "specialist", "as_of"].map(|key| saved.text(key));
        let name = format!("{specialist}, as of {as_of}, {time}");
        (name, saved.text("rendered_prompt").to_owned())
    });
    Ok(prompts.collect())
}

/// What each of these trials changed, if it and an ancestor have snapshots. A snapshot that cannot be read has no patch:
/// `check` reports it.
fn make_patches(
    log: &IndexedLog,
    store: &Store,
    trials: &[(u64, usize)],
) -> Result<Vec<(usize, String)>> {
    let (mut patches, mut bytes) = (Vec::new(), 0);
    for &(offset, index) in trials.iter().take(MAX_PATCHES) {
        let trial = log.at(offset)?;
        if let Ok(Some(patch)) = make_patch(log, store, &trial.row()) {
            bytes += patch.len();
            patches.push((index, patch));
        }
        if bytes > MAX_PATCH_BYTES {
            break;
        }
    }
    Ok(patches)
}

fn make_patch(log: &IndexedLog, store: &Store, trial: &Row) -> Result<Option<String>> {
    let Some(parent) = trial.parent() else {
        return Ok(None);
    };
    let Some(before) = find_nearest_snapshot(store, log, &parent)? else {
        return Ok(None);
    };
    let before = open_snapshot(store, log, &before.row())?;
    let after = open_snapshot(store, log, trial)?;
    let mut patch = Vec::new();
    for change in compare_snapshots(&before, &after)? {
        let diff = read_change(&change, &before, &after)?;
        patch.extend(diff.format_patch(&before.trial, &after.trial, Look::default()));
        if patch.len() > MAX_PATCH {
            patch.truncate(MAX_PATCH);
            patch.extend_from_slice("\n… the rest is left out\n".as_bytes());
            break;
        }
    }
    Ok(Some(String::from_utf8_lossy(&patch).into_owned()))
}
