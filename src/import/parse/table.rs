//! An external log as a table: names, rows, and what the file states about its metric.

use std::collections::HashMap;

use anyhow::Result;

use super::{
    align::{Kind, align},
    declared::DeclaredMetric,
    spool::{FileRow, RowSpool, Rows},
};
use crate::{
    import::words::names::normalize_column,
    log::{SkippedLine, normalize_name},
    text::escape_controls,
};

/// A log of another tool. Its rows are in memory only if they are few.
pub struct Table {
    pub names: Vec<String>,
    /// The columns of each normalized name.
    index: HashMap<String, Vec<usize>>,
    pub(in crate::import) rows: Rows,
    pub(in crate::import) declared: DeclaredMetric,
    pub(in crate::import) notes: Vec<String>,
    pub(in crate::import) skipped: Vec<SkippedLine>,
    /// The number of the line after the header: 1 if the file has no header.
    pub(in crate::import) first_row: u64,
    /// The segment that was read and all others, if there are several.
    pub(in crate::import) segments: String,
    pub(in crate::import) separator: char,
    /// Whether the file begins with the newest row.
    pub(in crate::import) is_reversed: bool,
    pub(in crate::import) wide: WideRows,
    /// The first row of a file without a header; `--metric` may name a column by it.
    pub(in crate::import) first_cells: Vec<String>,
}

/// Rows with more cells than the header.
#[derive(Default)]
pub(in crate::import) struct WideRows {
    pub(in crate::import) count: usize,
    /// The line and the cells of the first one.
    pub(in crate::import) first: (u64, usize),
    pub(in crate::import) width: usize,
}

pub(in crate::import) fn skipped(line: u64, reason: &str, is_expected: bool) -> SkippedLine {
    SkippedLine {
        line,
        reason: reason.to_owned(),
        is_expected,
    }
}

impl Table {
    pub(in crate::import) fn new(names: Vec<String>, rows: RowSpool) -> Result<Self> {
        let mut table = Self {
            names: Vec::new(),
            index: HashMap::new(),
            rows: rows.finish()?,
            declared: DeclaredMetric::default(),
            notes: Vec::new(),
            skipped: Vec::new(),
            first_row: 1,
            segments: String::new(),
            separator: '\t',
            is_reversed: false,
            wide: WideRows::default(),
            first_cells: Vec::new(),
        };
        for name in names {
            table.add_name(name);
        }
        Ok(table)
    }

    fn add_name(&mut self, name: String) {
        let columns = self.index.entry(normalize_column(&name)).or_default();
        columns.push(self.names.len());
        self.names.push(name);
    }

    pub(in crate::import) fn for_each_row(&self, mut visit: impl FnMut(&FileRow)) -> Result<()> {
        self.rows.for_each(|row| {
            visit(&row);
            Ok(())
        })
    }

    /// Fits the rows with more cells than the header into its columns; what is left over gets a column of its own.
    pub(in crate::import) fn fit_wide_rows(&mut self, kinds: &[Kind]) -> Result<()> {
        let (width, mut rows) = (self.wide.width, RowSpool::default());
        let (names, separator) = (self.names.len(), self.separator);
        let mut has_surplus = false;
        self.rows.for_each(|mut row| {
            if row.is_wide {
                let cells = align(row.cells, width, kinds, separator);
                let (own, surplus) = cells.split_at(width);
                row.cells = own.to_vec();
                row.is_wide = false;
                if !surplus.is_empty() {
                    row.cells.resize(names, String::new());
                    row.cells.push(surplus.join(&separator.to_string()));
                    has_surplus = true;
                }
            }
            rows.push(&row)
        })?;
        self.rows = rows.finish()?;
        if has_surplus {
            self.add_name(format!("column_{}", width + 1));
        }
        Ok(())
    }

    /// The columns with a name: an exact match first, then the others that compare equal.
    pub(in crate::import) fn columns_named(&self, name: &str) -> Vec<usize> {
        let equal = self.index.get(&normalize_name(name));
        let mut columns = equal.cloned().unwrap_or_default();
        columns.sort_by_key(|&column| self.names[column] != name);
        columns
    }

    /// The columns whose names are in a list of normalized names, in the order of the list.
    pub(in crate::import) fn columns_in(&self, names: &str) -> Vec<usize> {
        let names = names.split_whitespace();
        names
            .filter_map(|name| self.index.get(name))
            .flatten()
            .copied()
            .collect()
    }

    /// The column that a flag names, which may be the last part of a path.
    pub(in crate::import) fn find(&self, name: &str) -> Option<usize> {
        if let Some(&column) = self.columns_named(name).first() {
            return Some(column);
        }
        let first = self.first_cells.iter().position(|cell| cell == name);
        let wanted = normalize_name(leaf(name));
        let mut same_leaf: Vec<usize> = (0..self.names.len())
            .filter(|&column| normalize_name(leaf(&self.names[column])) == wanted)
            .collect();
        same_leaf.sort_by_key(|&column| is_earlier(&self.names[column]));
        let found = first.or(same_leaf.first().copied());
        // A column `metric` has the name that the file states.
        let stated = self.declared.name.as_deref().filter(|_| name == "metric");
        found.or_else(|| self.columns_named(stated?).first().copied())
    }
}

/// Whether a path is that of an earlier trial, or a difference.
fn is_earlier(name: &str) -> bool {
    let name = format!("_{}_", normalize_name(name));
    let earlier = [
        "_parent_",
        "_prev",
        "_best_",
        "_baseline_",
        "_delta_",
        "_improvement_",
    ];
    earlier.iter().any(|word| name.contains(word))
}

/// The last part of a path: `metrics.loss`, `a:loss`.
pub(in crate::import) fn leaf(name: &str) -> &str {
    let start = name.rfind(['.', ':']).map_or(0, |at| at + 1);
    if name[start..].is_empty() {
        name
    } else {
        &name[start..]
    }
}

/// FNV-1a of the cells that are not blank. It is stored with imported trials, so it must never change.
pub(in crate::import) fn fingerprint(cells: &[String]) -> u64 {
    let cells = cells.iter().map(|cell| cell.trim());
    let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
    for cell in cells.filter(|cell| !cell.is_empty()) {
        for byte in cell.bytes().chain([b'\t']) {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
    hash
}

/// Names that differ: a missing one is `column_3`, a repeated one gets a number.
pub(in crate::import) fn unique_names(header: &[String]) -> Vec<String> {
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
pub(in crate::import) type TakenNames = HashMap<String, u64>;

/// The name itself if it is free, else the name with the next free number.
pub(in crate::import) fn claim_name(taken: &mut TakenNames, name: String) -> String {
    let mut free = name.clone();
    while taken.contains_key(&free) {
        let number = taken.entry(name.clone()).or_default();
        *number += 1;
        free = format!("{name}_{number}");
    }
    taken.insert(free.clone(), 1);
    free
}
