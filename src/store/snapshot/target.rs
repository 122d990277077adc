//! The directory that a snapshot is put into, from the moment when it is touched.

use std::{
    collections::HashSet,
    ffi::OsString,
    fs::File,
    io::{self, ErrorKind},
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail, ensure};

use super::{
    Entry, Progress, Snapshot, What,
    beneath::Beneath,
    checkout::{Found, Outcome, mode},
    dir::{Dir, Kind, Meta, set_mode},
    guard::Guard,
    walk::{ASIDE, WRITING},
};

pub(super) struct Target {
    /// As a person has named it.
    path: PathBuf,
    tree: Beneath,
    aside: Option<Beneath>,
    pub(super) outcome: Outcome,
}

impl Target {
    /// Opens the directory, made where it is not there yet; it must be the one that was looked at.
    pub(super) fn make(
        path: &Path,
        full: &Path,
        guard: &Guard,
        snapshot: &Snapshot,
    ) -> Result<Self> {
        let is_new = !full.exists();
        std::fs::create_dir_all(full)
            .with_context(|| format!("cannot make the directory {}", path.display()))?;
        let found = full
            .canonicalize()
            .with_context(|| format!("cannot open {}", path.display()))?;
        ensure!(
            found == full,
            "{} became another directory meanwhile",
            path.display()
        );
        let root = Dir::open(full).with_context(|| format!("cannot open {}", path.display()))?;
        guard.lets_in(&root, full)?;
        if is_new {
            // No wider than the umask has it, nor than what was frozen.
            let (made, frozen) = (root.itself()?.mode, snapshot.tree.root().itself()?.mode);
            root.set_mode(made & frozen)
                .with_context(|| format!("cannot set the permissions of {}", path.display()))?;
        }
        Ok(Self {
            path: path.to_owned(),
            tree: Beneath::new(root),
            aside: None,
            outcome: Outcome::default(),
        })
    }

    /// Brings about all entries, given what was found for each; `extra` gives way.
    pub(super) fn apply(
        &mut self,
        snapshot: &mut Snapshot,
        entries: &[Entry],
        found: &[Found],
        extra: &[(PathBuf, Meta)],
        progress: Progress,
    ) -> Result<()> {
        let replaced: HashSet<&Path> = entries
            .iter()
            .zip(found)
            .filter(|(_, found)| matches!(found, Found::Different(_)))
            .map(|(entry, _)| entry.path.as_path())
            .collect();
        self.clean(extra, &replaced)?;
        for (at, (entry, found)) in entries.iter().zip(found).enumerate() {
            let path = &entry.path;
            self.entry(snapshot, entry, found)
                .with_context(|| format!("cannot write {}", path.display()))?;
            progress(at as u64 + 1, entries.len() as u64);
        }
        Ok(())
    }

    fn entry(&mut self, snapshot: &mut Snapshot, entry: &Entry, found: &Found) -> Result<()> {
        let is_dir = entry.what == What::Dir;
        match found {
            Found::Same => {}
            Found::OtherMode(_) if is_dir => self.tree.dir(&entry.path)?.set_mode(mode(entry))?,
            Found::OtherMode(_) => {
                let file = self.tree.file(&entry.path)?;
                ensure!(
                    Meta::of_file(&file)?.names == 1,
                    "it got another name by a hard link meanwhile"
                );
                set_mode(&file, mode(entry))?;
            }
            Found::Nothing | Found::Different(_) => {
                if matches!(found, Found::Different(_)) {
                    self.move_aside(&entry.path)?;
                }
                self.write(snapshot, entry)?;
                self.outcome.written += u64::from(!is_dir);
                return Ok(());
            }
        }
        self.outcome.same += u64::from(!is_dir);
        Ok(())
    }

