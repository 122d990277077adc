//! Where the trial of each number is, and the mark of its job: sixteen bytes a number.

use std::{collections::HashSet, fs::File, io, os::unix::fs::FileExt};

use anyhow::Result;

use super::slot::{SLOT, hash};
use crate::{
    analysis::{Chain, ChainEnd, Jobs, Tree},
    log::{ExpId, Log, Trial},
};

/// The table stands behind the slots.
const TABLE: u64 = 2 * SLOT;
const ENTRY: u64 = 16;
const JOB: u64 = 8;

/// Where a trial is: the offset of its row above so many bits of a hash.
const CHECK: u32 = 24;

/// To go so many links, one by one, takes longer than to read a log.
const FAR: usize = 20_000;

/// This much is read at a time. A multiple of an entry.
const PAGE: u64 = 64 * 1024;

/// The table of a whole log, and the sum over its jobs.
pub(crate) struct Table {
    bytes: Vec<u8>,
    pub(crate) jobs: Option<u64>,
}

impl Table {
    pub(crate) fn of(tree: &Tree, jobs: &Jobs, rows: u64) -> Self {
        let mut table = Self {
            bytes: Vec::new(),
            jobs: (!jobs.uncounted).then_some(0),
        };
        for (number, place) in tree
            .numbered()
            .filter_map(|(number, offset)| place(number, offset, rows))
        {
            table.put(ENTRY * number, place);
        }
        for &(number, mark) in &jobs.marks {
            // A number that has no room or that stands twice cannot have its job in the table.
            let is_free = has_room(number, rows)
                && table.get(ENTRY * number) != 0
                && table.get(ENTRY * number + JOB) == 0;
            if is_free {
                table.put(ENTRY * number + JOB, mark);
            }
            table.jobs = table
                .jobs
                .filter(|_| is_free)
                .map(|sum| sum.wrapping_add(weight(number, mark)));
        }
        table
    }

    pub(crate) fn write(&self, file: &File) -> io::Result<()> {
        file.write_all_at(&self.bytes, TABLE)
    }

    fn get(&self, at: u64) -> u64 {
        let bytes = usize::try_from(at)
            .ok()
            .and_then(|at| self.bytes.get(at..at + 8));
        bytes.map_or(0, |bytes| {
            u64::from_le_bytes(bytes.try_into().expect("eight bytes"))
        })
    }

    fn put(&mut self, at: u64, word: u64) {
        let at = usize::try_from(at).expect("as long as the log at most");
        self.bytes.resize(self.bytes.len().max(at + 8), 0);
        self.bytes[at..at + 8].copy_from_slice(&word.to_le_bytes());
    }
}

/// Writes what there is of one number.
pub(crate) fn write(file: &File, number: u64, place: u64, job: u64) -> io::Result<()> {
    file.write_all_at(
        &[place.to_le_bytes(), job.to_le_bytes()].concat(),
        TABLE + ENTRY * number,
    )
}

/// Whether one of these marks is in the table of so many numbers, whose jobs have this sum; `None` where they have another one.
pub(crate) fn has_job(file: &File, numbers: u64, jobs: u64, marks: &[u64]) -> Option<bool> {
    let end = TABLE
        + numbers
            .checked_mul(ENTRY)?
            .min(file.metadata().ok()?.len().checked_sub(TABLE)?);
    let mut page = vec![0; usize::try_from(PAGE).ok()?];
    let (mut number, mut sum, mut found, mut at) = (0, 0_u64, false, TABLE);
    while at < end {
        let bytes = &mut page[..usize::try_from((end - at).min(PAGE)).ok()?];
        file.read_exact_at(bytes, at).ok()?;
        for entry in bytes.as_chunks::<16>().0 {
            let mark = u64::from_le_bytes(entry[8..].try_into().expect("eight bytes"));
            sum = sum.wrapping_add(weight(number, mark));
            found |= marks.contains(&mark);
            number += 1;
        }
        at += PAGE;
    }
    (sum == jobs).then_some(found)
}

/// What a job adds to the sum over all of them: nothing where there is none.
pub(crate) fn weight(number: u64, mark: u64) -> u64 {
    if mark == 0 {
        0
    } else {
        (mark ^ number.wrapping_mul(0x9e37_79b9_7f4a_7c15)).wrapping_mul(0xd6e8_feb8_6659_fd93) | 1
    }
}

/// Where a trial is, as the table of a log of so many rows says it; `None` where it has no room for it.
pub(crate) fn place(number: u64, offset: u64, rows: u64) -> Option<(u64, u64)> {
    let is_small = has_room(number, rows) && offset < 1 << (u64::BITS - CHECK);
    is_small.then(|| (number, offset << CHECK | check(number, offset)))
}

/// Numbers count rows, more or less. A date as a number would make the table larger than the log.
fn has_room(number: u64, rows: u64) -> bool {
    number < 4 * rows + (1 << 12)
}

fn check(number: u64, offset: u64) -> u64 {
    hash(&[&number.to_le_bytes(), &offset.to_le_bytes()]) >> (u64::BITS - CHECK)
}

/// The trial with this id, where the table and the log agree on it.
pub(crate) fn trial(file: &File, log: &Log, id: &ExpId) -> Option<Trial> {
    find(file, log, id, log.reader())
}

fn find(
    file: &File,
    log: &Log,
    id: &ExpId,
    mut read: impl FnMut(u64) -> Result<Trial>,
) -> Option<Trial> {
    let number = id.counted()?;
    let mut place = [0; 8];
    file.read_exact_at(&mut place, TABLE.checked_add(number.checked_mul(ENTRY)?)?)
        .ok()?;
    let place = u64::from_le_bytes(place);
    let offset = place >> CHECK;
    let is_whole =
        place == offset << CHECK | check(number, offset) && (log.start..log.end).contains(&offset);
    let trial = is_whole.then(|| read(offset).ok())??;
    (trial.row().id().as_ref() == Some(id)).then_some(trial)
}

/// The way to the row that begins at `offset`; `None` where the table does not lead to a root.
pub(crate) fn climb(file: &File, log: &Log, offset: u64) -> Option<Chain> {
    let mut offsets = vec![offset];
    let mut passed = HashSet::from([offset]);
    let mut read = log.reader();
    let mut at = read(offset).ok()?;
    let end = loop {
        let Some(parent) = at.row().parent() else {
            break ChainEnd::Root;
        };
        let next = find(file, log, &parent, &mut read)?;
        let offset = next.row().offset;
        if !passed.insert(offset) {
            break ChainEnd::Cycle;
        }
        if offsets.len() == FAR {
            return None;
        }
        offsets.push(offset);
        at = next;
    };
    offsets.reverse();
    Some(Chain { offsets, end })
}
