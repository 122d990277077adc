//! The search as a picture: trials against scores. One scene is laid out for three painters.

mod axis;
mod canvas;
mod font;
mod frame;
mod labels;
mod lanes;
mod layout;
#[cfg(feature = "png")]
mod png;
mod points;
mod scene;
mod sparkline;
mod style;
mod svg;
mod terminal;
mod words;

pub use self::axis::ScoreRange;
use self::canvas::Canvas;
use self::layout::build_scene;
pub use self::style::Theme;
use super::Look;
use crate::analysis::Progress;
use crate::log::Direction;

/// What the horizontal axis shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Axis {
    /// The number of the trial
    Trial,
    /// When it ran
    Time,
    /// Compute hours spent up to its end
    Hours,
}

/// What is drawn: one search with its trials, or the best so far of several.
#[derive(Debug)]
pub struct Plot {
    /// The searches with their names.
    pub searches: Vec<(String, Progress)>,
    pub metric: String,
    pub direction: Direction,
    pub x: Axis,
    pub scores: ScoreRange,
    pub by_specialist: bool,
}

/// How many rows a terminal gets.
const ROWS: usize = 20;

/// A narrower terminal gets one line.
const MIN_COLUMNS: usize = 40;

impl Plot {
    /// An SVG document of this size. It follows the reader's choice of light or dark.
    pub fn to_svg(&self, width: f64, height: f64) -> String {
        svg::paint(&build_scene(self, Canvas::picture(width, height)))
    }

    /// A PNG file of this size, with twice as many pixels.
    #[cfg(feature = "png")]
    pub fn to_png(&self, width: f64, height: f64, theme: Theme) -> anyhow::Result<Vec<u8>> {
        png::paint(&build_scene(self, Canvas::picture(width, height)), theme)
    }

    /// Lines of text.
    pub fn to_text(&self, columns: usize, is_ascii: bool, look: Look) -> String {
        if columns < MIN_COLUMNS {
            return sparkline::paint(self, columns, is_ascii);
        }
        let scene = build_scene(self, Canvas::terminal(columns, ROWS));
        terminal::paint(&scene, is_ascii, look)
    }
}
