//! What is remembered beside the log, so that an answer costs the same at any length. It is derived from the log and never
//! needed: only `append` writes it, under the lock that it holds anyway; a reader believes it where it was made from this very
//! state of the log, and reads the log itself where it was not.
//!
//! The file: two slots, each with a state of the log and the answers in it, of which the older one is overwritten, so that a
//! reader finds a whole one at any instant; then a table of eight bytes a number, which says where its trial is.

use std::{
    fs::{self, File, OpenOptions},
    io,
    os::unix::fs::{FileExt, MetadataExt},
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::Xxh3;

use super::{Log, scan::Damaged};
use crate::{
    lineage::{Chain, ChainEnd, Summary, Summing},
    trial::{ExpId, Trial},
};

/// What the file begins with. To be counted up when what a slot or the table means changes.
const MAGIC: [u8; 8] = *b"lineage\x01";

/// The room for each slot. Where the answers need more, none are kept.
const SLOT: u64 = 256 * 1024;

/// Magic, length of the log, length of what follows, its hash.
const HEAD: usize = 32;

/// The table begins here; the entry of number `n` is eight bytes at `n * 8` behind it.
const TABLE: u64 = 2 * SLOT;

/// An entry is the offset of the trial's row above so many bits of a hash.
const CHECK: u32 = 24;

/// This much of the end of the log is hashed.
const LAST: u64 = 4096;

/// What tells one state of one file from any other. To edit a file changes its time, which nobody can set back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Stamp {
    device: u64,
    inode: u64,
    pub(super) len: u64,
    changed: (i64, i64),
}

impl Stamp {
    pub(super) fn of(file: &File) -> io::Result<Self> {
        let metadata = file.metadata()?;
        let changed = (metadata.ctime(), metadata.ctime_nsec());
        Ok(Self { device: metadata.dev(), inode: metadata.ino(), len: metadata.len(), changed })
    }
}

/// A state of the log, and the answers in it.
#[derive(Serialize, Deserialize)]
struct Kept {
    stamp: Stamp,
    /// A hash of how the log was read: its columns, the metric, the direction, the version of this program.
    reading: u64,
    /// A hash of the end of the log.
    last: u64,
    damaged: Damaged,
    /// `None` where the answers have no room: nobody need find that out again.
    summary: Option<Summary>,
}

/// An index that was made from the log as it is.
pub(super) struct Index {
    file: File,
    /// The slot that it was read from.
    slot: u64,
    kept: Kept,
}

/// What became of looking for an index.
pub(super) enum Found {
    Fits(Box<Index>),
    /// It is of a shorter log: a writer may be about to carry it on.
    Behind,
    No,
}

impl Index {
    pub(super) fn open(path: &Path, log: &Log) -> Found {
        let Some(stamp) = log.stamp.filter(|stamp| stamp.len == log.end) else { return Found::No };
        let opened = || {
            let file = OpenOptions::new().read(true).write(log.is_locked).open(path).ok()?;
            let heads = [read_head(&file, 0), read_head(&file, 1)];
            file.metadata().is_ok_and(|metadata| metadata.is_file()).then_some((file, heads))
        };
        if !fs::symlink_metadata(path).is_ok_and(|metadata| metadata.is_file()) {
            return Found::No;
        }
        let Some((file, heads)) = opened() else { return Found::No };
        for (slot, head) in (0..).zip(&heads) {
            let kept = head.as_ref().filter(|head| head.len == stamp.len).and_then(|head| head.read(&file, slot));
            if let Some(kept) = kept.filter(|kept| kept.fits(log, stamp)) {
                return Found::Fits(Box::new(Self { file, slot, kept }));
            }
        }
        let is_behind = heads.iter().flatten().map(|head| head.len).max().is_some_and(|len| len < stamp.len);
        if is_behind { Found::Behind } else { Found::No }
    }

