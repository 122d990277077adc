//! The search as a graph for Graphviz or Mermaid. No text of a trial can change its structure.

use super::{Marks, TreeCells};
use crate::analysis::Visit;
use crate::log::{Role, Status};
use crate::text::cut_visible;

/// The longest text of a hypothesis in a node.
const MAX_HYPOTHESIS: usize = 40;

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum GraphLanguage {
    /// A graph for Graphviz
    Dot,
    /// A graph for Mermaid, as GitHub draws it
    Mermaid,
}

use GraphLanguage::{Dot, Mermaid};

/// Writes the groups of a walk, in its order.
pub struct Graph<'a> {
    language: GraphLanguage,
    cells: &'a TreeCells,
    marks: &'a Marks,
    /// The trials from the root to the last one.
    path: Vec<usize>,
}

impl<'a> Graph<'a> {
    pub fn new(language: GraphLanguage, cells: &'a TreeCells, marks: &'a Marks) -> Self {
        Self {
            language,
            cells,
            marks,
            path: Vec::new(),
        }
    }

    pub fn header(&self) -> &'static str {
        match self.language {
            Dot => "digraph lineage {\n  rankdir=LR;\n  node [shape=box, style=filled];\n",
            Mermaid => {
                "flowchart LR\n  classDef good fill:#d3f2d3,stroke:#2e7d32\n  \
                 classDef failed fill:#f9d6d5,stroke:#c62828\n  \
                 classDef other fill:#eeeeee,stroke:#757575\n"
            }
        }
    }

    pub fn footer(&self) -> &'static str {
        match self.language {
            Dot => "}\n",
            Mermaid => "",
        }
    }

    /// The node of the next group, and the edge from its parent.
    pub fn draw(&mut self, group: &[Visit]) -> String {
        let Some(first) = group.first() else {
            return String::new();
        };
        self.path.truncate(first.depth);
        let parent = self.path.last().copied();
        self.path.push(first.index);
        let label = self.label(group);
        let node = self.node(first.index, &label);
        node + &parent.map_or_else(String::new, |parent| self.edge(parent, first.index))
    }

    fn label(&self, group: &[Visit]) -> Vec<String> {
        let (cells, first) = (self.cells, group[0].index);
        if group.len() > 1 {
            let last = cells.name(group[group.len() - 1].index);
            let ids = format!("{}…{last}", cells.name(first));
            return vec![ids, format!("{} failed", group.len())];
        }
        let is_best = self.marks.best == Some(first);
        let best = if is_best { " ← BEST" } else { "" };
        if let Some(damage) = cells.damage.get(&first) {
            return vec![format!("{} damaged: {damage}", cells.name(first))];
        }
        let [status, score, hypothesis] = [Role::Status, Role::Score, Role::Hypothesis]
            .map(|role| cut_visible(&cells.text(first, role), MAX_HYPOTHESIS));
        let mut lines = vec![
            format!("{} {status}{best}", cells.name(first)),
            score,
            hypothesis,
        ];
        lines.retain(|line| !line.is_empty());
        lines
    }

    fn node(&self, trial: usize, label: &[String]) -> String {
        let class = class(self.cells.status(trial));
        let is_thick = self.marks.is_on_chain(trial);
        let join = |escape: fn(&str) -> String, line_break| {
            let lines = label.iter().map(|line| escape(line));
            lines.collect::<Vec<_>>().join(line_break)
        };
        match self.language {
            Dot => {
                let label = join(escape_dot, "\\n");
                let color = match class {
                    "good" => "#d3f2d3",
                    "failed" => "#f9d6d5",
                    _ => "#eeeeee",
                };
                let pen = if is_thick { ", penwidth=3" } else { "" };
                format!("  t{trial} [label=\"{label}\", fillcolor=\"{color}\"{pen}];\n")
            }
            Mermaid => {
                let label = join(escape_mermaid, "<br>");
                let node = format!("  t{trial}[\"{label}\"]:::{class}\n");
                let style = format!("  style t{trial} stroke-width:3px\n");
                if is_thick { node + &style } else { node }
            }
        }
    }

    fn edge(&self, parent: usize, child: usize) -> String {
        match self.language {
            Dot => format!("  t{parent} -> t{child};\n"),
            Mermaid => format!("  t{parent} --> t{child}\n"),
        }
    }
}

fn class(status: Status) -> &'static str {
    match status {
        status if status.can_be_best() => "good",
        status if status.is_failure() => "failed",
        _ => "other",
    }
}

fn escape_dot(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"")
}

/// Replaces what Mermaid reads as an entity, a quote, HTML or Markdown.
fn escape_mermaid(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        if "#\"<>&`;\\*_[]{}|".contains(c) {
            out += &format!("#{};", u32::from(c));
        } else {
            out.push(c);
        }
    }
    out
}
