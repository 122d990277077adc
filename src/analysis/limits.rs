//! The limits that a log shows: columns whose values separate failed trials from completed ones.

mod values;

use std::{cmp::Reverse, collections::BTreeMap};

use serde::{Deserialize, Serialize};

use self::values::ColumnValues;
use super::{Query, Summary};
use crate::log::{Number, Role, Row, STANDARD, Schema, Status};

/// How many columns are searched for limits, and how many limits are found.
const MAX_COLUMNS: usize = 32;
const MAX_LIMITS: usize = 8;

/// Words in the name of a column that numbers the trials or says when they ran.
#[rustfmt::skip]
const COUNTER_WORDS: [&str; 19] = [
    "id", "exp", "trial", "trials", "iteration", "iter", "round", "run", "seed", "index",
    "timestamp", "unix", "date", "created", "started", "finished", "ended", "at", "commit",
];

/// Which values are within a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    AtMost,
    AtLeast,
}

impl Side {
    /// Whether `value` is outside the limit `bound`.
    fn is_beyond(self, value: f64, bound: f64) -> bool {
        match self {
            Self::AtMost => value > bound,
            Self::AtLeast => value < bound,
        }
    }
}

/// A limit in the settings: `artifact_bytes = 16000000`, or `accuracy = { min = 0.94 }`. A plain number is a maximum,
/// unless most completed trials are above it.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(untagged)]
pub enum StatedLimit {
    Number(f64),
    Range(StatedRange),
}

#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StatedRange {
    min: Option<f64>,
    max: Option<f64>,
}

impl StatedLimit {
    pub fn is_finite(self) -> bool {
        match self {
            Self::Number(bound) => bound.is_finite(),
            Self::Range(StatedRange { min, max }) => {
                [min, max].into_iter().flatten().all(f64::is_finite)
            }
        }
    }
}

/// Where a limit is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Bound {
    /// The settings say so.
    Stated(f64),
    /// Between the last value that completed and the first one that failed.
    Between { completed: f64, failed: f64 },
}

/// A limit on the values of a column.
#[derive(Clone, Debug, PartialEq)]
pub struct Limit {
    /// The name of the column.
    pub column: String,
    pub side: Side,
    pub bound: Bound,
    /// How the trials beyond it failed; `None` if none of the last ones did.
    pub failures: Option<Exceeded>,
}

/// The last failures of one status that exceeded a limit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Exceeded {
    pub status: Status,
    pub trials: usize,
    /// Among how many of the last ones.
    pub of: usize,
    /// By how much, in the median; `None` if they were killed at the limit, so that the value says nothing.
    pub median: Option<f64>,
}

impl Limit {
    /// The value that is known to be within the limit.
    pub fn safe_value(&self) -> f64 {
        match self.bound {
            Bound::Stated(value) => value,
            Bound::Between { completed, .. } => completed,
        }
    }

    /// How far `value` is from the limit; negative if it exceeds it.
    pub fn margin(&self, value: f64) -> f64 {
        match self.side {
            Side::AtMost => self.safe_value() - value,
            Side::AtLeast => value - self.safe_value(),
        }
    }

    /// The number that a row has in the column.
    pub fn value_in(&self, row: &Row) -> Option<f64> {
        Number::value_of_bytes(&row.bytes_at(row.schema.find(&self.column)?))
    }
}

/// The query for the limits of a log. It observes every column that may hold a constraint: not the score, ids, counters and
/// points in time.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Limits {
    /// `None` until a row is observed.
    columns: Option<Vec<ColumnValues>>,
}

impl Limits {
    /// The stated limits, then those that the log shows, the one with most failures first.
    pub fn find(&self, schema: &Schema, stated: &BTreeMap<String, StatedLimit>) -> Vec<Limit> {
        let mut limits = Vec::new();
        for (name, &limit) in stated {
            let values = schema.find(name).and_then(|column| self.values_of(column));
            let unknown = ColumnValues::new(0);
            let values = values.unwrap_or(&unknown);
            let (min, max) = match limit {
                StatedLimit::Range(range) => (range.min, range.max),
                StatedLimit::Number(bound) => match values.side_of(bound) {
                    Side::AtMost => (None, Some(bound)),
                    Side::AtLeast => (Some(bound), None),
                },
            };
            limits.extend(max.map(|max| values.stated(name, Side::AtMost, max)));
            limits.extend(min.map(|min| values.stated(name, Side::AtLeast, min)));
        }
        let mut inferred = Vec::new();
        for values in self.columns.iter().flatten() {
            let name = &schema.names()[values.column];
            if !stated.contains_key(name) && !values.is_counter() {
                inferred.extend(values.infer(name));
            }
        }
        inferred.sort_by_key(|(failures, _)| Reverse(*failures));
        limits.extend(inferred.into_iter().map(|(_, limit)| limit));
        limits.truncate(MAX_LIMITS.max(stated.len()));
        limits
    }

    fn values_of(&self, column: usize) -> Option<&ColumnValues> {
        let mut columns = self.columns.iter().flatten();
        columns.find(|values| values.column == column)
    }
}

/// The columns that may hold a constraint.
fn find_columns(schema: &Schema) -> Vec<ColumnValues> {
    let training = schema.column(Role::TrainSeconds);
    let mut columns = Vec::new();
    for (column, name) in schema.names().iter().enumerate() {
        let is_score = schema.column(Role::Score) == Some(column);
        let has_meaning = STANDARD.contains(&name.as_str()) && training != Some(column);
        if !is_score && !has_meaning && !has_word(name, &COUNTER_WORDS) {
            columns.push(ColumnValues::new(column));
        }
    }
    columns.truncate(MAX_COLUMNS);
    columns
}

/// Whether a name such as `eval_s` has one of these words.
fn has_word(name: &str, words: &[&str]) -> bool {
    let name = name.to_ascii_lowercase();
    let mut parts = name.split(|c: char| !c.is_ascii_alphanumeric());
    parts.any(|part| words.contains(&part))
}

impl Query for Limits {
    fn observe(&mut self, row: &Row) {
        let status = row.status();
        if !status.is_completed() && !status.is_failure() {
            return;
        }
        let columns = self.columns.get_or_insert_with(|| find_columns(row.schema));
        for values in columns {
            if let Some(value) = Number::value_of_bytes(&row.bytes_at(values.column)) {
                values.add(status, value);
            }
        }
    }

    fn answer_from(&self, summary: &Summary) -> Option<Self> {
        Some(summary.limits.clone())
    }
}
