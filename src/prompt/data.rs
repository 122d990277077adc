//! What a prompt is made of, gathered from a log in one scan; only the trials that are shown, and failures for their reasons, are
//! read again.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use anyhow::Result;

use crate::{
    analysis::{
        self, Best, Calibration, ChainEnd, Evidence, Failures, Group, Leaderboard, NearMiss, Noise,
        Relatives, Signal, SpecialistTrials, Tally, signals,
    },
    log::{Role, Schema},
    log::{Status, Trial, text},
    store::{IndexedLog, Prompt},
};

use super::failures::{self, FailureClass};

/// Two hypotheses that begin with the same this many characters are taken for one.
const SAME_WORDS: usize = 30;

/// All that the sections of a prompt tell.
pub struct PromptData {
    pub schema: Arc<Schema>,
    pub specialist: String,
    pub tally: Tally,
    /// The newest trial that an agent may see.
    pub newest: Option<Trial>,
    pub best: Option<Trial>,
    pub board: Vec<Trial>,
    pub chain: Links,
    pub children: Children,
    /// What was lost most comes first.
    pub failures: Vec<FailureClass>,
    pub axis: SpecialistData,
    /// Newest first, without the quarantined.
    pub recent: Vec<Trial>,
    /// The same, for those that are given in full.
    pub full: Vec<Trial>,
    pub signals: Vec<Signal>,
    /// The trials of the signal that has some.
    pub near_misses: Vec<Trial>,
}

/// The chain to the best, with the links between its root and the last ones left out.
pub struct Links {
    pub root: Vec<Trial>,
    pub left_out: usize,
    pub last: Vec<Trial>,
    pub end: ChainEnd,
}

/// What was tried from the best.
pub struct Children {
    /// Newest first.
    pub newest: Vec<Trial>,
    /// The others, by outcome.
    pub older: BTreeMap<Status, u64>,
}

/// What the reader's own trials came to.
pub struct SpecialistData {
    pub group: Group,
    pub calibration: Option<Calibration>,
    /// Newest first.
    pub newest: Vec<Trial>,
    pub has_keep_on_board: bool,
}

/// Gathers it all, for a specialist, within the limits of the settings.
pub fn gather(log: &IndexedLog, specialist: &str, limits: &Prompt) -> Result<PromptData> {
    let scan = (
        (
            (Best::default(), Leaderboard::new(limits.top)),
            (Tally::default(), Failures::default()),
        ),
        (
            (
                SpecialistTrials::new(specialist, limits.axis.max(5)),
                Noise::default(),
            ),
            Relatives::new(limits.links.max(1), limits.children), // the best itself is always shown
        ),
    );
    let (((best, board), (tally, failures)), ((axis, noise), relatives)) = log.ask(scan)?;
    let family = relatives.into_family();
    let mut newest = log.last(limits.recent.max(limits.full).max(1), |row| {
        !row.status().is_ignored()
    })?;
    newest.reverse();
    let mut trials = Trials::new(log, &newest);
    let board = board.into_offsets();
    // All that is known to be shown, so that it is read in one go.
    let tried = family.children.newest.iter().map(|(place, _)| place);
    let links = family.chain.root.iter().chain(&family.chain.last);
    let shown = board
        .iter()
        .chain(axis.newest.iter().rev().take(limits.axis))
        .chain(links)
        .chain(tried);
    trials.all(shown.copied())?;
    let best = trials.all(best.offset())?.pop();
    let board = trials.all(board)?;
    let epsilon = limits.epsilon.or_else(|| noise.epsilon());
    let best_id = best.as_ref().and_then(|trial| trial.row().id());
    let misses = noise.near_misses(best_id.as_ref(), epsilon.unwrap_or(0.0));
    let near_misses = untried_again(&mut trials, &misses, &board)?;
    let signals = signals(&Evidence {
        axis: &axis.outcomes.iter().copied().collect::<Vec<_>>(),
        epsilon,
        since_keep: tally.since_keep,
        stuck_after: limits.stuck_after,
        failed_children: family.children.failed_last,
        near_misses: near_misses.len(),
    });
    Ok(PromptData {
        schema: Arc::clone(&log.schema),
        specialist: specialist.to_owned(),
        failures: failures::classes(&mut trials, &failures, &tally, limits.reasons)?,
        axis: own_axis(&mut trials, axis, specialist, limits.axis, &board)?,
        chain: chain(&mut trials, family.chain)?,
        children: children(&mut trials, family.children)?,
        recent: newest.iter().take(limits.recent).cloned().collect(),
        full: newest.iter().take(limits.full).cloned().collect(),
        newest: newest.into_iter().next(),
        signals,
        near_misses,
        best,
        board,
        tally,
    })
}

