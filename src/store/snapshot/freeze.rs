//! Freezing: work is copied under a temporary name before the lock is taken, however long that takes; under the lock it is only
//! renamed. What is killed on the way leaves nothing under a final name, and the next one sweeps up after it.

use std::{
    fs::File,
    io::Write,
    path::{Path, PathBuf},
    thread,
};

use anyhow::{Context, Result, bail};

use super::{
    Entry, Progress, SNAPSHOTS,
    beneath::{Beneath, Dir, Kind},
    copy::Job,
    crew, manifest, manifest_name, open_down,
    walk::{self, Work},
};
use crate::{
    store::{Durability, Locked, Store},
    trial::ExpId,
    view::text,
};

/// What is being frozen is in directories that begin so; who works in one holds a lock on it.
const TEMPORARY: &str = ".freezing-";
const TREE: &str = "tree";
const MANIFEST: &str = "manifest";

/// As much of a domain becomes part of a name.
const LONGEST_DOMAIN: usize = 64;

/// Frozen work that has no final name yet. Dropped without one, it is removed.
pub struct Frozen {
    snapshots: Dir,
    temporary: Temporary,
    durability: Durability,
    /// What a person should know.
    pub notes: Vec<String>,
}

/// A directory of our own, locked for as long as we live.
struct Temporary {
    path: PathBuf,
    name: String,
    dir: Dir,
}

impl Drop for Temporary {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.path); // what stays is swept up by the next one
    }
}

/// A snapshot under its final name, whose row is not written yet. Dropped before `keep` is called, it is taken away again.
pub struct Placed {
    dir: PathBuf,
    name: String,
    kept: bool,
}

impl Store {
    /// Copies work aside, to be placed once the trial has its id. Files that the snapshot at the path `base` has already are
    /// shared with it. `progress` is told how many of how many bytes are done.
    pub fn freeze(&self, source: &Path, base: Option<&str>, progress: Progress) -> Result<Frozen> {
        let store = self.dir().with_context(|| {
            format!(
                "{} has no store around it to keep snapshots in; `lineage init` makes one",
                self.log_path().display()
            )
        })?;
        // A base that cannot be read costs space, not the snapshot: `lineage check` says what is wrong with it.
        let open = |base| self.snapshot_at(base).ok();
        let (work, base) = thread::scope(|scope| {
            let base = scope.spawn(|| base.and_then(open));
            (walk::look(source, Some(store)), base.join().ok().flatten())
        });
        let work = work?;
        self.check_size(&work, source)?;
        let path = store.join(SNAPSHOTS);
        match std::fs::create_dir(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => {
                return Err(error).with_context(|| format!("cannot make the directory {}", path.display()));
            }
            _ => {}
        }
        let snapshots = open_down(store, Path::new(SNAPSHOTS))?;
        sweep(&snapshots, &path);
        let temporary = Temporary::make(&snapshots, &path)?;
        let (base, known) = base.unzip();
        let durability = self.settings.durability;
        let job = Job::new(&known.unwrap_or_default(), self.settings.snapshot.max_bytes, durability);
        let tree = temporary.dir.child(TREE.as_ref())?;
        let (entries, notes) = crew::freeze(&job, work, base, Beneath::new(tree), progress)
            .with_context(|| format!("cannot freeze {}", source.display()))?;
        temporary.finish(&entries, durability).with_context(|| format!("cannot write {}", temporary.path.display()))?;
        Ok(Frozen { snapshots, temporary, durability, notes })
    }

    fn check_size(&self, work: &Work, source: &Path) -> Result<()> {
        let (bytes, limit) = (work.bytes(), self.settings.snapshot.max_bytes);
        if bytes <= limit {
            return Ok(());
        }
        let largest = work.files().max_by_key(|(_, meta)| meta.len);
        let largest = largest.map(|(path, meta)| format!(", {} alone {}", path.display(), text::bytes(meta.len)));
        bail!(
            "{} has {}{}; a snapshot may have {}: leave files out with .lineageignore, or raise max_bytes under [snapshot] in \
             lineage.toml",
            source.display(),
            text::bytes(bytes),
            largest.unwrap_or_default(),
            text::bytes(limit)
        );
    }
}

impl Temporary {
    /// A new directory that is locked. Between making it and locking it a sweep may have come past: then it is given up.
    fn make(snapshots: &Dir, path: &Path) -> Result<Self> {
        for n in 0.. {
            let name = format!("{TEMPORARY}{}-{n}", std::process::id());
            match snapshots.make_dir(name.as_ref(), 0o700) {
                Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => continue,
                made => made.with_context(|| format!("cannot make a directory in {}", path.display()))?,
            }
            let Ok(dir) = snapshots.child(name.as_ref()) else { continue };
            // Where directories cannot be locked, no sweep can take it away either.
            if dir.try_lock().unwrap_or(true) && dir.make_dir(TREE.as_ref(), 0o755).is_ok() {
                return Ok(Self { path: path.join(&name), name, dir });
            }
        }
        unreachable!("there are more numbers than directories")
    }

