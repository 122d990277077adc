//! `lineage init --agent`: the files that make a coding agent use the store.

use std::path::Path;

use anyhow::Result;

use super::Context;
use crate::agent::{Agent, Outcome};

/// Creates the files of an agent below `root`, and prints what happened to each.
pub(super) fn set_up(agent: Agent, root: &Path, context: &Context) -> Result<()> {
    let mut report = String::new();
    for file in agent.files() {
        let word = match file.write(root)? {
            Outcome::Created => "created",
            Outcome::Unchanged => "unchanged",
            Outcome::LeftAlone => "exists",
        };
        report += &format!("{word} {}\n", root.join(file.path).display());
        if word == "exists" {
            context.ui.warn(&format!(
                "{} exists and was not changed; `lineage init --agent {} --dry-run` prints what to add to it",
                file.path,
                name(agent)
            ));
        }
    }
    if let Some(advice) = agent.advice() {
        context.ui.note(advice);
    }
    context.ui.print(&report)
}

/// Prints the files of an agent, and what would happen to each.
pub(super) fn preview(agent: Agent, root: &Path, context: &Context) -> Result<()> {
    let mut report = String::new();
    for file in agent.files() {
        let plan = match file.plan(root) {
            Outcome::Created => "would be created",
            Outcome::Unchanged => "exists and needs no change",
            Outcome::LeftAlone => "exists and would not be changed; add this to it",
        };
        report += &format!("==> {} ({plan})\n{}\n", file.path, file.text);
    }
    context.ui.print(&report)
}

fn name(agent: Agent) -> String {
    let value = clap::ValueEnum::to_possible_value(&agent);
    value.map_or_else(String::new, |value| value.get_name().to_owned())
}
