//! Gathers what a prompt shows: one pass over the log, then the few trials that are shown.

use std::{collections::BTreeMap, mem, sync::Arc};

use anyhow::Result;

use super::failures::{FailureClass, gather_failures};
use super::queries::Queries;
use crate::analysis::{
    BestLineage, Limit, RecentTrials, SpecialistTrials, StatedLimit, Tally, median,
};
use crate::index::IndexedLog;
use crate::log::{Role, Row, Schema, Trial};
use crate::output::trials::Steps;
use crate::store::PromptSettings;

/// Trials whose hypotheses share this many first characters count as the same idea.
const SAME_START: usize = 30;

/// How many trials are shown of those close to zero, of the better but invalid ones, and of those that beat their parent.
const MAX_NEAR_MISSES: usize = 5;
const MAX_INVALID: usize = 8;
const MAX_BETTER: usize = 5;

/// How many hypotheses that were tried again are shown, and how many of their trials.
const MAX_REPEATED: usize = 4;
const MAX_REPEATS: usize = 8;

/// What the sections of a prompt show, newest trials first. Ignored trials are only in the chain, if they are ancestors of the best.
pub struct PromptData {
    pub(super) schema: Arc<Schema>,
    pub(super) specialist: String,
    pub(super) tally: Tally,
    pub(super) newest: Option<Trial>,
    pub(super) best: Option<Trial>,
    pub(super) limits: Vec<Limit>,
    pub(super) leaderboard: Vec<Trial>,
    pub(super) relatives: Relatives,
    pub(super) failures: Vec<FailureClass>,
    /// Failed trials whose score beats the best, and how many there are.
    pub(super) invalid: Vec<Trial>,
    pub(super) all_invalid: usize,
    /// Discards that beat the trial they started from, each with its step.
    pub(super) better_than_parent: Vec<(Trial, f64)>,
    pub(super) repeated: Vec<Repeated>,
    pub(super) own: SpecialistTrials,
    pub(super) own_last: Vec<Trial>,
    /// The last trials: the first ones are shown in full, the others as a list.
    pub(super) last: Vec<Trial>,
    /// How much the score of a repeated trial varies.
    pub(super) noise: Option<f64>,
    pub(super) near_misses: Vec<Trial>,
}

/// The ancestors and children of the best.
pub(super) struct Relatives {
    /// The root, then the last links, each with its step.
    pub(super) chain: Vec<(Trial, String)>,
    pub(super) children: Vec<Trial>,
    pub(super) lineage: BestLineage,
}

impl PromptData {
    pub fn best(&self) -> Option<&Trial> {
        self.best.as_ref()
    }

    /// Whether no trial counts.
    pub fn is_empty(&self) -> bool {
        self.newest.is_none()
    }

    /// The ancestors of the best that the chain shows, the nearest first.
    pub fn ancestors_of_best(&self) -> impl Iterator<Item = &Trial> {
        let links = self.relatives.chain.iter().rev().skip(1);
        links.map(|(trial, _)| trial)
    }
}

/// A hypothesis that was tried more than once.
pub(super) struct Repeated {
    pub(super) trials: usize,
    /// The last ones, oldest first.
    pub(super) last: Vec<Trial>,
}

/// Gathers the data of a specialist's prompt, within the sizes of the settings.
pub fn gather(
    log: &IndexedLog,
    specialist: &str,
    sizes: &PromptSettings,
    stated: &BTreeMap<String, StatedLimit>,
) -> Result<PromptData> {
    let mut answers = log.ask(Queries::new(log, specialist, sizes))?;
    let relatives = gather_relatives(log, &mut answers, sizes.links.max(1))?;
    let best = log.briefs_at(answers.best.offset())?.pop();
    let leaderboard = mem::take(&mut answers.leaderboard).into_offsets();
    let mut leaderboard = log.briefs_at(leaderboard)?;
    let noise = sizes.epsilon.or_else(|| answers.recent.noise());
    let near_misses = gather_near_misses(log, &answers, &leaderboard, best.as_ref(), noise)?;
    leaderboard.truncate(sizes.top);
    let last = gather_last(log, sizes)?;
    let own_last = answers.own.outcomes.iter().rev();
    let own_last = own_last.take(sizes.specialist).map(|own| own.offset);
    Ok(PromptData {
        schema: Arc::clone(&log.schema),
        specialist: specialist.to_owned(),
        failures: gather_failures(log, &answers, sizes.reasons)?,
        all_invalid: answers.invalid.count(),
        invalid: log.briefs_at(answers.invalid.select(MAX_INVALID))?,
        better_than_parent: gather_better(log, &answers.recent)?,
        repeated: gather_repeated(log, &answers.recent)?,
        own_last: log.briefs_at(own_last)?,
        limits: answers.limits.find(&log.schema, stated),
        newest: last.first().cloned(),
        tally: answers.tally,
        own: answers.own,
        best,
        leaderboard,
        relatives,
        last,
        noise,
        near_misses,
    })
}

