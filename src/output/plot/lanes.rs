//! The failures below the axis: one lane of ticks for each status, or one lane for all in a terminal.

use std::collections::BTreeMap;

use super::Plot;
use super::canvas::Canvas;
use super::layout::Layout;
use super::scene::{Anchor, Class, Position, Scene, Shape};
use crate::log::Status;

/// The height of a tick in pixels.
const TICK: f64 = 10.0;

/// The failures with one status.
pub(super) struct Lane {
    status: Status,
    /// The status and the number of its trials.
    pub(super) name: String,
    /// Where its trials are on the horizontal axis.
    values: Vec<f64>,
}

pub(super) fn find_lanes(plot: &Plot) -> Vec<Lane> {
    let mut lanes: BTreeMap<Status, Vec<f64>> = BTreeMap::new();
    if plot.is_overlay() {
        return Vec::new();
    }
    for point in plot.searches.iter().flat_map(|(_, search)| &search.points) {
        let is_shown = point.status.is_failure() || point.status == Status::Other;
        if is_shown && let Some(value) = plot.x_value(point) {
            lanes.entry(point.status).or_default().push(value);
        }
    }
    let lanes = lanes.into_iter().map(|(status, values)| Lane {
        status,
        name: format!("{} {}", status.name(), values.len()),
        values,
    });
    lanes.collect()
}

/// The height of the lanes with their names.
pub(super) fn lanes_height(canvas: Canvas, lanes: &[Lane]) -> f64 {
    match lanes.len() {
        0 => 0.0,
        _ if canvas.is_text => 2.0 * canvas.line,
        #[allow(clippy::cast_precision_loss, reason = "at most ten lanes")]
        lanes => lane_height(canvas) * lanes as f64,
    }
}

/// In a narrow picture, the name of a lane is above its ticks.
fn lane_height(canvas: Canvas) -> f64 {
    if canvas.is_text {
        canvas.line
    } else if canvas.is_wide() {
        15.0
    } else {
        27.0
    }
}

pub(super) fn draw_lanes(layout: &Layout, scene: &mut Scene) {
    let canvas = layout.canvas;
    let margin = if canvas.is_text { 0.0 } else { canvas.gap };
    let mut bottom = layout.area.bottom + canvas.line + margin + lane_height(canvas);
    let mut name_start = canvas.gap;
    for lane in &layout.lanes {
        draw_ticks(layout, lane, bottom, scene);
        if canvas.is_text {
            let end = name_start + canvas.measure(&lane.name);
            if end <= canvas.width {
                let place = (name_start, bottom + 3.0);
                scene.text(
                    Class::Failure(lane.status),
                    Anchor::Start,
                    place,
                    &*lane.name,
                );
            }
            name_start = end + 2.0 * canvas.gap;
            continue;
        }
        let place = if canvas.is_wide() {
            (layout.area.right + canvas.gap, bottom - 1.0)
        } else {
            (layout.area.left, bottom - TICK - 3.0)
        };
        scene.text(Class::Text, Anchor::Start, place, &*lane.name);
        bottom += lane_height(canvas);
    }
}

fn draw_ticks(layout: &Layout, lane: &Lane, bottom: f64, scene: &mut Scene) {
    let height = if layout.canvas.is_text {
        layout.canvas.line
    } else {
        TICK
    };
    let mut places = Vec::new();
    for &value in &lane.values {
        places.push((layout.x.at(value), bottom - height));
    }
    places.dedup_by(|a: &mut Position, b| (a.0 - b.0).abs() < 0.5);
    scene.shapes.push(Shape::Ticks {
        class: Class::Failure(lane.status),
        height,
        places,
    });
}
