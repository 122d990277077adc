//! How trials failed: by status, and within a status by the reason that their notes give.

use std::{cmp::Reverse, collections::BTreeSet};

use anyhow::Result;

use super::{
    sections::{id, trial_count},
    trim::Section,
};
use crate::{
    analysis::{Failures, Tally, find_reason, kind_of},
    index::IndexedLog,
    log::{Role, Status, Trial},
    output::{
        format::duration,
        markdown::code,
        text::{cut_middle, share, squeeze, visible},
    },
    store::SectionName,
};

/// Characters of a hypothesis and of a reason.
const HYPOTHESIS: usize = 60;
const REASON: usize = 120;

/// The failures with one status.
pub struct FailureClass {
    pub status: Status,
    pub trials: u64,
    pub hours: f64,
    /// How many of the last ones were searched for reasons.
    pub searched: usize,
    /// The most frequent first, then the newest.
    pub reasons: Vec<FailureReason>,
}

/// Failures that have one reason.
pub struct FailureReason {
    pub trials: usize,
    pub newest: Trial,
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
        let groups = group_by_reason(log, offsets.iter().copied().collect(), limit)?;
        let mut reasons = Vec::new();
        for (offset, trials) in groups {
            let newest = log.at(offset)?;
            reasons.push(FailureReason { trials, newest });
        }
        classes.push(FailureClass {
            status,
            trials: tally.total.trials(|other| other == status),
            hours: tally.total.hours(|other| other == status),
            searched: offsets.len(),
            reasons,
        });
    }
    classes.sort_by(|a, b| b.hours.total_cmp(&a.hours).then(b.trials.cmp(&a.trials)));
    Ok(classes)
}

/// Groups failures by the kind of their reason: the newest of each group and its size, largest groups first. Failures without
/// a reason stay single. Only the kinds are kept while reading: notes may be long.
fn group_by_reason(
    log: &IndexedLog,
    offsets: BTreeSet<u64>,
    limit: usize,
) -> Result<Vec<(u64, usize)>> {
    let mut kinds = Vec::new();
    log.each_at(offsets, |row| {
        kinds.push((row.offset, find_reason(&row.text(Role::Notes)).map(kind_of)));
    })?;
    let mut groups: Vec<(Option<String>, u64, usize)> = Vec::new();
    for (offset, kind) in kinds.into_iter().rev() {
        let same = |(other, ..): &&mut (Option<String>, u64, usize)| *other == kind;
        match groups.iter_mut().find(same) {
            Some((_, _, trials)) if kind.is_some() => *trials += 1,
            _ => groups.push((kind, offset, 1)),
        }
    }
    groups.sort_by_key(|(.., trials)| Reverse(*trials));
    groups.truncate(limit);
    Ok(groups
        .into_iter()
        .map(|(_, newest, trials)| (newest, trials))
        .collect())
}

/// The section that says what fails, and why.
pub(super) fn section(classes: &[FailureClass], tally: &Tally) -> Option<Section> {
    if classes.is_empty() {
        return None;
    }
    let rated = tally.total.rated();
    let failed: u64 = classes.iter().map(|class| class.trials).sum();
    let hours: f64 = classes.iter().map(|class| class.hours).sum();
    let lost = lost_text(hours);
    let trials = trial_count(rated);
    let text = format!("{failed} of {trials} failed{lost}. Sorted by hours lost.\n\n");
    let rows = classes.iter().map(|class| class_text(class, rated));
    let section = Section::new(SectionName::Failures, "What fails, and how");
    Some(section.with_text(&text).with_rows(rows))
}

fn lost_text(hours: f64) -> String {
    if hours <= 0.0 {
        return String::new();
    }
    format!(", {} lost", duration(hours * 3600.0))
}

fn class_text(class: &FailureClass, rated: u64) -> String {
    let lost = lost_text(class.hours);
    let mut text = format!(
        "- **{}**: {}, {}{lost}. Next: {}.\n",
        class.status.name(),
        trial_count(class.trials),
        share(class.trials, rated),
        class.status.advice()
    );
    for reason in &class.reasons {
        text += &reason_text(reason, class);
    }
    text
}

fn reason_text(failures: &FailureReason, class: &FailureClass) -> String {
    let row = failures.newest.row();
    let id = id(&row);
    let which = match failures.trials {
        1 => id,
        trials if class.trials == class.searched as u64 => {
            format!("{trials} times, most recently {id}")
        }
        trials => format!(
            "{trials} of the last {}, most recently {id}",
            class.searched
        ),
    };
    let hypothesis = code(row.bytes(Role::Hypothesis), HYPOTHESIS);
    match find_reason(&row.text(Role::Notes)) {
        Some(reason) => {
            let reason = squeeze(&visible(reason));
            let reason = code(&*cut_middle(&reason, REASON), REASON);
            format!("  - {which}: {hypothesis}: {reason}\n")
        }
        None => format!("  - {which}: {hypothesis}\n"),
    }
}
