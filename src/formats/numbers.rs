//! Numbers as people write them.

use super::{
    Table, plan,
    roles::{MAGNITUDES, SENTINELS},
    words,
};
use crate::log::Number;

/// How the numbers of a column are written, which one cell alone may not show.
#[derive(Default)]
pub(super) struct Form {
    /// `1,234` is a little more than one.
    decimal_comma: bool,
    /// What stands behind the number of every cell, but of those that stand for none: the `/50` of `27/50`, a unit.
    unit: String,
    /// What percentages are that stand among plain numbers.
    pub(super) percent: Percent,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Percent {
    /// There are none, or no other numbers.
    #[default]
    Alone,
    /// The plain numbers are parts of one: 92% is 0.92 among them.
    Hundredths,
    /// The plain numbers may be anything.
    Mixed,
}

impl Form {
    pub(super) fn of(table: &Table, column: usize) -> Self {
        let cells = || plan::cells(table, column).filter(|cell| !words::is_nothing(cell));
        let is_sentinel =
            |cell: &str| Number::value_of(cell).is_some_and(|value| SENTINELS.contains(&value));
        let unit = common_unit(cells().filter(|cell| !is_sentinel(cell)).map(bare));
        let number = |cell| without(bare(cell), &unit);
        let has_decimals = cells().any(|cell| is_decimal(number(cell)));
        let decimal_comma = has_decimals
            || table.separator == ';' && !cells().any(|cell| number(cell).contains('.'));
        let percent = Percent::of(cells().filter(|cell| !is_sentinel(cell)));
        Self {
            decimal_comma,
            unit,
            percent,
        }
    }

    pub(super) fn has_unit(&self) -> bool {
        !self.unit.is_empty()
    }

    /// The number of a cell of such a column, as text and as value.
    pub(super) fn number(&self, cell: &str) -> Option<(String, f64)> {
        let text = without(bare(cell), &self.unit);
        let (grouped, decimal) = (
            || text.replace(',', ""),
            || text.replace('.', "").replace(',', "."),
        );
        let text = match (text.find(','), text.find('.')) {
            (Some(comma), Some(point)) if comma < point && are_groups(&text[..point], ',') => {
                grouped()
            }
            (Some(_), Some(_)) if is_decimal(text) => decimal(),
            (Some(_), None) if !self.decimal_comma && are_groups(text, ',') => grouped(),
            (None, Some(_)) if self.decimal_comma && are_groups(text, '.') => decimal(),
            (Some(_), None) => decimal(),
            (None, _) => text.to_owned(),
            _ => return None,
        };
        let text = text.replace('−', "-");
        if self.percent == Percent::Hundredths && is_percent(cell) {
            let value: f64 = format!("{text}e-2").parse().ok()?; // as decimals are: 92.5% is 0.925 to the digit
            return Some((value.to_string(), value));
        }
        Number::value_of(&text).map(|value| (text, value))
    }
}

impl Percent {
    fn of<'c>(cells: impl Iterator<Item = &'c str>) -> Self {
        let (percents, plain): (Vec<&str>, Vec<&str>) = cells.partition(|cell| is_percent(cell));
        let plain: Vec<f64> = plain
            .into_iter()
            .filter_map(|cell| Some(number(cell)?.1))
            .collect();
        match () {
            () if percents.is_empty() || plain.is_empty() => Self::Alone,
            () if plain.iter().all(|value| value.abs() <= 1.0) => Self::Hundredths,
            () => Self::Mixed,
        }
    }
}

/// What stands behind every number, or behind some while the others are plain. A part of a whole, or of thousands, is not
/// what a plain number is.
fn common_unit<'c>(cells: impl Iterator<Item = &'c str>) -> String {
    let mut common: Option<&str> = None;
    let mut has_plain = false;
    for cell in cells {
        match unit(cell) {
            "" => has_plain = true,
            unit if common.is_some_and(|common| common != unit) => return String::new(),
            unit => common = Some(unit),
        }
        if unit(cell).is_empty() && number(cell).is_none() {
            return String::new();
        }
    }
    let is_large =
        |unit: &str| unit.starts_with('/') || words::has(MAGNITUDES, &unit.trim().to_lowercase());
    common
        .filter(|unit| !has_plain || !is_large(unit))
        .unwrap_or_default()
        .to_owned()
}

/// A number that stands by itself: `1,234.5`, `0,853`, `85.3%` and `≈0.9` are numbers, too.
pub(super) fn number(cell: &str) -> Option<(String, f64)> {
    Form::default().number(cell)
}

/// A number without what stands around it: marks of emphasis or that it is about so, its percent sign, its error, a word in
/// brackets behind it.
fn bare(cell: &str) -> &str {
    let cell = marked(cell);
    cell.strip_suffix('%').unwrap_or(cell).trim_end()
}

pub(super) fn is_percent(cell: &str) -> bool {
    marked(cell).ends_with('%')
}

fn marked(cell: &str) -> &str {
    let cell = cell
        .trim()
        .trim_matches(['*', '`'])
        .trim_start_matches(['≈', '~'])
        .trim_start();
    let cell = ["±", "+/-"]
        .iter()
        .find_map(|mark| Some(cell.split_once(mark)?.0))
        .unwrap_or(cell)
        .trim_end();
    let aside = cell
        .find(['(', '['])
        .filter(|&at| at > 0 && cell.ends_with([')', ']']));
    cell[..aside.unwrap_or(cell.len())]
        .trim_end()
        .trim_end_matches(['†', '‡', '*', '★', '↑', '↓'])
        .trim_end()
}

/// What stands behind a number: a unit, or the whole that it is a part of.
fn unit(text: &str) -> &str {
    let end = text
        .find(|c: char| !c.is_ascii_digit() && !"+-−.,eE".contains(c))
        .unwrap_or(text.len());
    let (number, unit) = text.split_at(text[..end].trim_end_matches(['e', 'E']).len());
    let is_one = !unit.contains(|c: char| c.is_ascii_digit()) || unit.starts_with('/');
    if number.is_empty() || !is_one {
        ""
    } else {
        unit
    }
}

fn without<'c>(text: &'c str, unit: &str) -> &'c str {
    text.strip_suffix(unit).unwrap_or(text).trim_end()
}

/// Whether a comma can only stand before decimals: `0,853`, `12,5` and `1.234,5`.
fn is_decimal(text: &str) -> bool {
    let Some((whole, decimals)) = text.split_once(',') else {
        return false;
    };
    let is_whole = if whole.contains('.') {
        are_groups(whole, '.')
    } else {
        !are_groups(text, ',')
    };
    is_whole && Number::value_of(&format!("{}.{decimals}", whole.replace('.', ""))).is_some()
}

/// Whether digits stand in groups of three, the first of which is one to three without a leading zero.
fn are_groups(text: &str, mark: char) -> bool {
    let mut groups = text.trim_start_matches(['+', '-', '−']).split(mark);
    let first = groups.next().unwrap_or_default();
    let is_first = (1..=3).contains(&first.len()) && !first.starts_with('0');
    is_first && groups.all(|group| group.len() == 3 && group.bytes().all(|b| b.is_ascii_digit()))
}
