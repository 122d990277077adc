//! A look at the directory in which an agent is going to work.

use std::ffi::OsStr;
use std::fs;
use std::io::Read;
use std::path::Path;

use anyhow::{Context, Result, ensure};

use super::compare::{HashCache, State};
use super::guard::StoreGuard;
use super::walk::{Work, is_left_by_checkout, list_work};
use super::{Snapshot, cannot};
use crate::files::open_input;
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
    /// `1234 bytes`, or the kind of file.
    pub size: String,
    /// Of a text file.
    pub first_line: Option<String>,
}

/// Lists a workdir. `snapshots` are trials with their `snapshot_path`, one of which it may be a copy of.
pub fn read_workdir(store: &Store, dir: &Path, snapshots: &[(String, String)]) -> Result<Workdir> {
    let context = cannot("read the workdir", dir);
    let is_dir = fs::metadata(dir).with_context(context)?.is_dir();
    ensure!(is_dir, "the workdir {} is not a directory", dir.display());
    let mut names = Vec::new();
    for entry in fs::read_dir(dir).with_context(context)? {
        let name = entry.with_context(context)?.file_name();
        if name != ".git" && name != ".lineage" && !is_left_by_checkout(&name) {
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
        size: "not a regular file".to_owned(),
        first_line: None,
    };
    match fs::symlink_metadata(&path) {
        Ok(meta) if meta.is_file() => {
            file.size = format!("{} bytes", meta.len());
            file.first_line = read_first_line(&path);
        }
        Ok(meta) if meta.is_dir() => {
            "directory".clone_into(&mut file.size);
            file.name.push('/');
        }
        _ => {}
    }
    file
}

/// The first line that is not blank; `None` if the file is not text.
fn read_first_line(path: &Path) -> Option<String> {
    let mut head = Vec::new();
    let mut file = open_input(path).ok()?.take(MAX_FIRST_LINE_BYTES);
    file.read_to_end(&mut head).ok()?;
    let chunk = head.utf8_chunks().next()?;
    // The limit may split a character.
    let is_text = chunk.valid().len() + 4 > head.len() && !chunk.valid().contains('\0');
    let line = chunk.valid().lines().find(|line| !line.trim().is_empty());
    line.filter(|_| is_text).map(|line| line.trim().to_owned())
}

/// The first trial whose snapshot a checkout would leave unchanged in `dir`, with nothing to clean.
fn find_same_snapshot(store: &Store, dir: &Path, snapshots: &[(String, String)]) -> Option<String> {
    store.dir()?;
    let work = list_work(dir, &StoreGuard::new(store).ok()?, None).ok()?;
    if work.entries.is_empty() || work.entries.len() > MAX_COMPARED {
        return None;
    }
    let mut hashes = HashCache::new();
    for (trial, path) in snapshots {
        if let Ok(snapshot) = Snapshot::open(store, Path::new(path), trial)
            && is_same(&work, &snapshot, &mut hashes)
        {
            return Some(trial.clone());
        }
    }
    None
}

fn is_same(work: &Work, snapshot: &Snapshot, hashes: &mut HashCache) -> bool {
    let paths = snapshot.entries.iter().map(|entry| &entry.path);
    if !paths.eq(work.entries.iter().map(|(path, _)| path)) {
        return false;
    }
    snapshot.entries.iter().all(|entry| {
        let mode = entry.checkout_mode();
        match snapshot.compare_entry(entry, mode, &work.dir, hashes) {
            State::Same => true,
            // The original of a read-only file, which a checkout makes writable.
            State::OtherMode(meta) => meta.mode == entry.mode,
            _ => false,
        }
    })
}
