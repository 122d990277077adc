//! Cells between tabs, commas or semicolons, under a header that may stand behind comments or text, or may be missing.

use std::cell::OnceCell;

use super::{
    numbers::number,
    roles::{COMMITS, NAMES, Speech, UNKNOWN, VERDICTS},
    table::{Raw, Said, Table, Unread, doubles, unique_names},
    words,
};
use crate::{log::Direction, log::Schema, log::separate_text};

/// A quoted cell may span this many lines.
const JOIN_LINES: usize = 64;

/// A header is looked for in this many lines.
const HEADER_LINES: usize = 20;

pub(super) fn read(lines: &[&str]) -> Result<Table, String> {
    let mut said = Said::default();
    let first = lines.len() - behind_comments(lines, &mut said).len();
    let mut at = first + header_behind_text(&lines[first..]);
    let header = lines
        .get(at)
        .ok_or("it holds no rows yet, and no line that could be a header")?;
    let is_markdown = |line: &&str| {
        line.trim().len() > 1 && line.trim().starts_with('|') && line.trim().ends_with('|')
    };
    if lines[at..].iter().take(HEADER_LINES).any(is_markdown) {
        return Err(
            "it is a Markdown table, which is not read; save its rows as TSV or CSV".to_owned(),
        );
    }
    let separator = separator(header)
        .ok_or("its first line has one cell: no header of a TSV or CSV file, and no JSON")?;
    let (mut cells, _) = split(header, separator);
    let has_header = !is_a_row(&cells);
    let notes = if has_header {
        Vec::new()
    } else {
        vec![headless(&mut cells)]
    };
    if let Some(first) = cells.first_mut().filter(|_| has_header) {
        *first = first.trim_start_matches('#').to_owned();
    }
    let doubles = doubles(&cells);
    let names = unique_names(cells);
    let schema = Schema::new(names.clone(), None, None, Direction::Minimize);
    let first_row = if has_header { 2 } else { 1 };
    let (rows, unread, segments) = (Vec::new(), Vec::new(), String::new());
    let mut table = Table {
        names,
        rows,
        unread,
        said,
        notes,
        first_row,
        separator,
        segments,
        doubles,
        normal: OnceCell::new(),
    };
    table.take_text(&lines[..at], first);
    at += usize::from(has_header);
    while at < lines.len() {
        at += table.take(lines, at, &schema);
    }
    Ok(table)
}

/// The lines from the first one on that is no comment; what the comments say is heard.
fn behind_comments<'l, 't>(mut lines: &'l [&'t str], said: &mut Said) -> &'l [&'t str] {
    while let [line, rest @ ..] = lines {
        let is_comment = line.trim().is_empty() || line.starts_with('#');
        if !is_comment || is_commented_header(lines) {
            break;
        }
        said.hear_comment(line);
        lines = rest;
    }
    lines
}

/// What separates the cells of a header.
fn separator(header: &str) -> Option<char> {
    let count = |separator: char| header.matches(separator).count();
    let of_two = if count(';') > count(',') { ';' } else { ',' };
    ['\t', of_two]
        .into_iter()
        .find(|&separator| count(separator) > 0)
}

/// Whether the first line is a header behind a `#`: it has the cells of the line below, which is a row.
fn is_commented_header(lines: &[&str]) -> bool {
    let Some(separator) = separator(lines[0]) else {
        return false;
    };
    let names = split(lines[0].trim_start_matches('#'), separator).0;
    let below = lines[1..]
        .iter()
        .find(|line| !line.trim().is_empty() && !line.starts_with('#'));
    let below = below
        .map(|line| split(line, separator).0)
        .unwrap_or_default();
    names.len() > 2
        && names.len() == below.len()
        && known_names(&names) > 0
        && !is_a_row(&names)
        && is_a_row(&below)
}

/// How many lines of text stand before the header: none, but where the first line has next to no name that the tables know, and
/// one of the next is all names.
fn header_behind_text(lines: &[&str]) -> usize {
    let known = |line: &str| {
        let cells = separator(line)
            .map(|separator| split(line, separator).0)
            .unwrap_or_default();
        if is_a_row(&cells) || cells.iter().any(|cell| number(cell).is_some()) {
            0
        } else {
            known_names(&cells)
        }
    };
    let told = lines
        .iter()
        .enumerate()
        .filter(|(_, line)| !line.trim().is_empty() && !line.starts_with('#'));
    let mut told = told.take(HEADER_LINES).map(|(at, line)| (at, known(line)));
    match told.next() {
        Some((_, 0 | 1)) => told.find(|(_, known)| *known > 1).map_or(0, |(at, _)| at),
        _ => 0,
    }
}

/// How many cells are names of columns that the tables know. A sentence is none.
fn known_names(cells: &[String]) -> usize {
    let is_known = |cell: &&String| {
        let name = words::normal_name(cell);
        let is_part = || {
            NAMES.iter().any(|(.., names)| words::has(names, &name)) || words::has(COMMITS, &name)
        };
        let is_verdict = || VERDICTS.iter().any(|(verdict, _)| *verdict == name);
        cell.split_whitespace().count() < 4
            && (is_part() || is_verdict() || words::candidate(&name) < UNKNOWN)
    };
    cells.iter().filter(is_known).count()
}

