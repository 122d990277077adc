//! A log of lineage as a translation: nothing is guessed, and every cell is preserved.

use anyhow::Result;

use super::origin::read_former_rows;
use crate::{
    import::parse::{spool::fingerprint, table::skipped},
    import::translate::{TranslatedRow, Translation},
    log::{Damage, Log, Role, Row, STANDARD, Schema},
};

/// Takes the rows of a log of lineage over as they are. Damaged rows are skipped.
pub fn translate_own(log: &Log) -> Result<Translation> {
    let mut translation = Translation {
        names: standard_layout(&log.schema),
        metric: log.schema.metric.clone(),
        direction: Some(log.schema.direction),
        notes: log.notes.clone(),
        first_row: log.first_row,
        is_own: true,
        ..Translation::default()
    };
    let mut former = read_former_rows(log)?;
    log.for_each_line(|row| {
        match row.damage {
            None => {
                // The amendments belong to the first row with the id.
                let former = row
                    .id()
                    .and_then(|id| former.remove(&id))
                    .unwrap_or_default();
                let row = translate_row(&row, &translation.names, former);
                translation.rows.push(row);
            }
            Some(damage) => {
                let is_blank = damage == Damage::Blank;
                let line = skipped(row.number, &damage.to_string(), is_blank);
                translation.skipped.push(line);
            }
        }
        Ok(())
    })?;
    Ok(translation)
}

/// The 17 columns, and between them the others, each once.
fn standard_layout(schema: &Schema) -> Vec<String> {
    let names = schema.names().iter().enumerate();
    let extra = names.filter(|&(column, name)| {
        !STANDARD.contains(&name.as_str()) && schema.find(name) == Some(column)
    });
    Schema::standard_names(&extra.map(|(_, name)| name.clone()).collect::<Vec<_>>())
}

fn translate_row(row: &Row, names: &[String], former: Vec<u64>) -> TranslatedRow {
    let cell = |column| row.text_at(column).into_owned();
    let find_cell = |name: &String| match (row.schema.find(name), name.as_str()) {
        (_, "core_metric") => row.text(Role::Score).into_owned(),
        (Some(column), _) => cell(column),
        (None, _) => String::new(),
    };
    TranslatedRow {
        line: row.number,
        cells: names.iter().map(find_cell).collect(),
        fingerprint: fingerprint(&row.texts()),
        former,
    }
}
