//! How trials failed: by status, and within a status by what the failures share: their error, or what they changed.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet},
};

use anyhow::Result;

use super::queries::Queries;
use super::{Page, PromptData, id, limits::find_violation, trial_count, trim::Section};
use crate::analysis::{find_knobs, find_reason, kind_of, value_of_knob};
use crate::index::IndexedLog;
use crate::log::{Role, Status, Trial};
use crate::output::format::{amount, duration, share};
use crate::output::markdown::{code, word};
use crate::text::{cut_middle, squeeze, visible};

/// Characters of a hypothesis, of a reason and of a knob.
const HYPOTHESIS: usize = 60;
const REASON: usize = 120;
const KNOB: usize = 40;

/// From how many failures on a knob is said to fail, how many of ten tries must have failed, and how many knobs are shown.
const MIN_KNOB_FAILURES: u64 = 3;
const MIN_FAILED_OF_TEN: u64 = 7;
const MAX_KNOBS: usize = 2;

/// How many of the last children are looked at together, and how many of them make a pattern.
const LAST_CHILDREN: usize = 5;
const MIN_CHILDREN: usize = 2;

pub(super) struct FailureClass {
    pub(super) status: Status,
    /// The word in the log, which need not be a status.
    pub(super) name: String,
    pub(super) trials: u64,
    hours: f64,
    /// How many of the last ones were searched for what they share.
    searched: usize,
    /// The most frequent reason first, then the newest.
    reasons: Vec<Reason>,
    knobs: Vec<Knob>,
}

/// Failures with the same reason.
struct Reason {
    trials: usize,
    newest: Trial,
    text: Option<String>,
}

/// A change that failed again and again: `42 epochs`.
struct Knob {
    name: String,
    failures: u64,
    tries: u64,
}

/// What is kept of each failure while they are read: notes may be long.
struct Failure {
    offset: u64,
    reason: Option<String>,
    knobs: Vec<String>,
}

/// The classes of failures, most hours first, each with at most `limit` reasons.
pub(super) fn gather_failures(
    log: &IndexedLog,
    answers: &Queries,
    limit: usize,
) -> Result<Vec<FailureClass>> {
    let mut classes = Vec::new();
    for (&status, offsets) in &answers.failures.last {
        let mut by_word: BTreeMap<String, Vec<Failure>> = BTreeMap::new();
        log.each_at(offsets.iter().copied(), |row| {
            let reason = find_reason(&row.text(Role::Notes)).map(|reason| shorten(&reason));
            let class = by_word.entry(row.text(Role::Status).into_owned());
            class.or_default().push(Failure {
                offset: row.offset,
                reason,
                knobs: find_knobs(&row.text(Role::Hypothesis)),
            });
        })?;
        for (name, read) in by_word {
            let (trials, hours) = count_trials(answers, &name);
            classes.push(FailureClass {
                status,
                trials,
                hours,
                name,
                searched: read.len(),
                knobs: frequent_knobs(&read),
                reasons: group_reasons(log, read, limit)?,
            });
        }
    }
    if let Some(window) = answers.recent.first() {
        count_tries(log, window, &mut classes)?;
    }
    classes.sort_by(|a, b| b.hours.total_cmp(&a.hours).then(b.trials.cmp(&a.trials)));
    Ok(classes)
}

/// How many trials of the log have this word as their status, and how many hours they took.
fn count_trials(answers: &Queries, word: &str) -> (u64, f64) {
    if let Some(&(trials, seconds)) = answers.failures.unknown.get(word) {
        return (trials, seconds / 3600.0);
    }
    let mut entries = answers.tally.total.entries();
    let entry = entries.find(|entry| entry.word == word);
    entry.map_or((0, 0.0), |entry| (entry.trials, entry.hours))
}

fn shorten(reason: &str) -> String {
    cut_middle(&squeeze(&visible(reason)), REASON).into_owned()
}

/// Groups failures by the kind of their reason. Failures without a reason stay single.
fn group_reasons(log: &IndexedLog, failures: Vec<Failure>, limit: usize) -> Result<Vec<Reason>> {
    let mut groups: Vec<(Option<String>, usize, Failure)> = Vec::new();
    for failure in failures.into_iter().rev() {
        let kind = failure.reason.as_deref().map(kind_of);
        match groups.iter_mut().find(|(other, ..)| *other == kind) {
            Some((_, trials, _)) if kind.is_some() => *trials += 1,
            _ => groups.push((kind, 1, failure)),
        }
    }
    groups.sort_by_key(|(_, trials, _)| Reverse(*trials));
    groups.truncate(limit);
    let newest = log.briefs_at(groups.iter().map(|(.., failure)| failure.offset))?;
    let reasons = groups.into_iter().zip(newest);
    let reasons = reasons.map(|((_, trials, failure), newest)| Reason {
        trials,
        newest,
        text: failure.reason,
    });
    Ok(reasons.collect())
}

/// The knobs that enough failures turned, not yet with their tries.
fn frequent_knobs(failures: &[Failure]) -> Vec<Knob> {
    let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
    for knob in failures.iter().flat_map(|failure| &failure.knobs) {
        *counts.entry(knob).or_default() += 1;
    }
    counts.retain(|_, failures| *failures >= MIN_KNOB_FAILURES);
    let knobs = counts.into_iter().map(|(name, failures)| Knob {
        name: name.to_owned(),
        failures,
        tries: 0,
    });
    knobs.collect()
}

