//! The log of a shared store: a mirror of the rows of a run, byte for byte and in their order. To write, the lock on the file
//! and the lock on the run are held together; the rows go to the database first, then into the mirror.
//!
//! `mirror.json` says how much of the log is known to be the database's. A writer that was killed leaves more rows, or a part
//! of one: they are compared with the database and completed. Anything else was edited, or comes from another run.

use std::{
    collections::BTreeMap,
    fs,
    io::{self, BufReader, BufWriter, Read, Seek, Write},
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, anyhow, bail, ensure};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{
    LockedLog,
    amend::{CellChange, encode_changed},
    draft::format_time,
    file_lock::open_locked,
    replace::start_copy,
};
use crate::{
    files::{MAX_TEXT_BYTES, create_file, permissions_of, read_input, replace_file},
    index::FileState,
    log::{
        Direction, Row, Schema,
        amendments::{amendments_path, header_of},
        encode, encode_row, read_file_at,
    },
    shared::{Access, Amendment, Head, Run, Session},
    store::{SharedSettings, Store, Unreachable, mirror_state_path},
};

/// So many rows are fetched with one statement.
const BATCH: i64 = 1000;

/// Connecting takes no longer, however long the command would wait for another writer.
const CONNECT_TIME: Duration = Duration::from_secs(5);

/// How long fetching these takes at most, if the command has time.
const BATCH_TIME: Duration = Duration::from_secs(20);

/// The open transaction of a writer.
pub(super) struct Database {
    run: Run,
    settings: SharedSettings,
    state: State,
    /// The UUID of the first row that is written.
    first: Uuid,
}

/// What the mirror is known to have.
#[derive(Clone, Debug, Deserialize, Serialize)]
struct State {
    epoch: Uuid,
    /// Trials and amendments.
    rows: i64,
    revision: i64,
    /// The last trial.
    last: Option<Uuid>,
    /// Bytes of the header and these rows, and their checksum.
    bytes: u64,
    crc: u32,
    /// The time of the file after the last change, in nanoseconds.
    modified: i64,
    /// The state of a changed copy that may have replaced the log.
    next: Option<Box<State>>,
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
    locked.database = Some(Database {
        run,
        settings: settings.clone(),
        state,
        first: Uuid::new_v4(),
    });
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
        let state = locked.fetch(self, &mut run, patience)?;
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
            fs::rename(path, &to).with_context(|| format!("cannot move {}", path.display()))?;
            aside = Some(to);
        }
        let _ = fs::remove_file(mirror_state_path(path)); // it says nothing of the new log
        let header = encode_row(&Schema::standard_names(&self.settings.columns));
        create_file(path, &header, mode)
            .with_context(|| format!("cannot create {}", path.display()))?;
        Ok(aside)
    }
}

impl LockedLog {
    /// Makes the mirror what the database has. `patience`: each batch gets more time.
    fn fetch(&mut self, store: &Store, run: &mut Run, patience: Option<Duration>) -> Result<State> {
        let head = &run.head;
        check_settings(store, head)?;
        let mut state = self.verified_state(head)?;
        if state.revision != head.revision {
            self.apply(&mut state, &run.amendments()?)?;
        }
        self.extend(&mut state, run, patience)?;
        Ok(state)
    }

    /// The state of the mirror, if the file is still what the state says.
    fn verified_state(&self, head: &Head) -> Result<State> {
        let path = self.log.path();
        let Some(state) = State::read(path)? else {
            return State::start(self, head);
        };
        if state.epoch != head.epoch {
            bail!(differs(
                path,
                "belongs to another run, or the database was made anew"
            ));
        }
        let metadata = self.file.metadata()?;
        if state.next.is_none()
            && state.modified == nanoseconds(&metadata)
            && state.bytes == metadata.len()
        {
            return Ok(state);
        }
        for state in [Some(state.clone()), state.next.map(|next| *next)]
            .into_iter()
            .flatten()
        {
            if self.checksum(state.bytes)? == Some(state.crc) {
                return Ok(State {
                    next: None,
                    ..state
                });
            }
        }
        bail!(differs(path, "was changed by another program"))
    }

