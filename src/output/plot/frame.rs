//! What is around the trials: the title, the axes, the legend and the line of the baseline.

use super::Axis;
use super::axis::{count_ticks, number_ticks, time_ticks};
use super::canvas::Canvas;
use super::layout::Layout;
use super::scene::{Anchor, Class, Form, Position, Scene, Shape};
use super::words::legend_text;

impl Layout<'_> {
    pub(super) fn draw_frame(&self, scene: &mut Scene) {
        let canvas = self.canvas;
        let (title, name) = if canvas.is_text {
            (3.0, 7.0)
        } else {
            (canvas.line * 1.3, canvas.line * 2.3)
        };
        let left = canvas.gap;
        scene.text(
            Class::Title,
            Anchor::Start,
            (left, title),
            self.plot.title(),
        );
        scene.text(
            Class::Text,
            Anchor::Start,
            (left, name),
            self.plot.score_name(),
        );
        self.draw_legend(name + canvas.line, scene);
        if self.plot.has_scores() {
            self.draw_score_axis(scene);
            if let Some(line) = self.baseline() {
                scene.line(Class::Baseline, line);
            }
        }
        self.draw_trial_axis(scene);
    }

    fn draw_score_axis(&self, scene: &mut Scene) {
        let (canvas, area) = (self.canvas, self.area);
        let height = area.bottom - area.top;
        for (value, text) in score_ticks(canvas, height, self.y.from, self.y.to) {
            let y = self.y.at(value);
            scene.line(Class::Grid, vec![(area.left, y), (area.right, y)]);
            let base = if canvas.is_text { y } else { y + 4.0 };
            let place = (area.left - canvas.gap, base);
            scene.text(Class::Text, Anchor::End, place, text);
        }
    }

    /// The ticks and the name of the horizontal axis. Ticks that would touch another are left out.
    fn draw_trial_axis(&self, scene: &mut Scene) {
        let (canvas, area) = (self.canvas, self.area);
        let name = self.plot.x_name();
        let base = area.bottom + if canvas.is_text { 3.0 } else { canvas.line };
        scene.text(Class::Text, Anchor::End, (area.right, base), name);
        let mut free = area.right - canvas.measure(name) - 2.0 * canvas.gap;
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
        let mut x = self.canvas.gap;
        let (dot, gap) = (self.canvas.keep, self.canvas.gap);
        for (number, name) in self.legend().into_iter().enumerate() {
            let width = self.canvas.measure(&name) + 4.0 * gap;
            if x + width > self.canvas.width {
                break;
            }
            let place = (x + dot, base - if self.canvas.is_text { 1.0 } else { 4.0 });
            if self.plot.is_overlay() {
                let ends = vec![
                    (x, place.1),
                    (
                        x + 2.0 * gap - if self.canvas.is_text { 2.0 } else { 5.0 },
                        place.1,
                    ),
                ];
                scene.line(Class::GroupLine(number), ends);
            } else {
                scene.shapes.push(Shape::Mark {
                    class: Class::GroupKeep(number),
                    form: Form::of_group(number),
                    size: dot,
                    place,
                    hint: String::new(),
                });
            }
            scene.text(Class::Text, Anchor::Start, (x + 2.0 * gap, base), name);
            x += width;
        }
    }

    fn legend(&self) -> Vec<String> {
        if self.plot.is_overlay() {
            let searches = self.plot.searches.iter();
            return searches
                .map(|(name, search)| legend_text(name, search))
                .collect();
        }
        self.groups.names.clone()
    }

    /// Writes the name of the baseline, over the trials.
    pub(super) fn name_baseline(&self, scene: &mut Scene) {
        let Some(line) = self.baseline() else {
            return;
        };
        let (right, y) = line[1];
        let base = match self.canvas.is_text {
            true => y - 1.0,
            false if y - self.area.top < self.canvas.line => y + 14.0, // below the marks at the edge
            false => y - 5.0,
        };
        scene.text(Class::Text, Anchor::End, (right, base), "baseline");
    }

    /// The line of the first baseline, if it is in the picture.
    pub(super) fn baseline(&self) -> Option<Vec<Position>> {
        let searches = self.plot.searches.iter();
        let mut baselines = searches.filter_map(|(_, search)| search.tally.baseline.as_ref());
        let (score, _) = baselines.next()?;
        let y = self.y.at(*score);
        let ends = vec![(self.area.left, y), (self.area.right, y)];
        self.y.contains(*score).then_some(ends)
    }
}

pub(super) fn score_ticks(canvas: Canvas, height: f64, low: f64, high: f64) -> Vec<(f64, String)> {
    number_ticks(low, high, height / canvas.line / 2.5)
}
