//! One line of a comparison: for a person a text, for a script a record, in the column of each search.

use serde_json::{Map, Value};

use crate::output::json::value;

/// One line of the table, and the records that say the same.
pub(super) struct Line {
    pub(super) title: String,
    pub(super) texts: Vec<String>,
    pub(super) remark: String,
    pub(super) records: Vec<Record>,
}

/// One figure of every search; a cell is empty if a search does not have it.
pub(super) struct Record {
    key: String,
    cells: Vec<String>,
    /// Whether the cells are text even if they look like numbers.
    pub(super) is_text: bool,
    pub(super) ratio: Option<f64>,
    pub(super) differs: Option<bool>,
}

impl Record {
    pub(super) fn new(key: impl Into<String>, cells: Vec<String>) -> Self {
        Self {
            key: key.into(),
            cells,
            is_text: false,
            ratio: None,
            differs: None,
        }
    }

    /// A record of numbers, with their ratio.
    pub(super) fn of_numbers(key: impl Into<String>, numbers: &[Option<f64>]) -> Self {
        let cells = numbers
            .iter()
            .map(|number| number.map_or_else(String::new, decimal));
        let mut record = Self::new(key, cells.collect());
        record.ratio = find_ratio(numbers);
        record
    }

    pub(super) fn to_json(&self, names: &[String]) -> Value {
        let mut object = Map::new();
        object.insert("measure".to_owned(), self.key.as_str().into());
        for (name, cell) in names.iter().zip(&self.cells) {
            object.insert(name.clone(), value(cell, self.is_text));
        }
        let ratio = self.ratio.map_or_else(String::new, decimal);
        object.insert("ratio".to_owned(), value(&ratio, false));
        object.insert("differs".to_owned(), self.differs.into());
        object.into()
    }

    pub(super) fn into_cells(self) -> Vec<String> {
        let mut cells = vec![self.key];
        cells.extend(self.cells);
        cells.push(self.ratio.map_or_else(String::new, decimal));
        cells.push(
            self.differs
                .map_or_else(String::new, |differs| differs.to_string()),
        );
        cells
    }
}

impl Line {
    /// A line whose remark is the ratio of the first record.
    pub(super) fn new(title: &str, texts: Vec<String>, records: Vec<Record>) -> Self {
        Self {
            title: title.to_owned(),
            texts,
            remark: times(records[0].ratio),
            records,
        }
    }
}

/// The largest number over the smallest, if all have the same sign and they are not equal.
pub(super) fn find_ratio(numbers: &[Option<f64>]) -> Option<f64> {
    let numbers: Option<Vec<f64>> = numbers.iter().copied().collect();
    let numbers = numbers?;
    let has_one_sign = numbers.iter().all(|n| *n > 0.0) || numbers.iter().all(|n| *n < 0.0);
    let magnitudes = || numbers.iter().map(|number| number.abs());
    let ratio = magnitudes().fold(0.0, f64::max) / magnitudes().fold(f64::INFINITY, f64::min);
    (has_one_sign && ratio > 1.0 && ratio.is_finite()).then_some(ratio)
}

/// A ratio in a table, if it is not almost 1.
pub(super) fn times(ratio: Option<f64>) -> String {
    match ratio {
        Some(ratio) if ratio >= 1e6 => format!("{ratio:.1e} ×"),
        Some(ratio) if ratio >= 100.0 => format!("{ratio:.0} ×"),
        Some(ratio) if ratio >= 1.05 => format!("{ratio:.1} ×"),
        _ => String::new(),
    }
}

/// A number with at most four decimals, or as it is if that would change it much.
fn decimal(number: f64) -> String {
    if number != 0.0 && !(1e-3..1e15).contains(&number.abs()) {
        return format!("{number:e}");
    }
    let text = format!("{number:.4}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

pub(super) fn to_numbers(counts: &[u64]) -> Vec<Option<f64>> {
    counts.iter().map(|&count| Some(to_number(count))).collect()
}

#[allow(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
pub(super) fn to_number(count: u64) -> f64 {
    count as f64
}
