//! The manifest beside a snapshot: what was frozen, a line each, with its hash. Pure; `docs/snapshots.md` describes it.

use std::{
    collections::HashSet,
    ffi::OsString,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail, ensure};
use blake3::Hash;

use super::{beneath::names, dir::Meta};

const HEAD: &str = "kind\tmode\tbytes\tblake3\tmodified\tseen\tpath\ttarget";

/// One file, directory or link of a snapshot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub path: PathBuf,
    /// The permissions that it had, and that a checkout gives it again.
    pub mode: u32,
    pub what: What,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    Dir,
    File(Contents),
    Link(OsString),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Contents {
    pub bytes: u64,
    /// `None` where no manifest says it.
    pub hash: Option<Hash>,
    /// The time of the frozen file: together with its length, by which it is known to be untouched.
    pub(super) modified: i128,
    pub(super) seen: Option<Seen>,
}

/// By what the original of a frozen file is known again without reading it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Seen {
    modified: i128,
    changed: i128,
    dev: u64,
    ino: u64,
}

impl Seen {
    pub(super) fn of(meta: &Meta) -> Self {
        Self {
            modified: meta.modified,
            changed: meta.changed,
            dev: meta.dev,
            ino: meta.ino,
        }
    }
}

/// The text of a manifest.
pub(super) fn print(entries: &[Entry]) -> String {
    let lines = entries.iter().map(|entry| {
        let none = String::new;
        let [kind, bytes, hash, modified, seen, target] = match &entry.what {
            What::Dir => ["dir".to_owned(), none(), none(), none(), none(), none()],
            What::Link(target) => [
                "link".to_owned(),
                none(),
                none(),
                none(),
                none(),
                escape(target.as_encoded_bytes()),
            ],
            What::File(contents) => [
                "file".to_owned(),
                contents.bytes.to_string(),
                contents
                    .hash
                    .map(|hash| hash.to_hex().to_string())
                    .unwrap_or_default(),
                contents.modified.to_string(),
                contents.seen.map(print_seen).unwrap_or_default(),
                none(),
            ],
        };
        let path = escape(entry.path.as_os_str().as_encoded_bytes());
        format!(
            "{kind}\t{:03o}\t{bytes}\t{hash}\t{modified}\t{seen}\t{path}\t{target}\n",
            entry.mode
        )
    });
    format!("{HEAD}\n{}", lines.collect::<String>())
}

/// Reads a manifest, and believes no path in it: each leads down, stands once, and is in a directory that is listed before.
pub(super) fn parse(text: &[u8], path: &Path) -> Result<Vec<Entry>> {
    let text =
        std::str::from_utf8(text).with_context(|| format!("{} is not UTF-8", path.display()))?;
    let mut lines = text.lines();
    ensure!(
        lines.next() == Some(HEAD),
        "{}:1: this is no manifest of this version of lineage",
        path.display()
    );
    let mut entries: Vec<Entry> = Vec::new();
    let mut dirs = HashSet::new();
    let mut last_dir = PathBuf::new(); // most files are in the same as the one before
    for (at, line) in lines.enumerate() {
        let place = || format!("{}:{}", path.display(), at + 2);
        let entry = entry(line).with_context(place)?;
        names(&entry.path).with_context(place)?;
        let above = entry.path.parent().unwrap_or(Path::new(""));
        if above.as_os_str() != last_dir.as_os_str() && !above.as_os_str().is_empty() {
            let shown = entry.path.display();
            ensure!(
                dirs.contains(above),
                "{}: {shown} is in no directory that is listed before it",
                place()
            );
            above.clone_into(&mut last_dir);
        }
        if entry.what == What::Dir {
            dirs.insert(entry.path.clone());
        }
        entries.push(entry);
    }
    if !entries.is_sorted_by(|a, b| a.path < b.path) {
        entries.sort_unstable_by(|a, b| a.path.cmp(&b.path));
        let twice = entries.windows(2).find(|pair| pair[0].path == pair[1].path);
        ensure!(
            twice.is_none(),
            "{}: {} stands twice",
            path.display(),
            twice.map_or(Path::new(""), |two| &two[0].path).display()
        );
    }
    Ok(entries)
}

