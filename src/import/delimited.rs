//! Parses cells between tabs, commas, semicolons or the bars of Markdown. The header may follow comments or text, or be
//! missing.

use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
};

use anyhow::{Result, bail};

use super::{
    NOT_A_LOG,
    input::{Lines, Text},
    json::flatten_cell,
    number::parse_number,
    roles,
    score::{NameRank, rank_name},
    table::{Entry, FileRow, Kind, RowForm, Table, claim_name, fingerprint, skipped},
    verdicts::{VerdictKind, parse_verdict, verdict_kind},
};
use crate::log::{
    Direction, Schema, SkippedLine, normalize_name, read_time, split_space_separated,
};

/// A quoted cell may span this many further lines.
const MAX_JOINED_LINES: usize = 64;
/// The header is searched for in this many lines, besides comments.
const MAX_TEXT_LINES: usize = 20;
const MAX_HEAD_LINES: usize = 400;
/// Objects in cells add at most so many columns.
const MAX_NAMES: usize = 300;
/// The columns of karpathy/autoresearch, whose loops often write no header.
const FIVE_COLUMNS: [&str; 5] = ["commit", "val_bpb", "memory_gb", "status", "description"];

pub(super) fn parse(text: Text) -> Result<Table> {
    let mut head = Vec::new();
    for line in text.lines().take(MAX_HEAD_LINES) {
        head.push(line?.1);
    }
    if head.iter().all(|line| line.trim().is_empty()) {
        bail!("no rows yet, the file is empty");
    }
    let Some(header_at) = find_header(&head) else {
        bail!(NOT_A_LOG);
    };
    let header = with_tabs(head[header_at].trim_start_matches('#'));
    let Some(form) = find_form(&header) else {
        bail!(NOT_A_LOG);
    };
    let (cells, _) = split_line(&header, form);
    let has_header = !is_first_row(&cells);
    let mut table = if has_header {
        Table::new(cells, text, form)
    } else {
        name_columns(cells, text, form)
    };
    table.first_row = header_at as u64 + 1 + u64::from(has_header);
    for (at, line) in head[..header_at].iter().enumerate() {
        table.declared.read_comment(line);
        if !is_blank_or_comment(line) {
            let line = skipped(at as u64 + 1, "text before the header", true);
            table.skipped.push(line);
        }
    }
    Ok(table)
}

/// Whether a table is more than prose or source code with a separator in it: most lines must have the cells of the header.
/// Rows under a header that is known may be ragged, and with tabs may have any text between them.
pub(super) fn is_plausible(table: &Table, rows: usize, regular: usize) -> bool {
    let unexpected = table.skipped.iter().filter(|line| !line.is_expected);
    let lines = rows + unexpected.count();
    let follows_text = table.skipped.iter().any(|line| line.line < table.first_row);
    match table.form {
        RowForm::Encoded => true,
        RowForm::Markdown => rows * 2 > table.skipped.len() + rows,
        RowForm::Delimited(separator) if !follows_text && count_known_names(&table.names) > 1 => {
            separator == '\t' || rows * 2 >= lines
        }
        RowForm::Delimited(_) => lines == 0 || regular * 2 > lines,
    }
}

pub(super) fn is_blank_or_comment(line: &str) -> bool {
    line.starts_with('#') || line.trim().is_empty()
}

fn is_markdown_row(line: &str) -> bool {
    let line = line.trim();
    line.len() > 2 && line.starts_with('|') && line.ends_with('|')
}

/// Finds the header: the comment above the first row, the first line that is not a comment, or a later one if that looks
/// like text.
fn find_header(lines: &[String]) -> Option<usize> {
    let mut candidates = (0..lines.len()).filter(|&at| !is_blank_or_comment(&lines[at]));
    let first = candidates.next()?;
    if first > 0 && is_commented_header(&lines[first - 1], &lines[first]) {
        return Some(first - 1);
    }
    if known_names_in(&lines[first]) > 1 {
        return Some(first);
    }
    let mut later = candidates.take(MAX_TEXT_LINES - 1);
    later
        .find(|&at| known_names_in(&lines[at]) > 1)
        .or(Some(first))
}

