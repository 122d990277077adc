//! Text: escaping what a terminal could act on, cutting to a length, quoting for a shell, counting, suggesting.
//! Free text is made visible first, then cut, then quoted. Imports no other module of the crate.

use std::{borrow::Cow, time::Duration};

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// The command line asks for something that does not exist: exit status 2.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Usage(pub String);

/// Stands for an empty cell.
pub const NOTHING: &str = "—";

/// More words than this are not listed in an error.
const MAX_LISTED: usize = 20;

/// The text in one line with nothing hidden in it: white space becomes one space, a line break `\n`, a control
/// character `\x1b`, an invisible or direction-changing character `\u{202e}`.
pub fn visible(text: &str) -> Cow<'_, str> {
    let text = text.trim();
    if is_visible(text) {
        return text.into();
    }
    let mut out = String::with_capacity(text.len() + 16);
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\r' if chars.peek() == Some(&'\n') => {}
            '\n' | '\r' => out.push_str("\\n"),
            c if is_escaped(c) && c != '\t' => push_escape(&mut out, c),
            c if !c.is_whitespace() => out.push(c),
            _ if out.ends_with(' ') => {}
            _ => out.push(' '),
        }
    }
    out.into()
}

/// Whether `visible` would change nothing in a trimmed text.
fn is_visible(text: &str) -> bool {
    let mut rest = text;
    loop {
        // Most bytes are printable ASCII; only the others are decoded.
        let plain = rest.bytes().position(|b| !matches!(b, b' '..=b'~'));
        rest = &rest[plain.unwrap_or(rest.len())..];
        let mut chars = rest.chars();
        match chars.next() {
            None => return !text.contains("  "),
            Some(c) if is_escaped(c) || c.is_whitespace() => return false,
            Some(_) => rest = chars.as_str(),
        }
    }
}

fn is_escaped(c: char) -> bool {
    c.is_ascii_control() || is_hidden(c)
}

fn push_escape(out: &mut String, c: char) {
    let code = u32::from(c);
    *out += &if c.is_ascii() {
        format!("\\x{code:02x}")
    } else {
        format!("\\u{{{code:04x}}}")
    };
}

/// Whether a character changes what is seen without being seen: C1 controls, and the format characters that UTS #39
/// and the "Trojan Source" paper warn of.
pub fn is_hidden(c: char) -> bool {
    matches!(c,
        '\u{80}'..='\u{9f}' | '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
        | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
        | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{fffe}'..='\u{ffff}'
        | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

/// Escapes ASCII control characters: tab, newline and carriage return as `\t`, `\n`, `\r`, the others as `\x1b`.
pub fn escape_controls(text: &str) -> Cow<'_, str> {
    escape(text, |c| c.is_ascii_control())
}

/// Escapes what a terminal would act on: ASCII and C1 control characters.
pub fn printable(text: &str) -> Cow<'_, str> {
    escape(text, char::is_control)
}

/// A line with its hidden and control characters escaped; spaces and tabs stay.
pub fn escape_hidden(line: &str) -> Cow<'_, str> {
    escape(line, |c| c != '\t' && (c.is_control() || is_hidden(c)))
}

/// A line of a file for a terminal: control characters are escaped, tabs stay.
pub fn printable_line(line: &[u8]) -> String {
    let line = String::from_utf8_lossy(line);
    escape(&line, |c| c != '\t' && c.is_control()).into_owned()
}

fn escape(text: &str, is_escaped: impl Fn(char) -> bool) -> Cow<'_, str> {
    if !text.chars().any(&is_escaped) {
        return text.into();
    }
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            '\t' if is_escaped(c) => out.push_str("\\t"),
            '\n' if is_escaped(c) => out.push_str("\\n"),
            '\r' if is_escaped(c) => out.push_str("\\r"),
            c if is_escaped(c) => push_escape(&mut out, c),
            c => out.push(c),
        }
    }
    out.into()
}

