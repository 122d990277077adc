//! The search as an indented tree, line by line, and the table that the original harness calls `tree.tsv`.

use anstyle::Style;
use unicode_width::UnicodeWidthStr;

use super::{
    Look,
    records::Column,
    status_style,
    text::{NOTHING, fit, push, push_head, visible},
};
use crate::{
    analysis::{ChainEnd, Query, Visit},
    log::{Role, Schema},
    log::{Row, Status, short, shown_id, text as text_of},
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
    write: fn(&Row, Look, &mut Texts),
    look: Look,
    /// Those of each part of the log that was read by itself, and how many stand before it.
    parts: Vec<(usize, Texts)>,
}

/// Texts one behind the other, so many a trial, and where each of them ends: what lies beyond 4 GiB belongs to another part.
#[derive(Default)]
struct Texts {
    all: Vec<u8>,
    ends: Vec<u32>,
}

/// No trial begins beyond this in one part, and none has texts of so many bytes.
const PART: usize = 1 << 30;

impl Texts {
    fn end(&mut self) {
        self.ends.push(short(self.all.len()));
    }

    fn add(&mut self, text: &[u8]) {
        self.all.extend_from_slice(text);
        self.end();
    }

    /// Where the `at`-th text begins.
    fn begin(&self, at: usize) -> usize {
        at.checked_sub(1)
            .map_or(0, |before| self.ends[before] as usize)
    }
}

impl Leaves {
    fn new(write: fn(&Row, Look, &mut Texts), look: Look) -> Self {
        Self {
            write,
            look,
            parts: vec![(0, Texts::default())],
        }
    }

    pub fn empty(&self) -> Self {
        Self::new(self.write, self.look)
    }

    /// For the lines of a drawing.
    pub fn drawn(look: Look) -> Self {
        Self::new(drawn, look)
    }

    /// For the rows of a sheet.
    pub fn listed(look: Look) -> Self {
        Self::new(listed, look)
    }

    /// The texts of the `index`-th trial.
    pub fn of<const N: usize>(&self, index: usize) -> [&[u8]; N] {
        let (texts, at) = self.part(index * N);
        std::array::from_fn(|n| &texts.all[texts.begin(at + n)..texts.begin(at + n + 1)])
    }

    /// The same as one, if there are `count` of them.
    fn joined(&self, index: usize, count: usize) -> &[u8] {
        let (texts, at) = self.part(index * count);
        &texts.all[texts.begin(at)..texts.begin(at + count)]
    }

    /// The part in which the `at`-th text is, and which of it that is.
    fn part(&self, at: usize) -> (&Texts, usize) {
        let part = self.parts.partition_point(|(before, _)| *before <= at) - 1; // nothing stands before the first
        let (before, texts) = &self.parts[part];
        (texts, at - before)
    }
}

impl Query for Leaves {
    fn observe(&mut self, row: &Row) {
        if !row.has_id() {
            return; // no place in the tree
        }
        if let Some((before, full)) = self
            .parts
            .last()
            .filter(|(_, texts)| texts.all.len() > PART)
        {
            let before = before + full.ends.len();
            self.parts.push((before, Texts::default()));
        }
        if let Some((_, texts)) = self.parts.last_mut() {
            (self.write)(&row, self.look, texts);
        }
    }
}

/// What a line says of a trial: the id and the outcome, and behind a gap the hypothesis, no longer than a line.
fn drawn(row: &Row, look: Look, texts: &mut Texts) {
    push_id(row, Role::Id, &mut texts.all);
    texts.all.push(b' ');
    push_outcome(row, &mut texts.all);
    texts.end();
    texts.all.extend_from_slice(GAP);
    let hypothesis = row.bytes(Role::Hypothesis);
    match look.width {
        None => push_head(&hypothesis, UNFITTED, &mut texts.all),
        Some(width) => {
            texts
                .all
                .extend_from_slice(fit(&visible(&text_of(&hypothesis)), width).as_bytes());
        }
    }
    texts.end();
}

fn listed(row: &Row, _: Look, texts: &mut Texts) {
    texts.add(row.name().as_bytes());
    texts.add(shown_id(&row.text(Role::Parent)).as_bytes());
    for role in [Role::Specialist, Role::Status, Role::Score, Role::Delta] {
        texts.add(row.text(role).as_bytes());
    }
    push(&row.bytes(Role::Hypothesis), &mut texts.all);
    texts.end();
}

const GAP: &[u8] = b"  ";

/// The parent as a line says it where the log does not have it.
pub fn parent(row: &Row) -> String {
    let mut out = Vec::new();
    push_id(row, Role::Parent, &mut out);
    text_of(&out).into_owned()
}

fn push_id(row: &Row, role: Role, out: &mut Vec<u8>) {
    let cell = row.bytes(role);
    if cell.len() > 2 && cell.iter().all(u8::is_ascii_digit) {
        out.extend_from_slice(&cell); // as nearly all are
    } else {
        push(shown_id(&text_of(&cell)).as_bytes(), out);
    }
}

/// Draws the lines of a tree, parents before children.
#[derive(Default)]
pub struct Drawing {
    /// The bars before the next line, and how many bytes of them stand before each level's.
    bars: String,
    levels: Vec<usize>,
    /// A depth that is said, and how: most lines are as deep as the one before.
    deep: (usize, String),
}

