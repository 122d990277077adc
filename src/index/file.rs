//! The file of an index: a header, the stored answers, then a table that says where the trial of each number is.
//!
//! A writer changes it in place. If it is killed half-way, or read at the same time, the hash does not match and the log is
//! read instead.

use std::{
    collections::HashSet,
    fs::{self, File, OpenOptions, Permissions},
    io,
    os::unix::fs::{FileExt, MetadataExt, OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
};

use rustix::fs::OFlags;
use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::Xxh3;

use crate::{
    analysis::{Chain, ChainEnd, Query, Summary, SummaryBuilder, Tree},
    log::{DamageReport, ExpId, Log, Row, Source, Trial},
};

/// Counts up when the layout or the meaning of what is stored changes.
const MAGIC: [u8; 8] = *b"lineage\x05";
const NAME: [u8; 7] = *b"lineage";

/// How the name of an unfinished index starts.
const TEMPORARY: &str = ".results.idx-";

/// The header: magic, bytes of the answers, their hash.
const HEADER: usize = 24;

/// Room for the header and the answers. The table starts here.
const TABLE: u64 = 512 * 1024;

/// A table entry: one more than the offset of the trial's row, 0 if there is none.
const ENTRY: u64 = 8;

/// How much of the end of the log is hashed.
const HASHED_TAIL: u64 = 4096;

/// Following more links one by one takes longer than reading a log.
const MAX_CHAIN: usize = 20_000;

/// What tells one state of a file from any other. Editing a file changes its times, and the change time cannot be set back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
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

    pub fn of_source(source: &Source) -> Option<Self> {
        match source {
            Source::File(file) => Self::of(file),
            Source::Memory(_) => None,
        }
    }
}

/// The answers to the usual queries, and the state of the log that they are of.
#[derive(Serialize, Deserialize)]
struct Answers {
    state: FileState,
    /// Hash of how the log was read: its columns, the metric, the direction, the version of this program.
    interpretation: u64,
    /// Hash of the end of the log.
    tail: u64,
    damage: DamageReport,
    /// `None` if the answers do not fit, so that nobody tries again.
    summary: Option<Summary>,
}

/// An index that was made from the log as it is.
pub(super) struct Index {
    file: File,
    answers: Answers,
}

impl Index {
    /// Opens an index, if it is valid for exactly this state of the log.
    pub(super) fn open(path: &Path, log: &Log, state: FileState) -> Option<Self> {
        if state.len != log.end() {
            return None;
        }
        let file = open_regular(path)?;
        let answers = read_answers(&file)?;
        let is_valid = answers.state == state
            && answers.interpretation == hash_interpretation(log)
            && answers.tail == hash_tail(log).ok()?;
        is_valid.then_some(Self { file, answers })
    }

    pub(super) fn summary(&self) -> Option<&Summary> {
        self.answers.summary.as_ref()
    }

    pub(super) fn damage(&self) -> &DamageReport {
        &self.answers.damage
    }

    /// The trial with this id, if the table and the log agree on it. `None` says nothing.
    pub(super) fn find(&self, log: &Log, id: &ExpId) -> Option<Trial> {
        self.find_with(id, log, &mut log.reader())
    }

    fn find_with(
        &self,
        id: &ExpId,
        log: &Log,
        read: &mut impl FnMut(u64) -> anyhow::Result<Trial>,
    ) -> Option<Trial> {
        let at = id.counted()?.checked_mul(ENTRY)?.checked_add(TABLE)?;
        let mut entry = [0; ENTRY as usize];
        self.file.read_exact_at(&mut entry, at).ok()?;
        let offset = u64::from_le_bytes(entry).checked_sub(1)?;
        if !(log.start()..log.end()).contains(&offset) {
            return None;
        }
        let trial = read(offset).ok()?;
        let row = trial.row();
        let is_it = row.id().as_ref() == Some(id) && row.damage.is_none();
        is_it.then_some(trial)
    }

