//! A look at the directory in which an agent is going to work.

use std::{
    fs,
    io::{BufRead, BufReader, Read},
    path::{Component, Path, PathBuf},
};

use anyhow::{Context, Result, ensure};

use super::Store;

/// Entries that are listed, and files that are compared with a snapshot.
const LISTED: usize = 40;
const COMPARED: usize = 2000;

/// The files of a workdir.
pub struct Workdir {
    /// As it was given.
    pub path: String,
    /// Sorted by name; a directory's ends with `/`.
    pub files: Vec<WorkFile>,
    pub left_out: usize,
    /// The trial whose snapshot holds exactly these files.
    pub frozen: Option<String>,
}

pub struct WorkFile {
    pub name: String,
    /// `None` for what is not a regular file.
    pub bytes: Option<u64>,
    /// Of a text file.
    pub first_line: Option<String>,
}

impl WorkFile {
    /// `1234 bytes`, or what it is instead of a file.
    pub fn size_text(&self) -> String {
        match self.bytes {
            Some(bytes) => format!("{bytes} bytes"),
            None if self.name.ends_with('/') => "directory".to_owned(),
            None => "no regular file".to_owned(),
        }
    }
}

impl Store {
    /// Looks at a workdir. `snapshots` are the kept trials with their `snapshot_path`, of which it may be a copy.
    pub fn workdir(&self, dir: &Path, snapshots: &[(String, String)]) -> Result<Workdir> {
        let context = || format!("cannot read the workdir {}", dir.display());
        ensure!(
            fs::metadata(dir).with_context(context)?.is_dir(),
            "the workdir {} is no directory",
            dir.display()
        );
        let mut names: Vec<_> = fs::read_dir(dir)
            .with_context(context)?
            .map(|entry| Ok(entry?.file_name()))
            .collect::<Result<_>>()
            .with_context(context)?;
        names.retain(|name| name != ".git" && name != ".lineage");
        names.sort_unstable();
        let left_out = names.len().saturating_sub(LISTED);
        names.truncate(LISTED);
        let files = names
            .iter()
            .map(|name| look(&dir.join(name), &name.to_string_lossy()))
            .collect();
        let frozen = snapshots.iter().find(|(_, path)| {
            self.snapshot_dir(path)
                .is_some_and(|snapshot| same(dir, &snapshot))
        });
        Ok(Workdir {
            path: dir.display().to_string(),
            files,
            left_out,
            frozen: frozen.map(|(id, _)| id.clone()),
        })
    }

    /// Where a `snapshot_path` leads, if it stays inside of the store: a log may be edited by anybody.
    fn snapshot_dir(&self, path: &str) -> Option<PathBuf> {
        let path = Path::new(path);
        let inside = path
            .components()
            .all(|part| matches!(part, Component::Normal(_)));
        let dir = self.dir()?.join(path);
        (inside && !path.as_os_str().is_empty() && fs::symlink_metadata(&dir).ok()?.is_dir())
            .then_some(dir)
    }
}

fn look(path: &Path, name: &str) -> WorkFile {
    match fs::symlink_metadata(path) {
        Ok(metadata) if metadata.is_file() => WorkFile {
            name: name.to_owned(),
            bytes: Some(metadata.len()),
            first_line: first_line(path),
        },
        Ok(metadata) if metadata.is_dir() => WorkFile {
            name: format!("{name}/"),
            bytes: None,
            first_line: None,
        },
        _ => WorkFile {
            name: name.to_owned(),
            bytes: None,
            first_line: None,
        },
    }
}

/// The first line that is not blank, of a file that begins as a text does.
fn first_line(path: &Path) -> Option<String> {
    let mut head = Vec::new();
    fs::File::open(path)
        .ok()?
        .take(4096)
        .read_to_end(&mut head)
        .ok()?;
    let text = match std::str::from_utf8(&head) {
        Ok(text) => text,
        Err(error) if error.error_len().is_none() => {
            std::str::from_utf8(&head[..error.valid_up_to()]).ok()?
        }
        Err(_) => return None,
    };
    let line = text.lines().find(|line| !line.trim().is_empty())?;
    (!text.contains('\0')).then(|| line.trim().to_owned())
}

/// Whether two directories hold the same regular files with the same bytes.
fn same(a: &Path, b: &Path) -> bool {
    match (files(a), files(b)) {
        (Some(one), Some(other)) => {
            !one.is_empty()
                && one == other
                && one
                    .iter()
                    .all(|(name, _)| same_bytes(&a.join(name), &b.join(name)))
        }
        _ => false,
    }
}

/// Whether two files of one size have the same bytes.
fn same_bytes(a: &Path, b: &Path) -> bool {
    let read = |path: &Path| {
        fs::File::open(path)
            .map(|file| BufReader::with_capacity(64 * 1024, file))
            .ok()
    };
    let (Some(mut a), Some(mut b)) = (read(a), read(b)) else {
        return false;
    };
    loop {
        let (Ok(one), Ok(other)) = (a.fill_buf(), b.fill_buf()) else {
            return false;
        };
        let len = one.len().min(other.len());
        if one[..len] != other[..len] {
            return false;
        }
        if len == 0 {
            return one.len() == other.len();
        }
        a.consume(len);
        b.consume(len);
    }
}

/// Names and sizes of all regular files below a directory, sorted; `None` where there are too many to compare. Links are
/// not followed.
fn files(dir: &Path) -> Option<Vec<(PathBuf, u64)>> {
    let mut files = Vec::new();
    let mut below = vec![PathBuf::new()];
    while let Some(inner) = below.pop() {
        for entry in fs::read_dir(dir.join(&inner)).ok()? {
            let entry = entry.ok()?;
            let (name, metadata) = (inner.join(entry.file_name()), entry.metadata().ok()?);
            if metadata.is_dir() && entry.file_name() != ".git" && entry.file_name() != ".lineage" {
                below.push(name);
            } else if metadata.is_file() {
                files.push((name, metadata.len()));
            }
            if files.len() + below.len() > COMPARED {
                return None;
            }
        }
    }
    files.sort_unstable();
    Some(files)
}
