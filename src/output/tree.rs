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

/// The line of a trial without its indent: id, outcome and hypothesis.
pub struct TreeLine {
    text: String,
    /// Where the hypothesis begins.
    hypothesis: usize,
}

impl TreeLine {
    pub fn new(row: &Row, mark: &str, look: Look) -> Self {
        let hypothesis = row.text(Role::Hypothesis);
        let hypothesis = visible(&hypothesis);
        let hypothesis = match look.width {
            Some(width) => fit(&hypothesis, width),
            None => hypothesis,
        };
        let mut text = String::with_capacity(100 + hypothesis.len());
        let id = shown_id(&row.text(Role::Id));
        if mark.contains(BEST) {
            text.push_str(&look.paint(BOLD, &visible(&id)));
        } else {
            text.push_str(&visible(&id));
        }
        push_outcome(row, look, &mut text);
        text.push_str(mark);
        text.push_str(GAP);
        let start = text.len();
        text.push_str(&hypothesis);
        text.truncate(text.trim_end().len());
        Self {
            hypothesis: start.min(text.len()),
            text,
        }
    }
}

/// Collects the line of every trial with an id, in the order of the log.
pub struct TreeLines {
    pub lines: Vec<TreeLine>,
    look: Look,
}

impl TreeLines {
    pub fn new(look: Look) -> Self {
        Self {
            lines: Vec::new(),
            look,
        }
    }
}

impl Query for TreeLines {
    fn observe(&mut self, row: &Row) {
        if row.has_id() {
            self.lines.push(TreeLine::new(row, "", self.look));
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
            Role::Status => out.push_str(&look.paint(status_style(row.status()), &text)),
            Role::Delta => {
                let style = delta_style(&text, row.schema.direction);
                out.push_str("(Δ best ");
                out.push_str(&look.paint(style, &text));
                out.push(')');
            }
            _ => out.push_str(&text),
        }
    }
}

/// The former name, until its caller is rewritten.
pub fn outcome(row: &Row) -> String {
    let mut out = String::new();
    push_outcome(row, Look::default(), &mut out);
    out.split_off(1)
}

/// Draws the lines of a tree in the order of a walk.
pub struct TreeDrawing {
    look: Look,
    /// Whether a sibling follows, for the current trial and each of its ancestors.
    has_next: Vec<bool>,
}

impl TreeDrawing {
    pub fn new(look: Look) -> Self {
        Self {
            look,
            has_next: Vec::new(),
        }
    }

    /// Adds the next line of the walk to `out`.
    pub fn push_line(&mut self, visit: Visit, line: &TreeLine, out: &mut String) {
        let indent = self.indent(visit);
        let (head, hypothesis) = line.text.split_at(line.hypothesis);
        out.push_str(&self.look.paint(Style::new().dimmed(), &indent));
        out.push_str(head);
        match self.look.width {
            Some(width) => {
                let used = indent.width() + strip_str(head).to_string().width();
                let room = width.saturating_sub(used).max(MIN_HYPOTHESIS);
                out.push_str(&fit(hypothesis, room));
            }
            None => out.push_str(hypothesis),
        }
        out.push('\n');
    }

    fn indent(&mut self, visit: Visit) -> String {
        self.has_next.truncate(visit.depth);
        self.has_next.push(!visit.last);
        if visit.depth == 0 {
            return String::new();
        }
        let mut indent = String::new();
        for &has_next in &self.has_next[1..visit.depth.min(MAX_INDENT + 1)] {
            indent += if has_next { "│  " } else { "   " };
        }
        indent += if visit.last { "└─ " } else { "├─ " };
        if visit.depth > MAX_INDENT {
            indent += &format!("({} deep) ", visit.depth);
        }
        indent
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::Status;

    fn visit(depth: usize, last: bool) -> Visit {
        Visit {
            index: 0,
            status: Status::Keep,
            depth,
            last,
            end: ChainEnd::Root,
        }
    }

    fn line(text: &str) -> TreeLine {
        TreeLine {
            text: text.into(),
            hypothesis: text.len(),
        }
    }

    fn draw(visits: impl IntoIterator<Item = (usize, bool)>) -> String {
        let mut drawing = TreeDrawing::new(Look::default());
        let mut out = String::new();
        for (depth, last) in visits {
            drawing.push_line(visit(depth, last), &line("x"), &mut out);
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
