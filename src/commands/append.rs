use std::{ffi::OsString, fmt, io::Read, time::Duration};

use anyhow::{Context as _, Error, Result, anyhow, bail};
use clap::Args;
use jiff::Timestamp;

use super::{Context, Usage};
use crate::{
    draft::{Complete, Draft, format_time},
    input,
    schema::Role,
    store::{Locked, NotFlushed, Reading},
    trial::Direction,
    ui::Closed,
    view::{sheet, text::printable},
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
    /// Where its frozen work is, relative to the store
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
    /// Read trials from stdin: one JSON object, or one a line; all are written, or none
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
    #[arg(help_heading = "How it is logged", long, value_enum, default_value = "id")]
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
    let (drafts, problem) = if args.json { (from_stdin(&args, context)?, None) } else { from_flags(&args) };
    let result = problem.map_or_else(|| append(&drafts, &args, context), Err);
    result.inspect_err(|error| {
        if !error.is::<NotFlushed>() && !error.is::<NotAnswered>() && !error.is::<Closed>() {
            for draft in &drafts {
                context.ui.aside(&as_json(draft));
            }
        }
    })
}

fn append(drafts: &[Draft], args: &Append, context: &Context) -> Result<()> {
    for draft in drafts {
        draft.check().map_err(|error| if args.json { error } else { Usage(format!("{error:#}")).into() })?;
        if args.once && draft.job().is_none() {
            bail!(Usage("--once needs a job name to know the trial by: --job-name".to_owned()));
        }
    }
    let reading = Reading { direction: args.direction, ..Reading::default() };
    let locked = context.store()?.lock(&reading, Duration::from_secs_f64(args.lock_timeout))?;
    context.say_notes(locked.log());
    let (answers, rows) = complete(drafts, args, &locked, context)?;
    let damage = locked.log().damage();
    locked.write(&rows)?;
    if let Some(damage) = damage {
        context.ui.warn(&damage);
    }
    context.ui.print(&answers).map_err(|error| {
        if error.is::<Closed>() { error } else { error.context(NotAnswered(answers.trim_end().replace('\n', " "))) }
    })
}

/// The trials are in the log, but whoever asked was not told.
#[derive(Debug)]
struct NotAnswered(String);

impl fmt::Display for NotAnswered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "written as {}, but that could not be said; do not append it again", self.0)
    }
}

impl std::error::Error for NotAnswered {}

/// What to answer, and the rows to write.
fn complete(drafts: &[Draft], args: &Append, locked: &Locked, context: &Context) -> Result<(String, Vec<Vec<String>>)> {
    let log = locked.log();
    let ids = drafts.iter().flat_map(Draft::mentioned);
    let jobs = drafts.iter().filter_map(Draft::job).map(str::to_owned);
    let mut ledger = log.ledger(ids, jobs.filter(|_| args.once))?;
    let mut answers = String::new();
    let mut rows = Vec::new();
    for (at, draft) in drafts.iter().enumerate() {
        if let Some(known) = draft.job().and_then(|job| ledger.job(job)) {
            let job = draft.job().unwrap_or_default();
            context.ui.note(&format!("job {job} is there already, as trial {}; nothing is written for it", known.0));
            answers += &written_before(&known.0, args, locked, &rows)?;
            continue;
        }
        let complete = draft.complete(&log.schema, &ledger, Timestamp::now());
        let Complete { cells, id, eligible_score, warning, .. } = if drafts.len() > 1 {
            complete.with_context(|| format!("trial {} of {}", at + 1, drafts.len()))
        } else {
            complete
        }?;
        ledger.enter(Some(&id), &id.to_string(), draft.job().unwrap_or_default(), eligible_score);
        if let Some(warning) = warning {
            context.ui.warn(&warning);
        }
        answers += &match args.format {
            Answer::Id => format!("{id}\n"),
            Answer::Json => sheet::object(&sheet::columns(&log.schema), &cells) + "\n",
        };
        rows.push(cells);
    }
    Ok((answers, rows))
}

