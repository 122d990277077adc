//! What differs between two snapshots, in the format of `git diff`, so that `git apply` and `patch -p1` take it; and which of
//! two trials' own fields do. The text of a file is the one thing that is printed to the byte; a person is shown it harmless.

mod compare;
mod listing;

use std::{
    ops::Range,
    path::{Path, PathBuf},
};

use anstyle::{AnsiColor, Style};
use imara_diff::{Hunk, InternedInput, Token, sources::byte_lines};

use self::compare::{compare, length};
pub use self::listing::{columns, fields, stats};
use super::{
    Look,
    text::{is_hidden, printable_line},
};
use crate::store::Side;

/// The mode of a link.
const LINK: &str = "120000";

/// Lines around a change.
const CONTEXT: u32 = 3;

/// A path that differs, with what it holds on both sides.
pub struct Change<'a> {
    pub path: &'a Path,
    pub before: Option<Side>,
    pub after: Option<Side>,
}

/// How many lines a change adds and removes; `None` where it is not one of lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stat {
    pub path: PathBuf,
    pub change: &'static str,
    pub lines: Option<(u32, u32)>,
}

impl Change<'_> {
    /// The change as a patch from `old` to `new`, the ids of the two trials. What has no lines is named in a line that no
    /// reader of patches takes for a part of one: git would refuse the whole patch for the sake of one binary file.
    pub fn patch(&self, old: &str, new: &str, look: Look) -> Vec<u8> {
        let name = |trial: &str| {
            quote(
                &[
                    plain(trial).as_bytes(),
                    b"/",
                    self.path.as_os_str().as_encoded_bytes(),
                ]
                .concat(),
            )
        };
        let (old, new) = (name(old), name(new));
        let mut out = Patch {
            look,
            bytes: Vec::new(),
        };
        let (before, after) = match self.texts() {
            Ok(texts) => texts,
            Err(why) => {
                let name = quote(self.path.as_os_str().as_encoded_bytes());
                out.line(
                    Style::new(),
                    &format!("# {name} ({}) is not in this patch: {why}", self.kind()),
                );
                return out.bytes;
            }
        };
        let head = Style::new().bold();
        // Where no other line has the name, `patch` would end it at the first space.
        let in_quotes = |name: &String| {
            if before == after && name.contains(' ') && !name.starts_with('"') {
                format!("\"{name}\"")
            } else {
                name.clone()
            }
        };
        out.line(
            head,
            &format!("diff --git {} {}", in_quotes(&old), in_quotes(&new)),
        );
        match (
            self.before.as_ref().map(mode),
            self.after.as_ref().map(mode),
        ) {
            (None, Some(mode)) => out.line(head, &format!("new file mode {mode}")),
            (Some(mode), None) => out.line(head, &format!("deleted file mode {mode}")),
            (Some(old), Some(new)) if old != new => {
                out.line(head, &format!("old mode {old}"));
                out.line(head, &format!("new mode {new}"));
            }
            // Only here does `patch` look for the mode of what it changes; the hashes say no more than that there are two.
            (Some(LINK), Some(LINK)) => out.line(head, &format!("index 1111111..2222222 {LINK}")),
            _ => {}
        }
        if before != after {
            // A tab ends a name with a space in it, or `patch` would end it at the space.
            let end = if self.path.as_os_str().as_encoded_bytes().contains(&b' ') {
                "\t"
            } else {
                ""
            };
            let name = |side: &Option<Side>, name: &str| match side {
                Some(_) => format!("{name}{end}"),
                None => "/dev/null".to_owned(),
            };
            out.line(head, &format!("--- {}", name(&self.before, &old)));
            out.line(head, &format!("+++ {}", name(&self.after, &new)));
            out.hunks(before, after);
        }
        out.bytes
    }

    /// Whether a patch can hold the change.
    pub fn is_text(&self) -> bool {
        self.texts().is_ok()
    }

    /// A word for the change.
    fn kind(&self) -> &'static str {
        match (&self.before, &self.after) {
            (None, _) => "new",
            (_, None) => "deleted",
            (Some(before), Some(after)) if mode(before) != mode(after) => "mode",
            _ => "changed",
        }
    }

    pub fn stat(&self) -> Stat {
        let lines = self.texts().ok().map(|(before, after)| {
            let input = InternedInput::new(byte_lines(before), byte_lines(after));
            let sum = |range: fn(&Hunk) -> &Range<u32>| {
                move |sum: u32, hunk: &Hunk| sum + length(range(hunk).len())
            };
            let hunks = compare(&input);
            (
                hunks.iter().fold(0, sum(|hunk| &hunk.after)),
                hunks.iter().fold(0, sum(|hunk| &hunk.before)),
            )
        });
        Stat {
            path: self.path.to_owned(),
            change: self.kind(),
            lines,
        }
    }

    /// Both sides as text; what is not there is empty. Else why there are none.
    fn texts(&self) -> Result<(&[u8], &[u8]), &'static str> {
        Ok((text(self.before.as_ref())?, text(self.after.as_ref())?))
    }
}

