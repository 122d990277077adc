//! What a file is, by its content: cells separated by tabs, commas or semicolons under a header, or JSON lines.

use super::{cells::number, jsonl, roles};
use crate::trial::Direction;

/// A quoted cell may span this many lines.
const JOIN_LINES: usize = 64;

/// A log before anything is known of its columns.
pub struct Table {
    pub names: Vec<String>,
    pub rows: Vec<Raw>,
    /// Lines that are no rows, and why.
    pub unread: Vec<Unread>,
    pub said: Said,
    /// What a person should know about how it was taken apart.
    pub notes: Vec<String>,
    /// The number that the line behind a header has: 1 where the file has no header.
    pub first_row: u64,
    /// What separates the cells.
    pub separator: char,
}

pub struct Raw {
    pub line: u64,
    pub cells: Vec<String>,
}

pub struct Unread {
    pub line: u64,
    pub why: String,
    /// Whether such a line is a part of the format, and no damage.
    pub usual: bool,
}

/// What the file itself says of its score.
#[derive(Clone, Debug, Default)]
pub struct Said {
    pub metric: Option<String>,
    pub direction: Option<Direction>,
}

impl Said {
    /// Takes what a key and its value say, if they say anything.
    pub(super) fn hear(&mut self, key: &str, value: &str) {
        let key = roles::normal(key);
        if roles::has(roles::SAYS_METRIC, &key) && !value.trim().is_empty() {
            self.metric = Some(value.trim().to_owned());
        } else if roles::has(roles::SAYS_DIRECTION, &key) {
            self.direction = roles::direction(value).or(self.direction);
        }
    }
}

/// Takes a file apart.
pub fn read(bytes: &[u8], segment: Option<u64>) -> Result<Table, String> {
    let text = decode(bytes);
    let lines: Vec<&str> = text.split('\n').map(|line| line.strip_suffix('\r').unwrap_or(line)).collect();
    let is_told = |line: &&str| !line.trim().is_empty() && !line.starts_with('#');
    let first = lines.iter().copied().find(is_told).unwrap_or_default();
    if first.trim_start().starts_with('{') {
        return jsonl::read(&lines, segment);
    }
    if segment.is_some() {
        return Err("--segment is for JSON lines; this log has no segments".to_owned());
    }
    separated(&lines)
}

/// The text of a file: UTF-8, or UTF-16 as some shells write it; a byte that is neither as `\xff`.
fn decode(bytes: &[u8]) -> String {
    let units = |pair: fn([u8; 2]) -> u16| -> String {
        let units: Vec<u16> = bytes[2..].as_chunks::<2>().0.iter().map(|&two| pair(two)).collect();
        String::from_utf16_lossy(&units)
    };
    if bytes.starts_with(&[0xff, 0xfe]) {
        return units(u16::from_le_bytes);
    }
    if bytes.starts_with(&[0xfe, 0xff]) {
        return units(u16::from_be_bytes);
    }
    let bytes = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(bytes);
    let broken = |bytes: &[u8]| -> String { bytes.iter().map(|byte| format!("\\x{byte:02x}")).collect() };
    bytes.utf8_chunks().map(|chunk| chunk.valid().to_owned() + &broken(chunk.invalid())).collect()
}

fn separated(lines: &[&str]) -> Result<Table, String> {
    let mut said = Said::default();
    let mut at = 0;
    while let Some(line) = lines.get(at).filter(|line| line.trim().is_empty() || line.starts_with('#')) {
        if is_commented_header(&lines[at..]) {
            break;
        }
        let comment = line.trim_start_matches('#');
        if let Some((key, value)) = comment.split_once([':', '=']) {
            said.hear(key, value);
        }
        at += 1;
    }
    let header = lines.get(at).ok_or("it holds no line that could be a header")?;
    let separator = ['\t', ',', ';'].into_iter().find(|&separator| header.contains(separator));
    let separator = separator.ok_or("its first line has one cell: no header of a TSV or CSV file, and no JSON")?;
    let (mut cells, _) = split(header, separator);
    let has_header = !is_a_row(&cells);
    let notes = if has_header { Vec::new() } else { vec![headless(&mut cells)] };
    if let Some(first) = cells.first_mut().filter(|_| has_header) {
        *first = first.trim_start_matches('#').to_owned();
    }
    let names = unique_names(cells);
    let first_row = if has_header { 2 } else { 1 };
    let mut table = Table { names, rows: Vec::new(), unread: Vec::new(), said, notes, first_row, separator };
    at += usize::from(has_header);
    while at < lines.len() {
        at += table.take(lines, at);
    }
    Ok(table)
}

