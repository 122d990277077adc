//! One line of a comparison: for a person a text, for a script records, each with a value of every search.

use serde_json::{Map, Value as Json};

use crate::analysis::Rate;
use crate::output::json::value;

/// One figure of one search.
pub(super) struct Figure {
    pub(super) title: String,
    pub(super) text: String,
    pub(super) values: Vec<Value>,
    /// The index of the value that is compared in the table.
    pub(super) main: usize,
}

/// What a script gets of a figure; empty if the search does not have it.
#[derive(Default)]
pub(super) struct Value {
    pub(super) key: String,
    pub(super) cell: String,
    /// Whether the cell is text even if it looks like a number.
    pub(super) is_text: bool,
    /// The number of which the ratio to other searches is shown.
    pub(super) number: Option<f64>,
    pub(super) rate: Option<Rate>,
}

impl Figure {
    pub(super) fn new(title: &str, text: String, values: Vec<Value>) -> Self {
        Self {
            title: title.to_owned(),
            text,
            values,
            main: 0,
        }
    }
}

impl Value {
    /// A value without a ratio.
    pub(super) fn new(key: impl Into<String>, cell: String) -> Self {
        Self {
            key: key.into(),
            cell,
            ..Self::default()
        }
    }

    pub(super) fn number(key: impl Into<String>, number: Option<f64>) -> Self {
        Self {
            number,
            ..Self::new(key, number.map_or_else(String::new, decimal))
        }
    }

    pub(super) fn count(key: impl Into<String>, count: u64) -> Self {
        Self::number(key, Some(count as f64))
    }
}

/// The same figure of every search: one line of the table, and a record for each of its values.
pub(super) struct Line {
    /// The figure of a search without trials.
    pub(super) empty: Figure,
    pub(super) figures: Vec<Figure>,
}

impl Line {
    pub(super) fn records(&self) -> impl Iterator<Item = Record<'_>> {
        (0..self.empty.values.len()).map(|index| self.record(index))
    }

    fn record(&self, index: usize) -> Record<'_> {
        let figures = self.figures.iter();
        Record {
            key: &self.empty.values[index].key,
            values: figures.map(|figure| &figure.values[index]).collect(),
        }
    }

    /// How the searches differ.
    pub(super) fn remark(&self) -> String {
        let record = self.record(self.empty.main);
        match (record.differs(), record.ratio()) {
            (Some(true), _) => "differ".to_owned(),
            (Some(false), _) => "no clear difference".to_owned(),
            (None, Some(ratio)) if !record.is_rate() => times(ratio),
            (None, _) => String::new(),
        }
    }
}

/// One value of every search.
pub(super) struct Record<'a> {
    key: &'a str,
    values: Vec<&'a Value>,
}

impl Record<'_> {
    pub(super) fn to_json(&self, names: &[String]) -> Json {
        let mut object = Map::new();
        object.insert("measure".to_owned(), self.key.into());
        for (name, cell) in names.iter().zip(&self.values) {
            object.insert(name.clone(), value(&cell.cell, cell.is_text));
        }
        let ratio = self.ratio().map_or_else(String::new, decimal);
        object.insert("ratio".to_owned(), value(&ratio, false));
        object.insert("differs".to_owned(), self.differs().into());
        object.into()
    }

    pub(super) fn to_cells(&self) -> Vec<String> {
        let mut cells = vec![self.key.to_owned()];
        cells.extend(self.values.iter().map(|value| value.cell.clone()));
        cells.push(self.ratio().map_or_else(String::new, decimal));
        let differs = self.differs();
        cells.push(differs.map_or_else(String::new, |differs| differs.to_string()));
        cells
    }

    /// The largest number over the smallest, if all have the same sign and they are not equal.
    fn ratio(&self) -> Option<f64> {
        let numbers: Option<Vec<f64>> = self.values.iter().map(|value| value.number).collect();
        let numbers = numbers?;
        let has_one_sign = numbers.iter().all(|n| *n > 0.0) || numbers.iter().all(|n| *n < 0.0);
        let magnitudes = || numbers.iter().map(|number| number.abs());
        let ratio = magnitudes().fold(0.0, f64::max) / magnitudes().fold(f64::INFINITY, f64::min);
        (has_one_sign && ratio > 1.0 && ratio.is_finite()).then_some(ratio)
    }

    fn is_rate(&self) -> bool {
        self.values.iter().any(|value| value.rate.is_some())
    }

    /// Whether the highest rate differs from the lowest; `None` unless there are several.
    fn differs(&self) -> Option<bool> {
        let rates = self.values.iter().filter_map(|value| value.rate);
        let mut rates: Vec<(f64, Rate)> = rates
            .filter_map(|rate| Some((rate.value()?, rate)))
            .collect();
        rates.sort_by(|(a, _), (b, _)| a.total_cmp(b));
        match &rates[..] {
            [(_, lowest), .., (_, highest)] => highest.differs_from(*lowest),
            _ => None,
        }
    }
}

/// A ratio in a table, if it is not almost 1.
fn times(ratio: f64) -> String {
    match ratio {
        1e6.. => format!("{ratio:.1e} ×"),
        100.0.. => format!("{ratio:.0} ×"),
        1.05.. => format!("{ratio:.1} ×"),
        _ => String::new(),
    }
}

/// A number with at most four decimals, or as it is if that would change it much.
pub(super) fn decimal(number: f64) -> String {
    if number != 0.0 && !(1e-3..1e15).contains(&number.abs()) {
        return format!("{number:e}");
    }
    let text = format!("{number:.4}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}
