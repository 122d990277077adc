//! Formats trials one by one as the flags ask for: as one column, as the rows of a table, or as records.

use anyhow::Result;
use jiff::Timestamp;

use super::args::{OutputArgs, find_columns, format_cell};
use crate::log::{Row, Schema, Trial};
use crate::output::Look;
use crate::output::columns::{Column, cells, columns, pick};
use crate::output::records::{Format, RecordWriter};
use crate::output::table::{Cell, Table};
use crate::output::trials::TrialColumns;

pub(super) struct TrialWriter {
    form: Form,
    look: Look,
}

enum Form {
    Field(usize),
    Table {
        columns: TrialColumns,
        waiting: Vec<Vec<Cell>>,
        /// The layout of the first rows, which later ones have too.
        layout: Option<Table>,
    },
    Records(RecordWriter, Vec<usize>),
}

impl TrialWriter {
    /// A table has the columns that are asked for, else `default`.
    pub(super) fn new(
        output: &OutputArgs,
        default: TrialColumns,
        schema: &Schema,
        look: Look,
    ) -> Result<Self> {
        let has_step = default.has_step();
        let form = if let Some(column) = output.field(schema, has_step)? {
            Form::Field(column)
        } else if output.format == Format::Table {
            Form::Table {
                columns: output.table_columns(default, schema)?,
                waiting: Vec::new(),
                layout: None,
            }
        } else {
            let chosen = find_columns(&output.columns, schema, has_step)?;
            let mut columns = columns(schema);
            columns.push(Column::number("step"));
            let writer = RecordWriter::new(output.format, pick(&chosen, &columns));
            Form::Records(writer, chosen)
        };
        Ok(Self { form, look })
    }

    /// What comes before the first record.
    pub(super) fn header(&self) -> String {
        match &self.form {
            Form::Records(writer, _) => writer.header(),
            _ => String::new(),
        }
    }

    /// Adds a trial, and returns its text; the rows of a table wait for `flush`.
    pub(super) fn add(&mut self, row: &Row, step: String, is_best: bool) -> String {
        match &mut self.form {
            Form::Field(column) if *column == row.schema.names().len() => step + "\n",
            Form::Field(column) => format_cell(row, *column),
            Form::Table {
                columns, waiting, ..
            } => {
                columns.now = columns.now.map(|_| Timestamp::now());
                waiting.push(columns.cells(row, &step, is_best));
                String::new()
            }
            Form::Records(writer, chosen) => {
                let mut cells = cells(row);
                cells.push(step);
                writer.record(&pick(chosen, &cells))
            }
        }
    }

    /// The rows of a table that wait; the first ones decide how wide its columns are.
    pub(super) fn flush(&mut self) -> String {
        let Form::Table {
            columns,
            waiting,
            layout,
        } = &mut self.form
        else {
            return String::new();
        };
        let rows = std::mem::take(waiting);
        if rows.is_empty() {
            return String::new();
        }
        let mut out = String::new();
        let table = layout.get_or_insert_with(|| {
            let table = columns.table(&rows, self.look);
            out = table.header();
            table
        });
        out.extend(rows.iter().map(|row| table.line(row)));
        out
    }

    /// What comes after the last trial.
    pub(super) fn finish(mut self) -> String {
        match &self.form {
            Form::Records(writer, _) => writer.footer().to_owned(),
            _ => self.flush(),
        }
    }

    /// All of these trials; the id of the one at `best` is bold.
    pub(super) fn format(mut self, trials: &[Trial], best: Option<usize>) -> String {
        let mut out = self.header();
        for (at, trial) in trials.iter().enumerate() {
            out += &self.add(&trial.row(), String::new(), best == Some(at));
        }
        out + &self.finish()
    }
}
