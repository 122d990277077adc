//! A state of the log and the answers in it, on the disk: magic, length of the log, length of what follows, its hash, and that.

use std::{fs::File, io, os::unix::fs::FileExt};

use xxhash_rust::xxh3::Xxh3;

use super::Kept;

/// What a slot begins with. To be counted up when what it or the table means changes.
const MAGIC: [u8; 8] = *b"lineage\x04";
const NAME: &[u8; 7] = b"lineage";

/// The room for each of the two slots. Where the answers need more, none are kept.
pub(crate) const SLOT: u64 = 256 * 1024;

/// What stands before the answers.
const HEAD: usize = 32;

/// Whether a slot begins as one does, of whatever version.
pub(crate) fn is_named(file: &File, slot: u64) -> bool {
    let mut name = [0; NAME.len()];
    file.read_exact_at(&mut name, slot * SLOT).is_ok() && name == *NAME
}

/// The head of a slot.
pub(crate) struct Head {
    /// How long the log was.
    pub(crate) len: u64,
    /// How many bytes follow, and their hash.
    bytes: u64,
    hash: u64,
}

pub(crate) fn read_head(file: &File, slot: u64) -> Option<Head> {
    let mut head = [0; HEAD];
    file.read_exact_at(&mut head, slot * SLOT).ok()?;
    let word = |at: usize| u64::from_le_bytes(head[at..at + 8].try_into().expect("eight bytes"));
    let head_is = Head {
        len: word(8),
        bytes: word(16),
        hash: word(24),
    };
    (head[..8] == MAGIC && head_is.bytes <= SLOT - HEAD as u64).then_some(head_is)
}

impl Head {
    pub(crate) fn read(&self, file: &File, slot: u64) -> Option<Kept> {
        let mut bytes = vec![0; usize::try_from(self.bytes).ok()?];
        file.read_exact_at(&mut bytes, slot * SLOT + HEAD as u64)
            .ok()?;
        (hash(&[&self.len.to_le_bytes(), &bytes]) == self.hash)
            .then(|| postcard::from_bytes(&bytes).ok())?
    }
}

/// Writes a state of the log into a slot; false where it has no room there.
pub(crate) fn write(file: &File, slot: u64, kept: &Kept) -> io::Result<bool> {
    let mut bytes = postcard::to_extend(kept, vec![0; HEAD]).map_err(io::Error::other)?;
    let (head, body) = bytes.split_at_mut(HEAD);
    let len = kept.stamp.len.to_le_bytes();
    let words = [
        MAGIC,
        len,
        (body.len() as u64).to_le_bytes(),
        hash(&[&len, body]).to_le_bytes(),
    ];
    head.copy_from_slice(words.as_flattened());
    let has_room = bytes.len() as u64 <= SLOT;
    if has_room {
        file.write_all_at(&bytes, slot * SLOT)?;
    }
    Ok(has_room)
}

pub(crate) fn hash(parts: &[&[u8]]) -> u64 {
    let mut hash = Xxh3::new();
    for part in parts {
        hash.update(part);
    }
    hash.digest()
}
