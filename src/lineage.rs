//! Questions about many trials: best, leaderboard, chain, tree, tally. Pure: rows are shown to a question one by one, and it
//! keeps no more than its answer needs.

mod audit;
mod axis;
mod board;
mod failures;
mod forest;
mod ledger;
mod noise;
mod reason;
mod signals;
mod tally;

pub use audit::{Audit, Finding};
pub use axis::{Axis, Calibration, Outcome};
pub use board::{Best, Board};
pub use failures::Failures;
pub use forest::{Chain, ChainEnd, Fault, Forest, Tree, Visit};
pub use ledger::{Known, Ledger};
pub use noise::{NearMiss, Noise};
pub use reason::{kind_of, reason};
pub use signals::{Evidence, Signal, signals};
pub use tally::{Group, Tally};

use crate::trial::Row;

/// Something that is answered by having seen every row of a log, in order.
pub trait Question {
    fn see(&mut self, row: Row<'_>);
}

/// Several questions are one: a log is read once for all of them.
impl<A: Question, B: Question> Question for (A, B) {
    fn see(&mut self, row: Row<'_>) {
        self.0.see(row);
        self.1.see(row);
    }
}

/// A question that may not be asked.
impl<Q: Question> Question for Option<Q> {
    fn see(&mut self, row: Row<'_>) {
        if let Some(question) = self {
            question.see(row);
        }
    }
}
