//! What of a directory is work: all of it but what `.gitignore` and `.lineageignore` say, `.git`, and the store itself.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use ignore::WalkBuilder;

use super::beneath::{Beneath, Dir, Kind, Meta, word};

/// Where a checkout keeps what it replaces; never part of the work.
pub(super) const ASIDE: &str = ".lineage-aside-";

const IGNORE_FILE: &str = ".lineageignore";

/// What is going to be frozen, seen but not read.
pub(super) struct Work {
    pub(super) root: Beneath,
    /// By path, a directory before what is in it.
    pub(super) entries: Vec<(PathBuf, Meta)>,
    /// What a person should know about what is not among them.
    pub(super) notes: Vec<String>,
}

impl Work {
    /// The bytes of all files.
    pub(super) fn bytes(&self) -> u64 {
        self.files().fold(0, |sum, (_, meta)| sum.saturating_add(meta.len))
    }

    pub(super) fn files(&self) -> impl Iterator<Item = &(PathBuf, Meta)> {
        self.entries.iter().filter(|(_, meta)| meta.kind == Kind::File)
    }
}

/// Looks at a directory, or at one file. `source` may itself be a link; inside of it, none is followed.
pub(super) fn look(source: &Path, store: Option<&Path>) -> Result<Work> {
    let found = std::fs::metadata(source).with_context(|| format!("cannot freeze {}", source.display()))?;
    let full = || source.canonicalize().with_context(|| format!("cannot freeze {}", source.display()));
    if found.is_dir() {
        return look_into(&full()?, source, store);
    }
    ensure!(found.is_file(), "cannot freeze {}: it is neither a directory nor a regular file", source.display());
    let full = full()?;
    let (Some(dir), Some(name)) = (full.parent(), full.file_name()) else {
        bail!("cannot freeze {}: it has no name", source.display())
    };
    let root = Dir::open(dir).with_context(|| format!("cannot open {}", dir.display()))?;
    let meta = root.meta(name).with_context(|| format!("cannot freeze {}", source.display()))?;
    Ok(Work { root: Beneath::new(root), entries: vec![(name.into(), meta)], notes: Vec::new() })
}

fn look_into(dir: &Path, source: &Path, store: Option<&Path>) -> Result<Work> {
    let full = |store: &Path| store.canonicalize().with_context(|| format!("cannot find {}", store.display()));
    let store = store.map(full).transpose()?;
    let in_store = store.as_ref().is_some_and(|store| dir.starts_with(store));
    ensure!(!in_store, "{} is in the store, which is not work", source.display());
    let root = Dir::open(dir).with_context(|| format!("cannot open {}", source.display()))?;
    let mut work = Work { root: Beneath::new(root), entries: Vec::new(), notes: Vec::new() };
    let is_aside = |name: &[u8]| name.starts_with(ASIDE.as_bytes());
    // Only what lies in the directory decides, so that the same directory freezes the same wherever it is: no ignore files
    // above it, none of the person's own, no need for a repository.
    let walk = WalkBuilder::new(dir)
        .standard_filters(false)
        .git_ignore(true)
        .require_git(false)
        .add_custom_ignore_filename(IGNORE_FILE)
        .sort_by_file_name(Ord::cmp)
        .filter_entry(move |entry| {
            let name = entry.file_name();
            entry.depth() == 0
                || (name != ".git" && !is_aside(name.as_encoded_bytes()) && Some(entry.path()) != store.as_deref())
        })
        .build();
    for entry in walk {
        let entry = entry.with_context(|| format!("cannot freeze {}", source.display()))?;
        if let Some(problem) = entry.error() {
            work.notes.push(problem.to_string());
        }
        let path = entry.path().strip_prefix(dir).context("a path outside of the directory")?;
        if path.as_os_str().is_empty() {
            continue;
        }
        let meta = work.root.at(path).and_then(|(dir, name)| dir.meta(name));
        let meta = meta.with_context(|| format!("cannot freeze {}", entry.path().display()))?;
        if meta.kind == Kind::Other {
            work.notes.push(format!("{} is left out: it is {}", source.join(path).display(), word(meta.kind)));
        } else {
            work.entries.push((path.to_owned(), meta));
        }
    }
    Ok(work)
}
