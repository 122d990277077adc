//! One file per command: parse its arguments, ask the log, print the answer.

pub mod append;
pub mod args;
pub mod best;
pub mod chain;
pub mod check;
pub mod checkout;
pub mod completions;
pub mod diff;
pub mod export;
pub mod filter;
pub mod import;
pub mod init;
pub mod prompts;
pub mod render;
pub mod show;
pub mod stats;
pub mod tail;
pub mod tree;

use std::fmt;
use std::path::PathBuf;

use anyhow::Result;

pub use self::args::ReadArgs;
// The former name, until its callers use the new one.
use self::args::parse_id as id;
use crate::index::IndexedLog;
use crate::open::open_log;
use crate::store::Store;
use crate::ui::Ui;

/// What every command gets besides its own arguments.
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

    /// Opens the log for reading, and prints notes on its interpretation.
    fn open(&self, args: &ReadArgs) -> Result<IndexedLog> {
        let log = open_log(&self.store()?, &args.into())?;
        self.say_notes(&log);
        Ok(log)
    }

    /// Prints notes on the interpretation of a log.
    fn say_notes(&self, log: &IndexedLog) {
        for note in &log.notes {
            self.ui.note(note);
        }
    }

    /// Warns of rows that could not be read, after the answer.
    fn close(&self, log: &IndexedLog) {
        if let Some(damage) = log.damage_message() {
            self.ui.warn(&damage);
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

/// A check found problems and has printed them: exit status 1.
#[derive(Debug)]
pub struct Findings;

impl fmt::Display for Findings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("problems found")
    }
}

impl std::error::Error for Findings {}
