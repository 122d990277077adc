//! Checks all snapshots of a store against their manifests, for `lineage check`.

use std::collections::{BTreeMap, HashSet};
use std::io;
use std::path::{Path, PathBuf};

use super::compare::{Difference, HashCache};
use super::copy::frozen_mode;
use super::dir::{Dir, Kind, Meta};
use super::staging::list_pending;
use super::{MANIFEST_SUFFIX, SNAPSHOTS, Snapshot, is_not_found, open_snapshot_dir};
use super::{read_manifest, root_of};
use crate::analysis::{Finding, NamedSnapshot};
use crate::store::Store;
use crate::text::visible;

/// Lists the snapshots and manifests in a store, except those whose row is being written. Call it
/// before reading the log: then every snapshot has its row, unless its writer died.
pub fn list_snapshots(store: &Store) -> Vec<String> {
    let Some(root) = store.dir() else {
        return Vec::new();
    };
    let Ok(dir) = Dir::open(root).and_then(|root| root.open_dir(SNAPSHOTS)) else {
        return Vec::new(); // many stores have none
    };
    let names = dir.names().unwrap_or_default();
    // Asked after the names: a writer that is no longer pending has written its row.
    let pending = list_pending(&dir);
    let mut found = Vec::new();
    for name in names {
        let shown = name.to_string_lossy().into_owned();
        let snapshot = shown.strip_suffix(MANIFEST_SUFFIX);
        let is_dir = dir.metadata(&name).is_ok_and(|meta| meta.kind == Kind::Dir);
        let is_pending = pending
            .iter()
            .any(|name| name == snapshot.unwrap_or(&shown));
        if (is_dir || snapshot.is_some()) && !shown.starts_with('.') && !is_pending {
            found.push(shown);
        }
    }
    found
}

/// Reports what is wrong with the snapshots that rows name, and which of `found` no row names. The
/// snapshots of a log without a store are elsewhere, so nothing is reported.
pub fn verify_snapshots(store: &Store, rows: &[NamedSnapshot], found: &[String]) -> Vec<Finding> {
    let mut findings = Vec::new();
    if !store.may_create_log() {
        return findings;
    }
    let mut hashes = HashCache::default();
    let mut named = HashSet::new();
    for row in rows {
        if !named.insert(Path::new(&row.path).to_owned()) {
            continue;
        }
        for Problem(path, kind, text) in verify_row(store, row, &mut hashes) {
            let line = if path.is_none() { row.line } else { 0 };
            let id = Some(row.id.clone());
            findings.push(Finding {
                path,
                line,
                id,
                kind,
                text,
            });
        }
    }
    for name in found {
        let snapshot = name.strip_suffix(MANIFEST_SUFFIX).unwrap_or(name);
        let has_snapshot = snapshot != name && found.iter().any(|name| name == snapshot);
        if !has_snapshot && !named.contains(&Path::new(SNAPSHOTS).join(snapshot)) {
            let path = root_of(store).join(SNAPSHOTS).join(name);
            findings.push(report_unnamed(path, snapshot == name));
        }
    }
    findings
}

fn report_unnamed(path: PathBuf, is_snapshot: bool) -> Finding {
    let what = if is_snapshot { "snapshot" } else { "manifest" };
    Finding {
        path: Some(path),
        line: 0,
        id: None,
        kind: "snapshot_of_none",
        text: format!("a {what} without a row"),
    }
}

/// The path, unless the problem is the row itself; the kind of finding; and the message.
struct Problem(Option<PathBuf>, &'static str, String);

fn verify_row(store: &Store, row: &NamedSnapshot, hashes: &mut HashCache) -> Vec<Problem> {
    let relative = Path::new(&row.path);
    let path = root_of(store).join(relative);
    let dir = match open_snapshot_dir(store, relative) {
        Ok(dir) => dir,
        Err(error) if is_not_found(&error) => {
            let text = format!("its snapshot {} is missing", visible(&row.path));
            return vec![Problem(None, "snapshot_gone", text)];
        }
        Err(error) => {
            let cause = error.root_cause().to_string();
            let text = format!("its snapshot_path cannot be used: {}", visible(&cause));
            return vec![Problem(None, "snapshot_path", text)];
        }
    };
    let text = match read_manifest(store, relative) {
        Ok(Some(entries)) => {
            let trial = row.id.clone();
            let snapshot = Snapshot {
                trial,
                dir,
                entries,
            };
            return verify_tree(&snapshot, &path, hashes).unwrap_or_else(|error| {
                let text = format!("cannot be read: {error}");
                vec![Problem(Some(path), "frozen", text)]
            });
        }
        Ok(None) => "has no manifest, so changes cannot be detected".to_owned(),
        Err(error) => format!("{error:#}"),
    };
    vec![Problem(Some(path), "manifest", text)]
}

fn verify_tree(
    snapshot: &Snapshot,
    root: &Path,
    hashes: &mut HashCache,
) -> io::Result<Vec<Problem>> {
    let mut problems = Vec::new();
    let mut report = |path: &Path, text: String| {
        problems.push(Problem(Some(root.join(path)), "frozen", text));
    };
    let mut listed: BTreeMap<PathBuf, Meta> = snapshot.dir.list_all()?.into_iter().collect();
    for entry in &snapshot.entries {
        let Some(meta) = listed.remove(&entry.path) else {
            report(&entry.path, "is missing".to_owned());
            continue;
        };
        let mode = frozen_mode(entry.mode);
        let compared = snapshot.compare_entry(entry, &snapshot.dir, &meta, hashes);
        if let Err(difference) = compared {
            report(&entry.path, difference.to_string());
        } else if meta.kind == Kind::File && meta.mode != mode {
            report(&entry.path, Difference::Mode(meta.mode, mode).to_string());
        }
    }
    for added in listed.keys() {
        report(
            added,
            "was added later; it is not in the manifest".to_owned(),
        );
    }
    Ok(problems)
}
