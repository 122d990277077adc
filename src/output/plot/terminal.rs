//! A scene as lines of text: Braille dots, `●` for keeps, and letters over them.

use anstyle::{AnsiColor, Style};
use unicode_width::UnicodeWidthChar;

use super::scene::{Anchor, Class, Form, Outline, Position, Scene, Shape};
use crate::log::Status;
use crate::output::{BOLD, Look};

/// What is in one character of the terminal.
#[derive(Clone, Copy, Debug, Default)]
struct Cell {
    /// A letter or a mark; else the dots.
    letter: Option<char>,
    dots: u8,
    class: Option<Class>,
    /// Whether the letter before takes this column too.
    is_covered: bool,
}

struct Screen {
    cells: Vec<Vec<Cell>>,
    is_ascii: bool,
}

pub(super) fn paint(scene: &Scene, is_ascii: bool, look: Look) -> String {
    let (columns, rows) = (to_index(scene.width / 2.0), to_index(scene.height / 4.0));
    let mut screen = Screen {
        cells: vec![vec![Cell::default(); columns]; rows],
        is_ascii,
    };
    for shape in &scene.shapes {
        screen.paint(shape);
    }
    screen.to_lines(look)
}

impl Screen {
    fn paint(&mut self, shape: &Shape) {
        let class = shape.class;
        match &shape.outline {
            Outline::Marks(form, size, places) => {
                let is_dot = *size < 1.0; // smaller than a character
                for &place in places {
                    if is_dot {
                        self.dot(class, place);
                    } else {
                        self.mark(class, *form, place);
                    }
                }
            }
            Outline::Line(_) if matches!(class, Class::Grid | Class::Leader) => {}
            Outline::Line(places) => {
                for ends in places.windows(2) {
                    self.line(class, ends[0], ends[1]);
                }
            }
            Outline::Ticks(_, places) => {
                for &place in places {
                    self.letter(class, place, if self.is_ascii { '|' } else { '╵' });
                }
            }
            Outline::Text(anchor, place, text) => self.write(class, *anchor, *place, text),
        }
    }

    fn cell(&mut self, (x, y): Position) -> Option<&mut Cell> {
        let row = self.cells.get_mut(to_index(y / 4.0))?;
        row.get_mut(to_index(x / 2.0))
    }

    fn letter(&mut self, class: Class, place: Position, letter: char) {
        if let Some(cell) = self.cell(place) {
            cell.letter = Some(letter);
            cell.class = Some(class);
        }
    }

    fn mark(&mut self, class: Class, form: Form, place: Position) {
        let (letter, ascii) = match form {
            Form::Circle => ('●', 'O'),
            Form::Square => ('■', '#'),
            Form::Triangle => ('▲', '^'),
            Form::Diamond => ('◆', 'x'),
            Form::Down => ('▼', 'v'),
        };
        self.letter(class, place, if self.is_ascii { ascii } else { letter });
    }

    fn dot(&mut self, class: Class, place: Position) {
        /// The bits of a Braille character, by column and row.
        const BITS: [[u8; 4]; 2] = [[0x01, 0x02, 0x04, 0x40], [0x08, 0x10, 0x20, 0x80]];
        let bit = BITS[to_index(place.0) % 2][to_index(place.1) % 4];
        if let Some(cell) = self.cell(place) {
            cell.dots |= bit;
            // A line over dots keeps its colour.
            if cell.class.is_none_or(|other| other < class) {
                cell.class = Some(class);
            }
        }
    }

    fn line(&mut self, class: Class, (x0, y0): Position, (x1, y1): Position) {
        let steps = (x1 - x0).abs().max((y1 - y0).abs()).ceil().max(1.0);
        for step in 0..=to_index(steps) {
            let part = step as f64 / steps;
            // A dashed line has every other dot.
            if class != Class::Baseline || step % 4 == 0 {
                self.dot(class, (x0 + part * (x1 - x0), y0 + part * (y1 - y0)));
            }
        }
    }

