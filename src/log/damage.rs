//! What of a log could not be read.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::{Damage, Row};
use crate::text::count;

/// The number of damaged rows, and the first one.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct DamageReport {
    rows: u64,
    /// Its line, 0 if that is unknown, and its offset.
    first: Option<(u64, u64, Damage)>,
}

impl DamageReport {
    /// Counts a row if it is damaged. Blank lines are not counted.
    pub fn observe(&mut self, row: &Row) {
        match row.damage {
            None | Some(Damage::Blank) => {}
            Some(damage) => {
                self.rows += 1;
                self.first.get_or_insert((row.number, row.offset, damage));
            }
        }
    }

    /// One sentence about the damaged rows, if there are any.
    pub fn to_message(&self, path: &Path) -> Option<String> {
        let (line, offset, damage) = self.first?;
        let place = match line {
            0 => format!("byte {offset}"),
            line => line.to_string(),
        };
        let others = match self.rows - 1 {
            0 => String::new(),
            others => format!(" (and {})", count(others, "more damaged row")),
        };
        let path = path.display();
        Some(format!(
            "{path}:{place}: {damage}{others}; `lineage check` lists all problems"
        ))
    }
}

/// A line of an external log that is not a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SkippedLine {
    pub line: u64,
    pub reason: String,
    /// Whether the format has such lines, so that nothing is wrong.
    pub is_expected: bool,
}