/// Trials of the log, each read once, however many sections show it.
pub(super) struct Trials<'l> {
    pub(super) log: &'l IndexedLog,
    /// By where they begin.
    read: BTreeMap<u64, Trial>,
}

impl<'l> Trials<'l> {
    fn new(log: &'l IndexedLog, read: &[Trial]) -> Self {
        Self {
            log,
            read: read
                .iter()
                .map(|trial| (trial.row().offset, trial.clone()))
                .collect(),
        }
    }

    /// The trials that begin at these places. Those that are new are read in the order of the log.
    pub(super) fn all(&mut self, places: impl IntoIterator<Item = u64>) -> Result<Vec<Trial>> {
        let places: Vec<_> = places.into_iter().collect();
        let new: BTreeSet<_> = places
            .iter()
            .copied()
            .filter(|place| !self.read.contains_key(place))
            .collect();
        if !new.is_empty() {
            let trials = self.log.all_at(new.iter().copied())?;
            self.read.extend(new.into_iter().zip(trials));
        }
        Ok(places
            .iter()
            .map(|place| self.read[place].clone())
            .collect())
    }
}

fn own_axis(
    trials: &mut Trials,
    axis: SpecialistTrials,
    specialist: &str,
    limit: usize,
    board: &[Trial],
) -> Result<SpecialistData> {
    Ok(SpecialistData {
        calibration: axis.calibration(),
        newest: trials.all(axis.newest.iter().rev().take(limit).copied())?,
        has_keep_on_board: board
            .iter()
            .any(|trial| trial.row().text(Role::Specialist) == specialist),
        group: axis.group,
    })
}

/// The trials of near misses, without those that a keep has taken up since: it begins with the same words.
fn untried_again(trials: &mut Trials, misses: &[NearMiss], board: &[Trial]) -> Result<Vec<Trial>> {
    let words = |trial: &Trial| {
        let hypothesis = trial.row().bytes(Role::Hypothesis);
        let enough = &hypothesis[..hypothesis.len().min(4 * SAME_WORDS)]; // no character has more bytes
        text(enough).chars().take(SAME_WORDS).collect::<String>()
    };
    let kept: Vec<_> = board
        .iter()
        .map(|trial| (trial.row().offset, words(trial)))
        .collect();
    let mut untried = trials.all(misses.iter().map(|miss| miss.offset))?;
    untried.retain(|trial| {
        let words = words(trial);
        !kept
            .iter()
            .any(|(offset, kept)| *offset > trial.row().offset && *kept == words)
    });
    Ok(untried)
}

fn chain(trials: &mut Trials, links: analysis::Links) -> Result<Links> {
    let (root, last) = (trials.all(links.root)?, trials.all(links.last)?);
    Ok(Links {
        root,
        left_out: links.left_out,
        last,
        end: links.end,
    })
}

fn children(trials: &mut Trials, children: analysis::Children) -> Result<Children> {
    let newest = trials.all(children.newest.iter().rev().map(|(offset, _)| *offset))?;
    Ok(Children {
        newest,
        older: children.older,
    })
}
