//! Filters on a word in a column. A word that the log does not have is a usage error, not an empty answer.

use std::collections::BTreeSet;

use anyhow::{Result, bail};

use super::Usage;
use crate::index::IndexedLog;
use crate::log::{Role, Row, Status};
use crate::text::nearest;

/// The words of a repeated flag such as `--status`.
pub struct WordFilter {
    flag: &'static str,
    role: Role,
    words: Vec<String>,
    /// The statuses that the words mean.
    statuses: Vec<Status>,
}

impl WordFilter {
    /// A filter on a column. Of statuses, `KEEP` and `kept` mean `keep`, and any other word of the log means itself.
    pub fn new(role: Role, flag: &'static str, words: Vec<String>) -> Self {
        let statuses = match role {
            Role::Status => words
                .iter()
                .filter_map(|word| Status::from_input(word))
                .collect(),
            _ => Vec::new(),
        };
        Self {
            flag,
            role,
            words,
            statuses,
        }
    }

    pub fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    pub fn accepts(&self, row: &Row) -> bool {
        self.words.is_empty()
            || self.statuses.contains(&row.status())
            || self.words.iter().any(|word| *word == row.text(self.role))
    }

    /// Fails if a word is neither a status nor in the log. Scans the log if a word is not a status.
    pub fn check(&self, log: &IndexedLog) -> Result<()> {
        let is_of_status = self.role == Role::Status;
        let is_status = |word: &String| is_of_status && Status::from_input(word).is_some();
        if self.words.iter().all(is_status) {
            return Ok(());
        }
        if log.schema.column(self.role).is_none() {
            bail!(Usage(format!("the log has no column '{}'", self.flag)));
        }
        let mut known = BTreeSet::new();
        log.for_each_row(|row| {
            let value = row.text(self.role);
            if row.damage.is_none() && !value.is_empty() && !known.contains(&*value) {
                known.insert(value.into_owned());
            }
        })?;
        if is_of_status {
            known.extend(Status::ALL.map(|status| status.name().to_owned()));
        } else if known.is_empty() {
            return Ok(()); // an empty log
        }
        for word in &self.words {
            if !is_status(word) && !known.contains(word) {
                let nearest = nearest(word, known.iter().map(String::as_str));
                bail!(Usage(format!("unknown {} '{word}'; {nearest}", self.flag)));
            }
        }
        Ok(())
    }

    /// The flags as they were given, for a message.
    pub fn flags(&self) -> String {
        let flag = |word| format!(" --{} {word}", self.flag);
        self.words.iter().map(flag).collect()
    }
}
