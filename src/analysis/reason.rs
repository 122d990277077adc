//! Why a trial failed, as far as its notes say it.

use std::{borrow::Cow, ops::Range, sync::LazyLock};

use aho_corasick::{AhoCorasick, AhoCorasickKind::ContiguousNFA};
use memchr::memmem;

/// Notes and sentences that are no longer than this are a reason as they are.
const MAX_PLAIN_REASON: usize = 120;
const MAX_SENTENCE: usize = 200;

/// Sentences with this tell of another trial.
const OTHER_TRIAL: &str = "exp_";

/// Words that start an error message. Those in capitals count only as whole words.
#[rustfmt::skip]
const ERROR_WORDS: [&str; 12] = [
    "Error", "Exception", "error:", "Traceback", "Killed", "OOM", "out of memory", "timeout",
    "timed out", "Segmentation", "SIGKILL", "panicked",
];

/// Built once: a log has thousands of notes. A DFA would take longer to build than most logs to search.
static ERROR_FINDER: LazyLock<AhoCorasick> = LazyLock::new(|| {
    let finder = AhoCorasick::builder()
        .kind(Some(ContiguousNFA))
        .build(ERROR_WORDS);
    finder.expect("a dozen words are not too many")
});

/// Errors that only say that another process or step failed.
#[rustfmt::skip]
pub const WRAPPERS: [&str; 8] = [
    "Traceback", "ChildFailedError", "CalledProcessError", "ProcessRaisedException",
    "ProcessExitedException", "SubprocessError", "RayTaskError", "ExceptionGroup",
];

/// Harnesses put this between the agent's notes and the error.
const SEPARATOR: &str = " | ";
const SENTENCE_END: &str = ". ";

/// `lineage run` writes the reason of a failure first, and this line above the end of the command's output.
pub const LAST_LINES: &str = "last lines:";

/// The part of the notes that tells the reason of a failure: the most specific error in them. Wrappers are passed over; an
/// error without a message is named by where it was raised. Short notes without an error are a reason as they are. `None` if
/// the notes are only the agent's plan.
pub fn find_reason(notes: &str) -> Option<Cow<'_, str>> {
    let notes = notes.trim();
    let mut last_lines = memmem::find_iter(notes.as_bytes(), LAST_LINES);
    if last_lines.any(|at| notes[..at].ends_with("\\n")) {
        return notes.split("\\n").next().map(Cow::Borrowed);
    }
    let errors = find_errors(notes);
    let Some(&last) = errors.last() else {
        let is_short = notes.chars().count() <= MAX_PLAIN_REASON && !notes.is_empty();
        return is_short.then_some(notes.into());
    };
    let mut specific = errors.iter().rev().filter(|error| !is_wrapper(error));
    if let Some(error) = specific.clone().find(|error| has_message(error)) {
        return Some((*error).into());
    }
    let frame = find_frame(last).or_else(|| find_frame(notes));
    match (specific.next(), frame) {
        (Some(error), Some(frame)) => Some(format!("{} ({frame})", name_of(error)).into()),
        (Some(error), None) => Some((*error).into()),
        (None, Some(frame)) => Some(frame.into()),
        (None, None) => Some(last.into()),
    }
}

/// The errors in notes, in their order. A line or a part between separators counts if it starts with an error; the last one
/// also if it has one anywhere, because an agent's plan may tell of the errors of other trials.
fn find_errors(notes: &str) -> Vec<&str> {
    let lines = notes.split("\\n").flat_map(|line| line.split('\n'));
    let parts: Vec<&str> = lines.flat_map(|line| line.split(SEPARATOR)).collect();
    let mut errors: Vec<&str> = parts.iter().map(|part| part.trim()).collect();
    errors.retain(|part| starts_with_error(part));
    let mut last_first = parts.iter().rev();
    if let Some(part) = last_first.find(|part| has_error_word(part))
        && !starts_with_error(part.trim())
        && (errors.is_empty() || parts.last() == Some(part))
    {
        errors.extend(errors_in_prose(part.trim()));
    }
    errors
}

