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
    pub(super) fn of_group(group: usize) -> Self {
        [Self::Circle, Self::Square, Self::Triangle, Self::Diamond][group % 4]
    }

    /// The corners around the origin; none of a circle.
    pub(super) fn corners(self, size: f64) -> Vec<Position> {
        let s = size;
        match self {
            Self::Circle => Vec::new(),
            Self::Square => vec![(-s, -s), (s, -s), (s, s), (-s, s)],
            Self::Triangle => vec![(0.0, -s), (s, s), (-s, s)],
            Self::Diamond => vec![(0.0, -s), (s, 0.0), (0.0, s), (-s, 0.0)],
            Self::Down => vec![(0.0, s), (s, -s), (-s, -s)],
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

#[derive(Debug)]
pub(super) enum Shape {
    /// Many marks without an edge.
    Marks {
        class: Class,
        form: Form,
        size: f64,
        places: Vec<Position>,
    },
    /// One mark, with a text that is shown when the pointer is over it.
    Mark {
        class: Class,
        form: Form,
        size: f64,
        place: Position,
        hint: String,
    },
    Line {
        class: Class,
        places: Vec<Position>,
    },
    /// Vertical strokes from each place down.
    Ticks {
        class: Class,
        height: f64,
        places: Vec<Position>,
    },
    /// A line of text; the place is on its base line.
    Text {
        class: Class,
        anchor: Anchor,
        place: Position,
        text: String,
    },
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
    pub(super) fn text(
        &mut self,
        class: Class,
        anchor: Anchor,
        place: Position,
        text: impl Into<String>,
    ) {
        let text = text.into();
        self.shapes.push(Shape::Text {
            class,
            anchor,
            place,
            text,
        });
    }

    pub(super) fn line(&mut self, class: Class, places: Vec<Position>) {
        self.shapes.push(Shape::Line { class, places });
    }
}