    /// Moves away what is too much: files first, then the directories that this has emptied.
    fn clean(&mut self, extra: &[(PathBuf, Meta)], replaced: &HashSet<&Path>) -> Result<()> {
        let goes_anyway = |path: &Path| path.ancestors().any(|above| replaced.contains(above));
        for (path, meta) in extra {
            if meta.kind != Kind::Dir && !goes_anyway(path) {
                self.move_aside(path)?;
            }
        }
        for (path, meta) in extra.iter().rev() {
            if meta.kind == Kind::Dir && !goes_anyway(path) {
                let (dir, name) = self.tree.at(path)?;
                let _ = dir.remove_empty_dir(name); // what is ignored may be left in it
            }
        }
        Ok(())
    }

    /// Moves something out of the way, under the same path in a directory of its own.
    fn move_aside(&mut self, path: &Path) -> Result<()> {
        if self.aside.is_none() {
            let (name, dir) = make_aside(self.tree.root())
                .context("cannot make a directory for what gives way")?;
            self.outcome.aside = Some(self.path.join(name));
            self.aside = Some(Beneath::new(dir));
        }
        let aside = self.aside.as_mut().expect("just made");
        let parents: Vec<&Path> = path
            .ancestors()
            .skip(1)
            .filter(|above| !above.as_os_str().is_empty())
            .collect();
        for above in parents.into_iter().rev() {
            let (dir, name) = aside.at(above)?;
            if dir.look(name)?.is_none() {
                dir.make_dir(name, 0o700)?;
                dir.child(name)?
                    .set_mode(self.tree.dir(above)?.itself()?.mode)?;
            }
        }
        let (from, name) = self.tree.at(path)?;
        let (to, _) = aside.at(path)?;
        from.rename(name, to, name)
            .with_context(|| format!("cannot move {} aside", path.display()))?;
        self.outcome.moved += 1;
        Ok(())
    }

    /// Writes what is not there, a file under another name until it is whole; where it came to be there meanwhile, that is an error
    /// and not overwritten.
    fn write(&mut self, snapshot: &mut Snapshot, entry: &Entry) -> Result<()> {
        let (dir, name) = self.tree.at(&entry.path)?;
        let contents = match &entry.what {
            What::Dir => {
                dir.make_dir(name, 0o700)?;
                return Ok(dir.child(name)?.set_mode(mode(entry))?);
            }
            What::Link(target) => return Ok(dir.make_link(name, target)?),
            What::File(contents) => contents,
        };
        let mut frozen = snapshot.file(&entry.path)?;
        let (writing, mut file) = create(dir)?;
        // Its hash was compared before anything was touched; the copy can be left to the system.
        let written = std::io::copy(&mut frozen, &mut file).and_then(|bytes| {
            set_mode(&file, mode(entry))?;
            if bytes == contents.bytes {
                Ok(())
            } else {
                Err(ErrorKind::UnexpectedEof.into())
            }
        });
        let written = written.and_then(|()| dir.rename_to_free(&writing, name));
        if written.is_err() {
            let _ = dir.remove_file(&writing); // only half of it
        }
        Ok(written?)
    }
}

/// A file under a name that nobody else has.
fn create(dir: &Dir) -> io::Result<(OsString, File)> {
    for n in 1..=u16::MAX {
        let name = OsString::from(format!("{WRITING}{}-{n}", std::process::id()));
        match dir.create(&name) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            made => return Ok((name, made?)),
        }
    }
    Err(ErrorKind::AlreadyExists.into())
}

/// A directory in `root` that nobody else has: `.lineage-aside-1`, or the next number.
fn make_aside(root: &Dir) -> Result<(OsString, Dir)> {
    for n in 1..=u16::MAX {
        let name = OsString::from(format!("{ASIDE}{n}"));
        match root.make_dir(&name, 0o700) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            made => {
                made?;
                let dir = root.child(&name)?;
                return Ok((name, dir));
            }
        }
    }
    bail!("there are too many of them: {ASIDE}1 and so on")
}
