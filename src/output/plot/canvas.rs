//! What a scene is laid out on: its size, and how much room text and marks take.

use unicode_width::UnicodeWidthStr;

use super::font::text_width;

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
        #[allow(clippy::cast_precision_loss, reason = "columns and rows of a terminal")]
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

    /// The width of a text.
    pub(super) fn measure(&self, text: &str) -> f64 {
        if self.is_text {
            #[allow(clippy::cast_precision_loss, reason = "the width of a line")]
            let columns = text.width() as f64;
            2.0 * columns
        } else {
            text_width(text, super::style::TEXT_SIZE)
        }
    }

    /// Whether there is room for names beside the lanes of the failures.
    pub(super) fn is_wide(&self) -> bool {
        !self.is_text && self.width >= 700.0
    }
}
