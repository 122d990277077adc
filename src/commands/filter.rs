//! Which trials a command lists. A word that the log does not have is a usage error, not an empty answer.

use std::collections::BTreeSet;

use anyhow::{Result, bail};
use clap::{Args, builder::StringValueParser};

use super::candidates;
use super::suggesting::Suggesting;
use super::{Context, ReadArgs, Usage};
use crate::analysis::Query;
use crate::index::IndexedLog;
use crate::log::{Role, Row, Since, Status};
use crate::open::ReadOptions;
use crate::text::{nearest, shell_word};

const FILTERS: &str = "Which trials";

/// The filters of every command that lists trials, and how it reads the log.
#[derive(Args, Debug)]
#[group(args = ["status", "specialist", "domain", "grep"])] // those of `read` do not filter
pub struct FilterArgs {
    /// Only trials with this status; may be repeated
    #[arg(long, value_name = "STATUS", help_heading = FILTERS, hide_possible_values = true)]
    #[arg(value_parser = Suggesting::new(StringValueParser::new(), &[]), add = candidates::status())]
    status: Vec<String>,
    /// Only trials of this specialist; may be repeated
    #[arg(long, value_name = "NAME", help_heading = FILTERS, add = candidates::specialist())]
    specialist: Vec<String>,
    /// Only trials in this domain; may be repeated
    #[arg(long, value_name = "NAME", help_heading = FILTERS, add = candidates::domain())]
    domain: Vec<String>,
    /// Only trials with this text in the hypothesis or the notes, case-insensitive
    #[arg(long, value_name = "WORD", allow_hyphen_values = true, help_heading = FILTERS)]
    grep: Option<String>,
    #[command(flatten)]
    pub read: ReadArgs,
}

/// Decides which trials are listed.
pub struct Filter {
    words: [WordFilter; 3],
    since: Option<Since>,
    grep: Option<String>,
}

impl FilterArgs {
    /// Opens the log; fails if it does not have one of the words.
    pub fn open(&self, context: &Context) -> Result<(IndexedLog, Filter)> {
        let log = context.open_with(&self.read_options())?;
        let filter = self.filter(&log)?;
        Ok((log, filter))
    }

    /// How to read the log: all of it if --since is a time, because the filter then drops what is older.
    pub fn read_options(&self) -> ReadOptions {
        let mut options = ReadOptions::from(&self.read);
        options.since.take_if(|since| since.is_time());
        options
    }

    /// Fails if the log does not have one of the words.
    pub fn filter(&self, log: &IndexedLog) -> Result<Filter> {
        let filter = self.parse();
        for words in &filter.words {
            words.check(log)?;
        }
        Ok(filter)
    }

    /// The filter of trials that are not logged yet: their specialists and domains may be new, but not their statuses.
    pub fn filter_of_new_trials(&self, log: &IndexedLog) -> Result<Filter> {
        let filter = self.parse();
        filter.words[0].check(log)?;
        Ok(filter)
    }

    fn parse(&self) -> Filter {
        let since = self.read.since.as_ref();
        Filter {
            words: [
                WordFilter::new(Role::Status, "status", &self.status),
                WordFilter::new(Role::Specialist, "specialist", &self.specialist),
                WordFilter::new(Role::Domain, "domain", &self.domain),
            ],
            since: since.filter(|since| since.is_time()).cloned(),
            grep: self.grep.as_ref().map(|word| word.to_lowercase()),
        }
    }
}

impl Filter {
    /// Whether every trial is accepted.
    pub fn is_empty(&self) -> bool {
        let has_words = self.words.iter().any(|filter| !filter.words.is_empty());
        !has_words && self.since.is_none() && self.grep.is_none()
    }

    /// Whether a status is asked for by name.
    pub fn names_status(&self) -> bool {
        !self.words[0].words.is_empty()
    }

