//! Questions about many trials: best, leaderboard, chain, tree, tally. Pure: rows are shown to a question one by one, and it
//! keeps no more than its answer needs.

mod audit;
mod axis;
mod board;
mod difference;
mod failures;
mod family;
mod forest;
mod ledger;
mod nodes;
mod noise;
mod oddities;
mod packed;
mod reason;
mod signals;
mod summary;
mod tally;
mod walk;

pub use audit::{Audit, Finding, Named};
pub use axis::{Axis, Calibration, Outcome};
pub use board::{Best, Board};
pub use failures::Failures;
pub use family::{Children, Family, Links, Relatives};
pub use forest::{Chain, ChainEnd, Fault, Forest, Tree};
pub use ledger::{Known, Ledger};
pub use noise::{NearMiss, Noise};
pub use oddities::{Oddities, oddities};
pub use reason::{kind_of, reason};
pub use signals::{Evidence, Signal, signals};
pub use summary::{Jobs, Summary, Summing, job_of, mark_of_job};
pub use tally::{Entry, Group, Tally};
pub use walk::{Branches, Visit};

use crate::trial::Row;

/// Something that is answered by having seen every row of a log, in order.
pub trait Question: Send {
    fn see(&mut self, row: Row<'_>);

    /// The same question, having seen nothing, for another reader of the same log.
    #[must_use]
    fn fresh(&self) -> Self;

    /// Takes over what a fresh one has seen of the rows that follow one's own: the same as having seen them oneself. A log may
    /// come in many parts, wherever it is parted.
    fn then(&mut self, later: Self);

    /// The same question as if it had seen every row of the log that the summary is of, if the summary can tell.
    fn recall(&self, _summary: &Summary) -> Option<Self>
    where
        Self: Sized,
    {
        None
    }
}

/// Several questions are one: a log is read once for all of them.
impl<A: Question, B: Question> Question for (A, B) {
    fn see(&mut self, row: Row<'_>) {
        self.0.see(row);
        self.1.see(row);
    }

    fn fresh(&self) -> Self {
        (self.0.fresh(), self.1.fresh())
    }

    fn then(&mut self, later: Self) {
        self.0.then(later.0);
        self.1.then(later.1);
    }

    fn recall(&self, summary: &Summary) -> Option<Self> {
        Some((self.0.recall(summary)?, self.1.recall(summary)?))
    }
}
