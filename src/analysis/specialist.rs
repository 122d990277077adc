//! What one specialist tried, and how well it predicts.

use std::collections::{BTreeMap, VecDeque};

use serde::{Deserialize, Serialize};

use super::{Group, Query, Summary};
use crate::log::{Role, Row, Status};

/// How many predictions count: old ones say little about how an agent predicts now.
const MAX_PREDICTIONS: usize = 50;

/// How many specialists a summary stores, how long their names may be, and how many trials each has.
const STORED_SPECIALISTS: usize = 32;
const MAX_NAME: usize = 64;
const STORED_TRIALS: usize = 20;

/// The outcome of a trial and how far its score moved, if that is known.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Outcome {
    pub offset: u64,
    pub status: Status,
    pub delta: Option<f64>,
}

/// The trials of one specialist.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct SpecialistTrials {
    specialist: String,
    size: usize,
    pub group: Group,
    /// The last trials, newest last.
    pub outcomes: VecDeque<Outcome>,
    /// Predicted and measured deltas.
    predictions: VecDeque<(f64, f64)>,
}

/// Predicted against measured deltas.
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
    /// The trials of this specialist, of which the last `size` are listed.
    pub fn new(specialist: &str, size: usize) -> Self {
        Self {
            specialist: specialist.to_owned(),
            size,
            ..Self::default()
        }
    }

    /// `None` if no trial has both a predicted and a measured delta.
    pub fn calibration(&self) -> Option<Calibration> {
        let predictions = self.predictions.iter();
        let is_right = |(predicted, measured): &&(f64, f64)| predicted * measured > 0.0;
        let right_sign = predictions.clone().filter(is_right).count();
        let (predicted, measured): (Vec<f64>, Vec<f64>) = predictions.copied().unzip();
        Some(Calibration {
            trials: predicted.len(),
            right_sign,
            predicted: median(predicted)?,
            measured: median(measured)?,
        })
    }

    fn add(&mut self, row: &Row) {
        self.group.add(row);
        let delta = row.number_in(Role::Delta);
        let outcome = Outcome {
            offset: row.offset,
            status: row.status(),
            delta,
        };
        push_bounded(&mut self.outcomes, outcome, self.size);
        let predicted = row.number_in(Role::Expected);
        if let Some(prediction) = predicted.zip(delta) {
            push_bounded(&mut self.predictions, prediction, MAX_PREDICTIONS);
        }
    }
}

fn is_counted(row: &Row) -> bool {
    row.damage.is_none() && !row.status().is_ignored()
}

impl Query for SpecialistTrials {
    fn observe(&mut self, row: &Row) {
        if is_counted(row) && row.text(Role::Specialist) == self.specialist {
            self.add(row);
        }
    }

    fn answer_from(&self, summary: &Summary) -> Option<Self> {
        let mut trials = summary.specialists.get(&self.specialist)?;
        if self.size > trials.size {
            return None;
        }
        trials.size = self.size;
        let excess = trials.outcomes.len().saturating_sub(self.size);
        trials.outcomes.drain(..excess);
        Some(trials)
    }
}

/// The trials of every specialist, if there are not too many.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct AllSpecialists {
    specialists: BTreeMap<String, SpecialistTrials>,
    /// Whether trials of others may have been left out.
    is_full: bool,
}

impl AllSpecialists {
    /// The trials of one specialist, which may be none; `None` if they may have been left out.
    fn get(&self, specialist: &str) -> Option<SpecialistTrials> {
        match self.specialists.get(specialist) {
            Some(trials) => Some(trials.clone()),
            None if self.is_full || specialist.len() > MAX_NAME => None,
            None => Some(SpecialistTrials::new(specialist, STORED_TRIALS)),
        }
    }
}

impl Query for AllSpecialists {
    fn observe(&mut self, row: &Row) {
        let specialist = row.text(Role::Specialist);
        if !is_counted(row) || specialist.len() > MAX_NAME {
            return;
        }
        let has_room = self.specialists.len() < STORED_SPECIALISTS;
        if has_room || self.specialists.contains_key(&*specialist) {
            let trials = self.specialists.entry(specialist.into_owned());
            let new = |name: &String| SpecialistTrials::new(name, STORED_TRIALS);
            trials.or_insert_with_key(new).add(row);
        } else {
            self.is_full = true;
        }
    }
}

/// Adds an item, and removes the oldest if there are more than `size`.
pub(super) fn push_bounded<T>(items: &mut VecDeque<T>, item: T, size: usize) {
    items.push_back(item);
    if items.len() > size {
        items.pop_front();
    }
}

/// The middle value, or the mean of the two middle ones; `None` if there are none.
pub(crate) fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let upper = *values.get(values.len() / 2)?;
    let lower = values[(values.len() - 1) / 2];
    Some(f64::midpoint(lower, upper))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::log::{Log, LogOptions, Source};

    /// What is stored after one crash of each of these specialists.
    fn observe(specialists: &[String]) -> AllSpecialists {
        let mut text = "exp_id\tstatus\tspecialist\n".to_owned();
        for (id, specialist) in specialists.iter().enumerate() {
            text += &format!("{id}\tcrash\t{specialist}\n");
        }
        let end = text.len() as u64;
        let source = Source::Memory(text.into_bytes());
        let log = Log::open(Path::new("log"), source, end, &LogOptions::default()).unwrap();
        let mut all = AllSpecialists::default();
        log.for_each_row(|row| all.observe(row)).unwrap();
        all
    }

    #[test]
    fn only_so_many_specialists_are_stored_and_others_are_unknown() {
        let names: Vec<String> = (0..40).map(|n| format!("s{n}")).collect();
        let few = observe(&names[..STORED_SPECIALISTS]);
        assert_eq!(few.get("s31").unwrap().group.all(), 1);
        assert_eq!(few.get("nobody").unwrap().group.all(), 0);
        let many = observe(&names);
        assert_eq!(many.get("s31").unwrap().group.all(), 1);
        assert!(many.get("s39").is_none() && many.get("nobody").is_none());
    }

    #[test]
    fn a_long_name_is_not_stored_and_takes_no_place() {
        let long = "x".repeat(MAX_NAME + 1);
        let all = observe(&[long.clone(), "opt".to_owned()]);
        assert!(all.get(&long).is_none());
        assert_eq!(all.get("opt").unwrap().outcomes.len(), 1);
        assert_eq!(all.get("nobody").unwrap().group.all(), 0);
    }
}
