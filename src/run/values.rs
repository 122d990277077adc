//! Numbers in the output of a command: `METRIC name=number`, `name: number` or `name=number`, found while it streams.

use std::{borrow::Cow, sync::LazyLock, time::Instant};

use memchr::{memchr2_iter, memrchr2};
use regex::bytes::Regex;

use crate::log::Number;

/// A line that is longer is searched in parts that overlap.
const MAX_LINE: usize = 64 * 1024;
const OVERLAP: usize = 512;

/// What to look for in the output.
#[derive(Clone)]
pub struct Wanted {
    /// Finds the score in a line instead of its name; has one group.
    pub score_regex: Option<Regex>,
    /// Names of numbers, the first is that of the metric. Case does not matter.
    pub names: Vec<String>,
}

/// Searches a stream that arrives in pieces.
pub(super) struct Finder {
    wanted: Wanted,
    /// The last number of each name, and when it was found.
    found: Vec<Option<(Instant, Number)>>,
    /// The beginning of a line whose end has not arrived.
    pending: Vec<u8>,
    /// Whether the beginning was searched and is left out.
    is_cut: bool,
}

impl Finder {
    pub(super) fn new(wanted: Wanted) -> Self {
        Self {
            found: vec![None; wanted.names.len()],
            wanted,
            pending: Vec::new(),
            is_cut: false,
        }
    }

    pub(super) fn feed(&mut self, bytes: &[u8]) {
        let complete = memrchr2(b'\n', b'\r', bytes).map_or(0, |at| at + 1);
        let (complete, rest) = bytes.split_at(complete);
        if complete.is_empty() || self.pending.is_empty() {
            self.search(complete, true);
        } else {
            let mut lines = std::mem::take(&mut self.pending);
            lines.extend_from_slice(complete);
            self.search(&lines, true);
            self.is_cut = false;
        }
        self.pending.extend_from_slice(rest);
        if self.pending.len() > MAX_LINE {
            let mut line = std::mem::take(&mut self.pending);
            self.search(&line, false);
            self.pending = line.split_off(line.len() - OVERLAP);
            self.is_cut = true;
        }
    }

    /// Searches a last line without its newline.
    pub(super) fn finish(&mut self) {
        let line = std::mem::take(&mut self.pending);
        self.search(&line, true);
    }

    /// The last number of each name in either stream.
    pub(super) fn merge(self, other: Self) -> Vec<Option<Number>> {
        let pairs = self.found.into_iter().zip(other.found);
        let last = pairs.map(|(a, b)| match (&a, &b) {
            (Some((a_time, _)), Some((b_time, _))) if a_time > b_time => a,
            (Some(_), None) => a,
            _ => b,
        });
        last.map(|found| Some(found?.1)).collect()
    }

    /// What touches a cut may be a part of something longer.
    fn search(&mut self, lines: &[u8], has_end: bool) {
        let lines = &remove_colors(lines)[..];
        if let Some(regex) = &self.wanted.score_regex {
            let split = lines.split(|&byte| byte == b'\n' || byte == b'\r');
            for (index, line) in split.enumerate() {
                for captures in regex.captures_iter(line) {
                    let all = captures.get(0).map_or(0..0, |all| all.range());
                    let starts_at_cut = self.is_cut && index == 0 && all.start == 0;
                    let ends_at_cut = !has_end && all.end == line.len();
                    let group = captures.get(1).map_or(&b""[..], |group| group.as_bytes());
                    if !starts_at_cut
                        && !ends_at_cut
                        && let Some(number) = parse(group)
                    {
                        self.found[0] = Some((Instant::now(), number));
                    }
                }
            }
        }
        let is_replaced = self.wanted.score_regex.is_some();
        for at in memchr2_iter(b'=', b':', lines) {
            let name = trim_end(&lines[..at]);
            let is_name = |wanted: &String| {
                let starts_at_cut = self.is_cut && name.len() == wanted.len();
                !starts_at_cut && ends_with_name(name, wanted.as_bytes())
            };
            if let Some(name) = self.wanted.names.iter().position(is_name)
                && !(name == 0 && is_replaced)
                && let Some(number) = parse_start(&lines[at + 1..])
            {
                self.found[name] = Some((Instant::now(), number));
            }
        }
    }
}

/// Removes escape sequences such as `ESC [ 3 1 m`.
pub(super) fn remove_colors(text: &[u8]) -> Cow<'_, [u8]> {
    static ESCAPES: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"(?-u)\x1b(?:\[[^@-~]*[@-~]?)?").expect("a valid expression"));
    ESCAPES.replace_all(text, &b""[..])
}

/// The text before a separator without white space and a closing quote.
fn trim_end(text: &[u8]) -> &[u8] {
    let text = text.trim_ascii_end();
    text.strip_suffix(b"\"")
        .or_else(|| text.strip_suffix(b"'"))
        .unwrap_or(text)
}

/// Whether a text ends with a name that is not only the end of a longer one.
fn ends_with_name(text: &[u8], name: &[u8]) -> bool {
    let Some(start) = text.len().checked_sub(name.len()) else {
        return false;
    };
    let (before, end) = text.split_at(start);
    end.eq_ignore_ascii_case(name) && !before.last().is_some_and(|&byte| is_in_name(byte))
}

fn is_in_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"_-./".contains(&byte) || !byte.is_ascii()
}

