//! The trials that have a score: dots, larger for keeps, and marks at the edge for those that are outside.

use std::collections::HashSet;

use super::Plot;
use super::layout::Layout;
use super::scene::{Anchor, Class, Form, Position, Scene, Shape};
use super::style::MAX_GROUPS;
use crate::analysis::{Point, Progress};
use crate::log::Status;
use crate::output::visible_or_dash;
use crate::text::count;

/// More keeps than this are drawn small.
const MAX_LARGE_KEEPS: usize = 200;

/// The specialists with a colour of their own: those with the most trials. All others share one.
pub(super) struct Groups {
    pub(super) names: Vec<String>,
    /// The place in `names` of each specialist.
    places: Vec<usize>,
}

impl Groups {
    pub(super) fn new(plot: &Plot) -> Self {
        let (mut names, mut places) = (Vec::new(), Vec::new());
        if let [(_, search)] = &plot.searches[..]
            && plot.by_specialist
        {
            let mut sizes = vec![0_usize; search.groups.len()];
            for point in &search.points {
                sizes[point.group] += 1;
            }
            let mut order: Vec<usize> = (0..sizes.len()).collect();
            order.sort_by_key(|&group| std::cmp::Reverse(sizes[group]));
            places = vec![0; sizes.len()];
            for (place, &group) in order.iter().enumerate() {
                places[group] = place.min(MAX_GROUPS);
                if place < MAX_GROUPS {
                    names.push(visible_or_dash(&search.groups[group]));
                }
            }
            if order.len() > MAX_GROUPS {
                names.push(count((order.len() - MAX_GROUPS) as u64, "other"));
            }
        }
        Self { names, places }
    }

    fn of(&self, point: &Point) -> Option<usize> {
        self.places.get(point.group).copied()
    }
}

/// The trials as they will be drawn.
#[derive(Default)]
struct Sorted {
    /// By group; without groups all are in one.
    discards: Vec<Vec<Position>>,
    keeps: Vec<(usize, Position)>,
    above: Vec<Position>,
    below: Vec<Position>,
    seen: HashSet<(usize, i64, i64)>,
}

impl Sorted {
    /// Adds a place unless an equal mark covers it already.
    fn add_discard(&mut self, group: usize, place: Position, grain: f64) {
        if self
            .seen
            .insert((group, round(place.0 / grain), round(place.1 / grain)))
        {
            self.discards
                .resize(self.discards.len().max(group + 1), Vec::new());
            self.discards[group].push(place);
        }
    }
}

#[allow(clippy::cast_possible_truncation, reason = "a place in a picture")]
fn round(value: f64) -> i64 {
    value.round() as i64
}

/// Draws the trials and the best-so-far line between discards and keeps. Returns the keeps with their places.
pub(super) fn draw_points(
    layout: &Layout,
    search: &Progress,
    best_line: &[Position],
    scene: &mut Scene,
) -> Vec<(usize, Position)> {
    let sorted = sort_points(layout, search);
    scene.line(Class::BestLine, best_line.to_vec());
    for (group, places) in sorted.discards.into_iter().enumerate() {
        let has_groups = layout.plot.by_specialist;
        scene.shapes.push(Shape::Marks {
            class: if has_groups {
                Class::Group(group)
            } else {
                Class::Discard
            },
            form: if has_groups {
                Form::of_group(group)
            } else {
                Form::Circle
            },
            size: layout.canvas.dot,
            places,
        });
    }
    draw_clipped(layout, sorted.above, true, scene);
    draw_clipped(layout, sorted.below, false, scene);
    draw_keeps(layout, search, &sorted.keeps, scene);
    sorted.keeps
}

/// Draws the keeps: small ones without an edge if they are many, as the edges would cover everything.
fn draw_keeps(layout: &Layout, search: &Progress, keeps: &[(usize, Position)], scene: &mut Scene) {
    let is_dense = keeps.len() > MAX_LARGE_KEEPS;
    for &(index, place) in keeps {
        let point = &search.points[index];
        let class = match layout.groups.of(point) {
            Some(group) if is_dense => Class::Group(group),
            Some(group) => Class::GroupKeep(group),
            None if is_dense => Class::DenseKeep,
            None => Class::Keep,
        };
        let group = layout.groups.of(point);
        scene.shapes.push(Shape::Mark {
            class,
            form: group.map_or(Form::Circle, Form::of_group),
            size: layout.canvas.keep - if is_dense { 1.5 } else { 0.0 },
            place,
            hint: point.label.clone().unwrap_or_else(|| "baseline".to_owned()),
        });
    }
}

fn sort_points(layout: &Layout, search: &Progress) -> Sorted {
    let mut sorted = Sorted::default();
    let mut keeps = HashSet::new();
    for (index, point) in search.points.iter().enumerate() {
        let (Some(place), Some(score)) = (layout.place(point), point.score) else {
            continue;
        };
        let is_drawn = !point.status.is_failure() && point.status != Status::Other;
        if !is_drawn {
            continue;
        }
        if !layout.y.contains(score) {
            let is_above = score > layout.y.to;
            let outside = if is_above {
                &mut sorted.above
            } else {
                &mut sorted.below
            };
            outside.push(place);
        } else if point.status.can_be_best() {
            if keeps.insert((round(place.0), round(place.1))) {
                sorted.keeps.push((index, place));
            }
        } else {
            let group = layout.groups.of(point).unwrap_or(0);
            sorted.add_discard(group, place, if layout.canvas.is_text { 1.0 } else { 0.5 });
        }
    }
    sorted
}

/// Draws triangles at the edge, and how many trials they stand for.
fn draw_clipped(layout: &Layout, mut places: Vec<Position>, is_above: bool, scene: &mut Scene) {
    if places.is_empty() {
        return;
    }
    let (canvas, area) = (layout.canvas, layout.area);
    let (arrow, y, form) = if is_above {
        ("↑", area.top, Form::Triangle)
    } else {
        ("↓", area.bottom, Form::Down)
    };
    let inside = if is_above {
        canvas.dot + 1.0
    } else {
        -canvas.dot - 1.0
    };
    let text = format!("{arrow} {} outside", places.len());
    let base = match (canvas.is_text, is_above) {
        (true, true) => y - 1.0,
        (true, false) => y - 5.0,
        (false, true) => y - canvas.gap,
        (false, false) => y - canvas.gap - canvas.line / 2.0,
    };
    places.dedup_by(|a, b| (a.0 - b.0).abs() < 1.0);
    for place in &mut places {
        place.1 = if canvas.is_text {
            y - if is_above { 0.0 } else { 1.0 }
        } else {
            y + inside
        };
    }
    scene.shapes.push(Shape::Marks {
        class: Class::Clipped,
        form,
        size: canvas.dot + 0.5,
        places,
    });
    scene.text(Class::Text, Anchor::End, (area.right, base), text);
}
