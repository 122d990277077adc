//! The sections about the search as a whole: signals, the best trial and its chain.

use super::{PromptData, Section, cell, delta, id, quote};
use crate::analysis::{ChainEnd, Signal};
use crate::log::{Role, Trial};
use crate::output::format::number;
use crate::output::markdown::{block, word};
use crate::text::{count, cut_visible};

/// Characters of a hypothesis in a list or the chain, of the best's, and of a word in the chain.
const HYPOTHESIS: usize = 60;
const BEST_HYPOTHESIS: usize = 1000;
const CHAIN_WORD: usize = 64;

pub(super) fn signals(data: &PromptData) -> Option<Section> {
    let rows = data.signals.iter().map(|signal| signal_text(signal, data));
    (!data.signals.is_empty()).then(|| Section::new("## Signals", "", rows.collect()))
}

fn signal_text(signal: &Signal, data: &PromptData) -> String {
    match signal {
        Signal::NoProgress { trials, epsilon } => {
            let little = epsilon.map_or_else(String::new, |epsilon| {
                let epsilon = number(epsilon);
                format!("changed the score by less than {epsilon}, which is noise, or ")
            });
            format!(
                "- Your last {trials} trials {little}did not complete: try another kind of change.\n"
            )
        }
        Signal::NoKeep { trials } if data.tally.last_keep.is_none() => {
            format!("- No keep yet, after {trials} trials.\n")
        }
        Signal::NoKeep { trials } => {
            format!("- No keep for {trials} trials: small steps from the best no longer pay off.\n")
        }
        Signal::ChildrenFail { children } => format!(
            "- The last {children} trials from the best all failed: look for what they have in common.\n"
        ),
        Signal::NearMisses => {
            let mut text = "- These discards were close to zero, and the trial they were measured against is no longer the best: try them again from the best.\n".to_owned();
            for trial in &data.near_misses {
                let row = trial.row();
                let hypothesis = quote(&row, Role::Hypothesis, HYPOTHESIS);
                text += &format!("  - {} ({}) {hypothesis}\n", id(&row), delta(&row));
            }
            text
        }
    }
}

pub(super) fn best(data: &PromptData) -> Option<Section> {
    let row = data.best.as_ref()?.row();
    let text = format!(
        "- trial: {}\n- {}: {}\n- specialist: {}\n- hypothesis: {}\n- snapshot: {}\n",
        id(&row),
        word(&data.schema.metric),
        cell(&row, Role::Score),
        cell(&row, Role::Specialist),
        quote(&row, Role::Hypothesis, BEST_HYPOTHESIS),
        quote(&row, Role::Snapshot, 200)
    );
    Some(Section::new("## Current best", &text, Vec::new()))
}

/// One row: trimmed from its end, the chain would lose the best.
pub(super) fn chain(data: &PromptData) -> Option<Section> {
    data.best.as_ref()?;
    let mut lines: Vec<String> = data.chain.iter().map(link_text).collect();
    if let Some(best) = lines.last_mut() {
        *best += " ← BEST";
    }
    if data.skipped_links > 0 {
        let skipped = count(data.skipped_links as u64, "more link");
        lines.insert(1, format!("… {skipped}"));
    }
    for line in lines.iter_mut().skip(1) {
        line.insert_str(0, "└─ ");
    }
    let note = match data.chain_end {
        ChainEnd::Root => "",
        ChainEnd::MissingParent => "\nThe parent of the first trial is not in the log.\n",
        ChainEnd::Cycle => "\nThe parents form a cycle; the chain is cut at the first trial.\n",
    };
    let rows = vec![block(&lines) + note];
    Some(Section::new("## Chain to the best, oldest first", "", rows))
}

/// A line of a code block: made visible and cut, but not quoted.
fn link_text((trial, step): &(Trial, String)) -> String {
    let row = trial.row();
    let plain = |role| cut_visible(&row.text(role), CHAIN_WORD);
    let roles = [Role::Status, Role::Score, Role::Specialist];
    let mut words = roles.map(plain).to_vec();
    if !step.is_empty() {
        words.insert(2, format!("step {step}"));
    }
    words.retain(|word| !word.is_empty());
    let outcome = match row.damage {
        Some(damage) => format!("damaged: {damage}"),
        None => words.join(", "),
    };
    let id = cut_visible(&row.name(), CHAIN_WORD);
    let hypothesis = cut_visible(&row.text(Role::Hypothesis), HYPOTHESIS);
    format!("{id} [{outcome}] {hypothesis}")
}
