//! The search as an indented tree, line by line, and the table that the original harness calls `tree.tsv`.

use anstyle::Style;

use super::{
    Look,
    sheet::Column,
    status_style,
    table::cell,
    text::{NOTHING, cut, fit, visible},
};
use crate::{
    lineage::{ChainEnd, Visit},
    schema::{Role, Schema},
    trial::{Row, shown_id},
};

/// Deeper than this the indent stays and the depth is said, so that a line does not grow with the depth of the search.
const INDENT: usize = 24;

/// A path of more trials than this names the first and the last ones, so that a deep chain costs what it has rows.
const PATH: usize = 1000;

/// How much of a hypothesis a line has where there is no terminal to fit.
const UNFITTED: usize = 100;

/// Draws the lines of a tree, parents before children.
#[derive(Default)]
pub struct Drawing {
    /// Whether a sibling follows, for each level above the next line.
    open: Vec<bool>,
}

impl Drawing {
    pub fn line(&mut self, visit: Visit, row: &Row, is_best: bool, look: Look) -> String {
        self.open.truncate(visit.depth);
        let prefix = self.prefix(visit);
        self.open.push(!visit.last);
        let mark = match visit.end {
            ChainEnd::Root => String::new(),
            ChainEnd::MissingParent => format!(" (parent {} is missing)", visible(&shown_id(&row.text(Role::Parent)))),
            ChainEnd::Cycle => {
                format!(" (a cycle, cut here: its parent is {})", visible(&shown_id(&row.text(Role::Parent))))
            }
        };
        let best = if is_best { " ← BEST" } else { "" };
        let head = format!("{} {}{best}{mark}", visible(&row.name()), outcome(row));
        let hypothesis = row.text(Role::Hypothesis);
        let hypothesis = visible(&hypothesis);
        let hypothesis = match look.width {
            None => cut(&hypothesis, UNFITTED),
            Some(width) => {
                use unicode_width::UnicodeWidthStr;
                fit(&hypothesis, width.saturating_sub(prefix.width() + head.width() + 2).max(16))
            }
        };
        let style = if is_best { status_style(row.status()).bold() } else { status_style(row.status()) };
        let head = look.paint(style, &head);
        let dimmed = look.paint(Style::new().dimmed(), &prefix);
        format!("{dimmed}{head}  {hypothesis}").trim_end().to_owned() + "\n"
    }

    fn prefix(&self, visit: Visit) -> String {
        if visit.depth == 0 {
            return String::new();
        }
        let bars: String =
            self.open.iter().skip(1).take(INDENT).map(|&open| if open { "│  " } else { "   " }).collect();
        let depth = if visit.depth > INDENT { format!("({} deep) ", visit.depth) } else { String::new() };
        format!("{bars}{} {depth}", if visit.last { "└─" } else { "├─" })
    }
}

/// Status, score, difference and specialist, in short.
pub fn outcome(row: &Row) -> String {
    if let Some(damage) = row.damage {
        return format!("damaged: {damage}");
    }
    let words = [Role::Status, Role::Score, Role::Delta, Role::Specialist].map(|role| cell(row, role));
    words.into_iter().filter(|word| word != NOTHING).collect::<Vec<_>>().join(" ")
}

/// The columns of `tree.tsv`.
pub fn columns(schema: &Schema) -> Vec<Column> {
    let text = Column::text;
    vec![
        text("exp_id"),
        text("parent_exp"),
        Column::number("depth"),
        text("path"),
        text("specialist"),
        text("status"),
        Column::number(schema.score_name()),
        Column::number("delta_vs_best"),
        text("hypothesis"),
    ]
}

/// Makes the rows of `tree.tsv`, parents before children.
#[derive(Default)]
pub struct Table {
    /// The ids on the way to the last row, joined, and where each of them ends.
    path: String,
    ends: Vec<usize>,
}

impl Table {
    pub fn row(&mut self, visit: Visit, row: &Row) -> Vec<String> {
        self.ends.truncate(visit.depth);
        self.path.truncate(self.ends.last().copied().unwrap_or(0));
        if !self.path.is_empty() {
            self.path.push('/');
        }
        self.path += &row.name();
        self.ends.push(self.path.len());
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
        match self.ends.len() {
            ..=PATH => self.path.clone(),
            len => format!("{}/…{}", &self.path[..self.ends[0]], &self.path[self.ends[len - PATH + 1]..]),
        }
    }
}
