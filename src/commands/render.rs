//! `lineage render`: the prompt for the next agent.

use std::path::{Path, PathBuf};

use anyhow::{Result, ensure};
use clap::{Args, ValueEnum, builder::NonEmptyStringValueParser};
use jiff::Timestamp;
use serde::{Serialize, Serializer};
use serde_json::Value;

use super::append::given::default_specialist;
use super::args::parse_id;
use super::candidates;
use super::{Context, ReadArgs, Usage, render_hook};
use crate::analysis::{Best, Leaderboard};
use crate::append::format_time;
use crate::index::IndexedLog;
use crate::log::{Role, Trial};
use crate::open::{ReadOptions, open_log};
use crate::output::json;
use crate::prompt::{self, PromptData, PromptOptions};
use crate::snapshot::{self, Workdir, read_workdir};
use crate::store::{PromptSettings, RunningTrial, SectionName, Store};
use crate::text::shell_word;

/// Print the prompt that opens an agent's session
///
/// Prints Markdown: what fails and why, the best trial and the leaderboard, the chain to the best, the reader's own trials, the
/// last trials, signals, the key insights, how to ask for more, and the task. Ignored trials (`harness_abort`) are left out.
/// The same log and flags give the same bytes.
#[derive(Args, Debug, Serialize)]
#[command(after_help = "\
Examples:
  lineage render --for tok > prompt.md
  lineage render --for tok --as-of 178
  lineage render --for opt --max-bytes 12000 --without leaderboard,recent
  lineage render --for opt --workdir work/opt --save > prompt.md
  lineage render --hook < event.json")]
pub struct Render {
    /// The specialist that reads the prompt [default: $LINEAGE_SPECIALIST]
    #[arg(long = "for", value_name = "SPECIALIST", allow_hyphen_values = true)]
    #[arg(value_parser = NonEmptyStringValueParser::new(), add = candidates::specialist())]
    #[serde(rename = "for")]
    specialist: Option<String>,
    /// Use the log as it was just after this trial
    #[arg(long, value_name = "EXP", add = candidates::trial())]
    as_of: Option<String>,
    /// Rows of the leaderboard [default: the setting, else 20]
    #[arg(long, value_name = "N")]
    top: Option<usize>,
    /// Rows of the table of recent trials [default: the setting, else 30]
    #[arg(long, value_name = "N")]
    recent: Option<usize>,
    /// Recent trials with hypothesis and notes in full [default: the setting, else 10]
    #[arg(long, value_name = "N")]
    full: Option<usize>,
    /// Sections to show, in this order [default: the setting, else all]
    #[arg(long, value_name = "A,B", value_delimiter = ',')]
    sections: Vec<SectionName>,
    /// Sections to leave out
    #[arg(long, value_name = "A,B", value_delimiter = ',')]
    #[arg(hide_possible_values = true)]
    without: Vec<SectionName>,
    /// Maximum size of the prompt; trims whole rows, the least valuable first [default: the setting, else 16000]
    #[arg(long, value_name = "N")]
    max_bytes: Option<usize>,
    /// Show the best trial's id and score and no other history, as a control for what the prompt contributes
    #[arg(long)]
    blind: bool,
    /// List the files of the directory in which the agent will work
    #[arg(long, value_name = "DIR")]
    #[serde(serialize_with = "serialize_path")]
    workdir: Option<PathBuf>,
    /// Also save the prompt in the store, as Markdown and as JSON
    #[arg(long)]
    #[serde(skip)]
    save: bool,
    /// Print the prompt, or a JSON object with the prompt and the trials in it
    #[arg(long, default_value = "md")]
    #[serde(skip)]
    format: RenderFormat,
    /// Answer the event of an agent's session hook, given as JSON on stdin; prints at most 9,500 bytes and never fails
    #[arg(long, conflicts_with_all = ["save", "format", "max_bytes"])]
    #[serde(skip)]
    hook: bool,
    #[command(flatten)]
    #[serde(flatten)]
    read: ReadArgs,
}