/// Bytes as text. Those that are not UTF-8 are escaped as `\xff`, and so are the characters that are asked for.
pub(crate) fn escape_bytes(bytes: &[u8], is_escaped: impl Fn(char) -> bool) -> String {
    let mut out = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            if is_escaped(c) {
                push_escape(&mut out, c);
            } else {
                out.push(c);
            }
        }
        for byte in chunk.invalid() {
            out += &format!("\\x{byte:02x}");
        }
    }
    out
}

/// The text made visible, at most `max` characters, ending in an ellipsis if something is left out.
pub fn cut_visible(text: &str, max: usize) -> String {
    let text = visible(text);
    if text.len() <= max || text.chars().nth(max).is_none() {
        return text.into_owned();
    }
    let end = text.char_indices().nth(max.saturating_sub(1));
    let start = &text[..end.map_or(0, |(end, _)| end)];
    format!("{}…", start.trim_end())
}

/// At most `max` characters, with an ellipsis in the middle: the end of an error says where it happened.
pub fn cut_middle(text: &str, max: usize) -> Cow<'_, str> {
    let chars: Vec<char> = text.chars().collect();
    if chars.len() <= max {
        return text.into();
    }
    let start: String = chars[..max / 2].iter().collect();
    let end: String = chars[chars.len() + max / 2 + 1 - max..].iter().collect();
    format!("{start}…{end}").into()
}

/// At most `max` columns of a terminal, ending in an ellipsis if something is left out.
pub fn fit(text: &str, max: usize) -> Cow<'_, str> {
    if text.width() <= max {
        return text.into();
    }
    let mut width = 0;
    let mut end = 0;
    for (at, c) in text.char_indices() {
        end = at;
        width += c.width().unwrap_or(0);
        if width + 1 > max {
            break;
        }
    }
    format!("{}…", text[..end].trim_end()).into()
}

/// Shortens a run of punctuation, such as the rule `=====` in an error, to three characters.
pub fn squeeze(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut run = 0;
    for c in text.chars() {
        run = if out.ends_with(c) { run + 1 } else { 1 };
        if run <= 3 || !c.is_ascii_punctuation() {
            out.push(c);
        }
    }
    out
}

/// `1 trial`, `2 trials`.
pub fn count(n: u64, noun: &str) -> String {
    format!("{n} {noun}{}", if n == 1 { "" } else { "s" })
}

/// A time in the largest unit that leaves at least two.
pub fn rough_time(time: Duration) -> String {
    match time.as_secs() {
        seconds @ 0..120 => format!("{seconds} s"),
        seconds @ 120..7200 => format!("{} min", seconds / 60),
        seconds @ 7200..172_800 => format!("{} h", seconds / 3600),
        seconds => format!("{} days", seconds / 86_400),
    }
}

/// Bytes in the largest unit that leaves at least one.
pub fn byte_count(n: u64) -> String {
    let units = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
    let (mut size, mut unit) = (n as f64 / 1024.0, 0);
    while size >= 1024.0 && unit + 1 < units.len() {
        size /= 1024.0;
        unit += 1;
    }
    if n < 1024 {
        count(n, "byte")
    } else {
        format!("{size:.1} {}", units[unit])
    }
}

/// A text as one word of a shell's command line.
pub fn shell_word(text: &str) -> String {
    let text = visible(text);
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "._-/".contains(c);
    if !text.is_empty() && text.chars().all(is_plain) && !text.starts_with('-') {
        text.into_owned()
    } else {
        format!("'{}'", text.replace('\'', "'\\''"))
    }
}

/// `did you mean 'keep'?` if one of the words is similar, else the list of the words.
pub fn nearest<'a>(text: &str, words: impl Iterator<Item = &'a str>) -> String {
    let words: Vec<&str> = words.collect();
    let (mut nearest, mut similarity) = ("", 0.8);
    for &word in &words {
        if similarity_of(text, word) > similarity {
            (nearest, similarity) = (word, similarity_of(text, word));
        }
    }
    if !nearest.is_empty() {
        return format!("did you mean '{nearest}'?");
    }
    let listed = words[..words.len().min(MAX_LISTED)].join(" ");
    let more = if words.len() > MAX_LISTED { " …" } else { "" };
    format!("there are: {listed}{more}")
}

