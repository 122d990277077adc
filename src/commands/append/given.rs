//! What `append` is given, as flags or as JSON on stdin, and the JSON of a trial that could not be written.

use std::{
    env,
    ffi::{OsStr, OsString},
    io,
    path::Path,
};

use anyhow::{Context as _, Result, bail};
use clap::{Args, ValueHint, builder::OsStringValueParser};
use jiff::Timestamp;

use super::Append;
use crate::{
    append::{Draft, Origin, format_time, parse_trials, read_text},
    commands::{Context, Usage},
    commands::{args::split_set, candidates, suggesting::Suggesting},
    files::read_bounded,
    output::json,
    text::printable,
};

/// The flags for how a trial ended; with `--json`, its values come from stdin.
#[derive(Args, Debug)]
pub(super) struct OutcomeFlags {
    /// Outcome: baseline, keep, discard, crash, eval_budget_overrun, train_budget_overrun, size_blocked, preflight_crash,
    /// disqualified, harness_abort; or auto: keep if the score beats the best, else discard, baseline if there is no best
    #[arg(long, allow_hyphen_values = true, required_unless_present = "json")]
    #[arg(value_parser = Suggesting::new(OsStringValueParser::new(), &["auto"]), hide_possible_values = true)]
    status: Option<OsString>,
    /// The score
    #[arg(long, value_name = "SCORE", allow_hyphen_values = true)]
    metric: Option<OsString>,
    /// Validation bits per byte, if that is not the score
    #[arg(long, value_name = "NUMBER", allow_hyphen_values = true)]
    val_bpb: Option<OsString>,
    /// Seconds of training
    #[arg(long, value_name = "SECONDS", allow_hyphen_values = true)]
    train_s: Option<OsString>,
    /// Seconds in total
    #[arg(long, value_name = "SECONDS", allow_hyphen_values = true)]
    total_s: Option<OsString>,
    /// Path of its snapshot relative to the store, if another program made it
    #[arg(long, value_name = "PATH", allow_hyphen_values = true, value_hint = ValueHint::AnyPath)]
    snapshot_path: Option<OsString>,
    /// When it ended [default: now]
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    timestamp: Option<OsString>,
}

/// The flags that describe a trial before its outcome is known.
#[derive(Args, Debug)]
pub(in crate::commands) struct TrialFlags {
    /// The trial it started from, or `none` [default: the best]
    #[arg(long, value_name = "EXP", allow_hyphen_values = true, add = candidates::trial())]
    parent: Option<OsString>,
    /// The trial it is compared with, or `none` [default: the best]
    #[arg(long, value_name = "EXP", allow_hyphen_values = true, add = candidates::trial())]
    baseline: Option<OsString>,
    /// The subject of the edit [default: the specialist]
    #[arg(long, value_name = "NAME", allow_hyphen_values = true, add = candidates::domain())]
    domain: Option<OsString>,
    /// What was proposed; `-` reads stdin, @FILE a file, @@ starts a text with @
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true, add = candidates::text_file())]
    hypothesis: Option<OsString>,
    /// The difference that the agent predicted
    #[arg(long, value_name = "NUMBER", allow_hyphen_values = true)]
    expected_delta: Option<OsString>,
    /// The job that ran it
    #[arg(long, value_name = "NAME", allow_hyphen_values = true)]
    job_name: Option<OsString>,
    /// Which attempt of the job this is; from the second on, the job is logged as NAME#N
    #[arg(long, value_name = "N", requires = "job_name")]
    #[arg(allow_hyphen_values = true)]
    attempt: Option<OsString>,
    /// How it went; `-` reads stdin, @FILE a file, @@ starts a text with @
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true, add = candidates::text_file())]
    notes: Option<OsString>,
    /// Its id [default: the next one]
    #[arg(long, value_name = "EXP", allow_hyphen_values = true)]
    exp_id: Option<OsString>,
    /// Any other column of the log; may be given more than once
    #[arg(long, value_name = "COLUMN=VALUE", allow_hyphen_values = true)]
    #[arg(add = candidates::set_column())]
    set: Vec<OsString>,
}

/// How much JSON is read from stdin.
const MAX_STDIN: u64 = 256 * 1024 * 1024;

/// Reads the trials. An error here is a mistake in the command line itself, or JSON that cannot be read.
/// Texts of more than `max_text` bytes are cut.
pub(super) fn read_drafts(args: &Append, max_text: usize, context: &Context) -> Result<Vec<Draft>> {
    let mut drafts = if args.json {
        read_stdin(args, context)?
    } else {
        read_flags(args, max_text, context)?
    };
    for draft in &mut drafts {
        draft.shorten_texts(max_text);
        draft.default_specialist = default_specialist();
    }
    Ok(drafts)
}

/// The specialist of the environment; an empty variable counts as not set.
pub(in crate::commands) fn default_specialist() -> Option<String> {
    let specialist = env::var_os("LINEAGE_SPECIALIST").filter(|name| !name.is_empty());
    specialist.as_deref().map(lossy)
}

