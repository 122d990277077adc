//! One file a command: open the store, ask, show.

pub mod append;
pub mod best;
pub mod chain;
pub mod check;
pub mod checkout;
pub mod completions;
pub mod diff;
pub mod init;
pub mod render;
pub mod show;
pub mod stats;
pub mod tail;
pub mod tree;

use std::{fmt, path::PathBuf, process::ExitCode};

use anyhow::{Context as _, Result};

use crate::{
    cli::{Cli, Command, Reading},
    draft::nearest,
    schema::{Role, Schema},
    store::{self, Log, Store},
    trial::{ExpId, Row, shown_id},
    ui::{Closed, Ui},
    view::text::printable,
};

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
    let store = cli.global.store.filter(|path| !path.is_empty()).map(PathBuf::from);
    let context = Context { ui, store };
    let result = match cli.command {
        Command::Init(args) => init::run(args, &context),
        Command::Append(args) => append::run(args, &context),
        Command::Tail(args) => tail::run(args, &context),
        Command::Best(args) => best::run(args, &context),
        Command::Chain(args) => chain::run(args, &context),
        Command::Tree(args) => tree::run(args, &context),
        Command::Show(args) => show::run(args, &context),
        Command::Diff(args) => diff::run(args, &context),
        Command::Checkout(args) => checkout::run(args, &context),
        Command::Stats(args) => stats::run(args, &context),
        Command::Render(args) => render::run(args, &context),
        Command::Check(args) => check::run(args, &context),
        Command::Completions(args) => completions::run(args, &context),
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

/// What every command is given besides its own arguments.
pub struct Context {
    pub ui: Ui,
    store: Option<PathBuf>,
}

impl Context {
    fn store(&self) -> Result<Store> {
        Store::find(self.store.as_deref())
    }

    /// Opens the log to read it, and says how it is read where that had to be guessed.
    fn open(&self, reading: &Reading) -> Result<Log> {
        let log = self.store()?.read(&reading.into())?;
        self.say_notes(&log);
        Ok(log)
    }

    fn say_notes(&self, log: &Log) {
        for note in &log.notes {
            self.ui.note(note);
        }
    }

    /// Says what of the log could not be read. Once, behind the answer.
    fn close(&self, log: &Log) {
        if let Some(damage) = log.damage() {
            self.ui.warn(&damage);
        }
    }
}

impl From<&Reading> for store::Reading {
    fn from(reading: &Reading) -> Self {
        Self { metric: reading.metric.clone(), direction: reading.direction }
    }
}

/// The command line asks for something that does not exist: exit status 2.
#[derive(Debug)]
struct Usage(String);

impl fmt::Display for Usage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Usage {}

/// A command was asked whether there is something, and has said what: exit status 1.
#[derive(Debug)]
struct Findings;

impl fmt::Display for Findings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("there are findings")
    }
}

impl std::error::Error for Findings {}

/// An id of the command line.
fn id(text: &str) -> Result<ExpId> {
    ExpId::read(text).context(Usage("an empty text names no trial; `lineage tail` shows ids".to_owned()))
}

/// The column of a `--field`: one of the log's, or `metric` for the score.
fn field(name: &str, schema: &Schema) -> Result<usize> {
    let column = if name == "metric" { schema.column(Role::Score) } else { None };
    column.or_else(|| schema.find(name)).with_context(|| {
        Usage(format!("the log has no column `{name}`; {}", nearest(name, schema.names().iter().map(String::as_str))))
    })
}

/// One cell for a script: the value alone on its line.
fn cell(row: &Row, column: usize) -> String {
    let text = row.text_at(column);
    let text = if row.schema.is_id(column) { shown_id(&text) } else { text.into_owned() };
    printable(&text).into_owned() + "\n"
}
