//! The trials below the axis: one lane for each class of failures, and one for trials without a score.

use std::collections::BTreeMap;

use super::canvas::Canvas;
use super::model::Plot;
use crate::log::Status;
use crate::output::visible_or_dash;

/// More words that are not a status share one lane.
const MAX_OTHER_LANES: usize = 3;

pub(super) struct Lane {
    pub(super) status: Status,
    /// What the trials have in common, and their number.
    pub(super) name: String,
    /// Where the trials are on the horizontal axis.
    pub(super) values: Vec<f64>,
}

pub(super) fn find_lanes(plot: &Plot) -> Vec<Lane> {
    let mut lanes: BTreeMap<(Status, String), Vec<f64>> = BTreeMap::new();
    if let [(_, search)] = &plot.searches[..] {
        let has_room = search.words.len() <= MAX_OTHER_LANES + 1; // and the empty word
        for point in &search.points {
            if point.drawn_score().is_none()
                && let Some(value) = plot.x_value(point)
            {
                let word = &search.words[point.word];
                let lane = choose_lane(point.status, word, has_room);
                lanes.entry(lane).or_default().push(value);
            }
        }
    }
    let lanes = lanes.into_iter().map(|((status, name), values)| Lane {
        status,
        name: format!("{name} {}", values.len()),
        values,
    });
    lanes.collect()
}

/// The colour and the name of a lane.
fn choose_lane(status: Status, word: &str, has_room: bool) -> (Status, String) {
    match status {
        status if status.is_failure() => (status, status.name().to_owned()),
        Status::Other if has_room => (status, visible_or_dash(word)),
        Status::Other => (status, "other".to_owned()),
        _ => (Status::Other, "no score".to_owned()),
    }
}

/// In a narrow picture, the name of a lane is above its ticks; in a terminal, all lanes are one line.
pub(super) fn lane_height(canvas: Canvas) -> f64 {
    canvas.pick(canvas.line, if canvas.is_wide() { 15.0 } else { 27.0 })
}

/// The height of the lanes with their names.
pub(super) fn lanes_height(canvas: Canvas, lanes: &[Lane]) -> f64 {
    let number = lanes.len() as f64;
    match name_places(canvas, lanes).last() {
        Some((_, row)) => canvas.pick((2.0 + row) * canvas.line, lane_height(canvas) * number),
        None => 0.0,
    }
}

/// Where each name begins in a terminal, and in which line.
pub(super) fn name_places(canvas: Canvas, lanes: &[Lane]) -> Vec<(f64, f64)> {
    let (mut start, mut row, mut places) = (canvas.gap, 0.0, Vec::new());
    for lane in lanes {
        let width = canvas.measure(&lane.name);
        if start + width > canvas.width && start > canvas.gap {
            (start, row) = (canvas.gap, row + 1.0);
        }
        places.push((start, row));
        start += width + 2.0 * canvas.gap;
    }
    places
}
