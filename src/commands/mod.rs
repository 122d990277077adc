//! One file per command: parse its arguments, ask the log, print the answer.

pub mod amend;
pub mod append;
pub mod args;
pub mod best;
mod candidates;
pub mod chain;
pub mod check;
pub mod checkout;
pub mod compare;
pub mod completions;
pub mod diff;
pub mod export;
pub mod filter;
pub mod import;
pub mod init;
#[cfg(feature = "postgres")]
mod init_shared;
#[cfg(not(feature = "postgres"))]
#[path = "no_shared.rs"]
mod init_shared;
#[cfg(feature = "postgres")]
pub(crate) mod outbox;
#[cfg(not(feature = "postgres"))]
#[path = "no_outbox.rs"]
pub(crate) mod outbox;
pub mod plot;
pub mod prompts;
pub mod prune;
pub mod pull;
pub mod render;
mod render_hook;
pub mod report;
pub mod run;
pub mod search;
pub mod show;
pub mod similar;
pub mod stats;
mod suggesting;
pub mod tail;
pub mod tree;
mod trial_writer;

use std::{
    cell::{Cell, OnceCell},
    path::{Path, PathBuf},
};

use anyhow::Result;

pub use self::args::ReadArgs;
use crate::analysis::KeepSigns;
use crate::index::IndexedLog;
use crate::open::{ReadOptions, open_log};
use crate::store::Store;
pub use crate::text::Usage;
use crate::ui::Ui;

/// What every command gets besides its own arguments.
pub struct Context {
    pub ui: Ui,
    /// The path of `--store`.
    pub store: Option<PathBuf>,
    /// The paths of every `--store`, for the commands that take several.
    pub stores: Vec<PathBuf>,
    /// Whether the note on the store of the main worktree is printed.
    has_named_store: Cell<bool>,
    /// Why the database of a shared store is not asked.
    offline: OnceCell<String>,
}

impl Context {
    pub fn new(ui: Ui, stores: Vec<PathBuf>) -> Self {
        Self {
            ui,
            store: stores.first().cloned(),
            stores,
            has_named_store: Cell::default(),
            offline: OnceCell::new(),
        }
    }

    /// Keeps every command from asking the database of a shared store.
    pub fn go_offline(&self, why: &str) {
        let _ = self.offline.set(why.to_owned());
    }

    fn find(&self, path: Option<&Path>) -> Result<Store> {
        Store::find(path).map(|store| self.prepare(store))
    }

    /// Keeps a store offline if the others are.
    fn prepare(&self, store: Store) -> Store {
        if let Some(why) = self.offline.get() {
            store.go_offline(why);
        }
        store
    }

    fn store(&self) -> Result<Store> {
        let store = self.find(self.store.as_deref())?;
        self.note_main_worktree(&store);
        Ok(store)
    }

    /// The store that commands use without `--store`, if there is one.
    fn default_store(&self) -> Result<Option<Store>> {
        let store = Store::find_default()?.map(|store| self.prepare(store));
        if let Some(store) = &store {
            self.note_main_worktree(store);
        }
        Ok(store)
    }

    fn note_main_worktree(&self, store: &Store) {
        if store.is_in_main_worktree() && !self.has_named_store.replace(true) {
            let log = store.log_path().display();
            self.ui
                .note(&format!("using the store of the main worktree, {log}"));
        }
    }

    /// The path of every `--store`; `None` is the store of all other commands.
    fn store_paths(&self) -> Vec<Option<&Path>> {
        match &self.stores[..] {
            [] => vec![None],
            stores => stores.iter().map(|path| Some(path.as_path())).collect(),
        }
    }

    /// The store at a path, or the one of all other commands.
    fn store_at(&self, path: Option<&Path>) -> Result<Store> {
        match path {
            Some(path) => self.find(Some(path)),
            None => self.store(),
        }
    }

    /// Opens the log for reading, and prints notes on its interpretation.
    fn open(&self, args: &ReadArgs) -> Result<IndexedLog> {
        self.open_with(&args.into())
    }

    fn open_with(&self, options: &ReadOptions) -> Result<IndexedLog> {
        let log = open_log(&self.store()?, options)?;
        self.ui.note_all(&log.notes);
        Ok(log)
    }

    /// Prints an answer, then a warning if rows could not be read.
    fn answer(&self, text: &str, log: &IndexedLog) -> Result<()> {
        self.ui.print(text)?;
        self.warn_damage(log);
        Ok(())
    }

    /// Warns if most keeps improved in the other direction than the settings say.
    fn warn_direction(&self, log: &IndexedLog, signs: &KeepSigns) -> Result<()> {
        if let Some(contradiction) = self.describe_contradiction(log, signs)? {
            self.ui.warn(&contradiction);
        }
        Ok(())
    }

    /// If most keeps improved in the other direction than the settings say: that, and what to do.
    fn describe_contradiction(
        &self,
        log: &IndexedLog,
        signs: &KeepSigns,
    ) -> Result<Option<String>> {
        let direction = log.schema.direction;
        if self.store()?.settings.direction != Some(direction) {
            return Ok(None);
        }
        let Some((against, all)) = signs.contradict(direction) else {
            return Ok(None);
        };
        let (other, metric) = (direction.opposite(), &log.schema.metric);
        let word = other.better_word();
        Ok(Some(format!(
            "lineage.toml says direction = \"{direction}\", but {against} of {all} keeps have a {word} {metric} than \
             the best before; if {word} is better, set \"{other}\""
        )))
    }

    fn warn_damage(&self, log: &IndexedLog) {
        if let Some(damage) = log.damage_message() {
            self.ui.warn(&damage);
        }
    }
}

/// The program ends with this exit status, and has said why: what a check found, or how the command of a trial ended.
#[derive(Debug, thiserror::Error)]
#[error("exit status {0}")]
pub struct ExitStatus(pub u8);
