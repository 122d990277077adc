//! Checks all snapshots of a store against their manifests, for `lineage check`.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use anyhow::Result;

use super::compare::{HashCache, describe_modes};
use super::dir::Kind;
use super::prune::is_pruned;
use super::staging::has_writer;
use super::{MANIFEST_SUFFIX, SNAPSHOTS, Snapshot, is_not_found, open_snapshot_dir};
use super::{open_all, read_manifest};
use crate::analysis::{Finding, NamedSnapshot};
use crate::store::Store;
use crate::text::visible;

/// Lists the snapshots and manifests in a store, if no writer is about to write a row for one. Call it
/// before reading the log: then every snapshot has its row, unless its writer died.
pub fn list_snapshots(store: &Store) -> Vec<String> {
    let mut found = Vec::new();
    let Some(Ok(dir)) = store.dir().map(|_| open_all(store)) else {
        return found; // many stores have none
    };
    let paths = dir.list(Path::new("")).unwrap_or_default();
    if has_writer(&dir) {
        return found;
    }
    for path in paths {
        let name = path.to_string_lossy().into_owned();
        let is_dir = matches!(dir.find(&path), Ok(Some(meta)) if meta.kind == Kind::Dir);
        if !name.starts_with('.') && (is_dir || name.ends_with(MANIFEST_SUFFIX)) {
            found.push(name);
        }
    }
    found
}

/// Reports what is wrong with the snapshots that rows name, and which of `found` no row names. The
/// snapshots of a log without a store are elsewhere, so nothing is reported.
pub fn verify_snapshots(store: &Store, rows: &[NamedSnapshot], found: &[String]) -> Vec<Finding> {
    let mut findings = Vec::new();
    if !store.has_settings_file() {
        return findings;
    }
    let mut hashes = HashCache::new();
    let mut named = HashSet::new();
    for row in rows {
        let path = Path::new(&row.path);
        let is_new = named.insert(store.own_snapshot(path).to_owned());
        if is_new && store.elsewhere(path).is_none() && !is_pruned(store, Path::new(&row.path)) {
            findings.extend(verify_row(store, row, &mut hashes));
        }
    }
    for name in found {
        let snapshot = name.strip_suffix(MANIFEST_SUFFIX).unwrap_or(name);
        let is_manifest = snapshot != name;
        if named.contains(&Path::new(SNAPSHOTS).join(snapshot))
            || is_manifest && found.iter().any(|name| name == snapshot)
        {
            continue;
        }
        let path = store.snapshot_root().join(SNAPSHOTS).join(name);
        let what = if is_manifest { "manifest" } else { "snapshot" };
        let text = format!("a {what} without a row");
        findings.push(new_finding(Some(path), "snapshot_of_none", text));
    }
    findings
}

fn new_finding(path: Option<PathBuf>, kind: &'static str, text: String) -> Finding {
    Finding {
        path,
        line: 0,
        id: None,
        kind,
        text,
    }
}

fn verify_row(store: &Store, row: &NamedSnapshot, hashes: &mut HashCache) -> Vec<Finding> {
    let mut findings = match verify_snapshot(store, row, hashes) {
        Ok(findings) => findings,
        Err(finding) => vec![finding],
    };
    for finding in &mut findings {
        finding.id = Some(row.id.clone());
        if finding.path.is_none() {
            finding.line = row.line;
        }
    }
    findings
}

/// Finds what changed in a snapshot, or what makes it impossible to find that.
fn verify_snapshot(
    store: &Store,
    row: &NamedSnapshot,
    hashes: &mut HashCache,
) -> Result<Vec<Finding>, Finding> {
    let relative = store.own_snapshot(Path::new(&row.path));
    let path = store.snapshot_root().join(relative);
    let dir = open_snapshot_dir(store, relative).map_err(|error| {
        if is_not_found(&error) {
            let text = format!("its snapshot {} is missing", visible(&row.path));
            return new_finding(None, "snapshot_gone", text);
        }
        let cause = visible(&error.root_cause().to_string()).into_owned();
        let text = format!("its snapshot_path cannot be used: {cause}");
        new_finding(None, "snapshot_path", text)
    })?;
    let unusable = |text: String| new_finding(Some(path.clone()), "manifest", text);
    let entries = read_manifest(store, relative)
        .map_err(|error| unusable(format!("{error:#}")))?
        .ok_or_else(|| unusable("has no manifest, so changes cannot be detected".to_owned()))?;
    let trial = row.id.clone();
    let snapshot = Snapshot {
        trial,
        dir,
        entries,
    };
    let changes = list_changes(&snapshot, hashes);
    let changes = changes.map_err(|error| {
        let text = format!("cannot be read: {error:#}");
        new_finding(Some(path.clone()), "frozen", text)
    })?;
    let changes = changes.into_iter();
    Ok(changes
        .map(|(changed, text)| new_finding(Some(path.join(changed)), "frozen", text))
        .collect())
}

/// What differs from the manifest, and how.
fn list_changes(snapshot: &Snapshot, hashes: &mut HashCache) -> Result<Vec<(PathBuf, String)>> {
    let mut changes = Vec::new();
    for entry in &snapshot.entries {
        if let Some(damage) = snapshot.find_damage(entry, hashes) {
            changes.push((entry.path.clone(), damage));
        }
    }
    for (path, meta) in snapshot.dir.walk(|_, _| Ok(true))? {
        let Some(entry) = snapshot.find_entry(&path) else {
            let change = "was added later; it is not in the manifest".to_owned();
            changes.push((path, change));
            continue;
        };
        // The other permissions are not preserved by git and other copies.
        if (entry.kind, meta.kind) == (Kind::File, Kind::File)
            && (entry.mode ^ meta.mode) & 0o100 != 0
        {
            let change = describe_modes(meta.mode, entry.frozen_mode());
            changes.push((path, change));
        }
    }
    Ok(changes)
}
