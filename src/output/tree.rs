//! The search as a tree, drawn with one line per trial. Failed siblings without children share a line.

pub mod graph;
pub mod records;

use std::{borrow::Cow, collections::BTreeMap};

use anstyle::Style;
use unicode_width::UnicodeWidthStr;

use super::{BOLD, INVALID, Look, delta_style, status_style, visible_or_dash};
use crate::analysis::{ChainEnd, Visit};
use crate::log::{Damage, Direction, Number, Role, Row, Status, decode, shown_id};
use crate::text::{NOTHING, fit, visible};

/// Below this depth the indent stays and the line says the depth, so that lines do not grow with the depth.
const MAX_INDENT: usize = 24;

/// The width of a level.
const INDENT: usize = 3;

/// The least width of a hypothesis, however narrow the terminal is.
const MIN_HYPOTHESIS: usize = 16;

/// Scores are not aligned further to the right, so that a deep trial does not move all others.
const MAX_SCORE_COLUMN: usize = 44;

/// The room for a line at first.
const LINE: usize = 512;

/// The longest score that moves others to the right.
const MAX_SCORE: usize = 16;

const ROLES: [Role; 7] = [
    Role::Id,
    Role::Status,
    Role::Score,
    Role::Delta,
    Role::Specialist,
    Role::Hypothesis,
    Role::Parent,
];

/// The cells of every trial that a tree shows, as they are in the log: reading the rows again in the order of the tree
/// is four times slower.
#[derive(Default)]
pub struct TreeCells {
    bytes: Vec<u8>,
    /// Where each cell ends.
    ends: Vec<usize>,
    /// Why a row could not be read, by the index of its trial.
    pub(super) damage: BTreeMap<usize, Damage>,
}

impl TreeCells {
    pub fn add(&mut self, row: &Row) {
        if let Some(damage) = row.damage {
            self.damage.insert(self.ends.len() / ROLES.len(), damage);
        }
        for role in ROLES {
            self.bytes.extend_from_slice(&row.bytes(role));
            self.ends.push(self.bytes.len());
        }
    }

    fn cell(&self, trial: usize, role: Role) -> &[u8] {
        let place = ROLES.iter().position(|&other| other == role);
        let at = trial * ROLES.len() + place.expect("a role of the tree");
        let start = if at == 0 { 0 } else { self.ends[at - 1] };
        &self.bytes[start..self.ends[at]]
    }

    pub fn text(&self, trial: usize, role: Role) -> Cow<'_, str> {
        decode(Cow::Borrowed(self.cell(trial, role)))
    }

    pub fn name(&self, trial: usize) -> String {
        visible(&shown_id(&self.text(trial, Role::Id))).into_owned()
    }

    /// `Other` for a damaged row: its cells may be in the wrong columns.
    pub fn status(&self, trial: usize) -> Status {
        if self.damage.contains_key(&trial) {
            return Status::Other;
        }
        Status::parse(self.cell(trial, Role::Status))
    }
}

/// The trials that a tree marks, by their index.
#[derive(Default)]
pub struct Marks {
    /// Whether a part of the log is left out.
    pub is_partial: bool,
    pub best: Option<usize>,
    /// Whether a trial is on the chain to the best one.
    pub on_chain: Vec<bool>,
}

impl Marks {
    pub fn is_on_chain(&self, trial: usize) -> bool {
        self.on_chain.get(trial) == Some(&true)
    }
}

/// Draws the groups of a walk, in its order.
pub struct TreeDrawing<'a> {
    cells: &'a TreeCells,
    marks: &'a Marks,
    direction: Direction,
    look: Look,
    /// Where the scores end.
    scores_end: usize,
    /// Whether a sibling follows, for the current trial and each of its ancestors.
    has_next: Vec<bool>,
    indent: String,
    indent_width: usize,
}

impl<'a> TreeDrawing<'a> {
    pub fn new(
        cells: &'a TreeCells,
        marks: &'a Marks,
        groups: &[&[Visit]],
        direction: Direction,
        look: Look,
    ) -> Self {
        Self {
            cells,
            marks,
            direction,
            look,
            scores_end: find_scores_end(cells, groups),
            has_next: Vec::new(),
            indent: String::new(),
            indent_width: 0,
        }
    }

    /// The line of the next group.
    pub fn draw(&mut self, group: &[Visit]) -> String {
        let (Some(first), Some(last)) = (group.first(), group.last()) else {
            return String::new();
        };
        self.update_indent(first.depth, last.last);
        let mut line = Line {
            look: self.look,
            width: self.indent_width,
            text: String::with_capacity(LINE),
        };
        self.look
            .push(Style::new().dimmed(), &self.indent, &mut line.text);
        if group.len() == 1 {
            self.draw_trial(*first, &mut line);
        } else {
            self.draw_failures(group, &mut line);
        }
        line.text + "\n"
    }

