use std::path::PathBuf;

use anyhow::Result;
use clap::Args;
use jiff::Timestamp;
use serde_json::Value;

use super::{Context, ReadArgs, id};
use crate::{
    analysis::{Best, Leaderboard},
    append::format_time,
    log::Role,
    log::Trial,
    output::{records::json, text::shell_word},
    prompt::record,
    prompt::{self, PromptData},
    store::{self, IndexedLog, Prompt, SectionName, Store, Workdir},
};

/// Print the prompt that opens an agent's session
///
/// Markdown on stdout: what fails and how, the best and the leaderboard, the chain to the best, the reader's own trials, the
/// newest trials, signals, the key insights, how to ask for more, and the task. Quarantined trials are left out. The same log
/// and flags give the same bytes.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  lineage render --for tok > prompt.md
  lineage render --for tok --as-of 178
  lineage render --for opt --max-bytes 12000 --without board,recent
  lineage render --for opt --workdir work/opt --save > prompt.md")]
pub struct Render {
    /// The specialist that will read it
    #[arg(
        long = "for",
        value_name = "SPECIALIST",
        env = "LINEAGE_SPECIALIST",
        hide_env_values = true
    )]
    #[arg(value_parser = clap::builder::NonEmptyStringValueParser::new(), allow_hyphen_values = true)]
    specialist: String,
    /// The log as it was just after this trial
    #[arg(long, value_name = "EXP")]
    as_of: Option<String>,
    /// Rows of the leaderboard [default: the setting, else 20]
    #[arg(long, value_name = "N")]
    top: Option<usize>,
    /// Rows of the table of recent trials [default: the setting, else 30]
    #[arg(long, value_name = "N")]
    recent: Option<usize>,
    /// Recent trials whose hypothesis and notes are given in full [default: the setting, else 10]
    #[arg(long, value_name = "N")]
    full: Option<usize>,
    /// The sections to show, in this order [default: the setting, else all]
    #[arg(
        long,
        value_name = "A,B",
        value_delimiter = ',',
        value_enum,
        hide_possible_values = true
    )]
    sections: Vec<SectionName>,
    /// Sections to leave out: opening, signals, failures, best, board, chain, children, axis, recent, full, insights, more,
    /// workdir, task
    #[arg(
        long,
        value_name = "A,B",
        value_delimiter = ',',
        value_enum,
        hide_possible_values = true
    )]
    without: Vec<SectionName>,
    /// The most bytes that the prompt may have; whole rows give way, the least worth first [default: the setting, else 24000]
    #[arg(long, value_name = "N")]
    max_bytes: Option<usize>,
    /// Leave out all lineage but the best's id and score: the control arm of an ablation
    #[arg(long)]
    blind: bool,
    /// The directory in which the agent will work: its files are listed
    #[arg(long, value_name = "DIR")]
    workdir: Option<PathBuf>,
    /// Save the prompt in the store as well, as Markdown and as JSON
    #[arg(long)]
    save: bool,
    /// The prompt itself, or a JSON object with it and the trials that it was made from
    #[arg(long, value_enum, default_value = "md")]
    format: RenderFormat,
    #[command(flatten)]
    reading: ReadArgs,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum RenderFormat {
    Md,
    Json,
}

pub fn run(args: Render, context: &Context) -> Result<()> {
    let store = context.store()?;
    let as_of = args.as_of.as_deref().map(id).transpose()?;
    let log = store.read(&store::ReadOptions {
        as_of,
        ..(&args.reading).into()
    })?;
    context.say_notes(&log);
    log.require_score()?;
    let limits = limits(&args, &store.settings.prompt);
    let digest = prompt::gather(&log, &args.specialist, &limits)?;
    let page = page(&args, &store, &log, &digest, &limits)?;
    let newest = digest
        .newest
        .as_ref()
        .map_or_else(|| "none".to_owned(), |trial| trial.row().name());
    let record = || record::record(&digest, &page, &newest, flags(&args));
    match args.format {
        RenderFormat::Md => context.ui.print(&page)?,
        RenderFormat::Json => context.ui.print(&(json(&record()) + "\n"))?,
    }
    if args.save {
        let mut record = record();
        record["saved"] = Value::from(format_time(Timestamp::now()));
        let path = store.save_prompt(&newest, &args.specialist, &page, &(json(&record) + "\n"))?;
        context.ui.note(&format!("saved as {}", path.display()));
    }
    context.close(&log);
    Ok(())
}

