//! JSON as Python writes it: `NaN` and `Infinity` are not JSON, and half a surrogate pair is not text. Imports no other
//! module of the crate.

use std::sync::LazyLock;

use regex::{Captures, Regex};

/// Words that other programs write in place of a number.
pub(crate) const WORDS: [&str; 3] = ["NaN", "Infinity", "-Infinity"];

/// Replaces half a surrogate pair; spelled so that it differs from a U+FFFD that was there before.
pub(crate) const REPLACED: &str = "\\uFFfd";

/// A string, which may be torn at the end of its line, or one of the words.
static PART: LazyLock<Regex> =
    LazyLock::new(|| compile(r#""(?:[^"\\\n]|\\.)*"?|-?(?:NaN|Infinity)"#));

/// An escape in a string: a pair, a half, which is a group, or another one.
static ESCAPE: LazyLock<Regex> = LazyLock::new(|| {
    compile(
        r"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(u[dD][89a-fA-F][0-9a-fA-F]{2})|.)",
    )
});

/// The same JSON with these words as strings and U+FFFD in place of half surrogate pairs; `None` if it has neither.
pub(crate) fn repair_json(json: &str) -> Option<String> {
    let triggers = ["NaN", "Infinity", "\\ud", "\\uD"];
    if !triggers.iter().any(|trigger| json.contains(trigger)) {
        return None;
    }
    let repair_part = |part: &Captures| match &part[0] {
        word if WORDS.contains(&word) => format!("\"{word}\""),
        string => ESCAPE.replace_all(string, repair_escape).into_owned(),
    };
    Some(PART.replace_all(json, repair_part).into_owned())
}

fn repair_escape(escape: &Captures) -> String {
    match escape.get(1) {
        Some(_) => REPLACED.to_owned(),
        None => escape[0].to_owned(),
    }
}

fn compile(pattern: &str) -> Regex {
    Regex::new(pattern).expect("a valid expression")
}

/// How many halves of surrogate pairs were replaced.
pub(crate) fn note_halves(text: &str, repaired: &str) -> Option<String> {
    let count = |text: &str| text.matches(REPLACED).count();
    let halves = count(repaired) - count(text);
    let note = format!("halves of surrogate pairs became U+FFFD: {halves} in the file");
    (halves > 0).then_some(note)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_become_texts_outside_of_strings_only() {
        let json = r#"{"a":NaN,"b":[-Infinity, Infinity],"c":"NaN \" NaN","d":-1}"#;
        let quoted = r#"{"a":"NaN","b":["-Infinity", "Infinity"],"c":"NaN \" NaN","d":-1}"#;
        assert_eq!(repair_json(json).as_deref(), Some(quoted));
        let torn = repair_json("{\"é\":NaN, \"torn\n{\"x\": NaN");
        assert_eq!(
            torn.as_deref(),
            Some("{\"é\":\"NaN\", \"torn\n{\"x\": \"NaN\"")
        );
        assert_eq!(repair_json(r#"{"a":1}"#), None);
    }

    #[test]
    fn only_half_pairs_are_replaced() {
        for (json, fixed) in [
            (r#""\udcff""#, r#""\uFFfd""#),
            (r#""é\ud800x\uDFFF""#, r#""é\uFFfdx\uFFfd""#),
            (r#""\ud83d\ud83d\ude00""#, r#""\uFFfd\ud83d\ude00""#),
            (r#""\ud83d\ude00""#, r#""\ud83d\ude00""#),
            (r#""\\ud800""#, r#""\\ud800""#),
        ] {
            assert_eq!(repair_json(json).as_deref(), Some(fixed), "{json}");
        }
    }
}
