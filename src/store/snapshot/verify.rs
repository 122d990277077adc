//! Whether the snapshots are what was frozen: for `lineage check`.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    ffi::{OsStr, OsString},
    io,
    path::{Path, PathBuf},
};

use anyhow::{Error, Result};
use blake3::Hash;

use super::{
    Entry, MANIFEST, SNAPSHOTS, What,
    beneath::Beneath,
    copy::{frozen_mode, hash_of},
    dir::{Dir, Kind, Meta, word},
    open_down, snapshot_names, temporary,
};
use crate::{
    analysis::{Finding, Named},
    output::text::visible,
    store::Store,
};

impl Store {
    /// The snapshots and manifests that the store holds, but for those whose row is being written. To be asked before the log
    /// is read: each other one was there before its row was.
    pub fn snapshots(&self) -> Vec<String> {
        // Many stores have none: no error for a person is made of it, whose backtrace may take as long as to read the log.
        let dir = self.dir().and_then(|dir| {
            Beneath::new(Dir::open(dir).ok()?)
                .dir(Path::new(SNAPSHOTS))
                .ok()
        });
        let Some(dir) = dir else { return Vec::new() };
        let names = dir.names().unwrap_or_default();
        // Asked later: who has gone from among these meanwhile has written the row.
        let coming = temporary::about_to_be_named(&dir);
        let stays = |name: &OsString| {
            let bytes = name.as_encoded_bytes();
            let is_one = bytes.ends_with(MANIFEST.as_bytes())
                || dir.meta(name).is_ok_and(|meta| meta.kind == Kind::Dir);
            is_one && !bytes.starts_with(b".") && !coming.iter().any(|of| belongs(name, of))
        };
        names
            .into_iter()
            .filter(stays)
            .map(|name| name.to_string_lossy().into_owned())
            .collect()
    }

    /// What is wrong with the snapshots that rows name, and which of `found` no row names. A log that is read in place has none.
    pub fn verify(&self, rows: &[Named], found: &[String]) -> Vec<Finding> {
        if !self.may_create_log() {
            return Vec::new(); // a log read in place: the snapshots that it names stayed where it comes from
        }
        let mut verifier = Verifier {
            store: self,
            hashes: HashMap::new(),
            findings: Vec::new(),
        };
        let mut known = HashSet::new();
        for row in rows {
            if known.insert(Path::new(&row.path)) {
                verifier.row(row);
            }
        }
        for name in found {
            let relative = Path::new(SNAPSHOTS).join(name);
            let of = name
                .strip_suffix(MANIFEST)
                .map(|of| Path::new(SNAPSHOTS).join(of));
            let what = match of {
                Some(of)
                    if known.contains(of.as_path())
                        || found.iter().any(|name| of.ends_with(name)) =>
                {
                    continue;
                }
                Some(_) => "a manifest without its snapshot, that no row names",
                None if known.contains(relative.as_path()) => continue,
                None => "a snapshot that no row names",
            };
            let path = Some(self.root().join(relative));
            verifier.findings.push(Finding {
                path,
                line: 0,
                id: None,
                kind: "snapshot_of_none",
                text: what.to_owned(),
            });
        }
        verifier.findings
    }
}

struct Verifier<'s> {
    store: &'s Store,
    /// Files that several snapshots share are read once.
    hashes: HashMap<(u64, u64), Hash>,
    findings: Vec<Finding>,
}

impl Verifier<'_> {
    fn row(&mut self, row: &Named) {
        let relative = Path::new(&row.path);
        let root = self.store.root();
        let opened = snapshot_names(relative)
            .map_err(Error::from)
            .and_then(|()| open_down(root, relative));
        let mut tree = match opened {
            Ok(dir) => Beneath::new(dir),
            Err(error) => {
                let is_gone = error.root_cause().downcast_ref().is_some_and(is_not_found);
                let (kind, text) = if is_gone {
                    (
                        "snapshot_gone",
                        format!("its snapshot {} is gone", visible(&row.path)),
                    )
                } else {
                    (
                        "snapshot_path",
                        format!(
                            "its snapshot_path cannot be used: {}",
                            visible(&error.root_cause().to_string())
                        ),
                    )
                };
                let id = Some(row.id.clone());
                return self.findings.push(Finding {
                    path: None,
                    line: row.line,
                    id,
                    kind,
                    text,
                });
            }
        };
        let path = root.join(relative);
        match self.store.manifest(relative) {
            Ok(Some(entries)) => {
                if let Err(error) = self.tree(row, &path, &mut tree, &entries) {
                    self.find(row, path, "frozen", format!("cannot be read: {error:#}"));
                }
            }
            Ok(None) => {
                self.find(
                    row,
                    path,
                    "manifest",
                    "has no manifest: whether it changed cannot be told".to_owned(),
                );
            }
            Err(error) => self.find(row, path, "manifest", format!("{error:#}")),
        }
    }

    fn find(&mut self, row: &Named, path: PathBuf, kind: &'static str, text: String) {
        self.findings.push(Finding {
            path: Some(path),
            line: 0,
            id: Some(row.id.clone()),
            kind,
            text,
        });
    }

    fn tree(
        &mut self,
        row: &Named,
        path: &Path,
        tree: &mut Beneath,
        entries: &[Entry],
    ) -> Result<()> {
        let mut left: BTreeMap<PathBuf, Meta> = tree.list()?.into_iter().collect();
        for entry in entries {
            let text = match left.remove(&entry.path) {
                None => Some("is gone".to_owned()),
                Some(meta) => self.change(tree, entry, &meta)?,
            };
            if let Some(text) = text {
                self.find(row, path.join(&entry.path), "frozen", text);
            }
        }
        for added in left.into_keys() {
            self.find(row, path.join(added), "frozen", "was not frozen".to_owned());
        }
        Ok(())
    }

    /// How a frozen file differs from what was frozen.
    fn change(&mut self, tree: &mut Beneath, entry: &Entry, meta: &Meta) -> Result<Option<String>> {
        let contents = match (&entry.what, meta.kind) {
            (What::Dir, Kind::Dir) => return Ok(None),
            (What::File(contents), Kind::File) => contents,
            (What::Link(target), Kind::Link) => {
                let (dir, name) = tree.at(&entry.path)?;
                let found = dir.target(name)?;
                return Ok((found != *target).then(|| format!("points to {} now", found.display())));
            }
            (_, kind) => return Ok(Some(format!("is {} now", word(kind)))),
        };
        if meta.len != contents.bytes {
            return Ok(Some(format!(
                "has {} bytes, {} were frozen",
                meta.len, contents.bytes
            )));
        }
        let hash = match self.hashes.get(&(meta.dev, meta.ino)) {
            Some(hash) => *hash,
            None => hash_of(&mut tree.file(&entry.path)?)?,
        };
        self.hashes.insert((meta.dev, meta.ino), hash);
        if contents.hash != Some(hash) {
            return Ok(Some("is not what was frozen".to_owned()));
        }
        let mode = frozen_mode(entry.mode);
        Ok((meta.mode != mode)
            .then(|| format!("has the mode {:03o}, was frozen with {mode:03o}", meta.mode)))
    }
}

/// Whether a name is that of a snapshot, or of its manifest.
fn belongs(name: &OsStr, of: &OsStr) -> bool {
    let name = name.as_encoded_bytes();
    name.strip_suffix(MANIFEST.as_bytes()).unwrap_or(name) == of.as_encoded_bytes()
}

fn is_not_found(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::NotFound
}
