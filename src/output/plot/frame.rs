//! What is around the trials: the title, the axes, the legend, the line of the baseline and the failures below.

use super::axis::{count_ticks, number_ticks, time_ticks};
use super::lanes::{lane_height, name_places};
use super::layout::Layout;
use super::model::{Axis, legend_text};
use super::scene::{Anchor, Class, Form, Outline, Position, Scene};

/// The height of a failure's tick in pixels.
const TICK: f64 = 10.0;

impl Layout<'_> {
    /// Draws what is behind the trials.
    pub(super) fn draw_grid(&self, scene: &mut Scene) {
        if !self.plot.has_scores() {
            return;
        }
        let (canvas, area) = (self.canvas, self.area);
        for (value, text) in &self.score_ticks {
            let y = self.y.at(*value);
            scene.line(Class::Grid, vec![(area.left, y), (area.right, y)]);
            let place = (area.left - canvas.gap, y + canvas.pick(0.0, 4.0));
            scene.text(Class::Text, Anchor::End, place, text);
        }
        if let Some(line) = self.baseline() {
            scene.line(Class::Baseline, line.to_vec());
        }
    }

    /// Draws the texts around the trials; `above` and `below` say how many are outside.
    pub(super) fn draw_texts(&self, above: &str, below: &str, scene: &mut Scene) {
        let (canvas, area) = (self.canvas, self.area);
        let base = |row: f64| canvas.pick(4.0 * row - 1.0, canvas.line * (row + 0.3));
        let (left, width) = (canvas.gap, canvas.width - 2.0 * canvas.gap);
        let title = canvas.fit(&self.plot.title(), width / canvas.pick(1.0, 1.5));
        scene.text(Class::Title, Anchor::Start, (left, base(1.0)), &title);
        let room = width - canvas.measure(above) - canvas.gap;
        let name = canvas.fit(&self.plot.score_name(), room);
        scene.text(Class::Text, Anchor::Start, (left, base(2.0)), &name);
        let end = (area.right, base(2.0));
        scene.text(Class::Text, Anchor::End, end, above);
        self.draw_legend(base(3.0), scene);
        self.draw_trial_axis(below, scene);
        if !self.plot.has_scores() {
            let middle = f64::midpoint(area.left, area.right);
            let place = (middle, f64::midpoint(area.top, area.bottom));
            scene.text(Class::Text, Anchor::Middle, place, "no scores");
        }
    }

    /// The ticks and the name of the horizontal axis. Ticks that would touch another are left out.
    fn draw_trial_axis(&self, below: &str, scene: &mut Scene) {
        let (canvas, area) = (self.canvas, self.area);
        let name = self.plot.x_name();
        let base = area.bottom + canvas.pick(3.0, canvas.line);
        scene.text(Class::Text, Anchor::End, (area.right, base), name);
        let mut free = area.right - canvas.measure(name) - 2.0 * canvas.gap;
        if !below.is_empty() {
            scene.text(Class::Text, Anchor::End, (free, base), below);
            free -= canvas.measure(below) + 2.0 * canvas.gap;
        }
        for (value, text) in self.trial_ticks().iter().rev() {
            let (x, half) = (self.x.at(*value), canvas.measure(text) / 2.0);
            if x + half <= free && x - half >= 0.0 {
                scene.text(Class::Text, Anchor::Middle, (x, base), text);
                free = x - half - canvas.gap;
            }
        }
    }

    fn trial_ticks(&self) -> Vec<(f64, String)> {
        let width = self.area.right - self.area.left;
        let tick = self.canvas.measure("0000-00-00") + 3.0 * self.canvas.gap;
        let max = (width / tick).clamp(2.0, 10.0);
        match self.plot.x {
            Axis::Time => time_ticks(self.x.from, self.x.to, max),
            Axis::Trial => count_ticks(self.x.from, self.x.to, max),
            Axis::Hours => number_ticks(self.x.from.max(0.0), self.x.to, max),
        }
    }

    /// The names of the groups or of the logs, with their marks.
    fn draw_legend(&self, base: f64, scene: &mut Scene) {
        let searches = self.plot.searches.iter();
        let names = if self.plot.is_overlay() {
            searches.map(|(name, log)| legend_text(name, log)).collect()
        } else {
            self.groups.names.clone()
        };
        let (canvas, gap) = (self.canvas, self.canvas.gap);
        let mut x = gap;
        for (number, name) in names.iter().enumerate() {
            let name = canvas.fit(name, canvas.width - x - 2.0 * gap);
            let y = base - canvas.pick(1.0, 4.0);
            if x + 6.0 * gap > canvas.width {
                break;
            }
            if self.plot.is_overlay() {
                let end = x + 2.0 * gap - canvas.pick(2.0, 5.0);
                scene.line(Class::GroupLine(number), vec![(x, y), (end, y)]);
            } else {
                let (form, place) = (Form::of_group(Some(number)), (x + canvas.keep, y));
                scene.marks(Class::GroupKeep(number), form, canvas.keep, vec![place]);
            }
            scene.text(Class::Text, Anchor::Start, (x + 2.0 * gap, base), &name);
            x += canvas.measure(&name) + 4.0 * gap;
        }
    }

    /// Draws the failures as ticks, with their names: beside them, above them, or below all of them in a terminal.
    pub(super) fn draw_lanes(&self, scene: &mut Scene) {
        let (canvas, area) = (self.canvas, self.area);
        let height = canvas.pick(canvas.line, TICK);
        let mut bottom = area.bottom + canvas.line + canvas.pick(0.0, canvas.gap);
        bottom += lane_height(canvas);
        for (lane, (left, row)) in self.lanes.iter().zip(name_places(canvas, &self.lanes)) {
            let places = lane.values.iter();
            let places = places.map(|&value| (self.x.at(value), bottom - height));
            let mut places: Vec<Position> = places.collect();
            places.dedup_by(|a, b| (a.0 - b.0).abs() < 0.5);
            let class = Class::Failure(lane.status);
            scene.add(class, Outline::Ticks(height, places), "");
            let (class, place) = if canvas.is_text {
                (class, (left, bottom + row * canvas.line + 3.0))
            } else if canvas.is_wide() {
                (Class::Text, (area.right + canvas.gap, bottom - 1.0))
            } else {
                (Class::Text, (area.left, bottom - TICK - 3.0))
            };
            let name = canvas.fit(&lane.name, canvas.width - place.0);
            scene.text(class, Anchor::Start, place, &name);
            bottom += canvas.pick(0.0, lane_height(canvas));
        }
    }
}
