//! What the output of a failed command says about the failure: the error, where it was raised, and the last lines.

use std::sync::LazyLock;

use regex::Regex;

use crate::analysis::{LAST_LINES, has_error_word};
use crate::text::{cut_middle, escape_controls};

use super::traceback::{FoundError, find_exception, is_wrapper};
use super::values::remove_colors;

/// The most bytes of the notes as the log has them, where a line break takes two.
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
    let mut head = Vec::new();
    let error = if is_certain {
        None
    } else {
        find_error(&stderr)
            // What a program says last on stderr is usually why it failed.
            .or_else(|| find_line(&stderr, |_| true))
            .or_else(|| find_error(&stdout))
    };
    match error {
        Some(error) => {
            head.push(shorten(&error.message));
            head.extend(error.frame.as_deref().map(shorten));
        }
        None => head.push(ending.to_owned()),
    }
    let last = if stderr.is_empty() { stdout } else { stderr };
    add_last_lines(head, &last).join("\n")
}

/// Adds as many of the last lines as there is room for.
fn add_last_lines(mut notes: Vec<String>, lines: &[String]) -> Vec<String> {
    notes.push(LAST_LINES.to_owned());
    let mut room = MAX_BYTES.saturating_sub(notes.iter().map(|line| line.len() + 2).sum());
    let mut last = Vec::new();
    for line in lines.iter().rev() {
        let line = shorten(line);
        if line.len() + 2 > room {
            break;
        }
        room -= line.len() + 2;
        if !notes.contains(&line) {
            last.push(line);
        }
    }
    if last.is_empty() {
        notes.pop();
    }
    notes.extend(last.into_iter().rev());
    notes
}

fn shorten(line: &str) -> String {
    cut_middle(&escape_controls(line), MAX_LINE_CHARS).into_owned()
}

/// The innermost exception of the last traceback, else the last line with a word such as `error:`.
fn find_error(lines: &[String]) -> Option<FoundError> {
    find_exception(lines).or_else(|| {
        find_line(lines, |line| {
            has_error_word(line) || MORE_WORDS.iter().any(|word| line.contains(word))
        })
    })
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
