//! Parses numbers as people write them. How a column writes its numbers is learned from all of its cells.

use crate::log::{Number, has_word};

/// Numbers that mean "no score" if a trial has failed.
const SENTINELS: [f64; 14] = [
    0.0, -1.0, 99.0, 999.0, 9999.0, 99_999.0, 999_999.0, -999.0, -9999.0, 1e6, 1e9, 1e10, 1e12,
    -1e9,
];
/// Cells that mean "nothing".
const EMPTY_WORDS: &str = "- -- — – n/a na nan none null nil ? error fail failed crash pending running queued tbd \
     inf -inf infinity -infinity oom timeout skip skipped open <na> nat";
/// Those of them that say that the trial has not ended.
const UNFINISHED_WORDS: &str = "pending running queued";

/// Whether a cell means "nothing".
pub(crate) fn is_empty_word(cell: &str) -> bool {
    cell.is_empty() || cell.len() < 12 && has_word(EMPTY_WORDS, &cell.to_lowercase())
}

/// Whether a cell says that the trial has not ended.
pub(crate) fn is_unfinished(cell: &str) -> bool {
    has_word(UNFINISHED_WORDS, &cell.to_lowercase())
}

pub(crate) fn is_sentinel(value: f64) -> bool {
    SENTINELS.contains(&value)
}

/// How the numbers of a column are written, which a single cell does not show.
#[derive(Clone, Debug, Default)]
#[allow(
    clippy::struct_excessive_bools,
    reason = "each is one fact about the cells"
)]
pub(crate) struct NumberFormat {
    /// `1,234` is a little more than one.
    has_decimal_comma: bool,
    has_point: bool,
    /// What follows the numbers: a unit, or the `/50` of `27/50`; the first, if there are several.
    unit: Option<String>,
    has_several_units: bool,
    has_plain: bool,
    /// Whether a plain number is larger than 1.
    has_large: bool,
}

impl NumberFormat {
    /// Learns from one cell. Returns whether it begins with a number.
    pub(crate) fn observe(&mut self, cell: &str) -> bool {
        let Some((number, unit)) = split_number(cell) else {
            return false;
        };
        self.has_decimal_comma |= has_decimal_comma(number);
        self.has_point |= number.contains('.');
        let value = Number::value_of(&number.replace(',', ""));
        if unit.is_empty() {
            // `0` is written for a crash in a column of `27/50`.
            self.has_plain |= !value.is_some_and(is_sentinel);
            self.has_large |= value.is_some_and(|value| value.abs() > 1.0 && !is_sentinel(value));
        } else if let Some(own) = &self.unit {
            self.has_several_units |= own != unit;
        } else {
            self.unit = Some(unit.to_owned());
        }
        true
    }

    /// Of cells that are separated by semicolons, commas are before decimals.
    pub(crate) fn prefer_decimal_comma(&mut self) {
        self.has_decimal_comma |= !self.has_point;
    }

    /// Whether percentages are among plain numbers of at most 1, so that 92% is 0.92; `None` if there is no such mixture.
    pub(crate) fn scales_percentages(&self) -> Option<bool> {
        let is_mixed = self.unit.as_deref() == Some("%") && self.has_plain;
        is_mixed.then_some(!self.has_large)
    }

    pub(crate) fn value(&self, cell: &str) -> Option<f64> {
        match Number::value_of(cell) {
            Some(value) if !self.has_decimal_comma => Some(value),
            _ => Some(self.parse(cell)?.1),
        }
    }

    /// The number of a cell, as text and as value.
    pub(crate) fn parse(&self, cell: &str) -> Option<(String, f64)> {
        let (number, unit) = split_number(cell)?;
        let text = self.normalize(number)?.replace('−', "-");
        let text = text.trim_start_matches('+').to_owned();
        if unit.is_empty() {
            return with_value(text);
        }
        let is_mixed = self.has_plain || self.has_several_units;
        if let Some(whole) = unit.strip_prefix('/').filter(|_| is_mixed) {
            let share = Number::value_of(&text)? / Number::value_of(whole.trim())?;
            // Among other numbers, `223/90` are two figures.
            return with_value(share.to_string()).filter(|_| share <= 1.0 || !self.has_plain);
        }
        match magnitude(unit) {
            Some(exponent) if is_mixed => scale(&text, exponent),
            _ if self.scales_percentages() == Some(true) && unit == "%" => scale(&text, -2),
            _ if self.has_several_units && unit != "%" => None,
            _ => with_value(text),
        }
    }

    /// The number without marks between groups of digits, and with a point before the decimals.
    fn normalize(&self, text: &str) -> Option<String> {
        let is_grouped = match (text.find(','), text.find('.')) {
            (None, Some(_)) => !(self.has_decimal_comma && are_groups(text, '.')),
            (None, None) => true,
            (Some(_), None) => !self.has_decimal_comma && are_groups(text, ','),
            (Some(comma), Some(point)) => comma < point && are_groups(&text[..point], ','),
        };
        if is_grouped {
            return Some(text.replace([',', '\'', '_'], ""));
        }
        let is_decimal = !text.contains('.') && text.matches(',').count() == 1;
        let is_decimal = is_decimal || !text.contains(',') || has_decimal_comma(text);
        is_decimal.then(|| text.replace('.', "").replace(',', "."))
    }
}

