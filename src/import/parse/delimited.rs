//! Parses cells between tabs, commas, semicolons or the bars of Markdown. The header may follow comments or text, or be
//! missing.

use std::collections::VecDeque;

use anyhow::{Result, bail};
use indexmap::IndexSet;

use super::{
    NOT_A_LOG,
    header::{
        Header, MAX_NAMES, count_known_names, find_header, find_separator, has_table_names,
        is_blank_or_comment, is_markdown_row, is_markdown_rule, is_trial, with_tabs,
    },
    is_export,
    json_rows::flatten_cell,
    split::{split_line, split_plain},
    spool::FileRow,
    table::{Table, skipped, unique_names},
    text::{Lines, Text},
};
use crate::log::{Direction, Schema, split_space_separated};

/// A quoted cell may span this many further lines.
const MAX_JOINED_LINES: usize = 64;
const MAX_HEAD_LINES: usize = 400;

pub(super) fn parse(text: &Text) -> Result<Table> {
    let head: std::io::Result<Vec<(u64, String)>> = text.lines().take(MAX_HEAD_LINES).collect();
    let head: Vec<String> = head?.into_iter().map(|(_, line)| line).collect();
    if head.iter().all(|line| line.trim().is_empty()) {
        bail!("no rows yet, the file is empty; `lineage init` starts a log");
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
    let mut parser = Parser::new(text.lines(), Header::new(cells, at as u64 + 1), separator);
    parser.is_prompt = head[0].starts_with("# Session start");
    for (line, number) in head[..at].iter().zip(1..) {
        parser.table.declared.read_comment(line);
        if !is_blank_or_comment(line) {
            parser.skip(number, "text before the header", true);
        }
    }
    while let Some((number, line)) = parser.next_line()? {
        parser.is_after_text |= !is_markdown_row(&line);
        if number >= parser.table.first_row && !line.trim().is_empty() {
            parser.parse_line(number, &line)?;
        }
    }
    parser.finish()
}

/// The table of Markdown that a line is in.
#[derive(PartialEq)]
enum Place {
    Log,
    OtherTable,
    /// A table of other trials.
    OtherLog,
}

/// Parses the rows in one pass. The columns grow when another header or an object in a cell adds names.
struct Parser<'t> {
    lines: Lines<'t>,
    ahead: VecDeque<(u64, String)>,
    separator: char,
    header: Vec<String>,
    names: IndexSet<String>,
    /// The columns of the cells under a later header.
    order: Option<Vec<usize>>,
    /// Lines are not joined to a row from a line before this one, because that has failed.
    no_join_before: u64,
    schema: Schema,
    /// All but the names.
    table: Table,
    /// How many rows have as many cells as the header.
    regular: usize,
    /// How many rows of Markdown have a number and a verdict.
    trials: usize,
    place: Place,
    /// Whether other lines came after the last row of Markdown.
    is_after_text: bool,
    /// Whether this is an export of lineage, which is read back as it was.
    is_export: bool,
    /// Whether this is a prompt of lineage, which has tables of trials.
    is_prompt: bool,
}

impl<'t> Parser<'t> {
    fn new(lines: Lines<'t>, header: Header, separator: char) -> Self {
        let names = unique_names(&header.names);
        let schema = Schema::new(names.clone(), None, None, Direction::Minimize);
        let table = Table {
            separator,
            first_row: header.first_row,
            first_cells: header.first_cells,
            notes: header.note.into_iter().collect(),
            ..Table::default()
        };
        Self {
            lines,
            ahead: VecDeque::new(),
            separator,
            is_export: is_export(&names),
            header: header.names,
            names: names.into_iter().collect(),
            order: None,
            no_join_before: 0,
            schema,
            table,
            regular: 0,
            trials: 0,
            place: Place::Log,
            is_after_text: false,
            is_prompt: false,
        }
    }

    fn finish(mut self) -> Result<Table> {
        if !self.is_plausible() {
            bail!(NOT_A_LOG);
        }
        self.table.add_names(self.names);
        Ok(self.table)
    }

    /// Whether this is more than prose or source code with a separator in it: most lines must have the cells of the header.
    /// Rows under a header that is known may be ragged, and with tabs may have any text between them.
    fn is_plausible(&self) -> bool {
        let (rows, skipped) = (self.table.rows.count, &self.table.skipped);
        let unexpected = skipped.iter().filter(|line| !line.is_expected).count();
        let follows_text = skipped.iter().any(|line| line.line < self.table.first_row);
        let has_known_header = count_known_names(&self.names) > 1;
        match self.separator {
            '|' => {
                let is_regular = rows > 3 && self.regular == rows && !self.is_prompt;
                let is_log_in_text = is_regular && has_table_names(&self.names);
                rows > skipped.len() || self.trials * 2 > rows || is_log_in_text
            }
            separator if !follows_text && has_known_header => {
                separator == '\t' || rows >= unexpected
            }
            _ => rows + unexpected == 0 || self.regular * 2 > rows + unexpected,
        }
    }

    fn skip(&mut self, line: u64, reason: &str, is_expected: bool) {
        self.table.skipped.push(skipped(line, reason, is_expected));
    }

