//! Free text is data: it is made visible, then cut, then quoted, in this order.

use std::borrow::Cow;

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

pub(crate) use super::visible::is_hidden;
pub use super::visible::{head, marked, push, push_head, visible};

/// What stands for a cell that holds nothing.
pub const NOTHING: &str = "—";

/// A text as one word of a shell's command line.
pub fn shell_word(text: &str) -> String {
    let text = visible(text);
    let plain = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    if !text.is_empty() && text.chars().all(plain) && !text.starts_with('-') {
        text.into_owned()
    } else {
        format!("'{}'", text.replace('\'', "'\\''"))
    }
}

/// The text as it is, but for what a terminal would act on: C0 and C1 control characters.
pub fn printable(text: &str) -> Cow<'_, str> {
    let text = crate::log::escape_controls(text);
    if !text.chars().any(|c| ('\u{80}'..='\u{9f}').contains(&c)) {
        return text;
    }
    let escape = |c: char| match c {
        '\u{80}'..='\u{9f}' => format!("\\u{{{:04x}}}", u32::from(c)),
        c => c.to_string(),
    };
    text.chars().map(escape).collect::<String>().into()
}

/// A line of a file for a terminal: printable, but that a tab stays one.
pub fn printable_line(line: &[u8]) -> String {
    let line = String::from_utf8_lossy(line);
    line.split('\t')
        .map(printable)
        .collect::<Vec<_>>()
        .join("\t")
}

/// At most `max` characters, the last one an ellipsis where something is left out.
pub fn cut(text: &str, max: usize) -> Cow<'_, str> {
    end_of_cut(text, max).map_or_else(
        || text.into(),
        |end| [text[..end].trim_end(), "…"].concat().into(),
    )
}

/// Where the character ends after which the ellipsis stands; `None` where there is no more than `max`.
fn end_of_cut(text: &str, max: usize) -> Option<usize> {
    if text.len() <= max {
        return None; // no more characters than bytes
    }
    let mut rest = text.chars();
    if max > 1 {
        rest.nth(max - 2);
    }
    let end = text.len() - rest.as_str().len();
    rest.nth(max.min(1)).map(|_| end)
}

/// Rules such as `=====`, which errors are fond of, as three characters.
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

/// At most `max` characters, with an ellipsis in the middle: of an error, the end says where.
pub fn cut_middle(text: &str, max: usize) -> Cow<'_, str> {
    let chars: Vec<char> = text.chars().collect();
    if chars.len() <= max {
        return text.into();
    }
    let (head, tail) = (max / 2, max - max / 2 - 1);
    let part = |chars: &[char]| chars.iter().collect::<String>();
    format!(
        "{}…{}",
        part(&chars[..head]),
        part(&chars[chars.len() - tail..])
    )
    .into()
}

/// At most `max` columns of a terminal, the last one an ellipsis where something is left out.
pub fn fit(text: &str, max: usize) -> Cow<'_, str> {
    if text.width() <= max {
        return text.into();
    }
    let mut width = 0;
    let end = text.char_indices().find(|(_, c)| {
        width += c.width().unwrap_or(0);
        width + 1 > max
    });
    format!("{}…", text[..end.map_or(0, |(at, _)| at)].trim_end()).into()
}

/// A number in a sentence: six decimals at most, and none that says nothing.
pub fn number(value: f64) -> String {
    let text = format!("{value:.6}");
    match text.trim_end_matches('0').trim_end_matches('.') {
        "0" | "-0" if value != 0.0 => format!("{value:e}"),
        short => short.to_owned(),
    }
}

/// Hours, one decimal; where that would show nothing, as many as show something.
pub fn hours(hours: f64) -> String {
    let shows = |text: &String| text.bytes().any(|b| (b'1'..=b'9').contains(&b));
    let mut texts = (1..=6).map(|decimals| format!("{hours:.decimals$}"));
    texts.find(shows).unwrap_or_else(|| "0".to_owned())
}

/// A share of a whole as per cent, one decimal; nothing of nothing is nothing.
#[allow(clippy::cast_precision_loss)] // counts of trials are far below 2^53
pub fn share(part: u64, whole: u64) -> String {
    if whole == 0 {
        NOTHING.to_owned()
    } else {
        format!("{:.1}%", 100.0 * part as f64 / whole as f64)
    }
}

/// Bytes in the unit that leaves at least one before the point.
#[allow(clippy::cast_precision_loss)] // one decimal is shown
pub fn bytes(n: u64) -> String {
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

/// `1 trial`, `2 trials`.
pub fn count(n: u64, noun: &str) -> String {
    format!("{n} {noun}{}", if n == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_a_command_line_are_quoted() {
        assert_eq!(shell_word("exp_007"), "exp_007");
        assert_eq!(shell_word("x;touch y"), "'x;touch y'");
        assert_eq!(shell_word("it's"), "'it'\\''s'");
    }

    #[test]
    fn a_cut_is_seen_and_never_splits_a_character() {
        assert_eq!(cut("abc", 3), "abc");
        assert_eq!(cut("äbcd", 3), "äb…");
        assert_eq!(cut("ab cd", 4), "ab…");
        assert_eq!(cut_middle("abcdefgh", 5), "ab…gh");
        assert_eq!(squeeze("Error: ===== (1000000)"), "Error: === (1000000)");
        assert_eq!(fit("日本語", 5), "日本…");
        assert_eq!(fit("日本語", 4), "日…");
        assert_eq!(fit("日本語", 6), "日本語");
    }

    #[test]
    fn bytes_have_a_unit() {
        assert_eq!(
            [0, 1, 1023, 1024, 1 << 30].map(bytes),
            ["0 bytes", "1 byte", "1023 bytes", "1.0 KiB", "1.0 GiB"]
        );
    }

    #[test]
    fn data_is_printed_as_it_is_but_for_controls() {
        assert_eq!(printable("a  b\u{9b}31m\x1b"), "a  b\\u{009b}31m\\x1b");
        assert_eq!(printable("zero\u{200b}width"), "zero\u{200b}width");
    }
}
