//! What a scene is laid out on: its size, and how much room text and marks take.

use unicode_width::UnicodeWidthStr;

use super::font::text_width;
use super::scene::Position;
use super::style::TEXT_SIZE;

/// The room that a painter offers. A picture is measured in pixels, a terminal in dots: two by four in a character.
#[derive(Clone, Copy, Debug)]
pub(super) struct Canvas {
    pub(super) width: f64,
    pub(super) height: f64,
    /// The height of a line of text.
    pub(super) line: f64,
    /// The least distance between things.
    pub(super) gap: f64,
    /// The radius of a discard and of a keep.
    pub(super) dot: f64,
    pub(super) keep: f64,
    pub(super) max_labels: usize,
    pub(super) is_text: bool,
}

/// A rectangle.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Area {
    pub(super) left: f64,
    pub(super) top: f64,
    pub(super) right: f64,
    pub(super) bottom: f64,
}

impl Area {
    pub(super) fn new(left: f64, top: f64, width: f64, height: f64) -> Self {
        Self {
            left,
            top,
            right: left + width,
            bottom: top + height,
        }
    }

    pub(super) fn overlaps(&self, other: &Self) -> bool {
        self.left < other.right
            && other.left < self.right
            && self.top < other.bottom
            && other.top < self.bottom
    }

    pub(super) fn contains(&self, other: &Self) -> bool {
        self.left <= other.left
            && other.right <= self.right
            && self.top <= other.top
            && other.bottom <= self.bottom
    }
}

impl Canvas {
    pub(super) fn picture(width: f64, height: f64) -> Self {
        let is_small = width < 700.0;
        Self {
            width,
            height,
            line: 18.0,
            gap: 8.0,
            dot: if is_small { 2.0 } else { 2.5 },
            keep: if is_small { 4.0 } else { 5.0 },
            max_labels: if is_small { 6 } else { 40 },
            is_text: false,
        }
    }

    pub(super) fn terminal(columns: usize, rows: usize) -> Self {
        let (columns, rows) = (columns as f64, rows as f64);
        Self {
            width: 2.0 * columns,
            height: 4.0 * rows,
            line: 4.0,
            gap: 2.0,
            dot: 0.5,
            keep: 1.0,
            max_labels: 6,
            is_text: true,
        }
    }

    /// One of two distances: in a terminal, or in a picture.
    pub(super) fn pick(&self, in_text: f64, in_picture: f64) -> f64 {
        if self.is_text { in_text } else { in_picture }
    }

    /// The width of a text.
    pub(super) fn measure(&self, text: &str) -> f64 {
        let columns = text.width() as f64;
        self.pick(2.0 * columns, text_width(text, TEXT_SIZE))
    }

    /// The text, cut to a width.
    pub(super) fn fit(&self, text: &str, width: f64) -> String {
        if self.measure(text) <= width {
            return text.to_owned();
        }
        let mut cut: String = text.chars().take(1000).collect();
        while !cut.is_empty() && self.measure(&cut) + self.measure("…") > width {
            cut.pop();
        }
        cut.truncate(cut.trim_end().len());
        cut + "…"
    }

    /// What a line between two places of this thickness covers: whole characters in a terminal.
    pub(super) fn cover(&self, a: Position, b: Position, size: f64) -> Area {
        let (left, right) = (a.0.min(b.0), a.0.max(b.0));
        let (top, bottom) = (a.1.min(b.1), a.1.max(b.1));
        if self.is_text {
            return Area {
                left: (left / 2.0).floor() * 2.0,
                top: (top / 4.0).floor() * 4.0,
                right: (right / 2.0).floor() * 2.0 + 2.0,
                bottom: (bottom / 4.0).floor() * 4.0 + 4.0,
            };
        }
        Area {
            left: left - size,
            top: top - size,
            right: right + size,
            bottom: bottom + size,
        }
    }

    /// Whether there is room for names beside the lanes of the failures.
    pub(super) fn is_wide(&self) -> bool {
        !self.is_text && self.width >= 700.0
    }
}
