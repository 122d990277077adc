//! How trials failed: by class, and in a class by the reason that their notes give.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;

use super::data::Trials;
use crate::{
    analysis::{Failures, Tally, kind_of, reason},
    log::Role,
    log::{Status, Trial},
};

/// A class of failures.
pub struct FailureClass {
    pub status: Status,
    pub trials: u64,
    pub hours: f64,
    /// How many of them, the newest, were looked at for their reasons.
    pub looked_at: usize,
    /// Their reasons: those that occur most come first, then the newest.
    pub reasons: Vec<Reason>,
}

/// Failures of a class that have one reason.
pub struct Reason {
    pub trials: usize,
    /// The newest of them.
    pub newest: Trial,
}

/// The classes, what was lost most first. All failures are read, but only those that are shown are kept: notes may be long.
pub(super) fn classes(
    trials: &mut Trials,
    failures: &Failures,
    tally: &Tally,
    limit: usize,
) -> Result<Vec<FailureClass>> {
    let mut kinds = BTreeMap::new();
    let places: BTreeSet<u64> = failures.0.values().flatten().copied().collect();
    trials.log.each_at(places, |row| {
        kinds.insert(row.offset, reason(&row.text(Role::Notes)).map(kind_of));
    })?;
    let mut classes = Vec::new();
    for (&status, offsets) in &failures.0 {
        let newest = offsets
            .iter()
            .rev()
            .map(|offset| (*offset, kinds[offset].as_deref()));
        let groups = grouped(newest, limit);
        let newest = trials.all(groups.iter().map(|(newest, _)| *newest))?;
        let reasons = groups
            .iter()
            .zip(newest)
            .map(|((_, trials), newest)| Reason {
                trials: *trials,
                newest,
            })
            .collect();
        let is_class = |other| other == status;
        let (trials, hours) = (tally.total.trials(is_class), tally.total.hours(is_class));
        classes.push(FailureClass {
            status,
            trials,
            hours,
            looked_at: offsets.len(),
            reasons,
        });
    }
    classes.sort_by(|a, b| b.hours.total_cmp(&a.hours).then(b.trials.cmp(&a.trials)));
    Ok(classes)
}

/// Groups failures, newest first, by the kinds of their reasons: where the newest of a group begins, and how many it has. The
/// largest come first, then the newest. Failures whose notes do not tell of a reason stay single.
fn grouped<'k>(
    failures: impl Iterator<Item = (u64, Option<&'k str>)>,
    limit: usize,
) -> Vec<(u64, usize)> {
    let mut groups: Vec<(Option<&str>, (u64, usize))> = Vec::new();
    for (offset, kind) in failures {
        match groups
            .iter_mut()
            .find(|(other, _)| kind.is_some() && *other == kind)
        {
            Some((_, (_, trials))) => *trials += 1,
            None => groups.push((kind, (offset, 1))),
        }
    }
    groups.sort_by_key(|(_, (_, trials))| std::cmp::Reverse(*trials));
    groups
        .into_iter()
        .take(limit)
        .map(|(_, group)| group)
        .collect()
}