/// Whether the first line is a header behind a `#`: it has the cells of the line below, which is a row.
fn is_commented_header(lines: &[&str]) -> bool {
    let names = split(lines[0], '\t').0;
    let below = lines[1..].iter().find(|line| !line.trim().is_empty() && !line.starts_with('#'));
    let below = below.map(|line| split(line, '\t').0).unwrap_or_default();
    names.len() > 2 && names.len() == below.len() && !is_a_row(&names) && is_a_row(&below)
}

/// Whether cells are those of a trial, not names: a verdict and a number.
fn is_a_row(cells: &[String]) -> bool {
    let is_verdict = |cell: &String| number(cell).is_none() && roles::verdict(cell, roles::Speech::Words).is_some();
    cells.iter().any(|cell| number(cell).is_some()) && cells.iter().any(is_verdict)
}

/// Names for a log without a header: those that five columns mostly have where they fit, else numbers.
fn headless(cells: &mut [String]) -> String {
    let fits =
        cells.len() == 5 && number(&cells[1]).is_some() && roles::verdict(&cells[3], roles::Speech::Words).is_some();
    let five = ["commit", "val_bpb", "memory_gb", "status", "description"];
    for (at, cell) in cells.iter_mut().enumerate() {
        *cell = if fits { five[at].to_owned() } else { String::new() };
    }
    let names = if fits { five.join(" ") } else { format!("column_1 to column_{}", cells.len()) };
    format!("the log has no header; its columns are taken for {names}; --map says otherwise")
}

impl Table {
    /// Takes one row, and returns how many lines it had.
    fn take(&mut self, lines: &[&str], at: usize) -> usize {
        let (line, number) = (lines[at], at as u64 + 1);
        let mut taken = 1;
        let (mut cells, open) = split(line, self.separator);
        let is_comment = line.starts_with('#') && cells.len() != self.names.len();
        if line.trim().is_empty() || is_comment {
            return 1;
        }
        if open {
            match self.join(lines, at) {
                Some((joined, lines)) => (cells, taken) = (joined, lines),
                None => cells = line.split(self.separator).map(str::to_owned).collect(),
            }
        }
        if cells.len() == 1 || !cells.iter().any(|cell| cell.contains(char::is_alphanumeric)) {
            self.unread.push(Unread { line: number, why: "a line that is no row".to_owned(), usual: false });
        } else if cells.iter().map(|cell| cell.trim()).eq(self.names.iter().map(String::as_str)) {
            self.unread.push(Unread { line: number, why: "the header once more".to_owned(), usual: true });
        } else {
            self.rows.push(Raw { line: number, cells });
        }
        taken
    }

    /// Gives every cell beyond the header a column.
    pub(super) fn widen(&mut self) {
        let widest = self.rows.iter().map(|row| row.cells.len()).max().unwrap_or(0);
        let mut names = std::mem::take(&mut self.names);
        names.resize(names.len().max(widest), String::new());
        self.names = unique_names(names);
    }

    /// A row with a quoted cell over several lines: it ends in exactly the header's number of cells.
    fn join(&self, lines: &[&str], at: usize) -> Option<(Vec<String>, usize)> {
        let mut record = lines[at].to_owned();
        for (count, line) in lines[at + 1..].iter().take(JOIN_LINES).enumerate() {
            let alone = split(line, self.separator);
            if !alone.1 && alone.0.len() == self.names.len() {
                return None; // a row by itself is never a part of another
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

/// Names without white space around them; a missing one is `column_3`, one that stands already has a number behind it.
pub(super) fn unique_names(names: Vec<String>) -> Vec<String> {
    let mut out: Vec<String> = Vec::with_capacity(names.len());
    for (at, name) in names.iter().enumerate() {
        let name = crate::store::escape_controls(name.trim().trim_matches('"').trim()).into_owned();
        let name = if name.is_empty() { format!("column_{}", at + 1) } else { name };
        let again = (2..).map(|number| format!("{name}_{number}"));
        let name = std::iter::once(name.clone()).chain(again).find(|name| !out.contains(name));
        out.push(name.expect("numbers do not end"));
    }
    out
}
