//! An external log as a table: names, rows, and what the file states about its metric.

use std::collections::HashMap;

use anyhow::Result;

use super::{
    align::{Kind, align},
    declared::DeclaredMetric,
    spool::{FileRow, Rows},
};
use crate::{
    import::words::names::normalize_column,
    log::{SkippedLine, matches_pattern, normalize_name},
    text::escape_controls,
};

/// A log of another tool. Its rows are in memory only if they are few.
#[derive(Default)]
pub struct Table {
    pub names: Vec<String>,
    /// The columns of each normalized name.
    pub(super) index: HashMap<String, Vec<usize>>,
    pub(crate) rows: Rows,
    pub(crate) declared: DeclaredMetric,
    pub(crate) notes: Vec<String>,
    pub(crate) skipped: Vec<SkippedLine>,
    /// The number of the line after the header: 1 if the file has no header.
    pub(crate) first_row: u64,
    /// The segment that was read and all others, if there are several.
    pub(crate) segments: String,
    pub(crate) separator: char,
    /// Rows that are fitted into the columns.
    pub(crate) wide: WideRows,
    /// Rows under a later header: their last cell has the surplus cells.
    pub(crate) joined: WideRows,
    /// The first row of a file without a header; `--metric` may name a column by it.
    pub(crate) first_cells: Vec<String>,
}

/// Rows with more cells than their header.
#[derive(Default)]
pub(crate) struct WideRows {
    pub(crate) count: usize,
    /// The line and the cells of the first one.
    pub(crate) first: (u64, usize),
    /// The cells of its header.
    pub(crate) width: usize,
}

impl WideRows {
    pub(super) fn add(&mut self, line: u64, cells: usize, width: usize) {
        if self.count == 0 {
            self.first = (line, cells);
            self.width = width;
        }
        self.count += 1;
    }
}

pub(crate) fn skipped(line: u64, reason: &str, is_expected: bool) -> SkippedLine {
    SkippedLine {
        line,
        reason: reason.to_owned(),
        is_expected,
    }
}

impl Table {
    pub(crate) fn add_names(&mut self, names: impl IntoIterator<Item = String>) {
        names.into_iter().for_each(|name| self.add_name(name));
    }

    fn add_name(&mut self, name: String) {
        let columns = self.index.entry(normalize_column(&name)).or_default();
        columns.push(self.names.len());
        self.names.push(name);
    }

    pub(crate) fn for_each_row(&self, mut visit: impl FnMut(&FileRow)) -> Result<()> {
        self.rows.for_each(|row| {
            visit(&row);
            Ok(())
        })
    }

    /// Fits the rows with more cells than the header into its columns; what is left over gets a column of its own.
    pub(crate) fn fit_wide_rows(&mut self, kinds: &[Kind]) -> Result<()> {
        let (width, names) = (self.wide.width, self.names.len());
        let mut fitted = Rows::default();
        let mut has_surplus = false;
        let is_reversed = std::mem::take(&mut self.rows.is_reversed);
        self.rows.for_each(|mut row| {
            if std::mem::take(&mut row.is_wide) {
                row.cells = align(row.cells, width, kinds, self.separator);
                let surplus = row.cells.split_off(width);
                if !surplus.is_empty() {
                    row.cells.resize(names, String::new());
                    row.cells.push(surplus.join(&self.separator.to_string()));
                    has_surplus = true;
                }
            }
            fitted.push(&row)
        })?;
        fitted.is_reversed = is_reversed;
        self.rows = fitted;
        if has_surplus {
            self.add_name(format!("column_{}", width + 1));
        }
        Ok(())
    }

    /// The columns whose names are in a list of normalized names, in the order of the list.
    pub(crate) fn columns_in(&self, names: &str) -> Vec<usize> {
        let columns = names
            .split_whitespace()
            .flat_map(|name| self.columns_named(name));
        columns.copied().collect()
    }

    fn columns_named(&self, name: &str) -> &[usize] {
        self.index.get(name).map_or(&[], Vec::as_slice)
    }

    /// The column that a flag names, which may be the last part of a path: an exact match first, then a name that compares
    /// equal.
    pub(crate) fn find(&self, name: &str) -> Option<usize> {
        let named = |name: &str| {
            let columns = self.columns_named(&normalize_name(name)).iter().copied();
            columns.min_by_key(|&column| self.names[column] != name)
        };
        let wanted = normalize_name(leaf(name));
        let has_same_leaf = |&column: &usize| normalize_name(leaf(&self.names[column])) == wanted;
        let same_leaf = (0..self.names.len()).filter(has_same_leaf);
        // A column `metric` has the name that the file states.
        let stated = self.declared.name.as_deref().filter(|_| name == "metric");
        named(name)
            .or_else(|| self.first_cells.iter().position(|cell| cell == name))
            .or_else(|| same_leaf.min_by_key(|&column| is_earlier(&self.names[column])))
            .or_else(|| named(stated?))
    }
}

/// Whether a path is that of an earlier trial, or a difference.
fn is_earlier(name: &str) -> bool {
    let patterns = "_parent_ _prev _best_ _baseline_ _delta_ _improvement_";
    matches_pattern(patterns, &normalize_name(name))
}

/// The last part of a path: `metrics.loss`, `a:loss`.
pub(crate) fn leaf(name: &str) -> &str {
    let last = name.rsplit(['.', ':']).next();
    last.filter(|last| !last.is_empty()).unwrap_or(name)
}

/// Names that differ: a missing one is `column_3`, a repeated one gets a number.
pub(crate) fn unique_names(header: &[String]) -> Vec<String> {
    let mut taken = TakenNames::new();
    let mut names = Vec::with_capacity(header.len());
    for (column, name) in header.iter().enumerate() {
        let mut name = escape_controls(name.trim().trim_matches('"').trim()).into_owned();
        if name.is_empty() {
            name = format!("column_{}", column + 1);
        }
        names.push(claim_name(&mut taken, name));
    }
    names
}

/// Names in use, each with the last number that was added to it: this keeps a header of thousands of equal names cheap.
pub(crate) type TakenNames = HashMap<String, u64>;

/// The name itself if it is free, else the name with the next free number.
pub(crate) fn claim_name(taken: &mut TakenNames, name: String) -> String {
    let mut free = name.clone();
    while taken.contains_key(&free) {
        let number = taken.entry(name.clone()).or_default();
        *number += 1;
        free = format!("{name}_{number}");
    }
    taken.insert(free.clone(), 1);
    free
}
