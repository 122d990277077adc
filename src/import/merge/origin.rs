//! Where the trials of a store come from, if they were imported.

use std::{collections::HashMap, fmt};

use anyhow::Result;

use crate::{
    import::parse::spool::fingerprint,
    log::{Amendments, ExpId, Log, SOURCE_NOTE},
};

pub use crate::log::SOURCE_COLUMN;

/// Where an imported trial comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct RowOrigin {
    /// The number of the file among those that the store has imported.
    pub(super) file: u64,
    pub(super) fingerprint: u64,
    /// The id in the file, and the store that the file belongs to: `004 in /a/.lineage`. Empty if the id is the same.
    pub(super) source: String,
}

impl fmt::Display for RowOrigin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{:016x}", self.file, self.fingerprint)?;
        if self.source.is_empty() {
            return Ok(());
        }
        write!(f, " {}", self.source)
    }
}

impl RowOrigin {
    pub(super) fn parse(cell: &str) -> Option<Self> {
        let (file, rest) = cell.trim().split_once(':')?;
        let (fingerprint, source) = rest.split_once(' ').unwrap_or((rest, ""));
        let file = file.parse().ok().filter(|_| fingerprint.len() == 16)?;
        Some(Self {
            file,
            fingerprint: u64::from_str_radix(fingerprint, 16).ok()?,
            source: source.to_owned(),
        })
    }

    /// The id in the file, if it is another one in the store.
    pub(super) fn source_id(&self) -> Option<ExpId> {
        ExpId::parse(self.source.split(" in /").next()?)
    }

    /// The origin of a trial with these cells. A store without the column has it in the notes, from which it is removed.
    pub(super) fn take(cells: &mut [String], names: &[String]) -> Option<Self> {
        let find = |wanted: &str| names.iter().position(|name| name == wanted);
        let own = find(SOURCE_COLUMN).and_then(|column| Self::parse(&cells[column]));
        let notes = &mut cells[find("notes")?];
        let Some((before, note)) = notes.rsplit_once(SOURCE_NOTE) else {
            return own;
        };
        let Some(found) = note.strip_suffix(']').and_then(Self::parse) else {
            return own;
        };
        *notes = before.trim_end().to_owned();
        own.or(Some(found))
    }
}

/// The fingerprints that the trials of a log had before they were amended, oldest first: each row's origin, if it had one,
/// and its own.
pub(super) fn read_former_rows(log: &Log) -> Result<HashMap<ExpId, Vec<u64>>> {
    let mut rows: HashMap<ExpId, Vec<u64>> = HashMap::new();
    for (id, mut cells) in Amendments::read(log)?.former_rows() {
        let former = rows.entry(id).or_default();
        let own = fingerprint(&cells);
        let origin = RowOrigin::take(&mut cells, log.schema.names());
        former.extend(origin.map(|origin| origin.fingerprint));
        former.push(own);
    }
    Ok(rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_parsed_as_it_is_written() {
        for text in ["2:00000000000000ab", "2:00000000000000ab 004 in /a b"] {
            assert_eq!(RowOrigin::parse(text).unwrap().to_string(), text);
        }
        assert_eq!(RowOrigin::parse("sheet-1"), None);
    }
}
