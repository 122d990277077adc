//! Writing to a shared store, and fetching from it. To write, the lock on the mirror and the lock on the run are held
//! together; the rows go to the database first, then into the mirror.

use std::{
    fs,
    io::{BufRead, BufReader},
    path::PathBuf,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail, ensure};
use jiff::Timestamp;
use uuid::Uuid;

use super::{
    LockedLog,
    amend::{CellChange, encode_changed},
    file_lock::open_locked,
    lock::{Transaction, is_out_of_space},
    mirror::{BATCH, State, differs},
};
use crate::{
    files::{cannot, create_file, permissions_of},
    log::{Direction, Row, Schema, SourceReader, encode_row},
    shared::{Access, Head, Run, Session},
    store::{SharedSettings, Store, Unreachable, mirror_state_path},
};

/// Connecting takes no longer, however long the command would wait for another writer.
const CONNECT_TIME: Duration = Duration::from_secs(5);

/// How long fetching a batch takes at most, if the command has time.
const BATCH_TIME: Duration = Duration::from_secs(20);

struct RunTransaction {
    run: Run,
    settings: SharedSettings,
    state: State,
    /// The UUID of the first row that is written.
    first: Uuid,
}

/// Locks the mirror and the run, and fetches the rows of other hosts.
pub(super) fn lock_shared(
    store: &Store,
    settings: &SharedSettings,
    direction: Option<Direction>,
    wait: Duration,
) -> Result<LockedLog> {
    store.check_online()?;
    let start = Instant::now();
    // Connecting takes longest, so others may write meanwhile.
    let mut session = Session::connect(&settings.url, None, start + wait.min(CONNECT_TIME))?;
    session.set_deadline(start + wait);
    check_exists(store)?;
    let mut locked = store.lock_file(direction, wait)?;
    let mut run = Run::begin(session, settings, Access::Write)?;
    if State::read(store.log_path())?.map_or(0, |state| state.rows) + BATCH < run.head.rows {
        // Other hosts do not wait while a mirror that is far behind is filled.
        run = Run::begin(run.end()?, settings, Access::Read)?;
        locked.fetch(store, &mut run, Some(BATCH_TIME))?;
        let mut session = run.end()?;
        session.set_deadline(Instant::now() + wait);
        run = Run::begin(session, settings, Access::Write)?;
    }
    let state = locked.fetch(store, &mut run, None)?;
    locked.transaction = Some(Box::new(RunTransaction {
        run,
        settings: settings.clone(),
        state,
        first: Uuid::new_v4(),
    }));
    Ok(locked)
}

fn check_exists(store: &Store) -> Result<()> {
    let path = store.log_path();
    ensure!(
        path.exists(),
        "{} is missing; `lineage pull --reset` fetches it again",
        path.display()
    );
    Ok(())
}

impl Store {
    /// Fetches what the mirror lacks, within a time. `Unreachable`: not now.
    pub fn pull(&self, limit: Duration) -> Result<i64> {
        let Some(settings) = &self.settings.shared else {
            return Ok(0);
        };
        self.check_online()?;
        check_exists(self)?;
        let start = Instant::now();
        let session = Session::connect(&settings.url, None, start + limit)?;
        self.pull_on(session, limit.saturating_sub(start.elapsed()))
    }

    /// The same on a connection. Returns how many trials there are.
    pub fn pull_on(&self, mut session: Session, limit: Duration) -> Result<i64> {
        let settings = self
            .settings
            .shared
            .as_ref()
            .context("not a shared store")?;
        session.set_deadline(Instant::now() + limit);
        let locked = self.lock_file(None, limit);
        let mut locked = locked.map_err(|error| Unreachable::new(format!("{error:#}")))?;
        let mut run = Run::begin(session, settings, Access::Read)?;
        let patience = (limit > BATCH_TIME).then_some(BATCH_TIME);
        let fetched = locked.fetch(self, &mut run, patience);
        let state = fetched.map_err(|error| {
            if is_out_of_space(&error) {
                return Unreachable::new(format!("{error:#}")).into(); // what the mirror has can be read
            }
            error
        })?;
        self.mirror_running(run.running()?);
        Ok(state.rows)
    }

    /// Moves the log aside, so that the next pull fetches everything. Returns its new place.
    pub fn reset_mirror(&self) -> Result<Option<PathBuf>> {
        let path = self.log_path();
        let mut aside = None;
        let mut mode = 0o666;
        if path.exists() {
            let _lock = open_locked(path, false, Duration::from_secs(30))?;
            mode = permissions_of(path)?;
            let name = Timestamp::now()
                .strftime("results-%Y%m%dT%H%M%S%.6fZ.tsv")
                .to_string();
            let to = path.with_file_name(name);
            fs::rename(path, &to).with_context(cannot("move", path))?;
            aside = Some(to);
        }
        let _ = fs::remove_file(mirror_state_path(path)); // it says nothing of the new log
        let header = encode_row(&Schema::standard_names(&self.settings.columns));
        create_file(path, &header, mode).with_context(cannot("create", path))?;
        Ok(aside)
    }
}