    pub(super) fn summary(&self) -> Option<&Summary> {
        self.kept.summary.as_ref()
    }

    pub(super) fn damaged(&self) -> &Damaged {
        &self.kept.damaged
    }

    /// The trial with this id, where the table and the log agree on it; `None` says nothing.
    pub(super) fn trial(&self, log: &Log, id: &ExpId) -> Option<Trial> {
        trial(&self.file, log, id)
    }

    /// The way to the row that begins at `offset`; `None` where the table does not lead to a root.
    pub(super) fn chain(&self, log: &Log, offset: u64) -> Option<Chain> {
        climb(&self.file, log, offset)
    }

    /// Carries the index on to the rows from `from` on. False where it must be made anew.
    pub(super) fn carry_on(mut self, log: &Log, from: u64) -> io::Result<bool> {
        let (Some(stamp), Some(mut rows)) = (log.stamp, log.rows_from(from)) else { return Ok(false) };
        while let Some(row) = rows.next()? {
            let Some(summary) = &mut self.kept.summary else { break };
            let id = row.id();
            if !summary.add(row, || climb(&self.file, log, row.offset)) {
                return Ok(false);
            }
            if let Some((number, entry)) = id.as_ref().and_then(ExpId::counted).and_then(|id| entry(id, row.offset)) {
                self.file.write_all_at(&entry.to_le_bytes(), TABLE + 8 * number)?;
            }
        }
        self.kept.stamp = stamp;
        self.kept.last = hash_of_end(log)?;
        self.write(1 - self.slot).map(|()| true)
    }

    /// Makes an index of the whole log, and lets it appear at `path`.
    pub(super) fn make(path: &Path, log: &Log) -> io::Result<()> {
        let Some(stamp) = log.stamp else { return Ok(()) };
        let unfinished = path.with_extension("idx-new"); // there is one writer at a time
        let _ = fs::remove_file(&unfinished);
        let file = OpenOptions::new().read(true).write(true).create_new(true).open(&unfinished)?;
        let (summing, damaged) = log.scan(Summing::default()).map_err(io::Error::other)?;
        let (summary, tree) = summing.into_parts();
        let mut table = Vec::new();
        for (number, entry) in tree.numbered().filter_map(|(number, offset)| entry(number, offset)) {
            let at = usize::try_from(8 * number).map_err(io::Error::other)?;
            table.resize(table.len().max(at + 8), 0);
            table[at..at + 8].copy_from_slice(&entry.to_le_bytes());
        }
        file.write_all_at(&table, TABLE)?;
        let kept = Kept { stamp, reading: reading(log), last: hash_of_end(log)?, damaged, summary: Some(summary) };
        Self { file, slot: 1, kept }.write(0)?;
        fs::rename(&unfinished, path)
    }

    fn write(&mut self, slot: u64) -> io::Result<()> {
        let mut bytes = encode(&self.kept)?;
        if bytes.len() as u64 > SLOT {
            self.kept.summary = None;
            bytes = encode(&self.kept)?;
        }
        self.file.write_all_at(&bytes, slot * SLOT)
    }
}

impl Kept {
    fn fits(&self, log: &Log, stamp: Stamp) -> bool {
        self.stamp == stamp && self.reading == reading(log) && hash_of_end(log).is_ok_and(|last| last == self.last)
    }
}

/// The head of a slot.
struct Head {
    /// How long the log was.
    len: u64,
    /// How many bytes follow, and their hash.
    bytes: u64,
    hash: u64,
}

fn read_head(file: &File, slot: u64) -> Option<Head> {
    let mut head = [0; HEAD];
    file.read_exact_at(&mut head, slot * SLOT).ok()?;
    let word = |at: usize| u64::from_le_bytes(head[at..at + 8].try_into().expect("eight bytes"));
    let head_is = Head { len: word(8), bytes: word(16), hash: word(24) };
    (head[..8] == MAGIC && head_is.bytes <= SLOT - HEAD as u64).then_some(head_is)
}

