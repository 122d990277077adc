//! One specialist's trials: what came of them, and how well it predicts.

use std::{
    borrow::Cow,
    collections::{BTreeMap, VecDeque},
};

use serde::{Deserialize, Serialize};

use super::{Group, Question, Summary, packed::Packed};
use crate::{
    schema::Role,
    trial::{Row, Status},
};

/// How many predictions are weighed: those of long ago say little of how an agent predicts now.
const PREDICTIONS: usize = 50;

/// Of how many specialists the axes are kept, how long their names may be, and how many of the newest trials each has.
const SPECIALISTS: usize = 32;
const LONGEST: usize = 64;
const KEPT: usize = 20;

/// A trial's outcome in short: its class, and how far its score moved where it is told.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Outcome {
    pub status: Status,
    pub delta: Option<f64>,
}

/// What one specialist did.
#[derive(Clone, Serialize, Deserialize)]
pub struct Axis {
    specialist: String,
    size: usize,
    pub group: Group,
    /// Where its newest rows begin, newest last.
    pub newest: VecDeque<u64>,
    /// The same trials' outcomes.
    pub outcomes: VecDeque<Outcome>,
    /// Predicted and measured differences.
    predictions: VecDeque<(f64, f64)>,
}

/// Predicted against measured differences.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Calibration {
    pub trials: usize,
    /// How often the sign was right.
    pub right_sign: usize,
    /// Medians.
    pub predicted: f64,
    pub measured: f64,
}

impl Axis {
    /// The axis of this specialist, with its `size` newest trials.
    pub fn new(specialist: &str, size: usize) -> Self {
        Self {
            specialist: specialist.to_owned(),
            size,
            group: Group::default(),
            newest: VecDeque::new(),
            outcomes: VecDeque::new(),
            predictions: VecDeque::new(),
        }
    }

    /// `None` where no trial has both a prediction and a measured difference.
    pub fn calibration(&self) -> Option<Calibration> {
        let (predicted, measured): (Vec<f64>, Vec<f64>) = self.predictions.iter().copied().unzip();
        Some(Calibration {
            trials: self.predictions.len(),
            right_sign: self.predictions.iter().filter(|(predicted, measured)| predicted * measured > 0.0).count(),
            predicted: median(predicted)?,
            measured: median(measured)?,
        })
    }

    fn enter(&mut self, row: &Row<'_>, status: Status) {
        self.group.see(row);
        let delta = row.number_in(Role::Delta);
        push(&mut self.newest, row.offset, self.size);
        push(&mut self.outcomes, Outcome { status, delta }, self.size);
        if let (Some(predicted), Some(measured)) = (row.number_in(Role::Expected), delta) {
            push(&mut self.predictions, (predicted, measured), PREDICTIONS);
        }
    }
}

impl Question for Axis {
    fn see(&mut self, row: Row<'_>) {
        let status = row.status();
        let is_own = || {
            let name = row.bytes(Role::Specialist);
            *name == *self.specialist.as_bytes() || !name.is_ascii() && row.text(Role::Specialist) == self.specialist
        };
        if row.damage.is_none() && !status.is_quarantined() && is_own() {
            self.enter(&row, status);
        }
    }

    fn fresh(&self) -> Self {
        Self::new(&self.specialist, self.size)
    }

    fn then(&mut self, later: Self) {
        self.group.then(later.group);
        later.newest.into_iter().for_each(|offset| push(&mut self.newest, offset, self.size));
        later.outcomes.into_iter().for_each(|outcome| push(&mut self.outcomes, outcome, self.size));
        later.predictions.into_iter().for_each(|prediction| push(&mut self.predictions, prediction, PREDICTIONS));
    }

    fn recall(&self, summary: &Summary) -> Option<Self> {
        let axis = summary.axes.get(&self.specialist)?;
        (self.size <= axis.size).then(|| Self {
            size: self.size,
            newest: newest(axis.newest.iter().copied(), self.size),
            outcomes: newest(axis.outcomes.iter().copied(), self.size),
            ..axis
        })
    }
}

/// The axes of all specialists, as far as there are not too many.
#[derive(Clone, Default, Serialize, Deserialize)]
pub(super) struct Axes {
    /// Each with all trials of its specialist.
    axes: BTreeMap<String, Packed<Axis>>,
    /// Whether trials of somebody else may have been left out: then nobody new comes in.
    full: bool,
}

