//! Whether keeps improved by a lower or by a higher score, as evidence for the direction.

use serde::{Deserialize, Serialize};

use super::{Query, Summary};
use crate::log::{Direction, Role, Row, Status};

/// How many keeps had a lower and a higher score than the best before.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct KeepSigns {
    lower: u64,
    higher: u64,
}

impl KeepSigns {
    /// How many of how many keeps went the other way, if most did. A single one is no evidence.
    pub fn contradict(&self, direction: Direction) -> Option<(u64, u64)> {
        let against = match direction {
            Direction::Minimize => self.higher,
            Direction::Maximize => self.lower,
        };
        let all = self.lower + self.higher;
        (all > 1 && against * 2 > all).then_some((against, all))
    }
}

impl Query for KeepSigns {
    fn observe(&mut self, row: &Row) {
        if row.status() == Status::Keep
            && let Some(delta) = row.number_in(Role::Delta)
        {
            self.lower += u64::from(delta < 0.0);
            self.higher += u64::from(delta > 0.0);
        }
    }

    fn answer_from(&self, summary: &Summary) -> Option<Self> {
        Some(summary.keep_signs.clone())
    }
}
