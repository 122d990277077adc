//! The tokens in which two hypotheses are compared: lower case, numbers by their value, identifiers whole and in parts,
//! and `a>b` for `a→b` and `a to b`.

use std::collections::{BTreeSet, HashSet};
use std::ops::Range;
use std::sync::LazyLock;

use foldhash::fast::FixedState;

use super::words::{Kind, Word, Words, has_arrow};
use crate::log::Number;

/// A set that is asked for every word of a log.
type WordSet = HashSet<&'static str, FixedState>;

/// Words that most texts have.
#[rustfmt::skip]
static STOP_WORDS: LazyLock<WordSet> = LazyLock::new(|| WordSet::from_iter([
    "a", "an", "and", "are", "as", "at", "be", "because", "been", "but", "by", "can", "could", "do", "does", "each", "for",
    "from", "had", "has", "have", "here", "how", "if", "in", "into", "is", "it", "its", "just", "of", "on", "onto", "or",
    "our", "per", "so", "such", "than", "that", "the", "their", "them", "then", "there", "these", "they", "this", "those",
    "thus", "to", "via", "was", "we", "were", "when", "where", "which", "while", "who", "will", "with", "would", "you",
    "your",
]));

/// A longer word is no stop word.
const MAX_STOP_WORD: usize = "because".len();

/// After one of these words, or at the start of a text, `a to b` names a change if `b` looks like a value.
#[rustfmt::skip]
static CHANGE_WORDS: LazyLock<WordSet> = LazyLock::new(|| WordSet::from_iter([
    "change", "decrease", "from", "increase", "lower", "raise", "reduce", "set", "swap", "switch",
]));

/// One token of a text.
pub struct Token<'t> {
    pub text: &'t str,
    /// The bytes of the text that it stands for.
    pub range: Range<usize>,
    /// Whether it names a change, `a>b`: `a→b`, `1 to 2`, `set lr to 0.1`, `switch GELU to SwiGLU`.
    pub is_change: bool,
}

/// What stands between two words.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Link {
    None,
    To,
    Arrow,
}

/// Passes the tokens of a text to `emit`, in order; stop words and ids of trials are left out.
pub fn for_each_token(text: &str, mut emit: impl FnMut(Token)) {
    // The last two words, for the change that may follow; `None` for the id of a trial.
    let (mut previous, mut before): (Option<Word>, Option<Word>) = (None, None);
    let mut buffer = String::new();
    let (mut link, mut end) = (Link::None, 0);
    for word in Words::new(text) {
        if has_arrow(&text[end..word.range.start]) {
            link = Link::Arrow;
        }
        end = word.range.end;
        let token = token_of(text, &word, &mut buffer);
        if token == "to" && link == Link::None && previous.is_some() {
            link = Link::To;
            continue;
        }
        emit_word(text, &word, token, &mut emit);
        let current = (!token.is_empty()).then_some(word);
        if link != Link::None
            && let (Some(from), Some(to)) = (&previous, &current)
        {
            emit(Token {
                text: &name_change(text, from, to),
                range: from.range.start..to.range.end,
                is_change: link == Link::Arrow || is_change(text, before.as_ref(), from, to),
            });
        }
        link = Link::None;
        before = std::mem::replace(&mut previous, current);
    }
}

/// A change from one word to another as a token.
fn name_change(text: &str, from: &Word, to: &Word) -> String {
    let (mut old, mut new) = (String::new(), String::new());
    let (old, new) = (token_of(text, from, &mut old), token_of(text, to, &mut new));
    format!("{old}>{new}")
}

/// Whether `a to b` names a change: `b` looks like a value, and `a` does too or follows a change word or nothing.
fn is_change(text: &str, before: Option<&Word>, from: &Word, to: &Word) -> bool {
    let is_value = |word: &Word| looks_like_value(&text[word.range.clone()]);
    let follows_change_word = before.is_none_or(|before| {
        let mut buffer = String::new();
        CHANGE_WORDS.contains(token_of(text, before, &mut buffer))
    });
    is_value(to) && (follows_change_word || is_value(from))
}

/// The changes that a text names, as `a>b`.
pub fn find_changes(text: &str) -> BTreeSet<String> {
    let mut changes = BTreeSet::new();
    for_each_token(text, |token| {
        if token.is_change {
            changes.insert(token.text.to_owned());
        }
    });
    changes
}

