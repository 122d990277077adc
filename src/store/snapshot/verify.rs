//! Whether the snapshots are what was frozen: for `lineage check`.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    io,
    path::{Path, PathBuf},
};

use anyhow::{Error, Result};
use blake3::Hash;

use super::{
    Entry, SNAPSHOTS, What,
    beneath::{Beneath, Kind, Meta, names, word},
    copy::{frozen_mode, hash_of},
    open_down,
};
use crate::{
    lineage::{Finding, Named},
    store::Store,
    view::text::visible,
};

impl Store {
    /// The snapshots that the store holds. To be asked before the log is read: each is there before its row is.
    pub fn snapshots(&self) -> Vec<String> {
        let dir = self.dir().and_then(|dir| open_down(dir, Path::new(SNAPSHOTS)).ok());
        let Some(dir) = dir else { return Vec::new() };
        let is_snapshot = |name: &std::ffi::OsString| {
            !name.as_encoded_bytes().starts_with(b".") && dir.meta(name).is_ok_and(|meta| meta.kind == Kind::Dir)
        };
        let names = dir.names().unwrap_or_default().into_iter().filter(is_snapshot);
        names.map(|name| name.to_string_lossy().into_owned()).collect()
    }

    /// What is wrong with the snapshots that rows name, and which of `found` no row names. A log that is read in place has none.
    pub fn verify(&self, rows: &[Named], found: &[String]) -> Vec<Finding> {
        if !self.may_create_log() {
            return Vec::new(); // a log read in place: the snapshots that it names stayed where it comes from
        }
        let mut verifier = Verifier { store: self, hashes: HashMap::new(), findings: Vec::new() };
        let mut known = HashSet::new();
        for row in rows {
            if known.insert(Path::new(&row.path)) {
                verifier.row(row);
            }
        }
        for name in found {
            let relative = Path::new(SNAPSHOTS).join(name);
            if !known.contains(relative.as_path()) {
                let path = Some(self.root().join(relative));
                let text = "a snapshot that no row names".to_owned();
                verifier.findings.push(Finding { path, line: 0, id: None, kind: "snapshot_of_none", text });
            }
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
        let opened = names(relative).map_err(Error::from).and_then(|_| open_down(root, relative));
        let mut tree = match opened {
            Ok(dir) => Beneath::new(dir),
            Err(error) => {
                let is_gone = error.root_cause().downcast_ref().is_some_and(is_not_found);
                let (kind, text) = if is_gone {
                    ("snapshot_gone", format!("its snapshot {} is gone", visible(&row.path)))
                } else {
                    (
                        "snapshot_path",
                        format!("its snapshot_path cannot be used: {}", visible(&error.root_cause().to_string())),
                    )
                };
                let id = Some(row.id.clone());
                return self.findings.push(Finding { path: None, line: row.line, id, kind, text });
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
                self.find(row, path, "manifest", "has no manifest: whether it changed cannot be told".to_owned());
            }
            Err(error) => self.find(row, path, "manifest", format!("{error:#}")),
        }
    }

    fn find(&mut self, row: &Named, path: PathBuf, kind: &'static str, text: String) {
        self.findings.push(Finding { path: Some(path), line: 0, id: Some(row.id.clone()), kind, text });
    }

    fn tree(&mut self, row: &Named, path: &Path, tree: &mut Beneath, entries: &[Entry]) -> Result<()> {
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
            return Ok(Some(format!("has {} bytes, {} were frozen", meta.len, contents.bytes)));
        }
        let hash = match self.hashes.get(&(meta.dev, meta.ino)) {
            Some(hash) => *hash,
            None => hash_of(tree.file(&entry.path)?)?,
        };
        self.hashes.insert((meta.dev, meta.ino), hash);
        if contents.hash != Some(hash) {
            return Ok(Some("is not what was frozen".to_owned()));
        }
        let mode = frozen_mode(entry.mode);
        Ok((meta.mode != mode).then(|| format!("has the mode {:03o}, was frozen with {mode:03o}", meta.mode)))
    }
}

fn is_not_found(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::NotFound
}