    fn width(&self) -> usize {
        self.order.as_ref().map_or(self.header.len(), Vec::len)
    }

    fn next_line(&mut self) -> Result<Option<(u64, String)>> {
        self.read_ahead(1)?;
        Ok(self.ahead.pop_front())
    }

    fn read_ahead(&mut self, count: usize) -> Result<()> {
        let missing = count.saturating_sub(self.ahead.len());
        for line in self.lines.by_ref().take(missing) {
            self.ahead.push_back(line?);
        }
        Ok(())
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
            let joined = self.join_lines(number, line)?;
            cells = joined.unwrap_or_else(|| split_plain(line, self.separator)); // the quote is a character
        }
        match self.classify_line(line, &cells)? {
            Some((reason, is_expected)) => self.skip(number, reason, is_expected),
            None => self.push(number, cells)?,
        }
        Ok(())
    }

    /// Why a line is not a row of the log, and whether that is expected; `None` for a row. A header changes the columns of the
    /// rows below it.
    fn classify_line(
        &mut self,
        line: &str,
        cells: &[String],
    ) -> Result<Option<(&'static str, bool)>> {
        let is_markdown = self.separator == '|';
        let is_text = line.contains(char::is_alphanumeric);
        let known = cells.iter().filter(|cell| self.names.contains(cell.trim()));
        let known = known.count();
        if is_markdown && is_text && is_markdown_row(line) {
            self.observe_table(cells, known)?;
        }
        Ok(if is_markdown && !is_markdown_row(line) {
            Some(("text beside the table", true))
        } else if !is_text {
            Some(("not a row", is_markdown))
        } else if self.place != Place::Log {
            Some(("another table", true))
        } else if cells.len() == 1 && self.width() > 1 {
            Some(("not a row", false))
        } else if self.repeats_header(cells) {
            self.order = None;
            Some(("the header again", true))
        } else if known > 2 && known * 2 > cells.len() {
            self.order = Some(cells.iter().map(|cell| self.column(cell.trim())).collect());
            Some((
                "another header; it names the cells of the rows below",
                false,
            ))
        } else {
            None
        })
    }

    /// Finds out whether a row of Markdown begins another table, or goes on with the log.
    fn observe_table(&mut self, cells: &[String], known: usize) -> Result<()> {
        self.read_ahead(1)?;
        let next = self.ahead.front();
        if next.is_some_and(|(_, line)| is_markdown_rule(line)) {
            let is_log = known * 2 > cells.len();
            self.place = if is_log {
                Place::Log
            } else {
                Place::OtherTable
            };
        } else if self.place == Place::OtherTable && is_trial(cells) {
            // A log may go on after other tables, without its header.
            let is_log = self.is_after_text && cells.len() == self.width();
            self.place = if is_log { Place::Log } else { Place::OtherLog };
        }
        self.is_after_text = false;
        Ok(())
    }

    fn repeats_header(&self, cells: &[String]) -> bool {
        let mut pairs = cells.iter().zip(&self.header);
        cells.len() == self.header.len()
            && self.table.first_cells.is_empty()
            && pairs.all(|(cell, name)| cell.trim().eq_ignore_ascii_case(name.trim()))
    }

    /// The column with a name, which is added if it is new.
    fn column(&mut self, name: &str) -> usize {
        let name = match name {
            "" => format!("column_{}", self.names.len() + 1),
            name => name.to_owned(),
        };
        self.names.insert_full(name).0
    }

    /// Adds a row, with its cells in their columns.
    fn push(&mut self, line: u64, cells: Vec<String>) -> Result<()> {
        let mut row = FileRow::new(line, cells);
        let (width, len) = (self.width(), row.cells.len());
        row.is_short = len < width;
        row.is_wide = len > width;
        self.regular += usize::from(len == width);
        self.trials += usize::from(self.separator == '|' && is_trial(&row.cells));
        if let Some(order) = &self.order {
            if row.is_wide {
                self.table.joined.add(line, len, width);
            }
            let mut ordered = vec![String::new(); self.names.len()];
            for (at, cell) in row.cells.into_iter().enumerate() {
                let column = order[at.min(order.len() - 1)];
                if at >= order.len() {
                    ordered[column].push(self.separator);
                }
                ordered[column] += &cell;
            }
            row.cells = ordered;
            row.is_wide = false;
        }
        if row.is_wide {
            self.table.wide.add(line, len, width);
        } else if !self.is_export {
            self.flatten_objects(&mut row.cells);
        }
        self.table.rows.push(&row)
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
        for count in 1..=MAX_JOINED_LINES {
            self.read_ahead(count)?;
            let Some((at, line)) = self.ahead.get(count - 1) else {
                break;
            };
            self.no_join_before = *at;
            let (alone, is_open) = split_line(line, separator);
            if alone.len() == width && (!is_open || is_trial(&alone)) {
                break;
            }
            record += "\n";
            record += line;
            if !line.contains('"') {
                continue;
            }
            let (cells, is_open) = split_line(&record, separator);
            if is_open {
                continue;
            }
            let is_row = cells.len() == width;
            self.ahead.drain(..if is_row { count } else { 0 });
            return Ok(is_row.then_some(cells));
        }
        Ok(None)
    }
}
