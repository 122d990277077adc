//! Parses cells between tabs, commas, semicolons or the bars of Markdown. The header may follow comments or text, or be
//! missing.

use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
};

use anyhow::{Result, bail};

use super::{
    NOT_A_LOG,
    declared::DeclaredMetric,
    header::{
        Header, MAX_NAMES, count_known_names, find_header, find_separator, is_blank_or_comment,
        is_markdown_row, is_markdown_rule, is_trial, with_tabs,
    },
    json_rows::flatten_cell,
    split::{split_line, split_plain},
    spool::{FileRow, RowSpool},
    table::{Table, WideRows, fingerprint, skipped, unique_names},
    text::{Lines, Text},
};
use crate::log::{Direction, Schema, SkippedLine, split_space_separated};

/// A quoted cell may span this many further lines.
const MAX_JOINED_LINES: usize = 64;
const MAX_HEAD_LINES: usize = 400;
pub(super) fn parse(text: &Text) -> Result<Table> {
    let head: std::io::Result<Vec<(u64, String)>> = text.lines().take(MAX_HEAD_LINES).collect();
    let head: Vec<String> = head?.into_iter().map(|(_, line)| line).collect();
    if head.iter().all(|line| line.trim().is_empty()) {
        bail!("no rows yet, the file is empty");
    }
    let Some(at) = find_header(&head) else {
        bail!(NOT_A_LOG);
    };
    let mut header = with_tabs(&head[at]);
    let Some(separator) = find_separator(&header) else {
        bail!(NOT_A_LOG);
    };
    if !header.starts_with(&format!("#{separator}")) {
        header = header.trim_start_matches('#').to_owned();
    }
    let (cells, _) = split_line(&header, separator);
    let mut parser = Parser::new(text.lines(), cells, separator, at as u64 + 1);
    parser.is_prompt = head[0].starts_with("# Session start");
    for (line, number) in head[..at].iter().zip(1..) {
        parser.declared.read_comment(line);
        if !is_blank_or_comment(line) {
            let line = skipped(number, "text before the header", true);
            parser.skipped.push(line);
        }
    }
    while let Some((number, line)) = parser.next_line()? {
        parser.is_after_text |= !is_markdown_row(&line);
        if number >= parser.first_row && !line.trim().is_empty() {
            parser.parse_line(number, &line)?;
        }
    }
    parser.finish()
}

/// Parses the rows in one pass. The columns grow when another header or an object in a cell adds names.
struct Parser<'t> {
    lines: Lines<'t>,
    ahead: VecDeque<(u64, String)>,
    separator: char,
    header: Vec<String>,
    first_row: u64,
    first_cells: Vec<String>,
    names: Vec<String>,
    columns: HashMap<String, usize>,
    /// The columns of the cells under a later header.
    order: Option<Vec<usize>>,
    /// Before this line no quoted cell is searched for that spans lines: that has failed.
    no_join_before: u64,
    schema: Arc<Schema>,
    rows: RowSpool,
    regular: usize,
    wide: WideRows,
    declared: DeclaredMetric,
    skipped: Vec<SkippedLine>,
    note: Option<String>,
    /// Of Markdown: rows with a number and a verdict, and whether the line is in a table with another header.
    trials: usize,
    in_other_table: bool,
    is_after_text: bool,
    /// Whether this is a prompt of lineage, which has tables of trials.
    is_prompt: bool,
}

impl<'t> Parser<'t> {
    fn new(lines: Lines<'t>, cells: Vec<String>, separator: char, header_line: u64) -> Self {
        let Header {
            names: header,
            first_cells,
            first_row,
            note,
        } = Header::new(cells, header_line);
        let names = unique_names(&header);
        let schema = Schema::new(names.clone(), None, None, Direction::Minimize);
        Self {
            lines,
            ahead: VecDeque::new(),
            separator,
            header,
            first_row,
            first_cells,
            columns: names.iter().cloned().zip(0..).collect(),
            names,
            order: None,
            no_join_before: 0,
            schema: Arc::new(schema),
            rows: RowSpool::default(),
            regular: 0,
            wide: WideRows::default(),
            declared: DeclaredMetric::default(),
            skipped: Vec::new(),
            note,
            trials: 0,
            in_other_table: false,
            is_after_text: false,
            is_prompt: false,
        }
    }

