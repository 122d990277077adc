//! One specialist's trials: what came of them, and how well it predicts.

use std::collections::{BTreeMap, VecDeque};

use serde::{Deserialize, Serialize};

use super::{Group, Query, Summary};

use crate::{
    log::Role,
    log::{Row, Status},
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
pub struct SpecialistTrials {
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

impl SpecialistTrials {
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
            right_sign: self
                .predictions
                .iter()
                .filter(|(predicted, measured)| predicted * measured > 0.0)
                .count(),
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

impl Query for SpecialistTrials {
    fn observe(&mut self, row: &Row) {
        let status = row.status();
        let is_own = || {
            let name = row.bytes(Role::Specialist);
            *name == *self.specialist.as_bytes()
                || !name.is_ascii() && row.text(Role::Specialist) == self.specialist
        };
        if row.damage.is_none() && !status.is_ignored() && is_own() {
            self.enter(&row, status);
        }
    }

    fn from_summary(&self, summary: &Summary) -> Option<Self> {
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
pub(super) struct SpecialistIndex {
    /// Each with all trials of its specialist.
    axes: BTreeMap<String, SpecialistTrials>,
    /// Whether trials of somebody else may have been left out: then nobody new comes in.
    full: bool,
}

impl SpecialistIndex {
    /// The axis of one specialist, empty where the log has none of its trials; `None` where it was not kept.
    fn get(&self, specialist: &str) -> Option<SpecialistTrials> {
        match self.axes.get(specialist) {
            Some(axis) => Some(axis.clone()),
            None => (!self.full && specialist.len() <= LONGEST)
                .then(|| SpecialistTrials::new(specialist, KEPT)),
        }
    }

    fn of(&mut self, specialist: &str) -> Option<&mut SpecialistTrials> {
        if specialist.len() > LONGEST {
            return None; // never kept, so nobody else is left out
        }
        if !self.axes.contains_key(specialist) {
            self.full |= self.axes.len() == SPECIALISTS;
            if self.full {
                return None;
            }
            self.axes.insert(
                specialist.to_owned(),
                SpecialistTrials::new(specialist, KEPT),
            );
        }
        self.axes.get_mut(specialist)
    }
}

impl Query for SpecialistIndex {
    fn observe(&mut self, row: &Row) {
        let status = row.status();
        if row.damage.is_none()
            && !status.is_ignored()
            && let Some(axis) = self.of(&row.text(Role::Specialist))
        {
            axis.enter(&row, status);
        }
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