/// Whether a text is the name of an error, alone or before a colon: `torch.OutOfMemoryError: …`. `Error bars` is not.
fn starts_with_error(text: &str) -> bool {
    let name = name_of(text);
    let path_len = text.find(|c: char| !is_in_path(c)).unwrap_or(text.len());
    let is_alone = text[path_len..].is_empty() || text[path_len..].starts_with(':');
    let ends = ["Error", "Exception", "Group"];
    let is_error = ends.iter().any(|end| name.ends_with(end));
    name == "Traceback" || is_error && is_alone
}

/// The name of the error that a text starts with, without its modules.
fn name_of(error: &str) -> &str {
    let end = error.find(|c: char| !is_in_path(c));
    let path = &error[..end.unwrap_or(error.len())];
    path.rsplit('.').next().unwrap_or(path)
}

fn is_in_path(c: char) -> bool {
    c.is_alphanumeric() || c == '.' || c == '_'
}

fn is_wrapper(error: &str) -> bool {
    WRAPPERS.contains(&name_of(error))
}

/// Whether words follow the name of an error, besides where it was raised.
fn has_message(error: &str) -> bool {
    let message = match find_frame_text(error) {
        Some(frame) => error.replace(frame, ""),
        None => error.to_owned(),
    };
    let (_, message) = message.split_once([':', ' ']).unwrap_or_default();
    message.contains(char::is_alphanumeric)
}

/// Where an error was raised: `train.py:77 in step`.
fn find_frame(text: &str) -> Option<String> {
    if let Some(frame) = find_frame_text(text) {
        return Some(frame.trim_matches(['(', ')']).to_owned());
    }
    // As Python writes it: File "/src/train.py", line 77, in step
    let (_, frame) = text.rsplit_once("File \"")?;
    let (path, rest) = frame.split_once("\", line ")?;
    let (line, rest) = rest.split_once(", in ")?;
    let function = rest
        .split(|c: char| c.is_whitespace() || c == '\\')
        .next()?;
    let file = path.rsplit('/').next().unwrap_or(path);
    Some(format!("{file}:{line} in {function}"))
}

/// A frame in parentheses, `(train.py:77 in step)`.
fn find_frame_text(text: &str) -> Option<&str> {
    let start = text.rfind('(')?;
    let end = start + text[start..].find(')')? + 1;
    let frame = &text[start..end];
    let (place, _) = frame.split_once(" in ")?;
    let (_, line) = place.rsplit_once(':')?;
    line.bytes().all(|b| b.is_ascii_digit()).then_some(frame)
}

/// The errors in a text for people, one for each sentence that has one: from the name of the error on, or the whole sentence
/// if it is short and names none.
fn errors_in_prose(text: &str) -> Vec<&str> {
    let mut errors = Vec::new();
    for sentence in text.split(SENTENCE_END) {
        let Some(first) = find_error_words(sentence).next() else {
            continue;
        };
        if sentence.contains(OTHER_TRIAL) {
            continue;
        }
        // `RuntimeError` starts before `Error`.
        let before = sentence[..first].rfind(char::is_whitespace);
        let error = sentence[before.unwrap_or(0)..].trim_start();
        let is_short = sentence.chars().count() <= MAX_SENTENCE;
        let whole = is_short && !starts_with_error(error);
        errors.push(if whole { sentence.trim() } else { error });
    }
    errors
}

pub fn has_error_word(text: &str) -> bool {
    find_error_words(text).next().is_some()
}

/// Where error words start, in the order of the text.
fn find_error_words(text: &str) -> impl Iterator<Item = usize> {
    let found = ERROR_FINDER.find_iter(text);
    let words = found.filter(move |found| {
        let word = &text[found.range()];
        let needs_borders = word.bytes().all(|b| b.is_ascii_uppercase());
        !needs_borders || is_whole_word(text, found.range())
    });
    words.map(|word| word.start())
}

