//! Rows that a line-wise clean-up broke: from the end of a quoted hypothesis on, single spaces stand for the tabs. They are read
//! as what they were.

use super::split::split;
use crate::{
    log::{Cells, Status, closing_quote, short, value},
    log::{Role, Schema},
};

/// Where the cells of such a row end, where its last cell is a quoted hypothesis and what follows has a status in its place.
pub(crate) fn separate(cells: Cells, schema: &Schema) -> Option<Vec<u32>> {
    let hypothesis = schema.column(Role::Hypothesis)?;
    let last = cells
        .last()
        .filter(|cell| cell.starts_with(b"\"") && cells.len() == hypothesis + 1)?;
    let close = closing_quote(last, 1)?;
    let rest = last[close..].strip_prefix(b" ")?;
    let missing = schema
        .names()
        .len()
        .checked_sub(cells.len())
        .filter(|&missing| missing > 0)?;
    let mut ends = cells.ends().to_vec();
    ends[hypothesis] = short(cells.start(hypothesis) + close);
    for text in rest.splitn(missing, |&b| b == b' ') {
        ends.push(ends[ends.len() - 1] + 1 + short(text.len()));
    }
    let status = Cells::new(cells.line, &ends).get(schema.column(Role::Status)?)?;
    (ends.len() == schema.names().len() && Status::parse(status) != Status::Other).then_some(ends)
}

/// The texts of such a row of a log that is read from memory.
pub fn separate_text(line: &str, schema: &Schema) -> Option<Vec<String>> {
    let mut ends = Vec::new();
    if !line.contains('"') || split(line.as_bytes(), &mut ends, None).is_some() {
        return None;
    }
    let ends = separate(Cells::new(line.as_bytes(), &ends), schema)?;
    let text = |cell| String::from_utf8_lossy(&value(cell)).into_owned();
    Some(
        Cells::new(line.as_bytes(), &ends)
            .iter()
            .map(text)
            .collect(),
    )
}
