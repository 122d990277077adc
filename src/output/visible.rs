//! Free text made visible: in one line, with nothing hidden in it. Nearly all of it is plain, and is passed over at once.

use std::borrow::Cow;

use fearless_simd::{Level, Simd, dispatch, prelude::*, u8x16};

use crate::log::text as text_of;

/// The text in one line with nothing hidden in it: a run of white space is one space, a line break `\n`, a control
/// character `\x1b`, an invisible or direction-changing one `\u{202e}`.
pub fn visible(text: &str) -> Cow<'_, str> {
    if plain(text.as_bytes()) == text.len() {
        return text.into();
    }
    let mut out = String::with_capacity(text.len() + 16);
    write_visible(text, usize::MAX, |part| out.push_str(part));
    out.into()
}

/// Puts out what `visible` makes of a text, piece by piece, until that has more than `most` characters. Returns how many.
fn write_visible(text: &str, most: usize, mut put: impl FnMut(&str)) -> usize {
    let text = text.trim();
    let bytes = text.as_bytes();
    let (mut at, mut copied) = (0_usize, 0); // what is plain is copied a run at a time
    let (mut count, mut spaced) = (0, false);
    while count <= most {
        let is_spaced = |at: usize, spaced: bool| {
            if at > copied {
                bytes[at - 1] == b' '
            } else {
                spaced
            }
        };
        let enough = bytes
            .len()
            .min(at.saturating_add(most - count).saturating_add(1));
        let run = first_odd(&bytes[at..enough], is_spaced(at, spaced)).unwrap_or(enough - at);
        at += run;
        count += run;
        let Some(c) = text[at..].chars().next().filter(|_| count <= most) else {
            break;
        };
        let next = at + c.len_utf8();
        if is_shown(c) {
            count += 1;
        } else {
            put(&text[copied..at]);
            spaced = is_spaced(at, spaced);
            let shown = show(c, &text[next..]);
            if shown != " " || !spaced {
                put(&shown);
                count += shown.len(); // ASCII, all of it
            }
            spaced = shown == " " || spaced && shown.is_empty();
            copied = next;
        }
        at = next;
    }
    put(&text[copied..at]);
    count
}

/// Adds to `out` what `visible` makes of a cell.
#[inline(always)]
pub fn push(cell: &[u8], out: &mut Vec<u8>) {
    if is_word(cell) {
        out.extend_from_slice(cell);
    } else {
        push_text(cell, out);
    }
}

fn push_text(cell: &[u8], out: &mut Vec<u8>) {
    if plain(cell) == cell.len() {
        out.extend_from_slice(cell);
    } else {
        write_visible(&text_of(cell), usize::MAX, |part| {
            out.extend_from_slice(part.as_bytes())
        });
    }
}

/// Whether a cell is a short word of graphic ASCII. Eight bytes are looked at at once, some twice, and hardly any in a loop.
#[inline(always)]
fn is_word(cell: &[u8]) -> bool {
    let each = |byte| u64::from_ne_bytes([byte; 8]);
    // The highest bit of each byte that is beyond ASCII, above `~`, or below `!`.
    let odd = |word: u64| {
        (word | word.wrapping_add(each(1)) | !((word | each(0x80)) - each(b'!'))) & each(0x80)
    };
    if let (Some(first), Some(last)) = (cell.first_chunk::<8>(), cell.last_chunk::<8>()) {
        let [first, last] = [first, last].map(|chunk| u64::from_ne_bytes(*chunk));
        cell.len() <= 16 && odd(first) | odd(last) == 0
    } else if let (Some(first), Some(last)) = (cell.first_chunk::<4>(), cell.last_chunk::<4>()) {
        let [first, last] = [first, last].map(|chunk| u64::from(u32::from_ne_bytes(*chunk)));
        odd(first | last << 32) == 0
    } else {
        cell.iter().all(u8::is_ascii_graphic)
    }
}

/// How much of a text is visible as it is: graphic ASCII, with single spaces in between. Most words are, to their ends.
fn plain(text: &[u8]) -> usize {
    let len = first_odd(text, true).unwrap_or(text.len());
    len - usize::from(text[..len].ends_with(b" "))
}

/// Where the first byte is that is not graphic ASCII or a single space, looked for many at a time. `behind_space`: whether one
/// stands before the text.
fn first_odd(text: &[u8], behind_space: bool) -> Option<usize> {
    dispatch!(Level::baseline(), simd => first_odd_by(simd, text, behind_space))
}