/// The number that a text starts with, if it ends there: not the 1 of `1,073`, `12/50` or `0x1f`.
fn parse_start(text: &[u8]) -> Option<Number> {
    let blanks = text
        .iter()
        .take_while(|byte| b" \t\"'".contains(byte))
        .count();
    let text = &text[blanks..];
    let is_numeric = |byte: &&u8| byte.is_ascii_digit() || b"+-.eE".contains(byte);
    let len = text.iter().take_while(is_numeric).count();
    let (number, rest) = text.split_at(len);
    let is_cut = match rest {
        [b',' | b':', next, ..] => next.is_ascii_digit(),
        [next, ..] => next.is_ascii_alphanumeric() || b"_/".contains(next),
        [] => false,
    };
    if is_cut {
        return None;
    }
    parse(number).or_else(|| parse(number.strip_suffix(b".")?))
}

fn parse(text: &[u8]) -> Option<Number> {
    std::str::from_utf8(text).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(names: &[&str], regex: Option<&str>, pieces: &[&[u8]]) -> Vec<Option<String>> {
        let wanted = Wanted {
            score_regex: regex.map(|regex| Regex::new(regex).unwrap()),
            names: names.iter().map(|&name| name.to_owned()).collect(),
        };
        let mut finder = Finder::new(wanted.clone());
        for piece in pieces {
            finder.feed(piece);
        }
        finder.finish();
        let found = finder.merge(Finder::new(wanted));
        found
            .into_iter()
            .map(|found| Some(found?.text().to_owned()))
            .collect()
    }

    fn find_loss(line: &str) -> Option<String> {
        find(&["val_loss"], None, &[line.as_bytes()]).remove(0)
    }

    #[test]
    fn a_number_is_found_by_its_name() {
        for line in [
            "METRIC val_loss=1.07",
            "val_loss: 1.07",
            "step 3 | val_loss=1.07 | lr 0.1",
            "VAL_LOSS = 1.07\r\n",
            "{\"val_loss\": 1.07, \"step\": 3}",
            "{'val_loss': '1.07'}",
            "the val_loss is now val_loss: 1.07.",
            "val_loss: nan\nval_loss: 1.07\nval_loss: inf\nval_loss: -\n",
            "val_loss=1.06\rval_loss=1.07\rdone",
        ] {
            assert_eq!(find_loss(line).as_deref(), Some("1.07"), "{line}");
        }
    }

    #[test]
    fn what_only_looks_like_the_number_is_not_taken() {
        for line in [
            "best_val_loss=1.07",
            "val_loss_ema=1.07",
            "train/val_loss=1.07",
            "val_loss 1.07",
            "val_loss=1,07",
            "val_loss=12/50",
            "val_loss=0x1f",
            "val_loss=1e400",
            "val_loss: 12:30",
            "val_loss=1_000",
            "val_loss=",
            "val_loss=NaN",
        ] {
            assert_eq!(find_loss(line), None, "{line}");
        }
    }

    #[test]
    fn a_number_that_arrives_in_pieces_is_whole() {
        let line = b"x\nval_loss=1.0731\nbye";
        for at in 0..line.len() {
            let (a, b) = line.split_at(at);
            assert_eq!(
                find(&["val_loss"], None, &[a, b]),
                [Some("1.0731".to_owned())]
            );
        }
        let bytes: Vec<&[u8]> = line.chunks(1).collect();
        assert_eq!(
            find(&["val_loss"], None, &bytes),
            [Some("1.0731".to_owned())]
        );
    }

    #[test]
    fn a_number_in_a_line_without_end_is_found() {
        let noise = vec![0xff; 3 * MAX_LINE + 17];
        let pieces: [&[u8]; 3] = [&noise, b" val_loss=1.07", &noise];
        assert_eq!(
            find(&["val_loss"], None, &pieces[..2]),
            [Some("1.07".to_owned())]
        );
        assert_eq!(
            find(&["val_loss"], None, &pieces),
            [Some("1.07".to_owned())]
        );
    }

    #[test]
    fn what_touches_a_cut_in_a_long_line_is_not_taken() {
        let tail = "val_loss=1.07 ".to_owned() + &"x".repeat(OVERLAP - 14);
        let long = format!("{}best_{tail}", "x".repeat(MAX_LINE));
        let pieces = [long.as_bytes(), b"end\n"];
        assert_eq!(find(&["val_loss"], None, &pieces), [None]);
        let regex = Some(r"^val_loss=(\S+)");
        assert_eq!(find(&["loss"], regex, &pieces), [None]);
        let cut = format!("{} score 1.07", "x".repeat(MAX_LINE));
        let found = find(
            &["loss"],
            Some(r"score (\S+)$"),
            &[cut.as_bytes(), b"31x\n"],
        );
        assert_eq!(found, [None]);
        let found = find(&["loss"], Some(r"score (\S+)$"), &[cut.as_bytes(), b"31\n"]);
        assert_eq!(found, [Some("1.0731".to_owned())]);
    }

    #[test]
    fn colours_do_not_hide_a_number() {
        for line in [
            "val_loss: \x1b[32m0.7\x1b[0m",
            "\x1b[1mval_loss\x1b[0m: 0.7",
            "\x1b[1;31mval_loss=0.7\x1b[0m",
        ] {
            assert_eq!(find_loss(line), Some("0.7".to_owned()), "{line:?}");
        }
    }
}
