//! Rows of a file and trials of a store, in the columns of the store, so that they can be compared.

use super::origin::{RowOrigin, SOURCE_COLUMN};
use crate::{
    import::translate::{TranslatedRow, Translation},
    log::{ExpId, Number, Role, Schema, Status, shown_id},
    text::escape_controls,
};

/// A row of a file, or a trial of the store.
pub(super) struct FittedRow {
    pub(super) line: u64,
    /// As the log writes them, without the origin.
    pub(super) cells: Vec<String>,
    /// Of the row as it is.
    pub(super) fingerprint: u64,
    /// Of the row before it was amended, oldest first.
    pub(super) former: Vec<u64>,
    /// Where it was imported from. A row of a file has it, too, if the file is a store, or an export of one.
    pub(super) origin: Option<RowOrigin>,
}

/// The rows of a translation in the columns of a log.
pub(super) fn fit_rows(translation: &Translation, schema: &Schema) -> Vec<FittedRow> {
    let columns = translation.names.iter().map(|name| schema.find(name));
    let columns: Vec<Option<usize>> = columns.collect();
    let fit = |row: &TranslatedRow| {
        let mut cells = row.cells.clone();
        let origin = RowOrigin::take(&mut cells, &translation.names);
        let mut fitted = FittedRow {
            line: row.line,
            cells: vec![String::new(); schema.names().len()],
            fingerprint: row.fingerprint,
            former: row.former.clone(),
            origin,
        };
        fitted.fill(&translation.names, &columns, &cells, schema);
        fitted
    };
    translation.rows.iter().map(fit).collect()
}

impl FittedRow {
    /// Fills the columns by their names. What has no column goes into the notes, and the score into the column of the store's
    /// metric.
    fn fill(
        &mut self,
        names: &[String],
        columns: &[Option<usize>],
        cells: &[String],
        schema: &Schema,
    ) {
        let (mut others, mut score) = (Vec::new(), "");
        for ((name, column), cell) in names.iter().zip(columns).zip(cells) {
            match (name.as_str(), column) {
                (SOURCE_COLUMN, _) if RowOrigin::parse(cell).is_some() => continue,
                ("core_metric", _) => score = cell,
                _ => {}
            }
            match column.filter(|_| name != SOURCE_COLUMN) {
                Some(column) => self.cells[column] = escape_controls(cell).into_owned(),
                None if cell.is_empty() || name == "core_metric" => {}
                None => others.push(format!("{name}: {cell}")),
            }
        }
        if self.cell(schema, Role::Score).is_empty() {
            self.set(schema, Role::Score, score);
        }
        if !others.is_empty() {
            self.add_note(schema, &others.join("; "));
        }
    }

    pub(super) fn cell(&self, schema: &Schema, role: Role) -> &str {
        schema.column(role).map_or("", |column| &self.cells[column])
    }

    pub(super) fn id(&self, schema: &Schema) -> Option<ExpId> {
        ExpId::parse(self.cell(schema, Role::Id))
    }

    /// The id as it is shown.
    pub(super) fn name(&self, schema: &Schema) -> String {
        shown_id(self.cell(schema, Role::Id))
    }

    pub(super) fn status(&self, schema: &Schema) -> Status {
        Status::parse(self.cell(schema, Role::Status).as_bytes())
    }

    pub(super) fn score(&self, schema: &Schema) -> Option<f64> {
        Number::value_of(self.cell(schema, Role::Score))
    }

    pub(super) fn set(&mut self, schema: &Schema, role: Role, text: &str) {
        if let Some(column) = schema.column(role) {
            text.clone_into(&mut self.cells[column]);
        }
    }

    /// Adds a text to the notes, in brackets.
    pub(super) fn add_note(&mut self, schema: &Schema, text: &str) {
        let notes = self.cell(schema, Role::Notes);
        let space = if notes.is_empty() { "" } else { " " };
        let notes = format!("{notes}{space}[{text}]");
        self.set(schema, Role::Notes, &notes);
    }

    /// Of a trial, the fingerprint of the row that it was imported from, and its own.
    pub(super) fn fingerprints(&self) -> impl Iterator<Item = u64> {
        let origin = self.origin.as_ref().map(|origin| origin.fingerprint);
        origin.into_iter().chain([self.fingerprint])
    }

    /// The file that a trial was imported from.
    pub(super) fn file(&self) -> Option<u64> {
        self.origin.as_ref().map(|origin| origin.file)
    }
}