/// Whether a line is a header after a `#`: it has as many cells as the row below.
fn is_commented_header(line: &str, row: &str) -> bool {
    let Some(form) = find_form(line).filter(|_| line.starts_with('#')) else {
        return false;
    };
    let width = split_line(line, form).0.len();
    let (cells, _) = split_line(row, form);
    width > 2 && known_names_in(line) > 0 && cells.len() == width && is_trial(&cells)
}

fn find_form(header: &str) -> Option<RowForm> {
    if is_markdown_row(header) {
        return Some(RowForm::Markdown);
    }
    let count = |separator: char| header.matches(separator).count();
    let mark = if count(';') > count(',') { ';' } else { ',' };
    let found = ['\t', mark].into_iter().find(|&mark| count(mark) > 0);
    found.map(RowForm::Delimited)
}

/// A line in which `\t` is written instead of tabs.
fn with_tabs(line: &str) -> String {
    if line.contains("\\t") && !line.contains('\t') {
        return line.replace("\\t", "\t");
    }
    line.to_owned()
}

/// How many cells of a line are known names of columns, up to two; 0 if one of them is a number.
fn known_names_in(line: &str) -> usize {
    let line = with_tabs(line);
    let Some(form) = find_form(&line) else {
        return 0;
    };
    let (cells, _) = split_line(&line, form);
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
            && (roles::is_known_name(&name)
                || verdict_kind(&name).is_some()
                || rank_name(&name) < NameRank::Unknown)
    };
    let known = cells.iter().take(MAX_NAMES).filter(|cell| is_known(cell));
    known.take(2).count()
}

/// Whether cells are those of a trial and not names: a number and a verdict, or nothing but numbers and times.
fn is_first_row(cells: &[String]) -> bool {
    let is_value = |cell: &String| parse_number(cell).is_some() || read_time(cell).is_some();
    is_trial(cells) || cells.len() > 1 && cells.iter().all(is_value)
}

fn is_trial(cells: &[String]) -> bool {
    let is_number = |cell: &String| parse_number(cell).is_some();
    let is_verdict = |cell: &String| parse_verdict(cell, VerdictKind::Words).is_some();
    cells.iter().any(is_number)
        && cells
            .iter()
            .any(|cell| !is_number(cell) && is_verdict(cell))
}

/// A log without a header, of which `cells` are the first row.
fn name_columns(cells: Vec<String>, text: Text, form: RowForm) -> Table {
    let is_known = cells.len() == 5
        && parse_number(&cells[1]).is_some()
        && parse_verdict(&cells[3], VerdictKind::Words).is_some();
    let header = if is_known {
        FIVE_COLUMNS.map(str::to_owned).to_vec()
    } else {
        vec![String::new(); cells.len()]
    };
    let mut table = Table::new(header, text, form);
    let names = if is_known {
        table.names.join(" ")
    } else {
        format!("column_1 to column_{}", cells.len())
    };
    let note = format!("no header; assuming the columns {names}; override with --map");
    table.notes.push(note);
    table.first_cells = cells;
    table
}

/// Reads the rows of a table in one pass. Its columns grow when another header or an object in a cell adds names.
pub(super) struct RowParser<'t> {
    table: &'t Table,
    lines: Lines<'t>,
    ahead: VecDeque<(u64, String)>,
    names: Vec<String>,
    columns: HashMap<String, usize>,
    /// The columns of the cells under a later header.
    order: Option<Vec<usize>>,
    /// Before this line no quoted cell is searched for that spans lines: that has failed.
    no_join_before: u64,
    schema: Arc<Schema>,
}

impl<'t> RowParser<'t> {
    pub(super) fn new(table: &'t Table) -> Self {
        let names = table.names.clone();
        let schema = Schema::new(names.clone(), None, None, Direction::Minimize);
        Self {
            table,
            lines: table.text.lines(),
            ahead: VecDeque::new(),
            columns: names.iter().cloned().zip(0..).collect(),
            names,
            order: None,
            no_join_before: 0,
            schema: Arc::new(schema),
        }
    }