    fn finish(mut self) -> Result<Table> {
        if !self.is_plausible() {
            bail!(NOT_A_LOG);
        }
        self.wide.width = self.header.len();
        let mut table = Table::new(self.names, self.rows)?;
        table.declared = self.declared;
        table.notes.extend(self.note);
        table.skipped = self.skipped;
        table.first_row = self.first_row;
        table.first_cells = self.first_cells;
        table.separator = self.separator;
        table.wide = self.wide;
        Ok(table)
    }

    /// Whether this is more than prose or source code with a separator in it: most lines must have the cells of the header.
    /// Rows under a header that is known may be ragged, and with tabs may have any text between them.
    fn is_plausible(&self) -> bool {
        let rows = self.rows.count;
        let unexpected = self.skipped.iter().filter(|line| !line.is_expected).count();
        let follows_text = self.skipped.iter().any(|line| line.line < self.first_row);
        match self.separator {
            '|' => {
                let is_mostly_table = rows * 2 > self.skipped.len() + rows;
                let is_log_in_text = rows > 3 && self.regular == rows && !self.is_prompt;
                is_mostly_table
                    || self.trials * 2 > rows
                    || is_log_in_text && count_known_names(&self.names) > 1
            }
            separator if !follows_text && count_known_names(&self.names) > 1 => {
                separator == '\t' || rows >= unexpected
            }
            _ => rows + unexpected == 0 || self.regular * 2 > rows + unexpected,
        }
    }

    fn width(&self) -> usize {
        match &self.order {
            Some(order) => order.len(),
            None => self.header.len(),
        }
    }

    fn next_line(&mut self) -> Result<Option<(u64, String)>> {
        match self.ahead.pop_front() {
            Some(line) => Ok(Some(line)),
            None => Ok(self.lines.next().transpose()?),
        }
    }

    fn parse_line(&mut self, number: u64, line: &str) -> Result<()> {
        let (mut cells, is_open) = split_line(line, self.separator);
        if line.starts_with('#') && cells.len() != self.width() {
            return Ok(());
        }
        if self.separator == '\t' && cells.len() < self.width() {
            if let Some(separated) = split_space_separated(line, &self.schema) {
                cells = separated;
            } else if cells.len() == 1 {
                cells = split_line(&with_tabs(line), '\t').0;
            }
        }
        if is_open {
            cells = match self.join_lines(number, line)? {
                Some(joined) => joined,
                None => split_plain(line, self.separator), // the quote is a character
            };
        }
        match self.reason_to_skip(line, &cells) {
            Some((reason, is_expected)) => {
                self.skipped.push(skipped(number, reason, is_expected));
                Ok(())
            }
            None => self.push(number, cells),
        }
    }

    /// Why a line is not a row: it has no text, is a single word, or a header, which names the cells of the rows below.
    fn reason_to_skip(&mut self, line: &str, cells: &[String]) -> Option<(&'static str, bool)> {
        let is_markdown = self.separator == '|';
        if is_markdown && !is_markdown_row(line) {
            return Some(("text beside the table", true));
        }
        if !line.contains(char::is_alphanumeric) {
            return Some(("not a row", is_markdown));
        }
        if is_markdown && self.is_other_table(cells) {
            return Some(("another table", true));
        }
        if cells.len() == 1 && self.width() > 1 {
            return Some(("not a row", false));
        }
        let pairs = cells.iter().zip(&self.header);
        let is_repeated =
            |(cell, name): (&String, &String)| cell.trim().eq_ignore_ascii_case(name.trim());
        if cells.len() == self.header.len()
            && self.first_cells.is_empty()
            && pairs.clone().all(is_repeated)
        {
            self.order = None;
            return Some(("the header again", true));
        }
        let is_known = |cell: &&String| self.columns.contains_key(cell.trim());
        let known = cells.iter().filter(is_known).count();
        if known < 3 || known * 2 <= cells.len() {
            return None;
        }
        self.order = Some(cells.iter().map(|cell| self.column(cell.trim())).collect());
        Some((
            "another header; it names the cells of the rows below",
            false,
        ))
    }

