//! The manifest next to a snapshot: one line per file, directory and link, with its hash.
//! `docs/snapshots.md` describes the format. Pure: no I/O.

use std::collections::HashSet;
use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use blake3::Hash;

use super::dir::{Meta, check_relative};

const HEADER: &str = "kind\tmode\tbytes\tblake3\tmodified\tseen\tpath\ttarget";

/// One file, directory or link of a snapshot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub path: PathBuf,
    /// The permissions of the original, which a checkout restores.
    pub mode: u32,
    pub content: Content,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    Dir,
    File(FileContent),
    /// A symbolic link and its target.
    Link(OsString),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileContent {
    pub len: u64,
    /// `None` if there is no manifest.
    pub hash: Option<Hash>,
    /// The modification time of the frozen file.
    pub(super) modified: i128,
    /// What identifies the unchanged original without reading it; empty if its times are unreliable.
    pub(super) seen: String,
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
        let path = escape(entry.path.as_os_str().as_encoded_bytes());
        let mode = entry.mode;
        out += &match &entry.content {
            Content::Dir => format!("dir\t{mode:03o}\t\t\t\t\t{path}\t\n"),
            Content::Link(target) => {
                let target = escape(target.as_encoded_bytes());
                format!("link\t{mode:03o}\t\t\t\t\t{path}\t{target}\n")
            }
            Content::File(file) => {
                let FileContent {
                    len,
                    hash,
                    modified,
                    seen,
                } = file;
                let hash = hash.map(|hash| hash.to_hex()).unwrap_or_default();
                format!("file\t{mode:03o}\t{len}\t{hash}\t{modified}\t{seen}\t{path}\t\n")
            }
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
    let mut entries: Vec<Entry> = Vec::new();
    let mut dirs = HashSet::from([PathBuf::new()]);
    for (at, line) in lines.enumerate() {
        let entry = parse_line(line, &dirs).with_context(|| format!("{shown}:{}", at + 2))?;
        if entry.content == Content::Dir {
            dirs.insert(entry.path.clone());
        }
        entries.push(entry);
    }
    entries.sort_by(|a, b| a.path.cmp(&b.path));
    for pair in entries.windows(2) {
        let path = pair[0].path.display();
        ensure!(
            pair[0].path != pair[1].path,
            "{shown}: '{path}' is listed twice"
        );
    }
    Ok(entries)
}

fn parse_line(line: &str, dirs: &HashSet<PathBuf>) -> Result<Entry> {
    let cells: Vec<&str> = line.split('\t').collect();
    let [kind, mode, len, hash, modified, seen, path, target] = cells[..] else {
        bail!("expected 8 cells, found {}", cells.len())
    };
    let content = match kind {
        "dir" => Content::Dir,
        "link" => Content::Link(unescape(target)?),
        "file" => Content::File(FileContent {
            len: len.parse().context("invalid number of bytes")?,
            hash: Some(Hash::from_hex(hash).context("invalid hash")?),
            modified: modified.parse().context("invalid time")?,
            seen: seen.to_owned(),
        }),
        _ => bail!("unknown kind '{kind}'; expected file, dir or link"),
    };
    let path = unescape(path)?;
    check_relative(Path::new(&path))?;
    // Normalized: in an edited manifest, `a//b` would be `a/b` under a second name.
    let path: PathBuf = Path::new(&path).components().collect();
    let is_listed = path.parent().is_some_and(|parent| dirs.contains(parent));
    ensure!(
        is_listed,
        "the directory of '{}' is not listed before it",
        path.display()
    );
    let mode = u32::from_str_radix(mode, 8).context("invalid mode")? & 0o777;
    Ok(Entry {
        path,
        mode,
        content,
    })
}

/// Writes backslashes, control characters and bytes that are not UTF-8 as `\xff`.
fn escape(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            match c {
                '\\' | '\x7f' | '\0'..='\x1f' => out += &format!("\\x{:02x}", u32::from(c)),
                c => out.push(c),
            }
        }
        for byte in chunk.invalid() {
            out += &format!("\\x{byte:02x}");
        }
    }
    out
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

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &[u8]) -> Entry {
        let content = Content::File(FileContent {
            len: 3,
            hash: Some(blake3::hash(b"abc")),
            modified: -1,
            seen: "0:1:2:3".to_owned(),
        });
        Entry {
            path: OsString::from_vec(path.to_vec()).into(),
            mode: 0o755,
            content,
        }
    }

    fn parse(entries: &[Entry]) -> Result<Vec<Entry>> {
        parse_manifest(format_manifest(entries).as_bytes(), Path::new("m"))
    }

    #[test]
    fn any_name_survives() {
        let dir = Entry {
            path: "a".into(),
            mode: 0o700,
            content: Content::Dir,
        };
        let target = Content::Link("../\n\\x".into());
        let link = Entry {
            path: "z".into(),
            mode: 0o777,
            content: target,
        };
        let entries = vec![
            dir,
            file(b"a/\n\t\\x41\xff\x1b"),
            file("ä b".as_bytes()),
            link,
        ];
        let mut sorted = entries.clone();
        sorted.sort_by(|a, b| a.path.cmp(&b.path));
        assert_eq!(parse(&entries).unwrap(), sorted);
    }

    #[test]
    fn a_path_that_leads_out_is_rejected() {
        for bad in [
            &b"../x"[..],
            b"/etc/passwd",
            b"a/../../x",
            b".",
            b"",
            b"missing/x",
            b"a\0b",
        ] {
            assert!(
                parse(&[file(bad)]).is_err(),
                "{}",
                String::from_utf8_lossy(bad)
            );
        }
        assert!(parse(&[file(b"x"), file(b"x")]).is_err());
        let target = Content::Link("/etc".into());
        let link = Entry {
            path: "l".into(),
            mode: 0o777,
            content: target,
        };
        assert!(parse(&[link, file(b"l/passwd")]).is_err());
    }
}
