//! A scene as an SVG document. Its colours are in classes and follow the reader's choice of light or dark.

use std::collections::BTreeSet;

use super::font::text_width;
use super::scene::{Anchor, Class, Form, Outline, Position, Scene, Shape};
use super::style::{Color, Style, Theme, style};
use crate::log::Status;

const FONT: &str = "Inter,'Helvetica Neue',Helvetica,Arial,sans-serif";

/// A document that brings its own rules.
pub(super) fn paint(scene: &Scene) -> String {
    paint_with(
        scene,
        &format!("<style>{}</style>\n", css(&classes_of(scene))),
    )
}

/// A picture for a page that has the rules already.
pub(super) fn paint_fragment(scene: &Scene) -> String {
    paint_with(scene, "")
}

/// The rules of all classes that a picture of one search can have, for a page with pictures.
pub fn plot_css() -> String {
    let mut classes = BTreeSet::from([
        Class::Grid,
        Class::Title,
        Class::Text,
        Class::Label,
        Class::Leader,
        Class::Baseline,
        Class::Discard,
        Class::Keep,
        Class::DenseKeep,
        Class::BestLine,
        Class::Clipped,
        Class::Background,
        Class::Failure(Status::Other),
    ]);
    let failures = Status::ALL.into_iter().filter(|status| status.is_failure());
    classes.extend(failures.map(Class::Failure));
    css(&classes)
}

fn paint_with(scene: &Scene, style: &str) -> String {
    let (width, height) = (scene.width, scene.height);
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"plot\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" \
         height=\"{height}\" role=\"img\">\n<title>{}</title>\n<desc>{}</desc>\n{style}\
         <rect class=\"background\" width=\"{width}\" height=\"{height}\"/>\n",
        escape(&scene.title),
        escape(&scene.description),
    );
    for shape in &scene.shapes {
        paint_shape(shape, &mut out);
    }
    out + "</svg>\n"
}

fn paint_shape(shape: &Shape, out: &mut String) {
    let path = |path: String| {
        let class = name(shape.class);
        match escape(&shape.hint).as_str() {
            "" => format!("<path class=\"{class}\" d=\"{path}\"/>\n"),
            hint => format!("<path class=\"{class}\" d=\"{path}\"><title>{hint}</title></path>\n"),
        }
    };
    *out += &match &shape.outline {
        Outline::Marks(form, size, places) => {
            let marks = places.iter().map(|&place| mark_path(*form, place, *size));
            path(marks.collect())
        }
        Outline::Line(places) => {
            let class = name(shape.class);
            let points = places.iter();
            let points = points.map(|&(x, y)| format!("{},{}", short(x), short(y)));
            let points = points.collect::<Vec<_>>().join(" ");
            format!("<polyline class=\"{class}\" points=\"{points}\"/>\n")
        }
        Outline::Ticks(height, places) => {
            let (height, ticks) = (short(*height), places.iter());
            let ticks = ticks.map(|&(x, y)| format!("M{} {}v{height}", short(x), short(y)));
            path(ticks.collect())
        }
        Outline::Text(anchor, place, text) => text_line(shape.class, *anchor, *place, text),
    };
}

fn text_line(class: Class, anchor: Anchor, (x, y): Position, text: &str) -> String {
    let anchor = match anchor {
        Anchor::Start => "",
        Anchor::Middle => " text-anchor=\"middle\"",
        Anchor::End => " text-anchor=\"end\"",
    };
    // The places were chosen for the bundled font; the reader's may be wider.
    let size = style(class, Theme::Light).font_size;
    let width = match text_width(text, size) {
        width if width > 0.0 => format!(" textLength=\"{}\"", short(width)),
        _ => String::new(),
    };
    let (class, x, y, text) = (name(class), short(x), short(y), escape(text));
    format!(
        "<text class=\"{class}\" x=\"{x}\" y=\"{y}\"{anchor}{width} lengthAdjust=\"spacingAndGlyphs\">{text}</text>\n"
    )
}

