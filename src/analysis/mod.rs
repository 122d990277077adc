//! Questions about many trials, each answered by one pass over the rows of a log. Pure: no I/O, no text for people.

mod anomalies;
mod audit;
mod best;
mod difference;
mod failures;
mod family;
mod nodes;
mod noise;
mod reason;
mod signals;
mod specialist;
mod summary;
mod tally;
mod tree;
mod walk;

pub use anomalies::{Anomalies, find_anomalies};
pub use audit::{Audit, Finding, Named};
pub use best::{Best, Leaderboard};
pub use failures::Failures;
pub use family::{BestLineage, Children, Links, Relatives};
pub use noise::{NearMiss, Noise};
pub use reason::{kind_of, reason};
pub use signals::{Evidence, Signal, signals};
pub use specialist::{Calibration, Outcome, SpecialistTrials};
pub use summary::{Summary, SummaryBuilder};
pub use tally::{Entry, Group, Tally};
pub use tree::{Chain, ChainEnd, Fault, Tree, TreeBuilder};
pub use walk::{Branches, Visit};

use crate::log::Row;

/// A question that is answered once it has observed every row of a log, in order.
pub trait Query {
    fn observe(&mut self, row: &Row);

    /// The answer as it would be after every row of the log that the summary describes, if the summary holds it.
    fn from_summary(&self, _summary: &Summary) -> Option<Self>
    where
        Self: Sized,
    {
        None
    }
}

/// Several queries are answered in one pass.
impl<A: Query, B: Query> Query for (A, B) {
    fn observe(&mut self, row: &Row) {
        self.0.observe(row);
        self.1.observe(row);
    }

    fn from_summary(&self, summary: &Summary) -> Option<Self> {
        Some((self.0.from_summary(summary)?, self.1.from_summary(summary)?))
    }
}
