//! The commands and the global flags: the source of the help, the completions and `docs/cli.md`.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::bail;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Args, ColorChoice, CommandFactory, Parser, Subcommand, ValueHint};

use crate::commands::{
    Context, ExitStatus, Usage, amend, append, best, chain, check, checkout, compare, completions,
    diff, export, import, init, outbox, plot, prompts, prune, pull, render, report, run, search,
    show, similar, stats, tail, tree,
};
use crate::text::shell_word;
use crate::ui::{Closed, Ui};

/// The memory of an agent-driven experiment loop
///
/// A trial is one proposal and its measured outcome. `append` logs a trial, `render` turns the log into the Markdown
/// that opens the next agent's prompt, and the other commands answer questions in between. The log is one
/// TSV file to which rows are appended; indexes, reports and prompts are derived from it.
///
/// A `keep` is a trial that improved the best score, a `discard` one that did not, the `baseline` the trial that the search
/// started from. A specialist is the agent or the role that proposed a trial, the domain what the trial is about. A trial's
/// files can be stored with it: its snapshot.
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

Exit status: 0 success, 1 failure, 2 usage error. Some commands have others: see their help.";

/// Flags of every command.
#[derive(Args, Debug)]
struct GlobalArgs {
    /// A store, any directory with a results.tsv, or a log file [default: the nearest .lineage upwards]
    #[arg(long, global = true, value_name = "PATH")]
    #[arg(env = "LINEAGE_STORE", hide_env_values = true)]
    #[arg(value_hint = ValueHint::AnyPath)]
    store: Vec<OsString>, // not paths: clap rejects an empty one, but an empty variable means none
    /// Suppress informational messages
    #[arg(long, short, global = true)]
    quiet: bool,
    /// Do not contact the database of a shared store
    #[arg(long, global = true)]
    offline: bool,
    /// When to use colour: auto, always or never
    #[arg(long, global = true, value_name = "WHEN")]
    #[arg(default_value = "auto", hide_possible_values = true)]
    color: ColorChoice,
}

#[derive(Debug, Subcommand)]
#[command(defer = true)] // to build the arguments of all commands would take longer than most commands
enum Command {
    Init(init::Init),
    Append(append::Append),
    Amend(amend::Amend),
    Run(run::Run),
    Tail(tail::Tail),
    Best(best::Best),
    Chain(chain::Chain),
    Tree(tree::TreeArgs),
    Show(show::Show),
    Similar(similar::Similar),
    Search(search::Search),
    Diff(diff::Diff),
    #[command(visible_alias = "rebase-to")]
    Checkout(checkout::Checkout),
    Prune(prune::Prune),
    Stats(stats::Stats),
    Compare(compare::Compare),
    Plot(plot::Plot),
    Report(report::Report),
    Render(render::Render),
    Prompts(prompts::Prompts),
    Check(check::Check),
    Import(import::Import),
    Pull(pull::Pull),
    Export(export::Export),
    Completions(completions::Completions),
}

impl Command {
    fn takes_several_stores(&self) -> bool {
        matches!(self, Self::Plot(_) | Self::Compare(_))
    }

    /// Whether the command may write to the log.
    fn is_writer(&self) -> bool {
        use Command::{Amend, Append, Import, Pull, Run};
        matches!(self, Append(_) | Run(_) | Amend(_) | Import(_) | Pull(_))
    }
}

/// Parses the command line; answers a command that people try and that has another name.
pub fn parse() -> Cli {
    let error = match Cli::try_parse() {
        Ok(cli) => return cli,
        Err(error) => error,
    };
    if let Some(ContextValue::String(name)) = error.get(ContextKind::InvalidSubcommand)
        && let Some((_, command)) = OTHER_NAMES.iter().find(|(other, _)| other == name)
    {
        let ui = Ui::new(ColorChoice::Auto, false, String::new());
        ui.error(&format!(
            "unknown command '{name}'; use `lineage {command}`"
        ));
        std::process::exit(2);
    }
    if matches!(
        error.kind(),
        ErrorKind::DisplayHelp | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand
    ) {
        program().get_matches(); // prints help with the summaries of all commands
    }
    error.exit()
}

/// The program with the arguments and the help of every command.
pub fn program() -> clap::Command {
    let mut program = Cli::command();
    program.build();
    program
}

/// Commands of other programs, and what does the same here.
const OTHER_NAMES: [(&str, &str); 8] = [
    ("log", "tail"),
    ("list", "tail"),
    ("ls", "tail"),
    ("leaderboard", "best --top 10"),
    ("top", "best --top 10"),
    ("add", "append"),
    ("history", "chain"),
    ("status", "stats"),
];

/// Runs a command line and maps its result to an exit status.
pub fn run(cli: Cli) -> ExitCode {
    let args = cli.global;
    let stores = args.store.into_iter().filter(|path| !path.is_empty());
    let stores: Vec<PathBuf> = stores.map(PathBuf::from).collect();
    let flags = stores
        .iter()
        .map(|path| format!("--store {}", shell_word(&path.to_string_lossy())));
    let flags = flags.collect::<Vec<_>>().join(" ");
    let context = Context::new(Ui::new(args.color, args.quiet, flags), stores);
    if args.offline {
        context.go_offline("--offline");
    }
    match run_command(cli.command, &context) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if error.is::<Closed>() => ExitCode::SUCCESS,
        Err(error) => {
            if let Some(ExitStatus(code)) = error.downcast_ref() {
                return ExitCode::from(*code);
            }
            context.ui.error(&format!("{error:#}"));
            ExitCode::from(if error.is::<Usage>() { 2 } else { 1 })
        }
    }
}

fn run_command(command: Command, context: &Context) -> anyhow::Result<()> {
    if context.stores.len() > 1 && !command.takes_several_stores() {
        bail!(Usage(
            "only plot and compare take several --store".to_owned()
        ));
    }
    if !matches!(command, Command::Init(_) | Command::Completions(_)) {
        outbox::send(context, command.is_writer());
    }
    match command {
        Command::Init(args) => init::run(args, context),
        Command::Append(args) => append::run(args, context),
        Command::Amend(args) => amend::run(args, context),
        Command::Run(args) => run::run(args, context),
        Command::Tail(args) => tail::run(args, context),
        Command::Best(args) => best::run(args, context),
        Command::Chain(args) => chain::run(args, context),
        Command::Tree(args) => tree::run(args, context),
        Command::Show(args) => show::run(args, context),
        Command::Similar(args) => similar::run(args, context),
        Command::Search(args) => search::run(args, context),
        Command::Diff(args) => diff::run(args, context),
        Command::Checkout(args) => checkout::run(args, context),
        Command::Prune(args) => prune::run(args, context),
        Command::Stats(args) => stats::run(args, context),
        Command::Compare(args) => compare::run(args, context),
        Command::Plot(args) => plot::run(args, context),
        Command::Report(args) => report::run(args, context),
        Command::Render(args) => render::run(args, context),
        Command::Prompts(args) => prompts::run(args, context),
        Command::Check(args) => check::run(args, context),
        Command::Import(args) => import::run(args, context),
        Command::Pull(args) => pull::run(args, context),
        Command::Export(args) => export::run(args, context),
        Command::Completions(args) => completions::run(args, program(), context),
    }
}