/// A text in the form in which identical texts are equal: its tokens, and the ids of trials.
pub(super) fn normalize(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for Word { kind, range } in Words::new(text) {
        if kind == Kind::Id {
            out += &text[range];
            out.push('\n');
        }
    }
    for_each_token(text, |token| {
        out += token.text;
        out.push(' ');
    });
    out
}

/// Whether a word can be what something is set to, as `0.1`, `fp16`, `cosine_decay` and `SwiGLU`: not a plain word.
fn looks_like_value(word: &str) -> bool {
    let mut chars = word.chars();
    let first = chars.next().unwrap_or(' ');
    first.is_numeric() || chars.any(|c| c.is_numeric() || c == '_' || c.is_uppercase())
}

fn has_meaning(token: &str) -> bool {
    !token.is_empty() && (token.len() > MAX_STOP_WORD || !STOP_WORDS.contains(token))
}

/// A word as a token, in the buffer if it is spelled differently; an id of a trial is none.
fn token_of<'a>(text: &'a str, word: &Word, buffer: &'a mut String) -> &'a str {
    let text = &text[word.range.clone()];
    buffer.clear();
    match word.kind {
        Kind::Id => {}
        Kind::Number => push_number(text, buffer),
        Kind::Name if is_lower(text) => return text,
        Kind::Name => push_lower(text.trim_matches('_'), buffer),
        Kind::Unspaced => return text,
    }
    buffer
}

/// Whether a word consists of small ASCII letters, as most do.
fn is_lower(word: &str) -> bool {
    word.bytes().all(|b| b.is_ascii_lowercase())
}

fn push_lower(text: &str, out: &mut String) {
    if text.is_ascii() {
        let start = out.len();
        out.push_str(text);
        out[start..].make_ascii_lowercase();
    } else {
        out.extend(text.chars().flat_map(char::to_lowercase));
    }
}

/// A number by its value: `0.10` and `.1` as `0.1`, `1e-4` as `0.0001`.
fn push_number(text: &str, out: &mut String) {
    let unsigned = text.trim_start_matches(['-', '−']);
    if unsigned.len() < text.len() {
        out.push('-');
    }
    if unsigned.contains(['e', 'E'])
        && let Some(value) = Number::value_of(unsigned)
    {
        *out += &value.to_string();
        return;
    }
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
    let whole = whole.trim_start_matches('0');
    out.push_str(if whole.is_empty() { "0" } else { whole });
    let fraction = fraction.trim_end_matches('0');
    if !fraction.is_empty() {
        out.push('.');
        out.push_str(fraction);
    }
}

/// Emits a word: a name whole and in parts, an unspaced run as pairs of characters.
fn emit_word(text: &str, word: &Word, whole: &str, emit: &mut impl FnMut(Token)) {
    let (range, start) = (word.range.clone(), word.range.start);
    match word.kind {
        Kind::Id => {}
        Kind::Unspaced => emit_pairs(&text[range], start, emit),
        Kind::Number => emit_token(whole, range, emit),
        Kind::Name => {
            emit_token(whole, range.clone(), emit);
            emit_parts(&text[range], start, emit);
        }
    }
}

fn emit_token(text: &str, range: Range<usize>, emit: &mut impl FnMut(Token)) {
    if has_meaning(text) {
        emit(Token {
            text,
            range,
            is_change: false,
        });
    }
}

fn emit_pairs(run: &str, start: usize, emit: &mut impl FnMut(Token)) {
    let mut ends = run.char_indices().map(|(at, c)| at + c.len_utf8());
    let mut first = 0;
    let mut middle = ends.next().unwrap_or(run.len());
    if middle == run.len() {
        emit_token(run, start..start + run.len(), emit);
    }
    for end in ends {
        emit_token(&run[first..end], start + first..start + end, emit);
        (first, middle) = (middle, end);
    }
}

