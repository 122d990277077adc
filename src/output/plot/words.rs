//! What a plot says in words, and what it shows on its axes.

use super::lanes::find_lanes;
use super::{Axis, Plot};
use crate::analysis::{Point, Progress};
use crate::log::Status;
use crate::output::visible_or_dash;
use crate::text::{count, visible};

pub(super) fn legend_text(name: &str, search: &Progress) -> String {
    let name = visible_or_dash(name);
    match &search.tally.total.best {
        Some((_, score, _)) => format!("{name}: {}", visible(score)),
        None => name,
    }
}

impl Plot {
    /// `201 trials, 16 keeps, best 1.073142 (176)`
    pub fn title(&self) -> String {
        let [(_, search)] = &self.searches[..] else {
            return format!(
                "{}: best so far of {}",
                visible(&self.metric),
                count(self.searches.len() as u64, "log")
            );
        };
        let total = &search.tally.total;
        let keeps = total.trials(|status| status == Status::Keep);
        let mut title = format!("{}, {}", count(total.all(), "trial"), count(keeps, "keep"));
        if let Some((_, score, id)) = &total.best {
            title += &format!(", best {} ({})", visible(score), visible(id));
        }
        title
    }

    /// The picture in words, for people who cannot see it.
    pub(super) fn description(&self) -> String {
        let x = self.x_name();
        let mut text = format!("{} by {x}.", self.score_name());
        for (name, search) in &self.searches {
            if self.is_overlay() {
                text += &format!(" {}.", legend_text(name, search));
                continue;
            }
            if let Some((_, baseline)) = &search.tally.baseline {
                text += &format!(" Baseline {}.", visible(baseline));
            }
            for lane in find_lanes(self) {
                text += &format!(" {}.", lane.name);
            }
        }
        text
    }

    pub(super) fn score_name(&self) -> String {
        format!(
            "{} ({} is better)",
            visible(&self.metric),
            self.direction.better_word()
        )
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

    /// Whether any trial has a score that can be drawn.
    pub(super) fn has_scores(&self) -> bool {
        let points = self.searches.iter().flat_map(|(_, search)| &search.points);
        let mut drawn = points.filter(|point| !point.status.is_failure());
        drawn.any(|point| point.score.is_some())
    }

    pub(super) fn is_overlay(&self) -> bool {
        self.searches.len() > 1
    }

    /// Whether better scores are lower, so that nothing is below the best so far.
    pub(super) fn prefers_below(&self) -> bool {
        self.direction.better(0.0, 1.0)
    }
}
