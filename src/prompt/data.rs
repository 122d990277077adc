//! Gathers what a prompt shows: one pass over the log, then the few trials that are shown.

use std::{collections::BTreeMap, sync::Arc};

use anyhow::Result;

use super::failures::{FailureClass, gather_failures};
use crate::{
    analysis::{
        Best, BestLineage, BestLineageQuery, ChainEnd, Evidence, Failures, Leaderboard, Noise,
        Signal, SpecialistTrials, Tally, find_signals,
    },
    index::IndexedLog,
    log::{Role, Schema, Status, Trial},
    store::PromptSettings,
};

/// Trials whose hypotheses share this many first characters count as the same idea.
const SAME_START: usize = 30;

/// The signals need this many of a specialist's last outcomes.
const LEAST_OUTCOMES: usize = 5;

/// What the sections of a prompt show. Ignored trials are nowhere in it.
pub struct PromptData {
    pub schema: Arc<Schema>,
    pub specialist: String,
    pub tally: Tally,
    pub newest: Option<Trial>,
    pub best: Option<Trial>,
    pub leaderboard: Vec<Trial>,
    pub lineage: LineageData,
    pub failures: Vec<FailureClass>,
    /// What the reader itself tried.
    pub own: SpecialistTrials,
    /// Newest first, as are `recent` and `full`.
    pub own_last: Vec<Trial>,
    pub recent: Vec<Trial>,
    pub full: Vec<Trial>,
    pub signals: Vec<Signal>,
    pub near_misses: Vec<Trial>,
}

impl PromptData {
    /// The id of the last trial in the prompt, or `none`.
    pub fn as_of(&self) -> String {
        match &self.newest {
            Some(newest) => newest.row().name(),
            None => "none".to_owned(),
        }
    }
}

/// The chain to the best and what was tried from it.
pub struct LineageData {
    /// The root, then the last links; the best is the last one.
    pub chain: Vec<Link>,
    /// Links between the root and the others.
    pub skipped_links: usize,
    pub chain_end: ChainEnd,
    /// Newest first.
    pub children: Vec<Trial>,
    /// Older children, by status.
    pub older_children: BTreeMap<Status, u64>,
}

/// A trial of a chain and its step: its score minus its parent's.
pub struct Link {
    pub trial: Trial,
    pub step: Option<f64>,
}

/// Gathers the data of a specialist's prompt, within the limits of the settings.
pub fn gather(log: &IndexedLog, specialist: &str, limits: &PromptSettings) -> Result<PromptData> {
    let own = SpecialistTrials::new(specialist, limits.specialist.max(LEAST_OUTCOMES));
    let links = limits.links.max(1); // the best itself is always shown
    // One link more than shown: the first step needs its parent's score.
    let relatives = BestLineageQuery::new(links.saturating_add(1), limits.children);
    let ranking = (Best::default(), Leaderboard::new(limits.top));
    let counts = (Tally::default(), Failures::default());
    let (((best, leaderboard), (tally, failures)), ((own, noise), relatives)) =
        log.ask(((ranking, counts), ((own, Noise::default()), relatives)))?;
    let lineage = relatives.into_lineage();
    let best = log.all_at(best.offset())?.pop();
    let leaderboard = log.all_at(leaderboard.into_offsets())?;
    let epsilon = limits.epsilon.or_else(|| noise.epsilon());
    let near_misses = find_near_misses(log, &noise, epsilon, best.as_ref(), &leaderboard)?;
    let signals = find_signals(&Evidence {
        outcomes: &own.outcomes.iter().copied().collect::<Vec<_>>(),
        epsilon,
        since_keep: tally.since_keep,
        stuck_after: limits.stuck_after,
        failed_children: lineage.failed_children,
        near_misses: near_misses.len(),
    });
    let own_last = own.outcomes.iter().rev().take(limits.specialist);
    let own_last = own_last.map(|outcome| outcome.offset);
    let recent = gather_recent(log, limits.recent.max(limits.full).max(1))?;
    Ok(PromptData {
        schema: Arc::clone(&log.schema),
        specialist: specialist.to_owned(),
        failures: gather_failures(log, &failures, &tally, limits.reasons)?,
        lineage: gather_lineage(log, lineage, links)?,
        own_last: log.all_at(own_last)?,
        own,
        newest: recent.first().cloned(),
        full: recent.iter().take(limits.full).cloned().collect(),
        recent: recent.into_iter().take(limits.recent).collect(),
        tally,
        best,
        leaderboard,
        signals,
        near_misses,
    })
}

/// The last trials, newest first.
fn gather_recent(log: &IndexedLog, limit: usize) -> Result<Vec<Trial>> {
    let mut recent = log.last(limit, |row| !row.status().is_ignored())?;
    recent.reverse();
    Ok(recent)
}

fn gather_lineage(log: &IndexedLog, lineage: BestLineage, links: usize) -> Result<LineageData> {
    let trials = log.all_at(lineage.root.into_iter().chain(lineage.links))?;
    let mut parent_score = None;
    let mut shown = Vec::new();
    for trial in trials {
        let score = trial.row().score();
        let step = score
            .zip(parent_score)
            .map(|(score, parent)| score - parent);
        parent_score = score;
        shown.push(Link { trial, step });
    }
    let mut skipped_links = lineage.skipped_links;
    if shown.len() > links.saturating_add(1) {
        shown.remove(1);
        skipped_links += 1;
    }
    let newest = lineage.children.iter().rev().map(|(offset, _)| *offset);
    Ok(LineageData {
        chain: shown,
        skipped_links,
        chain_end: lineage.end,
        children: log.all_at(newest)?,
        older_children: lineage.older_children,
    })
}

/// The discards close to zero that no later keep of the leaderboard has taken up.
fn find_near_misses(
    log: &IndexedLog,
    noise: &Noise,
    epsilon: Option<f64>,
    best: Option<&Trial>,
    leaderboard: &[Trial],
) -> Result<Vec<Trial>> {
    let best_id = best.and_then(|best| best.row().id());
    let misses = noise.near_misses(best_id.as_ref(), epsilon.unwrap_or(0.0));
    let mut trials = log.all_at(misses)?;
    trials.retain(|miss| {
        let was_kept = |keep: &Trial| {
            keep.row().offset > miss.row().offset && start_of(keep) == start_of(miss)
        };
        !leaderboard.iter().any(was_kept)
    });
    Ok(trials)
}

fn start_of(trial: &Trial) -> String {
    let hypothesis = trial.row().text(Role::Hypothesis).into_owned();
    hypothesis.chars().take(SAME_START).collect()
}