/// Whether cells are those of a trial, not names: a verdict and a number.
fn is_a_row(cells: &[String]) -> bool {
    let is_verdict =
        |cell: &String| number(cell).is_none() && words::verdict(cell, Speech::Words).is_some();
    cells.iter().any(|cell| number(cell).is_some()) && cells.iter().any(is_verdict)
}

/// Names for a log without a header: those that five columns mostly have where they fit, else numbers.
fn headless(cells: &mut [String]) -> String {
    let fits = cells.len() == 5
        && number(&cells[1]).is_some()
        && words::verdict(&cells[3], Speech::Words).is_some();
    let five = ["commit", "val_bpb", "memory_gb", "status", "description"];
    for (at, cell) in cells.iter_mut().enumerate() {
        *cell = if fits {
            five[at].to_owned()
        } else {
            String::new()
        };
    }
    let names = if fits {
        five.join(" ")
    } else {
        format!("column_1 to column_{}", cells.len())
    };
    format!("the log has no header; its columns are taken for {names}; --map says otherwise")
}

impl Table {
    /// Hears and counts the lines of text before the header.
    fn take_text(&mut self, lines: &[&str], first: usize) {
        for (at, line) in lines
            .iter()
            .enumerate()
            .skip(first)
            .filter(|(_, line)| !line.trim().is_empty())
        {
            self.said.hear_comment(line);
            if !line.starts_with('#') {
                let why = "text before the header".to_owned();
                self.unread.push(Unread {
                    line: at as u64 + 1,
                    reason: why,
                    is_expected: true,
                });
            }
        }
    }

    /// Takes one row, and returns how many lines it had.
    fn take(&mut self, lines: &[&str], at: usize, schema: &Schema) -> usize {
        let (line, number) = (lines[at], at as u64 + 1);
        let mut taken = 1;
        let (mut cells, open) = split(line, self.separator);
        let is_comment = line.starts_with('#') && cells.len() != self.names.len();
        if line.trim().is_empty() || is_comment {
            return 1;
        }
        if let Some(mended) = separate_text(line, schema).filter(|_| self.separator == '\t') {
            cells = mended;
        } else if open {
            match self.join(lines, at) {
                Some((joined, lines)) => (cells, taken) = (joined, lines),
                None => cells = line.split(self.separator).map(str::to_owned).collect(),
            }
        }
        match self.no_row(&cells) {
            Some((why, usual)) => self.unread.push(Unread {
                line: number,
                reason: why.to_owned(),
                is_expected: usual,
            }),
            None => self.rows.push(Raw {
                line: number,
                cells,
                print: None,
            }),
        }
        taken
    }

    /// Why cells are those of no trial, and whether that is usual.
    fn no_row(&self, cells: &[String]) -> Option<(&'static str, bool)> {
        if cells.len() == 1
            || !cells
                .iter()
                .any(|cell| cell.contains(char::is_alphanumeric))
        {
            return Some(("a line that is no row", false));
        }
        let names = cells
            .iter()
            .zip(&self.names)
            .filter(|(cell, name)| cell.trim().eq_ignore_ascii_case(name))
            .count();
        match names {
            _ if names == cells.len() && names == self.names.len() => {
                Some(("the header once more", true))
            }
            _ if names > 2 && names * 2 > cells.len() => Some((
                "another header; the rows below are read by the first one",
                false,
            )),
            _ => None,
        }
    }

    /// A row with a quoted cell over several lines: it ends in exactly the header's number of cells.
    fn join(&self, lines: &[&str], at: usize) -> Option<(Vec<String>, usize)> {
        let mut record = lines[at].to_owned();
        for (count, line) in lines[at + 1..].iter().take(JOIN_LINES).enumerate() {
            let alone = split(line, self.separator);
            if alone.0.len() == self.names.len() && (!alone.1 || is_a_row(&alone.0)) {
                return None; // a row by itself is never a part of another, nor is one that opens a quote, too
            }
            record.push('\n');
            record += line;
            let (cells, open) = split(&record, self.separator);
            if !open {
                return (cells.len() == self.names.len()).then_some((cells, count + 2));
            }
        }
        None
    }
}

/// The cells of a line, and whether a quote is left open. A quote counts only at the start of a cell.
fn split(line: &str, separator: char) -> (Vec<String>, bool) {
    let (mut cells, mut rest) = (Vec::new(), line);
    loop {
        let (mut cell, mut after) = (String::new(), rest);
        if let Some(mut inner) = rest.strip_prefix('"') {
            loop {
                let Some((before, behind)) = inner.split_once('"') else {
                    cells.push(cell + inner);
                    return (cells, true);
                };
                cell += before;
                match behind.strip_prefix('"') {
                    Some(more) => {
                        cell.push('"');
                        inner = more;
                    }
                    None => {
                        after = behind;
                        break;
                    }
                }
            }
        }
        match after.split_once(separator) {
            Some((end, next)) => {
                cells.push(cell + end);
                rest = next;
            }
            None => {
                cells.push(cell + after);
                return (cells, false);
            }
        }
    }
}