/// From 0 to 1. Two letters of a short word that changed places are one mistake: `otp` is close to `opt`.
fn similarity_of(a: &str, b: &str) -> f64 {
    let similarity = strsim::jaro_winkler(a, b);
    if a.len() > 2 && strsim::osa_distance(a, b) == 1 {
        similarity.max(0.85)
    } else {
        similarity
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn byte_counts_have_a_unit() {
        assert_eq!(
            [0, 1, 1023, 1024, 1 << 30].map(byte_count),
            ["0 bytes", "1 byte", "1023 bytes", "1.0 KiB", "1.0 GiB"]
        );
    }

    #[test]
    fn nothing_is_hidden_in_a_visible_text() {
        assert_eq!(visible("  a  b\t\tc "), "a b c");
        assert_eq!(visible("a\r\nb\nc\rd"), "a\\nb\\nc\\nd");
        assert_eq!(visible("\x1b[31m\u{9b}x\0"), "\\x1b[31m\\u{009b}x\\x00");
        assert_eq!(
            visible("a\u{202e}b\u{200b}c\u{e0041}"),
            "a\\u{202e}b\\u{200b}c\\u{e0041}"
        );
        assert_eq!(visible("a\u{a0}\u{3000}b"), "a b");
        assert_eq!(visible("0.99→0.95 Δ ✓"), "0.99→0.95 Δ ✓");
        assert_eq!(
            escape_hidden("a  b\x1b\u{202e}\tc"),
            "a  b\\x1b\\u{202e}\tc"
        );
    }

    #[test]
    fn a_visible_text_stays_as_it_is() {
        for text in ["", "a b", "\x1b", "a  b", "é\u{a0}x", "\u{200b}\n\t\u{85}"] {
            let once = visible(text).into_owned();
            assert_eq!(visible(&once), once, "{text:?}");
            assert!(is_visible(&once), "{text:?}");
        }
    }

    #[test]
    fn only_control_characters_are_escaped_in_data() {
        assert_eq!(printable("a  b\u{9b}31m\x1b\n"), "a  b\\u{009b}31m\\x1b\\n");
        assert_eq!(printable("zero\u{200b}width"), "zero\u{200b}width");
        assert_eq!(escape_controls("a\t\u{9b}\x7f"), "a\\t\u{9b}\\x7f");
        assert_eq!(printable_line(b"\ta\x1b"), "\ta\\x1b");
    }

    #[test]
    fn a_cut_shows_and_never_splits_a_character() {
        assert_eq!(cut_visible("abc", 3), "abc");
        assert_eq!(cut_visible("äbcd", 3), "äb…");
        assert_eq!(cut_visible("ab cd", 4), "ab…");
        assert_eq!(cut_visible(" a\t\tbcd", 3), "a…");
        assert_eq!(cut_middle("abcdefgh", 5), "ab…gh");
        assert_eq!(cut_middle("abcdefgh", 4), "ab…h");
        assert_eq!(squeeze("Error: ===== (1000000)"), "Error: === (1000000)");
        assert_eq!(fit("日本語", 5), "日本…");
        assert_eq!(fit("日本語", 4), "日…");
        assert_eq!(fit("日本語", 6), "日本語");
    }

    #[test]
    fn words_of_a_command_line_are_quoted() {
        assert_eq!(shell_word("exp_007"), "exp_007");
        assert_eq!(shell_word("runs/a.tsv"), "runs/a.tsv");
        assert_eq!(shell_word("x;touch y"), "'x;touch y'");
        assert_eq!(shell_word("it's"), "'it'\\''s'");
    }

    #[test]
    fn the_nearest_word_is_suggested_else_all_are_listed() {
        let words = ["keep", "crash"];
        assert_eq!(nearest("kep", words.into_iter()), "did you mean 'keep'?");
        assert_eq!(nearest("zzz", words.into_iter()), "there are: keep crash");
    }
}
