//! The search as a tree, as records with depth and path.

use super::super::columns::Column;
use crate::analysis::Visit;
use crate::log::{Role, Row, Schema, shown_id};
use crate::text::visible;

/// A longer path names only its first and its last trials, so that a deep chain does not cost its depth squared.
const MAX_PATH: usize = 1000;

/// The columns of the records, as in the original harness's `tree.tsv`.
pub fn columns(schema: &Schema) -> Vec<Column> {
    vec![
        Column::text("exp_id"),
        Column::text("parent_exp"),
        Column::number("depth"),
        Column::text("path"),
        Column::text("specialist"),
        Column::text("status"),
        Column::number(schema.score_name()),
        Column::number("delta_vs_best"),
        Column::text("hypothesis"),
    ]
}

/// Makes the records of a tree in the order of a walk.
#[derive(Default)]
pub struct TreeRecords {
    /// The ids from the root to the last trial.
    path: Vec<String>,
}

impl TreeRecords {
    pub fn record(&mut self, visit: Visit, row: &Row) -> Vec<String> {
        self.path.truncate(visit.depth);
        self.path.push(row.name());
        // The cells of a damaged row may be in the wrong columns.
        let text = |role| match row.damage {
            Some(_) => String::new(),
            None => row.text(role).into_owned(),
        };
        vec![
            row.name(),
            shown_id(&row.text(Role::Parent)),
            visit.depth.to_string(),
            self.path_text(),
            text(Role::Specialist),
            text(Role::Status),
            text(Role::Score),
            text(Role::Delta),
            visible(&row.text(Role::Hypothesis)).into_owned(),
        ]
    }

    fn path_text(&self) -> String {
        let len = self.path.len();
        if len <= MAX_PATH {
            return self.path.join("/");
        }
        let last = &self.path[len - (MAX_PATH - 1)..];
        format!("{}/…/{}", self.path[0], last.join("/"))
    }
}
