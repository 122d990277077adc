//! Parses numbers as people write them.

use super::table::ExternalLog;
use crate::log::{Number, has_word};

/// Numbers that mean "no score" if a trial has failed.
const SENTINELS: [f64; 14] = [
    0.0, -1.0, 99.0, 999.0, 9999.0, 99_999.0, 999_999.0, -999.0, -9999.0, 1e6, 1e9, 1e10, 1e12,
    -1e9,
];
/// Units that multiply: a number with one cannot be compared with a plain number.
const MAGNITUDES: &str = "k m g t b kb mb gb tb kib mib gib mn bn";
/// Cells that mean "nothing".
const EMPTY_WORDS: &str = "- -- — – n/a na nan none null nil ? error fail failed crash pending running queued tbd \
     inf -inf infinity -infinity oom timeout skip skipped";

/// Whether a cell means "nothing".
pub(super) fn is_empty_word(cell: &str) -> bool {
    cell.is_empty() || has_word(EMPTY_WORDS, &cell.to_lowercase())
}

pub(super) fn is_sentinel(value: f64) -> bool {
    SENTINELS.contains(&value)
}

/// How the numbers of a column are written, which a single cell does not show.
#[derive(Default)]
pub(super) struct NumberFormat {
    /// `1,234` is a little more than one.
    has_decimal_comma: bool,
    /// What follows the number in each cell: a unit, or the `/50` of `27/50`.
    unit: String,
    pub(super) percentages: Percentages,
}

/// Whether a column has percentages among plain numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Percentages {
    #[default]
    NotMixed,
    /// The plain numbers are at most 1, so that 92% is 0.92.
    AmongFractions,
    AmongOthers,
}

impl NumberFormat {
    pub(super) fn of(log: &ExternalLog, column: usize) -> Self {
        let mut cells: Vec<&str> = log.cells(column).collect();
        cells.retain(|cell| !is_empty_word(cell));
        let mut scores = cells.clone();
        scores.retain(|cell| !Number::value_of(cell).is_some_and(is_sentinel));
        let unit = common_unit(&scores);
        let numbers: Vec<&str> = cells.iter().map(|cell| strip(cell, &unit)).collect();
        let has_point = numbers.iter().any(|number| number.contains('.'));
        Self {
            has_decimal_comma: numbers.iter().any(|number| has_decimal_comma(number))
                || log.separator == ';' && !has_point,
            percentages: find_percentages(&scores),
            unit,
        }
    }

    /// The number of a cell, as text and as value.
    pub(super) fn parse(&self, cell: &str) -> Option<(String, f64)> {
        let text = self.normalize(strip(cell, &self.unit))?.replace('−', "-");
        if self.percentages == Percentages::AmongFractions && is_percentage(cell) {
            let value: f64 = format!("{text}e-2").parse().ok()?; // exact, unlike a division
            return Some((value.to_string(), value));
        }
        let value = Number::value_of(&text)?;
        Some((text, value))
    }

    /// The number without marks between groups of digits, and with a point before the decimals.
    fn normalize(&self, text: &str) -> Option<String> {
        let without_commas = || text.replace(',', "");
        let with_point = || text.replace('.', "").replace(',', ".");
        Some(match (text.find(','), text.find('.')) {
            (None, Some(_)) if self.has_decimal_comma && are_groups(text, '.') => with_point(),
            (None, _) => text.to_owned(),
            (Some(_), None) if !self.has_decimal_comma && are_groups(text, ',') => without_commas(),
            (Some(_), None) => with_point(),
            (Some(comma), Some(point)) if comma < point && are_groups(&text[..point], ',') => {
                without_commas()
            }
            _ if has_decimal_comma(text) => with_point(),
            _ => return None,
        })
    }
}

/// A number by itself: `1,234.5`, `0,853`, `85.3%` and `≈0.9` are numbers, too.
pub(super) fn parse_number(cell: &str) -> Option<(String, f64)> {
    NumberFormat::default().parse(cell)
}

pub(super) fn is_percentage(cell: &str) -> bool {
    strip_marks(cell).ends_with('%')
}

