//! Questions about many trials: best, leaderboard, chain, tree, tally. Pure: rows are shown to a question one by one, and it
//! keeps no more than its answer needs.

mod audit;
mod board;
mod forest;
mod ledger;
mod tally;

pub use audit::{Audit, Finding, Named};
pub use board::{Best, Board, Count};
pub use forest::{Chain, ChainEnd, Fault, Forest, Tree, Visit};
pub use ledger::{Known, Ledger};
pub use tally::{Group, Tally};

use crate::trial::Row;

/// Something that is answered by having seen every row of a log, in order.
pub trait Question {
    fn see(&mut self, row: Row<'_>);
}

impl<A: Question, B: Question> Question for (A, B) {
    fn see(&mut self, row: Row<'_>) {
        self.0.see(row);
        self.1.see(row);
    }
}

impl<A: Question, B: Question, C: Question> Question for (A, B, C) {
    fn see(&mut self, row: Row<'_>) {
        self.0.see(row);
        self.1.see(row);
        self.2.see(row);
    }
}
