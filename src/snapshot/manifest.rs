//! The manifest next to a snapshot: one line per file, directory and link, with its hash.
//! `docs/snapshots.md` describes the format. Pure: no I/O.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use blake3::Hash;

use super::dir::{Kind, Meta, check_relative};
use crate::text::escape_bytes;

const HEADER: &str = "kind\tmode\tbytes\tblake3\tmodified\tseen\tpath\ttarget";

/// One file, directory or link of a snapshot.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Entry {
    pub(super) path: PathBuf,
    pub(super) kind: Kind,
    /// The permissions of the original, which a checkout restores.
    pub(super) mode: u32,
    /// Of a file, as the following ones.
    pub(super) len: u64,
    /// `None` if there is no manifest.
    pub(super) hash: Option<Hash>,
    /// The modification time of the frozen file.
    pub(super) modified: i128,
    /// What identifies the unchanged original without reading it; empty if its times are unreliable.
    pub(super) seen: String,
    /// Of a link.
    pub(super) target: OsString,
}

impl Entry {
    pub(super) fn new(path: PathBuf, meta: &Meta) -> Self {
        Self {
            path,
            kind: meta.kind,
            mode: meta.mode,
            len: meta.len,
            modified: meta.modified,
            ..Self::default()
        }
    }

    /// The permissions of the frozen file: read-only, and readable by its owner.
    pub(super) fn frozen_mode(&self) -> u32 {
        self.mode & !0o222 | 0o400
    }

    /// The permissions after a checkout: the original ones, and its owner can write.
    pub(super) fn checkout_mode(&self) -> u32 {
        match self.kind {
            Kind::Dir => self.mode | 0o700,
            _ => self.mode | 0o200,
        }
    }
}

/// What identifies an unchanged file: both times, device and inode.
pub(super) fn format_seen(meta: &Meta) -> String {
    let (device, inode) = meta.id;
    format!("{}:{}:{device}:{inode}", meta.modified, meta.changed)
}

/// Formats a manifest.
pub(super) fn format_manifest(entries: &[Entry]) -> String {
    let mut out = format!("{HEADER}\n");
    for entry in entries {
        let (mode, path) = (
            entry.mode,
            escape(entry.path.as_os_str().as_encoded_bytes()),
        );
        out += &match entry.kind {
            Kind::File => {
                let (len, modified, seen) = (entry.len, entry.modified, &entry.seen);
                let hash = entry.hash.map(|hash| hash.to_hex()).unwrap_or_default();
                format!("file\t{mode:03o}\t{len}\t{hash}\t{modified}\t{seen}\t{path}\t\n")
            }
            Kind::Link => {
                let target = escape(entry.target.as_encoded_bytes());
                format!("link\t{mode:03o}\t\t\t\t\t{path}\t{target}\n")
            }
            _ => format!("dir\t{mode:03o}\t\t\t\t\t{path}\t\n"),
        };
    }
    out
}

/// Parses a manifest. Every path must lead down, be unique, and follow the directory that it is in.
pub(super) fn parse_manifest(text: &[u8], path: &Path) -> Result<Vec<Entry>> {
    let shown = path.display();
    let text = std::str::from_utf8(text).with_context(|| format!("{shown}: not UTF-8"))?;
    let mut lines = text.lines();
    let is_known = lines.next() == Some(HEADER);
    ensure!(
        is_known,
        "{shown}:1: not a manifest of this version of lineage"
    );
    let mut entries = BTreeMap::new();
    for (at, line) in lines.enumerate() {
        let added = add_line(line, &mut entries);
        added.with_context(|| format!("{shown}:{}", at + 2))?;
    }
    Ok(entries.into_values().collect())
}

fn add_line(line: &str, entries: &mut BTreeMap<PathBuf, Entry>) -> Result<()> {
    let entry = parse_line(line)?;
    let (path, shown) = (entry.path.clone(), entry.path.display());
    let is_listed = match path.parent() {
        Some(dir) if dir != Path::new("") => entries
            .get(dir)
            .is_some_and(|entry| entry.kind == Kind::Dir),
        _ => true,
    };
    ensure!(
        is_listed,
        "the directory of '{shown}' is not listed before it"
    );
    ensure!(!entries.contains_key(&path), "'{shown}' is listed twice");
    entries.insert(path, entry);
    Ok(())
}

fn parse_line(line: &str) -> Result<Entry> {
    let cells: Vec<&str> = line.split('\t').collect();
    let [kind, mode, len, hash, modified, seen, path, target] = cells[..] else {
        bail!("expected 8 cells, found {}", cells.len())
    };
    let path = unescape(path)?;
    check_relative(Path::new(&path))?;
    let mut entry = Entry {
        // Normalized: in an edited manifest, `a//b` would be `a/b` under a second name.
        path: Path::new(&path).components().collect(),
        mode: u32::from_str_radix(mode, 8).context("invalid mode")? & 0o777,
        target: unescape(target)?,
        ..Entry::default()
    };
    match kind {
        "dir" => entry.kind = Kind::Dir,
        "link" => entry.kind = Kind::Link,
        "file" => {
            entry.kind = Kind::File;
            entry.len = len.parse().context("invalid number of bytes")?;
            entry.hash = Some(Hash::from_hex(hash).context("invalid hash")?);
            entry.modified = modified.parse().context("invalid time")?;
            seen.clone_into(&mut entry.seen);
        }
        _ => bail!("unknown kind '{kind}'; expected file, dir or link"),
    }
    Ok(entry)
}

/// Writes backslashes, control characters and bytes that are not UTF-8 as `\xff`.
fn escape(bytes: &[u8]) -> String {
    escape_bytes(bytes, |c| c == '\\' || c.is_ascii_control())
}

fn unescape(text: &str) -> Result<OsString> {
    let mut parts = text.split("\\x");
    let mut out = parts.next().unwrap_or_default().as_bytes().to_vec();
    for part in parts {
        let (digits, rest) = part
            .split_at_checked(2)
            .context("incomplete escape in a path")?;
        out.push(u8::from_str_radix(digits, 16).context("invalid escape in a path")?);
        out.extend_from_slice(rest.as_bytes());
    }
    Ok(OsString::from_vec(out))
}