    pub(super) fn into_names(self) -> Vec<String> {
        self.names
    }

    fn width(&self) -> usize {
        match &self.order {
            Some(order) => order.len(),
            None => self.table.header.len(),
        }
    }

    pub(super) fn next_entry(&mut self) -> Result<Option<Entry>> {
        loop {
            let Some((number, line)) = self.next_line()? else {
                return Ok(None);
            };
            if self.table.form == RowForm::Encoded {
                return Ok(Some(Entry::Row(decode_entry(&line))));
            }
            if number < self.table.first_row || line.trim().is_empty() {
                continue;
            }
            if let Some(entry) = self.parse_line(number, line)? {
                return Ok(Some(entry));
            }
        }
    }

    fn next_line(&mut self) -> Result<Option<(u64, String)>> {
        match self.ahead.pop_front() {
            Some(line) => Ok(Some(line)),
            None => Ok(self.lines.next().transpose()?),
        }
    }

    fn parse_line(&mut self, number: u64, line: String) -> Result<Option<Entry>> {
        let form = self.table.form;
        let (mut cells, is_open) = split_line(&line, form);
        if line.starts_with('#') && cells.len() != self.width() {
            return Ok(None);
        }
        if form == RowForm::Markdown && !is_markdown_row(&line) {
            return Ok(Some(Entry::Skipped(skipped(
                number,
                "text beside the table",
                true,
            ))));
        }
        if form == RowForm::Delimited('\t') {
            if let Some(separated) = split_space_separated(&line, &self.schema) {
                cells = separated;
            } else if cells.len() == 1 {
                cells = split_line(&with_tabs(&line), form).0;
            }
        }
        if is_open {
            match self.join_lines(number, &line)? {
                Some(joined) => cells = joined,
                // The quote is a character.
                None => cells = split_plain(&line, form),
            }
        }
        if is_rule(&cells) {
            let is_expected = form == RowForm::Markdown;
            return Ok(Some(Entry::Skipped(skipped(
                number,
                "not a row",
                is_expected,
            ))));
        }
        if let Some(line) = self.read_header(number, &cells) {
            return Ok(Some(Entry::Skipped(line)));
        }
        Ok(Some(Entry::Row(self.fit(number, cells))))
    }

    /// A line that is not a row because it is a header or a single word. Another header names the cells of the rows below.
    fn read_header(&mut self, number: u64, cells: &[String]) -> Option<SkippedLine> {
        if cells.len() == 1 && self.width() > 1 {
            return Some(skipped(number, "not a row", false));
        }
        let header = &self.table.header;
        let pairs = cells.iter().zip(header);
        let repeated = pairs.filter(|(cell, name)| cell.trim().eq_ignore_ascii_case(name.trim()));
        let repeated = repeated.count();
        if repeated == cells.len() && repeated == header.len() && self.table.first_cells.is_empty()
        {
            self.order = None;
            return Some(skipped(number, "the header again", true));
        }
        let known = cells
            .iter()
            .filter(|cell| self.columns.contains_key(cell.trim()))
            .count();
        if known < 3 || known * 2 <= cells.len() {
            return None;
        }
        let order = cells.iter().map(|cell| self.column(cell.trim())).collect();
        self.order = Some(order);
        Some(skipped(
            number,
            "another header; it names the cells of the rows below",
            false,
        ))
    }

    /// The column with a name, which is added if it is new.
    fn column(&mut self, name: &str) -> usize {
        if let Some(&column) = self.columns.get(name) {
            return column;
        }
        let mut taken: HashMap<String, u64> = HashMap::new();
        let name = if name.is_empty() {
            format!("column_{}", self.names.len() + 1)
        } else {
            name.to_owned()
        };
        taken.extend(self.columns.contains_key(&name).then(|| (name.clone(), 1)));
        let name = claim_name(&mut taken, name);
        self.names.push(name.clone());
        self.columns.insert(name, self.names.len() - 1);
        self.names.len() - 1
    }

