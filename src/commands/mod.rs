//! One file a command: open the store, ask, show.

pub mod append;
pub mod best;
pub mod chain;
pub mod check;
pub mod checkout;
pub mod completions;
pub mod diff;
pub mod export;
pub mod import;
pub mod init;
pub mod prompts;
pub mod render;
pub mod show;
pub mod stats;
pub mod tail;
pub mod tree;

use std::{fmt, path::PathBuf};

use anyhow::{Context as _, Result};
use clap::Args;

use crate::{
    append::nearest,
    formats,
    log::{Direction, ExpId, Row, shown_id},
    log::{Role, Schema},
    output::text::printable,
    store::{self, IndexedLog, Store},
    ui::Ui,
};

/// What every command is given besides its own arguments.
pub struct Context {
    pub ui: Ui,
    store: Option<PathBuf>,
}

impl Context {
    pub fn new(ui: Ui, store: Option<PathBuf>) -> Self {
        Self { ui, store }
    }

    fn store(&self) -> Result<Store> {
        Store::find(self.store.as_deref())
    }

    /// Opens the log to read it, and says how it is read where that had to be guessed.
    fn open(&self, reading: &ReadArgs) -> Result<IndexedLog> {
        let log = self.store()?.read(&reading.into())?;
        self.say_notes(&log);
        Ok(log)
    }

    fn say_notes(&self, log: &IndexedLog) {
        for note in &log.notes {
            self.ui.note(note);
        }
    }

    /// Says what of the log could not be read. Once, behind the answer.
    fn close(&self, log: &IndexedLog) {
        if let Some(damage) = log.damage_message() {
            self.ui.warn(&damage);
        }
    }
}

/// How the log is read.
#[derive(Args, Clone, Debug)]
pub struct ReadArgs {
    /// The column to read as the score [default: the setting, else what the log says, else the likeliest by its name]
    #[arg(long, value_name = "COLUMN")]
    pub metric: Option<String>,
    /// Which way is better [default: the setting, else what the log says, else its name or its keeps]
    #[arg(long, value_enum, hide_possible_values = false)]
    pub direction: Option<Direction>,
    /// In a log of another tool, which column is what: id, time, agent, parent, domain, hypothesis, verdict, score, notes
    #[arg(long, value_name = "ROLE=COLUMN,…")]
    pub map: Option<formats::Map>,
    /// In a log of JSON lines, the segment to read [default: the last]
    #[arg(long, value_name = "N")]
    pub segment: Option<u64>,
}

impl From<&ReadArgs> for store::ReadOptions {
    fn from(reading: &ReadArgs) -> Self {
        Self {
            metric: reading.metric.clone(),
            direction: reading.direction,
            as_of: None,
            map: reading.map.clone().unwrap_or_default(),
            segment: reading.segment,
        }
    }
}

/// The command line asks for something that does not exist: exit status 2.
#[derive(Debug)]
pub struct Usage(String);

impl fmt::Display for Usage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Usage {}

/// A command was asked whether there is something, and has said what: exit status 1.
#[derive(Debug)]
pub struct Findings;

impl fmt::Display for Findings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("there are findings")
    }
}

impl std::error::Error for Findings {}

/// An id of the command line.
fn id(text: &str) -> Result<ExpId> {
    ExpId::parse(text).context(Usage(
        "an empty text names no trial; `lineage tail` shows ids".to_owned(),
    ))
}

/// The column of a `--field`: one of the log's, or `metric` for the score.
fn field(name: &str, schema: &Schema) -> Result<usize> {
    let is_score = name == "metric" || name == schema.metric;
    let score = schema.column(Role::Score).filter(|_| is_score);
    schema.find(name).or(score).with_context(|| {
        Usage(format!(
            "the log has no column `{name}`; {}",
            nearest(name, schema.names().iter().map(String::as_str))
        ))
    })
}

/// One cell for a script: the value alone on its line.
fn cell(row: &Row, column: usize) -> String {
    let text = row.text_at(column);
    let text = if row.schema.is_id(column) {
        shown_id(&text)
    } else {
        text.into_owned()
    };
    printable(&text).into_owned() + "\n"
}
