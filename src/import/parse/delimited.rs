//! Parses cells between tabs, commas or semicolons. The header may follow comments or text, or be missing.

use anyhow::{Result, bail};

use super::{NOT_A_LOG, is_blank_or_comment};
use crate::{
    import::{
        numbers::parse_number,
        roles::{self, COMMIT_NAMES},
        score::{self, NameRank},
        table::{ExternalLog, ExternalRow},
        verdicts::{VerdictKind, parse_verdict, verdict_kind},
    },
    log::{Direction, Schema, has_word, normalize_name, split_space_separated},
};

/// A quoted cell may span this many further lines.
const MAX_JOINED_LINES: usize = 64;
/// The header is searched for in this many lines of text.
const MAX_TEXT_LINES: usize = 20;
/// The columns of karpathy/autoresearch, whose loops often write no header.
const FIVE_COLUMNS: [&str; 5] = ["commit", "val_bpb", "memory_gb", "status", "description"];

pub(super) fn parse(lines: &[&str]) -> Result<ExternalLog> {
    if lines.iter().all(|line| line.trim().is_empty()) {
        bail!("no rows yet, the file is empty");
    }
    let Some(header_at) = find_header(lines) else {
        bail!(NOT_A_LOG);
    };
    let mut near_header = lines[header_at..].iter().take(MAX_TEXT_LINES);
    if near_header.any(|line| is_markdown_row(line)) {
        bail!("{NOT_A_LOG} (this is a Markdown table)");
    }
    let Some(separator) = find_separator(lines[header_at]) else {
        bail!(NOT_A_LOG);
    };
    let header = lines[header_at].trim_start_matches('#');
    let (cells, _) = split_line(header, separator);
    let has_header = !is_trial(&cells);
    let mut log = if has_header {
        ExternalLog::new(cells, 2, separator)
    } else {
        name_columns(&cells, separator)
    };
    read_text(&mut log, &lines[..header_at]);
    let follows_text = !log.skipped.is_empty();
    let schema = Schema::new(log.names.clone(), None, None, Direction::Minimize);
    let mut at = header_at + usize::from(has_header);
    while at < lines.len() {
        at += read_row(&mut log, lines, at, &schema);
    }
    if has_header && !is_plausible(&log, follows_text) {
        bail!(NOT_A_LOG);
    }
    Ok(log)
}

/// Whether a table is more than prose or source code with a separator in it: most lines must have the cells of the header. Rows
/// under a header that is known may be ragged, and with tabs may have any text between them.
fn is_plausible(log: &ExternalLog, follows_text: bool) -> bool {
    let width = log.names.len();
    let skipped = log.skipped.iter().filter(|line| !line.is_expected).count();
    let lines = log.rows.len() + skipped;
    if !follows_text && count_known_names(&log.names) > 1 {
        return log.separator == '\t' || log.rows.len() * 2 >= lines;
    }
    let regular = log.rows.iter().filter(|row| row.cells.len() == width);
    lines == 0 || regular.count() * 2 > lines
}

fn is_markdown_row(line: &str) -> bool {
    let line = line.trim();
    line.len() > 1 && line.starts_with('|') && line.ends_with('|')
}

/// Finds the header: the comment above the first row, the first line that is not a comment, or a later one if that looks like
/// text.
fn find_header(lines: &[&str]) -> Option<usize> {
    let mut candidates = (0..lines.len()).filter(|&at| !is_blank_or_comment(lines[at]));
    let first = candidates.next()?;
    if first > 0 && is_commented_header(lines[first - 1], lines[first]) {
        return Some(first - 1);
    }
    if known_names_in(lines[first]) > 1 {
        return Some(first);
    }
    let mut later = candidates.take(MAX_TEXT_LINES - 1);
    later
        .find(|&at| known_names_in(lines[at]) > 1)
        .or(Some(first))
}

/// Whether a line is a header after a `#`: it has as many cells as the row below.
fn is_commented_header(line: &str, row: &str) -> bool {
    let Some(separator) = find_separator(line).filter(|_| line.starts_with('#')) else {
        return false;
    };
    let width = split_line(line, separator).0.len();
    let (cells, _) = split_line(row, separator);
    width > 2 && known_names_in(line) > 0 && cells.len() == width && is_trial(&cells)
}

fn find_separator(header: &str) -> Option<char> {
    let count = |separator: char| header.matches(separator).count();
    let mark = if count(';') > count(',') { ';' } else { ',' };
    ['\t', mark].into_iter().find(|&mark| count(mark) > 0)
}

/// How many cells of a line are known names of columns; 0 if one of them is a number.
fn known_names_in(line: &str) -> usize {
    let Some(separator) = find_separator(line) else {
        return 0;
    };
    let (cells, _) = split_line(line, separator);
    if cells.iter().any(|cell| parse_number(cell).is_some()) {
        return 0;
    }
    count_known_names(&cells)
}

fn count_known_names(cells: &[String]) -> usize {
    let is_known = |cell: &str| {
        let name = normalize_name(cell);
        let is_short = cell.split_whitespace().count() < 4; // not a sentence
        is_short
            && (roles::is_alias(&name)
                || has_word(COMMIT_NAMES, &name)
                || verdict_kind(&name).is_some()
                || score::rank_name(&name) < NameRank::Unknown)
    };
    cells.iter().filter(|cell| is_known(cell)).count()
}

