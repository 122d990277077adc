//! What is drawn, and what the picture says in words.

use super::range::ScoreRange;
use crate::analysis::{Point, Progress};
use crate::log::Direction;
use crate::output::visible_or_dash;
use crate::text::{count, visible};

/// What the horizontal axis shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Axis {
    /// The number of the trial
    Trial,
    /// When it ran
    Time,
    /// Compute hours spent up to its end
    Hours,
}

/// One search with its trials, or the best so far of several.
#[derive(Debug)]
pub struct Plot {
    /// The searches with their names.
    pub searches: Vec<(String, Progress)>,
    pub metric: String,
    pub direction: Direction,
    pub x: Axis,
    pub scores: ScoreRange,
    pub by_specialist: bool,
}

impl Plot {
    /// `201 trials, 16 keeps, best 1.073142 (176)`
    pub fn title(&self) -> String {
        let [(_, search)] = &self.searches[..] else {
            let logs = count(self.searches.len() as u64, "log");
            return format!("{}: best so far of {logs}", visible(&self.metric));
        };
        let total = &search.tally.total;
        let (trials, keeps) = (count(total.all(), "trial"), count(total.keeps(), "keep"));
        let mut title = format!("{trials}, {keeps}");
        if let Some((_, score, id)) = &total.best {
            title += &format!(", best {} ({})", visible(score), visible(id));
        }
        title
    }

    /// The picture in words, for people who cannot see it.
    pub(super) fn description<'n>(&self, lanes: impl Iterator<Item = &'n str>) -> String {
        let mut text = format!("{} by {}.", self.score_name(), self.x_name());
        for (name, search) in &self.searches {
            if self.is_overlay() {
                text += &format!(" {}.", legend_text(name, search));
            } else if let Some((_, baseline)) = &search.tally.baseline {
                text += &format!(" Baseline {}.", visible(baseline));
            }
        }
        lanes.fold(text, |text, lane| format!("{text} {lane}."))
    }

    pub(super) fn score_name(&self) -> String {
        let better = self.direction.better_word();
        format!("{} ({better} is better)", visible(&self.metric))
    }

    pub(super) fn x_name(&self) -> &'static str {
        match self.x {
            Axis::Trial => "trial",
            Axis::Time => "time (UTC)",
            Axis::Hours => "compute hours",
        }
    }

    pub(super) fn x_value(&self, point: &Point) -> Option<f64> {
        match self.x {
            Axis::Trial => Some(point.trial),
            Axis::Time => point.time,
            Axis::Hours => Some(point.hours),
        }
    }

    pub(super) fn points(&self) -> impl Iterator<Item = &Point> {
        self.searches.iter().flat_map(|(_, search)| &search.points)
    }

    /// Whether any trial has a score that can be drawn.
    pub(super) fn has_scores(&self) -> bool {
        self.points().any(|point| point.drawn_score().is_some())
    }

    pub(super) fn is_overlay(&self) -> bool {
        self.searches.len() > 1
    }

    /// Whether better scores are lower, so that nothing is below the best so far.
    pub(super) fn prefers_below(&self) -> bool {
        self.direction.better(0.0, 1.0)
    }
}

pub(super) fn legend_text(name: &str, search: &Progress) -> String {
    let name = visible_or_dash(name);
    match &search.tally.total.best {
        Some((_, score, _)) => format!("{name}: {}", visible(score)),
        None => name,
    }
}
