//! A scene as a PNG file, with the bundled font.

use anyhow::{Context, Result};
use tiny_skia::{
    FillRule, LineCap, LineJoin, Paint, Path, PathBuilder, Pixmap, Stroke, StrokeDash, Transform,
};
use ttf_parser::OutlineBuilder;

use super::font::{face, glyph, text_width};
use super::scene::{Anchor, Class, Form, Outline, Position, Scene, Shape};
use super::style::{Color, Style, Theme, style};

/// Pixels for each pixel of the scene.
const SCALE: f32 = 2.0;

pub(super) fn paint(scene: &Scene, theme: Theme) -> Result<Vec<u8>> {
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the size of a picture"
    )]
    let size = |length: f64| (length * f64::from(SCALE)) as u32;
    let pixmap = Pixmap::new(size(scene.width), size(scene.height));
    let mut painter = Painter {
        pixmap: pixmap.context("the picture is too large")?,
        theme,
    };
    let background = style(Class::Background, theme).fill.unwrap_or_default();
    painter.pixmap.fill(to_color(background));
    for shape in &scene.shapes {
        painter.paint(shape);
    }
    painter
        .pixmap
        .encode_png()
        .context("cannot encode the picture")
}

struct Painter {
    pixmap: Pixmap,
    theme: Theme,
}

impl Painter {
    fn paint(&mut self, shape: &Shape) {
        let style = style(shape.class, self.theme);
        match &shape.outline {
            Outline::Marks(form, size, places) => {
                // One by one: tiny-skia is slow on one path with thousands of contours.
                for &place in places {
                    self.draw(mark_path(*form, place, *size), style);
                }
            }
            Outline::Line(places) => self.draw(polyline(places), style),
            Outline::Ticks(height, places) => self.draw(ticks_path(places, *height), style),
            Outline::Text(anchor, place, text) => {
                self.draw_text(shape.class, *anchor, *place, text);
            }
        }
    }

    /// Draws a path; `None` is one of fewer than two points.
    fn draw(&mut self, path: Option<Path>, style: Style) {
        let Some(path) = path else {
            return;
        };
        let transform = Transform::from_scale(SCALE, SCALE);
        if let Some(fill) = style.fill {
            self.pixmap
                .fill_path(&path, &to_paint(fill), FillRule::Winding, transform, None);
        }
        if let Some(color) = style.stroke {
            let stroke = Stroke {
                width: to_f32(style.stroke_width),
                line_cap: LineCap::Butt,
                line_join: LineJoin::Round,
                dash: if style.is_dashed {
                    StrokeDash::new(vec![6.0, 4.0], 0.0)
                } else {
                    None
                },
                ..Stroke::default()
            };
            self.pixmap
                .stroke_path(&path, &to_paint(color), &stroke, transform, None);
        }
    }

    fn draw_text(&mut self, class: Class, anchor: Anchor, (x, y): Position, text: &str) {
        let style = style(class, self.theme);
        let width = text_width(text, style.font_size);
        let x = match anchor {
            Anchor::Start => x,
            Anchor::Middle => x - width / 2.0,
            Anchor::End => x - width,
        };
        let path = text_path(text, (x, y), style.font_size);
        let fill = style.fill.or(style.stroke).unwrap_or_default();
        if class == Class::Label {
            let background = super::style::style(Class::Background, self.theme).fill;
            let halo = Style {
                stroke: background,
                stroke_width: 3.0,
                ..Style::default()
            };
            self.draw(path.clone(), halo);
        }
        let ink = Style {
            fill: Some(fill),
            // The font has no bold: a thin stroke makes it heavier.
            stroke: style.is_bold.then_some(fill),
            stroke_width: 0.5,
            ..Style::default()
        };
        self.draw(path, ink);
    }
}

fn polyline(places: &[Position]) -> Option<Path> {
    let mut path = PathBuilder::new();
    for (index, &(x, y)) in places.iter().enumerate() {
        if index == 0 {
            path.move_to(to_f32(x), to_f32(y));
        } else {
            path.line_to(to_f32(x), to_f32(y));
        }
    }
    path.finish()
}

fn ticks_path(places: &[Position], height: f64) -> Option<Path> {
    let mut path = PathBuilder::new();
    for &(x, y) in places {
        path.move_to(to_f32(x), to_f32(y));
        path.line_to(to_f32(x), to_f32(y + height));
    }
    path.finish()
}

fn mark_path(form: Form, (x, y): Position, size: f64) -> Option<Path> {
    let mut corners = form.corners((x, y), size);
    let Some(&first) = corners.first() else {
        return PathBuilder::from_circle(to_f32(x), to_f32(y), to_f32(size));
    };
    corners.push(first); // closed
    polyline(&corners)
}

/// The outlines of a text; a box for a character that the font does not have.
fn text_path(text: &str, (mut x, y): Position, size: f64) -> Option<Path> {
    let mut path = PathBuilder::new();
    let scale = to_f32(size) / f32::from(face().units_per_em());
    for c in text.chars() {
        let (found, width) = glyph(c, size);
        match found {
            Some(glyph) => {
                let mut pen = GlyphPen(PathBuilder::new());
                face().outline_glyph(glyph, &mut pen);
                let place = Transform::from_row(scale, 0.0, 0.0, -scale, to_f32(x), to_f32(y));
                let outline = pen.0.finish().and_then(|outline| outline.transform(place));
                if let Some(outline) = outline {
                    path.push_path(&outline);
                }
            }
            None if width > 0.0 => {
                let (inset, height) = (width * 0.15, size * 0.7);
                let left = to_f32(x + inset);
                let rect = tiny_skia::Rect::from_xywh(
                    left,
                    to_f32(y - height),
                    to_f32(width - 2.0 * inset),
                    to_f32(height),
                );
                if let Some(rect) = rect {
                    path.push_rect(rect);
                }
            }
            None => {}
        }
        x += width;
    }
    path.finish()
}

/// Makes the outline of a glyph a path, in the units of the font, in which y points up.
struct GlyphPen(PathBuilder);

impl OutlineBuilder for GlyphPen {
    fn move_to(&mut self, x: f32, y: f32) {
        self.0.move_to(x, y);
    }

    fn line_to(&mut self, x: f32, y: f32) {
        self.0.line_to(x, y);
    }

    fn quad_to(&mut self, x1: f32, y1: f32, x: f32, y: f32) {
        self.0.quad_to(x1, y1, x, y);
    }

    fn curve_to(&mut self, x1: f32, y1: f32, x2: f32, y2: f32, x: f32, y: f32) {
        self.0.cubic_to(x1, y1, x2, y2, x, y);
    }

    fn close(&mut self) {
        self.0.close();
    }
}

fn to_color(color: Color) -> tiny_skia::Color {
    let [_, red, green, blue] = color.to_be_bytes();
    tiny_skia::Color::from_rgba8(red, green, blue, 255)
}

fn to_paint(color: Color) -> Paint<'static> {
    let mut paint = Paint::default();
    paint.set_color(to_color(color));
    paint
}

#[allow(clippy::cast_possible_truncation, reason = "a place in a picture")]
fn to_f32(value: f64) -> f32 {
    value as f32
}
