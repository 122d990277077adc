//! The subcommands and the global flags: the source of the help, the completions and `docs/cli.md`.

use std::ffi::OsString;

use clap::{Args, ColorChoice, Parser, Subcommand};

use crate::{commands, trial::Direction};

/// The memory of an agent-driven experiment loop.
///
/// A trial is one proposal and its measured outcome. `append` logs it, `render` turns the log into the Markdown that opens
/// the next agent's prompt, and the other commands answer the questions in between. The log is one append-only TSV file;
/// everything else is derived from it.
#[derive(Debug, Parser)]
#[command(name = "lineage", version, max_term_width = 110, after_help = EXAMPLES)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Command,
    #[command(flatten)]
    pub global: Global,
}

const EXAMPLES: &str = "\
Examples:
  lineage init --metric val_loss --direction minimize
  lineage append --status auto --metric 1.0731 --specialist opt --hypothesis 'raise beta2 to 0.98'
  lineage render --for tok > prompt.md
  lineage stats

Exit status: 0 fine, 1 failure, 2 usage.";

/// Flags that every command takes.
#[derive(Args, Debug)]
pub struct Global {
    /// The store, a directory that holds a results.tsv, or a log file [default: the nearest .lineage upwards]
    #[arg(long, global = true, value_name = "PATH", env = "LINEAGE_STORE", hide_env_values = true)]
    pub store: Option<OsString>, // not a PathBuf: clap refuses an empty one, and an empty variable means none
    /// Say nothing on stderr but warnings and errors
    #[arg(long, short, global = true)]
    pub quiet: bool,
    /// When to use colour
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto", hide_possible_values = true)]
    pub color: ColorChoice,
}

/// How the log is read.
#[derive(Args, Clone, Debug)]
pub struct Reading {
    /// The column to read as the score [default: the setting, else core_metric, else val_bpb]
    #[arg(long, value_name = "COLUMN")]
    pub metric: Option<String>,
    /// Which way is better [default: the setting, else what the log's keeps did]
    #[arg(long, value_enum, hide_possible_values = false)]
    pub direction: Option<Direction>,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    Init(commands::init::Init),
    Append(commands::append::Append),
    Tail(commands::tail::Tail),
    Best(commands::best::Best),
    Chain(commands::chain::Chain),
    Tree(commands::tree::Tree),
    Show(commands::show::Show),
    Diff(commands::diff::Diff),
    Checkout(commands::checkout::Checkout),
    Stats(commands::stats::Stats),
    Render(commands::render::Render),
    Check(commands::check::Check),
    Completions(commands::completions::Completions),
}
