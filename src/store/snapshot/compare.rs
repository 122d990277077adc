//! Two snapshots side by side: which paths differ. What has the same hash in both manifests is not read at all.

use std::{cmp::Ordering, ffi::OsString, io::Read, path::PathBuf};

use anyhow::{Context, Result, ensure};

use super::{Entry, Snapshot, What, copy::hash_of};

/// A longer file is not compared line by line.
const LONGEST_TEXT: u64 = 32 * 1024 * 1024;

/// A NUL so early makes a file a binary one, as git and grep have it.
const HEAD: u64 = 8000;

/// A path that is not the same in both: gone where there is no `after`, new where there is no `before`.
#[derive(Clone, Debug)]
pub struct Pair {
    pub path: PathBuf,
    pub before: Option<Entry>,
    pub after: Option<Entry>,
}

/// One side of a pair, read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Side {
    Text {
        executable: bool,
        bytes: Vec<u8>,
    },
    Binary {
        executable: bool,
    },
    /// Too long to be compared line by line.
    Long {
        executable: bool,
    },
    Link(OsString),
}

/// Every file and link that differs, by path. Directories are no more than the way to them.
pub fn compare(before: &mut Snapshot, after: &mut Snapshot) -> Result<Vec<Pair>> {
    let listed = |snapshot: &Snapshot| -> Vec<Entry> {
        snapshot
            .entries()
            .iter()
            .filter(|entry| entry.what != What::Dir)
            .cloned()
            .collect()
    };
    let (olds, news) = (listed(before), listed(after));
    let (mut olds, mut news) = (olds.into_iter().peekable(), news.into_iter().peekable());
    let mut pairs = Vec::new();
    loop {
        let order = match (olds.peek(), news.peek()) {
            (None, None) => return Ok(pairs),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some(old), Some(new)) => old.path.cmp(&new.path),
        };
        let old = if order.is_le() { olds.next() } else { None };
        let new = if order.is_ge() { news.next() } else { None };
        match (old, new) {
            (Some(old), Some(new)) if is_link(&old) != is_link(&new) => {
                pairs.push(Pair {
                    path: old.path.clone(),
                    before: Some(old),
                    after: None,
                });
                pairs.push(Pair {
                    path: new.path.clone(),
                    before: None,
                    after: Some(new),
                });
            }
            (Some(old), Some(new)) => {
                if differ(before, &old, after, &new)? {
                    pairs.push(Pair {
                        path: old.path.clone(),
                        before: Some(old),
                        after: Some(new),
                    });
                }
            }
            (old, new) => {
                let path = old
                    .as_ref()
                    .or(new.as_ref())
                    .map(|entry| entry.path.clone())
                    .unwrap_or_default();
                pairs.push(Pair {
                    path,
                    before: old,
                    after: new,
                });
            }
        }
    }
}

fn is_link(entry: &Entry) -> bool {
    matches!(entry.what, What::Link(_))
}

/// Of the permissions only "may be executed" is work; the others are the umask's.
fn is_executable(entry: &Entry) -> bool {
    entry.mode & 0o100 != 0
}

fn differ(before: &mut Snapshot, old: &Entry, after: &mut Snapshot, new: &Entry) -> Result<bool> {
    let (old_file, new_file) = match (&old.what, &new.what) {
        (What::File(old_file), What::File(new_file)) => (old_file, new_file),
        (old_what, new_what) => return Ok(old_what != new_what),
    };
    if is_executable(old) != is_executable(new) || old_file.bytes != new_file.bytes {
        return Ok(true);
    }
    let old_hash = old_file
        .hash
        .map_or_else(|| hash_of(&mut before.file(&old.path)?), Ok)?;
    let new_hash = new_file
        .hash
        .map_or_else(|| hash_of(&mut after.file(&new.path)?), Ok)?;
    Ok(old_hash != new_hash)
}

impl Snapshot {
    /// Reads an entry of this snapshot.
    pub fn side(&mut self, entry: &Entry) -> Result<Side> {
        let executable = is_executable(entry);
        if let What::Link(target) = &entry.what {
            return Ok(Side::Link(target.clone()));
        }
        let mut file = self.file(&entry.path)?;
        let context = || {
            format!(
                "cannot read {} of the snapshot of trial {}",
                entry.path.display(),
                self.trial
            )
        };
        let mut bytes = Vec::new();
        (&mut file)
            .take(HEAD)
            .read_to_end(&mut bytes)
            .with_context(context)?;
        if memchr::memchr(0, &bytes).is_some() {
            return Ok(Side::Binary { executable });
        }
        if file.metadata().with_context(context)?.len() > LONGEST_TEXT {
            return Ok(Side::Long { executable });
        }
        file.read_to_end(&mut bytes).with_context(context)?;
        let intact = matches!(&entry.what, What::File(contents) if contents.hash.is_none_or(|hash| hash == blake3::hash(&bytes)));
        ensure!(
            intact,
            "{}: it is not what was frozen; `lineage check` says more",
            context()
        );
        Ok(Side::Text { executable, bytes })
    }
}
