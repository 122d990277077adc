//! One page: what its sections share, and how a trial is written in them.

use std::{
    cell::{Cell, RefCell},
    collections::{HashMap, HashSet},
};

use super::{PromptData, PromptOptions, limits::find_violation};
use crate::log::{Role, Row};
use crate::output::mark_invalid;
use crate::output::markdown::{code, word};
use crate::text::{NOTHING, count};

/// How often a hypothesis may be shown.
const MAX_SHOWN: u8 = 2;

pub(super) struct Page<'a> {
    pub(super) data: &'a PromptData,
    pub(super) options: &'a PromptOptions<'a>,
    /// How often each hypothesis was shown.
    shown: RefCell<HashMap<String, u8>>,
    /// The offsets of the trials whose hypothesis the chain shows.
    pub(super) shown_in_chain: RefCell<HashSet<u64>>,
    /// How many per cent of their bytes the lists may have, how many bytes that is for 100 %, and how many they have.
    scale: usize,
    listed: Cell<usize>,
    used: Cell<usize>,
}

impl<'a> Page<'a> {
    pub(super) fn new(data: &'a PromptData, options: &'a PromptOptions<'a>, scale: usize) -> Self {
        Self {
            data,
            options,
            shown: RefCell::default(),
            shown_in_chain: RefCell::default(),
            scale,
            listed: Cell::default(),
            used: Cell::default(),
        }
    }

    /// Ends a sentence on what there is not. In a part of the log, it may be in the rest.
    pub(super) fn yet(&self) -> &'static str {
        self.options.since.map_or(" yet", |_| "")
    }

    /// How many bytes a list may have that has `bytes` in a full prompt.
    pub(super) fn room_for(&self, bytes: usize) -> usize {
        self.listed.set(self.listed.get() + bytes);
        bytes * self.scale / 100
    }

    /// Counts the bytes of a list.
    pub(super) fn count_used(&self, bytes: usize) {
        self.used.set(self.used.get() + bytes);
    }

    /// The scale at which a page that has `len` bytes now has at most `max`.
    pub(super) fn scale_to(&self, len: usize, max: usize) -> usize {
        let room = (max + self.used.get()).saturating_sub(len);
        room * 100 / self.listed.get().max(1)
    }

    /// Whether the hypothesis of a row may be shown once more; counts it as shown then.
    pub(super) fn may_show(&self, row: &Row) -> bool {
        let mut shown = self.shown.borrow_mut();
        let times = shown.entry(row.text(Role::Hypothesis).into_owned());
        let times = times.or_default();
        *times += 1;
        *times <= MAX_SHOWN
    }

    /// The hypothesis, unless it was shown often enough.
    pub(super) fn hypothesis(&self, row: &Row, max: usize) -> Option<String> {
        self.may_show(row)
            .then(|| quote(row, Role::Hypothesis, max))
    }

    /// The id, then the specialist, status, score and difference that the trial has.
    pub(super) fn outcome(&self, row: &Row) -> String {
        self.outcome_with(row, delta(row))
    }

    /// The same, with the meaning of the difference.
    pub(super) fn explained_outcome(&self, row: &Row) -> String {
        self.outcome_with(row, explained_delta(row))
    }

    fn outcome_with(&self, row: &Row, delta: Option<String>) -> String {
        if let Some(damage) = row.damage {
            return format!("{} [damaged: {damage}]", id(row));
        }
        let mut words = [Role::Specialist, Role::Status]
            .map(|role| cell(row, role))
            .to_vec();
        words.extend(self.score(row));
        words.extend(find_violation(row, &self.data.limits).map(|violation| violation.to_string()));
        words.extend(delta);
        words.retain(|word| word != NOTHING);
        format!("{} [{}]", id(row), words.join(", "))
    }

    /// The score with its name; that of a failed trial is no record.
    pub(super) fn score(&self, row: &Row) -> Option<String> {
        let metric = word(&self.data.schema.metric);
        let has_score = !row.bytes(Role::Score).is_empty();
        has_score.then(|| format!("{metric} {}", score_cell(row)))
    }
}

/// The score as it is in the log; that of a failed trial is marked.
pub(super) fn score_cell(row: &Row) -> String {
    mark_invalid(cell(row, Role::Score), row)
}

pub(super) fn id(row: &Row) -> String {
    word(&row.name())
}

pub(super) fn cell(row: &Row, role: Role) -> String {
    word(&row.text(role))
}

pub(super) fn quote(row: &Row, role: Role, max: usize) -> String {
    code(&row.text(role), max)
}

/// The difference from the best at the time; a failed trial has none that counts.
fn delta(row: &Row) -> Option<String> {
    let has_delta = !row.bytes(Role::Delta).is_empty() && !row.status().is_failure();
    has_delta.then(|| format!("Δ {}", cell(row, Role::Delta)))
}

pub(super) fn explained_delta(row: &Row) -> Option<String> {
    Some(delta(row)? + " from the best at the time")
}

pub(super) fn trial_count(trials: u64) -> String {
    count(trials, "trial")
}
