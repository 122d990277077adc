//! The file of an index: a header, the stored answers, then a table that has the offset of each numbered trial's row.
//!
//! `extend` changes it in place, `create` replaces it. The hash shows answers that were written in part, the fingerprint
//! answers of another state of the log, and every table entry is checked against its row. In doubt, the log is read.

use std::{
    fs::{self, File, OpenOptions, Permissions},
    io, mem,
    os::unix::fs::{FileExt, MetadataExt, PermissionsExt},
    path::{Path, PathBuf},
};

use anyhow::{Context, ensure};
use rustix::fs::OFlags;
use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_64;

use crate::{
    analysis::{Chain, ChainEnd, Query, Summary, TreeBuilder, follow_parents},
    files::{NEW_INDEX, open_regular},
    log::{DamageReport, ExpId, Log, Row, Source, Trial},
};

/// Counts up when the layout or the meaning of what is stored changes.
const MAGIC: u64 = u64::from_le_bytes(*b"lineage\x0e");
const NAME: [u8; 7] = *b"lineage";

/// The header: magic, bytes of the answers, their hash.
const HEADER: u64 = 24;

/// Room for the header and the answers. The table starts here.
const TABLE: u64 = 512 * 1024;

/// A table entry: one more than the offset of the trial's row, 0 if there is none.
const ENTRY: u64 = 8;

/// How much of the end of the log is hashed.
const HASHED_TAIL: u64 = 4096;

/// Following more links one by one takes longer than reading a log.
const MAX_CHAIN: usize = 20_000;

/// What tells one state of a file from any other. Editing a file changes its times, and the change time cannot be set back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileState {
    device: u64,
    inode: u64,
    pub(super) len: u64,
    modified: (i64, i64),
    changed: (i64, i64),
}

impl FileState {
    pub fn of(file: &File) -> Option<Self> {
        let metadata = file.metadata().ok()?;
        Some(Self {
            device: metadata.dev(),
            inode: metadata.ino(),
            len: metadata.len(),
            modified: (metadata.mtime(), metadata.mtime_nsec()),
            changed: (metadata.ctime(), metadata.ctime_nsec()),
        })
    }
}

#[derive(Serialize, Deserialize)]
pub(super) struct Answers {
    /// The fingerprint of the log that the answers were computed from.
    fingerprint: u64,
    pub(super) damage: DamageReport,
    pub(super) summary: Summary,
}

/// An index that was made from the log as it is.
pub(super) struct Index {
    file: File,
    pub(super) answers: Answers,
}

impl Index {
    /// Opens an index, if it is valid for exactly this state of the log.
    pub(super) fn open(path: &Path, log: &Log, state: FileState) -> Option<Self> {
        let file = open_index(path)?;
        let answers = read_answers(&file)?;
        let is_valid = answers.fingerprint == fingerprint(log, state).ok()?;
        is_valid.then_some(Self { file, answers })
    }

    /// The trial with this id, if the table and the log agree on it; `None` if only a scan can tell.
    pub(super) fn find(&self, log: &Log, id: &ExpId) -> Option<Trial> {
        let mut entry = [0; 8];
        let at = TABLE + ENTRY * table_number(id, log)?;
        self.file.read_exact_at(&mut entry, at).ok()?;
        let offset = u64::from_le_bytes(entry).checked_sub(1)?;
        if !(log.start()..log.end()).contains(&offset) {
            return None;
        }
        let trial = log.at(offset).ok()?;
        let row = trial.row();
        let matches = row.id().as_ref() == Some(id) && row.damage.is_none();
        matches.then_some(trial)
    }

    /// The chain to the row at `offset`; `None` if it is long or the table has not every parent: then the
    /// log has to be read.
    pub(super) fn chain(&self, log: &Log, offset: u64) -> Option<Chain> {
        let mut trial = log.at(offset).ok()?;
        let mut links = 0..MAX_CHAIN;
        let (mut offsets, end) = follow_parents(offset, |_| {
            let parent = trial.row().parent().ok_or(ChainEnd::Root)?;
            links.next().ok_or(ChainEnd::MissingParent)?;
            trial = self.find(log, &parent).ok_or(ChainEnd::MissingParent)?;
            Ok(trial.row().offset)
        });
        offsets.reverse();
        (end != ChainEnd::MissingParent).then_some(Chain { offsets, end })
    }

    /// Adds the rows from `from` on; `None` if the index must be made again.
    pub(super) fn extend(mut self, log: &Log, state: FileState, from: u64) -> Option<()> {
        let mut summary = mem::take(&mut self.answers.summary);
        let mut rows = log.rows_from(from);
        while let Some(row) = rows.next().ok()? {
            self.add_row(&mut summary, &row, log)?;
        }
        self.answers.summary = summary;
        write_answers(&self.file, self.answers, log, state).ok()
    }

    fn add_row(&self, summary: &mut Summary, row: &Row, log: &Log) -> Option<()> {
        // The stored answers can be updated row by row only if a parent precedes its children.
        if let Some(parent) = row.parent()
            && !summary.is_best(&parent)
        {
            self.find(log, &parent)?;
        }
        summary.add(row, || self.chain(log, row.offset))?;
        if let Some((number, entry)) = table_entry(row, log) {
            let at = TABLE + ENTRY * number;
            self.file.write_all_at(&entry.to_le_bytes(), at).ok()?;
        }
        Some(())
    }
}

