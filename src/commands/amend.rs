//! `lineage amend`: correct the row of a trial.

use std::ffi::OsString;
use std::time::Duration;

use anyhow::{Result, bail, ensure};
use clap::builder::StringValueParser;
use clap::{ArgGroup, Args};

use super::args::{parse_id, parse_seconds, split_set};
use super::suggesting::Suggesting;
use super::{Context, Usage, candidates};
use crate::append::{AmendmentPlan, LockedLog, plan_amendment, read_text};
use crate::import::describe_external;
use crate::log::{ExpId, Schema, Status};
use crate::open::{ReadOptions, open_log};
use crate::output::amendments::format_changes;
use crate::output::records::Format;

/// Correct the row of a trial
///
/// Replaces the row in the log, in one step and under the lock. The old row, the time and the reason are appended to
/// amended.tsv beside the log first, and `show` lists them. The id, the time and the parent cannot be amended. If the status
/// or the score changes, the row's own delta_vs_best is computed again; later rows keep theirs, and the best trial is
/// determined again.
#[derive(Args, Debug)]
#[command(group(ArgGroup::new("change").required(true).multiple(true)))]
#[command(after_help = "\
Examples:
  lineage amend 042 --status disqualified --why 'the evaluation set leaked into training'
  lineage amend 042 --set hypothesis='raise beta2 to 0.98' --why 'typo' --dry-run
  lineage amend 042 --notes @notes.txt --set metric=1.0731 --why 'evaluated again'")]
pub struct Amend {
    /// The trial; 7, 007 and exp_007 are the same
    #[arg(add = candidates::trial())]
    exp: String,
    /// Its outcome: baseline, keep, discard, crash …
    #[arg(long, group = "change", hide_possible_values = true)]
    #[arg(value_parser = Suggesting::new(StringValueParser::new(), &[]), add = candidates::status())]
    status: Option<String>,
    /// How it went; `-` reads stdin, @FILE a file, @@ starts a text with @
    #[arg(long, value_name = "TEXT", group = "change")]
    #[arg(allow_hyphen_values = true, add = candidates::text_file())]
    notes: Option<OsString>,
    /// Any other column; for the score, `metric` or the metric's name; an empty value clears it; may be repeated
    #[arg(long, value_name = "COLUMN=VALUE", group = "change")]
    #[arg(allow_hyphen_values = true, add = candidates::amended_column())]
    set: Vec<String>,
    /// Why the row is wrong; as for --notes
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true, add = candidates::text_file())]
    why: OsString,
    /// Show the change and write nothing
    #[arg(long)]
    dry_run: bool,
    /// How long to wait for another writer
    #[arg(long, value_name = "SECONDS", default_value_t = 30.0, value_parser = parse_seconds)]
    lock_timeout: f64,
    /// Output format
    #[arg(long, default_value = "table")]
    format: Format,
}

pub fn run(args: Amend, context: &Context) -> Result<()> {
    let id = parse_id(&args.exp)?;
    let store = context.store()?;
    let max_text = store.settings.append.max_text_bytes;
    let given = collect_values(&args, max_text)?;
    let why = read_text(&args.why, max_text)?;
    let empty = "--why is empty; say why the row is wrong".to_owned();
    ensure!(!why.trim().is_empty(), Usage(empty));
    let log = open_log(&store, &ReadOptions::default())?;
    if log.is_external() {
        bail!(describe_external(&store));
    }
    let plan = plan_amendment(&log, &log.trial(&id)?, &given)?;
    let plan = if args.dry_run || plan.changes.is_empty() {
        plan
    } else {
        let wait = Duration::from_secs_f64(args.lock_timeout);
        amend(store.lock(None, wait)?, &id, &given, &why)?
    };
    report(&plan, &id, &log.schema, &args, context)
}

/// Plans again under the lock, and carries it out.
fn amend(
    locked: LockedLog,
    id: &ExpId,
    given: &[(String, String)],
    why: &str,
) -> Result<AmendmentPlan> {
    let trial = locked.log().trial(id)?;
    let mut plan = plan_amendment(locked.log(), &trial, given)?;
    if !plan.changes.is_empty() {
        let warnings = locked.amend(&trial, &plan.changes, why)?;
        plan.warnings.extend(warnings);
    }
    Ok(plan)
}

fn report(
    plan: &AmendmentPlan,
    id: &ExpId,
    schema: &Schema,
    args: &Amend,
    context: &Context,
) -> Result<()> {
    let ui = &context.ui;
    if plan.changes.is_empty() {
        ui.note(&format!(
            "trial {id} has these values already; nothing is written"
        ));
    } else if args.dry_run {
        ui.note("nothing is written, because of --dry-run");
    }
    ui.warn_all(&plan.warnings);
    let changes = plan.changes.iter().map(|change| {
        let name = schema.names()[change.column].clone();
        [name, change.old.clone(), change.new.clone()]
    });
    ui.print(&format_changes(&id.to_string(), changes, args.format))
}

/// The values by column.
fn collect_values(args: &Amend, max_text: usize) -> Result<Vec<(String, String)>> {
    let is_stdin = |text: &OsString| text == "-";
    let is_read_twice = is_stdin(&args.why) && args.notes.as_ref().is_some_and(is_stdin);
    let twice = "stdin cannot be both the notes and the reason; give one as @FILE".to_owned();
    ensure!(!is_read_twice, Usage(twice));
    let mut given = Vec::new();
    if let Some(status) = &args.status {
        Status::require(status).map_err(|error| Usage(error.to_string()))?;
        given.push(("status".to_owned(), status.clone()));
    }
    if let Some(notes) = &args.notes {
        given.push(("notes".to_owned(), read_text(notes, max_text)?));
    }
    for pair in &args.set {
        given.push(split_set(pair)?);
    }
    for (at, (name, _)) in given.iter().enumerate() {
        let is_new = given[..at].iter().all(|(earlier, _)| earlier != name);
        ensure!(is_new, Usage(format!("'{name}' is given twice")));
    }
    Ok(given)
}
