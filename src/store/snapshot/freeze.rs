//! Freezing: work is copied under a temporary name before the lock is taken, however long that takes; under the lock it is only
//! renamed. What is killed on the way leaves nothing under a final name, and the next one sweeps up after it.

use std::{path::Path, thread};

use anyhow::{Context, Result, bail};

use super::{
    Progress, SNAPSHOTS,
    beneath::Beneath,
    copy::Job,
    crew,
    dir::{Dir, Kind},
    guard::Guard,
    manifest_name, open_down,
    temporary::{Temporary, sweep},
    walk::{self, Work},
};
use crate::{
    log::ExpId,
    output::text,
    store::{Durability, LockedLog, Store},
};

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

/// A snapshot under its final name, whose row is not written yet. Dropped before `keep` is called, it is taken away again.
pub struct Placed {
    snapshots: Dir,
    temporary: Temporary,
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
        let guard = Guard::of(self)?;
        let (work, base) = thread::scope(|scope| {
            let base = thread::Builder::new().spawn_scoped(scope, || base.and_then(open));
            (
                walk::look(source, &guard, None),
                base.ok().and_then(|thread| thread.join().ok().flatten()),
            )
        });
        let work = work?;
        self.check_size(&work, source)?;
        let path = store.join(SNAPSHOTS);
        match std::fs::create_dir(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => {
                return Err(error)
                    .with_context(|| format!("cannot make the directory {}", path.display()));
            }
            _ => {}
        }
        let snapshots = open_down(store, Path::new(SNAPSHOTS))?;
        sweep(&snapshots, &path);
        let mode = work
            .root
            .root()
            .itself()
            .with_context(|| format!("cannot look at {}", source.display()))?
            .mode;
        let temporary = Temporary::make(&snapshots, &path, mode)?;
        let (base, known) = base.unzip();
        let durability = self.settings.durability;
        let job = Job::new(&known.unwrap_or_default(), self.settings.snapshot.max_bytes);
        let tree = temporary
            .tree()
            .map(Beneath::new)
            .with_context(|| format!("cannot open {}", temporary.path().display()))?;
        let (entries, notes) = crew::freeze(&job, work, base, tree, progress)
            .with_context(|| format!("cannot freeze {}", source.display()))?;
        temporary
            .finish(&entries, durability)
            .with_context(|| format!("cannot write {}", temporary.path().display()))?;
        Ok(Frozen {
            snapshots,
            temporary,
            durability,
            notes,
        })
    }

    fn check_size(&self, work: &Work, source: &Path) -> Result<()> {
        let (bytes, limit) = (work.bytes(), self.settings.snapshot.max_bytes);
        if bytes <= limit {
            return Ok(());
        }
        let largest = work.files().max_by_key(|(_, meta)| meta.len);
        let largest = largest
            .map(|(path, meta)| format!(", {} alone {}", path.display(), text::bytes(meta.len)));
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

impl Frozen {
    /// Gives it its final name, `<id>_<domain>`. Only under the lock is it sure whose the id is; what stands there already (of a
    /// writer that was killed before it wrote its row) is never touched, and another number is put behind the name.
    pub fn place(self, _held: &LockedLog, id: &ExpId, domain: &str) -> Result<Placed> {
        let Self {
            snapshots,
            temporary,
            durability,
            ..
        } = self;
        let name = name(id, domain);
        let place = || format!("cannot put the snapshot {name} into {SNAPSHOTS} of the store");
        let name = free_name(&snapshots, &name).with_context(place)?;
        // From here on a value that takes away again what is there of it, should anything fail.
        let mut placed = Placed {
            snapshots,
            temporary,
            name: name.clone(),
            kept: false,
        };
        placed
            .temporary
            .place(&placed.snapshots, &name)
            .with_context(place)?;
        if durability == Durability::Full {
            placed.snapshots.sync().with_context(place)?;
        }
        Ok(placed)
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
    fn drop(&mut self) {
        if !self.kept {
            self.temporary.take_back(&self.snapshots, &self.name);
        }
    }
}

/// The domain is free text: what of it is no plain character becomes `-`.
fn name(id: &ExpId, domain: &str) -> String {
    let plain = |c: char| {
        if c.is_ascii_alphanumeric() || c == '_' || c == '-' {
            c
        } else {
            '-'
        }
    };
    let domain: String = domain.chars().take(LONGEST_DOMAIN).map(plain).collect();
    if domain.is_empty() {
        id.to_string()
    } else {
        format!("{id}_{domain}")
    }
}

fn free_name(snapshots: &Dir, name: &str) -> std::io::Result<String> {
    let is_free = |name: &str| -> std::io::Result<bool> {
        let manifest = snapshots.look(manifest_name(name).as_ref())?;
        Ok(snapshots.look(name.as_ref())?.is_none()
            && manifest.is_none_or(|meta| meta.kind == Kind::File))
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
