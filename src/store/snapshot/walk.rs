//! What of a directory is work: all of it but what `.gitignore` and `.lineageignore` say, `.git`, and the store itself.

use std::{
    ffi::OsStr,
    fs::File,
    io::{self, Read},
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail, ensure};

use super::{
    Snapshot,
    beneath::Beneath,
    dir::{Dir, Kind, Meta, word},
    guard::Guard,
    ignored::Rules,
};

/// Where a checkout keeps what it replaces; never part of the work.
pub(super) const ASIDE: &str = ".lineage-aside-";

/// Begins the name that a checkout writes a file under until it is whole. One that was killed leaves it; never part of the work.
pub(super) const WRITING: &str = ".lineage-writing-";

/// Only what lies in the directory decides, so that the same directory freezes the same wherever it is: no ignore files above
/// it, none of the person's own, no need for a repository. Of two in one directory, the second outranks the first.
pub(super) const IGNORE_FILES: [&str; 2] = [".gitignore", ".lineageignore"];

/// An ignore file is written by hand; what is longer is something else.
const LONGEST_IGNORE_FILE: u64 = 1024 * 1024;

/// What is going to be frozen, seen but not read.
pub(super) struct Work {
    pub(super) root: Beneath,
    /// By path, a directory before what is in it.
    pub(super) entries: Vec<(PathBuf, Meta)>,
    /// Of one file, the name that it has in `root`: a person may have named a link to it.
    pub(super) only: Option<PathBuf>,
    /// What a person should know about what is not among them.
    pub(super) notes: Vec<String>,
}

impl Work {
    /// The bytes of all files.
    pub(super) fn bytes(&self) -> u64 {
        self.files()
            .fold(0, |sum, (_, meta)| sum.saturating_add(meta.len))
    }

    pub(super) fn files(&self) -> impl Iterator<Item = &(PathBuf, Meta)> {
        self.entries
            .iter()
            .filter(|(_, meta)| meta.kind == Kind::File)
    }
}

/// Looks at a directory, or at one file. `source` may itself be a link; inside of it, none is followed. What is ignored is decided
/// by the ignore files of a snapshot, if one is given, and not by those that are there.
pub(super) fn look(source: &Path, guard: &Guard, snapshot: Option<&mut Snapshot>) -> Result<Work> {
    let full = source
        .canonicalize()
        .with_context(|| format!("cannot find {}", source.display()))?;
    ensure!(
        !guard.is_reached(&full)?,
        "{} is in the store, which is not work",
        source.display()
    );
    ensure!(
        !full.iter().any(is_git),
        "{} is in a repository's own files, which are not work",
        source.display()
    );
    let open =
        |dir: &Path| Dir::open(dir).with_context(|| format!("cannot open {}", dir.display()));
    let found = full
        .metadata()
        .with_context(|| format!("cannot look at {}", source.display()))?;
    if found.is_dir() {
        let root = Beneath::new(open(&full)?);
        let work = Work {
            root,
            entries: Vec::new(),
            only: None,
            notes: Vec::new(),
        };
        return Walk {
            source,
            full: &full,
            guard,
            snapshot,
            work,
            rules: Vec::new(),
        }
        .all();
    }
    ensure!(
        found.is_file(),
        "{} is neither a directory nor a regular file",
        source.display()
    );
    let (Some(dir), Some(name)) = (full.parent(), full.file_name()) else {
        bail!("{} has no name", source.display())
    };
    let root = open(dir)?;
    let meta = root
        .meta(name)
        .with_context(|| format!("cannot look at {}", source.display()))?;
    let given = source.file_name().unwrap_or(name).into();
    Ok(Work {
        root: Beneath::new(root),
        entries: vec![(given, meta)],
        only: Some(name.into()),
        notes: Vec::new(),
    })
}

/// A repository's own directory, or the file that names it; on some file systems `.GIT` is the same.
pub(super) fn is_git(name: &OsStr) -> bool {
    name.eq_ignore_ascii_case(".git")
}