/// Builds the index of the whole log; it appears at `path` once it is complete.
pub(super) fn create(path: &Path, log: &Log, state: FileState) -> anyhow::Result<()> {
    let Source::File(log_file) = &log.source else {
        return Ok(());
    };
    ensure!(is_replaceable(path), "not an index");
    let dir = path.parent().context("no directory")?;
    let unfinished = tempfile::Builder::new()
        .prefix(NEW_INDEX)
        .tempfile_in(dir)?;
    let mut summary = Summary::new();
    let mut tree = TreeBuilder::default();
    let mut table = Vec::new();
    let damage = log.for_each_row(|row| {
        summary.observe(row);
        tree.observe(row);
        add_entry(&mut table, row, log);
    })?;
    summary.set_lineage(&tree.into_tree());
    let answers = Answers {
        fingerprint: 0,
        damage,
        summary,
    };
    let file = unfinished.as_file();
    let table: Vec<u8> = table.into_iter().flat_map(u64::to_le_bytes).collect();
    file.write_all_at(&table, TABLE)?;
    write_answers(file, answers, log, state)?;
    // The index is as private as its log.
    let mode = log_file.metadata()?.mode() & 0o777;
    file.set_permissions(Permissions::from_mode(mode))?;
    unfinished.persist(path)?;
    Ok(())
}

/// The number of a trial, if the table has room for it. Ids usually number the rows; an id such as 20240131 would
/// make the table larger than the log.
fn table_number(id: &ExpId, log: &Log) -> Option<u64> {
    id.counted().filter(|number| ENTRY * number < log.end())
}

/// The number of a row's trial, and what the table says of it.
fn table_entry(row: &Row, log: &Log) -> Option<(u64, u64)> {
    let number = table_number(&row.id()?, log)?;
    Some((number, row.offset + 1))
}

/// Adds a row to the table, unless an earlier one has its number.
fn add_entry(table: &mut Vec<u64>, row: &Row, log: &Log) {
    if let Some((number, entry)) = table_entry(row, log) {
        let number = usize::try_from(number).expect("bounded by the length of the log");
        if table.len() <= number {
            table.resize(number + 1, 0);
        }
        if table[number] == 0 {
            table[number] = entry;
        }
    }
}

/// Writes the answers for this state of the log.
fn write_answers(file: &File, mut answers: Answers, log: &Log, state: FileState) -> io::Result<()> {
    answers.fingerprint = fingerprint(log, state)?;
    let body = postcard::to_allocvec(&answers).map_err(io::Error::other)?;
    let header = [MAGIC, body.len() as u64, xxh3_64(&body)].map(u64::to_le_bytes);
    let bytes = [header.as_flattened(), &body].concat();
    if bytes.len() as u64 > TABLE {
        return Err(io::ErrorKind::FileTooLarge.into());
    }
    file.write_all_at(&bytes, 0)
}

fn read_answers(file: &File) -> Option<Answers> {
    let mut header = [[0; 8]; 3];
    file.read_exact_at(header.as_flattened_mut(), 0).ok()?;
    let [magic, len, hash] = header.map(u64::from_le_bytes);
    if magic != MAGIC || len > TABLE {
        return None;
    }
    let mut body = vec![0; usize::try_from(len).ok()?];
    file.read_exact_at(&mut body, HEADER).ok()?;
    (xxh3_64(&body) == hash).then(|| postcard::from_bytes(&body).ok())?
}

/// Hash of the state of the log, of its end, and of how it is read.
fn fingerprint(log: &Log, state: FileState) -> io::Result<u64> {
    let schema = &log.schema;
    let from = log.end().saturating_sub(HASHED_TAIL);
    let mut bytes = vec![0; usize::try_from(log.end() - from).map_err(io::Error::other)?];
    let read = log.source.read_at(&mut bytes, from)?;
    bytes.truncate(read);
    let version = env!("CARGO_PKG_VERSION");
    let rows = log.start()..log.end();
    let metric = (&schema.metric, schema.direction, schema.tie);
    let reading = (version, metric, schema.names());
    bytes.extend_from_slice(format!("{state:?} {rows:?} {reading:?}").as_bytes());
    Ok(xxh3_64(&bytes))
}

/// Opens an index, for writing too if this user may: `append` extends it. Never follows a link.
fn open_index(path: &Path) -> Option<File> {
    let open = |write| {
        let mut options = OpenOptions::new();
        open_regular(options.read(true).write(write), OFlags::NOFOLLOW, path)
    };
    open(true).or_else(|_| open(false)).ok()
}

/// Whether nothing is lost if the file is replaced: it is an index, empty, or missing.
fn is_replaceable(path: &Path) -> bool {
    match fs::symlink_metadata(path) {
        Err(error) => error.kind() == io::ErrorKind::NotFound,
        Ok(_) => open_index(path).is_some_and(|file| {
            let mut name = [0; NAME.len()];
            let read = file.read_at(&mut name, 0);
            read.is_ok_and(|read| NAME.starts_with(&name[..read]))
        }),
    }
}

/// Deletes an index; false if there is none.
pub(super) fn delete(path: &Path) -> bool {
    is_replaceable(path) && fs::remove_file(path).is_ok()
}

/// Where the index of a log is.
pub fn index_path(log: &Path) -> PathBuf {
    log.with_extension("idx")
}
