//! Colours and sizes: the palette of Okabe and Ito, which people with any colour vision can tell apart.

use super::scene::Class;
use crate::log::Status;

/// The size of text in pixels, and that of the title and of labels.
pub(super) const TEXT_SIZE: f64 = 12.0;
const TITLE_SIZE: f64 = 17.0;

/// Red, green, blue.
pub(super) type Color = u32;

/// Light or dark.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Theme {
    Light,
    Dark,
}

/// How shapes of one class look.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Style {
    pub(super) fill: Option<Color>,
    pub(super) stroke: Option<Color>,
    pub(super) stroke_width: f64,
    pub(super) is_dashed: bool,
    pub(super) font_size: f64,
    pub(super) is_bold: bool,
}

const ORANGE: Color = 0xe6_9f00;
const SKY: Color = 0x56_b4e9;
const GREEN: Color = 0x00_9e73;
const YELLOW: Color = 0xf0_e442;
const BLUE: Color = 0x00_72b2;
const VERMILLION: Color = 0xd5_5e00;
const PURPLE: Color = 0xcc_79a7;

/// The colours of groups.
const GROUPS: [Color; 7] = [BLUE, ORANGE, GREEN, VERMILLION, SKY, PURPLE, YELLOW];

/// How many groups have a colour of their own.
pub(super) const MAX_GROUPS: usize = GROUPS.len();

pub(super) fn group_color(group: usize, theme: Theme) -> Color {
    let gray = if theme == Theme::Light {
        0x77_7777
    } else {
        0x99_9999
    };
    GROUPS.get(group).copied().unwrap_or(gray)
}

fn failure_color(status: Status, theme: Theme) -> Color {
    match status {
        Status::Crash => VERMILLION,
        Status::EvalBudgetOverrun => ORANGE,
        Status::TrainBudgetOverrun => PURPLE,
        Status::SizeBlocked => SKY,
        Status::PreflightCrash => BLUE,
        Status::Disqualified if theme == Theme::Light => 0,
        Status::Disqualified => 0xdd_dddd,
        _ => 0x88_8888,
    }
}

fn fill(color: Color) -> Style {
    Style {
        fill: Some(color),
        ..Style::default()
    }
}

fn stroke(color: Color, stroke_width: f64) -> Style {
    Style {
        stroke: Some(color),
        stroke_width,
        ..Style::default()
    }
}

fn font(color: Color, font_size: f64, is_bold: bool) -> Style {
    Style {
        font_size,
        is_bold,
        ..fill(color)
    }
}

/// How a class looks.
pub(super) fn style(class: Class, theme: Theme) -> Style {
    let pick = |light, dark| if theme == Theme::Light { light } else { dark };
    let text = pick(0x1f_2328, 0xe6_edf3);
    let faint = pick(0x59_636e, 0x9d_a7b3);
    let edge = pick(0x1b_1f24, 0xf0_f6fc);
    match class {
        Class::Background => fill(pick(0xff_ffff, 0x0d_1117)),
        Class::Grid => stroke(pick(0xe6_e8eb, 0x26_2c36), 1.0),
        Class::Title => font(text, TITLE_SIZE, true),
        Class::Text => font(faint, TEXT_SIZE, false),
        Class::Label => font(text, TEXT_SIZE, false),
        Class::Leader => stroke(faint, 0.6),
        Class::Baseline => Style {
            is_dashed: true,
            ..stroke(faint, 1.2)
        },
        Class::Discard => fill(pick(0xcc_cccc, 0x62_6b76)),
        Class::Keep => Style {
            fill: Some(GREEN),
            ..stroke(edge, 1.0)
        },
        Class::DenseKeep => fill(GREEN),
        Class::BestLine => stroke(pick(0x2c_a57f, GREEN), 2.0),
        Class::Clipped => fill(faint),
        Class::Failure(status) => stroke(failure_color(status, theme), 1.6),
        Class::Group(group) => fill(group_color(group, theme)),
        Class::GroupKeep(group) => Style {
            fill: Some(group_color(group, theme)),
            ..stroke(edge, 1.2)
        },
        Class::GroupLine(group) => stroke(group_color(group, theme), 2.4),
    }
}