/// Whether no letter or digit is next to a word: `ROOM` is not an `OOM`.
fn is_whole_word(text: &str, word: Range<usize>) -> bool {
    let before = text[..word.start].chars().next_back();
    let after = text[word.end..].chars().next();
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
    let words = ["code ", "signal ", "status "];
    words.iter().any(|word| before.ends_with(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reason(notes: &str) -> String {
        find_reason(notes).unwrap_or_default().into_owned()
    }

    #[test]
    fn the_first_line_is_the_reason_if_the_last_lines_follow() {
        let notes =
            "pack: xz failed\\nmain.py:3 in f\\nlast lines:\\nError: x\\nmake: *** [all] Error 1";
        assert_eq!(find_reason(notes).as_deref(), Some("pack: xz failed"));
    }

    #[test]
    fn the_error_is_found_in_the_notes() {
        for (notes, expected) in [
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
            (
                "sync failed: the command timed out after 60 s",
                "sync failed: the command timed out after 60 s",
            ),
        ] {
            assert_eq!(reason(notes), expected);
        }
        let plan = "a plan without any failure in it ".repeat(9);
        assert_eq!(find_reason(&plan), None);
        assert_eq!(find_reason(""), None);
    }

    #[test]
    fn wrappers_are_passed_over() {
        let wrapper = "torch.distributed.errors.ChildFailedError: ==== (train.py:1170 in eval_val)";
        assert_eq!(
            reason(&format!("Shapes are cached. | {wrapper}")),
            "train.py:1170 in eval_val"
        );
        assert_eq!(
            reason(&format!("plan | ValueError: bad axis | {wrapper}")),
            "ValueError: bad axis"
        );
        let command =
            "subprocess.CalledProcessError: Command 'python' returned non-zero exit status 1.";
        assert_eq!(
            reason(&format!("RuntimeError: no kernel\n{command}")),
            "RuntimeError: no kernel"
        );
        assert_eq!(reason(command), command);
    }

    #[test]
    fn the_last_line_of_a_traceback_is_the_error() {
        let traceback = "Traceback (most recent call last):\n  File \"/src/train.py\", line 7, in step\n    raise KeyError(x)\n";
        assert_eq!(
            reason(&format!("{traceback}KeyError: 'lr'")),
            "KeyError: 'lr'"
        );
        let escaped = format!("{traceback}KeyError: 'lr'").replace('\n', "\\n");
        assert_eq!(reason(&escaped), "KeyError: 'lr'");
        assert_eq!(
            reason(&format!("{traceback}AssertionError")),
            "AssertionError (train.py:7 in step)"
        );
        let chained = format!(
            "{traceback}KeyError: 'lr'\n\nTraceback (most recent call last):\n  File \"run.py\", line 2, in main\nsubprocess.CalledProcessError: Command 'x' returned 1"
        );
        assert_eq!(reason(&chained), "KeyError: 'lr'");
    }

    #[test]
    fn every_error_word_is_found_and_capitals_only_as_whole_words() {
        for word in ERROR_WORDS {
            assert_eq!(
                find_error_words(&format!("ä {word} b")).next(),
                Some(3),
                "{word}"
            );
        }
        let notes = format!("BLOOM filters make ROOM {}", "and so on ".repeat(20));
        assert_eq!(find_reason(&notes), None);
    }

    #[test]
    fn reasons_that_differ_in_numbers_are_one_kind() {
        assert_eq!(
            kind_of("Error: ==== (train_gpt.py:1170)"),
            kind_of("error: == (train_gpt.py:77)")
        );
        assert_ne!(kind_of("OOM"), kind_of("timeout"));
        assert_ne!(kind_of("exit code 1"), kind_of("exit code 137"));
    }
}