    fn draw_trial(&self, visit: Visit, line: &mut Line) {
        let (cells, trial) = (self.cells, visit.index);
        let is_best = self.marks.best == Some(trial);
        let is_on_chain = self.marks.is_on_chain(trial);
        line.push(
            if is_on_chain { BOLD } else { Style::new() },
            &cells.name(trial),
        );
        if is_on_chain && !is_best {
            line.push(Style::new(), "*");
        }
        match cells.damage.get(&trial) {
            Some(damage) => line.push(Style::new(), &format!(" damaged: {damage}")),
            None => self.draw_outcome(trial, line),
        }
        let parent = || visible_or_dash(&shown_id(&cells.text(trial, Role::Parent)));
        if is_best {
            line.push(Style::new(), " ← BEST");
        }
        let mark = match visit.end {
            ChainEnd::Root => String::new(),
            ChainEnd::MissingParent if self.marks.is_partial => {
                format!(" (parent {} is missing or left out)", parent())
            }
            ChainEnd::MissingParent => format!(" (parent {} is missing)", parent()),
            ChainEnd::Cycle => format!(" (a cycle, cut here: its parent is {})", parent()),
        };
        line.push(Style::new(), &mark);
        line.push_rest(&cells.text(trial, Role::Hypothesis));
    }

    fn draw_outcome(&self, trial: usize, line: &mut Line) {
        let text = |role| self.cells.text(trial, role);
        let status = self.cells.status(trial);
        line.push_word(status_style(status), &text(Role::Status));
        let score = text(Role::Score);
        line.push_number(self.scores_end, &score);
        if status.is_failure() && Number::value_of(&score).is_some() {
            line.push(Style::new(), INVALID);
        }
        let delta = text(Role::Delta);
        let delta = visible(&delta);
        if !delta.is_empty() && delta != NOTHING {
            line.push(Style::new(), " (Δ best ");
            line.push(delta_style(&delta, self.direction), &delta);
            line.push(Style::new(), ")");
        }
        line.push_word(Style::new(), &text(Role::Specialist));
    }

    fn draw_failures(&self, group: &[Visit], line: &mut Line) {
        let mut counts: BTreeMap<Status, usize> = BTreeMap::new();
        for visit in group {
            *counts.entry(self.cells.status(visit.index)).or_default() += 1;
        }
        let mut parts = Vec::new();
        for (status, count) in counts {
            parts.push(format!("{count} {}", status.name()));
        }
        let ends = [group[0].index, group[group.len() - 1].index];
        let [first, last] = ends.map(|trial| self.cells.name(trial));
        line.push(Style::new(), &format!("{first}…{last} "));
        let text = format!("{} failed", group.len());
        line.push(status_style(Status::Crash), &text);
        line.push_rest(&parts.join(", "));
    }

    fn update_indent(&mut self, depth: usize, is_last: bool) {
        self.has_next.truncate(depth);
        self.has_next.push(!is_last);
        self.indent.clear();
        self.indent_width = INDENT * depth.min(MAX_INDENT);
        if depth == 0 {
            return;
        }
        for &has_next in &self.has_next[1..depth.min(MAX_INDENT + 1)] {
            self.indent += if has_next { "│  " } else { "   " };
        }
        self.indent += if is_last { "└─ " } else { "├─ " };
        if depth > MAX_INDENT {
            let deep = format!("({depth} deep) ");
            self.indent_width += INDENT + deep.len();
            self.indent += &deep;
        }
    }
}

/// The column in which the longest start of a line with a score ends, and its score after it.
fn find_scores_end(cells: &TreeCells, groups: &[&[Visit]]) -> usize {
    let (mut start, mut width) = (0, 0);
    for group in groups {
        let [visit] = group else { continue };
        let len = |role| cells.cell(visit.index, role).len();
        if len(Role::Score) > 0 {
            // One column for the mark of the chain, and one for a space.
            let line = INDENT * visit.depth.min(MAX_INDENT) + len(Role::Id) + len(Role::Status) + 2;
            start = start.max(line.min(MAX_SCORE_COLUMN));
            width = width.max(len(Role::Score).min(MAX_SCORE));
        }
    }
    start + 1 + width
}

/// A line of which the width is known.
struct Line {
    look: Look,
    width: usize,
    text: String,
}

impl Line {
    fn push(&mut self, style: Style, text: &str) {
        self.width += display_width(text);
        self.look.push(style, text, &mut self.text);
    }

    /// Adds a space and a cell, if the cell is not empty.
    fn push_word(&mut self, style: Style, cell: &str) {
        let text = visible(cell);
        if !text.is_empty() && text != NOTHING {
            self.push(Style::new(), " ");
            self.push(style, &text);
        }
    }

    /// Adds a space and a cell that ends in the column `end`.
    fn push_number(&mut self, end: usize, cell: &str) {
        let text = visible(cell);
        if !text.is_empty() && text != NOTHING {
            let start = end.saturating_sub(display_width(&text));
            for _ in self.width..start.max(self.width + 1) {
                self.text.push(' ');
            }
            self.width = start.max(self.width + 1);
            self.push(Style::new(), &text);
        }
    }

    /// Adds a text, cut to what is left of a terminal.
    fn push_rest(&mut self, text: &str) {
        let text = visible(text);
        if text.is_empty() {
            return;
        }
        self.text += "  ";
        self.text += &match self.look.width {
            Some(width) => fit(
                &text,
                width.saturating_sub(self.width + 2).max(MIN_HYPOTHESIS),
            ),
            None => text,
        };
    }
}

/// The width of a visible text.
fn display_width(text: &str) -> usize {
    if text.is_ascii() {
        text.len() // quicker
    } else {
        text.width()
    }
}
