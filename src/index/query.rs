//! Questions to the log that what is remembered beside it may answer; where it cannot, the log itself does.

use std::{
    collections::HashMap,
    fs::File,
    path::PathBuf,
    thread,
    time::{Duration, SystemTime},
};

use anyhow::{Context, Result};

use super::{Found, Index, Stamp, path_of};
use crate::{
    analysis::{Best, Chain, Query, TreeBuilder, mark_of_job},
    append::{Known, LogState},
    log::{ExpId, Log, Source, Trial, no_such_trial},
};

/// To read a shorter log takes no longer than to look at an index.
const WORTH: u64 = 128 * 1024;

/// Where the index is of a shorter log than the one that is open, a writer has most likely just written its row: its index
/// follows within this time. Not worth the wait where the log is read as fast.
const PATIENCE: [Duration; 3] = [Duration::from_micros(200); 3];
const WORTH_A_WAIT: u64 = 8 * 1024 * 1024;

/// What there is beside a log.
#[derive(Default)]
pub(crate) struct Beside {
    /// `None` where nothing is kept.
    path: Option<PathBuf>,
    index: std::cell::OnceCell<Option<Box<Index>>>,
}

impl Log {
    /// Lets the log be answered for by what is kept beside it.
    pub(crate) fn look_beside(&mut self) {
        self.beside.path = Some(path_of(&self.path));
    }

    /// The index, where there is one that was made from the log as it is.
    fn index(&self) -> Option<&Index> {
        let look = || {
            let path = self.beside.path.as_ref().filter(|_| self.end >= WORTH)?;
            let is_worth_a_wait = self.end >= WORTH_A_WAIT && !self.is_locked;
            for pause in PATIENCE
                .into_iter()
                .take(if is_worth_a_wait { PATIENCE.len() } else { 0 })
            {
                match Index::open(path, self) {
                    Found::Fits(index) => return Some(index),
                    Found::Behind => thread::sleep(pause),
                    Found::No => return None,
                }
            }
            match Index::open(path, self) {
                Found::Fits(index) => Some(index),
                Found::Behind | Found::No => None,
            }
        };
        self.beside.index.get_or_init(look).as_deref()
    }

    /// Keeps the index up after so many bytes were written, or makes it. `before` is the state of the file just before that. What
    /// fails is only not remembered.
    pub(crate) fn remember(&mut self, file: &File, before: Option<Stamp>, written: u64) {
        // Somebody who does not take the lock may have changed the log since the index was read, or write behind us.
        let is_as_it_was = before.is_some() && before == self.stamp;
        let index = self.beside.index.take().flatten().filter(|_| is_as_it_was);
        let Some(path) = self.beside.path.clone() else {
            return;
        };
        if self.start == 0 {
            return; // the header was written just now, and has not been read
        }
        // To the nanosecond: where a file system tells times only to some milliseconds, an edit right now would have ours.
        let _ = file.set_modified(SystemTime::now());
        let Ok(stamp) = Stamp::of(file) else { return };
        let from = self.end;
        (self.end, self.stamp) = (stamp.len, Some(stamp));
        if self.end < WORTH {
            return;
        }
        let is_ours = stamp.len == from + written;
        let carried_on = index
            .filter(|_| is_ours)
            .is_some_and(|index| index.carry_on(self, from).unwrap_or(false));
        if !carried_on {
            let _ = Index::make(&path, self);
        }
    }

    /// Deletes what is kept beside the log, whose room is needed, and keeps nothing more; false where there was nothing.
    pub(crate) fn forget(&mut self) -> bool {
        self.beside.index.take();
        self.beside
            .path
            .take()
            .is_some_and(|path| Index::delete(&path))
    }

    /// Has every row seen by a question, damaged ones too, and returns it.
    pub fn ask<Q: Query>(&self, question: Q) -> Result<Q> {
        if let Some(index) = self.index()
            && let Some(recalled) = index
                .summary()
                .and_then(|summary| question.from_summary(summary))
        {
            *self.damaged.borrow_mut() = Some(index.damaged().clone());
            return Ok(recalled);
        }
        let (question, damaged) = self.scan(question)?;
        *self.damaged.borrow_mut() = Some(damaged);
        Ok(question)
    }

    /// The first row with this id.
    pub fn find(&self, id: &ExpId) -> Result<Option<Trial>> {
        match self
            .index()
            .and_then(|index| index.trial(self, id))
            .filter(|trial| trial.row().damage.is_none())
        {
            Some(trial) => Ok(Some(trial)),
            None => self.find_by_scan(id), // it also knows the line of a damaged row
        }
    }

    /// The first row with this id, or an error that says so.
    pub fn trial(&self, id: &ExpId) -> Result<Trial> {
        self.find(id)?
            .with_context(|| no_such_trial(id, &self.path))
    }

