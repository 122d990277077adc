//! The trials that have a score: dots, larger for keeps, and marks at the edge for those that are outside.

use std::collections::HashSet;

use super::layout::Layout;
use super::scene::{Class, Form, Outline, Position, Scene};
use crate::analysis::Progress;

/// More keeps than this are drawn small.
const MAX_LARGE_KEEPS: usize = 200;

/// The trials of a search by how they are drawn.
#[derive(Default)]
pub(super) struct Points {
    /// By group; without groups all are in one.
    discards: Vec<Vec<Position>>,
    /// Each keep as its index in the search and its place.
    pub(super) keeps: Vec<(usize, Position)>,
    /// The keeps that are outside: their indices and where they are marked.
    pub(super) clipped_keeps: Vec<(usize, Position)>,
    pub(super) above: Outside,
    pub(super) below: Outside,
}

/// The trials beyond an edge.
#[derive(Default)]
pub(super) struct Outside {
    trials: usize,
    pub(super) places: Vec<Position>,
}

impl Outside {
    fn add(&mut self, (x, _): Position, y: f64) {
        self.trials += 1;
        let is_new = self
            .places
            .last()
            .is_none_or(|last| (x - last.0).abs() >= 1.0);
        if is_new {
            self.places.push((x, y));
        }
    }

    /// How many there are, with an arrow; nothing if there are none.
    pub(super) fn text(&self, arrow: char) -> String {
        match self.trials {
            0 => String::new(),
            trials => format!("{arrow} {trials} outside"),
        }
    }
}

impl Points {
    /// Places every trial once: one that an equal mark covers is left out.
    pub(super) fn new(layout: &Layout, search: &Progress) -> Self {
        let (canvas, area) = (layout.canvas, layout.area);
        let grain = canvas.pick(1.0, 0.5);
        let (top, bottom) = (
            area.top + canvas.pick(0.0, canvas.dot + 1.0),
            area.bottom - canvas.pick(1.0, canvas.dot + 1.0),
        );
        let mut points = Self::default();
        let (mut keeps, mut discards) = (HashSet::new(), HashSet::new());
        for (index, point) in search.points.iter().enumerate() {
            let (Some(place), Some(score)) = (layout.place(point), point.drawn_score()) else {
                continue;
            };
            let group = layout.groups.of(point).unwrap_or(0);
            if !layout.y.contains(score) {
                let (outside, y) = if score > layout.y.to {
                    (&mut points.above, top)
                } else {
                    (&mut points.below, bottom)
                };
                outside.add(place, y);
                if point.label.is_some() {
                    points.clipped_keeps.push((index, (place.0, y)));
                }
            } else if point.status.can_be_best() {
                if keeps.insert(round(place, 1.0)) {
                    points.keeps.push((index, place));
                }
            } else if discards.insert((group, round(place, grain))) {
                let groups = points.discards.len().max(group + 1);
                points.discards.resize(groups, Vec::new());
                points.discards[group].push(place);
            }
        }
        points
    }

    /// Draws the discards, then the best-so-far line, then the marks at the edges and the keeps.
    pub(super) fn draw(&self, layout: &Layout, search: &Progress, scene: &mut Scene) {
        let canvas = layout.canvas;
        for (group, places) in self.discards.iter().enumerate() {
            let (class, form) = if layout.plot.by_specialist {
                (Class::Group(group), Form::of_group(Some(group)))
            } else {
                (Class::Discard, Form::Circle)
            };
            scene.marks(class, form, canvas.dot, places.clone());
        }
        scene.line(Class::BestLine, layout.best_line(search));
        let edges = [(&self.above, Form::Triangle), (&self.below, Form::Down)];
        for (outside, form) in edges {
            let places = outside.places.clone();
            scene.marks(Class::Clipped, form, canvas.dot + 0.5, places);
        }
        self.draw_keeps(layout, search, scene);
    }

    /// Draws the keeps: small ones without an edge if they are many, as the edges would cover everything.
    fn draw_keeps(&self, layout: &Layout, search: &Progress, scene: &mut Scene) {
        let is_dense = self.keeps.len() > MAX_LARGE_KEEPS;
        let shrink = layout.canvas.pick(0.0, 1.5) * f64::from(u8::from(is_dense));
        for &(index, place) in &self.keeps {
            let point = &search.points[index];
            let group = layout.groups.of(point);
            let class = match group {
                Some(group) if is_dense => Class::Group(group),
                Some(group) => Class::GroupKeep(group),
                None if is_dense => Class::DenseKeep,
                None => Class::Keep,
            };
            let size = layout.canvas.keep - shrink;
            let mark = Outline::Marks(Form::of_group(group), size, vec![place]);
            scene.add(class, mark, point.label.as_deref().unwrap_or("baseline"));
        }
    }
}

#[allow(clippy::cast_possible_truncation, reason = "a place in a picture")]
fn round((x, y): Position, grain: f64) -> (i64, i64) {
    ((x / grain).round() as i64, (y / grain).round() as i64)
}
