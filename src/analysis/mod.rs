//! Questions about many trials, each answered by one pass over the rows of a log. Pure: no I/O, no text for people.

mod audit;
mod best;
mod compare;
mod failures;
mod invalid;
mod knobs;
mod limits;
mod lineage;
mod near_misses;
mod progress;
mod reason;
mod recent;
mod retention;
pub mod similar;
mod span;
mod specialist;
mod summary;
mod tally;
mod tree;
mod walk;

pub use audit::{Audit, Finding, NamedSnapshot, has_anomalies};
pub use best::{Best, KeepSigns, Leaderboard};
pub use compare::{Milestone, Rate, Reason, Search, SearchesBy};
pub use failures::Failures;
pub use invalid::BetterInvalid;
pub use knobs::{find_knobs, value_of_knob};
pub use limits::{Bound, Exceeded, Limit, Limits, Side, StatedLimit};
pub use lineage::{BestLineage, BestLineageQuery};
pub use near_misses::NearMisses;
pub use progress::{Point, Progress};
pub use reason::{LAST_LINES, WRAPPERS, find_reason, has_error_word, kind_of};
pub use recent::RecentTrials;
pub use retention::Retention;
pub use span::RunSpan;
pub(crate) use specialist::median;
pub use specialist::{Calibration, SpecialistTrials};
pub use summary::Summary;
pub use tally::{Entry, Group, Tally};
pub use tree::{Chain, ChainEnd, Tree, TreeBuilder, follow_parents};
pub use walk::{Visit, keep_ancestors};

use crate::log::Row;

/// A question that is answered once it has observed every row of a log, in order.
pub trait Query {
    fn observe(&mut self, row: &Row);

    /// The answer after all rows that the summary describes, if the summary holds it.
    fn answer_from(&self, _summary: &Summary) -> Option<Self>
    where
        Self: Sized,
    {
        None
    }
}

/// Answers two queries in one pass.
impl<A: Query, B: Query> Query for (A, B) {
    fn observe(&mut self, row: &Row) {
        self.0.observe(row);
        self.1.observe(row);
    }

    fn answer_from(&self, summary: &Summary) -> Option<Self> {
        Some((self.0.answer_from(summary)?, self.1.answer_from(summary)?))
    }
}
