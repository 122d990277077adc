//! The subcommands and the global flags: the source of the help, the completions and `docs/cli.md`.

use std::{ffi::OsString, process::ExitCode};

use clap::{Args, ColorChoice, FromArgMatches, Subcommand};

use crate::{
    commands::{self, Context, Findings, Usage},
    ui::{Closed, Ui},
};

/// The memory of an agent-driven experiment loop.
///
/// A trial is one proposal and its measured outcome. `append` logs it, `render` turns the log into the Markdown that opens
/// the next agent's prompt, and the other commands answer the questions in between. The log is one append-only TSV file;
/// everything else is derived from it.
#[derive(Args, Debug)]
#[command(version, max_term_width = 110, after_help = EXAMPLES)]
#[command(subcommand_required = true, arg_required_else_help = true)]
struct Root {}

/// A command line.
#[derive(Debug)]
pub struct Cli {
    command: Command,
    global: Global,
}

impl Cli {
    /// All that clap knows of it.
    pub fn command() -> clap::Command {
        Self::with(Command::augment_subcommands(clap::Command::new("lineage")))
    }

    /// What it knows besides the commands.
    fn with(commands: clap::Command) -> clap::Command {
        Root::augment_args(Global::augment_args(commands))
    }

    /// The command line of the process, which ends here where there is something wrong with it, or help is asked for. clap copies
    /// the global flags into each command before it looks for the one that is called: a fifth of the work of a short one. Where
    /// the first word names it, they are copied into that alone.
    pub fn parse() -> Self {
        let all = Self::command();
        let called = std::env::args_os()
            .nth(1)
            .and_then(|name| all.find_subcommand(name))
            .cloned();
        let matches =
            called.map(|called| Self::with(clap::Command::new("lineage").subcommand(called)));
        let matches = matches.and_then(|command| command.try_get_matches().ok());
        let mut matches = matches.unwrap_or_else(|| all.get_matches());
        let parsed = Command::from_arg_matches_mut(&mut matches).and_then(|command| {
            Ok(Self {
                command,
                global: Global::from_arg_matches_mut(&mut matches)?,
            })
        });
        parsed.unwrap_or_else(|error| error.format(&mut Self::command()).exit())
    }
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
    #[arg(
        long,
        global = true,
        value_name = "PATH",
        env = "LINEAGE_STORE",
        hide_env_values = true
    )]
    pub store: Option<OsString>, // not a PathBuf: clap refuses an empty one, and an empty variable means none
    /// Say nothing on stderr but warnings and errors
    #[arg(long, short, global = true)]
    pub quiet: bool,
    /// When to use colour
    #[arg(
        long,
        global = true,
        value_name = "WHEN",
        default_value = "auto",
        hide_possible_values = true
    )]
    pub color: ColorChoice,
}

/// The commands, each with the first line of its own help. All else that clap is to know of one is built where it is called, or
/// its help is asked for.
#[derive(Debug, Subcommand)]
#[command(defer = true)]
pub enum Command {
    /// Make a store
    Init(commands::init::Init),
    /// Log one trial, and print its id
    Append(commands::append::Append),
    /// Show the newest trials, newest last
    Tail(commands::tail::Tail),
    /// Show the best trial, or the leaderboard of keeps
    Best(commands::best::Best),
    /// Show how a trial came to be, root first
    Chain(commands::chain::Chain),
    /// Show the whole search as a tree
    Tree(commands::tree::Tree),
    /// Show one trial, every column, nothing cut
    Show(commands::show::Show),
    /// Show what differs between the snapshots of two trials
    Diff(commands::diff::Diff),
    /// Put a trial's files into a directory, and print its id
    #[command(visible_alias = "rebase-to")] // what the command is known by must be said here
    Checkout(commands::checkout::Checkout),
    /// Show what happened, in one screen
    Stats(commands::stats::Stats),
    /// Print the prompt that opens an agent's session
    Render(commands::render::Render),
    /// List the saved prompts: what was shown to whom, and when
    Prompts(commands::prompts::Prompts),
    /// Find what is wrong with a log
    Check(commands::check::Check),
    /// Make a store of another tool's log, or add what is new in it
    Import(commands::import::Import),
    /// Print the whole log in the form of another tool
    Export(commands::export::Export),
    /// Print the completion script of a shell
    Completions(commands::completions::Completions),
}

/// Runs a command line and turns what came of it into an exit status.
pub fn run(cli: Cli) -> ExitCode {
    let ui = Ui::new(
        match cli.global.color {
            clap::ColorChoice::Auto => anstream::ColorChoice::Auto,
            clap::ColorChoice::Always => anstream::ColorChoice::Always,
            clap::ColorChoice::Never => anstream::ColorChoice::Never,
        },
        cli.global.quiet,
    );
    let store = cli
        .global
        .store
        .filter(|path| !path.is_empty())
        .map(Into::into);
    let context = Context::new(ui, store);
    let result = match cli.command {
        Command::Init(args) => commands::init::run(args, &context),
        Command::Append(args) => commands::append::run(args, &context),
        Command::Tail(args) => commands::tail::run(args, &context),
        Command::Best(args) => commands::best::run(args, &context),
        Command::Chain(args) => commands::chain::run(args, &context),
        Command::Tree(args) => commands::tree::run(args, &context),
        Command::Show(args) => commands::show::run(args, &context),
        Command::Diff(args) => commands::diff::run(args, &context),
        Command::Checkout(args) => commands::checkout::run(args, &context),
        Command::Stats(args) => commands::stats::run(args, &context),
        Command::Render(args) => commands::render::run(args, &context),
        Command::Prompts(args) => commands::prompts::run(args, &context),
        Command::Check(args) => commands::check::run(args, &context),
        Command::Import(args) => commands::import::run(args, &context),
        Command::Export(args) => commands::export::run(args, &context),
        Command::Completions(args) => {
            commands::completions::run(&args, &mut Cli::command(), &context)
        }
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if error.is::<Closed>() => ExitCode::SUCCESS,
        Err(error) if error.is::<Findings>() => ExitCode::FAILURE,
        Err(error) => {
            context.ui.error(&format!("{error:#}"));
            ExitCode::from(if error.is::<Usage>() { 2 } else { 1 })
        }
    }
}