    /// The chain to the row at `offset`; `None` if the table does not lead to a root.
    pub(super) fn chain(&self, log: &Log, offset: u64) -> Option<Chain> {
        let mut offsets = vec![offset];
        let mut visited = HashSet::from([offset]);
        let mut read = log.reader();
        let mut trial = read(offset).ok()?;
        let mut end = ChainEnd::Root;
        while let Some(parent) = trial.row().parent() {
            trial = self.find_with(&parent, log, &mut read)?;
            let offset = trial.row().offset;
            if !visited.insert(offset) {
                end = ChainEnd::Cycle;
                break;
            }
            if offsets.len() == MAX_CHAIN {
                return None;
            }
            offsets.push(offset);
        }
        offsets.reverse();
        Some(Chain { offsets, end })
    }

    /// Adds the rows from `from` on. False if the index must be made again.
    pub(super) fn extend(mut self, log: &Log, state: FileState, from: u64) -> io::Result<bool> {
        let Some(mut summary) = self.answers.summary.take() else {
            return self.store(log, state).map(|()| true);
        };
        let mut is_extended = true;
        let mut offsets = Vec::new();
        log.for_each_row_from(from, |row| {
            is_extended = self.is_parent_known(log, row, &summary)
                && summary.add(row, || self.chain(log, row.offset));
            if let Some(number) = row.id().and_then(|id| id.counted()) {
                offsets.push((number, row.offset));
            }
            is_extended
        })?;
        if !is_extended {
            return Ok(false);
        }
        for (number, offset) in offsets {
            if has_room(number, summary.rows()) {
                let entry = (offset + 1).to_le_bytes();
                self.file.write_all_at(&entry, TABLE + ENTRY * number)?;
            }
        }
        self.answers.summary = Some(summary);
        self.store(log, state).map(|()| true)
    }

    /// Whether the parent of a new row is an earlier trial. The stored answers could not tell its children otherwise.
    fn is_parent_known(&self, log: &Log, row: &Row, summary: &Summary) -> bool {
        match row.parent() {
            None => true,
            Some(parent) => summary.is_best(&parent) || self.find(log, &parent).is_some(),
        }
    }

