pub(super) mod complete;
pub(super) mod freeze;
pub(super) mod given;

use std::ffi::OsString;
use std::time::Duration;

use anyhow::{Result, bail};
use clap::{Args, ValueHint};

use self::complete::Batch;
use super::args::parse_seconds;
use super::{Context, Usage, candidates};
use crate::{
    append::{Draft, LockedLog, Written},
    log::{Direction, Number},
    store::{AppendSettings, Store},
    ui::Closed,
};

pub(super) const LOGGING: &str = "How it is logged";

/// How a trial is completed and written.
#[derive(Args, Debug)]
pub(super) struct LoggingArgs {
    /// Which scores are better [default: the setting, else what the log's keeps show]
    #[arg(long, help_heading = LOGGING, value_enum)]
    pub(super) direction: Option<Direction>,
    /// With status auto, keep only what beats the best by more than this [default: `min_delta` in the settings, else 0]
    #[arg(long, help_heading = LOGGING, value_name = "NUMBER", allow_hyphen_values = true)]
    #[arg(value_parser = parse_min_delta)]
    min_delta: Option<f64>,
    /// How long to wait for another writer
    #[arg(long, help_heading = LOGGING, value_name = "SECONDS")]
    #[arg(default_value_t = 30.0, value_parser = parse_seconds)]
    lock_timeout: f64,
    /// Fail if the database of a shared store is unreachable, instead of logging the trial later
    #[arg(long, help_heading = LOGGING)]
    pub(super) require_id: bool,
}

impl LoggingArgs {
    pub(super) fn min_delta(&self, store: &Store) -> f64 {
        self.min_delta.unwrap_or(store.settings.keep.min_delta)
    }

    pub(super) fn lock(&self, store: &Store) -> Result<LockedLog> {
        store.lock(self.direction, Duration::from_secs_f64(self.lock_timeout))
    }
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
pub(super) enum Format {
    /// The id
    Id,
    /// The row as a JSON object
    Json,
}

/// Log one trial, and print its id
///
/// Defaults: the next id, the current time, the current best as parent and baseline, the specialist as domain. An empty
/// value counts as not given. The id is printed once the row is on disk. If a trial is refused or cannot be written, it is
/// printed on stderr as JSON for `append --json`.
#[derive(Args, Debug)]
#[command(
    override_usage = "lineage append --status <STATUS> [OPTIONS]\n       lineage append --json [OPTIONS] < TRIALS",
    next_help_heading = "The trial",
    after_help = "\
Examples:
  lineage append --status auto --metric 1.0731 --specialist opt --hypothesis 'raise beta2 to 0.98'
  lineage append --status crash --job-name job-17 --once --notes @train.err
  lineage append --status auto --metric 1.08 --job-name job-17 --attempt 2 --once
  lineage append --status discard --metric 1.09 --set artifact_bytes=15990000
  lineage append --status auto --metric 1.0731 --snapshot work
  printf '%s\\n' '{\"status\":\"keep\",\"metric\":1.07}' | lineage append --json"
)]
pub struct Append {
    #[command(flatten)]
    outcome: given::OutcomeFlags,
    #[command(flatten)]
    trial: given::TrialFlags,
    /// Who proposed it [default: $LINEAGE_SPECIALIST]
    #[arg(long, value_name = "NAME", allow_hyphen_values = true, add = candidates::specialist())]
    specialist: Option<OsString>,
    /// File or directory to freeze if it is a keep or a baseline [default: `path` in the settings]
    ///
    /// Leaves out what .gitignore and .lineageignore list, .git, and the store. With `always = true` under [snapshot] in
    /// lineage.toml, every trial is frozen. If freezing fails, the trial is logged without a snapshot, with a warning.
    #[arg(long, value_name = "PATH", conflicts_with = "snapshot_path")]
    #[arg(allow_hyphen_values = true, value_hint = ValueHint::AnyPath)]
    snapshot: Option<OsString>,
    /// Read trials from stdin: one JSON object, or one per line; all are logged, or none
    ///
    /// If the command is killed, no command of lineage counts a part of the trials, and the next append removes it. The key
    /// `snapshot` corresponds to --snapshot.
    #[arg(long, help_heading = LOGGING, conflicts_with_all = ["OutcomeFlags", "TrialFlags"])]
    json: bool,
    /// If this attempt of the job is already logged, print its id and write nothing; a different status or score is an error
    #[arg(long, help_heading = LOGGING)]
    once: bool,
    /// Start a new log even though the old one is missing and its snapshots or prompts are still in the store
    #[arg(long, help_heading = LOGGING)]
    new_log: bool,
    #[command(flatten)]
    logging: LoggingArgs,
    /// What to print
    #[arg(long, help_heading = LOGGING, value_enum, default_value = "id")]
    format: Format,
}

pub fn run(args: Append, context: &Context) -> Result<()> {
    let store = context.store();
    let default = AppendSettings::default();
    let settings = store
        .as_ref()
        .map_or(&default, |store| &store.settings.append);
    let drafts = given::read_drafts(&args, settings.max_text_bytes, context)?;
    let result = append(&drafts, store, &args, context);
    if let Err(error) = &result
        && !error.is::<Written>()
        && !error.is::<Closed>()
    {
        for draft in &drafts {
            let json = given::as_json(draft, args.snapshot.as_deref());
            context.ui.aside(&json);
        }
    }
    result
}

fn append(drafts: &[Draft], store: Result<Store>, args: &Append, context: &Context) -> Result<()> {
    check(drafts)?;
    let mut store = store?;
    if args.new_log {
        store.allow_new_log();
    }
    let staged = freeze::stage_snapshots(drafts, args, &store, context)?;
    let mut batch = Batch::new(args.format, args.once, args.logging.min_delta(&store));
    let written = batch.log(drafts, staged, &args.logging, &store, context);
    for note in &batch.log_notes {
        context.ui.note(note);
    }
    match written? {
        Some(answer) => print(&batch, &answer, context),
        None => Ok(()),
    }
}

/// Checks what needs no log.
fn check(drafts: &[Draft]) -> Result<()> {
    for (at, draft) in drafts.iter().enumerate() {
        let Err(error) = draft.check() else {
            continue;
        };
        let place = match drafts.len() {
            1 => String::new(),
            count => format!("trial {} of {count}: ", at + 1),
        };
        bail!(Usage(format!("{place}{error:#}")));
    }
    Ok(())
}

fn print(batch: &Batch, answer: &str, context: &Context) -> Result<()> {
    batch.print_messages(context);
    context.ui.print(answer).map_err(|error| {
        if error.is::<Closed>() {
            return error;
        }
        let answer = answer.trim_end().replace('\n', " ");
        error.context(Written(format!(
            "written as {answer}, but that could not be printed; do not append it again"
        )))
    })
}

fn parse_min_delta(text: &str) -> Result<f64> {
    match Number::value_of(text) {
        Some(delta) if delta >= 0.0 => Ok(delta),
        _ => bail!("not a difference of scores, 0 or more"),
    }
}
