//! The search as a picture: trials against scores. One scene is laid out for three painters.

mod axis;
mod canvas;
mod draw;
mod font;
mod frame;
mod groups;
mod labels;
mod lanes;
mod layout;
mod model;
#[cfg(feature = "png")]
mod png;
mod points;
mod range;
mod scene;
pub(super) mod sparkline;
mod style;
mod svg;
mod terminal;

use serde_json::{Value, json};

use self::axis::Scale;
use self::canvas::Canvas;
use self::layout::Layout;
pub use self::model::{Axis, Plot};
pub use self::range::ScoreRange;
pub use self::style::Theme;
pub use self::svg::plot_css;
use super::Look;

/// A picture in a page, whose script knows where values are.
pub struct Fragment {
    pub svg: String,
    /// For each axis: the values at its ends, then where the ends are.
    pub scales: Value,
}

/// How many rows a terminal gets.
const ROWS: usize = 20;

/// A narrower terminal gets one line.
const MIN_COLUMNS: usize = 40;

impl Plot {
    /// An SVG document of this size. It follows the reader's choice of light or dark.
    pub fn to_svg(&self, width: f64, height: f64) -> String {
        svg::paint(&Layout::new(self, Canvas::picture(width, height)).build_scene())
    }

    /// An SVG of this size without its rules, for a page that has those of `plot_css`.
    pub fn to_fragment(&self, width: f64, height: f64) -> Fragment {
        let layout = Layout::new(self, Canvas::picture(width, height));
        let list = |scale: &Scale| [scale.from, scale.to, scale.start, scale.end];
        Fragment {
            svg: svg::paint_fragment(&layout.build_scene()),
            scales: json!({"x": list(&layout.x), "y": list(&layout.y)}),
        }
    }

    /// A PNG file of this size, with twice as many pixels.
    #[cfg(feature = "png")]
    pub fn to_png(&self, width: f64, height: f64, theme: Theme) -> anyhow::Result<Vec<u8>> {
        png::paint(
            &Layout::new(self, Canvas::picture(width, height)).build_scene(),
            theme,
        )
    }

    /// Lines of text.
    pub fn to_text(&self, columns: usize, is_ascii: bool, look: Look) -> String {
        if columns < MIN_COLUMNS {
            return sparkline::paint(self, columns, is_ascii);
        }
        let scene = Layout::new(self, Canvas::terminal(columns, ROWS)).build_scene();
        terminal::paint(&scene, is_ascii, look)
    }
}
