//! A picture as shapes, before it is decided how it is painted.

use crate::log::Status;

pub(super) type Position = (f64, f64);

/// What a shape shows; it decides the colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Class {
    Background,
    Grid,
    Title,
    Text,
    Label,
    Leader,
    Baseline,
    Discard,
    Keep,
    DenseKeep,
    BestLine,
    Clipped,
    Failure(Status),
    /// The trials of one specialist, or the best-so-far line of one log.
    Group(usize),
    GroupKeep(usize),
    GroupLine(usize),
}

/// The form of a mark. Groups differ by form as well as by colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    Circle,
    Square,
    Triangle,
    Diamond,
    Down,
}

impl Form {
    pub(super) fn of_group(group: Option<usize>) -> Self {
        let forms = [Self::Circle, Self::Square, Self::Triangle, Self::Diamond];
        group.map_or(Self::Circle, |group| forms[group % 4])
    }

    /// The corners of a mark at a place; none of a circle.
    pub(super) fn corners(self, (x, y): Position, size: f64) -> Vec<Position> {
        let s = size;
        let corners: &[Position] = match self {
            Self::Circle => &[],
            Self::Square => &[(-s, -s), (s, -s), (s, s), (-s, s)],
            Self::Triangle => &[(0.0, -s), (s, s), (-s, s)],
            Self::Diamond => &[(0.0, -s), (s, 0.0), (0.0, s), (-s, 0.0)],
            Self::Down => &[(0.0, s), (s, -s), (-s, -s)],
        };
        corners.iter().map(|(dx, dy)| (x + dx, y + dy)).collect()
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

/// What a shape is made of.
#[derive(Debug)]
pub(super) enum Outline {
    /// Marks of a form and a size.
    Marks(Form, f64, Vec<Position>),
    Line(Vec<Position>),
    /// Vertical strokes of a height, from each place down.
    Ticks(f64, Vec<Position>),
    /// A line of text; the place is on its base line.
    Text(Anchor, Position, String),
}

#[derive(Debug)]
pub(super) struct Shape {
    pub(super) class: Class,
    pub(super) outline: Outline,
    /// A text that is shown when the pointer is over the shape; empty if there is none.
    pub(super) hint: String,
}

/// A picture.
#[derive(Debug, Default)]
pub(super) struct Scene {
    pub(super) width: f64,
    pub(super) height: f64,
    pub(super) title: String,
    pub(super) description: String,
    pub(super) shapes: Vec<Shape>,
}

impl Scene {
    pub(super) fn add(&mut self, class: Class, outline: Outline, hint: &str) {
        let hint = hint.to_owned();
        self.shapes.push(Shape {
            class,
            outline,
            hint,
        });
    }

    pub(super) fn text(&mut self, class: Class, anchor: Anchor, place: Position, text: &str) {
        let outline = Outline::Text(anchor, place, text.to_owned());
        self.add(class, outline, "");
    }

    pub(super) fn line(&mut self, class: Class, places: Vec<Position>) {
        self.add(class, Outline::Line(places), "");
    }

    pub(super) fn marks(&mut self, class: Class, form: Form, size: f64, places: Vec<Position>) {
        self.add(class, Outline::Marks(form, size, places), "");
    }
}
