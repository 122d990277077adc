pub(super) mod complete;
pub(super) mod freeze;
pub(super) mod given;
pub(super) mod logging;

use std::ffi::OsString;

use anyhow::{Result, bail};
use clap::{Args, ValueHint};

use self::{
    complete::Batch,
    freeze::Staged,
    logging::{Format, LOGGING, LoggingArgs, Unsent},
};
use super::{Context, Usage, candidates};
use crate::{
    append::{Draft, Written},
    commands::outbox,
    store::{AppendSettings, Store},
    ui::Closed,
};

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
    /// If the command is killed midway, every command ignores the trials already written, and the next append removes them. The key
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
    let written = log_drafts(&mut batch, drafts, staged, &args.logging, &store, context);
    context.ui.note_all(&batch.log_notes);
    match written? {
        Some(answer) => print(&batch, &answer, context),
        None => Ok(()),
    }
}

/// Locks the log, and completes and writes the drafts; returns what to print. If the database of a shared store is
/// unreachable, the drafts are kept for later: `None`.
pub(super) fn log_drafts(
    batch: &mut Batch,
    drafts: &[Draft],
    mut staged: Vec<Staged>,
    logging: &LoggingArgs,
    store: &Store,
    context: &Context,
) -> Result<Option<String>> {
    let written = logging.lock(store).and_then(|locked| {
        batch.log_notes.clone_from(&locked.log().notes);
        batch.complete(drafts, &mut staged, store, &locked)?;
        batch.write(locked)
    });
    let error = match written {
        Ok(answer) => return Ok(Some(answer)),
        Err(error) => error,
    };
    batch.return_snapshots(&mut staged);
    let unsent = Unsent {
        drafts,
        staged,
        once: batch.once,
        logging,
    };
    outbox::keep(error, unsent, store, context)?;
    Ok(None)
}

/// Checks what needs no log.
pub(super) fn check(drafts: &[Draft]) -> Result<()> {
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
