//! Finds the header of delimited text: what separates its cells, and whether it follows comments or text or is missing.

use super::split::split_line;
use crate::{
    import::words::{
        names::is_known_name,
        number::parse_number,
        verdicts::{VerdictKind, parse_verdict},
    },
    log::{has_word, normalize_name, read_time},
};

/// The header is searched for in this many lines, besides comments.
const MAX_TEXT_LINES: usize = 20;
/// Names that tables in a text have besides those of trials; elsewhere they are mostly of settings.
const COMPARED_NAMES: &str = "variant model method approach cv";
/// How many names of columns are known at most; objects in cells add no more.
pub(super) const MAX_NAMES: usize = 300;
/// The columns of karpathy/autoresearch, whose loops often write no header.
const FIVE_COLUMNS: [&str; 5] = ["commit", "val_bpb", "memory_gb", "status", "description"];

pub(super) fn is_blank_or_comment(line: &str) -> bool {
    line.starts_with('#') || line.trim().is_empty()
}

pub(super) fn is_markdown_row(line: &str) -> bool {
    let line = line.trim();
    line.len() > 2 && line.starts_with('|') && line.ends_with('|')
}

/// Whether a line is the one below the header of a Markdown table.
pub(super) fn is_markdown_rule(line: &str) -> bool {
    is_markdown_row(line) && line.contains('-') && !line.contains(char::is_alphanumeric)
}

/// Finds the header: the comment above the first row, the first line that is not a comment, or a later one if that looks
/// like text.
pub(super) fn find_header(lines: &[String]) -> Option<usize> {
    let mut candidates = (0..lines.len()).filter(|&at| !is_blank_or_comment(&lines[at]));
    let first = candidates.next()?;
    if first > 0 && is_commented_header(&lines[first - 1], &lines[first]) {
        return Some(first - 1);
    }
    if known_names_in(&lines[first]) > 1 {
        return Some(first);
    }
    let mut later = candidates.clone().take(MAX_TEXT_LINES - 1);
    let known = later.find(|&at| known_names_in(&lines[at]) > 1);
    let is_table = |&at: &usize| {
        let rule = lines.get(at + 1).is_some_and(|line| is_markdown_rule(line));
        let is_known = || {
            let (cells, _) = split_line(&lines[at], '|');
            known_names_in(&lines[at]) > 0 || has_table_names(&cells)
        };
        rule && is_markdown_row(&lines[at]) && is_known()
    };
    let table = candidates
        .find(is_table)
        .filter(|_| !is_markdown_row(&lines[first]));
    known.or(table).or(Some(first))
}

/// Whether a line is a header after a `#`: it has as many cells as the row below, known names above a trial or short names
/// above numbers.
fn is_commented_header(line: &str, row: &str) -> bool {
    let Some(separator) = find_separator(line).filter(|_| line.starts_with('#')) else {
        return false;
    };
    let (names, _) = split_line(line.trim_start_matches('#'), separator);
    let (cells, _) = split_line(row, separator);
    let width = names.len();
    let is_number = |cell: &&String| parse_number(cell).is_some();
    let is_name = |cell: &String| cell.len() < 40 && parse_number(cell).is_none();
    let is_above_trial = known_names_in(line) > 0 && is_trial(&cells);
    let is_above_numbers =
        names.iter().all(is_name) && cells.iter().filter(is_number).count() * 2 > width;
    width > 2 && cells.len() == width && (is_above_trial || is_above_numbers)
}

pub(super) fn find_separator(header: &str) -> Option<char> {
    if is_markdown_row(header) {
        return Some('|');
    }
    let count = |separator: char| header.matches(separator).count();
    let mark = if count(';') > count(',') { ';' } else { ',' };
    ['\t', mark].into_iter().find(|&mark| count(mark) > 0)
}

/// A line in which `\t` is written instead of tabs.
pub(super) fn with_tabs(line: &str) -> String {
    if line.contains("\\t") && !line.contains('\t') {
        return line.replace("\\t", "\t");
    }
    line.to_owned()
}

/// How many cells of a line are known names of columns, up to two; 0 if one of them is a number.
fn known_names_in(line: &str) -> usize {
    let line = with_tabs(line);
    let Some(separator) = find_separator(&line) else {
        return 0;
    };
    let (cells, _) = split_line(&line, separator);
    if cells.iter().any(|cell| parse_number(cell).is_some()) {
        return 0;
    }
    count_known_names(&cells)
}

/// Whether two names are known as those of trials or of what people compare in tables.
pub(super) fn has_table_names<'c, C>(cells: C) -> bool
where
    C: IntoIterator<Item = &'c String> + Clone,
{
    let is_compared = |cell: &&String| has_word(COMPARED_NAMES, &normalize_name(cell));
    let compared = cells.clone().into_iter().filter(is_compared);
    count_known_names(cells) + compared.count() > 1
}

pub(super) fn count_known_names<'c>(cells: impl IntoIterator<Item = &'c String>) -> usize {
    let is_known = |cell: &&String| {
        let is_sentence = cell.split_whitespace().count() > 3;
        !is_sentence && is_known_name(&normalize_name(cell))
    };
    let known = cells.into_iter().take(MAX_NAMES).filter(is_known);
    known.take(2).count()
}

/// Whether cells are those of a trial and not names: a number and a verdict, or nothing but numbers and times.
fn is_first_row(cells: &[String]) -> bool {
    let has = |name: &str| cells.iter().any(|cell| cell == name);
    if has("exp_id") && has("core_metric") {
        return false; // the header of an export, which may have any names
    }
    let is_value = |cell: &String| parse_number(cell).is_some() || read_time(cell).is_some();
    is_trial(cells) || cells.len() > 1 && cells.iter().all(is_value)
}

pub(super) fn is_trial(cells: &[String]) -> bool {
    let is_number = |cell: &&String| parse_number(cell).is_some();
    let (numbers, texts): (Vec<&String>, Vec<&String>) = cells.iter().partition(is_number);
    let is_verdict = |cell: &&String| parse_verdict(cell, VerdictKind::Words).is_some();
    !numbers.is_empty() && texts.iter().any(is_verdict)
}

/// The names of the columns, and the first row if that is the header's line.
#[derive(Default)]
pub(super) struct Header {
    pub(super) names: Vec<String>,
    pub(super) first_cells: Vec<String>,
    pub(super) first_row: u64,
    pub(super) note: Option<String>,
}

impl Header {
    /// Takes the cells of the header's line, which may be those of a trial.
    pub(super) fn new(cells: Vec<String>, line: u64) -> Self {
        if !is_first_row(&cells) {
            return Self {
                names: cells,
                first_row: line + 1,
                ..Self::default()
            };
        }
        let has_five = cells.len() == FIVE_COLUMNS.len()
            && parse_number(&cells[1]).is_some()
            && parse_verdict(&cells[3], VerdictKind::Words).is_some();
        let (names, listed) = if has_five {
            (
                FIVE_COLUMNS.map(str::to_owned).to_vec(),
                FIVE_COLUMNS.join(" "),
            )
        } else {
            let listed = format!("column_1 to column_{}", cells.len());
            (vec![String::new(); cells.len()], listed)
        };
        let note = format!("no header; assuming the columns {listed}; override with --map");
        Self {
            names,
            first_cells: cells,
            first_row: line,
            note: Some(note),
        }
    }
}