/// The answer to a trial that is in the log already.
fn written_before(id: &str, args: &Append, locked: &Locked, rows: &[Vec<String>]) -> Result<String> {
    let schema = &locked.log().schema;
    let is_it = |cells: &&Vec<String>| schema.column(Role::Id).is_some_and(|column| cells[column] == id);
    match (args.format, rows.iter().find(is_it)) {
        (Answer::Id, _) => Ok(format!("{id}\n")),
        (Answer::Json, Some(cells)) => Ok(sheet::object(&sheet::columns(schema), cells) + "\n"),
        (Answer::Json, None) => {
            let id = crate::trial::ExpId::read(id).context("a trial without an id")?;
            Ok(crate::view::object_or_null(locked.log().find(&id)?.as_ref()))
        }
    }
}

/// What was given as JSON.
fn from_stdin(args: &Append, context: &Context) -> Result<Vec<Draft>> {
    let mut text = Vec::new();
    std::io::stdin().lock().read_to_end(&mut text).context("cannot read stdin")?;
    let text = String::from_utf8_lossy(&text);
    let specialist = args.specialist.as_ref().map(|name| name.to_string_lossy().into_owned());
    let drafts = input::trials(&text, specialist.as_deref()).inspect_err(|_| {
        text.lines().for_each(|line| context.ui.aside(&printable(line)));
    })?;
    Ok(drafts.into_iter().map(|draft| draft.by_default(default_specialist())).collect())
}

/// The specialist of those trials that name none, in logs that have a column for it.
fn default_specialist() -> Option<String> {
    std::env::var_os("LINEAGE_SPECIALIST").map(|name| name.to_string_lossy().into_owned())
}

/// What was given by flags, and what of it could not be read.
fn from_flags(args: &Append) -> (Vec<Draft>, Option<Error>) {
    let flags = [
        ("status", &args.status),
        ("metric", &args.metric),
        ("val_bpb", &args.val_bpb),
        ("specialist", &args.specialist),
        ("parent", &args.parent),
        ("baseline", &args.baseline),
        ("domain", &args.domain),
        ("expected_delta", &args.expected_delta),
        ("train_s", &args.train_s),
        ("total_s", &args.total_s),
        ("job_name", &args.job_name),
        ("snapshot_path", &args.snapshot_path),
        ("exp_id", &args.exp_id),
        ("timestamp", &args.timestamp),
    ];
    let lossy = |value: &OsString| value.to_string_lossy().into_owned();
    let given = flags.into_iter().filter_map(|(name, value)| Some((name.to_owned(), lossy(value.as_ref()?))));
    let mut given: Vec<(String, String)> = given.collect();
    let mut problem = None;
    for (name, value) in [("hypothesis", &args.hypothesis), ("notes", &args.notes)] {
        let Some(value) = value else { continue };
        match input::text(value) {
            Ok(text) => given.push((name.to_owned(), text)),
            Err(error) => problem = Some(error.context(format!("--{name}"))),
        }
    }
    for pair in &args.set {
        match lossy(pair).split_once('=') {
            Some((name, value)) => given.push((name.to_owned(), value.to_owned())),
            None => problem = Some(Usage(format!("--set {}: write COLUMN=VALUE", lossy(pair))).into()),
        }
    }
    let is_stdin = |value: &Option<OsString>| value.as_ref().is_some_and(|value| value == "-");
    if is_stdin(&args.hypothesis) && is_stdin(&args.notes) {
        let text = "stdin can be the hypothesis or the notes, not both; give one as @FILE";
        problem = Some(Usage(text.to_owned()).into());
    }
    (vec![Draft::new(given).by_default(default_specialist())], problem)
}

/// A draft as JSON that `append --json` takes, with the time at which it could not be written.
fn as_json(draft: &Draft) -> String {
    let is_number = |name: &str| ["metric", "core_metric", "val_bpb"].contains(&name);
    let entry = |(name, text): &(String, String)| (name.clone(), sheet::value(text, !is_number(name)));
    let mut object: serde_json::Map<_, _> = draft.given().iter().map(entry).collect();
    object.entry("timestamp").or_insert_with(|| format_time(Timestamp::now()).into());
    sheet::json(&object.into())
}

fn seconds(text: &str) -> Result<f64> {
    let seconds: f64 = text.parse().map_err(|_| anyhow!("not a number of seconds"))?;
    if (0.0..=1e9).contains(&seconds) { Ok(seconds) } else { bail!("not between 0 and 1000000000 seconds") }
}
