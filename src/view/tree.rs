//! The search as an indented tree, line by line, and the table that the original harness calls `tree.tsv`.

use anstyle::Style;
use unicode_width::UnicodeWidthStr;

use super::{
    Look,
    sheet::Column,
    status_style,
    text::{NOTHING, fit, head, visible},
};
use crate::{
    lineage::{ChainEnd, Question, Visit},
    schema::{Role, Schema},
    trial::{Row, shown_id},
};

/// Deeper than this the indent stays and the depth is said, so that a line does not grow with the depth of the search.
const INDENT: usize = 24;

/// A path of more trials than this names the first and the last ones, so that a deep chain costs what it has rows.
const PATH: usize = 1000;

/// How much of a hypothesis a line has where there is no terminal to fit.
const UNFITTED: usize = 100;

/// What a line or a row of the tree says of a trial by itself. Made while the log is read, in the order of the log, so that no
/// row has to be read again in the order of the tree.
pub struct Leaves {
    write: fn(&Row, Look, &mut Self),
    look: Look,
    /// All texts, one behind the other, and where each of them ends: so many a trial.
    all: String,
    ends: Vec<usize>,
}

impl Leaves {
    /// For the lines of a drawing.
    pub fn drawn(look: Look) -> Self {
        Self { write: drawn, look, all: String::new(), ends: Vec::new() }
    }

    /// For the rows of a sheet.
    pub fn listed(look: Look) -> Self {
        Self { write: listed, ..Self::drawn(look) }
    }

    /// Ends a text with its last part.
    fn end(&mut self, part: &str) {
        self.all += part;
        self.ends.push(self.all.len());
    }

    /// The texts of the `index`-th trial.
    pub fn of<const N: usize>(&self, index: usize) -> [&str; N] {
        std::array::from_fn(|n| {
            let at = index * N + n;
            let start = if at > 0 { self.ends[at - 1] } else { 0 };
            &self.all[start..self.ends[at]]
        })
    }
}

impl Question for Leaves {
    fn see(&mut self, row: Row<'_>) {
        if row.id().is_none() {
            return; // no place in the tree
        }
        (self.write)(&row, self.look, self);
    }

    fn fresh(&self) -> Self {
        Self { write: self.write, ..Self::drawn(self.look) }
    }

    fn then(&mut self, later: Self) {
        let before = self.all.len();
        self.all += &later.all;
        self.ends.extend(later.ends.into_iter().map(|end| before + end));
    }
}

/// The id and the outcome, the parent, the hypothesis no longer than a line.
fn drawn(row: &Row, look: Look, leaves: &mut Leaves) {
    leaves.all += &visible(&row.name());
    leaves.all.push(' ');
    write_outcome(row, &mut leaves.all);
    leaves.end("");
    leaves.end(&shown_id(&row.text(Role::Parent)));
    let hypothesis = row.text(Role::Hypothesis);
    leaves.end(&match look.width {
        None => head(&hypothesis, UNFITTED),
        Some(width) => fit(&visible(&hypothesis), width).into_owned(),
    });
}

fn listed(row: &Row, _: Look, leaves: &mut Leaves) {
    leaves.end(&row.name());
    leaves.end(&shown_id(&row.text(Role::Parent)));
    for role in [Role::Specialist, Role::Status, Role::Score, Role::Delta] {
        leaves.end(&row.text(role));
    }
    leaves.end(&visible(&row.text(Role::Hypothesis)));
}

/// Draws the lines of a tree, parents before children.
#[derive(Default)]
pub struct Drawing {
    /// The bars before the next line, and how many bytes of them stand before each level's.
    bars: String,
    levels: Vec<usize>,
}

impl Drawing {
    pub fn line(&mut self, visit: Visit, [head, parent, hypothesis]: [&str; 3], is_best: bool, look: Look) -> String {
        if let Some(&before) = self.levels.get(visit.depth) {
            self.bars.truncate(before);
            self.levels.truncate(visit.depth);
        }
        let prefix = self.prefix(visit);
        self.levels.push(self.bars.len());
        if (1..=INDENT).contains(&visit.depth) {
            self.bars += if visit.last { "   " } else { "│  " };
        }
        let mark = match visit.end {
            ChainEnd::Root => String::new(),
            ChainEnd::MissingParent => format!(" (parent {} is missing)", visible(parent)),
            ChainEnd::Cycle => format!(" (a cycle, cut here: its parent is {})", visible(parent)),
        };
        let head = [head, if is_best { " ← BEST" } else { "" }, &mark].concat();
        let hypothesis = match look.width {
            None => hypothesis.into(),
            Some(width) => fit(hypothesis, width.saturating_sub(prefix.width() + head.width() + 2).max(16)),
        };
        let style = if is_best { status_style(visit.status).bold() } else { status_style(visit.status) };
        let (prefix, head) = (look.paint(Style::new().dimmed(), &prefix), look.paint(style, &head));
        [prefix.as_str(), &head, "  ", &hypothesis].concat().trim_end().to_owned() + "\n"
    }

    fn prefix(&self, visit: Visit) -> String {
        if visit.depth == 0 {
            return String::new();
        }
        let depth = if visit.depth > INDENT { format!("({} deep) ", visit.depth) } else { String::new() };
        [self.bars.as_str(), if visit.last { "└─ " } else { "├─ " }, &depth].concat()
    }
}

/// Status, score, difference and specialist, in short.
pub fn outcome(row: &Row) -> String {
    let mut out = String::new();
    write_outcome(row, &mut out);
    out
}

fn write_outcome(row: &Row, out: &mut String) {
    if let Some(damage) = row.damage {
        *out += &format!("damaged: {damage}");
        return;
    }
    let start = out.len();
    for role in [Role::Status, Role::Score, Role::Delta, Role::Specialist] {
        let text = row.text(role);
        let word = visible(&text);
        if !word.is_empty() && word != NOTHING {
            if out.len() > start {
                out.push(' ');
            }
            *out += &word;
        }
    }
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
    pub fn row(
        &mut self,
        visit: Visit,
        [name, parent, specialist, status, score, delta, hypothesis]: [&str; 7],
    ) -> Vec<String> {
        self.ends.truncate(visit.depth);
        self.path.truncate(self.ends.last().copied().unwrap_or(0));
        if !self.path.is_empty() {
            self.path.push('/');
        }
        self.path += name;
        self.ends.push(self.path.len());
        let (depth, path) = (visit.depth.to_string(), self.path_text());
        [name, parent, &depth, &path, specialist, status, score, delta, hypothesis].map(str::to_owned).to_vec()
    }

    fn path_text(&self) -> String {
        match self.ends.len() {
            ..=PATH => self.path.clone(),
            len => format!("{}/…{}", &self.path[..self.ends[0]], &self.path[self.ends[len - PATH + 1]..]),
        }
    }
}
