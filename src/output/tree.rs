//! The search as an indented tree, one line per trial.

use anstream::adapter::strip_str;
use anstyle::Style;
use unicode_width::UnicodeWidthStr;

use super::{BOLD, Look, delta_style, status_style};
use crate::analysis::{ChainEnd, Query, Visit};
use crate::log::{Role, Row, shown_id};
use crate::text::{NOTHING, fit, visible};

/// Below this depth the indent stays and the line says the depth, so that lines do not grow with the depth.
const MAX_INDENT: usize = 24;

/// Spaces between the numbers and the hypothesis.
const GAP: &str = "  ";

/// The least width of a hypothesis, however narrow the terminal is.
const MIN_HYPOTHESIS: usize = 16;

/// The line of a trial without its indent.
#[derive(Clone, Copy)]
pub struct TreeLine<'t> {
    /// Id and outcome.
    head: &'t str,
    hypothesis: &'t str,
}

/// The lines of trials in the order of the log, in one buffer.
pub struct TreeLines {
    look: Look,
    text: String,
    /// Where the head and the hypothesis of each line end.
    ends: Vec<(usize, usize)>,
}

impl TreeLines {
    pub fn new(look: Look) -> Self {
        Self {
            look,
            text: String::new(),
            ends: Vec::new(),
        }
    }

    pub fn clear(&mut self) {
        self.text.clear();
        self.ends.clear();
    }

    pub fn get(&self, index: usize) -> TreeLine<'_> {
        let start = if index == 0 {
            0
        } else {
            self.ends[index - 1].1
        };
        let (head_end, end) = self.ends[index];
        TreeLine {
            head: &self.text[start..head_end],
            hypothesis: &self.text[head_end..end],
        }
    }

    /// Adds the line of a trial; `mark` says what is special about its place.
    pub fn push(&mut self, row: &Row, mark: &str) {
        let text = &mut self.text;
        let id = shown_id(&row.text(Role::Id));
        if mark.contains(BEST) {
            text.push_str(&self.look.paint(BOLD, &visible(&id)));
        } else {
            text.push_str(&visible(&id));
        }
        push_outcome(row, self.look, text);
        text.push_str(mark);
        let head_end = text.len();
        let hypothesis = row.text(Role::Hypothesis);
        let hypothesis = visible(&hypothesis);
        match self.look.width {
            Some(width) => text.push_str(&fit(&hypothesis, width)),
            None => text.push_str(&hypothesis),
        }
        self.ends.push((head_end, text.len()));
    }
}

impl Query for TreeLines {
    fn observe(&mut self, row: &Row) {
        if row.has_id() {
            self.push(row, "");
        }
    }
}

const BEST: &str = " ← BEST";

/// What the tree says about the place of a trial.
pub fn format_mark(row: &Row, end: ChainEnd, is_best: bool) -> String {
    let best = if is_best { BEST } else { "" };
    let parent = visible_id(row, Role::Parent);
    match end {
        ChainEnd::Root => best.to_owned(),
        ChainEnd::MissingParent => format!("{best} (parent {parent} is missing)"),
        ChainEnd::Cycle => format!("{best} (a cycle, cut here: its parent is {parent})"),
    }
}

fn visible_id(row: &Row, role: Role) -> String {
    visible(&shown_id(&row.text(role))).into_owned()
}

/// Adds status, score, difference from the best at the time, and specialist.
fn push_outcome(row: &Row, look: Look, out: &mut String) {
    if let Some(damage) = row.damage {
        out.push_str(&format!(" damaged: {damage}"));
        return;
    }
    for role in [Role::Status, Role::Score, Role::Delta, Role::Specialist] {
        let text = row.text(role);
        let text = visible(&text);
        if text.is_empty() || text == NOTHING {
            continue;
        }
        out.push(' ');
        match role {
            Role::Status => look.push(status_style(row.status()), &text, out),
            Role::Delta => {
                out.push_str("(Δ best ");
                look.push(delta_style(&text, row.schema.direction), &text, out);
                out.push(')');
            }
            _ => out.push_str(&text),
        }
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
    pub fn push_line(&mut self, visit: Visit, line: TreeLine, out: &mut String) {
        self.update_indent(visit);
        self.look.push(Style::new().dimmed(), &self.indent, out);
        out.push_str(line.head);
        if !line.hypothesis.is_empty() {
            out.push_str(GAP);
        }
        match self.look.width {
            Some(width) => {
                let head = strip_str(line.head).to_string();
                let used = self.indent.width() + head.width() + GAP.len();
                let room = width.saturating_sub(used).max(MIN_HYPOTHESIS);
                out.push_str(&fit(line.hypothesis, room));
            }
            None => out.push_str(line.hypothesis),
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
                head: "x",
                hypothesis: "",
            };
            drawing.push_line(visit(depth, last), line, &mut out);
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