#[inline(always)]
fn first_odd_by<S: Simd>(simd: S, text: &[u8], behind_space: bool) -> Option<usize> {
    let is_spaced = |at: usize| {
        at.checked_sub(1)
            .map_or(behind_space, |before| text[before] == b' ')
    };
    let first_of = |at: usize, part: &[u8; 16]| {
        let bytes = u8x16::from_slice(simd, part);
        let beyond = (bytes - b' ').simd_ge(0x7f - b' '); // what is below a space wraps around
        let spaces = bytes.simd_eq(b' ').to_bitmask();
        let doubled = spaces & (spaces << 1 | u64::from(is_spaced(at)));
        let odd = beyond.to_bitmask() | doubled;
        (odd != 0).then(|| at + odd.trailing_zeros() as usize)
    };
    let (parts, rest) = text.as_chunks::<16>();
    for (n, part) in parts.iter().enumerate() {
        if let Some(odd) = first_of(n * 16, part) {
            return Some(odd);
        }
    }
    match text.last_chunk::<16>() {
        Some(_) if rest.is_empty() => None,
        Some(last) => first_of(text.len() - 16, last), // what it begins with was looked at already
        None => {
            let mut spaced = behind_space;
            let is_odd = |b: &u8| {
                !(b' '..=b'~').contains(b)
                    || std::mem::replace(&mut spaced, *b == b' ') && *b == b' '
            };
            text.iter().position(is_odd)
        }
    }
}

/// What is shown for a character that is not shown as it is: a space for white space, nothing for a `\r` of a line break.
fn show(c: char, rest: &str) -> Cow<'static, str> {
    match c {
        '\r' if rest.starts_with('\n') => "".into(),
        '\n' | '\r' => "\\n".into(),
        '\t' => " ".into(),
        c if u32::from(c) < 0x20 || c == '\x7f' => format!("\\x{:02x}", u32::from(c)).into(),
        c if is_hidden(c) => format!("\\u{{{:04x}}}", u32::from(c)).into(),
        _ => " ".into(),
    }
}

/// The first `max` characters of what `visible` makes of a text, the last one an ellipsis where something is left out.
pub fn head(text: impl AsRef<[u8]>, max: usize) -> String {
    let text = text.as_ref();
    let mut out = Vec::with_capacity(text.len().min(max.saturating_add(8))); // nearly all characters are one byte long
    push_head(text, max, &mut out);
    String::from_utf8(out).unwrap_or_else(|error| text_of(error.as_bytes()).into_owned())
}

/// Adds to `out` the head of a cell.
pub fn push_head(cell: &[u8], max: usize, out: &mut Vec<u8>) {
    let start = out.len();
    if let Some((len, count)) = as_it_is(cell, max.saturating_add(1)) {
        out.extend_from_slice(&cell[..len]);
        if count > max {
            end_at(max, count, start, out);
        }
        return;
    }
    let enough = beginning(cell.trim_ascii_start(), max.saturating_add(max / 2)); // most of a long cell need not be looked at
    for part in [enough, cell] {
        let count = write_visible(&text_of(part), max, |part| {
            out.extend_from_slice(part.as_bytes())
        });
        if count > max {
            return end_at(max, count, start, out);
        }
        if part.len() == cell.len() {
            return;
        }
        out.truncate(start);
    }
}

/// The first `most` characters of a cell, where they are shown as they are, as nearly always: how many bytes they take, and how
/// many there are.
fn as_it_is(cell: &[u8], most: usize) -> Option<(usize, usize)> {
    let (mut at, mut count) = (0_usize, 0);
    loop {
        let enough = cell.len().min(at.saturating_add(most - count));
        let run = first_odd(&cell[at..enough], at == 0).unwrap_or(enough - at);
        at += run;
        count += run;
        if count == most || at == cell.len() {
            break;
        }
        let c = first_char(&cell[at..]).filter(|&c| is_shown(c))?;
        at += c.len_utf8();
        count += 1;
    }
    // A space at the end is not shown.
    let ends_shown = !cell[..at].ends_with(b" ") || cell.get(at).is_some_and(u8::is_ascii_graphic);
    ends_shown.then_some((at, count))
}

/// The character that bytes begin with.
fn first_char(bytes: &[u8]) -> Option<char> {
    let len = match bytes.first()? {
        ..0xc0 => 1,
        0xc0..0xe0 => 2,
        0xe0..0xf0 => 3,
        0xf0.. => 4,
    };
    std::str::from_utf8(bytes.get(..len)?).ok()?.chars().next()
}

/// Leaves `max` of the characters behind `start`, of which there are more; the last one an ellipsis.
fn end_at(max: usize, count: usize, start: usize, out: &mut Vec<u8>) {
    for _ in max.saturating_sub(1)..count {
        let is_start = |&b: &u8| b & 0xc0 != 0x80;
        let last = out[start..].iter().rposition(is_start).unwrap_or_default();
        out.truncate(start + last);
    }
    while out.len() > start && out.ends_with(b" ") {
        out.pop();
    }
    out.extend_from_slice("…".as_bytes());
}

/// So many bytes of a cell, less those of a character that would be cut.
fn beginning(cell: &[u8], most: usize) -> &[u8] {
    let is_start = |&at: &usize| cell.get(at).is_none_or(|b| b & 0xc0 != 0x80);
    let end = (most.saturating_sub(3)..=most)
        .rev()
        .find(is_start)
        .unwrap_or(most);
    &cell[..end.min(cell.len())]
}

