//! Why a trial failed, as far as its notes say it.

/// Notes that are no longer than this are a reason as they are.
const MAX_PLAIN_REASON: usize = 120;

/// Words that start an error message. Those in capitals count only as whole words.
const ERROR_WORDS: [&str; 12] = [
    "Error",
    "Exception",
    "error:",
    "Traceback",
    "Killed",
    "OOM",
    "out of memory",
    "timeout",
    "timed out",
    "Segmentation",
    "SIGKILL",
    "panicked",
];

/// Harnesses put this between the agent's notes and the error.
const SEPARATOR: &str = " | ";
const SENTENCE_END: &str = ". ";

/// The part of the notes that tells the reason of a failure: the text after the last ` | ` if it has an error word, else the
/// last sentence that has one, from the word on; short notes without any as they are. `None` if the notes are only the
/// agent's plan.
pub fn find_reason(notes: &str) -> Option<&str> {
    let notes = notes.trim();
    if let Some((_, after)) = notes.rsplit_once(SEPARATOR)
        && !find_error_words(after).is_empty()
    {
        return Some(after.trim());
    }
    let words = find_error_words(notes);
    let Some(&last) = words.last() else {
        let is_short = notes.chars().count() <= MAX_PLAIN_REASON && !notes.is_empty();
        return is_short.then_some(notes);
    };
    let sentence = notes[..last]
        .rfind(SENTENCE_END)
        .map_or(0, |at| at + SENTENCE_END.len());
    let end = notes[last..]
        .find(SENTENCE_END)
        .map_or(notes.len(), |at| last + at);
    let first = words.into_iter().find(|&at| at >= sentence).unwrap_or(last);
    // `RuntimeError` starts before `Error`.
    let space = notes[sentence..first]
        .rfind(char::is_whitespace)
        .unwrap_or(0);
    Some(notes[sentence + space..end].trim_start())
}

pub fn has_error_word(text: &str) -> bool {
    !find_error_words(text).is_empty()
}

/// Where error words start, in the order of the text.
fn find_error_words(text: &str) -> Vec<usize> {
    let mut starts = Vec::new();
    for word in ERROR_WORDS {
        let needs_borders = word.bytes().all(|b| b.is_ascii_uppercase());
        for (start, _) in text.match_indices(word) {
            if !needs_borders || is_whole_word(text, start, word) {
                starts.push(start);
            }
        }
    }
    starts.sort_unstable();
    starts
}

/// Whether no letter or digit is next to a word: `ROOM` is not an `OOM`.
fn is_whole_word(text: &str, start: usize, word: &str) -> bool {
    let before = text[..start].chars().next_back();
    let after = text[start + word.len()..].chars().next();
    !before.is_some_and(char::is_alphanumeric) && !after.is_some_and(char::is_alphanumeric)
}

/// How many characters of a reason tell its kind.
const KIND_CHARS: usize = 200;

/// What two reasons have in common if they differ only in numbers, addresses and case.
pub fn kind_of(reason: &str) -> String {
    let mut kind = String::new();
    for c in reason.chars().take(KIND_CHARS) {
        let c = match c {
            '0'..='9' if !follows_code_word(&kind) => '#',
            '=' | '-' => ' ',
            c if c.is_whitespace() => ' ',
            c => c,
        };
        let is_repeated = matches!(c, '#' | ' ') && kind.ends_with(c);
        if !is_repeated {
            kind.extend(c.to_lowercase());
        }
    }
    kind.trim().to_owned()
}

/// Whether the number that follows tells the kind: `exit code 1` is not `exit code 137`.
fn follows_code_word(kind: &str) -> bool {
    let before = kind.trim_end_matches(|c: char| c.is_ascii_digit());
    ["code ", "signal ", "status "]
        .iter()
        .any(|word| before.ends_with(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_error_is_found_in_the_notes() {
        let notes = "Warm-up needs one compile. Shapes are cached. | torch.errors.ChildFailedError: ==== (train.py:1170 in eval_val)";
        for (notes, reason) in [
            (
                notes,
                "torch.errors.ChildFailedError: ==== (train.py:1170 in eval_val)",
            ),
            (
                "It broke: RuntimeError: shape mismatch",
                "RuntimeError: shape mismatch",
            ),
            (
                "It was close. torch.OutOfMemoryError: CUDA out of memory, 78 GiB in use",
                "torch.OutOfMemoryError: CUDA out of memory, 78 GiB in use",
            ),
            (
                "broke:\u{a0}ValueError: no such axis",
                "ValueError: no such axis",
            ),
            ("16.4 MB, the cap is 16 MB", "16.4 MB, the cap is 16 MB"),
        ] {
            assert_eq!(find_reason(notes), Some(reason));
        }
        assert_eq!(
            find_reason(&"a plan without any failure in it ".repeat(9)),
            None
        );
        assert_eq!(find_reason(""), None);
    }

    #[test]
    fn every_error_word_is_found_and_capitals_only_as_whole_words() {
        for word in ERROR_WORDS {
            assert_eq!(find_error_words(&format!("ä {word} b")), [3], "{word}");
        }
        let notes = format!("BLOOM filters make ROOM {}", "and so on ".repeat(20));
        assert_eq!(find_reason(&notes), None);
    }

    #[test]
    fn reasons_that_differ_in_numbers_are_one_kind() {
        assert_eq!(
            kind_of("Error: ==== (train.py:1170)"),
            kind_of("error: == (train.py:77)")
        );
        assert_ne!(kind_of("OOM"), kind_of("timeout"));
        assert_ne!(kind_of("exit code 1"), kind_of("exit code 137"));
    }
}
