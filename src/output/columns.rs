//! The columns of a log and the cells of a trial, as every format for scripts shows them.

use super::column_text;
use crate::log::{Row, Schema};

#[derive(Clone, Debug)]
pub struct Column {
    pub name: String,
    /// Whether its cells are text even if they look like numbers.
    pub is_text: bool,
}

impl Column {
    pub fn new(name: &str, is_text: bool) -> Self {
        let name = name.to_owned();
        Self { name, is_text }
    }

    pub fn text(name: &str) -> Self {
        Self::new(name, true)
    }

    pub fn number(name: &str) -> Self {
        Self::new(name, false)
    }
}

/// Columns of external logs whose cells may look like numbers: a commit may be `0123456` or `1e5`.
const COMMITS: [&str; 3] = ["commit", "hash", "short_hash"];

pub fn columns(schema: &Schema) -> Vec<Column> {
    let names = schema.names().iter().enumerate();
    let column = |(at, name): (usize, &String)| {
        Column::new(name, schema.is_text(at) || COMMITS.contains(&name.as_str()))
    };
    names.map(column).collect()
}

pub fn cells(row: &Row) -> Vec<String> {
    let columns = 0..row.schema.names().len();
    columns.map(|column| column_text(row, column)).collect()
}

/// The chosen ones, in their order.
pub fn pick<T: Clone>(chosen: &[usize], all: &[T]) -> Vec<T> {
    chosen.iter().map(|&at| all[at].clone()).collect()
}
