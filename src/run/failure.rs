//! What the output of a failed command says about the failure: the error, where it was raised, and the last lines.

use std::sync::LazyLock;

use regex::Regex;

use crate::analysis::{LAST_LINES, has_error_word};
use crate::text::{cut_middle, escape_controls};

use super::traceback::{FoundError, find_exception, is_wrapper};
use super::values::remove_colors;

/// The most bytes of the notes as the log has them.
const MAX_BYTES: usize = 2000;
const MAX_LINE_CHARS: usize = 400;

/// Words of errors that mean less in the notes of an agent.
const MORE_WORDS: [&str; 7] = [
    "Aborted",
    "ERROR",
    "FATAL",
    "No such file",
    "cannot ",
    "fatal",
    "not found",
];

/// The notes of a failure. Without an error in the output, they start with how the command ended, also if that is certain to be
/// the reason, whatever the output says.
pub(super) fn describe_failure(
    ending: &str,
    is_certain: bool,
    stdout: &[u8],
    stderr: &[u8],
) -> String {
    let (stdout, stderr) = (clean_lines(stdout), clean_lines(stderr));
    let on_stderr = find_exception(&stderr)
        .or_else(|| find_line(&stderr, has_error))
        .filter(|_| !is_certain);
    // If stderr has the error, its end needs all the room.
    let end_of_stdout = if on_stderr.is_some() {
        &[]
    } else {
        &stdout[..]
    };
    let error = on_stderr
        .or_else(|| find_exception(&stdout))
        .or_else(|| find_line(&stdout, begins_with_error))
        // What a program says last on stderr is usually why it failed.
        .or_else(|| find_line(&stderr, |_| true))
        .or_else(|| find_line(&stdout, |line| has_error(line) && !is_measurement(line)))
        .filter(|_| !is_certain);
    let head = match &error {
        Some(error) => [Some(&error.message), error.frame.as_ref()],
        None => [None, None],
    };
    let mut notes: Vec<String> = head
        .into_iter()
        .flatten()
        .map(|line| shorten(line))
        .collect();
    if notes.is_empty() {
        notes.push(ending.to_owned());
    }
    add_last_lines(&mut notes, end_of_stdout, &stderr);
    notes.join("\n")
}

/// Adds as many of the last lines of both streams as there is room for.
fn add_last_lines(notes: &mut Vec<String>, stdout: &[String], stderr: &[String]) {
    let mut room = MAX_BYTES.saturating_sub(size(notes) + size(&[LAST_LINES.to_owned()]));
    let for_stdout = size(stdout).min(room / 2);
    let stderr = take_last(stderr, room - for_stdout, notes);
    room -= size(&stderr);
    let stdout = take_last(stdout, room, notes);
    if !stdout.is_empty() || !stderr.is_empty() {
        notes.push(LAST_LINES.to_owned());
    }
    notes.extend(stdout.into_iter().chain(stderr));
}

/// The last lines that are not known, in at most `room` bytes.
fn take_last(lines: &[String], mut room: usize, known: &[String]) -> Vec<String> {
    let mut last = Vec::new();
    for line in lines.iter().rev().map(|line| shorten(line)) {
        let size = size(std::slice::from_ref(&line));
        if size > room {
            break;
        }
        if !known.contains(&line) {
            room -= size;
            last.push(line);
        }
    }
    last.reverse();
    last
}

/// The bytes of lines in the notes, where a line break takes two.
fn size(lines: &[String]) -> usize {
    lines.iter().map(|line| line.len() + 2).sum()
}

fn shorten(line: &str) -> String {
    cut_middle(&escape_controls(line), MAX_LINE_CHARS).into_owned()
}

/// Whether a line has a word such as `error:`.
fn has_error(line: &str) -> bool {
    has_error_word(line) || MORE_WORDS.iter().any(|word| line.contains(word))
}

/// Whether a line of stdout is an error for certain: `val_error`, a setting `timeout` and the like are usual there.
fn begins_with_error(line: &str) -> bool {
    static START: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"^(?:[\w.]*(?:Error|Exception): |(?i:error:|fatal\b)|ERROR\b)")
            .expect("a valid expression")
    });
    START.is_match(line) && !is_measurement(line)
}

/// Whether the error in a line is a number that the command has measured: `val error: 0.31 | lr 0.1`.
fn is_measurement(line: &str) -> bool {
    static MEASURED: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"(?i)error: *[-+]?[\d.]+(?:e[-+]?\d+)?(?:%| *$| *[,;|]| +\S+[:=])")
            .expect("a valid expression")
    });
    MEASURED.is_match(line)
}

/// The last line that is wanted and does not only report the failure of another program.
fn find_line(lines: &[String], is_wanted: impl Fn(&str) -> bool) -> Option<FoundError> {
    let mut lines = lines.iter().rev();
    let line = lines.find(|line| is_wanted(line) && !is_wrapper(line))?;
    Some(FoundError::new(line.trim(), None))
}

/// The lines with text, without colours, without the part of a line that a carriage return overwrites, and without the prefix
/// by which launchers tell processes apart.
fn clean_lines(output: &[u8]) -> Vec<String> {
    let output = remove_colors(output);
    let text = String::from_utf8_lossy(&output);
    let mut lines = Vec::new();
    for line in text.lines() {
        let line = line.trim_end_matches('\r');
        let shown = line.rsplit('\r').next().unwrap_or_default();
        let line = strip_process(shown).trim_end();
        if !line.is_empty() {
            lines.push(line.to_owned());
        }
    }
    lines
}

/// Removes `[rank0]: `, `[1,3]<stderr>:`, `(worker pid=7) ` and the like.
fn strip_process(line: &str) -> &str {
    static PREFIX: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(
            r"^(?:\[(?:rank|default)[^\]]{0,40}\]:|\[1,[^>]{0,40}>:|\([^=)]{0,40}pid=[^)]*\)) ?",
        )
        .expect("a valid expression")
    });
    let prefix = PREFIX.find(line).map_or(0, |prefix| prefix.end());
    &line[prefix..]
}
