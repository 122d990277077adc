mod complete;
mod freeze;
mod given;

use std::{ffi::OsString, fmt, time::Duration};

use anyhow::{Error, Result, anyhow, bail};
use clap::Args;

use self::complete::{Completed, complete};
use super::{Context, Usage};
use crate::{
    append::Draft,
    append::{LockedLog, NotFlushed, Unwritten},
    log::Direction,
    log::Schema,
    store::ReadOptions,
    ui::Closed,
};

/// Log one trial, and print its id
///
/// What is not given is filled in: the id is the next one, the time is now, the parent and the baseline are the best as it
/// stands, the domain is the specialist. An empty value counts as not given. The row is on the disk before the id is
/// printed; where it cannot be written, it is printed on stderr as JSON that `append --json` takes.
#[derive(Args, Debug)]
#[command(
    next_help_heading = "The trial",
    after_help = "\
Examples:
  lineage append --status auto --metric 1.0731 --specialist opt --hypothesis 'raise beta2 to 0.98'
  lineage append --status crash --job-name job-17 --once --notes @train.err
  lineage append --status discard --metric 1.09 --set artifact_bytes=15990000
  lineage append --status auto --metric 1.0731 --snapshot work
  printf '%s\\n' '{\"status\":\"keep\",\"metric\":1.07}' | lineage append --json"
)]
pub struct Append {
    /// How it ended: baseline, keep, discard, crash, eval_budget_overrun, train_budget_overrun, size_blocked,
    /// preflight_crash, disqualified, harness_abort; or auto: keep if the score beats the best, else discard;
    /// baseline while there is no best
    #[arg(long, allow_hyphen_values = true, required_unless_present = "json")]
    status: Option<OsString>,
    /// The score
    #[arg(long, value_name = "SCORE", allow_hyphen_values = true)]
    metric: Option<OsString>,
    /// Validation bits per byte, where that is not the score
    #[arg(long, value_name = "NUMBER", allow_hyphen_values = true)]
    val_bpb: Option<OsString>,
    /// Who proposed it [default: $LINEAGE_SPECIALIST]
    #[arg(long, value_name = "NAME", allow_hyphen_values = true)]
    specialist: Option<OsString>,
    /// The trial that it was made from, or `none` [default: the best]
    #[arg(long, value_name = "EXP", allow_hyphen_values = true)]
    parent: Option<OsString>,
    /// The trial that it was measured against, or `none` [default: the best]
    #[arg(long, value_name = "EXP", allow_hyphen_values = true)]
    baseline: Option<OsString>,
    /// What it is about [default: the specialist]
    #[arg(long, value_name = "NAME", allow_hyphen_values = true)]
    domain: Option<OsString>,
    /// What was proposed; `-` reads stdin, @FILE a file, @@ begins a text with @
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    hypothesis: Option<OsString>,
    /// The difference that the agent predicted
    #[arg(long, value_name = "NUMBER", allow_hyphen_values = true)]
    expected_delta: Option<OsString>,
    /// Seconds of training
    #[arg(long, value_name = "SECONDS", allow_hyphen_values = true)]
    train_s: Option<OsString>,
    /// Seconds in all
    #[arg(long, value_name = "SECONDS", allow_hyphen_values = true)]
    total_s: Option<OsString>,
    /// The job that ran it
    #[arg(long, value_name = "NAME", allow_hyphen_values = true)]
    job_name: Option<OsString>,
    /// Freeze this directory or file with it, if it is a keep or a baseline [default: `path` of the settings, if set]
    ///
    /// Left out are what .gitignore and .lineageignore say, .git, and the store. `always = true` under [snapshot] in
    /// lineage.toml freezes every trial. Where the work cannot be frozen, the trial is logged without it, and that is said.
    #[arg(
        long,
        value_name = "PATH",
        allow_hyphen_values = true,
        conflicts_with = "snapshot_path"
    )]
    snapshot: Option<OsString>,
    /// Where its frozen work is, relative to the store, where another program has frozen it
    #[arg(long, value_name = "PATH", allow_hyphen_values = true)]
    snapshot_path: Option<OsString>,
    /// How it went; `-` reads stdin, @FILE a file, @@ begins a text with @
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    notes: Option<OsString>,
    /// Its id [default: the next one]
    #[arg(long, value_name = "EXP", allow_hyphen_values = true)]
    exp_id: Option<OsString>,
    /// When it ended [default: now]
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    timestamp: Option<OsString>,
    /// Any other column of the log, word for word; may be given more than once
    #[arg(long, value_name = "COLUMN=VALUE", allow_hyphen_values = true)]
    set: Vec<OsString>,
    /// Read trials from stdin: one JSON object, or one a line; all are written, or none. `snapshot` is what --snapshot is
    #[arg(help_heading = "How it is logged", long, conflicts_with_all = FLAGS_OF_A_TRIAL)]
    json: bool,
    /// Where the log has a trial of this job, print its id and write nothing
    #[arg(help_heading = "How it is logged", long)]
    once: bool,
    /// Which way is better [default: the setting, else what the log's keeps did]
    #[arg(help_heading = "How it is logged", long, value_enum)]
    direction: Option<Direction>,
    /// How long to wait for another writer
    #[arg(help_heading = "How it is logged", long, value_name = "SECONDS", default_value_t = 30.0, value_parser = seconds)]
    lock_timeout: f64,
    /// What to print: the id, or the whole row
    #[arg(
        help_heading = "How it is logged",
        long,
        value_enum,
        default_value = "id"
    )]
    format: Answer,
}

