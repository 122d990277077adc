//! The values of one column: which ones completed, which ones failed, and whether a limit separates them.

use std::collections::{BTreeMap, VecDeque};

use serde::{Deserialize, Serialize};

use super::{Bound, Exceeded, Limit, Side, has_word};
use crate::analysis::specialist::{median, push_bounded};
use crate::log::Status;

/// Fewer failures or completed trials show no limit.
const MIN_TRIALS: u64 = 3;

/// How many of a hundred trials may be on the wrong side of a limit.
const MAX_OVERLAP_PERCENT: u64 = 2;

/// How many of the highest and lowest values are stored. With more outliers than this, no limit is shown.
const STORED_VALUES: usize = 32;

/// How many of the last failures show how near they were.
const LAST_FAILURES: usize = 20;

/// A column that grows from trial to trial this many times is a counter or a time.
const MIN_GROWTH: u32 = 20;

/// Runs that are killed at a limit end within this share of it.
const KILLED_WITHIN: f64 = 0.02;

/// Words in the name of a column that measures a time.
const DURATION_WORDS: [&str; 15] = [
    "s", "sec", "secs", "seconds", "ms", "min", "mins", "minutes", "h", "hours", "time",
    "duration", "elapsed", "wall", "walltime",
];

/// The highest and the lowest of some values, the most extreme first.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Values {
    count: u64,
    highest: Vec<f64>,
    lowest: Vec<f64>,
}

impl Values {
    fn add(&mut self, value: f64) {
        self.count += 1;
        let at = self.highest.partition_point(|&other| other >= value);
        insert_bounded(&mut self.highest, at, value);
        let at = self.lowest.partition_point(|&other| other <= value);
        insert_bounded(&mut self.lowest, at, value);
    }

    /// How many values may be on the wrong side of a limit.
    fn max_outliers(&self) -> usize {
        let outliers = self.count * MAX_OVERLAP_PERCENT / 100;
        usize::try_from(outliers).unwrap_or(usize::MAX)
    }
}

fn insert_bounded(values: &mut Vec<f64>, at: usize, value: f64) {
    if at < STORED_VALUES {
        values.insert(at, value);
        values.truncate(STORED_VALUES);
    }
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct FailedValues {
    all: Values,
    /// Newest last.
    last: VecDeque<f64>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct ColumnValues {
    pub(super) column: usize,
    completed: Values,
    failed: BTreeMap<Status, FailedValues>,
    last: f64,
    /// How often a value was greater than the one before, without an exception.
    growth: Option<u32>,
}

impl ColumnValues {
    pub(super) fn new(column: usize) -> Self {
        Self {
            column,
            completed: Values::default(),
            failed: BTreeMap::new(),
            last: f64::NEG_INFINITY,
            growth: Some(0),
        }
    }

    pub(super) fn add(&mut self, status: Status, value: f64) {
        self.growth = self
            .growth
            .filter(|_| value > self.last)
            .map(|growth| growth.saturating_add(1));
        self.last = value;
        if status.is_completed() {
            self.completed.add(value);
        } else {
            let failed = self.failed.entry(status).or_default();
            failed.all.add(value);
            push_bounded(&mut failed.last, value, LAST_FAILURES);
        }
    }

    pub(super) fn is_counter(&self) -> bool {
        self.growth.is_some_and(|growth| growth >= MIN_GROWTH)
    }

    /// The limit that separates most failures from the completed trials, and how many failures.
    pub(super) fn infer(&self, name: &str) -> Option<(u64, Limit)> {
        let mut found: Option<(u64, Limit)> = None;
        for (&status, failed) in &self.failed {
            let sides: &[Side] = match status {
                Status::Disqualified => &[Side::AtMost, Side::AtLeast],
                // A run that broke early has small values for other reasons.
                _ => &[Side::AtMost],
            };
            for &side in sides {
                let count = failed.all.count;
                if found.as_ref().is_none_or(|(most, _)| count > *most)
                    && let Some(bound) = separate(&self.completed, &failed.all, side)
                {
                    let limit = self.limit(name, side, bound, &[status]);
                    found = Some((count, limit));
                }
            }
        }
        found
    }

    /// A limit that the settings state.
    pub(super) fn stated(&self, name: &str, side: Side, bound: f64) -> Limit {
        let statuses: Vec<Status> = self.failed.keys().copied().collect();
        self.limit(name, side, Bound::Stated(bound), &statuses)
    }

    /// A limit with the failures that exceed it: those of the status that has most of them.
    fn limit(&self, name: &str, side: Side, bound: Bound, statuses: &[Status]) -> Limit {
        let mut limit = Limit {
            column: name.to_owned(),
            side,
            bound,
            failures: None,
        };
        for &status in statuses {
            let last = self.failed[&status].last.iter();
            let beyond = last.filter(|&&value| side.is_beyond(value, limit.safe_value()));
            let beyond: Vec<f64> = beyond.copied().collect();
            let most = limit.failures.map_or(0, |failures| failures.trials);
            if beyond.len() > most {
                let excess: Vec<f64> = beyond.iter().map(|&value| -limit.margin(value)).collect();
                limit.failures = Some(Exceeded {
                    status,
                    trials: beyond.len(),
                    of: self.failed[&status].last.len(),
                    median: median_excess(excess).filter(|_| !are_killed(name, status, &beyond)),
                });
            }
        }
        limit
    }

    /// Whether most completed trials are below `bound`.
    pub(super) fn side_of(&self, bound: f64) -> Side {
        let Values {
            highest, lowest, ..
        } = &self.completed;
        let above = highest.iter().filter(|&&value| value > bound);
        let below = lowest.iter().filter(|&&value| value <= bound);
        if above.count() > below.count() {
            Side::AtLeast
        } else {
            Side::AtMost
        }
    }
}

/// Where a limit is, if all values but a few are on their side of it. Drops as few outliers as possible.
fn separate(completed: &Values, failed: &Values, side: Side) -> Option<Bound> {
    if completed.count.min(failed.count) < MIN_TRIALS {
        return None;
    }
    let (inside, outside) = match side {
        Side::AtMost => (&completed.highest, &failed.lowest),
        Side::AtLeast => (&completed.lowest, &failed.highest),
    };
    let mut fewest = usize::MAX;
    let mut bound = None;
    for (i, &completed) in inside.iter().take(completed.max_outliers() + 1).enumerate() {
        let mut outside = outside.iter().take(failed.max_outliers() + 1).enumerate();
        let first = outside.find(|&(_, &failed)| side.is_beyond(failed, completed));
        if let Some((j, &failed)) = first
            && i + j < fewest
        {
            fewest = i + j;
            bound = Some(Bound::Between { completed, failed });
        }
    }
    bound
}

/// The median; a whole number if all values are, as a number of bytes.
fn median_excess(values: Vec<f64>) -> Option<f64> {
    let is_whole = values.iter().all(|value| value.fract() == 0.0);
    let median = median(values)?;
    Some(if is_whole { median.round() } else { median })
}

/// Whether runs were killed at a time limit: how much longer they would have taken is unknown.
fn are_killed(name: &str, status: Status, values: &[f64]) -> bool {
    let is_overrun = matches!(
        status,
        Status::EvalBudgetOverrun | Status::TrainBudgetOverrun
    );
    let mut values = values.to_vec();
    values.sort_by(f64::total_cmp);
    // Without a tenth at each end.
    let cut = values.len() / 10;
    let (low, high) = (values[cut], values[values.len() - 1 - cut]);
    (is_overrun || has_word(name, &DURATION_WORDS)) && high - low <= KILLED_WITHIN * high.abs()
}
