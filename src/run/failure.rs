//! What the output of a failed command says about the failure: the error, where it was raised, and the last lines.

use crate::analysis::{LAST_LINES, has_error_word};
use crate::text::{cut_middle, escape_controls};

use super::found_error::{FoundError, is_wrapper};
use super::traceback::find_exception;
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
            .or_else(|| last_line(&stderr))
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
    if let Some(exception) = find_exception(lines) {
        return Some(exception);
    }
    let is_error = |line: &&String| {
        let has_word = has_error_word(line) || MORE_WORDS.iter().any(|word| line.contains(word));
        has_word && !is_wrapper(line)
    };
    let line = lines.iter().rev().find(is_error)?;
    Some(FoundError {
        message: line.trim().to_owned(),
        frame: None,
    })
}

/// What a program says last on stderr is usually why it failed.
fn last_line(lines: &[String]) -> Option<FoundError> {
    let line = lines.iter().rev().find(|line| !is_wrapper(line))?;
    Some(FoundError {
        message: line.trim().to_owned(),
        frame: None,
    })
}

/// The lines with text, without colours, without the part of a line that a carriage return overwrites, and without the prefix
/// by which launchers tell processes apart.
fn clean_lines(output: &[u8]) -> Vec<String> {
    let output = remove_colors(output);
    let text = String::from_utf8_lossy(&output);
    let mut lines = Vec::new();
    for line in text.lines() {
        let shown = line
            .trim_end_matches('\r')
            .rsplit('\r')
            .next()
            .unwrap_or_default();
        let line = strip_process(shown).trim_end();
        if !line.is_empty() {
            lines.push(line.to_owned());
        }
    }
    lines
}

/// Removes `[rank0]: `, `[1,3]<stderr>:`, `(worker pid=7) ` and the like.
fn strip_process(line: &str) -> &str {
    for (open, close) in [
        ("[rank", "]:"),
        ("[default", "]:"),
        ("[1,", ">:"),
        ("(", "pid="),
    ] {
        if let Some(after) = line.strip_prefix(open)
            && let Some((inside, rest)) = after.split_once(close)
            && inside.len() < 40
        {
            let rest = if close == "pid=" {
                rest.split_once(')').map_or(rest, |(_, rest)| rest)
            } else {
                rest
            };
            return rest.strip_prefix(' ').unwrap_or(rest);
        }
    }
    line
}
