//! Rows for scripts: the same cells as JSON, JSON lines, TSV, CSV or Markdown, under the columns' own names.

use serde_json::{Map, Value};

use super::{
    markdown,
    text::{is_hidden, printable},
};
use crate::{
    log::Schema,
    log::encode_row,
    log::{Number, Row, Trial, shown_id},
};

/// How rows are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// Aligned columns for a person
    Table,
    /// One JSON array
    Json,
    /// One JSON object a line
    Jsonl,
    /// Tab-separated, one line a row, with a header
    Tsv,
    /// Comma-separated, with a header
    Csv,
    /// A Markdown table
    Md,
}

/// A column of a sheet: its name, and whether its cells are text even where they look like a number.
#[derive(Clone, Debug)]
pub struct Column {
    pub name: String,
    pub text: bool,
}

impl Column {
    pub fn text(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            text: true,
        }
    }

    pub fn number(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            text: false,
        }
    }
}

/// The columns of a log.
pub fn columns(schema: &Schema) -> Vec<Column> {
    // A commit may look like a number: `0123456`, `1e5`.
    let is_text = |at: usize, name: &String| {
        schema.is_text(at) || ["commit", "hash", "short_hash"].contains(&name.as_str())
    };
    let column = |(at, name): (usize, &String)| Column {
        name: name.clone(),
        text: is_text(at, name),
    };
    schema.names().iter().enumerate().map(column).collect()
}

/// The cells of a row, in the order of the log; ids as they are shown everywhere.
pub fn cells(row: &Row) -> Vec<String> {
    let cell = |column| {
        let text = row.text_at(column);
        if row.schema.is_id(column) {
            shown_id(&text)
        } else {
            text.into_owned()
        }
    };
    (0..row.schema.names().len()).map(cell).collect()
}

/// Prints rows one by one, so that a long answer need not be held.
pub struct Sheet {
    format: Format,
    columns: Vec<Column>,
    rows: usize,
    /// Whether a number that JSON cannot write as it is stands there as text.
    exact: bool,
}

impl Sheet {
    /// A table for a person is no sheet: with `Format::Table`, this is Markdown.
    pub fn new(format: Format, columns: Vec<Column>) -> Self {
        Self {
            format,
            columns,
            rows: 0,
            exact: false,
        }
    }

    /// The same, with `+0.45` as it is written, so that it can be read back. A difference is read with its sign anyway.
    #[must_use]
    pub fn exact(self) -> Self {
        Self {
            exact: true,
            ..self
        }
    }

    /// What stands before the first row.
    pub fn head(&self) -> String {
        let names: Vec<&str> = self
            .columns
            .iter()
            .map(|column| column.name.as_str())
            .collect();
        match self.format {
            Format::Json => "[".to_owned(),
            Format::Jsonl => String::new(),
            Format::Tsv => encode_row(&names),
            Format::Csv => csv_row(&names),
            Format::Md | Format::Table => {
                markdown::head(&names.into_iter().map(markdown::word).collect::<Vec<_>>())
            }
        }
    }

    pub fn row(&mut self, cells: &[String]) -> String {
        self.rows += 1;
        match self.format {
            Format::Json => format!(
                "{}\n{}",
                if self.rows > 1 { "," } else { "" },
                object(&self.columns, cells)
            ),
            Format::Jsonl if self.exact => json(&exact_value(&self.columns, cells)) + "\n",
            Format::Jsonl => object(&self.columns, cells) + "\n",
            Format::Tsv => {
                encode_row(&cells.iter().map(|cell| printable(cell)).collect::<Vec<_>>())
            }
            Format::Csv => csv_row(&cells.iter().map(|cell| printable(cell)).collect::<Vec<_>>()),
            Format::Md | Format::Table => {
                let cell = |(column, cell): (&Column, &String)| {
                    if column.text {
                        markdown::code(cell, usize::MAX)
                    } else {
                        markdown::word(cell)
                    }
                };
                markdown::row(&self.columns.iter().zip(cells).map(cell).collect::<Vec<_>>())
            }
        }
    }

    /// What stands behind the last row.
    pub fn foot(&self) -> &'static str {
        match self.format {
            Format::Json if self.rows > 0 => "\n]\n",
            Format::Json => "]\n",
            _ => "",
        }
    }
}

