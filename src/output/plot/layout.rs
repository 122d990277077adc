//! Where everything is: the axes, the trials, the best so far, the failures below, and the labels.

use super::Plot;
use super::axis::{Scale, choose_range, extent};
use super::canvas::Canvas;
use super::frame::score_ticks;
use super::labels::{Area, Candidate, LabelPlacer, rank};
use super::lanes::{Lane, draw_lanes, find_lanes, lanes_height};
use super::points::{Groups, draw_points};
use super::scene::{Anchor, Class, Position, Scene};
use crate::analysis::{Point, Progress};

/// A plot on its way to a scene.
pub(super) struct Layout<'p> {
    pub(super) plot: &'p Plot,
    pub(super) canvas: Canvas,
    pub(super) area: Area,
    pub(super) x: Scale,
    pub(super) y: Scale,
    pub(super) groups: Groups,
    /// The failures that occur, with their trials.
    pub(super) lanes: Vec<Lane>,
}

impl<'p> Layout<'p> {
    pub(super) fn new(plot: &'p Plot, canvas: Canvas) -> Self {
        let searches: Vec<&Progress> = plot.searches.iter().map(|(_, search)| search).collect();
        let lanes = find_lanes(plot);
        let scores = choose_range(plot.scores, &searches, plot.direction);
        let area = find_area(plot, canvas, &lanes, scores);
        let values = searches.iter().flat_map(|search| &search.points);
        let values: Vec<f64> = values.filter_map(|point| plot.x_value(point)).collect();
        let (from, to) = match extent(&values) {
            (from, to) if from < to => (from - (to - from) * 0.012, to + (to - from) * 0.012),
            (from, to) if from > to => (0.0, 1.0), // no trials
            (value, _) => (value - 1.0, value + 1.0),
        };
        Self {
            plot,
            canvas,
            x: Scale {
                from,
                to,
                start: area.left,
                end: area.right,
            },
            y: Scale {
                from: scores.0,
                to: scores.1,
                start: area.bottom,
                end: area.top,
            },
            area,
            groups: Groups::new(plot),
            lanes,
        }
    }

    pub(super) fn build_scene(&self) -> Scene {
        let (plot, area) = (self.plot, self.area);
        let mut scene = Scene {
            width: self.canvas.width,
            height: self.canvas.height,
            title: plot.title(),
            description: plot.description(),
            shapes: Vec::new(),
        };
        self.draw_frame(&mut scene);
        let mut placer = LabelPlacer::new(self.canvas, area, plot.prefers_below());
        if !self.canvas.is_text {
            placer.avoid(&[], &self.baseline().unwrap_or_default());
        }
        for (number, (_, search)) in plot.searches.iter().enumerate() {
            if plot.is_overlay() {
                scene.line(Class::GroupLine(number), self.best_line(search));
            } else {
                self.draw_search(search, &mut scene, &mut placer);
            }
        }
        self.name_baseline(&mut scene);
        draw_lanes(self, &mut scene);
        if !plot.has_scores() {
            let middle = f64::midpoint(area.left, area.right);
            let place = (middle, f64::midpoint(area.top, area.bottom));
            scene.text(Class::Text, Anchor::Middle, place, "no scores yet");
        }
        scene
    }

    /// Where a trial is, if it is on both axes; a score beyond an end is at the end.
    pub(super) fn place(&self, point: &Point) -> Option<Position> {
        Some((
            self.x.at(self.plot.x_value(point)?),
            self.y.at(point.score?),
        ))
    }

    fn draw_search(&self, search: &Progress, scene: &mut Scene, placer: &mut LabelPlacer) {
        let line = self.best_line(search);
        let keeps = draw_points(self, search, &line, scene);
        let marks: Vec<Position> = keeps.iter().map(|&(_, place)| place).collect();
        placer.avoid(&marks, &line);
        let order = rank(&keeps, |&(point, _)| find_gain(search, point));
        let candidates = order.into_iter().filter_map(|at| {
            let (point, place) = keeps[at];
            let text = search.points[point].label.as_deref()?;
            Some(Candidate { place, text })
        });
        placer.place(&candidates.collect::<Vec<_>>(), scene);
    }

    /// The best so far as a line of steps: a new best counts from its trial on.
    fn best_line(&self, search: &Progress) -> Vec<Position> {
        let mut line: Vec<Position> = Vec::new();
        for &best in &search.bests {
            let Some((x, y)) = self.place(&search.points[best]) else {
                continue;
            };
            let (x, before) = match line.last() {
                Some(&(last_x, last_y)) => (x.max(last_x), Some(last_y)),
                None => (x, None),
            };
            line.extend(before.map(|before| (x, before)));
            line.push((x, y));
        }
        let xs = search
            .points
            .iter()
            .filter_map(|point| self.plot.x_value(point));
        let end = xs.fold(f64::NEG_INFINITY, f64::max);
        if let Some(&(_, y)) = line.last() {
            line.push((self.x.at(end), y));
        }
        line
    }
}

/// The part of the picture that the trials are in: what is left of it beside the texts.
fn find_area(plot: &Plot, canvas: Canvas, lanes: &[Lane], (low, high): (f64, f64)) -> Area {
    let has_legend = plot.is_overlay() || plot.by_specialist;
    let head = if canvas.is_text { 2.0 } else { 3.0 } + f64::from(u8::from(has_legend));
    let margin = if canvas.is_text {
        0.0
    } else {
        2.0 * canvas.gap
    };
    let top = canvas.line * head;
    let bottom = canvas.height - lanes_height(canvas, lanes) - canvas.line - margin;
    let ticks = score_ticks(canvas, bottom - top, low, high);
    let ticks = ticks.iter().map(|(_, text)| canvas.measure(text));
    let names = lanes.iter().map(|lane| canvas.measure(&lane.name));
    let right = if canvas.is_wide() && !lanes.is_empty() {
        canvas.width - names.fold(0.0, f64::max) - 2.0 * canvas.gap
    } else {
        canvas.width - canvas.gap
    };
    Area {
        left: ticks.fold(0.0, f64::max) + 2.0 * canvas.gap,
        top,
        right,
        bottom,
    }
}

/// By how much a point improved on the best before it.
fn find_gain(search: &Progress, point: usize) -> f64 {
    let Ok(at) = search.bests.binary_search(&point) else {
        return 0.0;
    };
    let score = |best: usize| search.points[search.bests[best]].score.unwrap_or(0.0);
    if at == 0 {
        0.0
    } else {
        (score(at) - score(at - 1)).abs()
    }
}