/// Counts how often each knob was tried, and keeps those that failed most of the time.
fn count_tries(log: &IndexedLog, window: u64, classes: &mut [FailureClass]) -> Result<()> {
    let names = classes.iter().flat_map(|class| &class.knobs);
    let names: BTreeSet<String> = names.map(|knob| knob.name.clone()).collect();
    if names.is_empty() {
        return Ok(());
    }
    let values: Vec<&str> = names.iter().map(|name| value_of_knob(name)).collect();
    let mut tries: BTreeMap<(String, Status), u64> = BTreeMap::new();
    let mut rows = log.rows_from(window);
    while let Some(row) = rows.next()? {
        let hypothesis = row.text(Role::Hypothesis);
        let may_turn = values.iter().any(|value| hypothesis.contains(value));
        if may_turn && row.damage.is_none() && !row.status().is_ignored() {
            for knob in find_knobs(&hypothesis) {
                if names.contains(&knob) {
                    *tries.entry((knob, row.status())).or_default() += 1;
                }
            }
        }
    }
    for class in classes {
        for knob in &mut class.knobs {
            let of_knob = tries.iter().filter(|((name, _), _)| *name == knob.name);
            knob.tries = of_knob.map(|(_, tries)| tries).sum();
            let failed = tries.get(&(knob.name.clone(), class.status));
            knob.failures = failed.copied().unwrap_or(0);
        }
        class.knobs.retain(|knob| {
            knob.failures >= MIN_KNOB_FAILURES
                && 10 * knob.failures >= MIN_FAILED_OF_TEN * knob.tries
        });
        class.knobs.sort_by_key(|knob| Reverse(knob.failures));
        class.knobs.truncate(MAX_KNOBS);
    }
    Ok(())
}

pub(super) fn section(page: &Page) -> Option<Section> {
    let (classes, data) = (&page.data.failures, page.data);
    if classes.is_empty() {
        return None;
    }
    let rated = data.tally.total.rated();
    let failed: u64 = classes.iter().map(|class| class.trials).sum();
    let lost = lost_text(classes.iter().map(|class| class.hours).sum());
    let trials = trial_count(rated);
    let text = format!("{failed} of {trials} failed{lost}. Sorted by hours lost.\n\n");
    let rows = classes
        .iter()
        .map(|class| class_text(class, page))
        .collect();
    Some(Section::new("## What fails, and how", &text, rows))
}

fn lost_text(hours: f64) -> String {
    if hours <= 0.0 {
        return String::new();
    }
    format!(", {} lost", duration(hours * 3600.0))
}

fn class_text(class: &FailureClass, page: &Page) -> String {
    let (status, lost) = (class.status, lost_text(class.hours));
    let part = share(class.trials, page.data.tally.total.rated());
    let trials = trial_count(class.trials);
    let name = word(&class.name);
    let advice = match status {
        Status::Other => "an unknown status, see the notes; it never counts as the best",
        status => status.advice(),
    };
    let mut text = format!("- **{name}**: {trials}, {part}{lost}. Next: {advice}.\n");
    text += &children_text(status, page.data);
    for knob in &class.knobs {
        let tries = match knob.tries {
            1 => "1 try".to_owned(),
            tries => format!("{tries} tries"),
        };
        let (knob, failures) = (code(&knob.name, KNOB), knob.failures);
        text += &format!("  - {knob}: {tries}, {failures} {name}\n");
    }
    for reason in &class.reasons {
        text += &reason_text(reason, class, page);
    }
    text
}

/// What the last children of the best have in common: `3 of the last 5 trials from the best: eval_s 604–605`.
fn children_text(status: Status, data: &PromptData) -> String {
    let last = &data.relatives.children[..data.relatives.children.len().min(LAST_CHILDREN)];
    let mut failed = 0;
    let mut values: BTreeMap<String, (f64, f64)> = BTreeMap::new();
    for child in last.iter().filter(|child| child.row().status() == status) {
        failed += 1;
        if let Some(violation) = find_violation(&child.row(), &data.limits) {
            let value = violation.value;
            let range = values.entry(violation.column).or_insert((value, value));
            *range = (range.0.min(value), range.1.max(value));
        }
    }
    if failed < MIN_CHILDREN || values.is_empty() {
        return String::new();
    }
    let ranges = values.into_iter().map(|(column, (low, high))| {
        let range = match (amount(low), amount(high)) {
            (low, high) if low == high => low,
            (low, high) => format!("{low}–{high}"),
        };
        format!("{} {range}", word(&column))
    });
    let (last, ranges) = (last.len(), ranges.collect::<Vec<_>>().join(", "));
    format!("  - {failed} of the last {last} trials from the best: {ranges}\n")
}

fn reason_text(reason: &Reason, class: &FailureClass, page: &Page) -> String {
    let row = reason.newest.row();
    let (id, searched) = (id(&row), class.searched);
    let which = match reason.trials {
        1 => id,
        trials if class.trials == searched as u64 => format!("{trials} times, most recently {id}"),
        trials => format!("{trials} of the last {searched}, most recently {id}"),
    };
    let mut parts = vec![which];
    if let Some(violation) = find_violation(&row, &page.data.limits) {
        parts[0] += &format!(" ({violation})");
    }
    parts.extend(page.hypothesis(&row, HYPOTHESIS));
    if let Some(text) = &reason.text {
        parts.push(code(text, REASON));
    }
    format!("  - {}\n", parts.join(": "))
}
