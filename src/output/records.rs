//! Rows for scripts: JSON, JSON lines, TSV, CSV or Markdown under the columns' own names.

use super::{column_text, json, markdown};
use crate::log::{Row, Schema, encode_row};
use crate::text::printable;

pub use super::json::{json, row_value, value};

/// How rows are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// Text for a person
    #[value(alias = "text")]
    Table,
    /// One JSON array
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

/// A column of a record.
#[derive(Clone, Debug)]
pub struct Column {
    pub name: String,
    /// Whether its cells are text even if they look like numbers.
    pub is_text: bool,
}

impl Column {
    pub fn text(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            is_text: true,
        }
    }

    pub fn number(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            is_text: false,
        }
    }
}

/// Columns of external logs whose cells may look like numbers: a commit may be `0123456` or `1e5`.
const COMMITS: [&str; 3] = ["commit", "hash", "short_hash"];

/// The columns of a log.
pub fn columns(schema: &Schema) -> Vec<Column> {
    let mut columns = Vec::new();
    for (at, name) in schema.names().iter().enumerate() {
        columns.push(Column {
            name: name.clone(),
            is_text: schema.is_text(at) || COMMITS.contains(&name.as_str()),
        });
    }
    columns
}

/// The cells of a row in the order of the log.
pub fn cells(row: &Row) -> Vec<String> {
    (0..row.schema.names().len())
        .map(|column| column_text(row, column))
        .collect()
}

/// Formats records one by one, so that a long answer is never held in memory.
pub struct RecordWriter {
    format: Format,
    columns: Vec<Column>,
    rows: usize,
    keeps_plus: bool,
}

impl RecordWriter {
    /// `Format::Table` gives Markdown: a table for a person needs all rows at once.
    pub fn new(format: Format, columns: Vec<Column>) -> Self {
        Self {
            format,
            columns,
            rows: 0,
            keeps_plus: false,
        }
    }

    /// Writes `+0.45`, which is not a JSON number, as text, so that it can be read back.
    #[must_use]
    pub fn keeping_plus(self) -> Self {
        Self {
            keeps_plus: true,
            ..self
        }
    }

    /// The text before the first record.
    pub fn header(&self) -> String {
        let names = self.columns.iter().map(|column| column.name.clone());
        match self.format {
            Format::Json => "[".to_owned(),
            Format::Jsonl => String::new(),
            Format::Tsv => encode_row(&names.collect::<Vec<_>>()),
            Format::Csv => csv_row(&names.collect::<Vec<_>>()),
            Format::Md | Format::Table => {
                let names: Vec<_> = names.map(|name| markdown::word(&name)).collect();
                markdown::head(&names)
            }
        }
    }

    pub fn record(&mut self, cells: &[String]) -> String {
        self.rows += 1;
        match self.format {
            Format::Json if self.rows == 1 => format!("\n{}", self.object(cells)),
            Format::Json => format!(",\n{}", self.object(cells)),
            Format::Jsonl => self.object(cells) + "\n",
            Format::Tsv => encode_row(&printable_cells(cells)),
            Format::Csv => csv_row(&printable_cells(cells)),
            Format::Md | Format::Table => self.markdown_row(cells),
        }
    }

    /// The text after the last record.
    pub fn footer(&self) -> &'static str {
        match self.format {
            Format::Json if self.rows > 0 => "\n]\n",
            Format::Json => "]\n",
            _ => "",
        }
    }

    fn object(&self, cells: &[String]) -> String {
        let mut object = json::object_value(&self.columns, cells);
        if self.keeps_plus {
            for (column, cell) in self.columns.iter().zip(cells) {
                // A difference is read with its sign anyway.
                if cell.starts_with('+') && column.name != "delta_vs_best" {
                    object[&column.name] = value(cell, true);
                }
            }
        }
        json(&object)
    }

    fn markdown_row(&self, cells: &[String]) -> String {
        let mut row = Vec::new();
        for (column, cell) in self.columns.iter().zip(cells) {
            row.push(if column.is_text {
                markdown::code(cell, usize::MAX)
            } else {
                markdown::word(cell)
            });
        }
        markdown::row(&row)
    }
}

fn printable_cells(cells: &[String]) -> Vec<String> {
    cells.iter().map(|cell| printable(cell).into()).collect()
}

fn csv_row(cells: &[String]) -> String {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer
        .write_record(cells)
        .expect("a vector takes every write");
    let bytes = writer.into_inner().expect("a vector takes every write");
    String::from_utf8(bytes).expect("the cells are UTF-8")
}

/// Formats a few records at once.
pub fn format_records(
    format: Format,
    columns: Vec<Column>,
    rows: impl IntoIterator<Item = Vec<String>>,
) -> String {
    let mut writer = RecordWriter::new(format, columns);
    let mut out = writer.header();
    for row in rows {
        out += &writer.record(&row);
    }
    out + writer.footer()
}

// Former names, until their callers use those above.
pub use format_records as sheet;

pub fn object(columns: &[Column], cells: &[String]) -> String {
    json(&json::object_value(columns, cells))
}
