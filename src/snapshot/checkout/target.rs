//! The directory of a checkout, from the moment when it is touched.

use std::io::{self, ErrorKind::AlreadyExists};
use std::path::Path;

use anyhow::{Context, Result, ensure};

use super::{CheckoutOutcome, Plan, State, checkout_mode};
use crate::snapshot::Progress;
use crate::snapshot::Snapshot;
use crate::snapshot::cannot;
use crate::snapshot::dir::{Dir, Kind, Meta, set_mode};
use crate::snapshot::manifest::{Content, Entry};
use crate::snapshot::walk::{BACKUP_PREFIX, PARTIAL_PREFIX};

pub(super) struct Target<'a> {
    /// As the user named it.
    path: &'a Path,
    dir: Dir,
    backup: Option<Dir>,
    pub(super) outcome: CheckoutOutcome,
}

impl<'a> Target<'a> {
    /// Opens the directory that was checked before, or creates it.
    pub(super) fn open(plan: &Plan<'a>) -> Result<Self> {
        let (path, full) = (plan.options.dir, &plan.full);
        let context = cannot("open", path);
        let is_new = !full.exists();
        std::fs::create_dir_all(full).with_context(context)?;
        let is_unchanged = full.canonicalize().with_context(context)? == *full;
        ensure!(
            is_unchanged,
            "{} was replaced by another directory",
            path.display()
        );
        let dir = Dir::open(full).with_context(context)?;
        let meta = Meta::of_file(dir.handle())?;
        ensure!(
            !plan.guard.protects(&meta),
            "{} is in the store",
            path.display()
        );
        plan.guard.check_outside(full, path)?;
        if is_new {
            // No more access than the umask allows and the original had.
            let frozen_mode = Meta::of_file(plan.snapshot.dir.handle())?.mode;
            dir.set_mode(meta.mode & frozen_mode)
                .with_context(context)?;
        }
        let (backup, outcome) = (None, CheckoutOutcome::default());
        Ok(Self {
            path,
            dir,
            backup,
            outcome,
        })
    }

    pub(super) fn apply(&mut self, plan: &Plan, progress: Progress) -> Result<()> {
        for (entry, state) in &plan.entries {
            if let State::Different(_) = state {
                self.move_to_backup(&entry.path)?;
            }
        }
        self.clean(plan)?;
        let total = plan.entries.len() as u64;
        for (at, (entry, state)) in plan.entries.iter().enumerate() {
            let applied = self.apply_entry(plan.snapshot, entry, state);
            applied.with_context(cannot("write", &entry.path))?;
            progress(at as u64 + 1, total);
        }
        Ok(())
    }

    /// Moves away what the snapshot does not have, then removes the directories that are empty now.
    fn clean(&mut self, plan: &Plan) -> Result<()> {
        for (path, meta) in &plan.extra {
            // It may have been moved with its directory.
            if meta.kind != Kind::Dir && self.dir.find(path)?.is_some() {
                self.move_to_backup(path)?;
            }
        }
        for (path, _) in plan
            .extra
            .iter()
            .rev()
            .filter(|(_, meta)| meta.kind == Kind::Dir)
        {
            let _ = self.dir.remove_empty_dir(path); // ignored files may be left in it
        }
        Ok(())
    }

    /// Moves a file or directory to the same path in the backup directory.
    fn move_to_backup(&mut self, path: &Path) -> Result<()> {
        let context = || format!("cannot move {} to a backup directory", path.display());
        if self.backup.is_none() {
            let created = create_numbered(BACKUP_PREFIX, |name| self.dir.create_dir(name, 0o700));
            let (name, dir) = created.with_context(context)?;
            self.outcome.backup = Some(self.path.join(name));
            self.backup = Some(dir);
        }
        if let Some(backup) = &self.backup {
            move_with_parents(&self.dir, backup, path).with_context(context)?;
            self.outcome.moved += 1;
        }
        Ok(())
    }

    fn apply_entry(&mut self, snapshot: &Snapshot, entry: &Entry, state: &State) -> Result<()> {
        let is_dir = u64::from(entry.content == Content::Dir);
        match state {
            State::Missing | State::Different(_) => {
                self.write(snapshot, entry)?;
                self.outcome.written += 1 - is_dir;
                return Ok(());
            }
            State::OtherMode(_) => self.restore_mode(entry)?,
            State::Same => {}
        }
        self.outcome.unchanged += 1 - is_dir;
        Ok(())
    }

    fn restore_mode(&self, entry: &Entry) -> Result<()> {
        let mode = checkout_mode(entry);
        if entry.content == Content::Dir {
            return Ok(self.dir.open_dir(&entry.path)?.set_mode(mode)?);
        }
        let file = self.dir.open_file(&entry.path)?;
        let has_other_links = Meta::of_file(&file)?.hard_links > 1;
        ensure!(!has_other_links, "it just got another hard link");
        Ok(set_mode(&file, mode)?)
    }

    /// Writes an entry where nothing is. If something appeared there meanwhile, it is not replaced.
    fn write(&self, snapshot: &Snapshot, entry: &Entry) -> Result<()> {
        let (path, mode) = (&entry.path, checkout_mode(entry));
        let frozen = match &entry.content {
            Content::Dir => return Ok(self.dir.create_dir(path, mode).map(drop)?),
            Content::Link(target) => return Ok(self.dir.create_link(path, target)?),
            Content::File(frozen) => frozen,
        };
        let mut source = snapshot.open_file(path)?; // its hash was compared before
        // `tempfile` would create the file by its full path, which may lead through a link.
        let prefix = format!("{PARTIAL_PREFIX}{}-", std::process::id());
        let (name, mut file) = create_numbered(&prefix, |name| {
            self.dir.create_file(path.with_file_name(name))
        })?;
        let partial = path.with_file_name(name);
        let mut written = io::copy(&mut source, &mut file);
        if written.as_ref().is_ok_and(|len| *len != frozen.len) {
            written = Err(io::Error::other("the frozen file has another length now"));
        }
        let finished = written.and_then(|_| set_mode(&file, mode));
        let renamed = finished.and_then(|()| self.dir.rename_new(&partial, path));
        if renamed.is_err() {
            let _ = self.dir.remove_file(&partial);
        }
        Ok(renamed?)
    }
}

fn move_with_parents(from: &Dir, to: &Dir, path: &Path) -> io::Result<()> {
    let parents: Vec<&Path> = path.ancestors().skip(1).collect();
    for parent in parents.into_iter().rev().skip(1) {
        if to.find(parent)?.is_none() {
            to.create_dir(parent, from.metadata(parent)?.mode)?;
        }
    }
    from.rename(path, to, path)
}

/// Creates something under a name that ends with the first free number.
fn create_numbered<T>(
    prefix: &str,
    create: impl Fn(&str) -> io::Result<T>,
) -> io::Result<(String, T)> {
    let mut n = 1;
    loop {
        let name = format!("{prefix}{n}");
        match create(&name) {
            Err(error) if error.kind() == AlreadyExists => n += 1,
            created => return created.map(|created| (name, created)),
        }
    }
}
