//! The first line of a log: the names of its columns.

use std::{io, path::Path};

use anyhow::{Result, bail};

use super::{
    Source,
    lines::{Lines, ONE_LINE},
    split::split,
};
use crate::log::{Cells, value};

/// How the first line is written.
#[derive(Clone, Copy, Default)]
pub(crate) struct Header {
    pub(crate) crlf: bool,
    pub(crate) bom: bool,
}

/// The names, the length of the header's line, and what else is to know of it; `None` where there is no whole line.
pub(crate) fn read_header(
    file: &Source,
    end: u64,
) -> io::Result<Option<(Vec<String>, u64, Header)>> {
    let mut lines = Lines::in_chunks(file, 0, end, ONE_LINE);
    let Some(line) = lines.look(0)? else {
        return Ok(None);
    };
    let raw = lines.bytes(line.len);
    let unmarked = raw.strip_prefix("\u{feff}".as_bytes()).unwrap_or(raw);
    let text = unmarked.strip_suffix(b"\r").unwrap_or(unmarked);
    let header = Header {
        crlf: text.len() < unmarked.len(),
        bom: unmarked.len() < raw.len(),
    };
    let mut ends = Vec::new();
    split(text, &mut ends, None);
    let name = |cell| String::from_utf8_lossy(&value(cell)).trim().to_owned();
    Ok(Some((
        Cells::new(text, &ends).iter().map(name).collect(),
        line.taken,
        header,
    )))
}

/// Whether a log is in lineage's own shape.
pub(crate) fn is_own(names: &[String]) -> bool {
    ["exp_id", "status"]
        .iter()
        .all(|needed| names.iter().any(|name| name == needed))
}

pub(crate) fn check_header(path: &Path, names: &[String]) -> Result<()> {
    for needed in ["exp_id", "status"] {
        if !names.iter().any(|name| name == needed) {
            let shown: String = names.join(" ").chars().take(200).collect();
            bail!(
                "{0}:1: no column `{needed}`, so this is no log of lineage, and no trial is appended to it; \
                 `lineage import {2}` makes a store of it (`lineage init` makes an empty one); the line has: {1}",
                path.display(),
                shown.escape_debug(),
                in_a_shell(path)
            );
        }
    }
    Ok(())
}

/// A path as a shell takes it for one word.
fn in_a_shell(path: &Path) -> String {
    let text = path.to_string_lossy();
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "._-/".contains(c);
    if text.chars().all(is_plain) {
        text.into_owned()
    } else {
        format!("'{}'", text.replace('\'', "'\\''"))
    }
}
