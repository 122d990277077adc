//! A difference between two snapshots as a patch, in the format of `git diff`, which `git apply` and `patch -p1` accept, or as a
//! list of changed files. The text of files is written byte for byte; on a terminal it is escaped.

mod lines;
mod listing;
mod quote;

use std::ops::Range;
use std::path::{Path, PathBuf};

use anstyle::{AnsiColor, Style};
use imara_diff::sources::byte_lines;
use imara_diff::{Hunk, InternedInput, Token};

use self::lines::diff_lines;
pub use self::listing::{format_columns, format_stats, list_column_changes};
use self::quote::prefix_path;
pub use self::quote::quote_path;
use crate::output::Look;
use crate::snapshot::Side;
use crate::text::printable_line;

const LINK_MODE: &str = "120000";

/// Unchanged lines around a change.
const CONTEXT_LINES: u32 = 3;

/// One file or link that differs: added if `before` is `None`, removed if `after` is.
pub struct FileDiff<'a> {
    pub path: &'a Path,
    pub before: Option<Side>,
    pub after: Option<Side>,
}

/// How large the change of a file is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DiffStat {
    pub path: PathBuf,
    /// `new`, `deleted`, `mode` (its text may have changed, too) or `changed`.
    pub change: &'static str,
    /// How many lines are added and removed; `None` if a file is binary or too long.
    pub lines: Option<(usize, usize)>,
}

impl FileDiff<'_> {
    /// Formats the change as a patch from trial `old` to trial `new`. A binary file becomes a comment,
    /// because git would reject the whole patch for it.
    pub fn format_patch(&self, old: &str, new: &str, look: Look) -> Vec<u8> {
        let bytes = Vec::new();
        let mut patch = PatchWriter { look, bytes };
        match self.texts() {
            Ok((before, after)) => {
                self.write_header(&mut patch, old, new, before != after);
                patch.write_hunks(before, after);
            }
            Err(why) => {
                let name = quote_path(self.path.as_os_str().as_encoded_bytes());
                let change = self.change_word();
                let line = format!("# {name} ({change}) is not in this patch: {why}");
                patch.write_line(Style::new(), &line);
            }
        }
        patch.bytes
    }

    /// Whether a patch can express the change.
    pub fn is_text(&self) -> bool {
        self.texts().is_ok()
    }

    pub fn stat(&self) -> DiffStat {
        DiffStat {
            path: self.path.to_owned(),
            change: self.change_word(),
            lines: self.texts().ok().map(count_changed_lines),
        }
    }

    fn change_word(&self) -> &'static str {
        match (&self.before, &self.after) {
            (None, _) => "new",
            (_, None) => "deleted",
            (Some(before), Some(after)) if before.mode != after.mode => "mode",
            _ => "changed",
        }
    }

    /// Both sides as text, or why that is impossible.
    fn texts(&self) -> Result<(&[u8], &[u8]), &'static str> {
        let (before, after) = (self.before.as_ref(), self.after.as_ref());
        Ok((side_text(before)?, side_text(after)?))
    }

    fn write_header(&self, patch: &mut PatchWriter, old: &str, new: &str, has_hunks: bool) {
        let (old, new) = (prefix_path(old, self.path), prefix_path(new, self.path));
        let has_space = self.path.as_os_str().as_encoded_bytes().contains(&b' ');
        // Without a `---` line, `patch` ends a name at the first space unless it is quoted.
        let quote = |name: &str| {
            if has_space && !has_hunks && !name.starts_with('"') {
                format!("\"{name}\"")
            } else {
                name.to_owned()
            }
        };
        patch.write_bold(&format!("diff --git {} {}", quote(&old), quote(&new)));
        match (&self.before, &self.after) {
            (None, Some(new)) => patch.write_bold(&format!("new file mode {}", new.mode)),
            (Some(old), None) => patch.write_bold(&format!("deleted file mode {}", old.mode)),
            (Some(old), Some(new)) if old.mode != new.mode => {
                patch.write_bold(&format!("old mode {}", old.mode));
                patch.write_bold(&format!("new mode {}", new.mode));
            }
            // `patch` reads the mode of a changed link only here; the hashes just have to differ.
            (Some(old), _) if old.mode == LINK_MODE => {
                patch.write_bold(&format!("index 1111111..2222222 {LINK_MODE}"));
            }
            _ => {}
        }
        if !has_hunks {
            return;
        }
        // Without the tab, `patch` ends a name at the first space.
        let tab = if has_space { "\t" } else { "" };
        for (sign, side, name) in [("---", &self.before, old), ("+++", &self.after, new)] {
            match side {
                Some(_) => patch.write_bold(&format!("{sign} {name}{tab}")),
                None => patch.write_bold(&format!("{sign} /dev/null")),
            }
        }
    }
}

fn side_text(side: Option<&Side>) -> Result<&[u8], &'static str> {
    match side {
        None => Ok(b""),
        Some(side) => side.text.as_deref().map_err(|why| *why),
    }
}

fn count_changed_lines((before, after): (&[u8], &[u8])) -> (usize, usize) {
    let input = InternedInput::new(byte_lines(before), byte_lines(after));
    let (mut added, mut removed) = (0, 0);
    for hunk in diff_lines(&input) {
        added += hunk.after.len();
        removed += hunk.before.len();
    }
    (added, removed)
}

/// Collects a patch as bytes: files may not be UTF-8, and the printer of `imara-diff` writes `str` only.
struct PatchWriter {
    look: Look,
    bytes: Vec<u8>,
}