    pub fn accepts(&self, row: &Row) -> bool {
        let (since, grep) = (self.since.as_ref(), self.grep.as_ref());
        self.words.iter().all(|filter| filter.accepts(row))
            && since.is_none_or(|since| since.is_reached(row))
            && grep.is_none_or(|word| has_text(row, word))
    }

    /// Answers a query from the accepted trials.
    pub fn ask<Q: Query>(&self, log: &IndexedLog, mut query: Q) -> Result<Q> {
        if self.is_empty() {
            return log.ask(query);
        }
        let damage = log.for_each_row(|row| {
            if self.accepts(row) {
                query.observe(row);
            }
        })?;
        log.set_damage(damage);
        Ok(query)
    }

    /// What to say if no trial matches.
    pub fn explain_nothing(&self) -> String {
        if self.is_empty() {
            return "the log has no trials yet".to_owned();
        }
        format!("no trials match{}", self.flags())
    }

    /// The flags as they were given.
    pub fn flags(&self) -> String {
        let mut flags: String = self.words.iter().map(WordFilter::flags).collect();
        if let Some(since) = &self.since {
            flags += &format!(" --since {}", shell_word(&since.text));
        }
        if let Some(word) = &self.grep {
            flags += &format!(" --grep {}", shell_word(word));
        }
        flags
    }
}

fn has_text(row: &Row, word: &str) -> bool {
    let mut texts = [Role::Hypothesis, Role::Notes].into_iter();
    texts.any(|role| row.text(role).to_lowercase().contains(word))
}

/// The words of a repeated flag such as `--status`.
struct WordFilter {
    flag: &'static str,
    role: Role,
    words: Vec<String>,
    /// The statuses that the words mean.
    statuses: Vec<Status>,
}

impl WordFilter {
    /// A filter on a column. Of statuses, `KEEP` and `kept` mean `keep`, and any other word of the log means itself.
    fn new(role: Role, flag: &'static str, words: &[String]) -> Self {
        let mut statuses = Vec::new();
        if role == Role::Status {
            statuses.extend(words.iter().filter_map(|word| Status::from_input(word)));
        }
        Self {
            flag,
            role,
            words: words.to_vec(),
            statuses,
        }
    }

    fn accepts(&self, row: &Row) -> bool {
        self.words.is_empty()
            || self.statuses.contains(&row.status())
            || self.words.iter().any(|word| *word == row.text(self.role))
    }

    /// Fails if a word is neither a status nor in a log that has trials. Reads rows until every word was seen.
    fn check(&self, log: &IndexedLog) -> Result<()> {
        let mut missing: Vec<&String> = self.words.iter().collect();
        if self.role == Role::Status {
            missing.retain(|word| Status::from_input(word).is_none());
        }
        if missing.is_empty() {
            return Ok(());
        }
        if log.schema.column(self.role).is_none() {
            bail!(Usage(format!("the log has no column '{}'", self.flag)));
        }
        let (mut known, mut has_trials) = (BTreeSet::new(), false);
        let mut rows = log.rows();
        while !missing.is_empty()
            && let Some(row) = rows.next()?
        {
            let value = row.text(self.role);
            has_trials = true;
            if row.damage.is_none() && !value.is_empty() && !known.contains(&*value) {
                missing.retain(|word| **word != value);
                known.insert(value.into_owned());
            }
        }
        let Some(word) = missing.first().filter(|_| has_trials) else {
            return Ok(());
        };
        if self.role == Role::Status {
            known.extend(Status::ALL.map(|status| status.name().to_owned()));
        }
        let help = if known.is_empty() {
            "no trial has one".to_owned()
        } else {
            nearest(word, known.iter().map(String::as_str))
        };
        bail!(Usage(format!("unknown {} '{word}'; {help}", self.flag)))
    }

    /// The flags as they were given, for a message.
    fn flags(&self) -> String {
        let flag = |word| format!(" --{} {word}", self.flag);
        self.words.iter().map(flag).collect()
    }
}