/// The trials that are shown in full or listed as recent, newest first; at least one.
fn gather_last(log: &IndexedLog, sizes: &PromptSettings) -> Result<Vec<Trial>> {
    let size = sizes.recent.saturating_add(sizes.full).max(1);
    let take = |row: &Row| (!row.status().is_ignored()).then(|| row.to_brief());
    let mut last = log.last_with(size, take)?;
    last.reverse();
    Ok(last)
}

fn gather_relatives(
    log: &IndexedLog,
    answers: &mut Queries,
    max_links: usize,
) -> Result<Relatives> {
    let mut lineage = mem::take(&mut answers.lineage).into_lineage();
    let children = lineage.children.iter().rev().map(|(offset, _)| *offset);
    let children = log.briefs_at(children)?;
    let mut chain = gather_chain(log, &lineage)?;
    if chain.len() > max_links.saturating_add(1) {
        chain.remove(1); // only its score was needed
        lineage.skipped_links += 1;
    }
    Ok(Relatives {
        chain,
        children,
        lineage,
    })
}

/// The root and the last links, each with its step.
fn gather_chain(log: &IndexedLog, lineage: &BestLineage) -> Result<Vec<(Trial, String)>> {
    let (mut steps, mut links) = (Steps::default(), Vec::new());
    let shown = lineage.root.iter().chain(&lineage.links);
    for trial in log.briefs_at(shown.copied())? {
        let step = steps.next(&trial.row());
        links.push((trial, step));
    }
    Ok(links)
}

fn gather_better(log: &IndexedLog, recent: &RecentTrials) -> Result<Vec<(Trial, f64)>> {
    let mut better = recent.better_than_parent(log.schema.direction);
    better.truncate(MAX_BETTER);
    let trials = log.briefs_at(better.iter().map(|(offset, _)| *offset))?;
    let steps = better.into_iter().map(|(_, step)| step);
    Ok(trials.into_iter().zip(steps).collect())
}

fn gather_repeated(log: &IndexedLog, recent: &RecentTrials) -> Result<Vec<Repeated>> {
    let mut repeated = Vec::new();
    for offsets in recent.repeated().into_iter().take(MAX_REPEATED) {
        let last = &offsets[offsets.len().saturating_sub(MAX_REPEATS)..];
        repeated.push(Repeated {
            trials: offsets.len(),
            last: log.briefs_at(last.iter().copied())?,
        });
    }
    Ok(repeated)
}

/// The discards close to zero that may be worth another try: those within the noise or, if it is not known, within what a keep
/// usually gains; without those tried again since.
fn gather_near_misses(
    log: &IndexedLog,
    answers: &Queries,
    leaderboard: &[Trial],
    best: Option<&Trial>,
    noise: Option<f64>,
) -> Result<Vec<Trial>> {
    let noise = noise.filter(|&noise| noise > 0.0);
    let threshold = noise.or_else(|| usual_gain(leaderboard)).unwrap_or(0.0);
    let best_id = best.and_then(|best| best.row().id());
    let found = answers.near_misses.find(best_id.as_ref(), threshold);
    let mut near_misses = Vec::new();
    for miss in log.briefs_at(found)? {
        let offset = miss.row().offset;
        let mut later = leaderboard.iter().filter(|keep| keep.row().offset > offset);
        if !answers.recent.is_tried_again(offset) && !later.any(|keep| idea(keep) == idea(&miss)) {
            near_misses.push(miss);
        }
    }
    near_misses.truncate(MAX_NEAR_MISSES);
    Ok(near_misses)
}

fn usual_gain(leaderboard: &[Trial]) -> Option<f64> {
    let keeps = leaderboard.iter().map(Trial::row);
    let gains = keeps.filter_map(|keep| keep.number_in(Role::Delta));
    median(gains.map(f64::abs).filter(|gain| *gain > 0.0).collect())
}

fn idea(trial: &Trial) -> String {
    let hypothesis = trial.row().text(Role::Hypothesis).into_owned();
    hypothesis.chars().take(SAME_START).collect()
}
