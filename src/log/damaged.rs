//! The damaged rows of a log.

use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::log::{Damage, Row};

/// How many there are, and the first: as much as is told of them.
#[derive(Clone, Default, Serialize, Deserialize)]
pub(crate) struct Damaged {
    rows: u64,
    /// The first damaged row: its line (0 where that is not known), where it begins, what is wrong.
    first: Option<(u64, u64, Damage)>,
}

impl Damaged {
    pub(crate) fn see(&mut self, row: &Row) {
        if let Some(damage) = row.damage.filter(|damage| *damage != Damage::Blank) {
            self.first.get_or_insert((row.number, row.offset, damage));
            self.rows += 1;
        }
    }

    /// As one sentence, if there is any.
    pub(crate) fn text(&self, path: &Path) -> Option<String> {
        let (line, offset, damage) = self.first?;
        let place = if line > 0 {
            line.to_string()
        } else {
            format!("byte {offset}")
        };
        let others = match self.rows {
            1 => String::new(),
            2 => " (and 1 more row cannot be used)".to_owned(),
            rows => format!(" (and {} more rows cannot be used)", rows - 1),
        };
        Some(format!(
            "{}:{place}: {damage}{others}; `lineage check` lists what is wrong",
            path.display()
        ))
    }
}
