//! Rows for scripts: JSON, JSON lines, TSV, CSV or Markdown under the columns' own names.

use super::columns::{Column, cells, columns};
use super::{json, markdown};
use crate::log::{Schema, Trial, encode_row};
use crate::text::printable;

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

/// Formats records one by one, so that a long answer is never held in memory.
pub struct RecordWriter {
    format: Format,
    columns: Vec<Column>,
    rows: usize,
    /// Writes `+0.45`, which is not a JSON number, as text, so that it can be read back.
    pub keeps_plus: bool,
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

    pub fn header(&self) -> String {
        let names: Vec<&str> = self.columns.iter().map(|column| &*column.name).collect();
        match self.format {
            Format::Json => "[".to_owned(),
            Format::Jsonl => String::new(),
            Format::Tsv => encode_row(&names),
            Format::Csv => csv_row(&names),
            Format::Md | Format::Table => {
                let names = names.into_iter().map(markdown::word);
                markdown::head(&names.collect::<Vec<_>>())
            }
        }
    }

    pub fn record(&mut self, cells: &[String]) -> String {
        self.rows += 1;
        let printable = || cells.iter().map(|cell| printable(cell)).collect::<Vec<_>>();
        match self.format {
            Format::Json if self.rows == 1 => format!("\n{}", self.object(cells)),
            Format::Json => format!(",\n{}", self.object(cells)),
            Format::Jsonl => self.object(cells) + "\n",
            Format::Tsv => encode_row(&printable()),
            Format::Csv => csv_row(&printable()),
            Format::Md | Format::Table => self.markdown_row(cells),
        }
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

fn csv_row(cells: &[impl AsRef<str>]) -> String {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let written = writer.write_record(cells.iter().map(AsRef::as_ref));
    written.expect("a vector takes every write");
    let bytes = writer.into_inner().expect("a vector takes every write");
    String::from_utf8(bytes).expect("the cells are UTF-8")
}

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

pub fn format_trial_records(trials: &[Trial], schema: &Schema, format: Format) -> String {
    let rows = trials.iter().map(|trial| cells(&trial.row()));
    format_records(format, columns(schema), rows)
}
