//! The commands and the global flags: the source of the help, the completions and `docs/cli.md`.

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{Args, ColorChoice, CommandFactory, Parser, Subcommand};

use crate::commands::{self, Context, Findings, Usage};
use crate::text::shell_word;
use crate::ui::{Closed, Ui};

/// The memory of an agent-driven experiment loop
///
/// A trial is one proposal and its measured outcome. `append` logs a trial, `render` turns the log into the Markdown
/// that opens the next agent's prompt, and the other commands answer questions in between. The log is one
/// append-only TSV file; everything else is derived from it.
#[derive(Debug, Parser)]
#[command(name = "lineage", version, max_term_width = 110, after_help = EXAMPLES)]
#[command(subcommand_required = true, arg_required_else_help = true)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    global: GlobalArgs,
}

const EXAMPLES: &str = "\
Examples:
  lineage init --metric val_loss --direction minimize
  lineage append --status auto --metric 1.0731 --specialist opt --hypothesis 'raise beta2 to 0.98'
  lineage render --for tok > prompt.md
  lineage stats

Exit status: 0 success, 1 failure, 2 usage error.";

/// Flags of every command.
#[derive(Args, Debug)]
struct GlobalArgs {
    /// The store, a directory with a results.tsv, or a log file [default: the nearest .lineage upwards]
    #[arg(
        long,
        global = true,
        value_name = "PATH",
        env = "LINEAGE_STORE",
        hide_env_values = true
    )]
    store: Option<OsString>, // not a PathBuf: clap rejects an empty one, but an empty variable means none
    /// Suppress notes
    #[arg(long, short, global = true)]
    quiet: bool,
    /// When to use colour: auto, always or never
    #[arg(
        long,
        global = true,
        value_name = "WHEN",
        default_value = "auto",
        hide_possible_values = true
    )]
    color: ColorChoice,
}

#[derive(Debug, Subcommand)]
enum Command {
    Init(commands::init::Init),
    Append(commands::append::Append),
    Tail(commands::tail::Tail),
    Best(commands::best::Best),
    Chain(commands::chain::Chain),
    Tree(commands::tree::Tree),
    Show(commands::show::Show),
    Diff(commands::diff::Diff),
    #[command(visible_alias = "rebase-to")]
    Checkout(commands::checkout::Checkout),
    Stats(commands::stats::Stats),
    Render(commands::render::Render),
    Prompts(commands::prompts::Prompts),
    Check(commands::check::Check),
    Import(commands::import::Import),
    Export(commands::export::Export),
    Completions(commands::completions::Completions),
}

/// Runs a command line and maps its result to an exit status.
pub fn run(cli: Cli) -> ExitCode {
    let context = make_context(cli.global);
    let error = match run_command(cli.command, &context) {
        Ok(()) => return ExitCode::SUCCESS,
        Err(error) => error,
    };
    if error.is::<Closed>() {
        ExitCode::SUCCESS
    } else if error.is::<Findings>() {
        ExitCode::FAILURE
    } else {
        context.ui.error(&format!("{error:#}"));
        ExitCode::from(if error.is::<Usage>() { 2 } else { 1 })
    }
}

fn make_context(args: GlobalArgs) -> Context {
    let GlobalArgs {
        store,
        quiet,
        color,
    } = args;
    let color = match color {
        ColorChoice::Auto => anstream::ColorChoice::Auto,
        ColorChoice::Always => anstream::ColorChoice::Always,
        ColorChoice::Never => anstream::ColorChoice::Never,
    };
    let store = store.filter(|path| !path.is_empty());
    let flags = match &store {
        Some(path) => format!("--store {}", shell_word(&path.to_string_lossy())),
        None => String::new(),
    };
    Context::new(Ui::new(color, quiet, flags), store.map(Into::into))
}

fn run_command(command: Command, context: &Context) -> anyhow::Result<()> {
    match command {
        Command::Init(args) => commands::init::run(args, context),
        Command::Append(args) => commands::append::run(args, context),
        Command::Tail(args) => commands::tail::run(args, context),
        Command::Best(args) => commands::best::run(args, context),
        Command::Chain(args) => commands::chain::run(args, context),
        Command::Tree(args) => commands::tree::run(args, context),
        Command::Show(args) => commands::show::run(args, context),
        Command::Diff(args) => commands::diff::run(args, context),
        Command::Checkout(args) => commands::checkout::run(args, context),
        Command::Stats(args) => commands::stats::run(args, context),
        Command::Render(args) => commands::render::run(args, context),
        Command::Prompts(args) => commands::prompts::run(args, context),
        Command::Check(args) => commands::check::run(args, context),
        Command::Import(args) => commands::import::run(args, context),
        Command::Export(args) => commands::export::run(args, context),
        Command::Completions(args) => {
            commands::completions::run(args, &mut Cli::command(), context)
        }
    }
}
