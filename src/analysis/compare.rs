//! What is compared between searches: outcomes, the way to each new best, and the reasons of failures.

use std::collections::BTreeMap;

use super::{Query, Tally, find_reason, kind_of};
use crate::log::{Direction, Role, Row, Status};

/// The quantile of the normal distribution for an interval of 95 %.
const Z: f64 = 1.959_964;

/// A part of a whole as a rate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    pub part: u64,
    pub whole: u64,
}

impl Rate {
    /// `None` of nothing.
    pub fn value(self) -> Option<f64> {
        (self.whole > 0).then(|| self.part as f64 / self.whole as f64)
    }

    /// The 95 % interval by Wilson's formula, which is right for small counts too.
    pub fn interval(self) -> Option<(f64, f64)> {
        let (rate, n) = (self.value()?, self.whole as f64);
        let z2 = Z * Z;
        let center = rate + z2 / (2.0 * n);
        let spread = Z * (rate * (1.0 - rate) / n + z2 / (4.0 * n * n)).sqrt();
        let scale = 1.0 + z2 / n;
        let (low, high) = ((center - spread) / scale, (center + spread) / scale);
        Some((low.max(0.0), high.min(1.0)))
    }

    /// Whether the rates differ at 95 %: Newcombe's interval for the difference excludes zero.
    pub fn differs_from(self, other: Self) -> Option<bool> {
        let (a, b) = (self.value()?, other.value()?);
        if a < b {
            return other.differs_from(self);
        }
        let ((low, _), (_, high)) = (self.interval()?, other.interval()?);
        Some(a - b > (a - low).hypot(high - b))
    }
}

/// A new best, and what had been spent when it was found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Milestone {
    pub score: f64,
    pub trials: u64,
    pub hours: f64,
}

/// Failures with one status and one reason.
#[derive(Clone, Debug)]
pub struct Reason {
    pub trials: u64,
    /// The reason of the first one.
    pub text: String,
}

/// One search, or the part of it that one specialist did.
#[derive(Clone, Debug, Default)]
pub struct Search {
    pub tally: Tally,
    /// Every new best, worst first.
    pub milestones: Vec<Milestone>,
    /// By the status and the kind of the reason.
    pub reasons: BTreeMap<(Status, String), Reason>,
}

impl Search {
    pub fn keep_rate(&self) -> Rate {
        let total = &self.tally.total;
        let (part, whole) = (total.keeps(), total.rated());
        Rate { part, whole }
    }

    pub fn completion_rate(&self) -> Rate {
        let total = &self.tally.total;
        let (part, whole) = (total.completed, total.rated());
        Rate { part, whole }
    }

    /// The first best that is at least as good as a score.
    pub fn reach(&self, score: f64, direction: Direction) -> Option<Milestone> {
        let mut milestones = self.milestones.iter();
        let reached = |best: &&Milestone| !direction.better(score, best.score);
        milestones.find(reached).copied()
    }

    fn add_milestone(&mut self, row: &Row) {
        let Some(score) = row.eligible_score() else {
            return;
        };
        let last = self.milestones.last();
        if last.is_none_or(|best| row.schema.replaces_best(score, best.score)) {
            self.milestones.push(Milestone {
                score,
                trials: self.tally.total.rated(),
                hours: self.tally.total.rated_hours(),
            });
        }
    }

    fn add_reason(&mut self, row: &Row) {
        let notes = row.text(Role::Notes);
        if let Some(text) = find_reason(&notes) {
            let reason = self.reasons.entry((row.status(), kind_of(&text)));
            let reason = reason.or_insert_with(|| Reason {
                trials: 0,
                text: text.chars().take(500).collect(),
            });
            reason.trials += 1;
        }
    }
}

impl Query for Search {
    fn observe(&mut self, row: &Row) {
        if row.damage.is_some() {
            return;
        }
        self.tally.observe(row);
        self.add_milestone(row);
        if row.status().is_failure() {
            self.add_reason(row);
        }
    }
}

/// A search by the values of one column.
#[derive(Debug)]
pub struct SearchesBy {
    role: Role,
    baseline: Tally,
    searches: BTreeMap<String, Search>,
}

impl SearchesBy {
    pub fn new(role: Role) -> Self {
        Self {
            role,
            baseline: Tally::default(),
            searches: BTreeMap::new(),
        }
    }

    pub fn has_trials(&self) -> bool {
        self.baseline.total.all() > 0
    }

    /// The searches by value. All have the baseline of the log, which belongs to none of them.
    pub fn into_searches(mut self) -> BTreeMap<String, Search> {
        for search in self.searches.values_mut() {
            search.tally.baseline.clone_from(&self.baseline.baseline);
        }
        self.searches
    }
}

impl Query for SearchesBy {
    fn observe(&mut self, row: &Row) {
        self.baseline.observe(row);
        if row.damage.is_none() && row.status() != Status::Baseline {
            let value = row.text(self.role).into_owned();
            self.searches.entry(value).or_default().observe(row);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_interval_is_that_of_wilson() {
        // Agresti and Coull's example (1998) and R's `prop.test(…, correct = FALSE)`.
        for (part, whole, low, high) in [
            (16, 201, 0.0496, 0.1255),
            (0, 10, 0.0, 0.2775),
            (10, 10, 0.7225, 1.0),
        ] {
            let (a, b) = Rate { part, whole }.interval().unwrap();
            assert!((a - low).abs() < 5e-4 && (b - high).abs() < 5e-4, "{a} {b}");
        }
        assert_eq!(Rate { part: 0, whole: 0 }.interval(), None);
    }

    #[test]
    fn rates_of_few_trials_do_not_differ() {
        let rate = |part, whole| Rate { part, whole };
        assert_eq!(rate(140, 201).differs_from(rate(49, 201)), Some(true));
        assert_eq!(rate(3, 201).differs_from(rate(16, 201)), Some(true));
        assert_eq!(rate(1, 3).differs_from(rate(2, 3)), Some(false));
        assert_eq!(rate(5, 9).differs_from(rate(5, 9)), Some(false));
        assert_eq!(rate(0, 0).differs_from(rate(5, 9)), None);
    }
}