impl PatchWriter {
    fn write_line(&mut self, style: Style, text: &str) {
        self.bytes
            .extend_from_slice(self.look.paint(style, text).as_bytes());
        self.bytes.push(b'\n');
    }

    fn write_bold(&mut self, text: &str) {
        self.write_line(Style::new().bold(), text);
    }

    fn write_hunks(&mut self, before: &[u8], after: &[u8]) {
        let input = InternedInput::new(byte_lines(before), byte_lines(after));
        let changes = diff_lines(&input);
        let is_near = |a: &Hunk, b: &Hunk| b.before.start - a.before.end <= 2 * CONTEXT_LINES;
        for group in changes.chunk_by(is_near) {
            self.write_hunk(&input, group);
        }
    }

    /// Writes changes that are close to each other, with the lines around them.
    fn write_hunk(&mut self, input: &InternedInput<&[u8]>, changes: &[Hunk]) {
        let (Some(first), Some(last)) = (changes.first(), changes.last()) else {
            return;
        };
        let lead = first.before.start.min(CONTEXT_LINES);
        let rest = input.before.len() - last.before.end as usize;
        let tail = u32::try_from(rest).map_or(CONTEXT_LINES, |rest| rest.min(CONTEXT_LINES));
        let old = first.before.start - lead..last.before.end + tail;
        let new = first.after.start - lead..last.after.end + tail;
        let head = format!("@@ -{} +{} @@", format_range(&old), format_range(&new));
        self.write_line(AnsiColor::Cyan.on_default(), &head);
        let mut at = old.start;
        for change in changes {
            self.write_lines(' ', input, &input.before[to_usize(at..change.before.start)]);
            self.write_lines('-', input, &input.before[to_usize(change.before.clone())]);
            self.write_lines('+', input, &input.after[to_usize(change.after.clone())]);
            at = change.before.end;
        }
        self.write_lines(' ', input, &input.before[to_usize(at..old.end)]);
    }

    fn write_lines(&mut self, sign: char, input: &InternedInput<&[u8]>, lines: &[Token]) {
        let style = match sign {
            '-' => AnsiColor::Red.on_default(),
            '+' => AnsiColor::Green.on_default(),
            _ => Style::new(),
        };
        for &token in lines {
            let line = input.interner[token];
            let text = line.strip_suffix(b"\n").unwrap_or(line);
            if self.look.is_terminal() {
                self.write_line(style, &format!("{sign}{}", printable_line(text)));
            } else {
                // Only the sign is coloured: the text must stay as it is.
                let sign = self.look.paint(style, &sign.to_string());
                self.bytes.extend_from_slice(sign.as_bytes());
                self.bytes.extend_from_slice(text);
                self.bytes.push(b'\n');
            }
            if text.len() == line.len() {
                self.write_line(Style::new(), "\\ No newline at end of file");
            }
        }
    }
}

fn to_usize(range: Range<u32>) -> Range<usize> {
    range.start as usize..range.end as usize
}

/// A range of lines as in the head of a hunk.
fn format_range(lines: &Range<u32>) -> String {
    match lines.len() {
        0 => format!("{},0", lines.start),
        1 => format!("{}", lines.start + 1),
        len => format!("{},{len}", lines.start + 1),
    }
}

#[cfg(test)]
mod tests {
    use super::lines::{MAX_EQUAL_PAIRS, count_equal_pairs};
    use super::*;

    fn side(text: &str) -> Side {
        Side {
            mode: "100644",
            text: Ok(text.as_bytes().to_vec()),
        }
    }

    fn patch(before: impl Into<Option<Side>>, after: Side) -> String {
        let change = FileDiff {
            path: Path::new("f"),
            before: before.into(),
            after: Some(after),
        };
        String::from_utf8(change.format_patch("1", "2", Look::default())).unwrap()
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
        assert_eq!(quote_path("a b/ä".as_bytes()), "a b/ä");
        assert_eq!(
            quote_path(b"a\n\t\"\\\x1b\xff"),
            "\"a\\n\\t\\\"\\\\\\033\\377\""
        );
        assert_eq!(quote_path("\u{202e}".as_bytes()), "\"\\342\\200\\256\"");
    }

    #[test]
    fn two_long_texts_with_nothing_in_common_are_compared_in_time() {
        let text = |from: u32| {
            (from..from + 100_000)
                .map(|n| format!("{n}\n"))
                .collect::<String>()
        };
        let change = FileDiff {
            path: Path::new("f"),
            before: Some(side(&text(0))),
            after: Some(side(&text(1_000_000))),
        };
        assert_eq!(change.stat().lines, Some((100_000, 100_000)));
    }

    /// Every line of the patch is checked against both texts, across the borders of blocks.
    #[test]
    fn repetitive_texts_are_compared_block_by_block() {
        let digits = |seed: usize| -> String {
            (0..50_000_usize)
                .map(|n| format!("{}\n", n * n * seed % 7))
                .collect()
        };
        let (before, after) = (digits(1), digits(2));
        let input = InternedInput::new(byte_lines(before.as_bytes()), byte_lines(after.as_bytes()));
        assert!(count_equal_pairs(&input) > MAX_EQUAL_PAIRS);
        let (mut old_at, mut new_at) = (0, 0);
        for hunk in diff_lines(&input) {
            let (old, new) = (to_usize(hunk.before), to_usize(hunk.after));
            assert_eq!(
                input.before[old_at..old.start],
                input.after[new_at..new.start]
            );
            (old_at, new_at) = (old.end, new.end);
        }
        assert_eq!(input.before[old_at..], input.after[new_at..]);
    }
}