    /// The way to a trial, or to the best; `None` where there is no best.
    pub fn chain(&self, id: Option<&ExpId>) -> Result<Option<Chain>> {
        if let Some(index) = self.index()
            && let Some(summary) = index.summary()
        {
            let best = || summary.best().map(|(offset, _)| offset);
            let from = id.map_or_else(best, |id| {
                index.trial(self, id).map(|trial| trial.row().offset)
            });
            if let Some(chain) = from.and_then(|from| index.chain(self, from)) {
                *self.damaged.borrow_mut() = Some(index.damaged().clone());
                return Ok(Some(chain));
            }
        }
        let (best, forest) = self.ask((Best::default(), TreeBuilder::default()))?;
        let tree = forest.into_tree();
        match id {
            Some(id) => tree
                .chain(id)
                .map(Some)
                .with_context(|| no_such_trial(id, &self.path)),
            None => Ok(best.offset().map(|best| tree.chain_of_row(best))),
        }
    }

    /// What an append must know: the next id, the best, and which of these ids and jobs are there.
    pub fn ledger(
        &self,
        ids: impl IntoIterator<Item = ExpId>,
        jobs: impl IntoIterator<Item = String>,
    ) -> Result<LogState> {
        let (ids, jobs) = (
            ids.into_iter().collect::<Vec<_>>(),
            jobs.into_iter().collect::<Vec<_>>(),
        );
        if let Some(ledger) = self
            .index()
            .and_then(|index| self.recall_ledger(index, &ids, &jobs))
        {
            return Ok(ledger);
        }
        self.ask(LogState::new(self.schema.direction, ids, jobs))
    }

    /// What of it can be told without the log: a job that it has, which is rare, is not.
    fn recall_ledger(&self, index: &Index, ids: &[ExpId], jobs: &[String]) -> Option<LogState> {
        let summary = index.summary()?;
        let marks: Vec<_> = jobs.iter().map(|job| mark_of_job(job.as_bytes())).collect();
        if !marks.is_empty() && index.has_job(&marks)? {
            return None;
        }
        let best = match summary.best() {
            Some((offset, score)) => Some((score, self.at(offset).ok()?.row().name())),
            None => None,
        };
        let mut trials = HashMap::new();
        for id in ids {
            // Of a number below the next one only the log itself can say that it is not there.
            let is_new = id
                .counted()
                .is_some_and(|number| number >= summary.next_id());
            let known = if is_new {
                None
            } else {
                Some(Known(index.trial(self, id)?.row().name()))
            };
            trials.insert(id.clone(), known);
        }
        *self.damaged.borrow_mut() = Some(index.damaged().clone());
        let jobs = jobs.iter().cloned().map(|job| (job, None)).collect();
        Some(LogState::known(
            self.schema.direction,
            summary.next_id(),
            best,
            trials,
            jobs,
        ))
    }

    /// The state of the file of the log, if it has one.
    pub(crate) fn stamp_of(file: Option<&Source>) -> Option<Stamp> {
        match file {
            Some(Source::File(file)) => Self::stamp_of_file(file),
            _ => None,
        }
    }

    pub(crate) fn stamp_of_file(file: &File) -> Option<Stamp> {
        Stamp::of(file).ok()
    }
}

#[cfg(all(test, unix))]
mod tests {
    use std::{fs, path::Path};

    use super::*;
    use crate::{
        log::Direction,
        store::{New, ReadOptions, Store, init},
    };

    fn append(dir: &Path) {
        let store = Store::find(Some(dir)).unwrap();
        let locked = store
            .lock(&ReadOptions::default(), Duration::from_secs(1))
            .unwrap();
        let names = locked.log().schema.names().to_vec();
        let id = locked.log().ledger([], []).unwrap().next_id().to_string();
        let cell = |name: &String| match name.as_str() {
            "exp_id" => id.clone(),
            "status" => "keep".to_owned(),
            "core_metric" => "1.5".to_owned(),
            "notes" => "n".repeat(20_000),
            _ => String::new(),
        };
        locked
            .write(&[names.iter().map(cell).collect::<Vec<_>>()])
            .unwrap();
    }

    /// Whether what is beside the log is believed.
    fn is_believed(dir: &Path) -> bool {
        let log = Store::find(Some(dir))
            .unwrap()
            .read(&ReadOptions::default())
            .unwrap();
        log.index().is_some()
    }

    #[test]
    fn what_append_keeps_is_believed_until_the_log_changes() {
        let dir = tempfile::tempdir().unwrap();
        let new = New {
            metric: "core_metric",
            direction: Direction::Minimize,
            label: None,
            columns: &[],
            import: None,
        };
        let dir = init(Some(&dir.path().join("store")), &new).unwrap();
        (0..6).for_each(|_| append(&dir));
        assert!(!is_believed(&dir), "a short log is read as fast");
        for _ in 0..4 {
            append(&dir);
            assert!(is_believed(&dir));
        }
        let log = dir.join("results.tsv");
        let bytes = fs::read(&log).unwrap();
        fs::write(&log, &bytes).unwrap();
        assert!(!is_believed(&dir), "written anew");
        append(&dir);
        assert!(is_believed(&dir));
        let mut index = fs::read(path_of(&log)).unwrap();
        for byte in index.iter_mut().skip(100).step_by(512) {
            *byte ^= 1;
        }
        fs::write(path_of(&log), index).unwrap();
        assert!(!is_believed(&dir), "damaged");
        append(&dir);
        assert!(is_believed(&dir));
    }
}
