//! The directory of a checkout, from the moment when it is touched.

use std::io::{self, ErrorKind::AlreadyExists};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use super::{CheckoutOutcome, Plan};
use crate::files::copy_to_file;
use crate::snapshot::backups::next_number;
use crate::snapshot::compare::State;
use crate::snapshot::dir::{Dir, Kind, Meta, set_mode};
use crate::snapshot::manifest::Entry;
use crate::snapshot::walk::{BACKUP_PREFIX, PARTIAL_PREFIX};
use crate::snapshot::{Progress, Snapshot, cannot};

pub(super) struct Target<'a> {
    /// As the user named it.
    path: &'a Path,
    dir: Dir,
    pub(super) outcome: CheckoutOutcome,
}

impl<'a> Target<'a> {
    pub(super) fn new(path: &'a Path, dir: Dir) -> Self {
        let outcome = CheckoutOutcome::default();
        Self { path, dir, outcome }
    }

    pub(super) fn apply(&mut self, plan: &Plan, progress: Progress) -> Result<()> {
        if !plan.moved.is_empty() {
            self.back_up(&plan.moved)?;
        }
        for path in plan.extra_dirs.iter().rev() {
            let _ = self.dir.remove_empty_dir(path); // ignored files may be left in it
        }
        let total = plan.entries.len() as u64;
        for (at, (entry, state)) in plan.entries.iter().enumerate() {
            let applied = self.apply_entry(plan.snapshot, entry, state);
            applied.with_context(cannot("write", &entry.path))?;
            if entry.kind != Kind::Dir {
                self.outcome.written += u64::from(!state.is_kept());
                self.outcome.unchanged += u64::from(state.is_kept());
            }
            progress(at as u64 + 1, total);
        }
        Ok(())
    }

    /// Moves files and directories to the same paths in a backup directory.
    fn back_up(&mut self, paths: &[PathBuf]) -> Result<()> {
        let first = next_number(self.path).with_context(cannot("list", self.path))?;
        let created = create_numbered(BACKUP_PREFIX, first, |name| {
            self.dir.create_dir(name, 0o700)
        });
        let (name, backup) = created.context("cannot create a backup directory")?;
        self.outcome.backup = Some(self.path.join(name));
        for path in paths {
            let moved = self.move_to(&backup, path);
            moved.with_context(|| format!("cannot move {} to the backup", path.display()))?;
        }
        Ok(())
    }

    fn move_to(&mut self, backup: &Dir, path: &Path) -> io::Result<()> {
        if self.dir.find(path)?.is_none() {
            return Ok(()); // moved with its directory
        }
        let parents: Vec<&Path> = path.ancestors().skip(1).collect();
        for parent in parents.into_iter().rev().skip(1) {
            if backup.find(parent)?.is_none() {
                backup.create_dir(parent, self.dir.metadata(parent)?.mode)?;
            }
        }
        self.outcome.moved += 1;
        self.dir.rename(path, backup, path)
    }

    fn apply_entry(&self, snapshot: &Snapshot, entry: &Entry, state: &State) -> Result<()> {
        let (path, mode) = (&entry.path, entry.checkout_mode());
        match (state, entry.kind) {
            (State::Same, _) => {}
            (State::OtherMode(_), Kind::Dir) => self.dir.open_dir(path)?.set_mode(mode)?,
            (State::OtherMode(_), _) => {
                let file = self.dir.open_file(path)?;
                let has_other_links = Meta::of_file(&file)?.hard_links > 1;
                ensure!(!has_other_links, "it just got another hard link");
                set_mode(&file, mode)?;
            }
            (_, Kind::Dir) => self.dir.create_dir(path, mode).map(drop)?,
            (_, Kind::Link) => self.dir.create_link(path, &entry.target)?,
            _ => self.write_file(snapshot, entry)?,
        }
        Ok(())
    }

    /// Writes a file where nothing is. If something appeared there meanwhile, it is not replaced.
    fn write_file(&self, snapshot: &Snapshot, entry: &Entry) -> Result<()> {
        let path = &entry.path;
        let mut source = snapshot.open_file(path)?; // its hash was compared before
        // `tempfile` would create the file by its full path, which may lead through a link.
        let prefix = format!("{PARTIAL_PREFIX}{}-", std::process::id());
        let (name, mut file) = create_numbered(&prefix, 1, |name| {
            self.dir.create_file(path.with_file_name(name))
        })?;
        let partial = path.with_file_name(name);
        let mut written = copy_to_file(&mut source, &mut file);
        if written.as_ref().is_ok_and(|len| *len != entry.len) {
            written = Err(io::Error::other("the frozen file has another length now"));
        }
        let finished = written.and_then(|_| set_mode(&file, entry.checkout_mode()));
        let renamed = finished.and_then(|()| self.dir.rename_new(&partial, path));
        if renamed.is_err() {
            let _ = self.dir.remove_file(&partial);
        }
        Ok(renamed?)
    }
}

/// Creates something under a name that ends with the first free number from `first` on.
fn create_numbered<T>(
    prefix: &str,
    first: u64,
    create: impl Fn(&str) -> io::Result<T>,
) -> io::Result<(String, T)> {
    let mut n = first;
    loop {
        let name = format!("{prefix}{n}");
        match create(&name) {
            Err(error) if error.kind() == AlreadyExists => n += 1,
            created => return created.map(|created| (name, created)),
        }
    }
}
