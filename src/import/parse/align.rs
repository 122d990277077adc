//! Fits rows with more cells than columns.

use crate::import::words::{
    number::parse_number,
    verdicts::{VerdictKind, parse_verdict},
};

/// What the cells of a column are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Number,
    Verdict,
    Text,
    Other,
}

/// Joins the parts of a text, or moves the cells without a column to the end, whichever leaves numbers and verdicts in their
/// columns. Without an answer the last cells are left over.
pub(crate) fn align(
    mut cells: Vec<String>,
    width: usize,
    kinds: &[Kind],
    separator: char,
) -> Vec<String> {
    let extra = cells.len() - width;
    let mut before = vec![0; width + 1];
    let mut after = vec![0; width + 1];
    for column in 0..width {
        before[column + 1] = before[column] + fit(&cells[column], kinds.get(column));
        let at = width - 1 - column;
        after[at] = after[at + 1] + fit(&cells[at + extra], kinds.get(at));
    }
    // The surplus begins in this column; it is a part of its text, or is left over.
    let mut best = (before[width], width, false);
    for column in (0..width).rev() {
        let surplus = &cells[column..column + extra];
        let is_blank = surplus.iter().all(|cell| cell.trim().is_empty());
        let removed = before[column] + after[column] - 2 + i32::from(is_blank);
        if removed > best.0 {
            best = (removed, column, false);
        }
        let joined = before[column] + after[column + 1] + 1;
        if kinds.get(column) == Some(&Kind::Text) && joined > best.0 {
            best = (joined, column, true);
        }
    }
    let (_, column, is_joined) = best;
    let count = extra + usize::from(is_joined);
    let part: Vec<String> = cells.drain(column..column + count).collect();
    if is_joined {
        cells.insert(column, part.join(&separator.to_string()));
    } else {
        cells.extend(part.into_iter().filter(|cell| !cell.trim().is_empty()));
    }
    cells
}

/// How well a cell fits into a column.
fn fit(cell: &str, kind: Option<&Kind>) -> i32 {
    match kind {
        _ if cell.trim().is_empty() => 0,
        Some(Kind::Number) if parse_number(cell).is_some() => 4,
        Some(Kind::Number) => -4,
        Some(Kind::Verdict) if parse_verdict(cell, VerdictKind::Words).is_some() => 8,
        Some(Kind::Verdict) => -8,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_with_more_cells_is_fitted_by_their_kinds() {
        use Kind::{Number, Other, Text, Verdict};
        let kinds = [Other, Number, Number, Verdict, Text];
        for (row, wanted) in [
            ("b2,1.01,,41,keep,bigger", "b2,1.01,41,keep,bigger"),
            ("a1,,1.05,40,keep,base", "a1,1.05,40,keep,base"),
            ("c,1,2,keep,a,b", "c,1,2,keep,a,b"),
            ("c,x,1,2,keep,b", "c,1,2,keep,b,x"),
        ] {
            let cells = row.split(',').map(str::to_owned).collect();
            let found = align(cells, 5, &kinds, ',');
            assert_eq!(found.join(","), wanted, "{row}");
        }
    }
}
