//! How names and cells are compared with the tables of `roles`: in lower case, with `_` between their parts.

use super::roles::{
    BETTER, CANDIDATES, DENIES, DIRECTIONS, EXPLAINS, KNOWN,
    Means::{self, Is, Ran},
    NO, NOTHING, PLAIN_NO, PLAIN_YES, Speech, TAKEN_BACK, UNKNOWN, WORDS, YES,
};
use crate::log::{Direction, Status};

/// A text as it is compared: `Val BPB` and `val-bpb` are `val_bpb`, `req/s` is `req_per_s`.
pub fn normal(original: &str) -> String {
    // What stands for a rate is no number of seconds.
    let name = original.trim();
    let name = ["/sec", "/s"]
        .into_iter()
        .find_map(|rate| Some(name.strip_suffix(rate)?.to_owned() + "_per_s"));
    let name = name.as_deref().unwrap_or(original);
    let parts = name
        .split(|c: char| !c.is_alphanumeric())
        .filter(|part| !part.is_empty());
    parts.collect::<Vec<_>>().join("_").to_lowercase()
}

/// The name of a column as it is compared; `valLoss` and `bestValBpb` have three parts and two. `mAP` is one: a single small
/// letter is no part.
pub fn normal_name(original: &str) -> String {
    let mut spaced = String::with_capacity(original.len() + 4);
    let mut small = 0;
    for c in original.chars() {
        if c.is_uppercase() && small > 1 {
            spaced.push('_');
        }
        small = if c.is_lowercase() { small + 1 } else { 0 };
        spaced.push(c);
    }
    normal(&spaced)
}

/// Whether a word is one of those of a table's line.
pub fn has(words: &str, word: &str) -> bool {
    words.split_whitespace().any(|one| one == word)
}

/// Whether a cell says yes or no.
pub fn is_yes_or_no(cell: &str) -> bool {
    let lower = cell.trim().to_lowercase();
    has(YES, &lower) || has(NO, &lower)
}

/// Whether a cell says "nothing".
pub fn is_nothing(cell: &str) -> bool {
    cell.is_empty() || has(NOTHING, &cell.to_lowercase())
}

fn match_one(patterns: &str, name: &str) -> bool {
    let parts = format!("_{name}_");
    patterns
        .split_whitespace()
        .any(|pattern| match pattern.strip_prefix('=') {
            Some(whole) => whole == name,
            None => match pattern.strip_suffix('$') {
                Some(end) => parts
                    .strip_suffix('_')
                    .is_some_and(|parts| parts.ends_with(end)),
                None => parts.contains(pattern),
            },
        })
}

/// What a header itself says of its column: `quality (lower is better)`, `PPL ↓`.
pub fn better_said(name: &str) -> Option<Direction> {
    let arrow = |arrow, direction| Some(direction).filter(|_| name.contains(arrow));
    match (
        arrow('↑', Direction::Maximize),
        arrow('↓', Direction::Minimize),
    ) {
        (Some(_), Some(_)) => None,
        (up, down) => up.or(down).or_else(|| better_in(name)),
    }
}

/// What a metric's name says of its direction.
pub fn better(name: &str) -> Option<Direction> {
    if let Some(said) = better_said(name) {
        return Some(said);
    }
    let complement = name
        .trim()
        .strip_prefix('1')
        .and_then(|rest| rest.trim_start().strip_prefix(['-', '−']));
    let name = normal_name(name);
    let negative = || {
        ["neg_", "negative_"]
            .into_iter()
            .find_map(|prefix| name.strip_prefix(prefix))
    };
    if let Some(opposite) = complement.or_else(negative) {
        return better(opposite).map(Direction::opposite);
    }
    BETTER
        .iter()
        .find(|(_, patterns)| match_one(patterns, &name))
        .map(|(direction, _)| *direction)
}

/// How good a candidate for the score a column of this name is.
pub fn candidate(name: &str) -> u8 {
    let normal = normal_name(name);
    let known = || {
        if better(name).is_some() {
            KNOWN
        } else {
            UNKNOWN
        }
    };
    CANDIDATES
        .iter()
        .find(|(_, patterns)| match_one(patterns, &normal))
        .map_or_else(known, |(rank, _)| *rank)
}