/// The parts of a name between underscores, at camel case, and between letters and digits; nothing if it has only one.
fn emit_parts(name: &str, start: usize, emit: &mut impl FnMut(Token)) {
    let (first, rest) = name.split_at(name.chars().next().map_or(0, char::len_utf8));
    if first != "_" && rest.bytes().all(|b| b.is_ascii_lowercase()) {
        return; // as most words
    }
    let mut token = String::new();
    let mut from = 0;
    let trimmed = name.trim_matches('_').len();
    while from < name.len() {
        let len = measure_part(&name[from..]);
        if len == trimmed {
            return;
        }
        let part = &name[from..from + len];
        token.clear();
        if part.starts_with(|c: char| c.is_ascii_digit()) {
            push_number(part, &mut token);
        } else if part != "_" {
            push_lower(part, &mut token);
        }
        emit_token(&token, start + from..start + from + len, emit);
        from += len;
    }
}

/// The kinds of characters between which a name is split.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    Underscore,
    Digit,
    Upper,
    Lower,
}

fn class_of(c: char) -> Class {
    match c {
        '_' => Class::Underscore,
        '.' => Class::Digit,
        c if c.is_ascii_digit() => Class::Digit,
        c if c.is_uppercase() => Class::Upper,
        _ => Class::Lower,
    }
}

/// The length of the first part: one underscore, digits, `Word`, `word`, or the `KV` of `KVCache`.
fn measure_part(name: &str) -> usize {
    let mut chars = name.char_indices();
    let Some((_, first)) = chars.next() else {
        return 0;
    };
    let (mut class, mut last, mut uppers) = (class_of(first), 0, 1);
    if class == Class::Underscore {
        return 1;
    }
    for (at, c) in chars {
        match (class, class_of(c)) {
            (Class::Upper, Class::Upper) => uppers += 1,
            (Class::Upper, Class::Lower) if uppers > 1 => return last,
            (Class::Upper, Class::Lower) => class = Class::Lower,
            (before, now) if before != now => return at,
            _ => {}
        }
        last = at;
    }
    name.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(text: &str) -> Vec<String> {
        let mut tokens = Vec::new();
        for_each_token(text, |token| tokens.push(token.text.to_owned()));
        tokens
    }

    #[test]
    fn names_are_split_and_numbers_have_one_spelling() {
        for (text, expected) in [
            ("muon_wd_mlp=0.10", "muon_wd_mlp muon wd mlp 0.1"),
            (
                "ResFormer KVCache fp8",
                "resformer res former kvcache kv cache fp8 fp 8",
            ),
            ("1e-4 .5 007 1. 0.0 -0.50 2e3", "0.0001 0.5 7 1 0 -0.5 2000"),
            ("0.25x, 16MB; x-1", "0.25x 0.25 x 16mb 16 mb x 1"),
            ("__init__ NCCL v2.1.3", "init nccl v2.1.3 v 2.1.3"),
            ("the fix of exp_171 and #17, exp_a", "fix exp_a exp"),
            ("Über ÉCOLE", "über école"),
            ("学習率を", "学習 習率 率を"),
            ("率 lr", "率 lr"),
            ("one\\ntwo\\tx", "one two x"),
        ] {
            assert_eq!(tokens(text).join(" "), expected, "{text}");
        }
    }

    #[test]
    fn a_change_is_a_token_too() {
        for (text, expected) in [
            ("lr 0.02→0.030", "lr 0.02 0.03 0.02>0.03"),
            ("lr 0.02 -> 3e-2", "lr 0.02 0.03 0.02>0.03"),
            ("from `gelu` to `ReLU`", "gelu relu re lu gelu>relu"),
            ("1 → 2 → 3", "1 2 1>2 3 2>3"),
            ("back to base", "back base back>base"),
            ("#1 to #2", ""),
        ] {
            assert_eq!(tokens(text).join(" "), expected, "{text}");
        }
        let changes = |text| Vec::from_iter(find_changes(text));
        assert_eq!(changes("dropout added to attention, 8 to 16"), ["8>16"]);
        assert_eq!(changes("set lr to 0.02"), ["lr>0.02"]);
        assert_eq!(changes("adam to SGD, and back to base"), ["adam>sgd"]);
        assert_eq!(changes("from gelu to ReLU, a→b"), ["a>b", "gelu>relu"]);
        for plain in [
            "move dropout from attention to mlp",
            "back to Base",
            "switch focus to data",
        ] {
            assert!(changes(plain).is_empty(), "{plain}");
        }
        assert_eq!(changes("Switch GELU to SwiGLU"), ["gelu>swiglu"]);
        assert_eq!(changes("wd 0→-0.5"), ["0>-0.5"]);
    }
}