impl Head {
    fn read(&self, file: &File, slot: u64) -> Option<Kept> {
        let mut bytes = vec![0; usize::try_from(self.bytes).ok()?];
        file.read_exact_at(&mut bytes, slot * SLOT + HEAD as u64).ok()?;
        (hash(&[&self.len.to_le_bytes(), &bytes]) == self.hash).then(|| postcard::from_bytes(&bytes).ok())?
    }
}

fn encode(kept: &Kept) -> io::Result<Vec<u8>> {
    let body = postcard::to_allocvec(kept).map_err(io::Error::other)?;
    let len = kept.stamp.len.to_le_bytes();
    let mut bytes = MAGIC.to_vec();
    bytes.extend(len);
    bytes.extend((body.len() as u64).to_le_bytes());
    bytes.extend(hash(&[&len, &body]).to_le_bytes());
    bytes.extend(body);
    Ok(bytes)
}

fn hash(parts: &[&[u8]]) -> u64 {
    let mut hash = Xxh3::new();
    for part in parts {
        hash.update(part);
    }
    hash.digest()
}

fn reading(log: &Log) -> u64 {
    let schema = &log.schema;
    let direction = schema.direction.to_string();
    let mut parts = vec![env!("CARGO_PKG_VERSION"), &schema.metric, &direction];
    parts.extend(schema.names().iter().map(String::as_str));
    hash(&[parts.join("\t").as_bytes(), &log.start.to_le_bytes()])
}

fn hash_of_end(log: &Log) -> io::Result<u64> {
    let from = log.end.saturating_sub(LAST);
    let mut bytes = vec![0; usize::try_from(log.end - from).map_err(io::Error::other)?];
    let read = log.file.as_ref().map_or(Ok(0), |file| file.read_at(&mut bytes, from))?;
    Ok(hash(&[&bytes[..read]]))
}

/// What the table has for a number, and for which; `None` where it has no room for it.
fn entry(number: u64, offset: u64) -> Option<(u64, u64)> {
    // Numbers that count are less than the bytes of the rows; a few that are larger would make the table as large as they are.
    let has_room = number <= offset / 8 + (1 << 20) && offset < 1 << (u64::BITS - CHECK);
    has_room.then(|| (number, offset << CHECK | check(number, offset)))
}

fn check(number: u64, offset: u64) -> u64 {
    hash(&[&number.to_le_bytes(), &offset.to_le_bytes()]) >> (u64::BITS - CHECK)
}

fn trial(file: &File, log: &Log, id: &ExpId) -> Option<Trial> {
    let number = id.counted()?;
    let mut entry = [0; 8];
    file.read_exact_at(&mut entry, TABLE.checked_add(number.checked_mul(8)?)?).ok()?;
    let entry = u64::from_le_bytes(entry);
    let offset = entry >> CHECK;
    let is_whole = entry == offset << CHECK | check(number, offset) && (log.start..log.end).contains(&offset);
    let trial = is_whole.then(|| log.at(offset).ok())??;
    (trial.row().id().as_ref() == Some(id)).then_some(trial)
}

fn climb(file: &File, log: &Log, offset: u64) -> Option<Chain> {
    let mut offsets = vec![offset];
    let mut passed = std::collections::HashSet::from([offset]);
    let mut at = log.at(offset).ok()?;
    let end = loop {
        let Some(parent) = at.row().parent() else { break ChainEnd::Root };
        let next = trial(file, log, &parent)?;
        let offset = next.row().offset;
        if !passed.insert(offset) {
            break ChainEnd::Cycle;
        }
        offsets.push(offset);
        at = next;
    };
    offsets.reverse();
    Some(Chain { offsets, end })
}

/// Where the index of a log is.
pub(super) fn path_of(log: &Path) -> PathBuf {
    log.with_extension("idx")
}
