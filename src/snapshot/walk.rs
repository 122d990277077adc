//! Lists the files that belong to a snapshot: all but what `.gitignore` and `.lineageignore` ignore,
//! `.git`, the store, and what a checkout left behind.

use std::ffi::OsStr;
use std::io::ErrorKind::NotFound;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use ignore::Match;
use ignore::gitignore::{Gitignore, GitignoreBuilder};

use super::dir::{Dir, Kind, Meta};
use super::guard::StoreGuard;
use super::{Snapshot, cannot};
use crate::files::read_bounded;

/// A checkout moves what it replaces to a directory with this prefix.
pub(super) const BACKUP_PREFIX: &str = ".lineage-aside-";

/// A checkout writes a file under a name with this prefix until it is complete.
pub(super) const PARTIAL_PREFIX: &str = ".lineage-writing-";

/// The lines of the second come after those of the first. The ignore files above the directory, the
/// user's own and `.git/info/exclude` do not count, so that a directory gives the same snapshot
/// wherever it is.
pub(super) const IGNORE_FILES: [&str; 2] = [".gitignore", ".lineageignore"];

const MAX_IGNORE_FILE_BYTES: u64 = 1024 * 1024;

/// The files to be frozen, listed but not read.
pub(super) struct Work {
    pub(super) dir: Dir,
    /// A directory comes before its contents.
    pub(super) entries: Vec<(PathBuf, Meta)>,
    /// The name in `dir` of a single file; its entry has the name that the user gave.
    pub(super) single_file: Option<PathBuf>,
    /// Messages about what is left out.
    pub(super) notes: Vec<String>,
}

/// Lists a directory or a single file. `source` may be a link; links below it are not followed. If a
/// snapshot is given, its ignore files count instead of those in the directory.
pub(super) fn list_work(
    source: &Path,
    guard: &StoreGuard,
    snapshot: Option<&Snapshot>,
) -> Result<Work> {
    let shown = source.display();
    let full = source.canonicalize().with_context(cannot("find", source))?;
    guard.check_outside(&full, source)?;
    check_outside_git(&full, source)?;
    if full.is_file() {
        return list_file(source, &full);
    }
    ensure!(
        full.is_dir(),
        "{shown} is neither a directory nor a regular file"
    );
    let dir = Dir::open(&full).with_context(cannot("open", source))?;
    let mut walk = Walk {
        dir: &dir,
        source,
        guard,
        snapshot,
        rules: Vec::new(),
        notes: Vec::new(),
    };
    walk.read_rules(Path::new(""))?;
    let entries = dir.walk(|path, meta| walk.allows(path, meta));
    let entries = entries.with_context(cannot("list", source))?;
    let (notes, single_file) = (walk.notes, None);
    Ok(Work {
        dir,
        entries,
        single_file,
        notes,
    })
}

/// A single file, under the name that the user gave.
fn list_file(source: &Path, full: &Path) -> Result<Work> {
    let parent = full.parent().unwrap_or(Path::new("/"));
    let dir = Dir::open(parent).with_context(cannot("open", parent))?;
    let name = PathBuf::from(full.file_name().unwrap_or_default());
    let meta = dir.metadata(&name).with_context(cannot("find", source))?;
    let given_name = source.file_name().unwrap_or(name.as_os_str());
    Ok(Work {
        dir,
        entries: vec![(given_name.into(), meta)],
        single_file: Some(name),
        notes: Vec::new(),
    })
}

/// Fails if a directory is part of a repository of git itself, which may have another name than `.git`.
pub(super) fn check_outside_git(full: &Path, shown: &Path) -> Result<()> {
    let is_repository = |dir: &Path| {
        ["HEAD", "objects", "refs"]
            .iter()
            .all(|name| dir.join(name).exists())
    };
    let is_in_git = full.iter().any(is_git) || full.ancestors().any(is_repository);
    ensure!(
        !is_in_git,
        "{} is inside a git repository's own files, which are never frozen or written to; use another directory",
        shown.display()
    );
    Ok(())
}

/// Some file systems ignore case: `.GIT` may be `.git`.
pub(super) fn is_git(name: &OsStr) -> bool {
    name.eq_ignore_ascii_case(".git")
}

pub(super) fn is_left_by_checkout(name: &OsStr) -> bool {
    let name = name.as_encoded_bytes();
    name.starts_with(BACKUP_PREFIX.as_bytes()) || name.starts_with(PARTIAL_PREFIX.as_bytes())
}

struct Walk<'w> {
    dir: &'w Dir,
    source: &'w Path,
    guard: &'w StoreGuard,
    snapshot: Option<&'w Snapshot>,
    /// The ignore rules of the directories above the current path, outermost first.
    rules: Vec<(PathBuf, Gitignore)>,
    notes: Vec<String>,
}

impl Walk<'_> {
    /// Whether a path is part of the snapshot. A directory comes before its contents.
    fn allows(&mut self, path: &Path, meta: &Meta) -> Result<bool> {
        self.rules.retain(|(dir, _)| path.starts_with(dir));
        let name = path.file_name().unwrap_or_default();
        let is_dir = meta.kind == Kind::Dir;
        if is_git(name)
            || is_left_by_checkout(name)
            || self.guard.protects(meta)
            || self.is_ignored(path, is_dir)
        {
            return Ok(false);
        }
        if meta.kind == Kind::Special {
            let (path, kind) = (self.source.join(path), meta.kind.describe());
            let note = format!("left out {}: it is {kind}", path.display());
            self.notes.push(note);
            return Ok(false);
        }
        if is_dir {
            self.read_rules(path)?;
        }
        Ok(true)
    }

    /// Reads the ignore files of a directory.
    fn read_rules(&mut self, path: &Path) -> Result<()> {
        let mut builder = GitignoreBuilder::new("");
        for name in IGNORE_FILES {
            let path = path.join(name);
            let opened = match self.snapshot {
                Some(snapshot) if snapshot.find_file(&path).is_none() => continue,
                Some(snapshot) => Ok(snapshot.open_verified(&path)?),
                None => self.dir.open_file(&path),
            };
            match opened.and_then(|file| read_bounded(file, MAX_IGNORE_FILE_BYTES)) {
                Ok(text) => add_rules(&mut builder, &text),
                Err(error) if error.kind() == NotFound => {}
                Err(error) => {
                    let path = self.source.join(path);
                    let note = format!("not using {}: {error}", path.display());
                    self.notes.push(note);
                }
            }
        }
        let rules = builder.build()?;
        if !rules.is_empty() {
            self.rules.push((path.to_owned(), rules));
        }
        Ok(())
    }

    /// The deepest ignore file that matches decides, as in git.
    fn is_ignored(&self, path: &Path, is_dir: bool) -> bool {
        for (dir, rules) in self.rules.iter().rev() {
            let relative = path.strip_prefix(dir).unwrap_or(path);
            match rules.matched(relative, is_dir) {
                Match::Ignore(_) => return true,
                Match::Whitelist(_) => return false,
                Match::None => {}
            }
        }
        false
    }
}

/// Adds the lines of an ignore file; an invalid pattern matches nothing, as in git.
fn add_rules(builder: &mut GitignoreBuilder, text: &[u8]) {
    let text = String::from_utf8_lossy(text);
    for line in text.strip_prefix('\u{feff}').unwrap_or(&text).lines() {
        let _ = builder.add_line(None, line);
    }
}
