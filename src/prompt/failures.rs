//! How trials failed: by status, and within a status by the reason that their notes give.

use std::{cmp::Reverse, collections::BTreeSet};

use anyhow::Result;

use super::{id, quote, trial_count, trim::Section};
use crate::analysis::{Failures, Tally, find_reason, kind_of};
use crate::index::IndexedLog;
use crate::log::{Role, Row, Status, Trial};
use crate::output::format::{duration, share};
use crate::output::markdown::code;
use crate::text::{cut_middle, squeeze, visible};

/// Characters of a hypothesis and of a reason.
const HYPOTHESIS: usize = 60;
const REASON: usize = 120;

pub(super) struct FailureClass {
    status: Status,
    trials: u64,
    hours: f64,
    /// How many of the last ones were searched for reasons.
    searched: usize,
    /// How many failures have one reason, and the newest of them; the most frequent reason first, then the newest.
    reasons: Vec<(usize, Trial)>,
}

/// The classes of failures, most hours first, each with at most `limit` reasons.
pub(super) fn gather_failures(
    log: &IndexedLog,
    failures: &Failures,
    tally: &Tally,
    limit: usize,
) -> Result<Vec<FailureClass>> {
    let mut classes = Vec::new();
    for (&status, offsets) in &failures.0 {
        classes.push(FailureClass {
            status,
            trials: tally.total.trials(|other| other == status),
            hours: tally.total.hours(|other| other == status),
            searched: offsets.len(),
            reasons: gather_reasons(log, offsets.iter().copied().collect(), limit)?,
        });
    }
    classes.sort_by(|a, b| b.hours.total_cmp(&a.hours).then(b.trials.cmp(&a.trials)));
    Ok(classes)
}

/// Groups failures by the kind of their reason. Failures without a reason stay single. Only the kinds are kept while
/// reading: notes may be long.
fn gather_reasons(
    log: &IndexedLog,
    offsets: BTreeSet<u64>,
    limit: usize,
) -> Result<Vec<(usize, Trial)>> {
    let mut kinds = Vec::new();
    log.each_at(offsets, |row| {
        kinds.push((row.offset, find_reason(&row.text(Role::Notes)).map(kind_of)));
    })?;
    let mut groups: Vec<(Option<String>, u64, usize)> = Vec::new();
    for (offset, kind) in kinds.into_iter().rev() {
        match groups.iter_mut().find(|(other, ..)| *other == kind) {
            Some((_, _, trials)) if kind.is_some() => *trials += 1,
            _ => groups.push((kind, offset, 1)),
        }
    }
    groups.sort_by_key(|(.., trials)| Reverse(*trials));
    groups.truncate(limit);
    let mut reasons = Vec::new();
    for (_, newest, trials) in groups {
        reasons.push((trials, log.at(newest)?));
    }
    Ok(reasons)
}

pub(super) fn section(classes: &[FailureClass], tally: &Tally) -> Option<Section> {
    if classes.is_empty() {
        return None;
    }
    let rated = tally.total.rated();
    let failed: u64 = classes.iter().map(|class| class.trials).sum();
    let lost = lost_text(classes.iter().map(|class| class.hours).sum());
    let trials = trial_count(rated);
    let text = format!("{failed} of {trials} failed{lost}. Sorted by hours lost.\n\n");
    let rows = classes.iter().map(|class| class_text(class, rated));
    let rows = rows.collect();
    Some(Section::new("## What fails, and how", &text, rows))
}

fn lost_text(hours: f64) -> String {
    if hours <= 0.0 {
        return String::new();
    }
    format!(", {} lost", duration(hours * 3600.0))
}

fn class_text(class: &FailureClass, rated: u64) -> String {
    let (status, lost) = (class.status, lost_text(class.hours));
    let (trials, part) = (trial_count(class.trials), share(class.trials, rated));
    let (name, advice) = (status.name(), status.advice());
    let mut text = format!("- **{name}**: {trials}, {part}{lost}. Next: {advice}.\n");
    for (trials, newest) in &class.reasons {
        text += &reason_text(*trials, &newest.row(), class);
    }
    text
}

fn reason_text(trials: usize, newest: &Row, class: &FailureClass) -> String {
    let (id, searched) = (id(newest), class.searched);
    let which = match trials {
        1 => id,
        _ if class.trials == searched as u64 => format!("{trials} times, most recently {id}"),
        _ => format!("{trials} of the last {searched}, most recently {id}"),
    };
    let hypothesis = quote(newest, Role::Hypothesis, HYPOTHESIS);
    let mut text = format!("  - {which}: {hypothesis}");
    if let Some(reason) = find_reason(&newest.text(Role::Notes)) {
        let reason = squeeze(&visible(reason));
        text += &format!(": {}", code(&cut_middle(&reason, REASON), REASON));
    }
    text + "\n"
}