/// If what was read from stdin cannot be used, it is printed on stderr: it may exist nowhere else.
fn read_stdin(args: &Append, context: &Context) -> Result<Vec<Draft>> {
    let bytes = read_bounded(io::stdin().lock(), MAX_STDIN)
        .context("cannot read stdin; give the trials in smaller batches")?;
    let text = String::from_utf8_lossy(&bytes);
    let specialist = args.specialist.as_deref().map(lossy);
    let drafts = parse_trials(&text, specialist.as_deref());
    let drafts = drafts.and_then(|drafts| check_once(args.once, &drafts).map(|()| drafts));
    if drafts.is_err() {
        for line in text.lines() {
            context.ui.aside(&printable(line));
        }
    }
    drafts
}

fn read_flags(args: &Append, max_text: usize, context: &Context) -> Result<Vec<Draft>> {
    let outcome = &args.outcome;
    let values = [
        ("status", &outcome.status),
        ("metric", &outcome.metric),
        ("val_bpb", &outcome.val_bpb),
        ("specialist", &args.specialist),
        ("train_s", &outcome.train_s),
        ("total_s", &outcome.total_s),
        ("snapshot_path", &outcome.snapshot_path),
        ("timestamp", &outcome.timestamp),
    ];
    let drafts = vec![args.trial.to_draft(&values, max_text, context)?];
    check_once(args.once, &drafts).map(|()| drafts)
}

impl TrialFlags {
    /// The draft of these flags and of other values that are taken as they are.
    fn to_draft(
        &self,
        others: &[(&str, &Option<OsString>)],
        max_text: usize,
        context: &Context,
    ) -> Result<Draft> {
        let is_stdin = |value: &Option<OsString>| value.as_deref() == Some(OsStr::new("-"));
        if is_stdin(&self.hypothesis) && is_stdin(&self.notes) {
            let text = "stdin cannot be both the hypothesis and the notes; give one as @FILE";
            bail!(Usage(text.to_owned()));
        }
        let own = [
            ("parent", &self.parent),
            ("baseline", &self.baseline),
            ("domain", &self.domain),
            ("expected_delta", &self.expected_delta),
            ("job_name", &self.job_name),
            ("attempt", &self.attempt),
            ("exp_id", &self.exp_id),
        ];
        let mut given = Vec::new();
        for (name, value) in others.iter().chain(&own) {
            let text = value.as_ref().map(lossy);
            given.extend(text.map(|text| ((*name).to_owned(), text)));
        }
        for pair in &self.set {
            given.push(split_set(&lossy(pair))?);
        }
        given.extend(self.read_texts(max_text, context));
        let draft = Draft::new(Origin::Flags, given);
        if let Some(name) = draft.find_duplicate() {
            bail!(Usage(format!("'{name}' is given twice")));
        }
        Ok(draft)
    }

    /// The hypothesis and the notes. A text that cannot be read is left out: the measurement matters more.
    fn read_texts(&self, max_text: usize, context: &Context) -> Vec<(String, String)> {
        let mut texts = Vec::new();
        for (name, value) in [("hypothesis", &self.hypothesis), ("notes", &self.notes)] {
            match value.as_deref().map(|value| read_text(value, max_text)) {
                Some(Ok(text)) => texts.push((name.to_owned(), text)),
                Some(Err(error)) => {
                    let warning = format!("--{name}: {error:#}; continuing without it");
                    context.ui.warn(&warning);
                }
                None => {}
            }
        }
        texts
    }

    /// The draft of a trial whose outcome is not known yet.
    pub(in crate::commands) fn to_proposal(
        &self,
        status: &str,
        specialist: Option<&OsString>,
        max_text: usize,
        context: &Context,
    ) -> Result<Draft> {
        let status = Some(OsString::from(status));
        let others = [("status", &status), ("specialist", &specialist.cloned())];
        let mut draft = self.to_draft(&others, max_text, context)?;
        draft.shorten_texts(max_text);
        draft.default_specialist = default_specialist();
        Ok(draft)
    }
}

/// Fails if `--once` is given for a trial without a job.
pub(in crate::commands) fn check_once(once: bool, drafts: &[Draft]) -> Result<()> {
    if once && drafts.iter().any(|draft| draft.job().is_none()) {
        let text = "--once needs a job name to recognise the trial; give --job-name";
        bail!(Usage(text.to_owned()));
    }
    Ok(())
}

fn lossy(text: impl AsRef<OsStr>) -> String {
    text.as_ref().to_string_lossy().into_owned()
}

/// A draft as JSON for `append --json`, with the time of the attempt and the absolute path of what is to be frozen.
pub(in crate::commands) fn as_json(draft: &Draft, snapshot: Option<&OsStr>) -> String {
    let mut object = serde_json::Map::new();
    for (name, text) in draft.given() {
        let is_number = ["metric", "core_metric", "val_bpb"].contains(&name.as_str());
        object.insert(name.clone(), json::value(text, !is_number));
    }
    let specialist = draft.specialist();
    if !specialist.is_empty() {
        object.insert("specialist".to_owned(), specialist.into());
    }
    // A log may have a column `snapshot` with any text, so that key is a path only if the path exists.
    let path = match draft.get("snapshot") {
        Some(path) => Some(Path::new(path)).filter(|path| path.exists()),
        None => snapshot.filter(|path| !path.is_empty()).map(Path::new),
    };
    if let Some(path) = path {
        let path = std::path::absolute(path).unwrap_or_else(|_| path.into());
        object.insert("snapshot".to_owned(), path.to_string_lossy().into());
    }
    let now = format_time(Timestamp::now());
    object.entry("timestamp").or_insert(now.into());
    json::json(&object.into())
}
