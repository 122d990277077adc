//! Rows that a line-wise clean-up broke: from the end of a quoted hypothesis on, single spaces stand for the tabs. They are read
//! as what they were.

use super::cells::split;
use crate::{
    schema::{Role, Schema},
    trial::{Cell, Status},
};

/// The cells of such a row, where its last cell is a quoted hypothesis and what follows has a status in its place.
pub(super) fn separate(line: &[u8], cells: &[Cell], schema: &Schema) -> Option<Vec<Cell>> {
    let hypothesis = schema.column(Role::Hypothesis)?;
    let last = cells.last().filter(|cell| cell.quoted && cells.len() == hypothesis + 1)?;
    let start = last.start as usize;
    let close = start + closing_quote(last.of(line))? + 1;
    let rest = line[close..last.end as usize].strip_prefix(b" ")?;
    let missing = schema.names().len().checked_sub(cells.len())?;
    let mut out = cells.to_vec();
    out[hypothesis] = Cell::new(start, close, true);
    let mut at = close + 1;
    for text in rest.splitn(missing, |&b| b == b' ') {
        out.push(Cell::new(at, at + text.len(), text.starts_with(b"\"")));
        at += text.len() + 1;
    }
    let status = out.get(schema.column(Role::Status)?)?;
    (out.len() == schema.names().len() && Status::read(status.of(line)) != Status::Other).then_some(out)
}

/// The texts of such a row of a log that is read from memory.
pub fn separate_text(line: &str, schema: &Schema) -> Option<Vec<String>> {
    let mut cells = Vec::new();
    if !line.contains('"') || split(line.as_bytes(), &mut cells, None).is_some() {
        return None;
    }
    let text = |cell: &Cell| String::from_utf8_lossy(&cell.value(line.as_bytes())).into_owned();
    separate(line.as_bytes(), &cells, schema).map(|cells| cells.iter().map(text).collect())
}

/// Where the quote that opens a cell is closed.
fn closing_quote(raw: &[u8]) -> Option<usize> {
    let mut at = 1;
    loop {
        at += memchr::memchr(b'"', raw.get(at..)?)?;
        match raw.get(at + 1) {
            Some(b'"') => at += 2,
            _ => return Some(at),
        }
    }
}
