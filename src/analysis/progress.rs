//! The trials of a search as points: when each ran, what had been spent by then, and how it ended.

use std::borrow::Cow;

use indexmap::IndexSet;

use super::tally::seconds_of;
use super::{Query, Tally};
use crate::log::{ExpId, Role, Row, Status, parse_time};
use crate::text::cut_visible;

/// How much of a hypothesis a label shows.
const LABEL_CHARS: usize = 45;

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
    pub specialist: usize,
    /// The index of the word in the log if that is not a status, else of an empty one.
    pub word: usize,
    /// The id and the start of the hypothesis of a keep.
    pub label: Option<String>,
}

impl Point {
    /// The score, unless it says nothing: it is that of a failure, or the status is unknown.
    pub fn drawn_score(&self) -> Option<f64> {
        let has_meaning = self.status.can_be_best() || self.status.is_completed();
        self.score.filter(|_| has_meaning)
    }
}

/// All trials of a search, without damaged rows and ignored trials.
#[derive(Clone, Debug, Default)]
pub struct Progress {
    pub points: Vec<Point>,
    /// The indices of the points that were a new best.
    pub bests: Vec<usize>,
    pub specialists: IndexSet<String>,
    /// The words that are not a status.
    pub words: IndexSet<String>,
    pub tally: Tally,
    hours: f64,
    ids: TrialNumbers,
}

/// Whether the ids number the trials.
#[derive(Clone, Debug, Default)]
struct TrialNumbers {
    numbers: Vec<u64>,
    is_broken: bool,
}

impl Progress {
    /// Numbers the trials: by their ids if these count them, else by their place in the log.
    #[must_use]
    pub fn number_trials(mut self) -> Self {
        let numbers = &self.ids.numbers;
        let reach = match (numbers.first(), numbers.last()) {
            (Some(first), Some(last)) => last - first,
            _ => 0,
        };
        let is_sparse = reach > 2 * numbers.len() as u64 + 100;
        if !self.ids.is_broken && !is_sparse {
            for (point, number) in self.points.iter_mut().zip(numbers) {
                point.trial = *number as f64;
            }
        }
        self
    }

    /// The index of the point that is the best.
    pub fn best(&self) -> Option<usize> {
        self.bests.last().copied()
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
        self.hours += seconds_of(row) / 3600.0;
        if self.is_new_best(row) {
            self.bests.push(self.points.len());
        }
        let word = match row.status() {
            Status::Other => row.text(Role::Status),
            _ => Cow::Borrowed(""),
        };
        let point = Point {
            trial: (self.points.len() + 1) as f64,
            time: parse_time(&row.bytes(Role::Time)).map(|time| time.as_second() as f64),
            hours: self.hours,
            status: row.status(),
            score: row.score(),
            specialist: index_of(&mut self.specialists, row.text(Role::Specialist)),
            word: index_of(&mut self.words, word),
            label: (row.status() == Status::Keep).then(|| make_label(row)),
        };
        self.ids.observe(row.id());
        self.points.push(point);
    }
}

impl TrialNumbers {
    fn observe(&mut self, id: Option<ExpId>) {
        match id.and_then(|id| id.counted()) {
            Some(number) if self.numbers.last().is_none_or(|last| number > *last) => {
                self.numbers.push(number);
            }
            _ => self.is_broken = true,
        }
    }
}

/// The index of a text among the different ones, to which it is added if it is new.
fn index_of(texts: &mut IndexSet<String>, text: Cow<str>) -> usize {
    match texts.get_index_of(&*text) {
        Some(index) => index,
        None => texts.insert_full(text.into_owned()).0,
    }
}

fn make_label(row: &Row) -> String {
    let id = cut_visible(&row.name(), 20);
    let hypothesis = cut_visible(&row.text(Role::Hypothesis), LABEL_CHARS);
    format!("{id} {hypothesis}").trim_end().to_owned()
}
