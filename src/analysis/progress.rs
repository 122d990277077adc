//! The trials of a search as points: when each ran, what had been spent by then, and how it ended.

use super::{Query, Tally};
use crate::log::{ExpId, Role, Row, Status, parse_time};
use crate::text::cut_visible;

/// How much of a hypothesis a label shows.
const LABEL_CHARS: usize = 45;

/// Scores beyond this are drawn as if they were this, so that the difference of two is finite.
const MAX_SCORE: f64 = 1e300;

/// One trial.
#[derive(Clone, Debug)]
pub struct Point {
    /// Its number on the axis.
    pub trial: f64,
    /// Seconds since 1970.
    pub time: Option<f64>,
    /// Compute hours spent up to its end.
    pub hours: f64,
    pub status: Status,
    pub score: Option<f64>,
    /// The index of its specialist.
    pub group: usize,
    /// The id and the start of the hypothesis of a keep.
    pub label: Option<String>,
}

/// All trials of a search, without damaged rows and ignored trials.
#[derive(Clone, Debug, Default)]
pub struct Progress {
    pub points: Vec<Point>,
    /// The indices of the points that were a new best.
    pub bests: Vec<usize>,
    /// The specialists, in the order of their first trials.
    pub groups: Vec<String>,
    pub tally: Tally,
    hours: f64,
    ids: TrialNumbers,
}

/// Whether the ids number the trials.
#[derive(Clone, Debug, Default)]
struct TrialNumbers {
    last: Option<u64>,
    is_broken: bool,
    numbers: Vec<u64>,
}

impl Progress {
    /// Numbers the trials: by their ids if these count them, else by their place in the log.
    #[must_use]
    pub fn number_trials(mut self) -> Self {
        let numbers = &self.ids.numbers;
        let reach = numbers
            .last()
            .zip(numbers.first())
            .map_or(0, |(last, first)| last - first);
        let is_sparse = reach > 2 * numbers.len() as u64 + 100;
        if !self.ids.is_broken && !is_sparse {
            for (point, number) in self.points.iter_mut().zip(numbers) {
                point.trial = to_number(*number);
            }
        }
        self
    }

    /// The index of the point that is the best.
    pub fn best(&self) -> Option<usize> {
        self.bests.last().copied()
    }

    fn find_group(&mut self, row: &Row) -> usize {
        let name = row.text(Role::Specialist);
        if let Some(group) = self.groups.iter().position(|group| *group == name) {
            return group;
        }
        self.groups.push(name.into_owned());
        self.groups.len() - 1
    }

    fn is_new_best(&self, row: &Row) -> bool {
        let Some(score) = row.eligible_score() else {
            return false;
        };
        let best = self.best().and_then(|best| self.points[best].score);
        best.is_none_or(|best| row.schema.replaces_best(score, best))
    }
}

impl Query for Progress {
    fn observe(&mut self, row: &Row) {
        self.tally.observe(row);
        if row.damage.is_some() || row.status().is_ignored() {
            return;
        }
        let seconds = row.number_in(Role::TotalSeconds).unwrap_or(0.0);
        self.hours += seconds.clamp(0.0, 1e12) / 3600.0;
        if self.is_new_best(row) {
            self.bests.push(self.points.len());
        }
        let point = Point {
            trial: to_number(self.points.len() as u64 + 1),
            time: parse_time(&row.bytes(Role::Time)).map(|time| to_seconds(time.as_second())),
            hours: self.hours,
            status: row.status(),
            score: row.score().map(|score| score.clamp(-MAX_SCORE, MAX_SCORE)),
            group: self.find_group(row),
            label: (row.status() == Status::Keep).then(|| make_label(row)),
        };
        self.ids.observe(row.id());
        self.points.push(point);
    }
}

impl TrialNumbers {
    fn observe(&mut self, id: Option<ExpId>) {
        let number = id.and_then(|id| id.counted());
        self.is_broken |= number.is_none() || self.last.is_some_and(|last| number <= Some(last));
        self.last = number;
        if let Some(number) = number
            && !self.is_broken
        {
            self.numbers.push(number);
        }
    }
}

fn make_label(row: &Row) -> String {
    let id = cut_visible(&row.name(), 20);
    let hypothesis = cut_visible(&row.text(Role::Hypothesis), LABEL_CHARS);
    format!("{id} {hypothesis}").trim_end().to_owned()
}

#[allow(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
fn to_number(count: u64) -> f64 {
    count as f64
}

#[allow(clippy::cast_precision_loss, reason = "seconds are far below 2^53")]
fn to_seconds(seconds: i64) -> f64 {
    seconds as f64
}
