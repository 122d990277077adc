//! The cells of a line.

use crate::log::{Cells, decode, split_cells, unquote};

pub(super) fn split_plain(line: &str, separator: char) -> Vec<String> {
    line.split(separator).map(str::to_owned).collect()
}

/// The cells of a record, and whether its last quote is left open.
pub(super) fn split_line(record: &str, separator: char) -> (Vec<String>, bool) {
    if separator == '|' {
        return (split_markdown(record), false);
    }
    let (line, mut ends) = (record.as_bytes(), Vec::new());
    let is_open = split_cells(line, separator as u8, &mut ends).is_some();
    ends.extend(is_open.then_some(line.len()));
    let cells = Cells::new(line, &ends);
    let cells = cells.iter().map(|cell| decode(unquote(cell)).into_owned());
    (cells.collect(), is_open)
}

fn split_markdown(line: &str) -> Vec<String> {
    let line = line.trim();
    let line = line.strip_prefix('|').unwrap_or(line);
    let line = line.strip_suffix('|').unwrap_or(line);
    let line = line.replace("\\|", "\u{0}");
    let cells = line
        .split('|')
        .map(|cell| cell.trim().trim_matches(['*', '`', ' ']));
    cells.map(|cell| cell.replace('\u{0}', "|")).collect()
}
