//! How trials failed: by class, and in a class by the reason that their notes give.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use anyhow::Result;

use super::Trials;
use crate::{
    lineage::{Failures, Tally, kind_of, reason},
    schema::Role,
    store::Log,
    trial::{Status, Trial},
};

/// A class of failures.
pub struct FailureClass {
    pub status: Status,
    pub trials: u64,
    pub hours: f64,
    /// How many of them, the newest, were looked at for their reasons.
    pub looked_at: usize,
    /// The reasons of the newest, the newest first.
    pub reasons: Vec<Reason>,
}

/// Failures of a class that have one reason.
pub struct Reason {
    /// What the notes say; `None` where they do not tell of the failure.
    pub text: Option<String>,
    pub trials: usize,
    /// The newest of them.
    pub newest: Trial,
}

/// A class of which it is known which failures are shown.
pub(super) struct Class {
    status: Status,
    looked_at: usize,
    kinds: Vec<Kind>,
}

/// Failures whose reasons are the same but for numbers.
struct Kind {
    trials: usize,
    /// Where the newest of them begins.
    newest: u64,
}

impl Class {
    /// Where the failures that are shown begin.
    pub(super) fn shown(&self) -> impl Iterator<Item = &u64> {
        self.kinds.iter().map(|kind| &kind.newest)
    }
}

/// The classes, each with so many kinds. All failures are read, but none is kept: their notes may be long.
pub(super) fn classes(log: &Log, failures: &Failures, limit: usize) -> Result<Vec<Class>> {
    let mut kinds = BTreeMap::new();
    let places: BTreeSet<u64> = failures.0.values().flatten().copied().collect();
    log.each_at(places, |row| {
        kinds.insert(row.offset, reason(&row.text(Role::Notes)).map(kind_of));
    })?;
    let class = |(&status, offsets): (&Status, &VecDeque<u64>)| {
        let newest = offsets.iter().rev().map(|offset| (*offset, kinds[offset].as_deref()));
        Class { status, looked_at: offsets.len(), kinds: grouped(newest, limit) }
    };
    Ok(failures.0.iter().map(class).collect())
}

/// Groups failures, newest first, by their kinds: those that occur most come first, then the newest. Failures whose notes do not
/// tell of one stay single.
fn grouped<'k>(failures: impl Iterator<Item = (u64, Option<&'k str>)>, limit: usize) -> Vec<Kind> {
    let mut kinds: Vec<(Option<&str>, Kind)> = Vec::new();
    for (newest, kind) in failures {
        match kinds.iter_mut().find(|(other, _)| kind.is_some() && *other == kind) {
            Some((_, same)) => same.trials += 1,
            None => kinds.push((kind, Kind { trials: 1, newest })),
        }
    }
    kinds.sort_by_key(|(_, kind)| std::cmp::Reverse(kind.trials));
    kinds.into_iter().take(limit).map(|(_, kind)| kind).collect()
}

/// The classes with the trials that are shown, what was lost most first.
pub(super) fn told(trials: &mut Trials, classes: Vec<Class>, tally: &Tally) -> Result<Vec<FailureClass>> {
    let mut told = Vec::new();
    for Class { status, looked_at, kinds } in classes {
        let newest = trials.all(kinds.iter().map(|kind| kind.newest))?;
        let reasons = kinds.iter().zip(newest).map(|(kind, newest)| {
            let text = reason(&newest.row().text(Role::Notes)).map(str::to_owned);
            Reason { text, trials: kind.trials, newest }
        });
        let is_class = |other| other == status;
        let (trials, hours) = (tally.total.trials(is_class), tally.total.hours(is_class));
        told.push(FailureClass { status, trials, hours, looked_at, reasons: reasons.collect() });
    }
    told.sort_by(|a, b| b.hours.total_cmp(&a.hours).then(b.trials.cmp(&a.trials)));
    Ok(told)
}
