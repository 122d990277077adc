//! Where everything is: the axes, the trials, the best so far, and the failures below.

use super::axis::{Scale, number_ticks};
use super::canvas::{Area, Canvas};
use super::groups::Groups;
use super::lanes::{Lane, find_lanes, lanes_height};
use super::model::Plot;
use super::range::{choose_range, extent};
use super::scene::Position;
use crate::analysis::{Point, Progress};

/// Lines of text for each score on the axis.
const TICK_LINES: f64 = 2.5;

/// The room beside the first and the last trial, as a share of the axis.
const X_MARGIN: f64 = 0.012;

/// A plot on its way to a scene.
pub(super) struct Layout<'p> {
    pub(super) plot: &'p Plot,
    pub(super) canvas: Canvas,
    pub(super) area: Area,
    pub(super) x: Scale,
    pub(super) y: Scale,
    pub(super) score_ticks: Vec<(f64, String)>,
    pub(super) groups: Groups,
    /// The failures that occur, with their trials.
    pub(super) lanes: Vec<Lane>,
}

impl<'p> Layout<'p> {
    pub(super) fn new(plot: &'p Plot, canvas: Canvas) -> Self {
        let searches: Vec<&Progress> = plot.searches.iter().map(|(_, search)| search).collect();
        let lanes = find_lanes(plot);
        let (low, high) = choose_range(plot.scores, &searches, plot.direction);
        let mut area = find_area(plot, canvas, &lanes);
        let height = area.bottom - area.top;
        let score_ticks = number_ticks(low, high, height / canvas.line / TICK_LINES);
        let widths = score_ticks.iter().map(|(_, text)| canvas.measure(text));
        area.left += widths.fold(0.0, f64::max);
        let x = (area.left, area.right);
        // In text, the bottom is a row of characters.
        let y = (area.bottom - canvas.pick(1.0, 0.0), area.top);
        Self {
            plot,
            canvas,
            area,
            x: Scale::new(find_x_range(plot), x),
            y: Scale::new((low, high), y),
            score_ticks,
            groups: Groups::new(plot),
            lanes,
        }
    }

    /// Where a trial is, if it is on both axes; a score beyond an end is at the end.
    pub(super) fn place(&self, point: &Point) -> Option<Position> {
        let value = self.plot.x_value(point)?;
        Some((self.x.at(value), self.y.at(point.drawn_score()?)))
    }

    /// The best so far as a line of steps: a new best counts from its trial on.
    pub(super) fn best_line(&self, search: &Progress) -> Vec<Position> {
        let mut line: Vec<Position> = Vec::new();
        for &best in &search.bests {
            let Some((mut x, y)) = self.place(&search.points[best]) else {
                continue;
            };
            if let Some(&(last_x, last_y)) = line.last() {
                x = x.max(last_x); // times may go back
                line.push((x, last_y));
            }
            line.push((x, y));
        }
        if let Some(&(_, y)) = line.last() {
            let values = search.points.iter().filter_map(|p| self.plot.x_value(p));
            let end = values.fold(f64::NEG_INFINITY, f64::max);
            line.push((self.x.at(end), y));
        }
        line
    }

    /// The line of the first baseline of the first search that has one, if it is in the picture.
    pub(super) fn baseline(&self) -> Option<[Position; 2]> {
        let searches = self.plot.searches.iter();
        let mut baselines = searches.filter_map(|(_, search)| search.tally.baseline.as_ref());
        let (score, _) = baselines.next()?;
        let y = self.y.at(*score);
        let ends = [(self.area.left, y), (self.area.right, y)];
        self.y.contains(*score).then_some(ends)
    }
}

/// The area of the trials. Its left edge does not yet leave room for the texts of the scores, which depend on its height.
fn find_area(plot: &Plot, canvas: Canvas, lanes: &[Lane]) -> Area {
    let has_legend = plot.is_overlay() || plot.by_specialist;
    let head = canvas.pick(2.0, 3.0) + f64::from(u8::from(has_legend));
    let margin = canvas.pick(0.0, 2.0 * canvas.gap);
    let names = lanes.iter().map(|lane| canvas.measure(&lane.name));
    let mut right = canvas.width - canvas.gap;
    if canvas.is_wide() && !lanes.is_empty() {
        right -= names.fold(0.0, f64::max).min(canvas.width / 4.0) + canvas.gap;
    }
    Area {
        left: 2.0 * canvas.gap,
        top: canvas.line * head,
        right,
        bottom: canvas.height - lanes_height(canvas, lanes) - canvas.line - margin,
    }
}

/// The ends of the horizontal axis.
fn find_x_range(plot: &Plot) -> (f64, f64) {
    let values: Vec<f64> = plot.points().filter_map(|p| plot.x_value(p)).collect();
    match extent(&values) {
        (from, to) if from < to => (from - (to - from) * X_MARGIN, to + (to - from) * X_MARGIN),
        (from, to) if from > to => (0.0, 1.0), // no trials
        (value, _) => (value - 1.0, value + 1.0),
    }
}