/// A directory being looked at.
struct Walk<'w> {
    /// As a person has named it.
    source: &'w Path,
    /// Without links.
    full: &'w Path,
    guard: &'w Guard,
    snapshot: Option<&'w mut Snapshot>,
    work: Work,
    /// The rules of the directories on the way to where it is.
    rules: Vec<(PathBuf, Rules)>,
}

impl Walk<'_> {
    fn all(mut self) -> Result<Work> {
        let read = |path: &Path| format!("cannot read the directory {}", path.display());
        let mut waiting = self
            .enter(Path::new(""))
            .with_context(|| read(self.source))?;
        while let Some(path) = waiting.pop() {
            let shown = self.source.join(&path);
            self.rules.truncate(
                self.rules
                    .iter()
                    .take_while(|(dir, _)| path.starts_with(dir))
                    .count(),
            );
            let name = path.file_name().unwrap_or_default();
            let is_ours = [ASIDE, WRITING]
                .iter()
                .any(|ours| name.as_encoded_bytes().starts_with(ours.as_bytes()));
            if is_git(name) || is_ours || self.guard.is(&self.full.join(&path)) {
                continue;
            }
            let found = self
                .work
                .root
                .at(&path)
                .and_then(|(dir, name)| dir.meta(name));
            let meta = match found {
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue, // gone before it was work
                found => found.with_context(|| format!("cannot look at {}", shown.display()))?,
            };
            if self.guard.has(&meta) || self.is_ignored(&path, meta.kind == Kind::Dir) {
                continue;
            }
            match meta.kind {
                Kind::Other => {
                    self.work.notes.push(format!(
                        "{} is left out: it is {}",
                        shown.display(),
                        word(meta.kind)
                    ));
                    continue;
                }
                Kind::Dir => waiting.extend(self.enter(&path).with_context(|| read(&shown))?),
                Kind::File | Kind::Link => {}
            }
            self.work.entries.push((path, meta));
        }
        Ok(self.work)
    }

    /// What is in a directory, the first at the end; its rules hold from now on.
    fn enter(&mut self, path: &Path) -> Result<Vec<PathBuf>> {
        let dir = self.work.root.dir(path)?;
        let names = dir.names()?;
        let mut rules = Rules::default();
        for name in IGNORE_FILES.map(OsStr::new) {
            let text = match &mut self.snapshot {
                Some(snapshot) if snapshot.has_file(&path.join(name)) => {
                    ignore_text(snapshot.checked(&path.join(name))?)
                }
                None if names.iter().any(|found| found == name) => {
                    dir.file(name).and_then(ignore_text)
                }
                _ => continue,
            };
            match text {
                Ok(text) => rules.add(&text),
                Err(why) => {
                    let shown = self.source.join(path).join(name);
                    self.work
                        .notes
                        .push(format!("{} does not count: {why}", shown.display()));
                }
            }
        }
        if !rules.is_empty() {
            self.rules.push((path.to_owned(), rules));
        }
        Ok(names
            .into_iter()
            .rev()
            .map(|name| path.join(name))
            .collect())
    }

    /// Whether a rule says so: the deepest that speaks of it at all.
    fn is_ignored(&self, path: &Path, is_dir: bool) -> bool {
        let verdict = |(dir, rules): &(PathBuf, Rules)| {
            let beneath = path.strip_prefix(dir).unwrap_or(path);
            rules.verdict(beneath.as_os_str().as_encoded_bytes(), is_dir)
        };
        self.rules.iter().rev().find_map(verdict).unwrap_or(false)
    }
}

/// Reads an ignore file as git does: a link to one counts for nothing, or whoever planted it would decide by another file.
fn ignore_text(file: File) -> io::Result<Vec<u8>> {
    let mut text = Vec::new();
    file.take(LONGEST_IGNORE_FILE + 1).read_to_end(&mut text)?;
    if text.len() as u64 > LONGEST_IGNORE_FILE {
        return Err(io::Error::other("it has more than 1 MiB"));
    }
    Ok(text)
}