fn text(side: Option<&Side>) -> Result<&[u8], &'static str> {
    match side {
        None => Ok(b""),
        Some(Side::Text { bytes, .. }) => Ok(bytes),
        Some(Side::Link(target)) => Ok(target.as_encoded_bytes()),
        Some(Side::Binary { .. }) => Err("it is binary"),
        Some(Side::Long { .. }) => Err("it is too long to be compared line by line"),
    }
}

/// The word of git for it.
fn mode(side: &Side) -> &'static str {
    match side {
        Side::Link(_) => LINK,
        Side::Text { executable, .. } | Side::Binary { executable } | Side::Long { executable } => {
            if *executable {
                "100755"
            } else {
                "100644"
            }
        }
    }
}

/// An id as the first component of a name.
fn plain(trial: &str) -> String {
    let plain = |c: char| {
        if c.is_ascii_alphanumeric() || "._-".contains(c) {
            c
        } else {
            '-'
        }
    };
    trial.chars().map(plain).collect()
}

/// A path as git writes it: in quotes where it holds what a line, a terminal or an eye would stumble over.
pub fn quote(path: &[u8]) -> String {
    let odd = |c: char| c.is_control() || is_hidden(c) || c == '"' || c == '\\';
    if std::str::from_utf8(path).is_ok_and(|path| !path.contains(odd)) {
        return String::from_utf8_lossy(path).into_owned();
    }
    let mut out = String::from("\"");
    let octal = |out: &mut String, bytes: &[u8]| {
        bytes
            .iter()
            .for_each(|b| out.push_str(&format!("\\{b:03o}")))
    };
    for chunk in path.utf8_chunks() {
        for c in chunk.valid().chars() {
            match c {
                '"' | '\\' => out.extend(['\\', c]),
                '\n' => out.push_str("\\n"),
                '\t' => out.push_str("\\t"),
                c if odd(c) => octal(&mut out, c.encode_utf8(&mut [0; 4]).as_bytes()),
                c => out.push(c),
            }
        }
        octal(&mut out, chunk.invalid());
    }
    out + "\""
}

struct Patch {
    look: Look,
    bytes: Vec<u8>,
}

impl Patch {
    fn line(&mut self, style: Style, text: &str) {
        self.bytes
            .extend_from_slice(self.look.paint(style, text).as_bytes());
        self.bytes.push(b'\n');
    }

    fn hunks(&mut self, before: &[u8], after: &[u8]) {
        let input = InternedInput::new(byte_lines(before), byte_lines(after));
        let (old_length, new_length) = (length(input.before.len()), length(input.after.len()));
        let hunks = compare(&input);
        let near = |a: &Hunk, b: &Hunk| b.before.start - a.before.end <= 2 * CONTEXT;
        for group in hunks.chunk_by(near) {
            let (first, last) = (&group[0], &group[group.len() - 1]);
            let lead = first.before.start.min(CONTEXT);
            let old = first.before.start - lead..(last.before.end + CONTEXT).min(old_length);
            let new = first.after.start - lead..(last.after.end + CONTEXT).min(new_length);
            self.line(
                AnsiColor::Cyan.on_default(),
                &format!("@@ -{} +{} @@", range(&old), range(&new)),
            );
            let mut at = old.start;
            for hunk in group {
                self.lines(" ", &input, &input.before[index(&(at..hunk.before.start))]);
                self.lines("-", &input, &input.before[index(&hunk.before)]);
                self.lines("+", &input, &input.after[index(&hunk.after)]);
                at = hunk.before.end;
            }
            self.lines(" ", &input, &input.before[index(&(at..old.end))]);
        }
    }

