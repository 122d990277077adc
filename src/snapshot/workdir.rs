//! A look at the directory in which an agent is going to work.

use std::ffi::OsStr;
use std::fs;
use std::io::Read;
use std::path::Path;

use anyhow::{Context, Result, ensure};

use super::Snapshot;
use super::checkout::State;
use super::compare::HashCache;
use super::guard::StoreGuard;
use super::walk::{Work, list_work};
use crate::snapshot::cannot;
use crate::store::Store;

const MAX_LISTED: usize = 40;

/// A directory with more entries is not compared with the snapshots.
const MAX_COMPARED: usize = 2000;

const MAX_FIRST_LINE_BYTES: u64 = 4096;

/// What is in a workdir.
pub struct Workdir {
    /// As the user named it.
    pub path: String,
    /// Sorted by name; the name of a directory ends with `/`.
    pub files: Vec<WorkFile>,
    pub left_out: usize,
    /// The trial whose snapshot has exactly these files.
    pub frozen: Option<String>,
}

pub struct WorkFile {
    pub name: String,
    /// `None` if it is not a regular file.
    pub bytes: Option<u64>,
    /// Of a text file.
    pub first_line: Option<String>,
}

impl WorkFile {
    /// `1234 bytes`, or the kind of file.
    pub fn size_text(&self) -> String {
        match self.bytes {
            Some(bytes) => format!("{bytes} bytes"),
            None if self.name.ends_with('/') => "directory".to_owned(),
            None => "not a regular file".to_owned(),
        }
    }
}

/// Lists a workdir. `snapshots` are trials with their `snapshot_path`, one of which it may be a copy of.
pub fn read_workdir(store: &Store, dir: &Path, snapshots: &[(String, String)]) -> Result<Workdir> {
    let context = cannot("read the workdir", dir);
    let is_dir = fs::metadata(dir).with_context(context)?.is_dir();
    ensure!(is_dir, "the workdir {} is not a directory", dir.display());
    let mut names = Vec::new();
    for entry in fs::read_dir(dir).with_context(context)? {
        let name = entry.with_context(context)?.file_name();
        if name != ".git" && name != ".lineage" {
            names.push(name);
        }
    }
    names.sort_unstable();
    let left_out = names.len().saturating_sub(MAX_LISTED);
    names.truncate(MAX_LISTED);
    Ok(Workdir {
        path: dir.display().to_string(),
        files: names.iter().map(|name| inspect_file(dir, name)).collect(),
        left_out,
        frozen: find_same_snapshot(store, dir, snapshots),
    })
}

fn inspect_file(dir: &Path, name: &OsStr) -> WorkFile {
    let path = dir.join(name);
    let mut file = WorkFile {
        name: name.to_string_lossy().into_owned(),
        bytes: None,
        first_line: None,
    };
    match fs::symlink_metadata(&path) {
        Ok(meta) if meta.is_file() => {
            file.bytes = Some(meta.len());
            file.first_line = read_first_line(&path);
        }
        Ok(meta) if meta.is_dir() => file.name.push('/'),
        _ => {}
    }
    file
}

/// The first line that is not blank; `None` if the file is not text.
fn read_first_line(path: &Path) -> Option<String> {
    let mut head = Vec::new();
    let file = fs::File::open(path).ok()?;
    file.take(MAX_FIRST_LINE_BYTES)
        .read_to_end(&mut head)
        .ok()?;
    if let Err(error) = std::str::from_utf8(&head)
        && error.error_len().is_none()
    {
        head.truncate(error.valid_up_to()); // the limit splits a character
    }
    let text = std::str::from_utf8(&head).ok()?;
    if text.contains('\0') {
        return None;
    }
    let line = text.lines().find(|line| !line.trim().is_empty())?;
    Some(line.trim().to_owned())
}

/// The first trial whose snapshot a checkout would leave unchanged in `dir`, with nothing to clean.
fn find_same_snapshot(store: &Store, dir: &Path, snapshots: &[(String, String)]) -> Option<String> {
    store.dir()?;
    let work = list_work(dir, &StoreGuard::new(store).ok()?, None).ok()?;
    if work.entries.is_empty() || work.entries.len() > MAX_COMPARED {
        return None;
    }
    let mut hashes = HashCache::default();
    for (trial, path) in snapshots {
        if let Ok(snapshot) = Snapshot::open(store, path, trial)
            && is_same(&work, &snapshot, &mut hashes)
        {
            return Some(trial.clone());
        }
    }
    None
}

fn is_same(work: &Work, snapshot: &Snapshot, hashes: &mut HashCache) -> bool {
    if work.entries.len() != snapshot.entries.len() {
        return false;
    }
    for (path, meta) in &work.entries {
        let Some(entry) = snapshot.find_entry(path) else {
            return false;
        };
        match snapshot.inspect(entry, &work.dir, meta, hashes) {
            Ok(State::Same) => {}
            // The original of a read-only file, which a checkout makes writable.
            Ok(State::OtherMode(mode)) if mode == entry.mode => {}
            _ => return false,
        }
    }
    true
}