fn find_percentages(cells: &[&str]) -> Percentages {
    let (percentages, plain): (Vec<&str>, Vec<&str>) =
        cells.iter().partition(|cell| is_percentage(cell));
    let plain: Vec<f64> = plain
        .iter()
        .filter_map(|cell| Some(parse_number(cell)?.1))
        .collect();
    if percentages.is_empty() || plain.is_empty() {
        Percentages::NotMixed
    } else if plain.iter().all(|value| value.abs() <= 1.0) {
        Percentages::AmongFractions
    } else {
        Percentages::AmongOthers
    }
}

/// The unit of all cells, or of some if the others are plain numbers.
fn common_unit(cells: &[&str]) -> String {
    let mut common = "";
    let mut has_plain = false;
    for cell in cells {
        let unit = unit_of(strip(cell, ""));
        if unit.is_empty() {
            if parse_number(cell).is_none() {
                return String::new();
            }
            has_plain = true;
        } else if common.is_empty() {
            common = unit;
        } else if unit != common {
            return String::new();
        }
    }
    let multiplies = common.starts_with('/') || has_word(MAGNITUDES, &common.trim().to_lowercase());
    if has_plain && multiplies {
        String::new()
    } else {
        common.to_owned()
    }
}

/// What follows the number: a unit, or the whole that it is a part of.
fn unit_of(text: &str) -> &str {
    let is_numeric = |c: char| c.is_ascii_digit() || "+-−.,eE".contains(c);
    let end = text.find(|c| !is_numeric(c)).unwrap_or(text.len());
    let number = text[..end].trim_end_matches(['e', 'E']);
    let unit = &text[number.len()..];
    let has_digit = unit.contains(|c: char| c.is_ascii_digit());
    if number.is_empty() || has_digit && !unit.starts_with('/') {
        ""
    } else {
        unit
    }
}

/// The number of a cell without its marks, its percent sign and its unit.
fn strip<'c>(cell: &'c str, unit: &str) -> &'c str {
    let cell = strip_marks(cell);
    let cell = cell.strip_suffix('%').unwrap_or(cell).trim_end();
    cell.strip_suffix(unit).unwrap_or(cell).trim_end()
}

/// A cell without emphasis, signs of approximation, an error (`± 0.1`) and words in brackets after it.
fn strip_marks(cell: &str) -> &str {
    let cell = cell.trim().trim_matches(['*', '`']);
    let mut cell = cell.trim_start_matches(['≈', '~']).trim_start();
    for sign in ["±", "+/-"] {
        cell = cell.split_once(sign).map_or(cell, |(number, _)| number);
    }
    cell = cell.trim_end();
    if cell.ends_with([')', ']'])
        && let Some(at) = cell.find(['(', '[']).filter(|&at| at > 0)
    {
        cell = cell[..at].trim_end();
    }
    cell.trim_end_matches(['†', '‡', '*', '★', '↑', '↓'])
        .trim_end()
}

/// Whether a comma can only be before decimals: `0,853`, `12,5` and `1.234,5`.
fn has_decimal_comma(text: &str) -> bool {
    let Some((whole, decimals)) = text.split_once(',') else {
        return false;
    };
    let is_decimal = if whole.contains('.') {
        are_groups(whole, '.')
    } else {
        !are_groups(text, ',')
    };
    let number = format!("{}.{decimals}", whole.replace('.', ""));
    is_decimal && Number::value_of(&number).is_some()
}

/// Whether a mark separates groups of three digits; the first has one to three and no leading zero.
fn are_groups(text: &str, mark: char) -> bool {
    let mut groups = text.trim_start_matches(['+', '-', '−']).split(mark);
    let first = groups.next().unwrap_or_default();
    let is_group =
        |group: &str| group.len() == 3 && group.bytes().all(|byte| byte.is_ascii_digit());
    (1..=3).contains(&first.len()) && !first.starts_with('0') && groups.all(is_group)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_parsed_as_people_write_them() {
        for (cell, value) in [
            ("1,234.5", 1234.5),
            ("0,853", 0.853),
            ("85.3%", 85.3),
            ("**0.91** (new best)", 0.91),
            ("≈0.9 ± 0.1", 0.9),
            ("−0.5", -0.5),
        ] {
            assert_eq!(
                parse_number(cell).map(|(_, value)| value),
                Some(value),
                "{cell}"
            );
        }
        for cell in ["", "27/50", "1.1M", "x", "1,23,4"] {
            assert_eq!(parse_number(cell), None, "{cell}");
        }
    }
}