/// A number by itself: `1,234.5`, `0,853`, `85.3%` and `≈0.9` are numbers, too.
pub(crate) fn parse_number(cell: &str) -> Option<f64> {
    NumberFormat::default().value(cell)
}

pub(crate) fn is_percentage(cell: &str) -> bool {
    split_number(cell).is_some_and(|(_, unit)| unit == "%")
}

fn with_value(text: String) -> Option<(String, f64)> {
    let value = Number::value_of(&text)?;
    Some((text, value))
}

/// Multiplies by a power of ten, exactly.
fn scale(text: &str, exponent: i32) -> Option<(String, f64)> {
    let value: f64 = format!("{text}e{exponent}").parse().ok()?;
    with_value(value.to_string())
}

fn magnitude(unit: &str) -> Option<i32> {
    match unit {
        "k" => Some(3),
        "M" | "m" | "mn" => Some(6),
        "G" | "B" | "b" | "bn" => Some(9),
        "T" | "t" => Some(12),
        _ => None,
    }
}

/// The number and what follows it: a unit, or the whole that it is a part of.
fn split_number(cell: &str) -> Option<(&str, &str)> {
    let cell = strip_marks(cell);
    let cell = split_name(cell).map_or(cell, |(_, number)| number);
    let is_numeric = |c: char| c.is_ascii_digit() || "+-−.,'_eE".contains(c);
    let end = cell.find(|c| !is_numeric(c)).unwrap_or(cell.len());
    let number = cell[..end].trim_end_matches(['e', 'E', '_']);
    let unit = cell[number.len()..].trim();
    let (unit, _) = unit.split_once('@').unwrap_or((unit, "")); // `tps@8streams`: after it, how it was measured
    let is_word =
        unit.len() <= 16 && !unit.contains(|c: char| c.is_whitespace() || c.is_ascii_digit());
    let is_whole = unit.starts_with('/') && Number::value_of(&unit[1..]).is_some();
    let starts_right = number.starts_with(|c: char| c.is_ascii_digit() || "+-−.".contains(c));
    let is_number = starts_right && number.contains(|c: char| c.is_ascii_digit());
    (is_number && (is_word || is_whole)).then_some((number, unit))
}

/// A cell without emphasis, signs of approximation, an error (`± 0.1`) and words in brackets after it.
fn strip_marks(cell: &str) -> &str {
    let cell = cell.trim().trim_matches(['*', '`', '$', '"']);
    let mut cell = cell.trim_start_matches(['≈', '~', '$', ' ']);
    for sign in ["±", "+/-"] {
        cell = cell.split_once(sign).map_or(cell, |(number, _)| number);
    }
    cell = cell.trim_end();
    if cell.ends_with([')', ']'])
        && let Some(at) = cell.find(['(', '[']).filter(|&at| at > 0)
    {
        cell = &cell[..at];
    }
    let is_mark = |c: char| "*` ".contains(c) || !c.is_ascii() && !c.is_alphanumeric();
    cell.trim_end_matches(is_mark)
}

/// The name and the number of `tests=1704`.
pub(crate) fn split_name(cell: &str) -> Option<(&str, &str)> {
    let (name, number) = cell.split_once('=')?;
    let name = name.trim();
    let is_name = name.starts_with(char::is_alphabetic)
        && name.chars().all(|c| c.is_alphanumeric() || c == '_');
    is_name.then_some((name, number.trim()))
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
    is_decimal && Number::value_of(&format!("{}.{decimals}", whole.replace('.', ""))).is_some()
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
            ("+12", 12.0),
            ("27/50", 27.0),
            ("1.1M", 1.1),
            ("tests=1704", 1704.0),
            ("12.5s", 12.5),
            ("1_000", 1000.0),
            ("1'234.5", 1234.5),
            ("1e-3", 1e-3),
            ("$3.50", 3.5),
            ("**0.86** ⭐", 0.86),
            ("1223.2 tps@6streams", 1223.2),
        ] {
            let found = parse_number(cell);
            assert_eq!(found, Some(value), "{cell}");
        }
        for cell in [
            "",
            "x",
            "1,23,4",
            "1.2.3",
            "2026-01-01",
            "10x8",
            "v2",
            "3 of the best",
            "a1",
            "e5",
        ] {
            assert_eq!(parse_number(cell), None, "{cell}");
        }
    }

    #[test]
    fn the_other_cells_of_a_column_decide_what_a_number_means() {
        for (cells, cell, value) in [
            ("1,234 0,812", "1,234", 1.234),
            ("1,234 812", "1,234", 1234.0),
            ("1.234,5 2.000", "2.000", 2000.0),
            ("0.90 92%", "92%", 0.92),
            ("90 92%", "92%", 92.0),
            ("27/50 9/40", "9/40", 0.225),
            ("980000 1.1M", "1.1M", 1_100_000.0),
            ("900k 1.1M", "900k", 900_000.0),
            ("1.0 1.8x", "1.8x", 1.8),
            ("various 12.5s", "12.5s", 12.5),
        ] {
            let mut format = NumberFormat::default();
            for cell in cells.split(' ') {
                format.observe(cell);
            }
            let found = format.parse(cell).map(|(_, value)| value);
            assert_eq!(found, Some(value), "{cell} among {cells}");
        }
    }
}
