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
    let words = split_words(&hypothesis[..end.map_or(hypothesis.len(), |(at, _)| at)]);
    let (mut knobs, mut unused) = (Vec::new(), 0);
    for (at, number) in words.iter().enumerate() {
        if !is_number(number) {
            continue;
        }
        let knob = match (&words[unused..at], words.get(at + 1)) {
            ([.., name, "="] | [.., name, _, "→" | "->"] | [.., name, "from", _, "to"], _)
                if is_name(name) =>
            {
                unused = at + 1;
                [name, "=", number].concat()
            }
            (_, Some(unit)) if has_short_fraction(number) && is_unit(unit) => {
                unused = at + 2;
                [number, " ", &unit.to_lowercase()].concat()
            }
            _ => continue,
        };
        if !knobs.contains(&knob) {
            knobs.push(knob);
        }
    }
    knobs
}

/// The words of a text; `=`, arrows and the ends of phrases are words of their own.
fn split_words(text: &str) -> Vec<&str> {
    let (mut words, mut start) = (Vec::with_capacity(text.len() / 4), 0);
    for (at, c) in text.char_indices() {
        if c.is_ascii_alphanumeric() {
            continue;
        }
        let end = at + c.len_utf8();
        let (before, mark) = (&text[start..at], &text[at..end]);
        match c {
            '=' | '→' => words.extend([before, mark]),
            '>' if before.ends_with('-') => words.extend([&text[start..at - 1], "->"]),
            ',' | ';' | ')' | ']' | '}' => {
                words.extend(split_end(before));
                words.push(mark);
            }
            ':' | '(' | '[' | '{' | '"' | '\'' | '`' => words.extend(split_end(before)),
            _ if c.is_whitespace() => words.extend(split_end(before)),
            _ => continue,
        }
        start = end;
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

/// Whether a number may be a setting. One with a fraction of several digits is a result: `0.2241 prior best`.
fn has_short_fraction(word: &str) -> bool {
    let fraction = word.split_once('.').map_or("", |(_, fraction)| fraction);
    fraction.len() <= 2
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
            (&format!("{} lr=3e-4", "шаг ".repeat(60)), &["lr=3e-4"]),
            (
                "momentum warmup (0.33→0.45), `lr`=3e-4",
                &["warmup=0.45", "lr=3e-4"],
            ),
        ] {
            assert_eq!(find_knobs(hypothesis), knobs, "{hypothesis}");
        }
    }
}