/// The settings, with what the flags say instead.
fn limits(args: &Render, settings: &Prompt) -> Prompt {
    let mut limits = settings.clone();
    limits.top = args.top.unwrap_or(limits.top);
    limits.recent = args.recent.unwrap_or(limits.recent);
    limits.full = args.full.unwrap_or(limits.full);
    limits.max_bytes = args.max_bytes.or(limits.max_bytes);
    if !args.sections.is_empty() {
        limits.sections.clone_from(&args.sections);
    } else if limits.sections.is_empty() {
        limits.sections = prompt::ORDER.to_vec();
    }
    let mut seen = Vec::new();
    limits.sections.retain(|section| {
        let first = !seen.contains(section);
        seen.push(*section);
        first && !args.without.contains(section)
    });
    limits
}

/// The command that makes the same page.
fn again(args: &Render) -> String {
    let mut words = vec![
        "lineage render --for".to_owned(),
        shell_word(&args.specialist),
    ];
    let reading = [
        ("--metric", args.reading.metric.clone()),
        (
            "--direction",
            args.reading.direction.map(|way| way.to_string()),
        ),
    ];
    let flags = [("--as-of", args.as_of.clone())].into_iter().chain(reading);
    for (flag, value) in flags {
        words.extend(
            value
                .iter()
                .flat_map(|value| [flag.to_owned(), shell_word(value)]),
        );
    }
    let numbers = [
        ("--top", args.top),
        ("--recent", args.recent),
        ("--full", args.full),
    ];
    for (flag, value) in numbers {
        words.extend(
            value
                .iter()
                .flat_map(|value| [flag.to_owned(), value.to_string()]),
        );
    }
    words.extend(
        args.workdir
            .iter()
            .flat_map(|dir| ["--workdir".to_owned(), shell_word(&dir.to_string_lossy())]),
    );
    words.join(" ")
}

fn page(
    args: &Render,
    store: &Store,
    log: &IndexedLog,
    digest: &PromptData,
    limits: &Prompt,
) -> Result<String> {
    let workdir = args
        .workdir
        .as_ref()
        .map(|dir| workdir(store, dir, log))
        .transpose()?;
    Ok(prompt::page(
        digest,
        &prompt::Page {
            sections: &limits.sections,
            max_bytes: limits.max_bytes,
            blind: args.blind,
            again: &again(args),
            insights: &store.insights()?,
            workdir: workdir.as_ref(),
            task: &limits.task,
        },
    )?)
}

/// The workdir, and which of all keeps it is a copy of.
fn workdir(store: &Store, dir: &std::path::Path, log: &IndexedLog) -> Result<Workdir> {
    let (best, board) = log.ask((Best::default(), Leaderboard::new(usize::MAX)))?;
    let kept = log.all_at(board.into_offsets().into_iter().chain(best.offset()))?;
    let snapshot = |trial: &Trial| {
        (
            trial.row().name(),
            trial.row().text(Role::Snapshot).into_owned(),
        )
    };
    store.workdir(dir, &kept.iter().map(snapshot).collect::<Vec<_>>())
}

/// The flags that shaped the prompt, for its record.
fn flags(args: &Render) -> Value {
    let names = |sections: &[SectionName]| serde_json::to_value(sections).unwrap_or_default();
    serde_json::json!({
        "for": args.specialist,
        "as_of": args.as_of,
        "top": args.top,
        "recent": args.recent,
        "full": args.full,
        "sections": names(&args.sections),
        "without": names(&args.without),
        "max_bytes": args.max_bytes,
        "blind": args.blind,
        "workdir": args.workdir.as_ref().map(|dir| dir.display().to_string()),
        "metric": args.reading.metric,
        "direction": args.reading.direction,
    })
}