impl Axes {
    /// The axis of one specialist, empty where the log has none of its trials; `None` where it was not kept.
    fn get(&self, specialist: &str) -> Option<Axis> {
        match self.axes.get(specialist) {
            Some(axis) => axis.get().map(Cow::into_owned),
            None => (!self.full && specialist.len() <= LONGEST).then(|| Axis::new(specialist, KEPT)),
        }
    }

    fn of(&mut self, specialist: &str) -> Option<&mut Axis> {
        if specialist.len() > LONGEST {
            return None; // never kept, so nobody else is left out
        }
        if !self.axes.contains_key(specialist) {
            self.full |= self.axes.len() == SPECIALISTS;
            if self.full {
                return None;
            }
            self.axes.insert(specialist.to_owned(), Packed::Open(Axis::new(specialist, KEPT)));
        }
        self.axes.get_mut(specialist)?.get_mut()
    }
}

impl Question for Axes {
    fn see(&mut self, row: Row<'_>) {
        let status = row.status();
        if row.damage.is_none()
            && !status.is_quarantined()
            && let Some(axis) = self.of(&row.text(Role::Specialist))
        {
            axis.enter(&row, status);
        }
    }

    fn fresh(&self) -> Self {
        Self::default()
    }

    fn then(&mut self, later: Self) {
        if later.full {
            self.axes.retain(|specialist, _| later.axes.contains_key(specialist));
        }
        for (specialist, later) in later.axes {
            if let (Some(axis), Some(later)) = (self.of(&specialist), later.into_value()) {
                axis.then(later);
            }
        }
        self.full |= later.full;
    }
}

fn newest<T>(items: impl ExactSizeIterator<Item = T>, size: usize) -> VecDeque<T> {
    let older = items.len().saturating_sub(size);
    items.skip(older).collect()
}

fn push<T>(newest: &mut VecDeque<T>, item: T, size: usize) {
    newest.push_back(item);
    if newest.len() > size {
        newest.pop_front();
    }
}

/// The middle value, the mean of the two middle ones; `None` of nothing.
pub(super) fn median(mut values: Vec<f64>) -> Option<f64> {
    let len = values.len();
    if len == 0 {
        return None;
    }
    let (lower, &mut middle, _) = values.select_nth_unstable_by(len / 2, f64::total_cmp);
    match lower.iter().copied().max_by(f64::total_cmp) {
        Some(below) if len.is_multiple_of(2) => Some(f64::midpoint(below, middle)),
        _ => Some(middle),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::{
        schema::Schema,
        trial::{Cells, Direction, Ending, Place, short},
    };

    /// The axes of rows of these specialists, read in parts that end there.
    fn axes(specialists: &[String], ends: &[usize]) -> Axes {
        let schema = Schema::new(vec!["specialist".into(), "status".into()], None, None, Direction::Minimize);
        let schema = Arc::new(schema);
        let mut parts: Vec<_> = (0..=ends.len()).map(|_| Axes::default()).collect();
        for (n, specialist) in specialists.iter().enumerate() {
            let line = format!("{specialist}\tcrash");
            let cells = [short(specialist.len()), short(line.len())];
            let place = Place { offset: n as u64, number: 0, lines: 1, ending: Ending::Newline };
            let row = Row::new(Cells::new(line.as_bytes(), &cells), &schema, place, None);
            parts[ends.iter().filter(|&&end| end <= n).count()].see(row);
        }
        let mut all = Axes::default();
        for part in parts {
            all.then(part);
        }
        all
    }

    #[test]
    fn an_axis_has_all_of_its_trials_or_is_not_kept() {
        let mut specialists = vec!["x".to_owned(); 3];
        specialists.extend((0..40).map(|n| format!("w{n:02}")));
        specialists.extend(vec!["x".to_owned(); 5]);
        let long = "l".repeat(LONGEST + 1);
        specialists.push(long.clone());
        specialists.extend(["x", "y", "w00"].map(str::to_owned));
        for first in 0..=specialists.len() {
            for second in first..=specialists.len() {
                let axes = axes(&specialists, &[first, second]);
                for name in ["x", "y", "w00", "w39", "nobody", &long] {
                    let trials = specialists.iter().filter(|other| *other == name).count() as u64;
                    let is_right = axes.get(name).is_none_or(|axis| axis.group.all() == trials);
                    assert!(is_right, "{name}, parted at {first} and {second}");
                }
            }
        }
        assert!(axes(&specialists, &[]).get("x").is_some());
        assert!(axes(&specialists[..3], &[1]).get("nobody").is_some());
        assert!(axes(&specialists[..3], &[1]).get(&long).is_none());
    }
}