/// All of a small sheet.
pub fn sheet(
    format: Format,
    columns: Vec<Column>,
    rows: impl IntoIterator<Item = Vec<String>>,
) -> String {
    let mut sheet = Sheet::new(format, columns);
    let mut out = sheet.head();
    for row in rows {
        out += &sheet.row(&row);
    }
    out + sheet.foot()
}

/// A trial as a JSON object, under the columns' own names.
pub fn row_value(trial: &Trial) -> Value {
    let row = trial.row();
    object_value(&columns(row.schema), &cells(&row))
}

/// One row as a JSON object: an empty cell is `null`, a number keeps its digits.
pub fn object(columns: &[Column], cells: &[String]) -> String {
    json(&object_value(columns, cells))
}

fn object_value(columns: &[Column], cells: &[String]) -> Value {
    let entry =
        |(column, cell): (&Column, &String)| (column.name.clone(), value(cell, column.text));
    let map: Map<String, Value> = columns.iter().zip(cells).map(entry).collect();
    Value::Object(map)
}

fn exact_value(columns: &[Column], cells: &[String]) -> Value {
    let has_plus =
        |column: &Column, cell: &str| cell.starts_with('+') && column.name != "delta_vs_best";
    let entry = |(column, cell): (&Column, &String)| {
        (
            column.name.clone(),
            value(cell, column.text || has_plus(column, cell)),
        )
    };
    Value::Object(columns.iter().zip(cells).map(entry).collect())
}

/// A cell as a JSON value.
pub fn value(cell: &str, text: bool) -> Value {
    if cell.is_empty() {
        return Value::Null;
    }
    if text || Number::value_of(cell).is_none() {
        return Value::String(cell.to_owned());
    }
    match serde_json::from_str(&json_number(cell.trim())) {
        Ok(Value::Number(number)) => Value::Number(number),
        _ => Value::String(cell.to_owned()),
    }
}

/// A decimal number as JSON writes it: no plus, no zeros before it but one, digits on both sides of its point.
fn json_number(text: &str) -> String {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", text.strip_prefix('+').unwrap_or(text)),
    };
    let (mantissa, exponent) = digits.split_at(digits.find(['e', 'E']).unwrap_or(digits.len()));
    let (whole, fraction) = mantissa
        .split_once('.')
        .map_or((mantissa, None), |(whole, fraction)| {
            (whole, Some(fraction))
        });
    let whole = match whole.trim_start_matches('0') {
        "" => "0",
        whole => whole,
    };
    let fraction = match fraction {
        None => String::new(),
        Some("") => ".0".to_owned(),
        Some(fraction) => format!(".{fraction}"),
    };
    format!("{sign}{whole}{fraction}{exponent}")
}

/// JSON in one line; characters that a terminal could act on, or that nobody sees, are escaped.
pub fn json(value: &Value) -> String {
    let text = value.to_string();
    if text.is_ascii() {
        return text;
    }
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if is_hidden(c) {
            let mut units = [0; 2];
            for unit in c.encode_utf16(&mut units) {
                out += &format!("\\u{unit:04x}");
            }
        } else {
            out.push(c);
        }
    }
    out
}

fn csv_row<S: AsRef<str>>(cells: &[S]) -> String {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let written = writer.write_record(cells.iter().map(AsRef::as_ref));
    let bytes = written.ok().and_then(|()| writer.into_inner().ok());
    String::from_utf8(bytes.expect("a vector takes every write")).expect("texts in, text out")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_keep_their_digits_and_ids_stay_text() {
        let columns = [
            Column::text("exp_id"),
            Column::number("m"),
            Column::number("d"),
            Column::number("x"),
        ];
        let cells = ["007", "1.0730", "+0.10", ""].map(str::to_owned);
        assert_eq!(
            object(&columns, &cells),
            r#"{"exp_id":"007","m":1.0730,"d":0.10,"x":null}"#
        );
        assert_eq!(value("abc", false), Value::String("abc".into()));
        assert_eq!(value("1,5", false), Value::String("1,5".into()));
        for (cell, number) in [
            (".5", "0.5"),
            ("5.", "5.0"),
            ("+007.50", "7.50"),
            ("-.5e-3", "-0.5e-3"),
            ("000", "0"),
        ] {
            assert_eq!(json(&value(cell, false)), number, "{cell}");
        }
    }

    #[test]
    fn json_hides_nothing() {
        assert_eq!(
            json(&Value::from("a\u{9b}\u{202e}\u{e0041}ä")),
            r#""a\u009b\u202e\udb40\udc41ä""#
        );
    }
}