/// A mark as a part of a path.
fn mark_path(form: Form, place: Position, size: f64) -> String {
    let corners = form.corners(place, size);
    let corners = corners
        .iter()
        .map(|&(x, y)| format!("{} {}", short(x), short(y)));
    let corners = corners.collect::<Vec<_>>().join("L");
    if !corners.is_empty() {
        return format!("M{corners}z");
    }
    let (x, y) = (short(place.0), short(place.1 - size));
    let (r, d) = (short(size), short(2.0 * size));
    format!("M{x} {y}a{r} {r} 0 1 1 0 {d}a{r} {r} 0 1 1 0 -{d}")
}

fn classes_of(scene: &Scene) -> BTreeSet<Class> {
    let classes = scene.shapes.iter().map(|shape| shape.class);
    classes.chain([Class::Background]).collect()
}

/// The rules of classes, for light and for dark.
fn css(classes: &BTreeSet<Class>) -> String {
    let background = style(Class::Background, Theme::Light);
    let mut css = format!(".plot{{font-family:{FONT}}}.plot text{{stroke:none}}");
    for &class in classes {
        css += &rule(class, style(class, Theme::Light), false);
    }
    css += &halo(background);
    css += "@media (prefers-color-scheme:dark){";
    for &class in classes {
        css += &rule(class, style(class, Theme::Dark), true);
    }
    css + &halo(style(Class::Background, Theme::Dark)) + "}"
}

/// Labels stay readable over dots.
fn halo(background: Style) -> String {
    let color = background.fill.map(hex).unwrap_or_default();
    format!(
        ".plot .label{{paint-order:stroke;stroke:{color};stroke-width:3px;stroke-linejoin:round}}"
    )
}

fn rule(class: Class, style: Style, only_colors: bool) -> String {
    let color = |color: Option<Color>| color.map_or("none".to_owned(), hex);
    let mut rule = format!(
        ".plot .{}{{fill:{};stroke:{}",
        name(class),
        color(style.fill),
        color(style.stroke)
    );
    if !only_colors {
        if style.stroke_width > 0.0 {
            rule += &format!(";stroke-width:{}", style.stroke_width);
        }
        if style.is_dashed {
            rule += ";stroke-dasharray:6 4";
        }
        if style.font_size > 0.0 {
            rule += &format!(";font-size:{}px", style.font_size);
        }
        if style.is_bold {
            rule += ";font-weight:600";
        }
    }
    rule + "}"
}

fn name(class: Class) -> String {
    match class {
        Class::Background => "background".to_owned(),
        Class::Grid => "grid".to_owned(),
        Class::Title => "title".to_owned(),
        Class::Text => "text".to_owned(),
        Class::Label => "label".to_owned(),
        Class::Leader => "leader".to_owned(),
        Class::Baseline => "baseline".to_owned(),
        Class::Discard => "discard".to_owned(),
        Class::Keep => "keep".to_owned(),
        Class::DenseKeep => "dense".to_owned(),
        Class::BestLine => "best".to_owned(),
        Class::Clipped => "clipped".to_owned(),
        Class::Failure(status) => status.name().to_owned(),
        Class::Group(group) => format!("group-{group}"),
        Class::GroupKeep(group) => format!("keep-{group}"),
        Class::GroupLine(group) => format!("line-{group}"),
    }
}

fn hex(color: Color) -> String {
    format!("#{color:06x}")
}

/// A coordinate with at most one decimal.
fn short(value: f64) -> String {
    let text = format!("{value:.1}");
    let text = text.strip_suffix(".0").unwrap_or(&text);
    if text == "-0" {
        "0".to_owned()
    } else {
        text.to_owned()
    }
}

/// A text as the content of an element. Characters that XML does not allow were made visible before.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out += "&amp;",
            '<' => out += "&lt;",
            '>' => out += "&gt;",
            '"' => out += "&quot;",
            '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}
