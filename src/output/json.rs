//! Cells as JSON: numbers keep their digits, empty cells are `null`, hidden characters are escaped.

use serde_json::Value;

use super::columns::{Column, cells, columns, pick};
use crate::log::{Number, Row, Trial};
use crate::text::is_hidden;

/// A trial as a JSON object under the columns' own names.
pub fn row_value(trial: &Trial) -> Value {
    let row = trial.row();
    object(&columns(row.schema), &cells(&row))
}

/// These columns of a trial as a JSON object.
pub fn chosen_value(row: &Row, chosen: &[usize]) -> Value {
    let columns = pick(chosen, &columns(row.schema));
    object(&columns, &pick(chosen, &cells(row)))
}

pub fn object(columns: &[Column], cells: &[String]) -> Value {
    let cells = columns.iter().zip(cells);
    let pairs = cells.map(|(column, cell)| (column.name.clone(), value(cell, column.is_text)));
    Value::Object(pairs.collect())
}

/// A cell as a JSON value: a number if it is one and its column is not text.
pub fn value(cell: &str, is_text: bool) -> Value {
    if cell.is_empty() {
        return Value::Null;
    }
    if !is_text
        && Number::value_of(cell).is_some()
        && let Ok(number) = serde_json::from_str(&json_number(cell.trim()))
    {
        return Value::Number(number);
    }
    Value::String(cell.to_owned())
}

/// A decimal number in JSON's notation: no plus, no leading zeros, digits on both sides of the point.
fn json_number(text: &str) -> String {
    let unsigned = text.trim_start_matches(['+', '-']);
    let sign = if text.starts_with('-') { "-" } else { "" };
    let (mantissa, exponent) = match unsigned.find(['e', 'E']) {
        Some(at) => unsigned.split_at(at),
        None => (unsigned, ""),
    };
    let (whole, fraction) = match mantissa.split_once('.') {
        Some((whole, "")) => (whole, ".0".to_owned()),
        Some((whole, fraction)) => (whole, format!(".{fraction}")),
        None => (mantissa, String::new()),
    };
    let whole = whole.trim_start_matches('0');
    let whole = if whole.is_empty() { "0" } else { whole };
    format!("{sign}{whole}{fraction}{exponent}")
}

/// JSON in one line; characters that are invisible or that a terminal could act on are escaped.
pub fn json(value: &Value) -> String {
    let text = value.to_string();
    if !text.chars().any(is_hidden) {
        return text;
    }
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if is_hidden(c) {
            for unit in c.encode_utf16(&mut [0; 2]) {
                out += &format!("\\u{unit:04x}");
            }
        } else {
            out.push(c);
        }
    }
    out
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
            json(&object(&columns, &cells)),
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
    fn hidden_characters_are_escaped() {
        assert_eq!(
            json(&Value::from("a\u{9b}\u{202e}\u{e0041}ä")),
            r#""a\u009b\u202e\udb40\udc41ä""#
        );
    }
}
