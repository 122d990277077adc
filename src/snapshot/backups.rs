//! The backups of checkouts: numbered directories in the directory of a checkout.

use std::fs::{read_dir, remove_dir_all};
use std::io;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::cannot;
use super::walk::BACKUP_PREFIX;

/// So many backups stay after a checkout.
pub(super) const MAX_BACKUPS: usize = 3;

/// Removes all backups in a directory but the last `kept` ones; returns the paths of those that it removed.
pub fn remove_backups(dir: &Path, kept: usize) -> Result<Vec<PathBuf>> {
    let numbers = list_backups(dir).with_context(cannot("list", dir))?;
    let mut removed = Vec::new();
    for number in &numbers[..numbers.len().saturating_sub(kept)] {
        let path = dir.join(format!("{BACKUP_PREFIX}{number}"));
        remove_dir_all(&path).with_context(cannot("remove", &path))?;
        removed.push(path);
    }
    Ok(removed)
}

/// The number of the next backup.
pub(super) fn next_number(dir: &Path) -> io::Result<u64> {
    Ok(list_backups(dir)?.last().map_or(1, |last| last + 1))
}

/// The numbers of all backups, oldest first.
fn list_backups(dir: &Path) -> io::Result<Vec<u64>> {
    let mut numbers = Vec::new();
    for entry in read_dir(dir)? {
        let entry = entry?;
        let name = entry.file_name();
        let number = name
            .to_str()
            .and_then(|name| name.strip_prefix(BACKUP_PREFIX));
        // A name such as `.lineage-aside-01` is somebody else's.
        if let Some(text) = number
            && let Ok(number) = text.parse::<u64>()
            && number.to_string() == text
            && entry.file_type()?.is_dir()
        {
            numbers.push(number);
        }
    }
    numbers.sort_unstable();
    Ok(numbers)
}
