//! Paths in a patch, quoted as git quotes them.

use std::path::Path;

use crate::text::is_hidden;

/// The path below a directory named after the trial, as git's `a/` and `b/`.
pub(super) fn prefix_path(trial: &str, path: &Path) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    let mut name = trial.replace(|c| !is_plain(c), "-").into_bytes();
    name.push(b'/');
    name.extend_from_slice(path.as_os_str().as_encoded_bytes());
    quote_path(&name)
}

/// Quotes a path as git does, if it contains control or invisible characters, quotes or backslashes.
pub fn quote_path(path: &[u8]) -> String {
    let is_odd = |c: char| c.is_control() || is_hidden(c) || c == '"' || c == '\\';
    if let Ok(path) = std::str::from_utf8(path)
        && !path.contains(is_odd)
    {
        return path.to_owned();
    }
    let mut out = String::from("\"");
    for chunk in path.utf8_chunks() {
        for c in chunk.valid().chars() {
            match c {
                '"' | '\\' => out.extend(['\\', c]),
                '\n' => out.push_str("\\n"),
                '\t' => out.push_str("\\t"),
                c if is_odd(c) => push_octal(&mut out, c.encode_utf8(&mut [0; 4]).as_bytes()),
                c => out.push(c),
            }
        }
        push_octal(&mut out, chunk.invalid());
    }
    out + "\""
}

fn push_octal(out: &mut String, bytes: &[u8]) {
    for byte in bytes {
        out.push_str(&format!("\\{byte:03o}"));
    }
}