    /// The cells of a record in their columns.
    fn fit(&mut self, line: u64, cells: Vec<String>) -> FileRow {
        let fingerprint = fingerprint(&cells);
        let (found, width) = (cells.len(), self.width());
        let mut cells = cells;
        if found > width {
            cells = align(cells, width, &self.table.kinds, self.table.form);
        }
        if let Some(order) = self.order.clone() {
            let mut ordered = vec![String::new(); self.names.len()];
            for (cell, &column) in cells.iter().zip(&order) {
                ordered[column].clone_from(cell);
            }
            cells = ordered;
        } else if cells.len() > width {
            let surplus = cells
                .split_off(width)
                .join(&separator(self.table.form).to_string());
            let column = self.column(&format!("column_{}", width + 1));
            cells.resize(column.max(width), String::new());
            cells.insert(column, surplus);
        }
        for column in 0..cells.len().min(width) {
            if cells[column].starts_with('{') && self.names.len() < MAX_NAMES {
                for (path, value) in flatten_cell(&cells[column]) {
                    let at = self.column(&format!("{}.{path}", self.names[column]));
                    if cells.len() <= at {
                        cells.resize(at + 1, String::new());
                    }
                    cells[at] = value;
                }
            }
        }
        FileRow {
            line,
            cells,
            fingerprint,
            found,
            is_wide: found > width,
            is_short: found < width,
        }
    }

    /// The cells of a row with a quoted cell over several lines. It must have exactly the cells of the header, and none of
    /// its lines may be a row by itself.
    fn join_lines(&mut self, number: u64, first: &str) -> Result<Option<Vec<String>>> {
        if number < self.no_join_before {
            return Ok(None);
        }
        let (form, width) = (self.table.form, self.width());
        let mut record = first.to_owned();
        for count in 0..MAX_JOINED_LINES {
            if self.ahead.len() <= count {
                match self.lines.next().transpose()? {
                    Some(line) => self.ahead.push_back(line),
                    None => break,
                }
            }
            let line = &self.ahead[count].1;
            self.no_join_before = self.ahead[count].0;
            let (alone, is_open) = split_line(line, form);
            if alone.len() == width && (!is_open || is_trial(&alone)) {
                return Ok(None);
            }
            record.push('\n');
            record += line;
            if !line.contains('"') {
                continue;
            }
            let (cells, is_open) = split_line(&record, form);
            if !is_open {
                let is_whole = cells.len() == width;
                if is_whole {
                    self.ahead.drain(..=count);
                }
                return Ok(is_whole.then_some(cells));
            }
        }
        Ok(None)
    }
}

/// A line without letters and digits.
fn is_rule(cells: &[String]) -> bool {
    !cells
        .iter()
        .any(|cell| cell.contains(char::is_alphanumeric))
}

fn decode_entry(line: &str) -> FileRow {
    let (mut cells, _) = split_line(line, RowForm::Encoded);
    let rest = cells.split_off(2);
    FileRow {
        line: cells[0].parse().unwrap_or_default(),
        fingerprint: cells[1].parse().unwrap_or_default(),
        found: rest.len(),
        cells: rest,
        is_wide: false,
        is_short: false,
    }
}

fn separator(form: RowForm) -> char {
    match form {
        RowForm::Delimited(separator) => separator,
        RowForm::Markdown => '|',
        RowForm::Encoded => '\t',
    }
}