impl LockedLog {
    /// Makes the mirror what the database has. `patience`: each batch gets more time.
    fn fetch(&mut self, store: &Store, run: &mut Run, patience: Option<Duration>) -> Result<State> {
        let head = &run.head;
        check_settings(store, head)?;
        let mut state = self.verified_state(head)?;
        if state.revision > head.revision {
            let path = self.log().path();
            bail!(differs(path, "has amendments that the database lacks"));
        }
        if state.revision != head.revision {
            self.apply(&mut state, &run.amendments()?)?;
        }
        self.extend(&mut state, run, patience)?;
        Ok(state)
    }
}

/// Fails if the settings of the store are not those of the run: scores would be compared in two ways.
fn check_settings(store: &Store, head: &Head) -> Result<()> {
    let own = &store.settings;
    let metric = own.metric.as_deref().unwrap_or("core_metric");
    let direction = own.direction.unwrap_or(head.direction);
    let list = |columns: &[String]| format!("'{}'", columns.join(","));
    for (name, own, run) in [
        ("metric", metric.to_owned(), head.metric.clone()),
        (
            "direction",
            direction.to_string(),
            head.direction.to_string(),
        ),
        ("columns", list(&own.columns), list(&head.columns)),
    ] {
        ensure!(
            own == run,
            "lineage.toml has the {name} {own}, the run {run}; correct lineage.toml"
        );
    }
    Ok(())
}

impl Transaction for RunTransaction {
    fn now(&self) -> Result<Timestamp> {
        self.run.now()
    }

    /// Once the database has the lines, nothing else is a failure.
    fn append(
        mut self: Box<Self>,
        locked: &mut LockedLog,
        text: &str,
        jobs: &[Option<&str>],
    ) -> Result<()> {
        let rows: Vec<_> = text.lines().zip(jobs.iter().copied()).collect();
        if rows.is_empty() {
            return Ok(());
        }
        self.run.insert(self.first, &rows)?;
        let extended = if let Err(error) = self.run.commit() {
            self.run = self.find_sent(error)?;
            locked.extend(&mut self.state, &mut self.run, None)
        } else {
            let last = self.first.as_u128() + rows.len() as u128 - 1;
            self.state.last = Some(Uuid::from_u128(last));
            self.state.rows = self.run.head.rows;
            let added = locked.add_or_compare(self.state.bytes, text.as_bytes());
            added.and_then(|()| {
                self.state.add(text.as_bytes());
                self.state.save(locked)
            })
        };
        warn(locked, extended);
        Ok(())
    }

    fn amend(
        mut self: Box<Self>,
        locked: &mut LockedLog,
        row: &Row,
        changes: &[CellChange],
        why: &str,
    ) -> Result<()> {
        let old = str::from_utf8(row.cells.line).context("the row is not UTF-8")?;
        let new =
            String::from_utf8(encode_changed(row, changes)).context("the row is not UTF-8")?;
        let seq = locked.lines_before(row.offset)?;
        self.run.amend(seq, old, &new, why)?;
        let amendments = self.run.amendments()?;
        self.run.commit()?;
        let applied = locked.apply(&mut self.state, &amendments);
        warn(locked, applied);
        Ok(())
    }

    fn resume(&mut self, first: Uuid) -> Result<bool> {
        self.first = first;
        self.run.has(first)
    }
}

impl RunTransaction {
    /// The answer to the commit was lost: connects again, and finds out whether the rows are there.
    fn find_sent(&self, error: anyhow::Error) -> Result<Run> {
        let lost = |reason: String| Unreachable {
            reason,
            sent: Some(self.first.to_string()),
        };
        if !error.is::<Unreachable>() {
            return Err(error);
        }
        // The lock waits for the end of the lost transaction.
        let run = Run::open(&self.settings, Access::Write, Instant::now() + CONNECT_TIME);
        let found = run.and_then(|run| Ok((run.has(self.first)?, run)));
        match found {
            Ok((true, run)) => Ok(run),
            Ok((false, _)) => bail!(lost(format!("{error:#}"))),
            Err(other) => bail!(lost(format!("{other:#}"))),
        }
    }
}

/// A mirror that is behind is no failure: the next command goes on.
fn warn(locked: &mut LockedLog, extended: Result<()>) {
    if let Err(error) = extended {
        let warning = format!("the database has the trial, but the mirror does not yet: {error:#}");
        locked.warnings.push(warning);
    }
}

impl LockedLog {
    /// Goes on with rows that may have been sent before: the UUID of the first one. Whether the database has them.
    pub(crate) fn resume(&mut self, first: Uuid) -> Result<bool> {
        match &mut self.transaction {
            Some(transaction) => transaction.resume(first),
            None => Ok(false),
        }
    }

    /// How many lines end before an offset: the number of the row there, because the header is one of them.
    fn lines_before(&self, offset: u64) -> Result<i64> {
        let mut before = BufReader::new(SourceReader::new(&self.log.source, 0..offset));
        let mut lines = 0;
        while before.skip_until(b'\n')? > 0 {
            lines += 1;
        }
        Ok(lines)
    }
}