impl Drawing {
    /// Adds the line of the `index`-th trial to `out`, with what is to be said of its place.
    pub fn line(
        &mut self,
        visit: Visit,
        (leaves, index): (&Leaves, usize),
        mark: &Mark,
        out: &mut Vec<u8>,
    ) {
        let start = out.len();
        self.leave(visit);
        if leaves.look == Look::default() {
            self.prefix(visit, out);
            if mark.text.is_empty() {
                out.extend_from_slice(leaves.joined(index, 2)); // nearly every line
            } else {
                let [head, hypothesis] = leaves.of(index);
                for text in [head, mark.text.as_bytes(), hypothesis] {
                    out.extend_from_slice(text);
                }
            }
        } else {
            self.fitted(visit, leaves.of(index), mark, leaves.look, out);
        }
        while out.len() > start && out.ends_with(b" ") {
            out.pop();
        }
        out.push(b'\n');
        self.enter(visit);
    }

    /// The same for a terminal: in colour, and no longer than its lines.
    fn fitted(
        &self,
        visit: Visit,
        [head, hypothesis]: [&[u8]; 2],
        mark: &Mark,
        look: Look,
        out: &mut Vec<u8>,
    ) {
        let mut prefix = Vec::new();
        self.prefix(visit, &mut prefix);
        let [prefix, head, hypothesis] = [&prefix, head, &hypothesis[GAP.len()..]].map(text_of);
        let head = head.into_owned() + &mark.text;
        let room = look.width.map(|width| {
            width
                .saturating_sub(prefix.width() + head.width() + 2)
                .max(16)
        });
        let style = if mark.is_best {
            status_style(visit.status).bold()
        } else {
            status_style(visit.status)
        };
        let hypothesis =
            room.map_or_else(|| hypothesis.as_ref().into(), |room| fit(&hypothesis, room));
        let parts = [
            &look.paint(Style::new().dimmed(), &prefix),
            &look.paint(style, &head),
            "  ",
            &hypothesis,
        ];
        out.extend_from_slice(parts.concat().as_bytes());
    }

    /// Takes back the bars that do not stand before the lines of this depth.
    fn leave(&mut self, visit: Visit) {
        if visit.depth > INDENT && visit.depth != self.deep.0 {
            self.deep = (visit.depth, format!("({} deep) ", visit.depth));
        }
        if let Some(&before) = self.levels.get(visit.depth) {
            self.bars.truncate(before);
            self.levels.truncate(visit.depth);
        }
    }

    fn enter(&mut self, visit: Visit) {
        self.levels.push(self.bars.len());
        if (1..=INDENT).contains(&visit.depth) {
            self.bars += if visit.last { "   " } else { "│  " };
        }
    }

    fn prefix(&self, visit: Visit, out: &mut Vec<u8>) {
        if visit.depth > 0 {
            out.extend_from_slice(self.bars.as_bytes());
            out.extend_from_slice(if visit.last { "└─ " } else { "├─ " }.as_bytes());
        }
        if visit.depth > INDENT {
            out.extend_from_slice(self.deep.1.as_bytes());
        }
    }
}

/// What is to be said of a trial's place.
#[derive(Default)]
pub struct Mark {
    is_best: bool,
    text: String,
}

impl Mark {
    /// The parent is asked for where it is said: of a root that is one for want of it.
    pub fn new<E>(
        end: ChainEnd,
        is_best: bool,
        parent: impl FnOnce() -> Result<String, E>,
    ) -> Result<Self, E> {
        let best = if is_best { " ← BEST" } else { "" };
        let text = match end {
            ChainEnd::Root => best.to_owned(),
            ChainEnd::MissingParent => format!("{best} (parent {} is missing)", parent()?),
            ChainEnd::Cycle => format!("{best} (a cycle, cut here: its parent is {})", parent()?),
        };
        Ok(Self { is_best, text })
    }
}

/// Status, score, difference and specialist, in short.
pub fn outcome(row: &Row) -> String {
    let mut out = Vec::new();
    push_outcome(row, &mut out);
    String::from_utf8_lossy(&out).into_owned()
}

fn push_outcome(row: &Row, out: &mut Vec<u8>) {
    if let Some(damage) = row.damage {
        out.extend_from_slice(format!("damaged: {damage}").as_bytes());
        return;
    }
    let start = out.len();
    let mut roles: &[Role] = &[Role::Status, Role::Score, Role::Delta, Role::Specialist];
    if row.status() != Status::Other {
        out.extend_from_slice(row.status().name().as_bytes()); // the very word of its cell
        roles = &roles[1..];
    }
    for &role in roles {
        let end = out.len();
        if end > start {
            out.push(b' ');
        }
        let word = out.len();
        push(&row.bytes(role), out);
        if out.len() == word || out[word..] == *NOTHING.as_bytes() {
            out.truncate(end);
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
    pub fn row(&mut self, visit: Visit, texts: [&[u8]; 7]) -> Vec<String> {
        let texts = texts.map(text_of);
        let [name, parent, specialist, status, score, delta, hypothesis] =
            texts.each_ref().map(AsRef::<str>::as_ref);
        self.ends.truncate(visit.depth);
        self.path.truncate(self.ends.last().copied().unwrap_or(0));
        if !self.path.is_empty() {
            self.path.push('/');
        }
        self.path += name;
        self.ends.push(self.path.len());
        let (depth, path) = (visit.depth.to_string(), self.path_text());
        [
            name, parent, &depth, &path, specialist, status, score, delta, hypothesis,
        ]
        .map(str::to_owned)
        .to_vec()
    }

    fn path_text(&self) -> String {
        match self.ends.len() {
            ..=PATH => self.path.clone(),
            len => format!(
                "{}/…{}",
                &self.path[..self.ends[0]],
                &self.path[self.ends[len - PATH + 1]..]
            ),
        }
    }
}