    /// The checksum of the first bytes; `None` if there are fewer.
    fn checksum(&self, bytes: u64) -> Result<Option<u32>> {
        let mut hasher = crc32fast::Hasher::new();
        let mut buffer = vec![0; 64 * 1024];
        let mut at = 0;
        while at < bytes {
            let wanted =
                usize::try_from(bytes - at).map_or(buffer.len(), |left| left.min(buffer.len()));
            match read_file_at(&self.file, &mut buffer[..wanted], at)? {
                0 => return Ok(None),
                read => {
                    hasher.update(&buffer[..read]);
                    at += read as u64;
                }
            }
        }
        Ok(Some(hasher.finalize()))
    }

    /// Adds the rows that the mirror lacks. What follows the known rows already must be the same.
    fn extend(
        &mut self,
        state: &mut State,
        run: &mut Run,
        patience: Option<Duration>,
    ) -> Result<()> {
        let path = self.log.path().to_owned();
        let mut is_saved = false;
        self.check_last(state, run)?;
        while state.rows < run.head.rows {
            if let Some(time) = patience {
                run.extend_deadline(time);
            }
            let rows = run.rows_after(state.rows, BATCH)?;
            ensure!(
                !rows.is_empty(),
                "the database lacks the trial {} of the run",
                state.rows + 1
            );
            let mut text = String::new();
            for row in &rows {
                ensure!(
                    row.seq == state.rows + 1,
                    "the database lacks the trial {} of the run",
                    state.rows + 1
                );
                text += &row.line;
                text.push('\n');
                (state.rows, state.last) = (row.seq, Some(row.uuid));
            }
            self.add_or_compare(state.bytes, text.as_bytes())?;
            state.add(text.as_bytes());
            is_saved = true;
            state.save(self)?;
        }
        if self.file.metadata()?.len() > state.bytes {
            bail!(differs(&path, "has rows that the database does not have"));
        }
        if !is_saved {
            state.save(self)?; // says that the mirror is up to date now
        }
        Ok(())
    }

    /// Fails if the last known trial is another one in the database, as after a backup was restored.
    fn check_last(&self, state: &State, run: &Run) -> Result<()> {
        let path = self.log.path();
        if state.rows > run.head.rows {
            bail!(differs(path, "has rows that the database does not have"));
        }
        if state.rows == 0 {
            return Ok(());
        }
        let found = run.rows_after(state.rows - 1, 1)?;
        if found.first().map(|row| row.uuid) != state.last {
            bail!(differs(path, "has other trials than the database"));
        }
        Ok(())
    }

    /// Makes the bytes at `at` these: what is there already is compared.
    fn add_or_compare(&mut self, at: u64, bytes: &[u8]) -> Result<()> {
        let before = FileState::of(&self.file);
        let mut found = vec![0; bytes.len()];
        let mut len = 0;
        while len < found.len() {
            match read_file_at(&self.file, &mut found[len..], at + len as u64)? {
                0 => break,
                read => len += read,
            }
        }
        if found[..len] != bytes[..len] {
            bail!(differs(
                self.log.path(),
                "has other trials than the database"
            ));
        }
        let rest = &bytes[len..];
        if !rest.is_empty() {
            let is_batch = memchr::memchr_iter(b'\n', rest).count() > 1;
            self.append_bytes(at + len as u64, rest, is_batch)?;
        }
        self.log
            .record_append(&self.file, before, rest.len() as u64);
        self.log.log_mut().extend_to(self.file.metadata()?.len());
        Ok(())
    }

