//! Writes Markdown. Whatever text these functions get, it cannot change the structure of the page.

use crate::log::Number;
use crate::text::{NOTHING, cut_visible, visible};

/// The longest word that is shown whole.
const LONGEST_WORD: usize = 64;

/// A text of at most `max` characters as code. The fence is longer than any run of backticks in it.
pub fn code(text: &str, max: usize) -> String {
    let text = cut_visible(text, max);
    if text.is_empty() {
        return NOTHING.to_owned();
    }
    let fence = "`".repeat(longest_run_of_backticks(&text) + 1);
    let has_edge = text.starts_with(['`', ' ']) || text.ends_with(['`', ' ']);
    let pad = if has_edge { " " } else { "" };
    [&fence, pad, &text, pad, &fence].concat()
}

/// An id, a specialist, a status or a number: as it is if it is a plain word, else as code.
pub fn word(text: &str) -> String {
    if text.len() <= LONGEST_WORD && (is_plain(text) || is_number(text)) {
        text.to_owned()
    } else {
        code(text, LONGEST_WORD)
    }
}

fn is_plain(text: &str) -> bool {
    let is_edge = |c: char| c.is_ascii_alphanumeric();
    text.starts_with(is_edge)
        && text.ends_with(is_edge)
        && text.chars().all(|c| is_edge(c) || "_-:".contains(c))
}

/// A number that Markdown does not take for anything else: `5.` would begin a list.
fn is_number(text: &str) -> bool {
    text.bytes()
        .all(|b| b.is_ascii_digit() || b"+-.eE".contains(&b))
        && text.ends_with(|c: char| c.is_ascii_digit())
        && Number::value_of(text).is_some()
}

/// A row of a table. A `|` would end its cell, even in code.
pub fn row(cells: &[String]) -> String {
    let cells = cells
        .iter()
        .map(|cell| cell.replace("\\|", "\\ |").replace('|', "\\|"));
    format!("| {} |\n", cells.collect::<Vec<_>>().join(" | "))
}

pub fn head(names: &[String]) -> String {
    format!("{}|{}\n", row(names), " --- |".repeat(names.len()))
}

/// A block of code. No line can close its fence.
pub fn block(lines: &[String]) -> String {
    let text = lines.join("\n");
    let fence = "`".repeat(longest_run_of_backticks(&text).max(2) + 1);
    format!("{fence}\n{text}\n{fence}\n")
}

fn longest_run_of_backticks(text: &str) -> usize {
    let runs = text.as_bytes().split(|&b| b != b'`');
    runs.map(<[u8]>::len).max().unwrap_or(0)
}

/// A text as paragraphs, one for each line: everything that has a meaning in Markdown is escaped.
pub fn prose(text: &str) -> String {
    let mut paragraphs: Vec<String> = text.lines().map(|line| escape(&visible(line))).collect();
    paragraphs.retain(|paragraph| !paragraph.is_empty());
    paragraphs.join("\n\n") + "\n"
}

fn escape(line: &str) -> String {
    let digits = line.bytes().take_while(u8::is_ascii_digit).count();
    let mut out = String::with_capacity(line.len());
    let mut before = ' ';
    for (at, c) in line.char_indices() {
        let rest = &line[at + c.len_utf8()..];
        let is_special = match c {
            '\\' | '`' | '*' | '[' | ']' | '<' | '>' | '#' | '|' | '~' | '&' | '@' => true,
            '_' => !(before.is_alphanumeric() && rest.starts_with(char::is_alphanumeric)),
            '-' | '+' | '=' => at == 0,
            '.' | ')' if at == digits && digits > 0 => true,
            // Some readers make links of these.
            '.' => out.len() >= 3 && out.as_bytes()[out.len() - 3..].eq_ignore_ascii_case(b"www"),
            ':' => rest.starts_with("//"),
            _ => false,
        };
        if is_special {
            out.push('\\');
        }
        out.push(c);
        before = c;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prose_is_only_paragraphs() {
        assert_eq!(
            prose("# a_b <b>\n\n- _c_ 1. x\n2. y"),
            "\\# a_b \\<b\\>\n\n\\- \\_c\\_ 1. x\n\n2\\. y\n"
        );
    }

    #[test]
    fn a_word_that_is_special_in_markdown_is_code() {
        assert_eq!(word("eval_budget_overrun"), "eval_budget_overrun");
        assert_eq!(word("-0.001065"), "-0.001065");
        assert_eq!(word("2026-03-01T15:52:00Z"), "2026-03-01T15:52:00Z");
        assert_eq!(word("www.x.com"), "`www.x.com`");
        assert_eq!(word("_a_"), "`_a_`");
        assert_eq!(word("# x"), "`# x`");
        assert_eq!(word("5."), "`5.`");
        assert_eq!(word("\n1.0"), "`1.0`");
        assert_eq!(word(&"1".repeat(99)), format!("`{}…`", "1".repeat(63)));
        assert_eq!(word(""), "—");
    }
}