    /// Whether a row of Markdown belongs to a table with another header than the first.
    fn is_other_table(&mut self, cells: &[String]) -> bool {
        if self.ahead.is_empty()
            && let Some(Ok(line)) = self.lines.next()
        {
            self.ahead.push_back(line);
        }
        if self
            .ahead
            .front()
            .is_some_and(|(_, line)| is_markdown_rule(line))
        {
            let known = cells
                .iter()
                .filter(|cell| self.columns.contains_key(cell.trim()));
            self.in_other_table = known.count() * 2 <= cells.len();
        } else if self.is_after_text && cells.len() == self.width() && is_trial(cells) {
            self.in_other_table = false; // the log goes on without its header
        }
        self.is_after_text = false;
        self.in_other_table
    }

    /// The column with a name, which is added if it is new.
    fn column(&mut self, name: &str) -> usize {
        let name = match name {
            "" => format!("column_{}", self.names.len() + 1),
            name => name.to_owned(),
        };
        let next = self.names.len();
        let column = *self.columns.entry(name.clone()).or_insert(next);
        if column == next {
            self.names.push(name);
        }
        column
    }

    /// Adds a row, with its cells in their columns.
    fn push(&mut self, line: u64, mut cells: Vec<String>) -> Result<()> {
        let mut row = FileRow {
            line,
            fingerprint: fingerprint(&cells),
            is_short: cells.len() < self.width(),
            is_wide: cells.len() > self.width(),
            cells: Vec::new(),
        };
        self.regular += usize::from(!row.is_short && !row.is_wide);
        self.trials += usize::from(self.separator == '|' && is_trial(&cells));
        if row.is_wide && self.wide.count == 0 {
            self.wide.first = (line, cells.len());
        }
        self.wide.count += usize::from(row.is_wide);
        if let Some(order) = &self.order {
            let mut ordered = vec![String::new(); self.names.len()];
            for (at, cell) in cells.into_iter().enumerate() {
                let column = order[at.min(order.len() - 1)];
                if at >= order.len() {
                    ordered[column].push(self.separator);
                }
                ordered[column] += &cell;
            }
            cells = ordered;
            row.is_wide = false;
        }
        if !row.is_wide {
            self.flatten_objects(&mut cells);
        }
        row.cells = cells;
        self.rows.push(&row)
    }

    /// Adds the fields of JSON objects in cells as columns.
    fn flatten_objects(&mut self, cells: &mut Vec<String>) {
        for column in 0..cells.len().min(self.header.len()) {
            if !cells[column].starts_with('{') || self.names.len() >= MAX_NAMES {
                continue;
            }
            for (path, text) in flatten_cell(&cells[column]) {
                let name = format!("{}.{path}", self.names[column]);
                let place = self.column(&name);
                cells.resize(self.names.len().max(cells.len()), String::new());
                cells[place] = text;
            }
        }
    }

    /// The cells of a row with a quoted cell over several lines. It must have exactly the cells of the header, and none of
    /// its lines may be a row by itself.
    fn join_lines(&mut self, number: u64, first: &str) -> Result<Option<Vec<String>>> {
        if number < self.no_join_before {
            return Ok(None);
        }
        let (separator, width) = (self.separator, self.width());
        let mut record = first.to_owned();
        for count in 0..MAX_JOINED_LINES {
            if self.ahead.len() <= count {
                match self.lines.next().transpose()? {
                    Some(line) => self.ahead.push_back(line),
                    None => break,
                }
            }
            let (at, line) = &self.ahead[count];
            self.no_join_before = *at;
            let (alone, is_open) = split_line(line, separator);
            if alone.len() == width && (!is_open || is_trial(&alone)) {
                break;
            }
            record.push('\n');
            record += line;
            if !line.contains('"') {
                continue;
            }
            let (cells, is_open) = split_line(&record, separator);
            if !is_open && cells.len() == width {
                self.ahead.drain(..=count);
                return Ok(Some(cells));
            }
            if !is_open {
                break;
            }
        }
        Ok(None)
    }
}