    /// Replaces the rows that were amended, in one step, and lists all amendments in `amended.tsv`.
    fn apply(&mut self, state: &mut State, amendments: &[Amendment]) -> Result<()> {
        let mut changed = BTreeMap::new();
        for amendment in amendments
            .iter()
            .filter(|amendment| amendment.revision > state.revision)
        {
            changed.insert(amendment.seq, amendment.new.as_str());
        }
        let path = fs::canonicalize(self.log.path())?;
        self.list_amendments(&path, amendments)?;
        let revision = amendments.last().map_or(0, |last| last.revision);
        if state.rows == 0 {
            state.revision = revision; // rows are fetched as they are now
            return Ok(());
        }
        let mut copy = start_copy(&path)?;
        let (bytes, crc) = copy_changed(&self.file, state.bytes, &changed, copy.as_file_mut())?;
        self.finish_copy(copy.as_file())?;
        let mut next = State {
            bytes,
            crc,
            revision,
            next: None,
            ..state.clone()
        };
        state.next = Some(Box::new(next.clone()));
        state.save(self)?;
        let file = copy
            .persist(&path)
            .with_context(|| format!("cannot replace {}", path.display()))?;
        self.switch_to(file, &path)?;
        self.log.log_mut().extend_to(bytes);
        next.save(self)?;
        *state = next;
        Ok(())
    }

    fn list_amendments(&self, path: &Path, amendments: &[Amendment]) -> Result<()> {
        let mut text = header_of(&self.log.schema);
        for Amendment { time, why, old, .. } in amendments {
            text += &format!("{}\t{}\t{old}\n", format_time(*time), encode(why));
        }
        let path = amendments_path(path);
        replace_file(&path, text.as_bytes())
            .with_context(|| format!("cannot write to {}", path.display()))
    }
}

impl Database {
    pub(super) fn now(&self) -> Result<Timestamp> {
        self.run.now()
    }

    /// Adds lines to the database, then to the mirror. Once the database has them, nothing else is a failure.
    pub(super) fn append(
        mut self,
        locked: &mut LockedLog,
        text: &str,
        jobs: &[Option<&str>],
    ) -> Result<()> {
        let rows: Vec<_> = text.lines().zip(jobs.iter().copied()).collect();
        if rows.is_empty() {
            return Ok(());
        }
        self.run.insert(self.first, &rows)?;
        if let Err(error) = self.run.commit() {
            self.run = self.find_sent(error)?;
        } else {
            let last = self.first.as_u128() + rows.len() as u128 - 1;
            self.state.last = Some(Uuid::from_u128(last));
            self.state.rows = self.run.head.rows;
            let extended = locked
                .add_or_compare(self.state.bytes, text.as_bytes())
                .and_then(|()| {
                    self.state.add(text.as_bytes());
                    self.state.save(locked)
                });
            warn(locked, extended);
            return Ok(());
        }
        let extended = locked.extend(&mut self.state, &mut self.run, None);
        warn(locked, extended);
        Ok(())
    }

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

    /// Amends a row in the database, then in the mirror.
    pub(super) fn amend(
        mut self,
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
}

/// A mirror that is behind is no failure: the next command goes on.
fn warn(locked: &mut LockedLog, extended: Result<()>) {
    if let Err(error) = extended {
        let warning = format!("the database has the trial, but the mirror does not yet: {error:#}");
        locked.warnings.push(warning);
    }
}

/// Opens a file beside the log for appending, and locks it.
pub(crate) fn lock_beside(path: &Path, wait: Duration) -> Result<fs::File> {
    open_locked(path, true, wait)
}

impl LockedLog {
    /// Goes on with rows that may have been sent before: the UUID of the first one. Whether the database has them.
    pub(crate) fn resume(&mut self, first: Uuid) -> Result<bool> {
        let Some(database) = &mut self.database else {
            return Ok(false);
        };
        database.first = first;
        database.run.has(first)
    }