const NO_SPECIALIST: &str =
    "--for is missing; name the specialist that reads the prompt, or set $LINEAGE_SPECIALIST";

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum RenderFormat {
    Md,
    Json,
}

pub fn run(mut args: Render, context: &Context) -> Result<()> {
    args.specialist = args.specialist.or_else(default_specialist);
    if args.hook {
        args.specialist.get_or_insert_with(|| "agent".to_owned());
    }
    ensure!(args.specialist.is_some(), Usage(NO_SPECIALIST.to_owned()));
    if args.hook {
        return render_hook::run(context, |max| {
            args.max_bytes = Some(max);
            Ok(make_prompt(&args, context)?.text)
        });
    }
    if args.save {
        context.store()?.prompts_dir()?; // fails before anything is printed
    }
    let prompt = make_prompt(&args, context)?;
    let printed = match args.format {
        RenderFormat::Md => context.ui.print(&prompt.text),
        RenderFormat::Json => context.ui.print(&(json::json(&prompt.record) + "\n")),
    };
    if args.save {
        // Also if stdout is closed: its reader may have taken all it needs.
        let path = save(&prompt.store, &prompt.text, prompt.record.clone())?;
        context.ui.note(&format!("saved {}", path.display()));
    }
    context.warn_damage(&prompt.log);
    printed
}

/// A prompt, and what it was made from.
struct Prompt {
    store: Store,
    log: IndexedLog,
    record: Value,
    text: String,
}

/// Opens the log as it was after the trial of --as-of.
fn open_state(args: &Render, store: &Store, context: &Context) -> Result<IndexedLog> {
    let options = ReadOptions {
        as_of: args.as_of.as_deref().map(parse_id).transpose()?,
        ..(&args.read).into()
    };
    let log = open_log(store, &options)?;
    context.ui.note_all(&log.notes);
    log.require_score()?;
    Ok(log)
}

fn make_prompt(args: &Render, context: &Context) -> Result<Prompt> {
    let store = context.store()?;
    let log = open_state(args, &store, context)?;
    let settings = override_settings(args, &store.settings.prompt);
    let specialist = args.specialist.as_deref().unwrap_or_default();
    let data = prompt::gather(&log, specialist, &settings, &store.settings.limits)?;
    warn_empty(&data, args, context);
    let inspect = |dir| inspect_workdir(&store, &log, dir);
    let workdir = args.workdir.as_deref().map(inspect).transpose()?;
    let flags = serde_json::to_value(args)?;
    let store_flag = store_flag(context);
    let read_flags = flags_to_repeat(&serde_json::to_value(&args.read)?);
    let is_frozen = |best: &Trial| snapshot::has_usable_snapshot(&store, &best.row());
    let has_snapshot = data.best().is_some_and(is_frozen);
    let text = prompt::render(
        &data,
        &PromptOptions {
            settings: &settings,
            blind: args.blind,
            command: &format!("lineage render{}{store_flag}", flags_to_repeat(&flags)),
            log_flags: &format!("{read_flags}{store_flag}"),
            since: args.read.since.as_ref(),
            has_snapshot,
            best_diff: choose_diff(&store, &data, has_snapshot),
            running: &running_trials(args, &store),
            insights: &store.insights()?,
            workdir: workdir.as_ref(),
        },
    )?;
    let mut record = Value::Null;
    if args.save || args.format == RenderFormat::Json {
        record = prompt::record(&data, &settings, &text, &flags);
    }
    Ok(Prompt {
        store,
        log,
        record,
        text,
    })
}

/// Warns that no trial is recent enough.
fn warn_empty(data: &PromptData, args: &Render, context: &Context) {
    if let Some(since) = args.read.since.as_ref().filter(|_| data.is_empty()) {
        let warning = format!(
            "no {}; the prompt has no history",
            since.describe(&since.text)
        );
        context.ui.warn(&warning);
    }
}