/// What a cell of a verdict column says; `None` where the tables do not have it.
pub fn verdict(cell: &str, speech: Speech) -> Option<Means> {
    let lower = cell.trim().to_lowercase();
    let (yes, no) = match speech {
        Speech::Words => (None, None),
        Speech::Kept => (Some(Is(Status::Keep)), Some(Is(Status::Discard))),
        Speech::Gate => (Some(Ran), Some(Is(Status::Disqualified))),
        Speech::Undone => (Some(Is(Status::Discard)), Some(Ran)),
        Speech::Broke => (Some(Is(Status::Crash)), Some(Ran)),
        Speech::Stays => (Some(Ran), Some(Is(Status::Discard))),
    };
    if has(YES, &lower) {
        return yes.or(Some(Is(Status::Keep)).filter(|_| has(PLAIN_YES, &lower)));
    }
    if has(NO, &lower) {
        return no.or(Some(Is(Status::Discard)).filter(|_| has(PLAIN_NO, &lower)));
    }
    let head = head(&lower);
    let (means, word) = word_of(head)?;
    let gate_is_missed =
        speech == Speech::Gate && means == Is(Status::Crash) && word.starts_with("fail");
    match means {
        Is(Status::Keep | Status::Baseline) | Ran if is_taken_back(&lower, head) => None,
        _ if gate_is_missed => Some(Is(Status::Disqualified)),
        means => Some(means),
    }
}

/// What stands before brackets, a colon, an arrow, a slash or a dash: what follows explains it.
fn head(cell: &str) -> &str {
    let end = MARKS.iter().filter_map(|mark| cell.find(mark)).min();
    &cell[..end.unwrap_or(cell.len())]
}

const MARKS: [&str; 13] = [
    "(", "[", ":", ";", ",", "—", "–", "→", "->", "/", " - ", "+", "|",
];

/// The first word of a verdict: what it was before anything was said of it.
pub fn first_word(cell: &str) -> &str {
    let cell = cell.trim();
    &cell[..cell
        .find(|c: char| !c.is_alphanumeric() && c != '_')
        .unwrap_or(cell.len())]
}

/// The word of the tables that a text is, or begins with before a word that explains.
fn word_of(text: &str) -> Option<(Means, String)> {
    let whole = normal(text);
    let of = |word: &str| {
        WORDS
            .iter()
            .find(|(_, words)| has(words, word))
            .map(|(means, _)| (*means, word.to_owned()))
    };
    let parts: Vec<&str> = whole.split('_').collect();
    let shorter = (1..parts.len())
        .rev()
        .filter(|&at| has(EXPLAINS, parts[at]));
    of(&whole).or_else(|| {
        shorter
            .map(|at| parts[..at].join("_"))
            .find_map(|word| of(&word))
    })
}

/// Whether what is said of a keep takes it back or doubts it: another verdict, `not` before a keep, or a plain no.
fn is_taken_back(cell: &str, head: &str) -> bool {
    let more = &cell[head.len()..];
    let mut said = more
        .split(|c: char| "([{:;,—–→>/|)]}".contains(c))
        .map(str::trim);
    let is_count = |part: &str| part.starts_with('0') && !more.starts_with(':'); // `pass (0)` counts, `keep: 0` answers
    let is_no = |part: &str| part == "?" || has(NO, part) && !is_count(part);
    if head.trim_end().ends_with('?') || said.any(is_no) {
        return true;
    }
    // Words behind `to`, `for`, `after` and the like explain, too; the verdict itself undoes nothing.
    let text = normal(cell);
    let parts: Vec<&str> = text.split('_').collect();
    (0..parts.len()).any(|at| undoes(&parts[at..], at.checked_sub(1).map(|before| parts[before])))
}

/// Whether an explanation goes on with words that undo a keep.
fn undoes(parts: &[&str], before: Option<&str>) -> bool {
    let denied = before.is_some_and(|before| has(DENIES, before));
    let words = (1..=parts.len().min(4)).map(|length| parts[..length].join("_"));
    words.into_iter().any(|word| {
        let means = WORDS
            .iter()
            .find(|(_, words)| has(words, &word))
            .map(|(means, _)| *means);
        match means {
            Some(Is(Status::Keep)) => denied,
            Some(Is(Status::Baseline) | Ran) => false,
            Some(_) => !denied,
            None => has(TAKEN_BACK, &word) && !denied,
        }
    })
}

/// The direction of a sentence that says that `lower is better`, or `higher`, but not both.
pub fn better_in(text: &str) -> Option<Direction> {
    let text = normal(text);
    let is_said = |word: &str| text.contains(word) && !text.contains(&format!("{word}_than"));
    let says = |words: &str| {
        words
            .split_whitespace()
            .any(|word| word.ends_with("_is_better") && is_said(word))
    };
    let mut said = DIRECTIONS
        .iter()
        .filter(|(_, words)| says(words))
        .map(|(direction, _)| *direction);
    said.next().filter(|_| said.next().is_none())
}

/// The direction that a text names: `higher`, `lower (target 0)`.
pub fn direction(text: &str) -> Option<Direction> {
    let word = text
        .trim()
        .split(['(', ',', ';'])
        .find(|part| !part.trim().is_empty())
        .unwrap_or_default();
    let word = normal(word);
    DIRECTIONS
        .iter()
        .find(|(_, words)| has(words, &word))
        .map(|(direction, _)| *direction)
}
