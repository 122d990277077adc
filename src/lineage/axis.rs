//! One specialist's trials: what came of them, and how well it predicts.

use std::collections::VecDeque;

use super::{Group, Question};
use crate::{
    schema::Role,
    trial::{Row, Status},
};

/// How many predictions are weighed: those of long ago say little of how an agent predicts now.
const PREDICTIONS: usize = 50;

/// A trial's outcome in short: its class, and how far its score moved where it is told.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Outcome {
    pub status: Status,
    pub delta: Option<f64>,
}

/// What one specialist did.
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
}

impl Question for Axis {
    fn see(&mut self, row: Row<'_>) {
        let status = row.status();
        if row.damage.is_some() || status.is_quarantined() || row.text(Role::Specialist) != self.specialist {
            return;
        }
        self.group.see(&row);
        let delta = row.number_in(Role::Delta);
        push(&mut self.newest, row.offset, self.size);
        push(&mut self.outcomes, Outcome { status, delta }, self.size);
        if let (Some(predicted), Some(measured)) = (row.number_in(Role::Expected), delta) {
            push(&mut self.predictions, (predicted, measured), PREDICTIONS);
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
}

fn push<T>(newest: &mut VecDeque<T>, item: T, size: usize) {
    newest.push_back(item);
    if newest.len() > size {
        newest.pop_front();
    }
}

/// The middle value, the mean of the two middle ones; `None` of nothing.
pub(super) fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    match values.len() {
        0 => None,
        len if len % 2 == 1 => Some(values[middle]),
        _ => Some(f64::midpoint(values[middle - 1], values[middle])),
    }
}
