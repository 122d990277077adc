//! What of a log could not be read.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::{Damage, Row};
use crate::text::count;

/// The number of damaged rows, and the first one.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct DamageReport {
    rows: u64,
    first: Option<FirstDamage>,
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct FirstDamage {
    /// 0 if the line number is unknown.
    line: u64,
    offset: u64,
    damage: Damage,
}

impl DamageReport {
    /// Counts a row if it is damaged. Blank lines are not counted.
    pub fn observe(&mut self, row: &Row) {
        match row.damage {
            None | Some(Damage::Blank) => {}
            Some(damage) => {
                self.rows += 1;
                self.first.get_or_insert(FirstDamage {
                    line: row.number,
                    offset: row.offset,
                    damage,
                });
            }
        }
    }

    /// One sentence about the damaged rows, if there are any.
    pub fn to_message(&self, path: &Path) -> Option<String> {
        let first = self.first?;
        let place = match first.line {
            0 => format!("byte {}", first.offset),
            line => line.to_string(),
        };
        let others = match self.rows - 1 {
            0 => String::new(),
            others => format!(" (and {})", count(others, "more damaged row")),
        };
        let (path, damage) = (path.display(), first.damage);
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
