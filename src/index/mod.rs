//! A log with its answers stored in `results.idx`, so that common queries need not read the whole log.
//!
//! The index is derived and never needed. Only `append` writes it, under its lock. A reader uses it only if it was made
//! from exactly the state of the log that is open, and reads the log otherwise.

mod file;

use std::{cell::OnceCell, fs::File, ops::Deref, path::PathBuf, time::SystemTime};

use anyhow::{Context, Result};

use self::file::Index;
pub use self::file::{FileState, index_path};
use crate::{
    analysis::{Best, Chain, Query, Summary, TreeBuilder},
    log::{ExpId, Log, Source, Trial},
};

/// Reading a shorter log takes no longer than reading its index.
const MIN_LOG_BYTES: u64 = 128 * 1024;

/// A log that is open, and its index if it has a valid one.
pub struct IndexedLog {
    log: Log,
    /// Where the index is; `None` if this log gets no index, as an external log.
    path: Option<PathBuf>,
    /// The state of the file when the log was opened.
    state: Option<FileState>,
    /// Opened when the first question is asked.
    index: OnceCell<Option<Index>>,
}

impl Deref for IndexedLog {
    type Target = Log;

    fn deref(&self) -> &Log {
        &self.log
    }
}

impl IndexedLog {
    /// A log whose index, if it has one, is at `path`.
    pub fn new(log: Log, path: Option<PathBuf>) -> Self {
        Self {
            state: match &log.source {
                Source::File(file) => FileState::of(file),
                _ => None,
            },
            log,
            path,
            index: OnceCell::new(),
        }
    }

    pub fn log_mut(&mut self) -> &mut Log {
        &mut self.log
    }

    /// The stored answers, if they are those of this log. Takes over the damage that they report.
    pub fn summary(&self) -> Option<&Summary> {
        let answers = &self.index()?.answers;
        self.log.set_damage(answers.damage.clone());
        Some(&answers.summary)
    }

    fn index(&self) -> Option<&Index> {
        let open = || {
            let path = self.path.as_ref()?;
            Index::open(path, &self.log, self.state?)
        };
        self.index.get_or_init(open).as_ref()
    }

    /// Answers a query from the index, else by reading every row.
    pub fn ask<Q: Query>(&self, mut query: Q) -> Result<Q> {
        if let Some(summary) = self.summary()
            && let Some(answered) = query.answer_from(summary)
        {
            return Ok(answered);
        }
        let damage = self.log.for_each_row(|row| query.observe(row))?;
        self.log.set_damage(damage);
        Ok(query)
    }

    /// The first row with this id.
    pub fn find(&self, id: &ExpId) -> Result<Option<Trial>> {
        match self.find_in_index(id) {
            Some(trial) => Ok(Some(trial)),
            None => self.log.find_by_scan(id),
        }
    }

    /// The first row with this id, if the index has it; it may be in the log nevertheless.
    pub fn find_in_index(&self, id: &ExpId) -> Option<Trial> {
        self.index()?.find(&self.log, id)
    }

    /// The first row with this id, or an error that says there is none.
    pub fn trial(&self, id: &ExpId) -> Result<Trial> {
        self.find(id)?.with_context(|| self.log.no_such_trial(id))
    }

    /// The chain to a trial, or to the best one; `None` if there is no best trial.
    pub fn chain(&self, id: Option<&ExpId>) -> Result<Option<Chain>> {
        if let Some(chain) = self.stored_chain(id) {
            return Ok(Some(chain));
        }
        let (best, builder) = self.ask((Best::default(), TreeBuilder::default()))?;
        let tree = builder.into_tree();
        let Some(id) = id else {
            return Ok(best.offset().map(|best| tree.chain_of_row(best)));
        };
        let chain = tree.chain(id);
        let chain = chain.with_context(|| self.log.no_such_trial(id))?;
        Ok(Some(chain))
    }

    fn stored_chain(&self, id: Option<&ExpId>) -> Option<Chain> {
        let (index, summary) = (self.index()?, self.summary()?);
        let offset = match id {
            Some(id) => index.find(&self.log, id)?.row().offset,
            None => summary.best()?.0,
        };
        index.chain(&self.log, offset)
    }

    /// Updates the index, or makes one, after `written` bytes were added to the file under its lock. `before` is the state
    /// of the file just before. If this fails, the log has no valid index.
    pub fn record_append(&mut self, file: &File, before: Option<FileState>, written: u64) {
        let index = self.index.take().flatten();
        let Some(path) = self.path.clone() else {
            return;
        };
        if self.log.start() == 0 {
            return; // the header was written just now: `start` is unknown until it is read
        }
        // Automatic times advance in steps of milliseconds. With an exact time, an edit in the same step still changes it.
        let _ = file.set_modified(SystemTime::now());
        let Some(state) = FileState::of(file) else {
            return;
        };
        let from = self.log.end();
        let only_we_wrote = before.is_some() && before == self.state && state.len == from + written;
        self.log.extend_to(state.len);
        self.state = Some(state);
        if state.len < MIN_LOG_BYTES {
            return;
        }
        let index = index.filter(|_| only_we_wrote);
        let extended = index.and_then(|index| index.extend(&self.log, state, from));
        if extended.is_none() {
            let _ = file::create(&path, &self.log, state);
        }
    }

    /// Deletes the index to free disk space. False if there was none.
    pub fn discard_index(&mut self) -> bool {
        self.index.take();
        self.path.take().is_some_and(|path| file::delete(&path))
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, path::Path, time::Duration};

    use super::*;
    use crate::{
        append::Uniqueness,
        open::{ReadOptions, open_log},
        store::Store,
    };

    fn append(dir: &Path) {
        let store = Store::find(Some(dir)).unwrap();
        let mut locked = store.lock(None, Duration::from_secs(1)).unwrap();
        let names = locked.log().schema.names().to_vec();
        let id = locked.log().end().to_string();
        let cell = |name: &String| match name.as_str() {
            "exp_id" => id.clone(),
            "status" => "keep".to_owned(),
            "core_metric" => "1.5".to_owned(),
            "notes" => "n".repeat(20_000),
            _ => String::new(),
        };
        let row: Vec<String> = names.iter().map(cell).collect();
        locked.append_rows(&[row], Uniqueness::Ids).unwrap();
        locked.release_and_flush().unwrap();
    }

    fn has_valid_index(dir: &Path) -> bool {
        let store = Store::find(Some(dir)).unwrap();
        let log = open_log(&store, &ReadOptions::default()).unwrap();
        log.summary().is_some()
    }

    #[test]
    fn an_index_is_valid_until_the_log_changes() {
        let dir = tempfile::tempdir().unwrap();
        let dir = dir.path();
        fs::write(dir.join("lineage.toml"), "").unwrap();
        (0..6).for_each(|_| append(dir));
        assert!(!has_valid_index(dir), "a short log has none");
        for _ in 0..4 {
            append(dir);
            assert!(has_valid_index(dir));
        }
        let log = dir.join("results.tsv");
        let bytes = fs::read(&log).unwrap();
        fs::write(&log, &bytes).unwrap();
        assert!(!has_valid_index(dir), "the log was rewritten");
        append(dir);
        assert!(has_valid_index(dir));
        let mut index = fs::read(index_path(&log)).unwrap();
        for byte in index.iter_mut().skip(100).step_by(512) {
            *byte ^= 1;
        }
        fs::write(index_path(&log), index).unwrap();
        assert!(!has_valid_index(dir), "the index is damaged");
        append(dir);
        assert!(has_valid_index(dir));
    }
}