    fn write(&mut self, class: Class, anchor: Anchor, (x, y): Position, text: &str) {
        let text = if self.is_ascii {
            to_ascii(text)
        } else {
            text.to_owned()
        };
        let width = unicode_width::UnicodeWidthStr::width(text.as_str()) as f64;
        let column = match anchor {
            Anchor::Start => x / 2.0,
            Anchor::Middle => x / 2.0 - width / 2.0,
            Anchor::End => x / 2.0 - width,
        };
        let Some(row) = self.cells.get_mut(to_index(y / 4.0)) else {
            return;
        };
        let mut column = to_index(column.round());
        for letter in text.chars() {
            let width = letter.width().unwrap_or(0);
            if width == 0 || column + width > row.len() {
                continue;
            }
            for (offset, cell) in row[column..column + width].iter_mut().enumerate() {
                cell.letter = Some(letter);
                cell.class = Some(class);
                cell.is_covered = offset > 0;
            }
            column += width;
        }
    }

    fn to_lines(&self, look: Look) -> String {
        let mut out = String::new();
        for row in &self.cells {
            let mut line = String::new();
            let mut run = (Style::new(), String::new());
            for cell in row.iter().filter(|cell| !cell.is_covered) {
                let style = cell.class.map_or(Style::new(), terminal_style);
                if style != run.0 {
                    look.push(run.0, &run.1, &mut line);
                    run = (style, String::new());
                }
                run.1.push(self.symbol(*cell));
            }
            look.push(run.0, run.1.trim_end(), &mut line);
            out += line.trim_end();
            out.push('\n');
        }
        out
    }

    fn symbol(&self, cell: Cell) -> char {
        match (cell.letter, cell.dots) {
            (Some(letter), _) => letter,
            (None, 0) => ' ',
            (None, _) if self.is_ascii => match cell.class {
                Some(Class::BestLine | Class::GroupLine(_)) => '-',
                Some(Class::Baseline) => '_',
                _ => '.',
            },
            (None, dots) => char::from_u32(0x2800 + u32::from(dots)).unwrap_or(' '),
        }
    }
}

fn terminal_style(class: Class) -> Style {
    const GROUPS: [AnsiColor; 7] = [
        AnsiColor::Blue,
        AnsiColor::Yellow,
        AnsiColor::Green,
        AnsiColor::Red,
        AnsiColor::Cyan,
        AnsiColor::Magenta,
        AnsiColor::BrightYellow,
    ];
    match class {
        Class::Title => BOLD,
        Class::Keep => AnsiColor::Green.on_default().bold(),
        Class::BestLine | Class::DenseKeep => AnsiColor::Green.on_default(),
        Class::Failure(Status::Crash) => AnsiColor::Red.on_default(),
        Class::Failure(Status::EvalBudgetOverrun) => AnsiColor::Yellow.on_default(),
        Class::Failure(Status::TrainBudgetOverrun) => AnsiColor::Magenta.on_default(),
        Class::Failure(Status::SizeBlocked) => AnsiColor::Cyan.on_default(),
        Class::Failure(Status::PreflightCrash) => AnsiColor::Blue.on_default(),
        Class::Group(group) | Class::GroupKeep(group) | Class::GroupLine(group) => {
            match GROUPS.get(group) {
                Some(color) => color.on_default(),
                None => Style::new().dimmed(),
            }
        }
        Class::Label => Style::new(),
        _ => Style::new().dimmed(),
    }
}

/// The text with `?` for what is not ASCII.
pub(super) fn to_ascii(text: &str) -> String {
    let text = text
        .replace('…', "...")
        .replace('↑', "^")
        .replace('↓', "v")
        .replace('—', "-");
    text.chars()
        .map(|c| if c.is_ascii() { c } else { '?' })
        .collect()
}

/// A place as an index; 0 if it is before the start.
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the size of a terminal"
)]
pub(super) fn to_index(value: f64) -> usize {
    value.max(0.0) as usize
}
