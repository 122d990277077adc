//! Markdown by hand, in a few small functions. Whatever they are given, the structure of the page is theirs.

use std::borrow::Cow;

use super::text::{NOTHING, head as head_of, visible};
use crate::log::{Number, find_byte};

/// A text, or a cell, of at most `max` characters as code: its fence is longer than any run of back-ticks in it, so that nothing in it
/// is read as Markdown.
pub fn code(text: impl AsRef<[u8]>, max: usize) -> String {
    let text = head_of(text, max);
    if text.is_empty() {
        return NOTHING.to_owned();
    }
    let is_edge = |b: Option<&u8>| matches!(b, Some(b'`' | b' '));
    let pad = if is_edge(text.as_bytes().first()) || is_edge(text.as_bytes().last()) {
        " "
    } else {
        ""
    };
    match longest_run(&text) {
        0 => ["`", pad, &text, pad, "`"].concat(), // nearly every text
        run => {
            let fence = "`".repeat(run + 1);
            [&fence, pad, &text, pad, &fence].concat()
        }
    }
}

/// An id, a specialist, a status or a number: as it is where it is a plain word, else as code.
pub fn word(text: &str) -> String {
    if text.is_empty() {
        NOTHING.to_owned()
    } else if text.len() <= WORD && (is_plain(text) || is_number(text)) {
        text.to_owned()
    } else {
        code(text, WORD)
    }
}

/// The longest word that is shown whole.
const WORD: usize = 64;

fn is_plain(text: &str) -> bool {
    let edge = |c: char| c.is_ascii_alphanumeric();
    text.starts_with(edge)
        && text.ends_with(edge)
        && text.chars().all(|c| edge(c) || c == '_' || c == '-')
}

/// A number that Markdown takes for nothing else: `5.` would begin a list.
fn is_number(text: &str) -> bool {
    let numeric = |b: u8| b.is_ascii_digit() || b"+-.eE".contains(&b);
    text.bytes().all(numeric)
        && text.ends_with(|c: char| c.is_ascii_digit())
        && Number::value_of(text).is_some()
}

/// A row of a table. A `|` would end its cell even inside of code.
pub fn row(cells: &[String]) -> String {
    let cells: Vec<_> = cells.iter().map(|text| cell(text)).collect();
    ["| ", &cells.join(" | "), " |\n"].concat()
}

fn cell(text: &str) -> Cow<'_, str> {
    if text.contains('|') {
        text.replace("\\|", "\\ |").replace('|', "\\|").into()
    } else {
        text.into()
    }
}

/// The head of a table, and the line below it.
pub fn head(names: &[String]) -> String {
    row(names) + &format!("|{}\n", " --- |".repeat(names.len()))
}

/// Lines of code, with a fence that none of them can close.
pub fn block(lines: &[String]) -> String {
    let text = lines.join("\n");
    let fence = "`".repeat(longest_run(&text).max(2) + 1);
    format!("{fence}\n{text}\n{fence}\n")
}

/// A text of the settings, a paragraph a line: what could begin or mean something in Markdown is escaped.
pub fn prose(text: &str) -> String {
    let lines: Vec<_> = text
        .lines()
        .map(|line| paragraph(&visible(line)))
        .filter(|line| !line.is_empty())
        .collect();
    lines.join("\n\n") + "\n"
}

fn paragraph(line: &str) -> String {
    let number = line.bytes().take_while(u8::is_ascii_digit).count();
    let mut out = String::with_capacity(line.len());
    let mut before = ' ';
    let mut rest = line.char_indices().peekable();
    while let Some((at, c)) = rest.next() {
        let after = rest.peek().map_or(' ', |(_, c)| *c);
        let means_something = match c {
            '\\' | '`' | '*' | '[' | ']' | '<' | '>' | '#' | '|' | '~' | '&' | '@' => true,
            '_' => !(before.is_alphanumeric() && after.is_alphanumeric()),
            '-' | '+' | '=' => at == 0,
            '.' | ')' if at == number && number > 0 => true,
            // What some readers make a link of by itself.
            '.' => out.to_ascii_lowercase().ends_with("www"),
            ':' => line[at..].starts_with("://"),
            _ => false,
        };
        if means_something {
            out.push('\\');
        }
        out.push(c);
        before = c;
    }
    out
}

fn longest_run(text: &str) -> usize {
    if find_byte(b'`', text.as_bytes()).is_none() {
        return 0;
    }
    text.split(|c| c != '`').map(str::len).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fence_is_longer_than_what_it_holds() {
        assert_eq!(code("a", 9), "`a`");
        assert_eq!(code("`a``b", 9), "``` `a``b ```");
        assert_eq!(code("", 9), "—");
        assert_eq!(block(&["```".into(), "x".into()]), "````\n```\nx\n````\n");
    }

    #[test]
    fn a_cell_stays_a_cell() {
        assert_eq!(
            row(&["a|b".into(), "c\\|d".into()]),
            "| a\\|b | c\\ \\|d |\n"
        );
    }

    #[test]
    fn prose_is_nothing_but_paragraphs() {
        assert_eq!(
            prose("# a_b <b>\n\n- _c_ 1. x\n2. y"),
            "\\# a_b \\<b\\>\n\n\\- \\_c\\_ 1. x\n\n2\\. y\n"
        );
    }

    #[test]
    fn a_word_that_could_mean_something_is_code() {
        assert_eq!(word("eval_budget_overrun"), "eval_budget_overrun");
        assert_eq!(word("-0.001065"), "-0.001065");
        assert_eq!(word("www.x.com"), "`www.x.com`");
        assert_eq!(word("_a_"), "`_a_`");
        assert_eq!(word("# x"), "`# x`");
        assert_eq!(word("5."), "`5.`");
        assert_eq!(word("\n1.0"), "`1.0`");
        assert_eq!(word(&"1".repeat(99)), format!("`{}…`", "1".repeat(63)));
        assert_eq!(word(""), "—");
    }
}