    fn lines(&mut self, sign: &str, input: &InternedInput<&[u8]>, tokens: &[Token]) {
        let style = match sign {
            "-" => AnsiColor::Red.on_default(),
            "+" => AnsiColor::Green.on_default(),
            _ => Style::new(),
        };
        for &token in tokens {
            let line = input.interner[token];
            let text = line.strip_suffix(b"\n").unwrap_or(line);
            if self.look.is_terminal() {
                self.line(style, &format!("{sign}{}", printable_line(text)));
            } else {
                let styled = self.look.paint(style, sign); // of a patch, the sign alone: the text stays what it is
                self.bytes.extend_from_slice(styled.as_bytes());
                self.bytes.extend_from_slice(text);
                self.bytes.push(b'\n');
            }
            if text.len() == line.len() {
                self.line(Style::new(), "\\ No newline at end of file");
            }
        }
    }
}

fn index(range: &Range<u32>) -> Range<usize> {
    range.start as usize..range.end as usize
}

/// Lines as a hunk's head counts them.
fn range(lines: &Range<u32>) -> String {
    match lines.len() {
        0 => format!("{},0", lines.start),
        1 => format!("{}", lines.start + 1),
        length => format!("{},{length}", lines.start + 1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn side(text: &str) -> Side {
        Side::Text {
            executable: false,
            bytes: text.as_bytes().to_vec(),
        }
    }

    fn patch(before: impl Into<Option<Side>>, after: Side) -> String {
        let change = Change {
            path: Path::new("f"),
            before: before.into(),
            after: Some(after),
        };
        String::from_utf8(change.patch("1", "2", Look::default())).unwrap()
    }

    #[test]
    fn hunks_have_three_lines_around_them_and_join_where_these_meet() {
        let before: String = (1..=30).map(|n| format!("{n}\n")).collect();
        let after = before
            .replace("\n5\n", "\nfive\n")
            .replace("\n11\n", "\n")
            .replace("\n25\n", "\n25\nnew\n");
        let heads: Vec<_> = patch(side(&before), side(&after))
            .lines()
            .filter(|line| line.starts_with("@@"))
            .map(str::to_owned)
            .collect();
        assert_eq!(heads, ["@@ -2,13 +2,12 @@", "@@ -23,6 +22,7 @@"]);
    }

    #[test]
    fn a_missing_newline_and_an_empty_side_are_said() {
        let text = patch(side("a\nb"), side("a\nb\n"));
        assert!(
            text.ends_with("@@ -1,2 +1,2 @@\n a\n-b\n\\ No newline at end of file\n+b\n"),
            "{text}"
        );
        let text = patch(None, side("a\n"));
        assert!(
            text.contains("new file mode 100644\n--- /dev/null\n+++ 2/f\n@@ -0,0 +1 @@\n+a\n"),
            "{text}"
        );
        assert_eq!(
            patch(None, side("")),
            "diff --git 1/f 2/f\nnew file mode 100644\n"
        );
    }

    #[test]
    fn a_name_is_quoted_as_git_does() {
        assert_eq!(quote("a b/ä".as_bytes()), "a b/ä");
        assert_eq!(quote(b"a\n\t\"\\\x1b\xff"), "\"a\\n\\t\\\"\\\\\\033\\377\"");
        assert_eq!(quote("\u{202e}".as_bytes()), "\"\\342\\200\\256\"");
    }

    #[test]
    fn two_long_texts_with_nothing_in_common_are_compared_in_time() {
        let text = |from: u32| {
            (from..from + 100_000)
                .map(|n| format!("{n}\n"))
                .collect::<String>()
        };
        let change = Change {
            path: Path::new("f"),
            before: Some(side(&text(0))),
            after: Some(side(&text(1_000_000))),
        };
        assert_eq!(change.stat().lines, Some((100_000, 100_000)));
    }
}
