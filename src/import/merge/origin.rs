//! Where the trials of a store come from, if they were imported.

use std::{
    collections::{HashMap, HashSet},
    fmt,
};

use anyhow::Result;

use crate::{
    import::parse::table::fingerprint,
    log::{Amendments, ExpId, Log, Row},
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

    /// The id in the store in this directory, if the trial comes from there.
    pub(super) fn id_in(&self, store: &str) -> Option<ExpId> {
        let (id, found) = self.source.split_once(" in ")?;
        ExpId::parse(id).filter(|_| found == store)
    }

    /// The id in the file, if it is another one in the store.
    fn source_id(&self) -> Option<ExpId> {
        ExpId::parse(self.source.split(" in /").next()?)
    }

    /// The origin of a trial with these cells. A store without the column has it in the notes, from which it is removed.
    pub(super) fn take(cells: &mut [String], names: &[String]) -> Option<Self> {
        let find = |wanted: &str| names.iter().position(|name| name == wanted);
        let own = find(SOURCE_COLUMN).and_then(|column| Self::parse(&cells[column]));
        let notes = &mut cells[find("notes")?];
        let Some((before, note)) = notes.rsplit_once(&format!("[{SOURCE_COLUMN}: ")) else {
            return own;
        };
        let Some(found) = note.strip_suffix(']').and_then(Self::parse) else {
            return own;
        };
        *notes = before.trim_end().to_owned();
        own.or(Some(found))
    }
}

/// What the rows of a log were before they were amended, and the rows that those were imported from.
#[derive(Default)]
pub(super) struct FormerRows(HashMap<ExpId, Vec<u64>>);

impl FormerRows {
    pub(super) fn read(log: &Log) -> Result<Self> {
        let mut rows: HashMap<ExpId, Vec<u64>> = HashMap::new();
        for (id, mut cells) in Amendments::read(log)?.former_rows() {
            let former = rows.entry(id).or_default();
            former.push(fingerprint(&cells));
            let origin = RowOrigin::take(&mut cells, log.schema.names());
            former.extend(origin.map(|origin| origin.fingerprint));
        }
        Ok(Self(rows))
    }

    /// The fingerprints of a trial, once: its amendments belong to its first row.
    pub(super) fn take(&mut self, id: Option<&ExpId>) -> Vec<u64> {
        id.and_then(|id| self.0.remove(id)).unwrap_or_default()
    }
}

/// A trial of the store.
pub(super) struct StoredTrial {
    pub(super) id: String,
    /// Without the origin in the notes.
    pub(super) cells: Vec<String>,
    /// Of the row as it is.
    pub(super) fingerprint: u64,
    /// Of the row before it was amended.
    pub(super) former: Vec<u64>,
    pub(super) origin: Option<RowOrigin>,
}

impl StoredTrial {
    /// Of the row, and of the one that it was imported from.
    pub(super) fn fingerprints(&self) -> impl Iterator<Item = u64> {
        let origin = self.origin.as_ref().map(|origin| origin.fingerprint);
        origin.into_iter().chain([self.fingerprint])
    }

    pub(super) fn is_from(&self, file: u64) -> bool {
        self.origin
            .as_ref()
            .is_some_and(|origin| origin.file == file)
    }

    /// The id that the file of the trial has for it.
    pub(super) fn id_in_file(&self) -> Option<ExpId> {
        let source = self.origin.as_ref().and_then(RowOrigin::source_id);
        source.or_else(|| ExpId::parse(&self.id))
    }
}

/// The trials of the store that is imported into.
#[derive(Default)]
pub(super) struct StoredTrials {
    pub(super) ids: HashSet<ExpId>,
    pub(super) trials: Vec<StoredTrial>,
    /// The directory of the log, as other stores name it.
    pub(super) home: String,
    former: FormerRows,
}

impl StoredTrials {
    /// Reads a log.
    pub(super) fn read(log: &Log) -> Result<Self> {
        let home = log.path().parent().and_then(|dir| dir.canonicalize().ok());
        let mut stored = Self {
            home: home.unwrap_or_default().display().to_string(),
            former: FormerRows::read(log)?,
            ..Self::default()
        };
        log.for_each_line(|row| {
            stored.observe(&row);
            Ok(())
        })?;
        Ok(stored)
    }

    fn observe(&mut self, row: &Row) {
        let Some(id) = row.id() else { return };
        let former = self.former.take(Some(&id));
        self.ids.insert(id);
        if row.damage.is_none() {
            let columns = 0..row.schema.names().len();
            let cells = columns.map(|column| row.text_at(column).into_owned());
            let mut cells: Vec<String> = cells.collect();
            self.trials.push(StoredTrial {
                id: row.name(),
                fingerprint: fingerprint(&cells),
                former,
                origin: RowOrigin::take(&mut cells, row.schema.names()),
                cells,
            });
        }
    }

    pub(super) fn has_imports(&self) -> bool {
        self.trials.iter().any(|trial| trial.origin.is_some())
    }
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
