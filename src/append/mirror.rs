//! The mirror of a shared store: the rows of a run, byte for byte and in their order.
//!
//! `mirror.json` says how much of the log is known to be the database's. A writer that was killed leaves more rows, or a part
//! of one: they are compared with the database and completed. Anything else was edited, or comes from another run.

use std::{
    collections::BTreeMap,
    fs,
    io::{BufRead, BufReader, BufWriter, Read, Seek, Write},
    iter,
    os::unix::fs::MetadataExt,
    path::Path,
    time::Duration,
};

use anyhow::{Context, Result, anyhow, bail, ensure};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{LockedLog, draft::format_time, replace::start_copy};
use crate::{
    files::{MAX_TEXT_BYTES, cannot, permissions_of, read_if_exists, replace_file},
    index::FileState,
    log::{
        SourceReader,
        amendments::{amendments_path, header_of},
        encode, read_file_at,
    },
    shared::{Amendment, Head, Run},
    store::mirror_state_path,
};

/// How many rows one statement fetches.
pub(super) const BATCH: i64 = 1000;

/// What the mirror is known to have.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct State {
    epoch: Uuid,
    /// Trials and amendments.
    pub(super) rows: i64,
    pub(super) revision: i64,
    /// The last trial.
    pub(super) last: Option<Uuid>,
    /// Bytes of the header and these rows, and their checksum.
    pub(super) bytes: u64,
    crc: u32,
    /// The time of the file after the last change, in nanoseconds.
    modified: i64,
    /// The state of a changed copy that may have replaced the log.
    next: Option<Box<State>>,
}

impl LockedLog {
    /// The state of the mirror, if the file is still what the state says.
    pub(super) fn verified_state(&self, head: &Head) -> Result<State> {
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
        let (next, known) = (
            state.next.clone(),
            State {
                next: None,
                ..state
            },
        );
        for state in iter::once(known).chain(next.map(|next| *next)) {
            if self.checksum(state.bytes)? == Some(state.crc) {
                return Ok(state);
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
    pub(super) fn extend(
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
                run.extend_deadline(time)?;
            }
            let text = state.fetch_rows(run)?;
            self.add_or_compare(state.bytes, text.as_bytes())?;
            state.add(text.as_bytes());
            is_saved = true;
            state.save(self)?;
        }
        if self.file.metadata()?.len() > state.bytes {
            bail!(differs(&path, "has rows that the database does not have"));
        }
        if !is_saved {
            let _ = state.save(self); // says only that the mirror is up to date now
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
    pub(super) fn add_or_compare(&mut self, at: u64, bytes: &[u8]) -> Result<()> {
        let before = FileState::of(&self.file);
        let mut found = Vec::new();
        let end = at + bytes.len() as u64;
        SourceReader::new(&self.log.source, at..end).read_to_end(&mut found)?;
        if !bytes.starts_with(&found) {
            bail!(differs(
                self.log.path(),
                "has other trials than the database"
            ));
        }
        let rest = &bytes[found.len()..];
        if !rest.is_empty() {
            let is_batch = memchr::memchr_iter(b'\n', rest).count() > 1;
            self.append_bytes(end - rest.len() as u64, rest, is_batch)?;
        }
        self.log
            .record_append(&self.file, before, rest.len() as u64);
        self.log.log_mut().extend_to(self.file.metadata()?.len());
        Ok(())
    }

    /// Replaces the rows that were amended, in one step, and lists all amendments in `amended.tsv`.
    pub(super) fn apply(&mut self, state: &mut State, amendments: &[Amendment]) -> Result<()> {
        let mut changed = BTreeMap::new();
        for amendment in amendments {
            if amendment.revision > state.revision {
                changed.insert(amendment.seq, amendment.new.as_str());
            }
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
        let file = copy.persist(&path);
        let file = file.with_context(cannot("replace", &path))?;
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
        replace_file(&path, text.as_bytes(), permissions_of(self.log.path())?)
            .with_context(cannot("write to", &path))
    }
}

/// Copies the known rows with changes, by their numbers. Returns the length of the copy and its checksum.
fn copy_changed(
    log: &fs::File,
    bytes: u64,
    changed: &BTreeMap<i64, &str>,
    copy: &mut fs::File,
) -> Result<(u64, u32)> {
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

    pub(super) fn read(log: &Path) -> Result<Option<Self>> {
        let bytes = read_if_exists(&mirror_state_path(log), MAX_TEXT_BYTES)?;
        Ok(bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok())) // one that is torn is as good as none
    }

    /// Fetches the rows after the known ones, at most a batch, and counts them. Returns their lines.
    fn fetch_rows(&mut self, run: &Run) -> Result<String> {
        let rows = run.rows_after(self.rows, BATCH)?;
        let missing_row_message =
            |known: i64| format!("the database lacks the trial {} of the run", known + 1);
        ensure!(!rows.is_empty(), missing_row_message(self.rows));
        let mut text = String::new();
        for row in &rows {
            ensure!(row.seq == self.rows + 1, missing_row_message(self.rows));
            text += &row.line;
            text.push('\n');
            (self.rows, self.last) = (row.seq, Some(row.uuid));
        }
        Ok(text)
    }

    /// Counts bytes that were added.
    pub(super) fn add(&mut self, bytes: &[u8]) {
        let mut hasher = crc32fast::Hasher::new_with_initial(self.crc);
        hasher.update(bytes);
        self.crc = hasher.finalize();
        self.bytes += bytes.len() as u64;
    }

    pub(super) fn save(&mut self, locked: &LockedLog) -> Result<()> {
        self.modified = nanoseconds(&locked.file.metadata()?);
        let path = mirror_state_path(locked.log.path());
        let mode = permissions_of(locked.log.path())?;
        let saved = replace_file(&path, &serde_json::to_vec(self)?, mode);
        saved.with_context(cannot("write", &path))
    }
}

fn nanoseconds(metadata: &fs::Metadata) -> i64 {
    metadata
        .mtime()
        .saturating_mul(1_000_000_000)
        .saturating_add(metadata.mtime_nsec())
}

pub(super) fn differs(path: &Path, how: &str) -> anyhow::Error {
    anyhow!(
        "{} {how}; `lineage pull --reset` moves it aside and fetches the rows of the database",
        path.display()
    )
}