/// A line as it is, but for characters that nobody sees: those become visible marks.
pub fn marked(line: &str) -> String {
    let mark = |c: char| match c {
        '\t' => c.to_string(),
        c if c.is_control() || is_hidden(c) => visible(&format!("x{c}x"))[1..]
            .trim_end_matches('x')
            .to_owned(),
        c => c.to_string(),
    };
    line.chars().map(mark).collect()
}

/// Whether a character beyond ASCII is shown as it is. Nearly all are Latin, Greek, dashes, or signs.
fn is_shown(c: char) -> bool {
    match c {
        ..'\u{80}' => false,
        '\u{ae}'..='\u{34e}'
        | '\u{370}'..='\u{61b}'
        | '\u{2010}'..='\u{2027}'
        | '\u{2070}'..='\u{2fff}' => true,
        _ => !is_hidden(c) && !c.is_whitespace(),
    }
}

/// Characters that change what is seen without being seen (C1, and the format characters that UTS #39 and the "Trojan
/// Source" paper warn of).
pub(crate) fn is_hidden(c: char) -> bool {
    matches!(c,
        '\u{80}'..='\u{9f}' | '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
        | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
        | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}'
        | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::text::cut;

    #[test]
    fn a_short_word_is_graphic_wherever_one_looks() {
        for len in 1..=17 {
            for at in 0..len {
                for byte in 0..=255_u8 {
                    let mut word = vec![b'x'; len];
                    word[at] = byte;
                    assert_eq!(
                        is_word(&word),
                        len <= 16 && byte.is_ascii_graphic(),
                        "{byte} at {at} of {len}"
                    );
                }
            }
        }
    }

    #[test]
    fn a_character_is_shown_unless_it_is_hidden_or_a_space() {
        for c in '\0'..=char::MAX {
            assert_eq!(
                is_shown(c),
                !c.is_ascii() && !is_hidden(c) && !c.is_whitespace(),
                "{c:?}"
            );
        }
    }

    #[test]
    fn nothing_hides_in_a_visible_text() {
        assert_eq!(visible("a  b\t\tc"), "a b c");
        assert_eq!(visible("a\r\nb\nc\rd"), "a\\nb\\nc\\nd");
        assert_eq!(visible("\x1b[31m\u{9b}x\0"), "\\x1b[31m\\u{009b}x\\x00");
        assert_eq!(
            visible("a\u{202e}b\u{200b}c\u{e0041}"),
            "a\\u{202e}b\\u{200b}c\\u{e0041}"
        );
        assert_eq!(visible("a\u{a0}\u{3000}b"), "a b");
        assert_eq!(visible("0.99→0.95 Δ ✓"), "0.99→0.95 Δ ✓");
        assert_eq!(marked("a  b\x1b\u{202e}\tc"), "a  b\\x1b\\u{202e}\tc");
    }

    #[test]
    fn what_is_plain_is_found_wherever_it_ends() {
        for len in 0..40 {
            for at in 0..len {
                for odd in [" ", "\n", "\x1f", "\x7f", "é"] {
                    let text = "a b".repeat(20)[..len].to_owned();
                    let text = [&text[..at], odd, &text[at..]].concat();
                    let words: Vec<_> = text.bytes().collect();
                    let is_odd = |n: usize| {
                        let is_double = words[n] == b' ' && (n == 0 || words[n - 1] == b' ');
                        !(b' '..=b'~').contains(&words[n]) || is_double
                    };
                    let end = (0..words.len()).find(|&n| is_odd(n)).unwrap_or(words.len());
                    assert_eq!(
                        plain(&words),
                        text[..end].trim_end_matches(' ').len(),
                        "{text:?}"
                    );
                }
            }
        }
    }

    #[test]
    fn a_head_is_a_cut_of_what_is_visible() {
        for text in [
            "",
            "abc",
            "abcd",
            "äbcdefg",
            "a\tb \x1b c",
            "  日本語 and more of it ",
            "0.99→0.95 Δ ✓ é ",
            "a\u{200b}é\u{a0}\u{3000}b",
            &"\r\n".repeat(9),
            &" ".repeat(99),
        ] {
            for text in [
                text.to_owned(),
                text.repeat(9),
                " ".repeat(60) + text + "end",
            ] {
                for max in 1..30 {
                    assert_eq!(
                        head(&text, max),
                        cut(&visible(&text), max),
                        "{text:?} to {max}"
                    );
                }
            }
        }
        let broken = [b"ab\xff\xfe \xe6\x97".repeat(30), b"x".to_vec()].concat();
        for max in 1..30 {
            let mut out = b"before ".to_vec();
            push_head(&broken, max, &mut out);
            assert_eq!(
                out[7..],
                *cut(&visible(&String::from_utf8_lossy(&broken)), max).as_bytes()
            );
        }
    }
}