    /// Writes the manifest, and waits for the disk where the store wants that: a row may name the snapshot only then.
    fn finish(&self, entries: &[Entry], durability: Durability) -> std::io::Result<()> {
        let mut file = self.dir.create(MANIFEST.as_ref())?;
        file.write_all(manifest::print(entries).as_bytes())?;
        super::beneath::set_mode(&file, 0o444)?;
        if durability == Durability::Full {
            self.flush(&file)?;
        }
        Ok(())
    }

    #[cfg(target_os = "linux")]
    fn flush(&self, _manifest: &File) -> std::io::Result<()> {
        self.dir.sync_file_system()
    }

    /// Elsewhere, each file was flushed as it was written.
    #[cfg(not(target_os = "linux"))]
    fn flush(&self, manifest: &File) -> std::io::Result<()> {
        manifest.sync_all()?;
        self.dir.child(TREE.as_ref())?.sync()?;
        self.dir.sync()
    }
}

impl Frozen {
    /// Gives it its final name, `<id>_<domain>`. Only under the lock is it sure whose the id is; what stands there already (of a
    /// writer that was killed before it wrote its row) is never touched, and another number is put behind the name.
    pub fn place(self, _held: &Locked, id: &ExpId, domain: &str) -> Result<Placed> {
        let Self { snapshots, temporary, durability, .. } = self;
        let dir = temporary.path.parent().unwrap_or(Path::new("")).to_owned();
        let name =
            free_name(&snapshots, &name(id, domain)).with_context(|| format!("cannot read {}", dir.display()))?;
        let place = || -> std::io::Result<()> {
            // The manifest first: a directory under a final name always has one.
            temporary.dir.rename(MANIFEST.as_ref(), &snapshots, manifest_name(&name).as_ref())?;
            temporary.dir.rename(TREE.as_ref(), &snapshots, name.as_ref())?;
            snapshots.remove_empty_dir(temporary.name.as_ref())?;
            if durability == Durability::Full { snapshots.sync() } else { Ok(()) }
        };
        place().with_context(|| format!("cannot put the snapshot {name} into {}", dir.display()))?;
        Ok(Placed { dir, name, kept: false })
    }
}

impl Placed {
    /// What the row says of it: where it is, relative to the store.
    pub fn snapshot_path(&self) -> String {
        format!("{SNAPSHOTS}/{}", self.name)
    }

    /// Its row is written: it stays.
    pub fn keep(mut self) {
        self.kept = true;
    }
}

impl Drop for Placed {
    /// Best effort: `lineage check` finds what stays. Under a temporary name first, so that it is never half there.
    fn drop(&mut self) {
        let temporary = self.dir.join(format!("{TEMPORARY}{}-back", std::process::id()));
        if !self.kept && std::fs::rename(self.dir.join(&self.name), &temporary).is_ok() {
            let _ = std::fs::remove_file(self.dir.join(manifest_name(&self.name)));
            let _ = std::fs::remove_dir_all(temporary);
        }
    }
}

/// The domain is free text: what of it is no plain character becomes `-`.
fn name(id: &ExpId, domain: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || c == '_' || c == '-' { c } else { '-' };
    let domain: String = domain.chars().take(LONGEST_DOMAIN).map(plain).collect();
    if domain.is_empty() { id.to_string() } else { format!("{id}_{domain}") }
}

fn free_name(snapshots: &Dir, name: &str) -> std::io::Result<String> {
    let is_free = |name: &str| -> std::io::Result<bool> {
        let manifest = snapshots.look(manifest_name(name).as_ref())?;
        Ok(snapshots.look(name.as_ref())?.is_none() && manifest.is_none_or(|meta| meta.kind == Kind::File))
    };
    let mut candidate = name.to_owned();
    for n in 2.. {
        if is_free(&candidate)? {
            break;
        }
        candidate = format!("{name}.{n}");
    }
    Ok(candidate)
}

/// Removes what writers that died have left: a directory whose lock nobody holds.
fn sweep(snapshots: &Dir, path: &Path) {
    let left_over = |name: &&std::ffi::OsString| name.as_encoded_bytes().starts_with(TEMPORARY.as_bytes());
    for name in snapshots.names().unwrap_or_default().iter().filter(left_over) {
        if let Ok(dir) = snapshots.child(name)
            && dir.try_lock().unwrap_or(false)
        {
            let _ = std::fs::remove_dir_all(path.join(name)); // the next one tries again
        }
    }
}