    /// How many lines end before an offset: the number of the row there, because the header is one of them.
    fn lines_before(&self, offset: u64) -> Result<i64> {
        let mut reader = BufReader::new(&self.file);
        reader.rewind()?;
        let mut lines = 0;
        let mut buffer = vec![0; 64 * 1024];
        let mut input = reader.take(offset);
        loop {
            match input.read(&mut buffer)? {
                0 => return Ok(lines),
                read => {
                    let found = memchr::memchr_iter(b'\n', &buffer[..read]).count();
                    lines += i64::try_from(found)?;
                }
            }
        }
    }
}

/// Copies the known rows with changes, by their numbers. Returns the length of the copy and its checksum.
fn copy_changed(
    log: &fs::File,
    bytes: u64,
    changed: &BTreeMap<i64, &str>,
    copy: &mut fs::File,
) -> Result<(u64, u32)> {
    use io::BufRead;
    let mut log = log.try_clone()?;
    log.rewind()?;
    let mut input = BufReader::new(log.take(bytes));
    let mut output = BufWriter::new(copy);
    let mut hasher = crc32fast::Hasher::new();
    let mut len = 0;
    let mut line = Vec::new();
    for number in 0.. {
        line.clear();
        if input.read_until(b'\n', &mut line)? == 0 {
            break;
        }
        if let Some(new) = changed.get(&number) {
            line = format!("{new}\n").into_bytes();
        }
        hasher.update(&line);
        len += line.len() as u64;
        output.write_all(&line)?;
    }
    output.flush()?;
    Ok((len, hasher.finalize()))
}

impl State {
    /// The state of a mirror of which nothing but the header is known.
    fn start(locked: &LockedLog, head: &Head) -> Result<Self> {
        let (path, bytes) = (locked.log.path(), locked.log.start());
        let crc = locked.checksum(bytes)?.context("the log was shortened")?;
        if crc32fast::hash(locked.header.as_bytes()) != crc {
            bail!(differs(path, "has other columns than the run"));
        }
        Ok(Self {
            epoch: head.epoch,
            rows: 0,
            revision: 0,
            last: None,
            bytes,
            crc,
            modified: 0,
            next: None,
        })
    }

    fn read(log: &Path) -> Result<Option<Self>> {
        let path = mirror_state_path(log);
        match read_input(&path, MAX_TEXT_BYTES) {
            Ok(bytes) => Ok(serde_json::from_slice(&bytes).ok()), // one that is torn is as good as none
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error).with_context(|| format!("cannot read {}", path.display())),
        }
    }

    /// Counts bytes that were added.
    fn add(&mut self, bytes: &[u8]) {
        let mut hasher = crc32fast::Hasher::new_with_initial(self.crc);
        hasher.update(bytes);
        self.crc = hasher.finalize();
        self.bytes += bytes.len() as u64;
    }

    fn save(&mut self, locked: &LockedLog) -> Result<()> {
        self.modified = nanoseconds(&locked.file.metadata()?);
        let path = mirror_state_path(locked.log.path());
        let saved = replace_file(&path, &serde_json::to_vec(self)?);
        saved.with_context(|| format!("cannot write {}", path.display()))
    }
}

fn nanoseconds(metadata: &fs::Metadata) -> i64 {
    metadata
        .mtime()
        .saturating_mul(1_000_000_000)
        .saturating_add(metadata.mtime_nsec())
}

fn differs(path: &Path, how: &str) -> anyhow::Error {
    anyhow!(
        "{} {how}; `lineage pull --reset` moves it aside and fetches the rows of the database",
        path.display()
    )
}

/// Fails if the settings of the store are not those of the run: scores would be compared in two ways.
fn check_settings(store: &Store, head: &Head) -> Result<()> {
    let own = &store.settings;
    let metric = own.metric.as_deref().unwrap_or("core_metric");
    let run = &head.metric;
    ensure!(
        metric == run,
        "lineage.toml has the metric {metric}, the run {run}; correct lineage.toml"
    );
    let (direction, run) = (own.direction.unwrap_or(head.direction), head.direction);
    ensure!(
        direction == run,
        "lineage.toml has the direction {direction}, the run {run}; correct lineage.toml"
    );
    let (columns, run) = (own.columns.join(","), head.columns.join(","));
    ensure!(
        columns == run,
        "lineage.toml has the columns '{columns}', the run '{run}'; correct lineage.toml"
    );
    Ok(())
}
