//! What a hypothesis changes, as far as its words name it: `42 epochs`, `lr=3e-4`, `batch from 32 to 64`.

/// How much of a hypothesis is searched.
const MAX_CHARS: usize = 400;

/// Words after a number that name no quantity.
const FILLERS: [&str; 22] = [
    "of", "to", "in", "and", "or", "the", "at", "on", "for", "with", "from", "by", "as", "is", "a",
    "per", "than", "then", "was", "are", "but", "while",
];

/// The knobs that a hypothesis turns, each with its new value, without repeats.
pub fn find_knobs(hypothesis: &str) -> Vec<String> {
    let end = hypothesis.char_indices().nth(MAX_CHARS);
    let text = &hypothesis[..end.map_or(hypothesis.len(), |(at, _)| at)];
    let words = split_words(text);
    let (mut knobs, mut rest) = (Vec::new(), words.as_slice());
    while !rest.is_empty() {
        let (knob, used) = knob_at(rest).map_or((None, 1), |(knob, used)| (Some(knob), used));
        rest = &rest[used..];
        if let Some(knob) = knob
            && !knobs.contains(&knob)
        {
            knobs.push(knob);
        }
    }
    knobs
}

/// The knob that words start with, and how many words name it.
fn knob_at(words: &[&str]) -> Option<(String, usize)> {
    match words {
        [name, "=", value, ..] if is_name(name) && is_number(value) => {
            Some((format!("{name}={value}"), 3))
        }
        [name, _, "→" | "->", value, ..] if is_name(name) && is_number(value) => {
            Some((format!("{name}={value}"), 4))
        }
        [name, "from", _, "to", value, ..] if is_name(name) && is_number(value) => {
            Some((format!("{name}={value}"), 5))
        }
        [number, unit, ..] if is_count(number) && is_unit(unit) => {
            Some((format!("{number} {}", unit.to_lowercase()), 2))
        }
        _ => None,
    }
}

/// The words of a text; `=`, arrows and the ends of phrases are words of their own.
fn split_words(text: &str) -> Vec<&str> {
    let (mut words, mut start) = (Vec::new(), 0);
    for (at, c) in text.char_indices() {
        if at < start || c.is_ascii_alphanumeric() {
            continue;
        }
        let (before, rest) = (&text[start..at], &text[at..]);
        let is_arrow = rest.starts_with("->");
        let len = if is_arrow { 2 } else { c.len_utf8() };
        if is_arrow || matches!(c, '=' | '→') {
            words.extend([before, &rest[..len]]);
        } else if c.is_whitespace() || ",;:()[]{}\"'`".contains(c) {
            words.extend(split_end(before));
            if matches!(c, ',' | ';' | ')' | ']' | '}') {
                words.push(&rest[..len]);
            }
        } else {
            continue;
        }
        start = at + len;
    }
    words.extend(split_end(&text[start..]));
    words.retain(|word| !word.is_empty());
    words
}

/// A word, and the points that end its sentence.
fn split_end(word: &str) -> [&str; 2] {
    let (word, points) = word.split_at(word.trim_end_matches('.').len());
    [word, points]
}

/// The words that every text has which turns a knob: its value, or the number of its unit.
pub fn value_of_knob(knob: &str) -> &str {
    match knob.split_once('=') {
        Some((_, value)) => value,
        None => knob.split(' ').next().unwrap_or_default(),
    }
}

fn is_number(word: &str) -> bool {
    word.trim_start_matches('-')
        .starts_with(|c: char| c.is_ascii_digit())
}

/// A number with a fraction of several digits is a result, not a setting: `0.2241 prior best`.
fn is_count(word: &str) -> bool {
    let fraction = word.split_once('.').map_or("", |(_, fraction)| fraction);
    is_number(word) && fraction.len() <= 2
}

fn is_name(word: &str) -> bool {
    word.starts_with(char::is_alphabetic) && word.len() > 1
}

fn is_unit(word: &str) -> bool {
    word.chars().all(char::is_alphabetic) && word.len() > 1 && !FILLERS.contains(&word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knobs_are_named_with_their_new_value() {
        for (hypothesis, knobs) in [
            ("train for 42 epochs, no other change.", &["42 epochs"][..]),
            ("lr=3e-4 and min_lr = 0.1", &["lr=3e-4", "min_lr=0.1"]),
            ("raise batch from 32 to 64.", &["batch=64"]),
            (
                "Raise muon_wd 0.95→0.99 again: muon_wd 0.95->0.99",
                &["muon_wd=0.99"],
            ),
            ("a plan of 3 to 5 of them, 0.2241 prior", &[]),
            (
                "as in (Ye, ICLR 2025): split heads. Was 0.22. Next try",
                &[],
            ),
            (
                "momentum warmup (0.33→0.45), `lr`=3e-4",
                &["warmup=0.45", "lr=3e-4"],
            ),
        ] {
            assert_eq!(find_knobs(hypothesis), knobs, "{hypothesis}");
        }
    }
}
