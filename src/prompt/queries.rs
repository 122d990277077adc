//! The questions that a prompt asks a log, answered in one pass.

use crate::analysis::{
    Best, BestLineageQuery, BetterInvalid, Failures, Leaderboard, Limits, NearMisses, Query,
    RecentTrials, SpecialistTrials, Summary, Tally,
};
use crate::index::IndexedLog;
use crate::log::Row;
use crate::store::PromptSettings;

/// The signals compare with this many of the best keeps, however many are shown.
const LEAST_KEEPS: usize = 20;

/// The signals need this many of a specialist's last outcomes.
const LEAST_OUTCOMES: usize = 5;

pub(super) struct Queries {
    pub(super) best: Best,
    pub(super) leaderboard: Leaderboard,
    pub(super) tally: Tally,
    pub(super) failures: Failures,
    pub(super) limits: Limits,
    pub(super) invalid: BetterInvalid,
    pub(super) recent: RecentTrials,
    pub(super) near_misses: NearMisses,
    pub(super) own: SpecialistTrials,
    pub(super) lineage: BestLineageQuery,
}

impl Queries {
    pub(super) fn new(log: &IndexedLog, specialist: &str, sizes: &PromptSettings) -> Self {
        let links = sizes.links.max(1); // the best itself is always shown
        Self {
            best: Best::default(),
            leaderboard: Leaderboard::new(sizes.top.max(LEAST_KEEPS)),
            tally: Tally::default(),
            failures: Failures::default(),
            limits: Limits::default(),
            invalid: BetterInvalid::default(),
            recent: RecentTrials::before(log.end()),
            near_misses: NearMisses::default(),
            own: SpecialistTrials::new(specialist, sizes.specialist.max(LEAST_OUTCOMES)),
            // One link more than shown: the first step needs its parent's score.
            lineage: BestLineageQuery::new(links.saturating_add(1), sizes.children),
        }
    }
}

impl Query for Queries {
    fn observe(&mut self, row: &Row) {
        self.best.observe(row);
        self.leaderboard.observe(row);
        self.tally.observe(row);
        self.failures.observe(row);
        self.limits.observe(row);
        self.invalid.observe(row);
        self.recent.observe(row);
        self.near_misses.observe(row);
        self.own.observe(row);
        self.lineage.observe(row);
    }

    fn answer_from(&self, summary: &Summary) -> Option<Self> {
        Some(Self {
            best: self.best.answer_from(summary)?,
            leaderboard: self.leaderboard.answer_from(summary)?,
            tally: self.tally.answer_from(summary)?,
            failures: self.failures.answer_from(summary)?,
            limits: self.limits.answer_from(summary)?,
            invalid: self.invalid.answer_from(summary)?,
            recent: self.recent.answer_from(summary)?,
            near_misses: self.near_misses.answer_from(summary)?,
            own: self.own.answer_from(summary)?,
            lineage: self.lineage.answer_from(summary)?,
        })
    }
}
