//! Draws a plot as a scene: what is behind the trials, the trials, the texts around them, and the labels.

use super::labels::{LabelPlacer, rank};
use super::layout::Layout;
use super::points::Points;
use super::scene::{Class, Scene};
use crate::analysis::Progress;

impl Layout<'_> {
    pub(super) fn build_scene(&self) -> Scene {
        let plot = self.plot;
        let mut scene = Scene {
            width: self.canvas.width,
            height: self.canvas.height,
            title: plot.title(),
            description: plot.description(self.lanes.iter().map(|lane| &*lane.name)),
            shapes: Vec::new(),
        };
        self.draw_grid(&mut scene);
        let mut placer = LabelPlacer {
            canvas: self.canvas,
            area: self.area,
            taken: Vec::new(),
            prefers_below: plot.prefers_below(),
        };
        match &plot.searches[..] {
            [(_, search)] => self.draw_search(search, &mut placer, &mut scene),
            searches => {
                self.draw_texts("", "", &mut scene);
                for (number, (_, search)) in searches.iter().enumerate() {
                    let line = self.best_line(search);
                    placer.avoid_line(&line);
                    scene.line(Class::GroupLine(number), line);
                }
                self.name_baseline(&mut placer, &mut scene);
            }
        }
        self.draw_lanes(&mut scene);
        scene
    }

    fn draw_search(&self, search: &Progress, placer: &mut LabelPlacer, scene: &mut Scene) {
        let points = Points::new(self, search);
        points.draw(self, search, scene);
        self.draw_texts(&points.above.text('↑'), &points.below.text('↓'), scene);
        placer.avoid_line(&self.best_line(search));
        placer.avoid_marks(points.keeps.iter().map(|&(_, place)| place));
        for outside in [&points.above, &points.below] {
            placer.avoid_marks(outside.places.iter().copied());
        }
        self.name_baseline(placer, scene);
        let mut keeps = [points.keeps, points.clipped_keeps].concat();
        keeps.sort_by_key(|&(index, _)| index);
        let gains = keeps.iter().map(|&(index, _)| find_gain(search, index));
        let order = rank(&gains.collect::<Vec<_>>());
        for at in order.into_iter().take(self.canvas.max_labels) {
            let (index, place) = keeps[at];
            if let Some(label) = &search.points[index].label {
                placer.place(place, label, scene);
            }
        }
    }

    /// Writes the name of the baseline on its line, over the trials.
    fn name_baseline(&self, placer: &mut LabelPlacer, scene: &mut Scene) {
        let Some([left, right]) = self.baseline() else {
            return;
        };
        placer.name_line("baseline", right, scene);
        if !self.canvas.is_text {
            placer.avoid_line(&[left, right]);
        }
    }
}

/// By how much a point improved on the best before it.
fn find_gain(search: &Progress, point: usize) -> f64 {
    let score = |at: usize| search.points[search.bests[at]].score.unwrap_or(0.0);
    match search.bests.binary_search(&point) {
        Ok(at) if at > 0 => (score(at) - score(at - 1)).abs(),
        _ => 0.0,
    }
}
