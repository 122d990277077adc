//! Rows for scripts: JSON, JSON lines, TSV, CSV or Markdown under the columns' own names.

use std::borrow::Cow;

use super::columns::Column;
use super::{json, markdown};
use crate::log::{Number, encode_row};
use crate::text::printable;

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// Text for a person
    #[value(alias = "text")]
    Table,
    /// One JSON array; one object for `show`, `stats`, and `best` without --top
    Json,
    /// One JSON object per line
    Jsonl,
    /// Tab-separated with a header
    Tsv,
    /// Comma-separated with a header
    Csv,
    /// A Markdown table
    Md,
}

/// Formats records one by one, so that a long answer is never held in memory.
pub struct RecordWriter {
    format: Format,
    columns: Vec<Column>,
    rows: usize,
    /// Writes `+0.45`, which is not a JSON number, as text, so that it can be read back.
    pub keeps_plus: bool,
    /// Puts an apostrophe before what a spreadsheet takes for a formula.
    pub is_safe: bool,
}

impl RecordWriter {
    /// `Format::Table` gives Markdown: a table for a person needs all rows at once.
    pub fn new(format: Format, columns: Vec<Column>) -> Self {
        Self {
            format,
            columns,
            rows: 0,
            keeps_plus: false,
            is_safe: false,
        }
    }

    pub fn header(&self) -> String {
        let names: Vec<String> = self
            .columns
            .iter()
            .map(|column| column.name.clone())
            .collect();
        match self.format {
            Format::Json => "[".to_owned(),
            Format::Jsonl => String::new(),
            Format::Tsv => encode_row(&self.printable(&names)),
            Format::Csv => csv_row(&self.printable(&names)),
            Format::Md | Format::Table => {
                let names = names.iter().map(|name| markdown::word(name));
                markdown::head(&names.collect::<Vec<_>>())
            }
        }
    }

    pub fn record(&mut self, cells: &[String]) -> String {
        self.rows += 1;
        match self.format {
            Format::Json if self.rows == 1 => format!("\n{}", self.object(cells)),
            Format::Json => format!(",\n{}", self.object(cells)),
            Format::Jsonl => self.object(cells) + "\n",
            Format::Tsv => encode_row(&self.printable(cells)),
            Format::Csv => csv_row(&self.printable(cells)),
            Format::Md | Format::Table => self.markdown_row(cells),
        }
    }

    /// Names and cells as they are written to a file: without control characters and, if asked for, without formulas.
    fn printable<'a>(&self, cells: &'a [String]) -> Vec<Cow<'a, str>> {
        let cells = cells.iter().map(|cell| match printable(cell) {
            cell if self.is_safe && is_formula(&cell) => Cow::Owned(format!("'{cell}")),
            cell => cell,
        });
        cells.collect()
    }

    pub fn footer(&self) -> &'static str {
        match self.format {
            Format::Json if self.rows > 0 => "\n]\n",
            Format::Json => "]\n",
            _ => "",
        }
    }

    fn object(&self, cells: &[String]) -> String {
        let mut object = json::object(&self.columns, cells);
        for (column, cell) in self.columns.iter().zip(cells) {
            // A difference is read with its sign anyway.
            if self.keeps_plus && cell.starts_with('+') && column.name != "delta_vs_best" {
                object[&column.name] = cell.as_str().into();
            }
        }
        json::json(&object)
    }

    fn markdown_row(&self, cells: &[String]) -> String {
        let cells = self.columns.iter().zip(cells);
        let cells = cells.map(|(column, cell)| {
            if column.is_text {
                markdown::code(cell, usize::MAX)
            } else {
                markdown::word(cell)
            }
        });
        markdown::row(&cells.collect::<Vec<_>>())
    }
}

/// Whether a spreadsheet may take a cell for a formula. A number is none.
fn is_formula(cell: &str) -> bool {
    cell.starts_with(['=', '+', '-', '@']) && Number::value_of(cell).is_none()
}

fn csv_row(cells: &[impl AsRef<str>]) -> String {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let written = writer.write_record(cells.iter().map(AsRef::as_ref));
    written.expect("a vector takes every write");
    let bytes = writer.into_inner().expect("a vector takes every write");
    String::from_utf8(bytes).expect("the cells are UTF-8")
}

pub fn format_records(
    format: Format,
    columns: impl Into<Vec<Column>>,
    rows: impl IntoIterator<Item = impl AsRef<[String]>>,
) -> String {
    let mut writer = RecordWriter::new(format, columns.into());
    let mut out = writer.header();
    for row in rows {
        out += &writer.record(row.as_ref());
    }
    out + writer.footer()
}
