//! Numbers as people write them.

use super::{Table, plan, words};
use crate::trial::Number;

/// How the numbers of a column are written, which one cell alone may not show.
#[derive(Default)]
pub(super) struct Form {
    /// `1,234` is a little more than one.
    decimal_comma: bool,
    /// Every cell is so many of the same number: of `27/50`, it is `/50`.
    out_of: String,
}

impl Form {
    pub(super) fn of(table: &Table, column: usize) -> Self {
        let cells = || plan::cells(table, column).filter(|cell| !words::is_nothing(cell));
        let has_decimals = || cells().any(|cell| is_decimal(bare(cell)));
        let has_points = || cells().any(|cell| cell.contains('.'));
        let decimal_comma = has_decimals() || table.separator == ';' && !has_points();
        let mut parts = cells().map(|cell| cell.find('/').map(|at| cell.split_at(at)));
        let out_of = match parts.next().flatten() {
            Some((_, out_of)) if parts.all(|part| part.is_some_and(|(_, other)| other == out_of)) => out_of,
            _ => "",
        };
        let is_count = Number::value_of(out_of.trim_start_matches('/')).is_some_and(|all| all > 0.0);
        Self { decimal_comma, out_of: if is_count { out_of.to_owned() } else { String::new() } }
    }

    /// The number of a cell of such a column, as text and as value.
    pub(super) fn number(&self, cell: &str) -> Option<(String, f64)> {
        let text = bare(cell.strip_suffix(&*self.out_of).unwrap_or(cell));
        let grouped = || text.replace(',', "");
        let text = match (text.find(','), text.find('.')) {
            (None, _) => text.to_owned(),
            (Some(comma), Some(point)) if comma < point && are_groups(&text[..point], ',') => grouped(),
            (Some(comma), Some(_)) if are_groups(&text[..comma], '.') => text.replace('.', "").replace(',', "."),
            (Some(_), None) if !self.decimal_comma && are_groups(text, ',') => grouped(),
            (Some(_), None) => text.replace(',', "."),
            _ => return None,
        };
        Number::value_of(&text).map(|value| (text, value))
    }
}

/// A number that stands by itself: `1,234.5`, `0,853`, `85.3%` and `≈0.9` are numbers, too.
pub(super) fn number(cell: &str) -> Option<(String, f64)> {
    Form::default().number(cell)
}

/// A number without what stands around it: a mark that it is about so, its percent sign, its error.
fn bare(cell: &str) -> &str {
    let cell = cell.trim().trim_start_matches(['≈', '~']).trim_start();
    let cell = ["±", "+/-"].iter().find_map(|mark| Some(cell.split_once(mark)?.0)).unwrap_or(cell).trim_end();
    cell.strip_suffix('%').unwrap_or(cell).trim_end()
}

/// Whether a comma can only stand before decimals: `0,853` and `12,5`.
fn is_decimal(text: &str) -> bool {
    let is_number = || Number::value_of(&text.replace(',', ".")).is_some();
    text.matches(',').count() == 1 && !text.contains('.') && !are_groups(text, ',') && is_number()
}

/// Whether digits stand in groups of three, the first of which is one to three without a leading zero.
fn are_groups(text: &str, mark: char) -> bool {
    let mut groups = text.trim_start_matches(['+', '-']).split(mark);
    let first = groups.next().unwrap_or_default();
    let is_first = (1..=3).contains(&first.len()) && !first.starts_with('0');
    is_first && groups.all(|group| group.len() == 3 && group.bytes().all(|b| b.is_ascii_digit()))
}