fn entry(line: &str) -> Result<Entry> {
    let cells: Vec<&str> = line.split('\t').collect();
    let [kind, mode, bytes, hash, modified, seen, path, target] = cells[..] else {
        bail!("{} cells, 8 expected", cells.len())
    };
    let what = match kind {
        "dir" => What::Dir,
        "link" => What::Link(os_string(unescape(target)?)?),
        "file" => What::File(Contents {
            bytes: bytes.parse().context("no number of bytes")?,
            hash: Some(Hash::from_hex(hash).context("no hash")?),
            modified: modified.parse().context("no time")?,
            seen: read_seen(seen),
        }),
        _ => bail!("`{kind}` is neither file, dir nor link"),
    };
    // Written by us it is normal already; by another hand, `a//b` would be the same file as `a/b` under a second name.
    let path: PathBuf = Path::new(&os_string(unescape(path)?)?)
        .components()
        .collect();
    Ok(Entry {
        path,
        mode: u32::from_str_radix(mode, 8).context("no mode")? & 0o777,
        what,
    })
}

fn print_seen(seen: Seen) -> String {
    format!(
        "{}:{}:{}:{}",
        seen.modified, seen.changed, seen.dev, seen.ino
    )
}

/// What cannot be read is as good as nothing: the file is then known by its hash.
fn read_seen(text: &str) -> Option<Seen> {
    let mut numbers = text.split(':');
    let seen = Seen {
        modified: numbers.next()?.parse().ok()?,
        changed: numbers.next()?.parse().ok()?,
        dev: numbers.next()?.parse().ok()?,
        ino: numbers.next()?.parse().ok()?,
    };
    numbers.next().is_none().then_some(seen)
}

/// Any bytes as one word of one line: backslashes, control characters and what is not UTF-8 as `\xff`.
fn escape(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len());
    let byte = |out: &mut String, byte: u8| out.push_str(&format!("\\x{byte:02x}"));
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            match c {
                '\\' | '\x7f' | '\0'..='\x1f' => byte(&mut out, c as u8),
                c => out.push(c),
            }
        }
        chunk.invalid().iter().for_each(|&b| byte(&mut out, b));
    }
    out
}

fn unescape(text: &str) -> Result<Vec<u8>> {
    let mut parts = text.split("\\x");
    let mut out = parts.next().unwrap_or_default().as_bytes().to_vec();
    for part in parts {
        let (digits, rest) = part
            .split_at_checked(2)
            .context("a path with half an escape")?;
        out.push(u8::from_str_radix(digits, 16).context("a path with a broken escape")?);
        out.extend_from_slice(rest.as_bytes());
    }
    Ok(out)
}

#[cfg(unix)]
#[allow(clippy::unnecessary_wraps)] // elsewhere, not all bytes are a name
fn os_string(bytes: Vec<u8>) -> Result<OsString> {
    Ok(std::os::unix::ffi::OsStringExt::from_vec(bytes))
}

#[cfg(not(unix))]
fn os_string(bytes: Vec<u8>) -> Result<OsString> {
    Ok(String::from_utf8(bytes)
        .context("a path that is not UTF-8")?
        .into())
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::ffi::OsStringExt;

    use super::*;

    fn file(path: &[u8]) -> Entry {
        let contents = Contents {
            bytes: 3,
            hash: Some(blake3::hash(b"abc")),
            modified: -1,
            seen: Some(Seen {
                modified: 0,
                changed: 1,
                dev: 2,
                ino: 3,
            }),
        };
        Entry {
            path: OsString::from_vec(path.to_vec()).into(),
            mode: 0o755,
            what: What::File(contents),
        }
    }

    #[test]
    fn any_name_survives() {
        let dir = Entry {
            path: "a".into(),
            mode: 0o700,
            what: What::Dir,
        };
        let link = Entry {
            path: "z".into(),
            mode: 0o777,
            what: What::Link("../\n\\x".into()),
        };
        let entries = vec![
            dir,
            file(b"a/\n\t\\x41\xff\x1b"),
            file("ä b".as_bytes()),
            link,
        ];
        let mut sorted = entries.clone();
        sorted.sort_by(|a, b| a.path.cmp(&b.path));
        assert_eq!(
            parse(print(&entries).as_bytes(), Path::new("m")).unwrap(),
            sorted
        );
    }

    #[test]
    fn a_path_that_leads_out_is_refused() {
        for bad in [
            &b"../x"[..],
            b"/etc/passwd",
            b"a/../../x",
            b".",
            b"",
            b"missing/x",
            b"a\0b",
        ] {
            let text = print(&[file(bad)]);
            assert!(
                parse(text.as_bytes(), Path::new("m")).is_err(),
                "{}",
                String::from_utf8_lossy(bad)
            );
        }
        let twice = print(&[file(b"x"), file(b"x")]);
        assert!(parse(twice.as_bytes(), Path::new("m")).is_err());
        let through_link = [
            Entry {
                path: "l".into(),
                mode: 0o777,
                what: What::Link("/etc".into()),
            },
            file(b"l/passwd"),
        ];
        assert!(parse(print(&through_link).as_bytes(), Path::new("m")).is_err());
    }
}
