//! The font of pictures: a subset of Inter, so that widths are known and a PNG needs nothing from the machine.

use std::sync::OnceLock;

use ttf_parser::{Face, GlyphId};
use unicode_width::UnicodeWidthChar;

const FONT: &[u8] = include_bytes!("font/Inter-subset.otf");

pub(super) fn face() -> &'static Face<'static> {
    static FACE: OnceLock<Face<'static>> = OnceLock::new();
    FACE.get_or_init(|| Face::parse(FONT, 0).expect("the bundled font is valid"))
}

/// The glyph of a character, and its width at a size. A character that the font does not have is as wide as an `n`, or
/// twice as wide if a terminal shows it so.
pub(super) fn glyph(c: char, size: f64) -> (Option<GlyphId>, f64) {
    let face = face();
    let scale = size / f64::from(face.units_per_em());
    let width = |glyph| f64::from(face.glyph_hor_advance(glyph).unwrap_or(0)) * scale;
    match face.glyph_index(c) {
        Some(glyph) => (Some(glyph), width(glyph)),
        None => match c.width() {
            None | Some(0) => (None, 0.0),
            Some(columns) => (None, if columns > 1 { size } else { size * 0.6 }),
        },
    }
}

pub(super) fn text_width(text: &str, size: f64) -> f64 {
    text.chars().map(|c| glyph(c, size).1).sum()
}