/// Whether cells are those of a trial and not names: they have a number and a verdict.
fn is_trial(cells: &[String]) -> bool {
    let is_number = |cell: &String| parse_number(cell).is_some();
    let is_verdict = |cell: &String| parse_verdict(cell, VerdictKind::Words).is_some();
    cells.iter().any(is_number)
        && cells
            .iter()
            .any(|cell| !is_number(cell) && is_verdict(cell))
}

/// A log without a header, of which `cells` are the first row.
fn name_columns(cells: &[String], separator: char) -> ExternalLog {
    let is_known = cells.len() == 5
        && parse_number(&cells[1]).is_some()
        && parse_verdict(&cells[3], VerdictKind::Words).is_some();
    let header = if is_known {
        FIVE_COLUMNS.map(str::to_owned).to_vec()
    } else {
        vec![String::new(); cells.len()]
    };
    let mut log = ExternalLog::new(header, 1, separator);
    let names = if is_known {
        log.names.join(" ")
    } else {
        format!("column_1 to column_{}", cells.len())
    };
    let note = format!("no header; assuming the columns {names}; override with --map");
    log.notes.push(note);
    log
}

/// Reads the comments and the text before the header.
fn read_text(log: &mut ExternalLog, lines: &[&str]) {
    for (at, line) in lines.iter().enumerate() {
        log.declared.read_comment(line);
        if !is_blank_or_comment(line) {
            log.skip(at as u64 + 1, "text before the header", true);
        }
    }
}

/// Reads one row and returns how many lines it has.
fn read_row(log: &mut ExternalLog, lines: &[&str], at: usize, schema: &Schema) -> usize {
    let (line, number) = (lines[at], at as u64 + 1);
    let (mut cells, is_open) = split_line(line, log.separator);
    let is_comment = line.starts_with('#') && cells.len() != log.names.len();
    if line.trim().is_empty() || is_comment {
        return 1;
    }
    let mut count = 1;
    if log.separator == '\t'
        && let Some(separated) = split_space_separated(line, schema)
    {
        cells = separated;
    } else if is_open {
        match join_lines(log, lines, at) {
            Some(joined) => (cells, count) = joined,
            // The quote is a character.
            None => cells = line.split(log.separator).map(str::to_owned).collect(),
        }
    }
    match reason_to_skip(&cells, &log.names) {
        Some((reason, is_expected)) => log.skip(number, reason, is_expected),
        None => log.rows.push(ExternalRow::new(number, cells)),
    }
    count
}

/// Why cells are not a row, and whether a log may be expected to have them.
fn reason_to_skip(cells: &[String], names: &[String]) -> Option<(&'static str, bool)> {
    let has_text = |cell: &String| cell.contains(char::is_alphanumeric);
    if cells.len() == 1 || !cells.iter().any(has_text) {
        return Some(("not a row", false));
    }
    let pairs = cells.iter().zip(names);
    let repeated = pairs.filter(|(cell, name)| cell.trim().eq_ignore_ascii_case(name));
    let repeated = repeated.count();
    if repeated == cells.len() && repeated == names.len() {
        Some(("the header again", true))
    } else if repeated > 2 && repeated * 2 > cells.len() {
        let reason = "another header; the rows below are read with the first one";
        Some((reason, false))
    } else {
        None
    }
}

/// The cells of a row with a quoted cell over several lines, and its number of lines. It must have exactly the cells of the
/// header, and none of its lines may be a row by itself.
fn join_lines(log: &ExternalLog, lines: &[&str], at: usize) -> Option<(Vec<String>, usize)> {
    let width = log.names.len();
    let mut record = lines[at].to_owned();
    for (count, line) in lines[at + 1..].iter().take(MAX_JOINED_LINES).enumerate() {
        let (alone, is_open) = split_line(line, log.separator);
        if alone.len() == width && (!is_open || is_trial(&alone)) {
            return None;
        }
        record.push('\n');
        record += line;
        let (cells, is_open) = split_line(&record, log.separator);
        if !is_open {
            return (cells.len() == width).then_some((cells, count + 2));
        }
    }
    None
}

/// The cells of a record, and whether its last quote is left open.
fn split_line(record: &str, separator: char) -> (Vec<String>, bool) {
    if memchr::memchr(b'"', record.as_bytes()).is_none() {
        return (record.split(separator).map(str::to_owned).collect(), false);
    }
    let text = format!("{record}\n");
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .delimiter(u8::try_from(separator).unwrap_or(b','))
        .terminator(csv::Terminator::Any(b'\n'))
        .buffer_capacity(text.len())
        .from_reader(text.as_bytes());
    let mut cells = match reader.records().next() {
        Some(Ok(cells)) => cells.iter().map(str::to_owned).collect(),
        _ => vec![String::new()],
    };
    // An open quote swallows the newline at the end.
    let last = cells.len() - 1;
    let is_open = cells[last].ends_with('\n');
    if is_open {
        cells[last].pop();
    }
    (cells, is_open)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_are_those_of_csv() {
        let split = |line| split_line(line, ',');
        let cells = |cells: &[&str]| {
            cells
                .iter()
                .map(|&cell| cell.to_owned())
                .collect::<Vec<_>>()
        };
        assert_eq!(
            split("a,\"b,\"\"c\"\"\",d\"e"),
            (cells(&["a", "b,\"c\"", "d\"e"]), false)
        );
        assert_eq!(split("a,\"b,c"), (cells(&["a", "b,c"]), true));
        assert_eq!(split("a,\"b\nc\",d"), (cells(&["a", "b\nc", "d"]), false));
        assert_eq!(split("\""), (cells(&[""]), true));
    }
}