/// Fits a row with more cells than columns: joins the parts of a text, or moves the cells without a column to the end,
/// whichever leaves numbers and verdicts in their columns. Without an answer the last cells are left over.
fn align(cells: Vec<String>, width: usize, kinds: &[Kind], form: RowForm) -> Vec<String> {
    let extra = cells.len() - width;
    let fits = |cell: &str, column: usize| match kinds.get(column) {
        _ if cell.trim().is_empty() => 0,
        Some(Kind::Number) => {
            if parse_number(cell).is_some() {
                4
            } else {
                -4
            }
        }
        Some(Kind::Verdict) if parse_verdict(cell, VerdictKind::Words).is_some() => 8,
        Some(Kind::Verdict) => -8,
        _ => 0,
    };
    let mut before = vec![0; width + 1];
    let mut after = vec![0; width + 1];
    for column in 0..width {
        before[column + 1] = before[column] + fits(&cells[column], column);
        let at = width - 1 - column;
        after[at] = after[at + 1] + fits(&cells[at + extra], at);
    }
    // The surplus begins in this column; it is a part of its text, or is left over.
    let mut best = (before[width], width, false);
    for column in (0..width).rev() {
        let is_blank = cells[column..column + extra]
            .iter()
            .all(|cell| cell.trim().is_empty());
        let removed = before[column] + after[column] - 2 + i32::from(is_blank);
        if removed > best.0 {
            best = (removed, column, false);
        }
        let joined = before[column] + after[column + 1] + 1;
        if kinds.get(column) == Some(&Kind::Text) && joined > best.0 {
            best = (joined, column, true);
        }
    }
    let (_, column, is_joined) = best;
    let mut cells = cells;
    if is_joined {
        let rest = cells.split_off(column + extra + 1);
        let text = cells.split_off(column).join(&separator(form).to_string());
        cells.push(text);
        cells.extend(rest);
    } else {
        let surplus: Vec<String> = cells.drain(column..column + extra).collect();
        cells.extend(surplus.into_iter().filter(|cell| !cell.trim().is_empty()));
    }
    cells
}

fn split_plain(line: &str, form: RowForm) -> Vec<String> {
    line.split(separator(form)).map(str::to_owned).collect()
}

/// The cells of a record, and whether its last quote is left open.
fn split_line(record: &str, form: RowForm) -> (Vec<String>, bool) {
    if form == RowForm::Markdown {
        return (split_markdown(record), false);
    }
    if memchr::memchr(b'"', record.as_bytes()).is_none() {
        return (split_plain(record, form), false);
    }
    let separator = separator(form);
    let mut cells = Vec::new();
    let (mut cell, mut is_quoted, mut is_start) = (String::new(), false, true);
    let mut chars = record.chars().peekable();
    while let Some(c) = chars.next() {
        let is_first = std::mem::replace(&mut is_start, false);
        match c {
            '"' if is_quoted && chars.next_if_eq(&'"').is_some() => cell.push('"'),
            '"' if is_quoted => is_quoted = false,
            '"' if is_first => is_quoted = true,
            c if c == separator && !is_quoted => {
                cells.push(std::mem::take(&mut cell));
                is_start = true;
            }
            c => cell.push(c),
        }
    }
    cells.push(cell);
    (cells, is_quoted)
}

fn split_markdown(line: &str) -> Vec<String> {
    let line = line.trim();
    let line = line.strip_prefix('|').unwrap_or(line);
    let line = line.strip_suffix('|').unwrap_or(line);
    let line = line.replace("\\|", "\u{0}");
    let cells = line.split('|');
    let trimmed = cells.map(|cell| {
        cell.trim()
            .trim_matches(['*', '`', ' '])
            .replace('\u{0}', "|")
    });
    trimmed.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(line: &str) -> (Vec<String>, bool) {
        split_line(line, RowForm::Delimited(','))
    }

    #[test]
    fn quotes_are_those_of_csv() {
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

    #[test]
    fn a_row_with_more_cells_is_fitted_by_their_kinds() {
        use Kind::{Number, Other, Text, Verdict};
        let kinds = [Other, Number, Number, Verdict, Text];
        for (row, wanted) in [
            ("b2,1.01,,41,keep,bigger", "b2,1.01,41,keep,bigger"),
            ("a1,,1.05,40,keep,base", "a1,1.05,40,keep,base"),
            ("c,1,2,keep,a,b", "c,1,2,keep,a,b"),
            ("c,x,1,2,keep,b", "c,1,2,keep,b,x"),
        ] {
            let cells = split(row).0;
            let found = align(cells, 5, &kinds, RowForm::Delimited(','));
            assert_eq!(found.join(","), wanted, "{row}");
        }
    }
}
