//! Labels beside the keeps: each is placed where it covers nothing, or dropped.

use super::canvas::Canvas;
use super::scene::{Anchor, Class, Position, Scene};

/// How many lines a label may be away from its keep.
const MAX_DISTANCE: u32 = 5;

/// Longer lines and more keeps than this are not avoided, as this would take long.
const MAX_OBSTACLES: usize = 20_000;

/// A rectangle.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Area {
    pub(super) left: f64,
    pub(super) top: f64,
    pub(super) right: f64,
    pub(super) bottom: f64,
}

impl Area {
    pub(super) fn around((x, y): Position, size: f64) -> Self {
        Self {
            left: x - size,
            top: y - size,
            right: x + size,
            bottom: y + size,
        }
    }

    /// The smallest area that holds two corners.
    fn between(a: Position, b: Position) -> Self {
        Self {
            left: a.0.min(b.0),
            top: a.1.min(b.1),
            right: a.0.max(b.0),
            bottom: a.1.max(b.1),
        }
    }

    fn overlaps(&self, other: &Self) -> bool {
        self.left < other.right
            && other.left < self.right
            && self.top < other.bottom
            && other.top < self.bottom
    }

    fn contains(&self, other: &Self) -> bool {
        self.left <= other.left
            && other.right <= self.right
            && self.top <= other.top
            && other.bottom <= self.bottom
    }
}

/// A keep with its label.
#[derive(Debug)]
pub(super) struct Candidate<'a> {
    pub(super) place: Position,
    pub(super) text: &'a str,
}

/// Places labels in the order of the candidates.
pub(super) struct LabelPlacer {
    canvas: Canvas,
    area: Area,
    /// What labels must not cover.
    taken: Vec<Area>,
    /// Whether the empty side of the best-so-far line is below it.
    prefers_below: bool,
}

impl LabelPlacer {
    pub(super) fn new(canvas: Canvas, area: Area, prefers_below: bool) -> Self {
        Self {
            canvas,
            area,
            taken: Vec::new(),
            prefers_below,
        }
    }

    /// Keeps labels away from marks and from a line.
    pub(super) fn avoid(&mut self, marks: &[Position], line: &[Position]) {
        if marks.len() + line.len() > MAX_OBSTACLES {
            return;
        }
        let size = self.canvas.keep;
        self.taken
            .extend(marks.iter().map(|&place| Area::around(place, size)));
        self.taken
            .extend(line.windows(2).map(|ends| Area::between(ends[0], ends[1])));
    }

    pub(super) fn place(&mut self, candidates: &[Candidate], scene: &mut Scene) {
        for candidate in candidates.iter().take(self.canvas.max_labels) {
            self.place_one(candidate, scene);
        }
    }

    fn place_one(&mut self, candidate: &Candidate, scene: &mut Scene) {
        for distance in 0..MAX_DISTANCE {
            for is_below in [self.prefers_below, !self.prefers_below] {
                for anchor in [Anchor::End, Anchor::Start, Anchor::Middle] {
                    let area = self.label_area(candidate, f64::from(distance), is_below, anchor);
                    let is_free = !self.taken.iter().any(|taken| taken.overlaps(&area));
                    if is_free && self.area.contains(&area) {
                        self.draw(candidate, area, distance > 0, scene);
                        return;
                    }
                }
            }
        }
    }

    fn label_area(
        &self,
        candidate: &Candidate,
        distance: f64,
        is_below: bool,
        anchor: Anchor,
    ) -> Area {
        let (x, y) = candidate.place;
        let (line, width) = (self.canvas.line, self.canvas.measure(candidate.text));
        let (near, beside) = if self.canvas.is_text {
            (0.0, 4.0)
        } else {
            (self.canvas.keep, self.canvas.keep)
        };
        let left = match anchor {
            Anchor::End => x - width - beside,
            Anchor::Start => x + beside,
            Anchor::Middle => x - width / 2.0,
        };
        let top = if is_below {
            y + near + distance * line
        } else {
            y - near - (distance + 1.0) * line
        };
        // In a terminal, whole rows and columns.
        let snap = |value: f64, step: f64| {
            if self.canvas.is_text {
                (value / step).round() * step
            } else {
                value
            }
        };
        let (left, top) = (snap(left, 2.0), snap(top, 4.0));
        Area {
            left,
            top,
            right: left + width,
            bottom: top + line,
        }
    }

    fn draw(&mut self, candidate: &Candidate, area: Area, has_leader: bool, scene: &mut Scene) {
        let (x, y) = candidate.place;
        if has_leader && !self.canvas.is_text {
            let end = x.clamp(area.left, area.right);
            let near = if area.top > y {
                area.top + 3.0
            } else {
                area.bottom - 3.0
            };
            scene.line(Class::Leader, vec![(x, y), (end, near)]);
        }
        let base = area.bottom - self.canvas.line * 0.28;
        scene.text(
            Class::Label,
            Anchor::Start,
            (area.left, base),
            candidate.text,
        );
        self.taken.push(area);
    }
}

/// The order in which labels are placed: the best first, then in turn the newest and the largest gain.
pub(super) fn rank<T>(items: &[T], gain: impl Fn(&T) -> f64) -> Vec<usize> {
    let mut by_gain: Vec<usize> = (0..items.len()).collect();
    by_gain.sort_by(|&a, &b| gain(&items[b]).total_cmp(&gain(&items[a])));
    let newest = (0..items.len()).rev();
    let mut ranked = Vec::new();
    let mut is_ranked = vec![false; items.len()];
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
