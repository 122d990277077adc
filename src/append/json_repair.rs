//! JSON as Python writes it: `NaN` and `Infinity` are not JSON, and half a surrogate pair is not text.

use std::borrow::Cow;

/// Words that other programs write in place of a number.
const WORDS: [&str; 3] = ["NaN", "-Infinity", "Infinity"];

/// The same JSON with these words as texts.
pub(super) fn quote_words(json: &str) -> Cow<'_, str> {
    if !WORDS.iter().any(|word| json.contains(word)) {
        return json.into();
    }
    let mut out = String::with_capacity(json.len() + 8);
    let mut rest = json;
    while !rest.is_empty() {
        let taken = if rest.starts_with('"') {
            let len = string_len(rest);
            out += &rest[..len];
            len
        } else if let Some(word) = WORDS.iter().find(|word| rest.starts_with(**word)) {
            out += &format!("\"{word}\"");
            word.len()
        } else {
            let len = 1 + rest[1..]
                .find(['"', 'N', 'I', '-'])
                .unwrap_or(rest.len() - 1);
            out += &rest[..len];
            len
        };
        rest = &rest[taken..];
    }
    out.into()
}

/// The length of the string that a text starts with, with its quotes.
fn string_len(text: &str) -> usize {
    let mut is_escaped = false;
    for (at, byte) in text.bytes().enumerate().skip(1) {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' => is_escaped = true,
            b'"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

/// A JSON string with `\ufffd` in place of half surrogate pairs; `None` if it has none.
pub(super) fn replace_lone_surrogates(json: &str) -> Option<String> {
    let mut out = String::new();
    let mut copied = 0;
    let mut at = 0;
    while let Some(found) = json[at..].find('\\') {
        at += found;
        let unit = utf16_unit(&json[at..]);
        let next = json.get(at + 6..).and_then(utf16_unit);
        at += match (unit, next) {
            (Some(0xd800..=0xdbff), Some(0xdc00..=0xdfff)) => 12,
            (Some(0xd800..=0xdfff), _) => {
                out += &json[copied..at];
                out += "\\ufffd";
                copied = at + 6;
                6
            }
            _ => 2, // the escaped character may be a backslash
        };
    }
    (copied > 0).then(|| out + &json[copied..])
}

/// The code unit of an escape such as `\ud83d` at the start of a text.
fn utf16_unit(json: &str) -> Option<u16> {
    u16::from_str_radix(json.strip_prefix("\\u")?.get(..4)?, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_become_texts_outside_of_strings_only() {
        let json = r#"{"a":NaN,"b":[-Infinity, Infinity],"c":"NaN \" NaN","d":-1}"#;
        let quoted = r#"{"a":"NaN","b":["-Infinity", "Infinity"],"c":"NaN \" NaN","d":-1}"#;
        assert_eq!(quote_words(json), quoted);
        assert_eq!(quote_words("{\"é\":NaN"), "{\"é\":\"NaN\"");
    }

    #[test]
    fn only_half_pairs_are_replaced() {
        for (json, fixed) in [
            (r#""\udcff""#, Some(r#""\ufffd""#)),
            (r#""é\ud800x\udfff""#, Some(r#""é\ufffdx\ufffd""#)),
            (r#""\ud83d\ud83d\ude00""#, Some(r#""\ufffd\ud83d\ude00""#)),
            (r#""\ud83d\ude00""#, None),
            (r#""\\ud800""#, None),
            (r#""\u00e9 \" x""#, None),
        ] {
            assert_eq!(replace_lone_surrogates(json).as_deref(), fixed, "{json}");
        }
    }
}