/// With `--json` these come from stdin.
const FLAGS_OF_A_TRIAL: [&str; 16] = [
    "status",
    "metric",
    "val_bpb",
    "parent",
    "baseline",
    "domain",
    "hypothesis",
    "expected_delta",
    "train_s",
    "total_s",
    "job_name",
    "snapshot_path",
    "notes",
    "exp_id",
    "timestamp",
    "set",
];

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Answer {
    Id,
    Json,
}

pub fn run(args: Append, context: &Context) -> Result<()> {
    let (drafts, problem) = if args.json {
        (given::from_stdin(&args, context)?, None)
    } else {
        given::from_flags(&args)
    };
    let result = problem.map_or_else(|| append(&drafts, &args, context), Err);
    result.inspect_err(|error| {
        if !error.is::<NotFlushed>() && !error.is::<NotAnswered>() && !error.is::<Closed>() {
            for draft in &drafts {
                context
                    .ui
                    .aside(&given::as_json(draft, args.snapshot.as_deref()));
            }
        }
    })
}

fn append(drafts: &[Draft], args: &Append, context: &Context) -> Result<()> {
    for draft in drafts {
        draft.check().map_err(|error| {
            if args.json {
                error
            } else {
                Usage(format!("{error:#}")).into()
            }
        })?;
        if args.once && draft.job().is_none() {
            bail!(Usage(
                "--once needs a job name to know the trial by: --job-name".to_owned()
            ));
        }
    }
    let store = context.store()?;
    let reading = ReadOptions {
        direction: args.direction,
        ..ReadOptions::default()
    };
    let works = freeze::before_the_lock(drafts, args, &store, &reading, context)?;
    let locked = store.lock(&reading, Duration::from_secs_f64(args.lock_timeout))?;
    context.say_notes(locked.log());
    let mut completed = complete(drafts, args, &store, &locked, works, context)?;
    let damage = locked.log().damage_message();
    let schema = locked.log().schema.clone();
    let written = write(locked, &mut completed, &schema);
    let answers = completed.answers(args.format, &schema);
    let Completed {
        placed, unfrozen, ..
    } = completed;
    // Rows that are written, if perhaps not on the disk, name the snapshots; without their rows, these go again.
    if written
        .as_ref()
        .map_or_else(Error::is::<NotFlushed>, |()| true)
    {
        for (_, _, snapshot) in placed {
            snapshot.keep();
        }
    }
    written?;
    for text in unfrozen {
        context.ui.warn(&text);
    }
    if let Some(damage) = damage {
        context.ui.warn(&damage);
    }
    context.ui.print(&answers).map_err(|error| {
        if error.is::<Closed>() {
            error
        } else {
            error.context(NotAnswered(answers.trim_end().replace('\n', " ")))
        }
    })
}

/// Writes the rows; where their snapshots leave no room for that, without these: the measurement cannot be made again.
fn write(locked: LockedLog, completed: &mut Completed, schema: &Schema) -> Result<()> {
    let Err(Unwritten {
        error,
        without_room,
    }) = locked.write(&completed.rows)
    else {
        return Ok(());
    };
    match without_room.filter(|_| !completed.placed.is_empty()) {
        Some(locked) => {
            completed.make_room(schema);
            locked
                .write(&completed.rows)
                .map_err(|unwritten| unwritten.error)
        }
        None => Err(error),
    }
}

/// The trials are in the log, but whoever asked was not told.
#[derive(Debug)]
struct NotAnswered(String);

impl fmt::Display for NotAnswered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "written as {}, but that could not be said; do not append it again",
            self.0
        )
    }
}

impl std::error::Error for NotAnswered {}

fn seconds(text: &str) -> Result<f64> {
    let seconds: f64 = text
        .parse()
        .map_err(|_| anyhow!("not a number of seconds"))?;
    if (0.0..=1e9).contains(&seconds) {
        Ok(seconds)
    } else {
        bail!("not between 0 and 1000000000 seconds")
    }
}