fn save(store: &Store, text: &str, mut record: Value) -> Result<PathBuf> {
    record["saved"] = format_time(Timestamp::now()).into();
    let name = |key: &str| record[key].as_str().unwrap_or_default();
    let json = json::json(&record) + "\n";
    store.save_prompt(name("as_of"), name("specialist"), text, &json)
}

/// A path that is not UTF-8 is shown as in a message.
#[allow(clippy::ref_option, reason = "serde's signature")]
fn serialize_path<S: Serializer>(path: &Option<PathBuf>, to: S) -> Result<S::Ok, S::Error> {
    let text = path.as_ref().map(|path| path.display().to_string());
    text.serialize(to)
}

fn override_settings(args: &Render, settings: &PromptSettings) -> PromptSettings {
    let chosen = match (args.sections.as_slice(), settings.sections.as_slice()) {
        ([], []) => SectionName::value_variants(),
        ([], sections) | (sections, _) => sections,
    };
    let mut sections = Vec::new();
    for &section in chosen {
        if !sections.contains(&section) && !args.without.contains(&section) {
            sections.push(section);
        }
    }
    PromptSettings {
        sections,
        top: args.top.unwrap_or(settings.top),
        recent: args.recent.unwrap_or(settings.recent),
        full: args.full.unwrap_or(settings.full),
        max_bytes: match (args.max_bytes, settings.max_bytes) {
            (Some(max), Some(set)) if args.hook => Some(max.min(set)),
            (given, set) => given.or(set),
        },
        ..settings.clone()
    }
}

/// The `--store` flag for a command in the prompt; nothing if the command finds the log without it.
fn store_flag(context: &Context) -> String {
    match &context.store {
        Some(path) if std::env::var_os("LINEAGE_STORE").as_deref() != Some(path.as_os_str()) => {
            format!(" --store {}", shell_word(&path.to_string_lossy()))
        }
        _ => String::new(),
    }
}

/// The trials in progress; what was in progress after an earlier trial is not recorded.
fn running_trials(args: &Render, store: &Store) -> Vec<RunningTrial> {
    match args.as_of {
        None => store.running_trials(Timestamp::now()),
        Some(_) => Vec::new(),
    }
}

/// The flags with which `lineage diff` shows what the best trial changed: its files or, without snapshots, its columns.
fn choose_diff(store: &Store, data: &PromptData, has_snapshot: bool) -> Option<&'static str> {
    let mut ancestors = data.ancestors_of_best().peekable();
    ancestors.peek()?;
    let is_frozen =
        has_snapshot && ancestors.any(|trial| snapshot::has_usable_snapshot(store, &trial.row()));
    Some(if is_frozen { "" } else { " --columns" })
}

/// The flags that make the same prompt, except those that choose and trim its sections.
fn flags_to_repeat(flags: &Value) -> String {
    let mut text = String::new();
    for (key, value) in flags.as_object().into_iter().flatten() {
        let value = match value {
            Value::Null | Value::Array(_) | Value::Bool(_) => continue, // sections, without, blind
            _ if key == "max_bytes" => continue,
            Value::String(value) => shell_word(value),
            number => number.to_string(),
        };
        text += &format!(" --{} {value}", key.replace('_', "-"));
    }
    text
}

/// Lists a workdir, and finds the keep whose snapshot it is a copy of.
fn inspect_workdir(store: &Store, log: &IndexedLog, dir: &Path) -> Result<Workdir> {
    let (best, keeps) = log.ask((Best::default(), Leaderboard::new(usize::MAX)))?;
    let mut snapshots = Vec::new();
    let offsets = keeps.into_offsets().into_iter().chain(best.offset());
    log.each_at(offsets, |row| {
        snapshots.push((row.name(), row.text(Role::Snapshot).into_owned()));
    })?;
    read_workdir(store, dir, &snapshots)
}
