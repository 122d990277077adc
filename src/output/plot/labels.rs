//! Labels beside the keeps: each is placed where it covers nothing, or dropped.

use super::canvas::{Area, Canvas};
use super::scene::{Anchor, Class, Position, Scene};

/// How many lines a label in a picture may be away from its keep.
const MAX_DISTANCE: u32 = 5;

/// Longer lines and more keeps than this are not avoided, as this would take long.
const MAX_OBSTACLES: usize = 20_000;

/// Places labels in the order in which they come.
pub(super) struct LabelPlacer {
    pub(super) canvas: Canvas,
    pub(super) area: Area,
    /// What labels must not cover.
    pub(super) taken: Vec<Area>,
    /// Whether the empty side of the best-so-far line is below it.
    pub(super) prefers_below: bool,
}

impl LabelPlacer {
    /// Keeps labels away from marks.
    pub(super) fn avoid_marks(&mut self, marks: impl ExactSizeIterator<Item = Position>) {
        if marks.len() <= MAX_OBSTACLES {
            let (canvas, size) = (self.canvas, self.canvas.keep);
            self.taken
                .extend(marks.map(|place| canvas.cover(place, place, size)));
        }
    }

    /// Keeps labels away from a line.
    pub(super) fn avoid_line(&mut self, line: &[Position]) {
        if line.len() <= MAX_OBSTACLES {
            let (canvas, steps) = (self.canvas, line.windows(2));
            self.taken
                .extend(steps.map(|ends| canvas.cover(ends[0], ends[1], 0.0)));
        }
    }

    /// Writes a name at the right end of a line, above or below it.
    pub(super) fn name_line(&mut self, name: &str, (right, y): Position, scene: &mut Scene) {
        let (line, width) = (self.canvas.line, self.canvas.measure(name));
        let row = (y / line).floor() * line;
        let tops = if self.canvas.is_text {
            vec![row, row - line, row + line]
        } else {
            vec![y - line, y]
        };
        for top in tops {
            if self.try_area(Area::new(right - width, top, width, line)) {
                let place = (right - width, top + line * 0.72);
                scene.text(Class::Text, Anchor::Start, place, name);
                return;
            }
        }
    }

    /// Writes a label near its keep, if there is room.
    pub(super) fn place(&mut self, keep: Position, text: &str, scene: &mut Scene) {
        let (canvas, width) = (self.canvas, self.canvas.measure(text));
        let (x, beside) = (keep.0, canvas.pick(4.0, canvas.keep));
        for (top, is_near) in self.tops(keep.1) {
            for left in [x - width - beside, x + beside, x - width / 2.0] {
                let left = canvas.pick((left / 2.0).round() * 2.0, left);
                let area = Area::new(left, top, width, canvas.line);
                if self.try_area(area) {
                    if !is_near {
                        draw_leader(keep, area, scene);
                    }
                    let base = area.bottom - canvas.line * 0.28;
                    scene.text(Class::Label, Anchor::Start, (left, base), text);
                    return;
                }
            }
        }
    }

    /// The upper ends that a label may have, and whether it is seen which keep it belongs to.
    fn tops(&self, y: f64) -> Vec<(f64, bool)> {
        let (line, keep) = (self.canvas.line, self.canvas.keep);
        let sides = [self.prefers_below, !self.prefers_below];
        let row = (y / line).floor() * line;
        let mut tops = Vec::new();
        if self.canvas.is_text {
            let near = |is_below| if is_below { row + line } else { row - line };
            tops.push((row, true));
            tops.extend(sides.map(|is_below| (near(is_below), true)));
            return tops;
        }
        for distance in 0..MAX_DISTANCE {
            let away = keep + f64::from(distance) * line;
            let top = |is_below| if is_below { y + away } else { y - away - line };
            tops.extend(sides.map(|is_below| (top(is_below), distance == 0)));
        }
        tops
    }

    /// Takes an area if nothing is in it.
    fn try_area(&mut self, area: Area) -> bool {
        let is_free = !self.taken.iter().any(|taken| taken.overlaps(&area));
        let is_taken = is_free && self.area.contains(&area);
        if is_taken {
            self.taken.push(area);
        }
        is_taken
    }
}

/// Draws a line from a keep to its label.
fn draw_leader((x, y): Position, area: Area, scene: &mut Scene) {
    let end = x.clamp(area.left, area.right);
    let near = if area.top > y {
        area.top + 3.0
    } else {
        area.bottom - 3.0
    };
    scene.line(Class::Leader, vec![(x, y), (end, near)]);
}

/// The order in which labels are placed: the best first, then in turn the newest and the largest gain.
pub(super) fn rank(gains: &[f64]) -> Vec<usize> {
    let mut by_gain: Vec<usize> = (0..gains.len()).collect();
    by_gain.sort_by(|&a, &b| gains[b].total_cmp(&gains[a]));
    let newest = (0..gains.len()).rev();
    let mut ranked = Vec::new();
    let mut is_ranked = vec![false; gains.len()];
    for (new, large) in newest.zip(by_gain) {
        for item in [new, large] {
            if !is_ranked[item] {
                is_ranked[item] = true;
                ranked.push(item);
            }
        }
    }
    ranked
}
