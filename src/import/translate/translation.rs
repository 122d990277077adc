//! A translated log, and what takes its rows.

use std::collections::BTreeMap;

use crate::log::{Direction, STANDARD, SkippedLine};

/// An external log in lineage's own shape, with what was done to make it.
#[derive(Default)]
pub struct Translation {
    pub names: Vec<String>,
    /// Empty if the rows were written elsewhere.
    pub rows: Vec<TranslatedRow>,
    pub metric: String,
    pub direction: Option<Direction>,
    /// The direction that an export of lineage states.
    pub stated_direction: Option<Direction>,
    /// Whether this is one of several segments of the file.
    pub is_segment: bool,
    /// What was assumed, and how to override it.
    pub notes: Vec<String>,
    pub skipped: Vec<SkippedLine>,
    pub first_row: u64,
    /// Columns of the file, and what they became.
    pub columns: Vec<(String, String)>,
    /// The column of the file that is the verdict.
    pub verdict: Option<String>,
    /// Words of the file with the statuses that they became, and how often.
    pub words: BTreeMap<(String, String), u64>,
    /// Lines whose score means "none".
    pub emptied: Vec<u64>,
    /// Lines whose score is not a number.
    pub unparsed: Vec<(u64, String)>,
    /// The column of the numbers of runs, if they are repeated and so cannot be the ids.
    pub repeated_ids: Option<usize>,
    /// Whether it is a log of lineage, whose differences and baselines are preserved.
    pub is_own: bool,
}

/// A row of the file as a trial.
pub struct TranslatedRow {
    pub line: u64,
    pub cells: Vec<String>,
    /// Identifies the row however the file is interpreted.
    pub fingerprint: u64,
    /// What identified it before it was amended.
    pub former: Vec<u64>,
}

impl Translation {
    /// The columns besides the 17.
    pub fn extra_columns(&self) -> &[String] {
        &self.names[STANDARD.len() - 3..self.names.len() - 3]
    }

    pub fn direction(&self) -> Direction {
        self.direction.unwrap_or(Direction::Minimize)
    }
}
