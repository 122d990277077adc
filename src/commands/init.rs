//! `lineage init`: make a store.

use std::path::{Path, PathBuf};

use anyhow::Result;
use clap::Args;

use super::{Context, init_agent};
use crate::agent::Agent;
use crate::log::Direction;
use crate::store::{self, New, Store};

/// Make a store
///
/// Makes `.lineage/` (or DIR) with its settings, a log that has its header, and an empty insights.md. An existing store is
/// not touched; one that an interrupted `init` left incomplete is completed.
///
/// `--agent` also writes what makes a coding agent use the store: a skill and a hook that prints the prompt at the start of a
/// session (Claude Code, Codex, Gemini CLI), or a paragraph in AGENTS.md. It can be given again later, and never changes a file
/// that exists.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  lineage init --metric val_loss --direction minimize
  lineage init --metric accuracy --direction maximize --label acc --columns artifact_bytes,eval_s
  lineage init --agent claude --dry-run")]
pub struct Init {
    /// Directory to make [default: .lineage]
    dir: Option<PathBuf>,
    /// The number that the search optimises; the score is in the column of this name, else in core_metric
    #[arg(long, value_name = "NAME", default_value = "core_metric")]
    metric: String,
    /// Which scores are better
    #[arg(long, default_value = "minimize")]
    direction: Direction,
    /// A short name for the metric
    #[arg(long, value_name = "SHORT")]
    label: Option<String>,
    /// Columns of the log besides the 17
    #[arg(long, value_name = "A,B", value_delimiter = ',')]
    columns: Vec<String>,
    /// Also write the files that make this coding agent use the store
    #[arg(long)]
    agent: Option<Agent>,
    /// Only print the files of --agent
    #[arg(long, requires = "agent")]
    dry_run: bool,
}

pub fn run(args: Init, context: &Context) -> Result<()> {
    let dir = args.dir.as_deref().or(context.store.as_deref());
    let Some(agent) = args.agent else {
        return make_store(&args, context);
    };
    let store = Store::find(dir).ok();
    let root = project_root(store.as_ref().and_then(Store::dir).or(dir));
    if args.dry_run {
        return init_agent::preview(agent, root, context);
    }
    if store.is_none() {
        make_store(&args, context)?;
    }
    init_agent::set_up(agent, root, context)
}

/// The directory that contains a `.lineage`; for a store elsewhere, the current directory.
fn project_root(store: Option<&Path>) -> &Path {
    match store {
        Some(dir) if dir.ends_with(".lineage") => dir.parent().unwrap_or(Path::new("")),
        _ => Path::new(""),
    }
}

fn make_store(args: &Init, context: &Context) -> Result<()> {
    let (metric, direction) = (&args.metric, args.direction);
    let names = args.columns.iter().map(|name| name.trim().to_owned());
    let names: Vec<String> = names.filter(|name| !name.is_empty()).collect();
    let new = New {
        metric,
        direction,
        label: args.label.as_deref(),
        columns: &names,
        import: None,
        mode: 0o666,
    };
    let dir = args.dir.as_deref().or(context.store.as_deref());
    let dir = store::init(dir, &new)?;
    let better = direction.better_word();
    context.ui.note(&format!(
        "{metric}: {better} is better ({direction}); change it in lineage.toml before the first trial"
    ));
    context.ui.print(&format!("{}\n", dir.display()))
}