    /// Makes an index of the whole log, which appears at `path` when it is complete.
    pub(super) fn create(path: &Path, log: &Log, state: FileState) -> io::Result<()> {
        let Some(Source::File(log_file)) = log.source() else {
            return Ok(());
        };
        if !is_replaceable(path) {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        let dir = match path.parent() {
            Some(dir) if !dir.as_os_str().is_empty() => dir,
            _ => Path::new("."),
        };
        // Whoever may not read the log may not read its index either.
        let permissions = Permissions::from_mode(log_file.metadata()?.mode() & 0o777);
        let unfinished = tempfile::Builder::new()
            .prefix(TEMPORARY)
            .permissions(permissions.clone())
            .tempfile_in(dir)?;
        unfinished.as_file().set_permissions(permissions)?;
        let mut builder = SummaryBuilder::default();
        let damage = log
            .for_each_row(|row| builder.observe(row))
            .map_err(io::Error::other)?;
        let (summary, tree) = builder.into_parts();
        let file = unfinished.as_file().try_clone()?;
        file.write_all_at(&encode_table(&tree, summary.rows()), TABLE)?;
        let answers = Answers {
            state,
            interpretation: 0,
            tail: 0,
            damage,
            summary: Some(summary),
        };
        Self { file, answers }.store(log, state)?;
        unfinished.persist(path)?;
        Ok(())
    }

    /// Writes the answers for this state of the log.
    fn store(&mut self, log: &Log, state: FileState) -> io::Result<()> {
        self.answers.state = state;
        self.answers.interpretation = hash_interpretation(log);
        self.answers.tail = hash_tail(log)?;
        let mut bytes = encode_answers(&self.answers)?;
        if bytes.len() as u64 > TABLE {
            self.answers.summary = None;
            bytes = encode_answers(&self.answers)?;
        }
        self.file.write_all_at(&bytes, 0)
    }
}

fn encode_answers(answers: &Answers) -> io::Result<Vec<u8>> {
    let mut bytes = postcard::to_extend(answers, vec![0; HEADER]).map_err(io::Error::other)?;
    let (header, body) = bytes.split_at_mut(HEADER);
    header[..8].copy_from_slice(&MAGIC);
    header[8..16].copy_from_slice(&(body.len() as u64).to_le_bytes());
    header[16..].copy_from_slice(&hash(&[body]).to_le_bytes());
    Ok(bytes)
}

fn read_answers(file: &File) -> Option<Answers> {
    let mut header = [0; HEADER];
    file.read_exact_at(&mut header, 0).ok()?;
    let word = |at: usize| header[at..at + 8].try_into().map(u64::from_le_bytes).ok();
    let len = word(8)?;
    if header[..8] != MAGIC || len > TABLE {
        return None;
    }
    let mut body = vec![0; usize::try_from(len).ok()?];
    file.read_exact_at(&mut body, HEADER as u64).ok()?;
    if hash(&[&body]) != word(16)? {
        return None;
    }
    postcard::from_bytes(&body).ok()
}

/// The table of a whole log.
fn encode_table(tree: &Tree, rows: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (number, offset) in tree.numbered() {
        if !has_room(number, rows) {
            continue;
        }
        let at = usize::try_from(ENTRY * number).expect("bounded by the number of rows");
        if bytes.len() < at + 8 {
            bytes.resize(at + 8, 0);
        }
        bytes[at..at + 8].copy_from_slice(&(offset + 1).to_le_bytes());
    }
    bytes
}

/// Whether the table holds a number. Numbers count rows, more or less; a date as a number would make the table larger than
/// the log.
fn has_room(number: u64, rows: u64) -> bool {
    number < 4 * rows + 4096
}

fn hash_interpretation(log: &Log) -> u64 {
    let schema = &log.schema;
    let direction = schema.direction.to_string();
    let mut parts = vec![env!("CARGO_PKG_VERSION"), &schema.metric, &direction];
    parts.extend(schema.names().iter().map(String::as_str));
    hash(&[parts.join("\t").as_bytes(), &log.start().to_le_bytes()])
}

fn hash_tail(log: &Log) -> io::Result<u64> {
    let from = log.end().saturating_sub(HASHED_TAIL);
    let mut bytes = vec![0; usize::try_from(log.end() - from).map_err(io::Error::other)?];
    let read = match log.source() {
        Some(source) => source.read_at(&mut bytes, from)?,
        None => 0,
    };
    Ok(hash(&[&bytes[..read]]))
}

fn hash(parts: &[&[u8]]) -> u64 {
    let mut hash = Xxh3::new();
    for part in parts {
        hash.update(part);
    }
    hash.digest()
}

/// Opens a regular file, to write if this user may. Never follows a link or waits for a FIFO.
fn open_regular(path: &Path) -> Option<File> {
    let flags = (OFlags::NOFOLLOW | OFlags::NONBLOCK).bits().cast_signed();
    let mut options = OpenOptions::new();
    options.read(true).custom_flags(flags);
    let opened = options.clone().write(true).open(path);
    let file = opened.or_else(|_| options.open(path)).ok()?;
    file.metadata().ok()?.is_file().then_some(file)
}

/// Whether nothing is lost if the file is replaced: it is an index, empty, or missing.
fn is_replaceable(path: &Path) -> bool {
    match fs::symlink_metadata(path) {
        Err(error) => error.kind() == io::ErrorKind::NotFound,
        Ok(metadata) if metadata.is_file() && metadata.len() == 0 => true,
        Ok(_) => {
            let mut name = [0; NAME.len()];
            let file = open_regular(path);
            file.is_some_and(|file| file.read_exact_at(&mut name, 0).is_ok()) && name == NAME
        }
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
