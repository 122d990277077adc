//! The search as a tree: indented with one line per trial, or as records with depth and path.

use anstream::adapter::strip_str;
use anstyle::Style;
use unicode_width::UnicodeWidthStr;

use super::columns::Column;
use super::table::cell_style;
use super::{BOLD, Look, visible_or_dash};
use crate::analysis::{ChainEnd, Visit};
use crate::log::{Role, Row, Schema, shown_id};
use crate::text::{NOTHING, fit, visible};

/// Below this depth the indent stays and the line says the depth, so that lines do not grow with the depth.
const MAX_INDENT: usize = 24;

/// The least width of a hypothesis, however narrow the terminal is.
const MIN_HYPOTHESIS: usize = 16;

/// A longer path names only its first and its last trials, so that a deep chain does not cost its depth squared.
const MAX_PATH: usize = 1000;

pub struct TreeLine {
    head: String,
    hypothesis: String,
}

impl TreeLine {
    /// The line says if the trial is the best, or why a root that names a parent is one.
    pub fn new(row: &Row, end: ChainEnd, is_best: bool, look: Look) -> Self {
        let mut head = String::with_capacity(80);
        let style = if is_best { BOLD } else { Style::new() };
        look.push(style, &visible(&row.name()), &mut head);
        push_outcome(row, look, &mut head);
        if is_best {
            head += " ← BEST";
        }
        let parent = || visible_or_dash(&shown_id(&row.text(Role::Parent)));
        head += &match end {
            ChainEnd::Root => String::new(),
            ChainEnd::MissingParent => format!(" (parent {} is missing)", parent()),
            ChainEnd::Cycle => format!(" (a cycle, cut here: its parent is {})", parent()),
        };
        let hypothesis = row.text(Role::Hypothesis);
        let hypothesis = visible(&hypothesis);
        let hypothesis = match look.width {
            Some(width) => fit(&hypothesis, width).into_owned(),
            None => hypothesis.into_owned(),
        };
        Self { head, hypothesis }
    }
}

fn push_outcome(row: &Row, look: Look, out: &mut String) {
    if let Some(damage) = row.damage {
        *out += &format!(" damaged: {damage}");
        return;
    }
    for role in [Role::Status, Role::Score, Role::Delta, Role::Specialist] {
        let text = row.text(role);
        let text = visible(&text);
        if text.is_empty() || text == NOTHING {
            continue;
        }
        *out += if role == Role::Delta {
            " (Δ best "
        } else {
            " "
        };
        look.push(cell_style(row, role), &text, out);
        *out += if role == Role::Delta { ")" } else { "" };
    }
}

/// Draws the lines of a tree in the order of a walk.
pub struct TreeDrawing {
    look: Look,
    /// Whether a sibling follows, for the current trial and each of its ancestors.
    has_next: Vec<bool>,
    indent: String,
}

impl TreeDrawing {
    pub fn new(look: Look) -> Self {
        Self {
            look,
            has_next: Vec::new(),
            indent: String::new(),
        }
    }

    /// Adds the next line of the walk to `out`.
    pub fn draw(&mut self, visit: Visit, line: &TreeLine, out: &mut String) {
        self.update_indent(visit);
        let gap = if line.hypothesis.is_empty() { "" } else { "  " };
        self.look.push(Style::new().dimmed(), &self.indent, out);
        *out += &line.head;
        *out += gap;
        match self.look.width {
            Some(width) => {
                let head = strip_str(&line.head).to_string();
                let used = self.indent.width() + head.width() + gap.len();
                let room = width.saturating_sub(used).max(MIN_HYPOTHESIS);
                *out += &fit(&line.hypothesis, room);
            }
            None => *out += &line.hypothesis,
        }
        out.push('\n');
    }

    fn update_indent(&mut self, visit: Visit) {
        self.has_next.truncate(visit.depth);
        self.has_next.push(!visit.last);
        self.indent.clear();
        if visit.depth == 0 {
            return;
        }
        for &has_next in &self.has_next[1..visit.depth.min(MAX_INDENT + 1)] {
            self.indent += if has_next { "│  " } else { "   " };
        }
        self.indent += if visit.last { "└─ " } else { "├─ " };
        if visit.depth > MAX_INDENT {
            self.indent += &format!("({} deep) ", visit.depth);
        }
    }
}

/// The columns of the records, as in the original harness's `tree.tsv`.
pub fn columns(schema: &Schema) -> Vec<Column> {
    vec![
        Column::text("exp_id"),
        Column::text("parent_exp"),
        Column::number("depth"),
        Column::text("path"),
        Column::text("specialist"),
        Column::text("status"),
        Column::number(schema.score_name()),
        Column::number("delta_vs_best"),
        Column::text("hypothesis"),
    ]
}

/// Makes the records of a tree in the order of a walk.
#[derive(Default)]
pub struct TreeRecords {
    /// The ids from the root to the last trial.
    path: Vec<String>,
}

impl TreeRecords {
    pub fn record(&mut self, visit: Visit, row: &Row) -> Vec<String> {
        self.path.truncate(visit.depth);
        self.path.push(row.name());
        let text = |role| row.text(role).into_owned();
        vec![
            row.name(),
            shown_id(&row.text(Role::Parent)),
            visit.depth.to_string(),
            self.path_text(),
            text(Role::Specialist),
            text(Role::Status),
            text(Role::Score),
            text(Role::Delta),
            visible(&row.text(Role::Hypothesis)).into_owned(),
        ]
    }

    fn path_text(&self) -> String {
        let len = self.path.len();
        if len <= MAX_PATH {
            return self.path.join("/");
        }
        let last = &self.path[len - (MAX_PATH - 1)..];
        format!("{}/…/{}", self.path[0], last.join("/"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn visit(depth: usize, last: bool) -> Visit {
        Visit {
            index: 0,
            depth,
            last,
            end: ChainEnd::Root,
        }
    }

    fn draw(visits: impl IntoIterator<Item = (usize, bool)>) -> String {
        let mut drawing = TreeDrawing::new(Look::default());
        let mut out = String::new();
        for (depth, last) in visits {
            let line = TreeLine {
                head: "x".to_owned(),
                hypothesis: String::new(),
            };
            drawing.draw(visit(depth, last), &line, &mut out);
        }
        out
    }

    #[test]
    fn a_bar_leads_to_the_next_sibling() {
        let drawn = draw([(0, true), (1, false), (2, true), (1, true), (2, true)]);
        assert_eq!(drawn, "x\n├─ x\n│  └─ x\n└─ x\n   └─ x\n");
    }

    #[test]
    fn a_deep_trial_is_not_indented_further() {
        let drawn = draw((0..40).map(|depth| (depth, true)));
        let lines: Vec<&str> = drawn.lines().collect();
        assert_eq!(lines[24].trim_start(), "└─ x");
        assert_eq!(lines[39].trim_start(), "└─ (39 deep) x");
        assert_eq!(lines[39].find('└'), lines[25].find('└'));
    }
}
