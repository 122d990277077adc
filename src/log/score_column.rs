//! Which column holds the score, if `core_metric` is empty and nothing names another.

use std::sync::Arc;

use anyhow::Result;

use super::{Log, Number, Role, Row, Schema, Status, is_difference};

/// No more differences than this are compared; this many must agree, and of ten at least nine.
const MAX_DIFFERENCES: u32 = 64;
const MIN_AGREED: u32 = 2;
const MIN_AGREED_OF_TEN: u32 = 9;

/// A column whose numbers may be the scores that `delta_vs_best` compares.
struct Candidate {
    column: usize,
    /// The number of the last baseline or keep.
    best: Option<f64>,
    compared: u32,
    agreed: u32,
}

impl Candidate {
    fn observe(&mut self, row: &Row) {
        let Some(value) = Number::value_of_bytes(&row.bytes_at(self.column)) else {
            return;
        };
        if let Some(delta) = row.number_in(Role::Delta)
            && let Some(best) = self.best
            && delta != 0.0
            && row.status().is_completed()
        {
            let is_equal = is_difference(delta, &row.text(Role::Delta), value, best);
            self.compared += 1;
            self.agreed += u32::from(is_equal);
        }
        if matches!(row.status(), Status::Baseline | Status::Keep) {
            self.best = Some(value);
        }
    }

    fn is_score(&self) -> bool {
        self.agreed >= MIN_AGREED && 10 * self.agreed >= MIN_AGREED_OF_TEN * self.compared
    }
}

impl Log {
    /// Takes the column whose differences `delta_vs_best` holds as the score, if no trial has one in the usual column.
    pub(super) fn find_score_column(&mut self) -> Result<()> {
        let Some(score) = self.schema.column(Role::Score) else {
            return Ok(());
        };
        let mut candidates = find_candidates(&self.schema);
        let mut rows = self.rows();
        while let Some(row) = rows.next()? {
            if !row.bytes_at(score).is_empty() {
                return Ok(());
            }
            for candidate in &mut candidates {
                candidate.observe(&row);
            }
            let compared = candidates.iter().map(|candidate| candidate.compared);
            if compared.max() >= Some(MAX_DIFFERENCES) {
                break;
            }
        }
        if let Some(found) = candidates.iter().find(|candidate| candidate.is_score()) {
            let empty = &self.schema.names()[score];
            let name = &self.schema.names()[found.column];
            self.notes.push(format!(
                "the score is {name}, as in delta_vs_best, because {empty} is empty; override with --metric"
            ));
            Arc::make_mut(&mut self.schema).set_score(found.column);
        }
        Ok(())
    }
}

fn find_candidates(schema: &Schema) -> Vec<Candidate> {
    let others = [Role::Score, Role::Delta, Role::Expected].map(|role| schema.column(role));
    let columns = 0..schema.names().len();
    let columns =
        columns.filter(|&column| !schema.is_text(column) && !others.contains(&Some(column)));
    let new = |column| Candidate {
        column,
        best: None,
        compared: 0,
        agreed: 0,
    };
    columns.map(new).collect()
}
