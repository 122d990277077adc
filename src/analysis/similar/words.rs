//! The words of a text: names, numbers, ids of trials and runs of Chinese, Japanese or Korean, with their place.

use std::ops::Range;

/// What a word is. What follows from it is decided in `tokens`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Name,
    Number,
    /// `#171` or `exp_171`: it names a trial and says nothing about an edit.
    Id,
    /// A run of a script that is written without spaces.
    Unspaced,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Word {
    pub(super) kind: Kind,
    pub(super) range: Range<usize>,
}

/// Iterates over the words of a text.
pub(super) struct Words<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Words<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Self { text, at: 0 }
    }
}

impl Iterator for Words<'_> {
    type Item = Word;

    fn next(&mut self) -> Option<Word> {
        loop {
            self.skip_spaces();
            let (before, rest) = self.text.split_at(self.at);
            let c = rest.chars().next()?;
            if matches!(c, 'n' | 'r' | 't') && before.ends_with('\\') {
                self.at += 1; // a line break or tab, as the log writes it
                continue;
            }
            if let Some((kind, len)) = measure_word(before, rest, c) {
                let range = self.at..self.at + len;
                self.at = range.end;
                return Some(Word { kind, range });
            }
            self.at += c.len_utf8();
        }
    }
}

impl Words<'_> {
    /// Passes what no word starts with, as far as it is ASCII.
    fn skip_spaces(&mut self) {
        let rest = &self.text.as_bytes()[self.at..];
        let may_start = |b: &u8| b.is_ascii_alphanumeric() || *b >= 0x80 || b"#._-".contains(b);
        self.at += rest.iter().position(may_start).unwrap_or(rest.len());
    }
}

/// The kind and length of the word that a text starts with. After a letter or digit, `-` is no sign and `.` no point.
fn measure_word(before: &str, text: &str, first: char) -> Option<(Kind, usize)> {
    if first == '#' {
        let digits = count_digits(&text[1..]);
        return (digits > 0).then_some((Kind::Id, 1 + digits));
    }
    if is_unspaced(first) {
        let end = text.find(|c| !is_unspaced(c)).unwrap_or(text.len());
        return Some((Kind::Unspaced, end));
    }
    let is_number_start = first.is_ascii_digit()
        || matches!(first, '.' | '-' | '−') && !before.ends_with(char::is_alphanumeric);
    if is_number_start {
        let len = measure_number(text);
        if len > 0 && !text[len..].starts_with(is_word_char) {
            return Some((Kind::Number, len));
        }
    }
    if !is_word_char(first) {
        return None;
    }
    let len = measure_name(text);
    let name = &text[..len];
    let is_id = name.len() > 4
        && name.as_bytes()[..4].eq_ignore_ascii_case(b"exp_")
        && count_digits(&name[4..]) == len - 4;
    Some((if is_id { Kind::Id } else { Kind::Name }, len))
}

fn is_word_char(c: char) -> bool {
    if c.is_ascii() {
        c.is_ascii_alphanumeric() || c == '_'
    } else {
        c.is_alphanumeric() && !is_unspaced(c)
    }
}

/// A name goes on after a point between digits: `0.25x`.
fn measure_name(text: &str) -> usize {
    let is_plain = |b: &u8| b.is_ascii_alphanumeric() || *b == b'_';
    let plain = text.bytes().take_while(is_plain).count();
    if !text[plain..].starts_with(|c: char| c == '.' || !c.is_ascii()) {
        return plain;
    }
    let mut before = ' ';
    for (at, c) in text.char_indices() {
        let is_point = c == '.' && before.is_ascii_digit() && count_digits(&text[at + 1..]) > 0;
        if !is_word_char(c) && !is_point {
            return at;
        }
        before = c;
    }
    text.len()
}

/// Sign, digits with a point, exponent; 0 if the text does not start with a number.
fn measure_number(text: &str) -> usize {
    let unsigned = text.strip_prefix(['-', '−']).unwrap_or(text);
    let sign = text.len() - unsigned.len();
    let mut len = count_digits(unsigned);
    if let Some(fraction) = unsigned[len..].strip_prefix('.') {
        let digits = count_digits(fraction);
        len += if digits > 0 { 1 + digits } else { 0 };
    }
    if len == 0 {
        return 0;
    }
    if let Some(exponent) = unsigned[len..].strip_prefix(['e', 'E']) {
        let unsigned = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
        let digits = count_digits(unsigned);
        if digits > 0 {
            len += 1 + exponent.len() - unsigned.len() + digits;
        }
    }
    sign + len
}

fn count_digits(text: &str) -> usize {
    text.bytes().take_while(u8::is_ascii_digit).count()
}

/// Scripts without spaces between words: Chinese, Japanese, Korean.
fn is_unspaced(c: char) -> bool {
    matches!(c, '\u{3041}'..='\u{30ff}' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}'
        | '\u{ac00}'..='\u{d7af}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}')
}

/// Whether the text between two words has an arrow in it.
pub(super) fn has_arrow(gap: &str) -> bool {
    if gap.is_ascii() {
        gap.contains('>') && (gap.contains("->") || gap.contains("=>"))
    } else {
        gap.contains(['→', '⇒', '➔', '➜', '⟶']) || gap.contains("->") || gap.contains("=>")
    }
}
