//! Which way is better, and what a person should know of how that was found out.

use super::{
    Wanted,
    cells::Scores,
    plan::columns,
    roles::{BY_NAME, SENTINELS},
    words,
    writer::Writer,
};
use crate::log::Direction;

/// A direction, and why, where it was guessed.
pub(super) struct Found {
    pub(super) is: Direction,
    why: Option<String>,
}

impl Writer {
    /// Which way is better: flags, what the file says, the name, the trend of the keeps.
    pub(super) fn direction(&self, metric: &str, wanted: &Wanted) -> Found {
        let said = self
            .table
            .said
            .direction
            .filter(|_| self.is_said_of(metric));
        if let Some(is) = wanted
            .direction
            .or_else(|| words::better_said(metric))
            .or(said)
        {
            return Found { is, why: None };
        }
        let by_name = |is| Found {
            is,
            why: Some(format!("by its name{}", self.contradiction(is))),
        };
        let mut found = words::better(metric).map_or_else(|| self.trend(), by_name);
        if let (Some(why), Some(said), Some(other)) = (
            &mut found.why,
            self.table.said.direction,
            &self.table.said.metric,
        ) {
            *why += &format!(", since {said} is what the file says of {other}");
        }
        found
    }

    /// Whether what the file says of a direction is said of the score: it names no metric, or this one, or one that has no column
    /// beside one that is called `metric` or the like.
    fn is_said_of(&self, metric: &str) -> bool {
        let Some(name) = &self.table.said.metric else {
            return true;
        };
        let mut named = columns(&self.table, name).peekable();
        let stands_for_it = named.peek().is_none() && words::candidate(metric) <= BY_NAME;
        stands_for_it || named.any(|column| column == self.plan.score)
    }

    /// What was guessed, and what would say otherwise.
    pub(super) fn notes(&self, metric: &str, direction: &Found, scores: &Scores) -> Vec<String> {
        let mut notes = Vec::new();
        if self.plan.verdict.is_none() {
            let none = "no column holds a verdict: every row with a score can be best; --map verdict=COLUMN names one";
            notes.push(none.to_owned());
        }
        if self.plan.verdict.is_none() || self.mere_completion {
            notes.extend(self.doubt(direction.is, scores));
        }
        notes.extend(self.doubts(scores));
        if let Some(unclear) = &self.table.said.unclear {
            notes.push(format!(
                "`{unclear}` names no direction that is known here; `higher` and `lower` do"
            ));
        }
        let is = direction.is;
        notes.extend(match (self.plan.guess, &direction.why) {
            (None, None) => None,
            (Some(guess), None) => Some(format!("{metric}: taken for the score {guess}; --metric names another")),
            (None, Some(why)) => Some(format!("{metric}: read as {is} {why}; --direction says otherwise")),
            (Some(guess), Some(why)) => Some(format!(
                "{metric}: taken for the score {guess}, read as {is} {why}; --metric and --direction say otherwise"
            )),
        });
        notes
    }

    /// Where no verdict tells trials that failed: scores that may stand for none.
    fn doubt(&self, direction: Direction, scores: &Scores) -> Option<String> {
        if !scores.assumed.is_empty() {
            let lines: Vec<_> = scores.assumed.iter().map(u64::to_string).collect();
            return Some(format!(
                "the -1 in line {} is taken for no score: no other is negative",
                lines.join(" ")
            ));
        }
        let trials = || {
            self.trials
                .iter()
                .filter_map(|trial| Some((trial, trial.score.as_ref()?.1)))
        };
        let best = trials().reduce(|best, next| {
            if direction.better(next.1, best.1) {
                next
            } else {
                best
            }
        })?;
        let is_alone = trials().any(|(_, score)| direction.better(best.1, score));
        let place = self.table.rows[best.0.at].line;
        (SENTINELS.contains(&best.1) && is_alone).then(|| {
            format!(
                "the best score, {} in line {place}, is what other logs write for none",
                best.1
            )
        })
    }

    /// The scores of the keeps, in their order.
    fn kept(&self) -> Vec<f64> {
        let kept = self
            .trials
            .iter()
            .filter(|trial| trial.status.can_be_best());
        kept.filter_map(|trial| Some(trial.score.as_ref()?.1))
            .collect()
    }

    /// What is said behind a direction that the keeps contradict: a keep should beat what was before it, and none beats the
    /// first, while two or more went beyond all before them the other way.
    fn contradiction(&self, direction: Direction) -> String {
        let kept = self.kept();
        let is_decided = self.plan.verdict.is_some() && !self.mere_completion;
        let Some(&first) = kept.first().filter(|_| is_decided) else {
            return String::new();
        };
        let (mut record, mut records) = (first, 0);
        for &score in &kept {
            if direction.opposite().better(score, record) {
                (record, records) = (score, records + 1);
            }
        }
        if records < 2 || kept.iter().any(|&score| direction.better(score, first)) {
            return String::new();
        }
        format!(
            ", though no keep is {} than the first one",
            direction.better_word()
        )
    }

    /// The way that most steps from one keep to the next have taken. That trials ran is no step anywhere.
    fn trend(&self) -> Found {
        let kept = if self.mere_completion {
            Vec::new()
        } else {
            self.kept()
        };
        let count = |way: Direction| {
            kept.windows(2)
                .filter(|pair| way.better(pair[1], pair[0]))
                .count()
        };
        let (up, down) = (count(Direction::Maximize), count(Direction::Minimize));
        let why = match up + down {
            0 => "by default".to_owned(),
            steps => {
                let rows = if self.plan.verdict.is_some() {
                    "keeps"
                } else {
                    "scores"
                };
                format!(
                    "by the trend of the {rows} ({} of {steps} steps)",
                    up.max(down)
                )
            }
        };
        Found {
            is: if up > down {
                Direction::Maximize
            } else {
                Direction::Minimize
            },
            why: Some(why),
        }
    }
}
