//! Gathers what a prompt shows: one pass over the log, then the few trials that are shown.

use std::{collections::BTreeMap, sync::Arc};

use anyhow::Result;
use serde_json::{Value, json};

use super::failures::{FailureClass, gather_failures};
use crate::analysis::{
    Best, BestLineage, BestLineageQuery, ChainEnd, Evidence, Failures, Leaderboard, Limit, Limits,
    Noise, Signal, SpecialistTrials, StatedLimit, Tally, find_signals,
};
use crate::index::IndexedLog;
use crate::log::{Role, Schema, Status, Trial};
use crate::output::json::{row_value, value};
use crate::output::trials::Steps;
use crate::store::PromptSettings;

/// Trials whose hypotheses share this many first characters count as the same idea.
const SAME_START: usize = 30;

/// The signals need this many of a specialist's last outcomes.
const LEAST_OUTCOMES: usize = 5;

/// What the sections of a prompt show, newest trials first. Ignored trials are nowhere in it.
pub struct PromptData {
    pub(super) schema: Arc<Schema>,
    pub(super) specialist: String,
    pub(super) tally: Tally,
    pub(super) newest: Option<Trial>,
    pub(super) best: Option<Trial>,
    pub(super) leaderboard: Vec<Trial>,
    /// The chain to the best: the root, then the last links, each with its step.
    pub(super) chain: Vec<(Trial, String)>,
    /// Links between the root and the others.
    pub(super) skipped_links: usize,
    pub(super) chain_end: ChainEnd,
    pub(super) children: Vec<Trial>,
    pub(super) older_children: BTreeMap<Status, u64>,
    pub(super) failures: Vec<FailureClass>,
    pub(super) own: SpecialistTrials,
    pub(super) own_last: Vec<Trial>,
    pub(super) recent: Vec<Trial>,
    pub(super) full: Vec<Trial>,
    pub(super) signals: Vec<Signal>,
    pub(super) near_misses: Vec<Trial>,
    pub(super) limits: Vec<Limit>,
}

/// Gathers the data of a specialist's prompt, within the limits of the settings.
pub fn gather(
    log: &IndexedLog,
    specialist: &str,
    limits: &PromptSettings,
    stated: &BTreeMap<String, StatedLimit>,
) -> Result<PromptData> {
    let own = SpecialistTrials::new(specialist, limits.specialist.max(LEAST_OUTCOMES));
    let links = limits.links.max(1); // the best itself is always shown
    // One link more than shown: the first step needs its parent's score.
    let relatives = BestLineageQuery::new(links.saturating_add(1), limits.children);
    let ranking = (Best::default(), Leaderboard::new(limits.top));
    let counts = (Tally::default(), (Failures::default(), Limits::default()));
    let (((best, leaderboard), (tally, (failures, found))), ((own, noise), relatives)) =
        log.ask(((ranking, counts), ((own, Noise::default()), relatives)))?;
    let lineage = relatives.into_lineage();
    let best = log.all_at(best.offset())?.pop();
    let leaderboard = log.all_at(leaderboard.into_offsets())?;
    let epsilon = limits.epsilon.or_else(|| noise.epsilon());
    let near_misses = find_near_misses(log, &noise, epsilon, best.as_ref(), &leaderboard)?;
    let own_last = own.outcomes.iter().rev().take(limits.specialist);
    let own_last = log.all_at(own_last.map(|outcome| outcome.offset))?;
    let size = limits.recent.max(limits.full).max(1);
    let mut recent = log.last(size, |row| !row.status().is_ignored())?;
    recent.reverse();
    let children = lineage.children.iter().rev().map(|(offset, _)| *offset);
    let children = log.all_at(children)?;
    let (chain, skipped_links) = gather_chain(log, &lineage, links)?;
    let limits_found = found.find(&log.schema, stated);
    let mut data = PromptData {
        schema: Arc::clone(&log.schema),
        specialist: specialist.to_owned(),
        failures: gather_failures(log, &failures, &tally, limits.reasons)?,
        chain,
        skipped_links,
        chain_end: lineage.end,
        children,
        older_children: lineage.older_children,
        own_last,
        own,
        newest: recent.first().cloned(),
        full: recent.iter().take(limits.full).cloned().collect(),
        recent: recent.into_iter().take(limits.recent).collect(),
        tally,
        best,
        leaderboard,
        signals: Vec::new(),
        near_misses,
        limits: limits_found,
    };
    data.signals = find_signals(&Evidence {
        outcomes: data.own.outcomes.make_contiguous(),
        epsilon,
        since_keep: data.tally.since_keep,
        stuck_after: limits.stuck_after,
        failed_children: lineage.failed_children,
        near_misses: data.near_misses.len(),
    });
    Ok(data)
}

/// The root and the last links, each with its step, and how many links are left out.
fn gather_chain(
    log: &IndexedLog,
    lineage: &BestLineage,
    max_links: usize,
) -> Result<(Vec<(Trial, String)>, usize)> {
    let (mut steps, mut links) = (Steps::default(), Vec::new());
    let shown = lineage.root.iter().chain(&lineage.links);
    for trial in log.all_at(shown.copied())? {
        let step = steps.next(&trial.row());
        links.push((trial, step));
    }
    if links.len() > max_links.saturating_add(1) {
        links.remove(1);
        return Ok((links, lineage.skipped_links + 1));
    }
    Ok((links, lineage.skipped_links))
}

/// The discards close to zero that no later keep of the leaderboard has taken up.
fn find_near_misses(
    log: &IndexedLog,
    noise: &Noise,
    epsilon: Option<f64>,
    best: Option<&Trial>,
    leaderboard: &[Trial],
) -> Result<Vec<Trial>> {
    let start = |trial: &Trial| -> String {
        let hypothesis = trial.row().text(Role::Hypothesis).into_owned();
        hypothesis.chars().take(SAME_START).collect()
    };
    let best_id = best.and_then(|best| best.row().id());
    let misses = noise.near_misses(best_id.as_ref(), epsilon.unwrap_or(0.0));
    let mut trials = log.all_at(misses)?;
    trials.retain(|miss| {
        let mut later = leaderboard.iter();
        !later.any(|keep| keep.row().offset > miss.row().offset && start(keep) == start(miss))
    });
    Ok(trials)
}

/// A prompt as a JSON object: its text, the trials that it shows, and the flags that shaped it. A blind prompt's record has
/// no more trials than the prompt shows.
pub fn record(data: &PromptData, prompt: &str, flags: &Value) -> Value {
    let is_blind = flags["blind"] == true;
    let rows = |trials: &[Trial]| -> Vec<Value> {
        let shown = if is_blind { &[] } else { trials };
        shown.iter().map(row_value).collect()
    };
    let chain: Vec<_> = data.chain.iter().map(|(trial, _)| trial.clone()).collect();
    let best = data.best.as_ref().map(|best| {
        let row = best.row();
        if is_blind {
            let score = value(&row.text(Role::Score), false);
            json!({ "exp_id": row.name(), row.schema.score_name(): score })
        } else {
            row_value(best)
        }
    });
    let as_of = data.newest.as_ref().map(|newest| newest.row().name());
    json!({
        "rendered_prompt": prompt,
        "current_best": best,
        "chain_to_best": rows(&chain),
        "top_k_leaderboard": rows(&data.leaderboard),
        "recent_n_activity": rows(&data.recent),
        "last_m_with_full_hypothesis": rows(&data.full),
        "specialist": data.specialist,
        "as_of": as_of.unwrap_or_else(|| "none".to_owned()),
        "flags": flags,
        "version": env!("CARGO_PKG_VERSION"),
    })
}
