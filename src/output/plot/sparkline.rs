//! The best so far in one line, for a place that is too narrow for a picture.

use super::model::Plot;
use super::range::extent;
use super::terminal::{to_ascii, to_index};
use crate::analysis::Progress;
use crate::log::Direction;
use crate::text::fit;

pub(in crate::output) const BLOCKS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
const ASCII: [char; 5] = ['_', '.', '-', '=', '^'];

/// The title, then a line for each search: its best so far, from the worst at the bottom to the best at the top.
pub(super) fn paint(plot: &Plot, columns: usize, is_ascii: bool) -> String {
    let title = plot.title();
    let mut out = if is_ascii {
        to_ascii(&title).chars().take(columns).collect()
    } else {
        fit(&title, columns).into_owned()
    };
    let heights = if is_ascii { &ASCII[..] } else { &BLOCKS };
    for (_, search) in &plot.searches {
        out.push('\n');
        out += &paint_search(search, plot.direction, columns, heights);
    }
    out + "\n"
}

fn paint_search(
    search: &Progress,
    direction: Direction,
    columns: usize,
    heights: &[char],
) -> String {
    if search.bests.is_empty() {
        return "no best".chars().take(columns).collect();
    }
    let bests = search.bests.iter();
    let scores: Vec<f64> = bests
        .filter_map(|&best| search.points[best].score)
        .collect();
    let (low, high) = extent(&scores);
    let (worst, best) = if direction.better(0.0, 1.0) {
        (high, low)
    } else {
        (low, high)
    };
    let trials = search.points.len();
    let columns = trials.min(columns);
    let mut line = String::new();
    for column in 1..=columns {
        let done = column * trials / columns;
        let symbol = match search.bests.partition_point(|&best| best < done) {
            0 => ' ',
            _ if low >= high => heights[heights.len() - 1],
            reached => choose_height(scores[reached - 1], worst, best, heights),
        };
        line.push(symbol);
    }
    line
}

/// The lowest of some heights for the worst value, the highest for the best.
pub(in crate::output) fn choose_height(
    value: f64,
    worst: f64,
    best: f64,
    heights: &[char],
) -> char {
    let part = (value - worst) / (best - worst);
    let top = (heights.len() - 1) as f64;
    heights[to_index((part * top).round())]
}
